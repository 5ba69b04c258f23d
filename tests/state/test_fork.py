"""A forked child may read a State, and may not write it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from ..files import names_beside, run_python
from .children import in_child
from .on_disk import kept, look
from .threads import meanwhile


def changes_in_child(state: Any) -> list[str]:
    """The errors that a child gets for what it tries, and what it reads in the end."""
    errors = []
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(state, "k", 99),
        lambda: state.list.append(99),
        lambda: state.update(k=99, m=99),
        lambda: state.transaction().__enter__(),
        state.sync,
        state.refresh,
    ]
    for attempt in attempts:
        try:
            attempt()
            errors.append("none")
        except outlive.ReadOnlyError as error:
            assert str(os.getppid()) in str(error)
            errors.append("read only")
    state.close()
    return [*errors, repr(dict(state))]


def test_a_forked_child_may_read_and_not_write(path: Path) -> None:
    """Each write raises with the parent's pid; its end neither vacuums nor frees the lock."""
    with State(path, k=0, list=[]) as state:
        state.k = 1
        before = look(path)
        names = names_beside(path)
        reported = in_child(lambda: changes_in_child(state))
        assert reported == [repr([*["read only"] * 6, "{'k': 1, 'list': []}"])]
        assert look(path) == before
        assert names_beside(path) == names
        with pytest.raises(outlive.LockedError):
            State(path)
        state.k += 1
        state.list.append(state.k)
        assert kept(path) == {"k": 2, "list": [2]}
    assert path.read_text() == "k: 2\nlist:\n- 2\n"


def test_a_forked_child_may_have_a_state_of_its_own(path: Path) -> None:
    """Another file to write, and the parent's to read; or the parent's when that has closed it."""
    own = path.with_name("own.state")
    state = State(path, k=0)
    state.k = 1

    def act() -> object:
        with State(own, child=os.getpid() > 0) as mine, State(path, mode="r") as theirs:
            mine.k = theirs.k + 1
        return own.read_text()

    assert in_child(act) == [repr("child: true\nk: 2\n")]
    state.close()

    def write() -> object:
        with State(path) as anew:
            anew.k += 1
        return "done"

    assert in_child(write) == ["'done'"]
    with State(path) as state:
        assert state.k == 2


CHILD_EXITS = """
import os, sys
from outlive import State
state = State(sys.argv[1], k=0)
state.k = 1
if os.fork() == 0:
    sys.exit(0)
os.wait()
print(open(sys.argv[1]).read().count("--- #"), flush=True)
state.k = 2
try:
    State(sys.argv[1])
except Exception as error:
    print(type(error).__name__)
"""


def test_a_child_that_ends_as_programs_do(path: Path) -> None:
    """Its atexit closes nothing of the parent's, which goes on and closes at its own end."""
    assert run_python(CHILD_EXITS, path) == "1\nLockedError\n"
    assert path.read_text() == "k: 2\n"
    assert names_beside(path) == ["a.state"]


def test_fork_while_a_thread_changes_the_state(path: Path) -> None:
    """A lock that another thread held at the fork does not make the child wait for ever."""
    with State(path, k=0, list=[]) as state:

        def hold() -> Iterator[None]:
            with state.lock:
                yield
                state.k = 5

        with meanwhile(hold):
            (reported,) = in_child(lambda: changes_in_child(state))
        assert reported.count("read only") == 6
        assert kept(path)["k"] == 5


@pytest.mark.parametrize("where", ["this thread", "another thread"])
def test_a_child_forked_in_a_transaction(path: Path, where: str) -> None:
    """It reads the state as it was before the block, and may not write; the parent's counts."""
    with State(path, k=0, list=[]) as state:

        def block() -> Iterator[None]:
            with state.transaction():
                state.k = 1
                state.list.append(1)
                yield

        run = (
            contextlib.contextmanager(block)
            if where == "this thread"
            else partial(meanwhile, block)
        )
        with run():
            reported = in_child(lambda: changes_in_child(state))
        assert reported == [repr([*["read only"] * 6, "{'k': 0, 'list': []}"])]
        assert kept(path) == state == {"k": 1, "list": [1]}


def _work(state: Any, queue: Any) -> None:
    queue.put(changes_in_child(state))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_multiprocessing_with_fork(path: Path) -> None:
    """A worker that inherits the state is told, and its end disturbs nothing."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with State(path, k=0, list=[]) as state:
        state.k = 1
        process = context.Process(target=_work, args=[state, queue])
        process.start()
        reported = queue.get()
        process.join(20)
        assert process.exitcode == 0
        assert reported[:6] == ["read only"] * 6
        state.k = 2
        assert kept(path)["k"] == 2
    assert path.read_text() == "k: 2\nlist: []\n"
