"""A person edits the file while the program runs: nothing of either side is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

import outlive
from outlive import State

from .children import in_a_killed_process
from .editors import (
    NOTICES,
    SAVES,
    START,
    TIMES,
    Save,
    Step,
    by_hand,
    by_rename,
    check_file,
    edit,
    expected,
    in_place,
    notice_vacuum,
    typed_in,
    with_windows_line_ends,
)

pytestmark = pytest.mark.usefixtures("demo")


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("save", SAVES)
def test_an_edit_is_merged(path: Path, save: Save, notice: Step, times: str) -> None:
    """However and whenever it is saved and noticed, the work of both sides is in the state."""
    steps = TIMES[times]
    value = expected(by_hand, *steps)
    with State(path) as state:
        edit(state, path, save, steps)
        notice(state)
        assert state == value
    check_file(path, value)
    with State(path) as state:
        assert state == value


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("save", SAVES)
def test_an_edit_is_merged_after_a_kill(path: Path, save: Save, times: str) -> None:
    """Killed before it noticed; and killed again, after the recovery, which finds no more to do."""
    steps = TIMES[times]
    value = expected(by_hand, *steps)
    in_a_killed_process(lambda: edit(State(path), path, save, steps))

    def recover() -> None:
        assert State(path) == value

    in_a_killed_process(recover)
    once = path.read_bytes()
    in_a_killed_process(recover)
    assert path.read_bytes() == once
    with State(path) as state:
        assert state == value
    assert path.read_bytes() == once
    check_file(path, value)


def test_windows_line_ends_stay(path: Path) -> None:
    """The line ends that an editor gave the file are those of the lines that come later."""
    with State(path) as state:
        edit(state, path, with_windows_line_ends, TIMES["always"])
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 20


# -- lists


def test_lists_are_merged_item_by_item(path: Path) -> None:
    """What one side inserts, deletes or changes does not undo what the other does."""
    path.write_text("items: [a, b, c, d, e, f]\n")
    with State(path) as state:
        state["items"].remove("b")
        state["items"].insert(0, "program's first")
        state["items"][3] = "D"
        by_rename(path, "items: [a, b, person's, c, d, f, person's last]\n")
        state["items"].append("program's last")
        assert state.refresh()
        assert state["items"] == [
            "program's first",
            "a",
            "person's",
            "c",
            "D",
            "f",
            "person's last",
            "program's last",
        ]


# -- handles


def test_handles_stay_right_after_a_merge(path: Path) -> None:
    """A container that the program holds is that of the same thing, wherever the edit moved it."""
    with State(path) as state:
        first, second = state.jobs
        ports, server = state.server.ports, state.server
        text = path.read_text().replace("jobs:\n", "jobs:\n- id: 0\n  state: person's\n")
        text = text.replace("- id: 1\n  state: new", "- id: 1\n  state: person's too")
        in_place(path, text.replace("ports: [80, 443]", "ports: [22, 80, 443]"))
        second.state = "program's"
        assert state.refresh()
        assert first is state.jobs[1]
        first["by"], second["by"] = "first", "second"
        ports.append(8080)
        server.name = "web"
    assert State(path, mode="r") == {
        "name": "demo",
        "counter": 1,
        "server": {"host": "localhost", "ports": [22, 80, 443, 8080], "name": "web"},
        "jobs": [
            {"id": 0, "state": "person's"},
            {"id": 1, "state": "person's too", "by": "first"},
            {"id": 2, "state": "program's", "by": "second"},
        ],
    }


def test_a_handle_to_what_the_person_deleted_says_so(path: Path) -> None:
    """A change that would be lost raises."""
    with State(path) as state:
        second = state.jobs[1]
        in_place(path, path.read_text().replace("- id: 2   # the long one\n  state: new\n", ""))
        state.counter += 1
        state.refresh()
        with pytest.raises(outlive.ReadOnlyError, match="taken out"):
            second.state = "lost"
        assert state.jobs == [{"id": 1, "state": "new"}]


# -- what refresh() takes in


def test_refresh_without_an_edit(path: Path) -> None:
    """It does nothing: neither before nor after a change, nor after a vacuum."""
    with State(path) as state:
        assert state.refresh() is False
        state.counter = 2
        inode = path.stat().st_ino
        assert state.refresh() is False
        assert path.stat().st_ino == inode
        notice_vacuum(state)
        assert state.refresh() is False


def test_refresh_takes_an_edit_in_before_the_first_change(path: Path) -> None:
    """Also a program that has changed nothing yet sees what the person wrote."""
    with State(path) as state:
        by_rename(path, typed_in(START))
        assert state.refresh() is True
        assert state == expected(by_hand)
        assert state.refresh() is False


def test_an_edit_in_the_rest_of_a_killed_program(path: Path) -> None:
    """A program that opened a file with entries, and was killed before its first change."""

    def first() -> None:
        state = State(path)
        state.counter = 2
        state.name = "acknowledged"

    def second() -> None:
        State(path)
        in_place(path, typed_in(START))  # what the editor had read before all that

    in_a_killed_process(first)
    in_a_killed_process(second)
    with State(path) as state:
        assert state == expected(by_hand) | {"counter": 2, "name": "acknowledged"}
