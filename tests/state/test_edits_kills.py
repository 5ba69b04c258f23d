"""The process that merges a person's edit is killed, at any call."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from outlive import State

from ..files import names_beside
from .children import in_a_killed_process, kill, was_killed
from .editors import (
    START,
    TIMES,
    Save,
    after,
    before,
    between,
    by_hand,
    by_rename,
    check_file,
    edit,
    expected,
    in_place,
    without_entries,
)
from .stand_ins import AtCall, opened

pytestmark = pytest.mark.usefixtures("demo")
EVERY = pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])


def open_and_close(path: Path, last: int) -> None:
    """A program that is killed at a call of its opening or its close()."""
    fs = AtCall(kill)
    fs.at = last
    opened(path, fs).close()


def edit_and_close(path: Path, save: Save, last: int) -> None:
    """A program whose file is edited, and that is killed at a call of its close()."""
    fs = AtCall(kill)
    state = opened(path, fs)
    edit(state, path, save, TIMES["always"])
    fs.at = len(fs.calls) + last
    state.close()


@pytest.mark.parametrize("save", [in_place, without_entries])
@pytest.mark.parametrize("times", ["between", "always"])
@EVERY
def test_a_kill_at_any_call_of_the_recovery(path: Path, save: Save, times: str, every: int) -> None:
    """Whenever the process that merges is killed, the next one finds the work of both sides."""
    steps = TIMES[times]
    value = expected(by_hand, *steps)
    in_a_killed_process(lambda: edit(State(path), path, save, steps))
    left = {name: (path.parent / name).read_bytes() for name in names_beside(path)}
    assert len(left) == 3, "the lock, the twin and the file"
    last, ended = 0, False
    while not ended:
        for name in names_beside(path):
            (path.parent / name).unlink()
        for name, data in left.items():
            (path.parent / name).write_bytes(data)
        ended = not was_killed(partial(open_and_close, path, last))
        with State(path) as state:
            assert state == value, f"killed at call {last}"
        check_file(path, value)
        last += every
    assert last > 30


@pytest.mark.parametrize("save", [in_place, by_rename])
@EVERY
def test_a_kill_at_any_call_of_the_vacuum_that_merges(path: Path, save: Save, every: int) -> None:
    """The same for the process that is still running and closes the state."""
    value = expected(by_hand, before, between, after)
    last, ended = 0, False
    while not ended:
        for name in names_beside(path):
            (path.parent / name).unlink()
        path.write_text(START)
        ended = not was_killed(partial(edit_and_close, path, save, last))
        with State(path) as state:
            assert state == value, f"killed at call {last}"
        check_file(path, value)
        last += every
    assert last > 15
