"""A person edits the file while the program runs: nothing of either side is lost."""

from __future__ import annotations

import os
import signal
import stat
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

import outlive
from outlive import ConflictWarning, CorruptError, RecoveryWarning, State
from outlive.disk.fs import FileSystem
from outlive.state.state import attach

from ..files import names_beside

START = """\
# The settings of the demo.
name: demo   # as ever
counter: 1
server:
  host: "localhost"  # not the address
  ports: [80, 443]

jobs:
- id: 1
  state: new
- id: 2   # the long one
  state: new

# the end
"""
COMMENTS = [
    "# The settings of the demo.",
    "   # as ever",
    "# not the address",
    "- id: 2   # the long one",
    "# the end",
    "# a person was here",
]
Step = Callable[[Any], None]
Save = Callable[[Path, str], None]


# -- what the program changes, and when


def before(state: Any) -> None:
    """Changes before the editor reads the file."""
    state["counter"] = 10
    state["jobs"][0]["state"] = "running"


def between(state: Any) -> None:
    """Changes between the editor's reading and its saving."""
    state["counter"] = 11
    state["server"]["ports"].append(8080)
    state["jobs"].append({"id": 3, "state": "new"})


def after(state: Any) -> None:
    """Changes after the editor has saved."""
    state["counter"] = 12
    state.setdefault("late", {})["x"] = 1
    state["server"]["ports"].append(9090)


def by_hand(state: Any) -> None:
    """What the person does, as changes of a value."""
    state["server"]["host"] = "example.org"
    state["server"]["ports"].append(22)
    state["jobs"][1]["state"] = "held"
    state["person"] = [1, 2]


def typed_in(text: str) -> str:
    """The same in the text."""
    text = text.replace('"localhost"', '"example.org"').replace("[80, 443]", "[80, 443, 22]")
    text = text.replace("# the long one\n  state: new", "# the long one\n  state: held")
    return text.replace("# the end\n", "# a person was here\nperson:\n- 1\n- 2\n# the end\n", 1)


# -- how an editor saves


