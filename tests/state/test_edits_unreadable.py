"""A person leaves the file of a running program so that it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import CorruptError, State

from ..files import names_beside
from .children import in_a_killed_process
from .editors import (
    START,
    by_hand,
    check_file,
    expected,
    in_place,
    typed_in,
)

pytestmark = pytest.mark.usefixtures("demo")

UNREADABLE = START.replace("counter: 1", "counter: [1")
MENDED = typed_in(START).replace("counter: 1", "counter:   1")


@contextmanager
def broken_by_hand(path: Path) -> Iterator[State]:
    """A state whose file a person left unreadable."""
    state = State(path)
    state.counter = 2
    in_place(path, UNREADABLE)
    yield state


def test_an_edit_that_cannot_be_read(path: Path) -> None:
    """refresh() says where, the file is left alone, the program goes on, all is merged later."""
    with broken_by_hand(path) as state:
        with pytest.raises(CorruptError, match=r"a\.state, line \d+, column \d+"):
            state.refresh()
        assert path.read_text() == UNREADABLE
        state.name = "kept"
        state.jobs.append({"id": 3})
        assert path.read_text() == UNREADABLE
        with pytest.raises(CorruptError, match=r"line \d+, column \d+"):
            state.refresh()
        in_place(path, MENDED)
        state.late = 1
        assert state.refresh()
        value = expected(by_hand) | {"counter": 2, "name": "kept", "late": 1}
        value["jobs"].append({"id": 3})
        assert state == value
        state.after = 1
        assert path.read_text().endswith('"after",1]\n')
        state.close()
    check_file(path, value | {"after": 1})


@pytest.mark.parametrize("is_noticed", [False, True])
@pytest.mark.parametrize("is_killed", [False, True])
def test_an_edit_that_cannot_be_read_at_the_end(
    path: Path, is_killed: bool, is_noticed: bool
) -> None:
    """close() raises and loses nothing; opening raises until the file is mended."""

    def body() -> None:
        with broken_by_hand(path) as state:
            if is_noticed:
                with pytest.raises(CorruptError):
                    state.refresh()
            state.name = "kept"
            if not is_killed:
                with pytest.raises(CorruptError, match=r"line \d+, column \d+"):
                    state.close()
                with pytest.raises(outlive.ClosedError):
                    state.name = "closed"

    in_a_killed_process(body)
    broken = path.read_bytes()
    assert broken.startswith(UNREADABLE.encode())
    beside = {*names_beside(path)} - {".a.state.outlive-lock"}
    for _ in range(2):
        with pytest.raises(CorruptError, match=r"a\.state, line \d+, column \d+"):
            State(path)
        assert path.read_bytes() == broken
        assert {*names_beside(path)} == beside
    in_place(path, MENDED)
    value = expected(by_hand) | {"counter": 2, "name": "kept"}
    with State(path) as state:
        assert state == value
    check_file(path, value)


def test_a_vacuum_that_is_due_on_an_unreadable_file(path: Path) -> None:
    """It warns, the change is made, and the journal goes on beside the file."""
    with broken_by_hand(path) as state:
        root: Any = state._live_root
        root._limit = 0
        with pytest.warns(RuntimeWarning, match=r"nothing is lost.*line \d+, column \d+"):
            state.name = "kept"
        assert state.name == "kept"
        written = path.read_bytes()
        state.more = 1
        assert path.read_bytes() == written
        in_place(path, MENDED)
        state.close()
    check_file(path, expected(by_hand) | {"counter": 2, "name": "kept", "more": 1})


@dataclass
class Server:
    """A part of a typed state."""

    host: str = "localhost"


@dataclass
class Settings(outlive.StateMethods):
    """A typed state."""

    counter: int = 0
    server: Server = field(default_factory=Server)
    names: list[str] = field(default_factory=list)


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_edit_that_does_not_fit_the_type(tmp_path: Path, is_killed: bool) -> None:
    """It is treated as one that cannot be read: left alone, until it is mended."""
    path = tmp_path / "typed.state"
    State(path, type=Settings).close()
    wrong = "counter: many\nserver:\n  host: example.org\nnames: [a]\n"

    def body() -> None:
        state = State(path, type=Settings)
        state.names.append("program's")
        in_place(path, wrong)
        if not is_killed:
            with pytest.raises((CorruptError, outlive.FormatError), match=r"counter"):
                state.refresh()
            state.names.append("second")
            with pytest.raises((CorruptError, outlive.FormatError), match=r"counter"):
                state.close()

    in_a_killed_process(body)
    left = path.read_bytes()
    assert left.startswith(wrong.encode())
    with pytest.raises((CorruptError, outlive.FormatError), match=r"counter"):
        State(path, type=Settings)
    assert path.read_bytes() == left
    in_place(path, wrong.replace("many", "7"))
    with State(path, type=Settings) as state:
        assert state.counter == 7
        assert state.server.host == "example.org"
        own = ["program's"] if is_killed else ["program's", "second"]
        assert sorted(state.names) == sorted(["a", *own])
