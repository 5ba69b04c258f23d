"""`outlive edit` before a person: what they are asked, colours, Ctrl-C, a real editor."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

import outlive

from .editors import Editor
from .running import LONG, environment, open_terminal, run

RED, GREEN = "\x1b[31m", "\x1b[32m"


def test_a_fault_is_shown_and_edited_again(state: Path) -> None:
    """The line is marked; the editor comes again with the person's text; then it is kept."""
    state.write_text("a: 1\nb: 2\nc: 3\n")
    editor = Editor(
        state.parent, "text = text.replace('2', 'x: y')", "text = text.replace('x: y', '5')"
    )
    ended = editor.in_terminal(state, keys="what?\ne\n")
    assert ended.code == 0
    assert "line 2, column 5: mapping values are not allowed" in ended.text
    assert ">     2 | b: x: y\n        |     ^\n" in ended.text
    assert (
        ended.text.count("(e)dit again, (x) abandon: ") == 2
    )  # once more after what was no answer
    assert editor.seen[1]["text"] == "a: 1\nb: x: y\nc: 3\n"
    assert state.read_text() == "a: 1\nb: 5\nc: 3\n"
    assert os.listdir(editor.copies) == []


@pytest.mark.parametrize("keys", ["x\n", "\x04"])
def test_giving_up(storage: Path, keys: str) -> None:
    """It ends with 1; nothing is changed, and the file with the text is named."""
    before = storage.read_bytes()
    editor = Editor(storage.parent, "text = text.replace('41', 'x')")
    ended = editor.in_terminal(storage, "people", keys=keys)
    assert ended.code == 1
    assert re.search(r"> +5 \| - \{first: Eve, shoesize: x", ended.text)
    assert "nothing is changed; your text is in" in ended.text
    assert "shoesize: x" in editor.left()[0]
    assert storage.read_bytes() == before


def test_a_damaged_file_is_shown_first(tmp_path: Path) -> None:
    """What is wrong with the file stands before the editor opens; the person may turn back."""
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n"b" 2}')
    editor = Editor(tmp_path, "text = text.replace('\"b\"', '\"b\":')")
    assert editor.in_terminal(path, keys="x\n").code == 1
    assert editor.seen == []
    ended = editor.in_terminal(path, keys="e\n")
    assert ended.code == 0
    assert '>     2 | "b" 2}' in ended.text
    assert outlive.open(path).value == {"a": 1, "b": 2}


def test_colours(state: Path) -> None:
    """The diff is in colour on a terminal, but not with NO_COLOR; nothing there is obeyed."""
    editor = Editor(state.parent, "text = text.replace('80', '81')")
    raw = editor.in_terminal(state).raw
    assert f"{RED}-  port: 80" in raw
    assert f"{GREEN}+  port: 81" in raw
    editor = Editor(state.parent, "text = text.replace('81', '82')")
    ended = editor.in_terminal(state, NO_COLOR="1")
    assert "+  port: 82" in ended.raw
    assert "\x1b" not in ended.raw
    state.write_text("a: \x1b[2J\n")
    ended = Editor(state.parent, "text = 'a: b\\n'").in_terminal(state, keys="e\n")
    assert (ended.code, "\x1b[2J" in ended.raw) == (0, False)
    assert "-a: \\x1b[2J\n" in ended.text


def test_nothing_changed_is_said(state: Path) -> None:
    """A person hears that nothing was changed."""
    ended = Editor(state.parent, "").in_terminal(state)
    assert (ended.code, ended.text) == (0, f"{state}: nothing is changed\n")


def wait_for(path: Path) -> None:
    """Wait until the editor has made that file."""
    deadline = time.monotonic() + LONG
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("what", ["saved", "unsaved"])
def test_ctrl_c_ends_an_editor(state: Path, what: str) -> None:
    """Of a simple editor it is the end: 130, the lock is free, what was saved is in a file."""
    before, ready = state.read_bytes(), state.parent / "ready"
    saving = "text += 'new: 1\\n'; save();" if what == "saved" else ""
    turn = f"signal.signal(2, 0); {saving} pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    editor = Editor(state.parent, turn)
    with open_terminal("edit", state, **editor.variables) as (process, screen):
        wait_for(ready)
        os.write(screen, b"\x03")
        assert process.wait(LONG) == 130
    assert len(editor.left()) == (what == "saved")
    assert state.read_bytes() == before
    outlive.State(state).close()
    assert [each for each in os.listdir(state.parent) if each.startswith(".")] == []


def test_ctrl_c_belongs_to_the_editor(state: Path) -> None:
    """An editor that goes on after Ctrl-C, as most do, is waited for, and its text is kept."""
    ready = state.parent / "ready"
    turn = f"""
def caught(*_):
    global text
    text = text.replace('80', '81')
signal.signal(2, caught)
pathlib.Path({str(ready)!r}).touch()
while '81' not in text: time.sleep(0.02)
"""
    editor = Editor(state.parent, turn)
    with open_terminal("edit", state, **editor.variables) as (process, screen):
        wait_for(ready)
        os.write(screen, b"\x03")
        assert process.wait(LONG) == 0
    assert outlive.State(state, mode="r").server == {"port": 81}


