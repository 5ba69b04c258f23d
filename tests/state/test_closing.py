"""A State is closed: by the program, and at the end of the process, however it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from ..files import names_beside
from ..test_processes import running
from .on_disk import entries, kept, look


def test_after_close_it_can_be_read_and_not_changed(path: Path) -> None:
    """ClosedError for each way to change it, and nothing in the file; close() again is harmless."""
    state = State(path, k=1, list=[1], d={"a": 1})
    state.k = 2
    items, inner = state.list, state.d
    state.close()
    before = look(path)
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(state, "k", 3),
        lambda: state.update(k=3),
        lambda: state.pop("k"),
        state.clear,
        state.popitem,
        lambda: items.append(1),
        lambda: items.insert(0, 0),
        lambda: inner.__setitem__("b", "text"),
        lambda: inner.__setitem__("b", [1]),
        state.sync,
        state.refresh,
        lambda: state.transaction().__enter__(),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.ClosedError, match=r"a\.state"):
            attempt()
    state.close()
    with state.lock:
        pass
    with pytest.raises(outlive.ClosedError), state:
        pass
    assert state == {"k": 2, "list": [1], "d": {"a": 1}}
    assert look(path) == before
    with State(path) as again:
        state.close()
        again.k = 7
        assert kept(path)["k"] == 7, "the old one does not disturb the new one"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_with_block_that_raises_keeps_what_was_changed(
    path: Path, error: type[BaseException]
) -> None:
    """Each statement counts for itself; the block closes the state all the same."""
    with pytest.raises(error), State(path, k=0) as state:
        state.k = 1
        raise error
    assert path.read_text() == "k: 1\n"
    assert names_beside(path) == ["a.state"]


def test_many_states_open_and_closed(tmp_path: Path) -> None:
    """No descriptor, thread or file is left behind."""
    fds = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    threads = threading.active_count()
    for number in range(30):
        with State(tmp_path / f"{number}.state", k=0) as state:
            state.k = number
    assert not fds or len(os.listdir("/proc/self/fd")) == fds
    assert threading.active_count() == threads
    assert len(list(tmp_path.iterdir())) == 30


# -- the end of a process

ENDS = """
import os, signal, sys, threading, time
from outlive import State
def make():
    lost_from_sight = State(sys.argv[1], k=0, list=[])
    lost_from_sight.k = 1
    lost_from_sight.list.append(1)
    globals()["other"] = State(sys.argv[1] + "2", k=0)
    other.k = 2
make()
"""
CLEAN = {
    "end": "",
    "exit": "sys.exit(3)",
    "exception": "raise ValueError('on purpose')",
    "interrupt": "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)",
    "in a with block": "with other: sys.exit(1)",
    "daemon": "threading.Thread(target=time.sleep, args=[60], daemon=True).start()",
    "in a transaction": "with other.transaction():\n    other.k = 7\n    sys.exit(1)",
    "thread": "t = threading.Timer(0.1, lambda: setattr(other, 'k', 2)); t.start()",
}
HARD = {
    "_exit": "os._exit(0)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL); time.sleep(5)",
    "abort": "os.abort()",
}


def ended(program: str, path: Path) -> str:
    """What a program that may end badly prints."""
    with running(program, path) as process:
        assert process.stdout is not None
        return process.stdout.read()


@pytest.mark.parametrize("end", CLEAN)
def test_a_program_that_ends_closes_its_states(path: Path, end: str) -> None:
    """Without a close(): plain documents, nothing beside them, also after an exception."""
    ended(ENDS + CLEAN[end], path)
    assert path.read_text() == "k: 1\nlist:\n- 1\n"
    assert path.with_name("a.state2").read_text() == "k: 2\n"
    assert names_beside(path) == ["a.state", "a.state2"]


@pytest.mark.parametrize("end", HARD)
def test_a_program_that_is_ended_has_lost_nothing(path: Path, end: str) -> None:
    """The entries are there, and are replayed; nothing was buffered in the process."""
    ended(ENDS + HARD[end], path)
    assert entries(path) == 2
    with State(path, strict=True) as state, State(f"{path}2", strict=True) as other:
        assert (state, other) == ({"k": 1, "list": [1]}, {"k": 2})
    assert path.read_text() == "k: 1\nlist:\n- 1\n"
    assert names_beside(path) == ["a.state", "a.state2"]


STUCK = """
import sys, threading, time
from outlive import State
state = State(sys.argv[1], k=0)
state.k = 1
held = threading.Event()
def hold():
    with state.lock:
        held.set()
        time.sleep(600)
threading.Thread(target=hold, daemon=True).start()
held.wait()
"""


@pytest.mark.slow
def test_a_thread_in_the_middle_does_not_hold_up_the_end(path: Path) -> None:
    """A program whose daemon thread holds the lock ends in some seconds, with its entries."""
    began = time.monotonic()
    ended(STUCK, path)
    assert time.monotonic() - began < 30
    with State(path) as state:
        assert state.k == 1
