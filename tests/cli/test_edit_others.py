"""`outlive edit` while others have the store, change it meanwhile, or the disk is full."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import outlive

from .editors import Editor, edited
from .running import COMMAND, LONG, environment, program

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
OPEN = {
    "state": "outlive.State({path!r})",
    "store": "outlive.open({path!r}, timeout=0).commit()",
    "storage": "outlive.Storage({path!r})",
}


@pytest.mark.parametrize("kind", ["state", "storage"])
def test_a_program_has_it_open(kind: str, request: pytest.FixtureRequest) -> None:
    """It ends with 3 and the pid, before the editor is started; of a State it says what to do."""
    path: Path = request.getfixturevalue(kind)
    editor = Editor(path.parent, "text = ''")
    keys = {"state": ([], ["server"]), "storage": (["people"], ["people[0]"])}[kind]
    with program(kind, path) as writer:
        for arguments in keys:
            ended = editor.edit(path, *arguments)
            assert ended.code == 3
            assert f"{writer.pid}" in ended.err
            assert ("directly, with any editor" in ended.err) == (kind == "state")
    assert editor.seen == []
    assert os.listdir(editor.copies) == []


def test_a_program_is_in_a_block_of_a_store(store: Path) -> None:
    """A program that is about to write has the lock; with --timeout it is waited for."""
    editor = Editor(store.parent, "text = text.replace('1', '2')")
    with outlive.open(store) as held:
        ended = editor.edit(store)
        assert (ended.code, editor.seen) == (3, [])
        assert f"pid {os.getpid()}" in ended.err
        held.value["n"] = 5
    assert edited(store.parent, "text = text.replace('5', '6')", "--timeout", 5, store)
    assert outlive.open(store).value["n"] == 6


@pytest.mark.parametrize("kind", OPEN)
def test_a_program_comes_meanwhile(kind: str, request: pytest.FixtureRequest) -> None:
    """It gets LockedError with the pid of the command, and the edit is kept."""
    path: Path = request.getfixturevalue(kind)
    opened = OPEN[kind].format(path=str(path))
    turn = f"""
try:
    {opened}
except outlive.LockedError as error:
    note([error.pid, os.getppid()])
text = text.replace('80', '81').replace('38', '81')
"""
    if kind == "store":
        opened = f"store = outlive.open({str(path)!r}, timeout=0)\n    store.value = 5"
        turn = turn.replace(OPEN[kind].format(path=str(path)), f"{opened}\n    store.commit()")
    editor = Editor(path.parent, turn)
    arguments = [path, "people"] if kind == "storage" else [path]
    ended = editor.edit(*arguments)
    assert ended.code == 0, ended
    pid, parent = editor.seen[0]["note"]
    assert pid == parent
    assert "81" in ended.out


SET = "outlive.Safe({path!r})['first'] = {{'url': 'theirs', 'tags': []}}"
WRITE = "pathlib.Path({path!r}).write_text({text!r})"


def test_a_key_that_was_changed_meanwhile(safe: Path) -> None:
    """In a pipe it ends with 3; the other's value stands, and the text is in a file."""
    theirs = SET.format(path=str(safe))
    editor = Editor(safe.parent, f"{theirs}; text = text.replace('x', 'mine')")
    ended = editor.edit(safe, "first")
    assert ended.code == 3
    assert "changed by someone else meanwhile" in ended.err
    assert "url: mine" in editor.left()[0]
    with outlive.Safe(safe) as now:
        assert now["first"]["url"] == "theirs"


def test_a_key_that_was_changed_meanwhile_in_a_terminal(safe: Path) -> None:
    """The person sees what the other did, edits the new value, and has the own text in a file."""
    theirs = SET.format(path=str(safe))
    editor = Editor(
        safe.parent,
        f"{theirs}; text = text.replace('x', 'mine')",
        "text = text.replace('theirs', 'both')",
    )
    ended = editor.in_terminal(safe, "first", keys="e\n")
    assert ended.code == 0
    assert "-url: x" in ended.text
    assert "+url: theirs" in ended.text
    assert editor.seen[1]["text"].startswith("url: theirs\n")
    assert [each.partition("\n")[0] for each in editor.left()] == ["url: mine"]
    with outlive.Safe(safe) as now:
        assert now["first"] == {"url": "both", "tags": []}


def test_a_key_that_was_deleted_meanwhile(safe: Path) -> None:
    """There is nothing to edit again; the text is in a file."""
    turn = f"del outlive.Safe({str(safe)!r})['first']; text = text.replace('x', 'mine')"
    ended = Editor(safe.parent, turn).edit(safe, "first")
    assert ended.code == 3
    editor = Editor(safe.parent, turn.replace("first", "a.b").replace("'x'", "'1'"))
    at = editor.in_terminal(safe, "a.b", keys="e\n")
    assert at.code == 3
    assert "no longer there" in at.text
    assert "- mine\n" in editor.left()


@pytest.mark.parametrize("kind", ["state", "store"])
def test_a_file_that_was_changed_meanwhile(kind: str, request: pytest.FixtureRequest) -> None:
    """Another editor, which knows no lock, saved it: neither text is lost."""
    path: Path = request.getfixturevalue(kind)
    theirs = '{"n": 77}\n'
    turn = f"{WRITE.format(path=str(path), text=theirs)}; text = text.replace('80', '81')"
    editor = Editor(path.parent, turn)
    assert editor.edit(path).code == 3
    assert path.read_text() == theirs
    (mine,) = editor.left()
    assert "81" in mine
    editor = Editor(path.parent, turn.replace("80", "77"), "text = text.replace('77', '78')")
    path.write_text('{"n": 770}\n')
    assert editor.in_terminal(path, keys="e\n").code == 0
    assert path.read_text() == '{"n": 78}\n'