def test_ctrl_c_at_the_question(state: Path) -> None:
    """It gives up: 130, and the text is in a file."""
    editor = Editor(state.parent, "text += '[\\n'")
    with open_terminal("edit", state, **editor.variables) as (process, screen):
        said = b""
        while b"abandon: " not in said:
            said += os.read(screen, 65536)
        os.write(screen, b"\x03")
        assert process.wait(LONG) == 130
    assert len(editor.left()) == 1
    outlive.State(state).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("kind", ["state", "storage"])
def test_told_to_end(kind: str, number: int, request: pytest.FixtureRequest) -> None:
    """The editor is told as well; the lock is free, the text kept, and the code says why."""
    path: Path = request.getfixturevalue(kind)
    before, ready = path.read_bytes(), path.parent / "ready"
    told = path.parent / "told"
    turn = f"""
def caught(number, _):
    pathlib.Path({str(told)!r}).write_text(str(number))
    os._exit(1)
signal.signal({int(number)}, caught)
text += '# new\\n'; save(); pathlib.Path({str(ready)!r}).touch(); time.sleep(60)
"""
    editor = Editor(path.parent, turn)
    arguments = [path] if kind == "state" else [path, "people"]
    with open_terminal("edit", *arguments, **editor.variables) as (process, _):
        wait_for(ready)
        process.send_signal(number)
        assert process.wait(LONG) == 128 + number
    assert told.read_text() == str(int(number))
    assert editor.left()[0].endswith("# new\n")
    assert path.read_bytes() == before
    if kind == "state":
        outlive.State(path).close()
    else:
        outlive.Storage(path).close()


def test_a_terminal_that_is_closed(state: Path) -> None:
    """Nobody is there to be told; the lock is free, and the text is kept all the same."""
    before, ready = state.read_bytes(), state.parent / "ready"
    turn = f"text += 'new: 1\\n'; save(); pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    editor = Editor(state.parent, turn)
    with open_terminal("edit", state, **editor.variables) as (process, screen):
        wait_for(ready)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, screen)
        os.close(nowhere)
        assert process.wait(LONG) == 129
    assert editor.left()[0].endswith("new: 1\n")
    assert state.read_bytes() == before
    outlive.State(state).close()


def test_an_editor_in_a_shell(state: Path) -> None:
    """A command that needs a shell gets one; Ctrl-C is the editor's there, too."""
    ready = state.parent / "ready"
    turn = f"""
def caught(*_):
    global text
    text = text.replace('80', '81')
signal.signal(2, caught)
pathlib.Path({str(ready)!r}).touch()
while '81' not in text: time.sleep(0.02)
"""
    editor = Editor(state.parent, turn)
    variables = {**editor.variables, "EDITOR": f"X=1 '{editor.script}' -- $HOME"}
    with open_terminal("edit", state, **variables) as (process, screen):
        wait_for(ready)
        os.write(screen, b"\x03")
        assert process.wait(LONG) == 0
    assert editor.seen[0]["arguments"] == ["--", os.environ["HOME"]]
    assert outlive.State(state, mode="r").server == {"port": 81}


def test_an_editor_that_stays(state: Path) -> None:
    """One that does not end when it is told keeps its file, so that it can still save."""
    ready, go = state.parent / "ready", state.parent / "go"
    turn = f"""
for number in (1, 15): signal.signal(number, signal.SIG_IGN)
note(os.getpid())
pathlib.Path({str(ready)!r}).touch()
while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)
text += 'new: 1\\n'; save(); pathlib.Path({str(go)!r}).unlink()
"""
    editor = Editor(state.parent, turn)
    with open_terminal("edit", state, **editor.variables) as (process, _):
        wait_for(ready)
        process.terminate()
        assert process.wait(LONG) == 143
        outlive.State(state).close()
        go.touch()
        deadline = time.monotonic() + LONG
        while go.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert editor.left()[0].endswith("new: 1\n")


@pytest.mark.skipif(not shutil.which("vim"), reason="needs vim")
def test_vim(state: Path) -> None:
    """A real editor in a real terminal: search and replace, save, leave; and leave with :cq."""
    env = {"VISUAL": "vim -u NONE -n", "TMPDIR": str(state.parent)}
    with open_terminal("edit", state, **env) as (process, screen):
        os.write(screen, b":%s/80/8080/\r:wq\r")
        while process.poll() is None:
            try:
                os.read(screen, 65536)
            except OSError:
                break
        assert process.wait(LONG) == 0
    assert outlive.State(state, mode="r").server == {"port": 8080}


def test_the_copy_survives_that_the_machine_is_started_anew(state: Path) -> None:
    """Without TMPDIR the text is in /var/tmp, which a restart does not empty."""
    if not os.access("/var/tmp", os.W_OK):  # noqa: S108  # the place that is meant
        pytest.skip("there is no /var/tmp here")
    editor = Editor(state.parent, "text += '[\\n'")
    variables = {**environment(), **editor.variables}
    del variables["TMPDIR"]
    ended = run("edit", state, env=variables)
    kept = Path(ended.err.rpartition("your text is in ")[2].strip())
    assert kept.is_relative_to("/var/tmp")  # noqa: S108
    assert kept.read_text().endswith("[\n")
    shutil.rmtree(kept.parent)
