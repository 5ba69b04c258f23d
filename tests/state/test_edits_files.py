"""What else a person does: touch entries, delete the file, change its mode or its form."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from outlive import RecoveryWarning, State

from ..files import names_beside
from .children import in_a_killed_process
from .editors import (
    SAVES,
    START,
    Save,
    by_hand,
    by_rename,
    expected,
    in_place,
    typed_in,
)

pytestmark = pytest.mark.usefixtures("demo")

# -- entries


def edited_entry(path: Path, old: str, new: str) -> None:
    """Change an entry, and nothing else."""
    data = path.read_text()
    assert old in data
    in_place(path, data.replace(old, new))


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_entry_edited_without_its_checksum(path: Path, is_killed: bool) -> None:
    """It counts for nothing, the program's own does; the bytes are in NAME.lost."""

    def body() -> State:
        state = State(path)
        state.counter = 2
        state.name = "new"
        edited_entry(path, '"counter",2]', '"counter",3]')
        state.late = 1
        return state

    if is_killed:
        in_a_killed_process(body)
        with pytest.warns(RecoveryWarning, match="a.state.lost"):
            state = State(path)
    else:
        state = body()
        with pytest.warns(RecoveryWarning, match="a.state.lost"):
            state.refresh()
    state.close()
    value = expected() | {"counter": 2, "name": "new", "late": 1}
    assert state == value
    assert yaml.safe_load(path.read_text()) == value
    assert b'"counter",3]' in path.with_name("a.state.lost").read_bytes()


def test_an_entry_that_a_person_added(path: Path) -> None:
    """One without a checksum, at the end or in between, is as good as an edit of the document."""
    with State(path) as state:
        state.counter = 2
        with path.open("a") as file:
            file.write('\n---\n["set",["server"],"host","there"]\n')
        state.counter = 3
        with path.open("a") as file:
            file.write("\n--- # and one more\n- insert\n- [jobs]\n- 0\n- {id: 0}\n")
        state.counter = 4
        assert state.refresh()
        assert state.counter == 4
        assert state.server.host == "there"
        assert state.jobs[0] == {"id": 0}
        assert len(state.jobs) == 3
    assert yaml.safe_load(path.read_text()) == state


def test_an_entry_that_a_person_took_out(path: Path) -> None:
    """It was no edit of the document: the program's change stands."""
    with State(path) as state:
        state.counter = 2
        state.name = "new"
        data = path.read_text()
        first = data.index("\n---")
        in_place(path, data[:first] + data[data.index("\n---", first + 1) :])
        state.refresh()
        assert (state.counter, state.name) == (2, "new")


# -- the file


def test_a_deleted_file_comes_back(path: Path) -> None:
    """While the program runs, the state is in it, and in the file again at the next vacuum."""
    path.chmod(0o640)
    with State(path) as state:
        state.counter = 2
        path.unlink()
        state.name = "new"
    value = expected() | {"counter": 2, "name": "new"}
    assert yaml.safe_load(path.read_text()) == value
    assert "# the end" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names_beside(path) == ["a.state"]


def test_a_deleted_file_after_a_kill(path: Path) -> None:
    """What the program had written is in NAME.lost, whole, and a warning says so; just once."""

    def body() -> None:
        state = State(path)
        state.counter = 2
        path.unlink()
        state.name = "new"

    in_a_killed_process(body)
    with pytest.warns(RecoveryWarning, match=r"a\.state\.lost"):
        state = State(path, counter=0)
    assert state == {"counter": 0}
    state.close()
    with State(path) as state:
        assert state == {"counter": 0}
    lost = path.with_name("a.state.lost")
    assert lost.read_text().startswith(START)
    lost.rename(path)
    with State(path) as state:
        assert state == expected() | {"counter": 2, "name": "new"}


@pytest.mark.parametrize("is_killed", [False, True])
def test_chmod_stays(path: Path, is_killed: bool) -> None:
    """The mode that a person gave the file survives the vacuum."""

    def body() -> None:
        state = State(path)
        state.counter = 2
        path.chmod(0o604)
        if not is_killed:
            state.close()

    in_a_killed_process(body)
    State(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert yaml.safe_load(path.read_text())["counter"] == 2


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_new_form_stays(path: Path, is_killed: bool) -> None:
    """A person who only reformats the file keeps the form, and the program its changes."""
    form = "# new form\nserver: {ports: [80,   443], host: 'localhost'}\n\n\n"
    form += "name:   demo\njobs: [{id: 1, state: new}, {id: 2, state: new}]\ncounter: 1 # one\n"

    def body() -> None:
        state = State(path)
        by_rename(path, form)
        state.name = "new"
        if not is_killed:
            state.close()

    in_a_killed_process(body)
    State(path).close()
    assert path.read_text() == form.replace("name:   demo", "name:   new")
    assert names_beside(path) == ["a.state"]


@pytest.mark.parametrize("save", SAVES)
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_program_that_changes_nothing(path: Path, save: Save, is_killed: bool) -> None:
    """It leaves the edit alone, to the byte, and makes nothing beside it."""
    written = b""

    def body() -> None:
        state = State(path)
        save(path, typed_in(START))
        if not is_killed:
            state.close()

    in_a_killed_process(body)
    written = path.read_bytes()
    with State(path) as state:
        assert state == expected(by_hand)
    assert path.read_bytes() == written
    assert names_beside(path) == ["a.state"]