def in_place(path: Path, text: str) -> None:
    """As nano does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def by_rename(path: Path, text: str) -> None:
    """As vim and most others do."""
    new = path.with_name("4913~")
    in_place(new, text)
    new.replace(path)


def by_backup(path: Path, text: str) -> None:
    """The old file goes to another name, a new one comes in its place."""
    path.rename(path.with_name("backup~"))
    in_place(path, text)
    path.with_name("backup~").unlink()


def without_last_newline(path: Path, text: str) -> None:
    """An editor that strips what is blank at the end."""
    in_place(path, text.rstrip("\n"))


def without_entries(path: Path, text: str) -> None:
    """A person who takes the entries for rubbish."""
    by_rename(path, text.partition("\n---")[0])


def without_entries_nor_newline(path: Path, text: str) -> None:
    """Both at once."""
    in_place(path, text.partition("\n---")[0].rstrip("\n"))


def with_windows_line_ends(path: Path, text: str) -> None:
    """An editor that converts all line ends."""
    by_rename(path, text.replace("\n", "\r\n"))


def without_blank_lines(path: Path, text: str) -> None:
    """A formatter that takes out blank lines, also those before the entries."""
    in_place(path, text.replace("\n\n", "\n"))


def with_bom(path: Path, text: str) -> None:
    """An editor that marks UTF-8."""
    by_rename(path, "\ufeff" + text)


def twice(path: Path, text: str) -> None:
    """A person who saves in the middle of the work."""
    in_place(path, text.replace("- 2\n# the end", "# the end"))
    by_rename(path, text)


SAVES: list[Save] = [
    in_place,
    by_rename,
    by_backup,
    without_last_newline,
    without_entries,
    without_entries_nor_newline,
    with_windows_line_ends,
    without_blank_lines,
    with_bom,
    twice,
]
NOTHING: Step = lambda _: None  # noqa: E731  # a step that is left out
TIMES: dict[str, tuple[Step, Step, Step]] = {
    "before": (before, NOTHING, NOTHING),
    "between": (NOTHING, between, NOTHING),
    "after": (NOTHING, NOTHING, after),
    "always": (before, between, after),
}


def expected(*steps: Step) -> Any:
    """The value that the steps make of the first document."""
    value = yaml.safe_load(START)
    for step in steps:
        step(value)
    return value


def in_a_killed_process(body: Callable[[], object]) -> None:
    """Run `body` in a process that is then killed without any clean-up."""
    pid = os.fork()
    if not pid:
        try:
            warnings.simplefilter("error")
            body()
        except BaseException:  # noqa: BLE001  # the parent sees the exit code, a person the text
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), "the process failed before it was killed"


def edit(state: State, path: Path, save: Save, steps: tuple[Step, Step, Step]) -> None:
    """The program's steps, with an editor that reads after the first and saves before the last."""
    steps[0](state)
    text = path.read_bytes().decode()
    steps[1](state)
    save(path, typed_in(text))
    steps[2](state)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that a person wrote, in a directory of its own."""
    path = tmp_path / "demo.state"
    path.write_text(START)
    return path


def check_file(path: Path, value: Any) -> None:
    """The file is a plain document with `value` and all that a person wrote; nothing else."""
    text = path.read_text()
    assert yaml.safe_load(text) == value
    for comment in COMMENTS:
        assert comment in text
    assert names_beside(path) == [path.name]


def notice_refresh(state: State) -> None:
    """The program asks."""
    assert state.refresh() is True


def notice_vacuum(state: State) -> None:
    """The entries outweigh the document."""
    root: Any = state._live_root
    root._limit = 0
    state["tick"] = 1
    del state["tick"]


def notice_close(state: State) -> None:
    """The program ends."""
    state.close()


NOTICES = [notice_refresh, notice_vacuum, notice_close]


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


class DyingFileSystem(FileSystem):
    """The real calls; the process is killed when it makes the one of the number `last`."""

    NAMES = (
        *("open", "read", "write", "chmod", "truncate", "fsync", "fdatasync", "close"),
        *("stat", "lstat", "fstat", "exists", "rename", "link", "unlink"),
    )

    def __init__(self, last: int) -> None:
        self.left = last
        for name in self.NAMES:
            setattr(self, name, self.counted(getattr(super(), name)))

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, or the end."""

        def counted(*arguments: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        return counted


def opened(path: Path, fs: FileSystem, **options: Any) -> State:
    """A state on a stand-in for the file system."""
    state = State.__new__(State, "")
    attach(state, str(path), {}, fs=fs, **options)
    return state


@pytest.mark.parametrize("save", [in_place, without_entries])
@pytest.mark.parametrize("times", ["between", "always"])
def test_a_kill_at_any_call_of_the_recovery(path: Path, save: Save, times: str) -> None:
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
        ended = not _died(path, last)
        with State(path) as state:
            assert state == value, f"killed at call {last}"
        check_file(path, value)
        last += 1
    assert last > 30


def _died(path: Path, last: int) -> bool:
    pid = os.fork()
    if not pid:
        opened(path, DyingFileSystem(last)).close()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or status == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("save", [in_place, by_rename])
def test_a_kill_at_any_call_of_the_vacuum_that_merges(path: Path, save: Save) -> None:
    """The same for the process that is still running and closes the state."""
    value = expected(by_hand, before, between, after)
    last, ended = 0, False
    while not ended:
        for name in names_beside(path):
            (path.parent / name).unlink()
        path.write_text(START)
        pid = os.fork()
        if not pid:
            fs = DyingFileSystem(10**9)
            state = opened(path, fs)
            edit(state, path, save, TIMES["always"])
            fs.left = last
            state.close()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        ended = not os.WIFSIGNALED(status)
        assert not ended or status == 0
        with State(path) as state:
            assert state == value, f"killed at call {last}"
        check_file(path, value)
        last += 1
    assert last > 15


# -- both changed the same


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
    with pytest.warns(ConflictWarning, match=r"state\.counter\b.*demo\.state\.edited") as caught:
        notice(state)
    assert len(caught) == 1
    assert "state.server" not in str(caught[0].message)
    assert state == CONFLICT
    state.close()
    assert names_beside(path) == ["demo.state", "demo.state.edited"]
    assert path.with_name("demo.state.edited").read_text().startswith(theirs)
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
    assert path.with_name("demo.state.edited").read_bytes() == edited
    with State(path) as state:
        assert state == CONFLICT
    assert names_beside(path) == ["demo.state", "demo.state.edited"]


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
    assert yaml.safe_load(path.with_name("demo.state.edited").read_text())["counter"] == 101
    assert yaml.safe_load(path.with_name("demo.state.edited-2").read_text())["counter"] == 203


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
    assert names_beside(path) == ["demo.state"]


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


# -- entries that the person touches


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
        with pytest.warns(RecoveryWarning, match="demo.state.lost"):
            state = State(path)
    else:
        state = body()
        with pytest.warns(RecoveryWarning, match="demo.state.lost"):
            state.refresh()
    state.close()
    value = expected() | {"counter": 2, "name": "new", "late": 1}
    assert state == value
    assert yaml.safe_load(path.read_text()) == value
    assert b'"counter",3]' in path.with_name("demo.state.lost").read_bytes()


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


# -- other things that happen to a file


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
    assert names_beside(path) == ["demo.state"]


def test_a_deleted_file_after_a_kill(path: Path) -> None:
    """What the program had written is in NAME.lost, whole, and a warning says so; just once."""

    def body() -> None:
        state = State(path)
        state.counter = 2
        path.unlink()
        state.name = "new"

    in_a_killed_process(body)
    with pytest.warns(RecoveryWarning, match=r"demo\.state\.lost"):
        state = State(path, counter=0)
    assert state == {"counter": 0}
    state.close()
    with State(path) as state:
        assert state == {"counter": 0}
    lost = path.with_name("demo.state.lost")
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
    assert names_beside(path) == ["demo.state"]


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
    assert names_beside(path) == ["demo.state"]


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
    assert "counter: 1\n" in path.with_name("demo.state.edited").read_text()


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


# -- edits that cannot be read


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
        with pytest.raises(CorruptError, match=r"demo\.state, line \d+, column \d+"):
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
    beside = {*names_beside(path)} - {".demo.state.outlive-lock"}
    for _ in range(2):
        with pytest.raises(CorruptError, match=r"demo\.state, line \d+, column \d+"):
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


# -- durable


class CountingFileSystem(FileSystem):
    """The real calls; notes which files were flushed."""

    def __init__(self) -> None:
        self.paths: dict[int, str] = {}
        self.flushed: list[str] = []

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        """As the system does it."""
        fd = super().open(path, flags, mode)
        self.paths[fd] = path
        return fd

    def rename(self, source: str, target: str) -> None:
        """As the system does it."""
        super().rename(source, target)
        for fd, path in self.paths.items():
            if path == source:
                self.paths[fd] = target

    def fdatasync(self, fd: int) -> None:
        """As the system does it."""
        super().fdatasync(fd)
        self.flushed.append(os.path.basename(self.paths[fd]))

    def fsync(self, fd: int) -> None:
        """As the system does it."""
        super().fsync(fd)
        self.flushed.append(os.path.basename(self.paths[fd]))


@pytest.mark.parametrize("save", [in_place, by_rename, without_entries])
def test_full_sync_makes_entries_durable_where_they_will_be_found(path: Path, save: Save) -> None:
    """After an editor's save each entry is flushed in the twin, and its name in the directory."""
    fs = CountingFileSystem()
    state = opened(path, fs, sync="full")
    state.counter = 2
    fs.flushed.clear()
    state.counter = 3
    assert fs.flushed == ["demo.state"], "one flush for a change is enough while nobody edits"
    text = path.read_text()
    save(path, typed_in(text))
    for number in (4, 5):
        fs.flushed.clear()
        state.counter = number
        assert ".demo.state.outlive-journal" in fs.flushed
    assert state.refresh()
    state.counter = 6
    fs.flushed.clear()
    state.counter = 7
    assert fs.flushed == ["demo.state"]
    state.close()
    check_file(path, expected(by_hand) | {"counter": 7})