def test_a_part_that_was_changed_meanwhile(state: Path) -> None:
    """Another editor saved the State: what it did to other parts is taken in, with the edit."""
    theirs = "last: 9\nserver:\n  port: 80\n"
    turn = f"{WRITE.format(path=str(state), text=theirs)}; text = text.replace('80', '81')"
    edited(state.parent, turn, state, "server")
    assert state.read_text() == theirs.replace("80", "81")
    theirs = theirs.replace("80", "82")
    turn = f"{WRITE.format(path=str(state), text=theirs)}; text = text.replace('81', '83')"
    editor = Editor(state.parent, turn)
    assert editor.edit(state, "server").code == 3
    assert state.read_text() == theirs
    assert editor.left() == ["port: 83\n"]


# -- no room

LIMITED = """
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), hard))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.parametrize("kind", ["state", "store", "safe", "storage"])
def test_no_room_for_the_new_content(kind: str, request: pytest.FixtureRequest) -> None:
    """It ends with 5; the old content is whole, and the text is in a file."""
    path: Path = request.getfixturevalue(kind)
    before = path.read_bytes()
    turns = {
        "state": "text += 'new: ' + word",
        "store": "text = text.replace('1', '\"' + word + '\"')",
        "safe": "text += 'new: ' + word",
        "storage": "text = text.replace('Eve', word)",
    }
    editor = Editor(path.parent, f"word = os.urandom(2_000_000).hex(); {turns[kind]}")
    arguments = {"safe": ["first"], "storage": ["people"]}.get(kind, [])
    limit = max(len(before), 65536)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), COMMAND, "edit", str(path), *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=LONG,
        env=environment(**editor.variables),
    )
    assert ended.returncode == 5, ended.stderr
    assert "make room" in ended.stderr
    assert "your text is in" in ended.stderr
    assert len(editor.left()[0]) > 4_000_000
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit
    if kind in ("state", "store"):
        assert path.read_bytes() == before
        assert [each for each in os.listdir(path.parent) if each.startswith(".")] == []
    elif kind == "safe":
        with outlive.Safe(path) as now:
            assert now["first"] == {"url": "x", "tags": ["a"]}
    else:
        with outlive.Storage(path, mode="r") as now_:
            assert [row.first for row in now_.view("people")] == ["Ann", "Eve"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs prlimit")
@pytest.mark.parametrize("kind", ["safe", "storage"])
def test_room_is_made_meanwhile(kind: str, request: pytest.FixtureRequest) -> None:
    """The same text is kept at the second try, once and not twice."""
    path: Path = request.getfixturevalue(kind)
    turns = {
        "safe": "text = text.replace('x', os.urandom(100_000).hex())",
        "storage": "text += '- {first: ' + os.urandom(100_000).hex() + ', shoesize: 1, kids: []}'",
    }
    full = "resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (65536, hard))"
    room = "resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (hard, hard))"
    editor = Editor(path.parent, f"{full}; {turns[kind]}", room)
    key = {"safe": "first", "storage": "people"}[kind]
    ended = editor.in_terminal(path, key, keys="e\n", NO_COLOR="1")
    assert ended.code == 0, ended
    assert "make room" in ended.text
    assert os.listdir(editor.copies) == []
    if kind == "safe":
        with outlive.Safe(path) as now:
            assert len(now["first"]["url"]) == 200_000
    else:
        with outlive.Storage(path, mode="r") as now_:
            assert [len(row.first) for row in now_.view("people")] == [3, 3, 200_000]


@as_root
@pytest.mark.skipif(not shutil.which("mount"), reason="needs the command mount")
def test_a_full_disk(tmp_path: Path) -> None:
    """A person may make room, and keep the same text then."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        path = disk / "a.json"
        path.write_text('{"a": 1}\n')
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200_000))
        editor = Editor(
            tmp_path,
            "text = text.replace('1', '\"' + 'x' * 100_000 + '\"')",
            f"pathlib.Path({str(ballast)!r}).unlink()",
        )
        assert editor.edit(path).code == 5
        assert path.read_text() == '{"a": 1}\n'
        assert sorted(os.listdir(disk)) == ["a.json", "ballast"]
        shutil.rmtree(editor.copies)
        editor = Editor(
            tmp_path,
            "text = text.replace('1', '\"' + 'x' * 100_000 + '\"')",
            f"pathlib.Path({str(ballast)!r}).unlink()",
        )
        ended = editor.in_terminal(path, keys="e\n")
        assert ended.code == 0
        assert "make room" in ended.text
        assert '-{"a": 1}\n' in ended.text
        assert outlive.open(path).value == {"a": "x" * 100_000}
        assert os.listdir(editor.copies) == []
        # No room for the copy itself.
        ballast.write_bytes(bytes(140_000))
        ended_ = editor.edit(path, TMPDIR=str(disk))
        assert ended_.code == 5
        assert "TMPDIR" in ended_.err
        assert sorted(os.listdir(disk)) == ["a.json", "ballast"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)
