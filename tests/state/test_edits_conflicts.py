"""A person and the program changed the same, or the person saves an old text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlive import ConflictWarning, State

from ..files import names_beside
from .children import in_a_killed_process
from .editors import (
    NOTICES,
    START,
    Save,
    Step,
    by_hand,
    by_rename,
    expected,
    in_place,
    typed_in,
)

pytestmark = pytest.mark.usefixtures("demo")


def conflicting(state: State, path: Path, save: Save) -> str:
    """Both set the counter; the text of the person."""
    state["counter"] = 10
    text = path.read_text()
    state["counter"] = 11
    theirs = typed_in(text).replace("counter: 1\n", "counter: 5  # mine\n")
    save(path, theirs)
    state["late"] = 1
    return theirs


CONFLICT = expected(by_hand) | {"counter": 11, "late": 1}


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("save", [in_place, by_rename])
def test_where_both_changed_the_same_the_program_stands(
    path: Path, save: Save, notice: Step
) -> None:
    """The person's file is kept as NAME.edited, and a ConflictWarning names the paths."""
    state = State(path)
    theirs = conflicting(state, path, save)
    with pytest.warns(ConflictWarning, match=r"state\.counter\b.*a\.state\.edited") as caught:
        notice(state)
    assert len(caught) == 1
    assert "state.server" not in str(caught[0].message)
    assert state == CONFLICT
    state.close()
    assert names_beside(path) == ["a.state", "a.state.edited"]
    assert path.with_name("a.state.edited").read_text().startswith(theirs)
    with State(path) as state:
        assert state == CONFLICT


@pytest.mark.parametrize("save", [in_place, by_rename])
def test_a_conflict_after_a_kill(path: Path, save: Save) -> None:
    """The next opening warns, once, and keeps the person's file."""
    in_a_killed_process(lambda: conflicting(State(path), path, save))
    edited = path.read_bytes()
    with pytest.warns(ConflictWarning, match=r"state\.counter\b"):
        state = State(path)
    state.close()
    assert path.with_name("a.state.edited").read_bytes() == edited
    with State(path) as state:
        assert state == CONFLICT
    assert names_beside(path) == ["a.state", "a.state.edited"]


def test_two_conflicts_keep_two_files(path: Path) -> None:
    """What is kept is never overwritten."""
    with State(path) as state:
        for number in (1, 2):
            state["counter"] += 1
            text = path.read_text().partition("\n---")[0]
            state["counter"] += 1
            in_place(path, text.replace("counter: ", f"counter: {number}0"))
            with pytest.warns(ConflictWarning):
                state.refresh()
    assert yaml.safe_load(path.with_name("a.state.edited").read_text())["counter"] == 101
    assert yaml.safe_load(path.with_name("a.state.edited-2").read_text())["counter"] == 203


def test_the_same_change_on_both_sides_is_no_conflict(path: Path) -> None:
    """If both set the same, nothing has to be kept."""
    with State(path) as state:
        text = path.read_text()
        state.counter = 2
        state.jobs.append({"id": 3})
        text = text.replace("counter: 1", "counter: 2").replace("\n# the end", "- id: 3\n# the end")
        by_rename(path, text)
        assert state.refresh()
        assert (state.counter, state.jobs[2:]) == (2, [{"id": 3}])
    assert names_beside(path) == ["a.state"]


def test_deleted_by_one_and_changed_by_the_other(path: Path) -> None:
    """The program's side stands, whichever it is, and the warning tells."""
    with State(path) as state:
        text = path.read_text()
        state.server.host = "here"
        del state.name
        in_place(path, text.replace("name: demo", "name: mine").replace('  host: "localhost"', "#"))
        with pytest.warns(ConflictWarning, match=r"state\.name.*state\.server\.host|server.*name"):
            state.refresh()
        assert state.server.host == "here"
        assert "name" not in state


# -- old texts


def saves_again(state: Any, path: Path) -> None:
    """An editor saves, the program takes it in, and the editor saves once more what it has."""
    text = typed_in(START)
    state.counter = 2
    in_place(path, text)
    assert state.refresh()
    in_place(path, text.replace("- 2\n", "- 2\n- 3\n"))
    state.late = 1


def read_before_a_vacuum(state: Any, path: Path) -> None:
    """An editor saves what it read before the document was written anew."""
    text = path.read_text()
    state.counter = 2
    state._live_root.vacuum()
    assert "counter: 2" in path.read_text()
    in_place(path, typed_in(text).replace("- 2\n", "- 2\n- 3\n"))
    state.late = 1


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("body", [saves_again, read_before_a_vacuum])
def test_an_old_text_undoes_nothing(
    path: Path, body: Callable[[Any, Path], None], is_killed: bool
) -> None:
    """What the program changed stands, though the editor's text has it as it was before.

    Whether the person meant that nobody can know: so a warning says it, and the text is kept.
    """
    if is_killed:
        in_a_killed_process(lambda: body(State(path), path))
        with pytest.warns(ConflictWarning, match=r"state\.counter\b"):
            state = State(path)
    else:
        state = State(path)
        body(state, path)
        with pytest.warns(ConflictWarning, match=r"state\.counter\b"):
            assert state.refresh()
    assert state == expected(by_hand) | {"counter": 2, "late": 1, "person": [1, 2, 3]}
    state.close()
    assert "counter: 1\n" in path.with_name("a.state.edited").read_text()


def test_an_edit_that_takes_back_an_earlier_one(path: Path) -> None:
    """Who has read what the program wrote, and goes back to an old value, gets it."""
    with State(path) as state:
        state.counter = 2
        state._live_root.vacuum()  # type: ignore[attr-defined]  # the recorder's
        state.late = 1
        in_place(path, path.read_text().replace("name: demo", "name: mine"))
        assert state.refresh()
        in_place(path, path.read_text().replace("name: mine", "name: demo"))
        assert state.refresh()
        assert state == expected() | {"counter": 2, "late": 1}
