"""`outlive edit` of each kind of store: what is shown, checked, kept, and said of it."""

from __future__ import annotations

import collections
import datetime
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import outlive

from .editors import Editor, edited, refused
from .running import program, run

TEXTS = {
    "jobs.state": "# ours\nport: 80   # as the proxy expects\nhosts: [a, 'b']\n",
    "jobs.yaml": "# ours\nport: 80   # as the proxy expects\nhosts: [a, 'b']\n",
    "jobs.json": '{"port": 80,\n\n  "hosts": ["a"]}',
    "jobs.toml": "# ours\nport = 80 # as the proxy expects\n\n[server]\nname = 'x'\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_document_is_kept_as_it_was_written(name: str, tmp_path: Path) -> None:
    """Comments, order and quoting stay, and what changed is printed as a plain diff in a pipe."""
    path = tmp_path / name
    path.write_text(TEXTS[name])
    path.chmod(0o640)
    ended = edited(tmp_path, "text = text.replace('80', '8080')", path)
    assert path.read_text() == TEXTS[name].replace("80", "8080")
    assert path.stat().st_mode & 0o777 == 0o640
    assert ended.lines[:2] == [f"--- {path}", f"+++ {path}"]
    changed = [each for each in ended.lines[2:] if each[0] in "+-"]
    assert [each[0] for each in changed] == ["-", "+"]
    assert changed[0][1:].replace("80", "8080") == changed[1][1:]
    assert "\x1b" not in ended.out


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_is_written_if_nothing_changed(name: str, tmp_path: Path) -> None:
    """To leave the editor without a change leaves the very same file, and says nothing."""
    path = tmp_path / name
    path.write_text(TEXTS[name])
    before = path.stat()
    assert edited(tmp_path, "", path).out == ""
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [each for each in os.listdir(tmp_path) if "outlive" in each] == []


def test_values_that_stay_the_same(safe: Path, storage: Path) -> None:
    """Another way to write the same value, or the same rows, is no change either."""
    before = safe.read_bytes(), storage.read_bytes()
    turn = "text = '# mine\\n' + text.replace('url: x', '\"url\":   x').replace('38', '0x26')"
    assert edited(safe.parent, turn, safe, "first").out == ""
    assert edited(safe.parent, turn, storage, "people").out == ""
    assert (safe.read_bytes(), storage.read_bytes()) == before


@pytest.mark.parametrize("name", ["a.msgpack", "a.bson", "a.pickle"])
def test_binary_formats_are_shown_as_yaml(name: str, tmp_path: Path) -> None:
    """A person sees YAML; the file stays in its format, and its values keep their types."""
    path = tmp_path / name
    value: dict[str, Any] = {"n": 1, "raw": b"\xff", "note": "yes", "deep": {"list": [1.5, None]}}
    outlive.open(path, default=value).commit()
    editor = Editor(tmp_path, "text = text.replace('n: 1', 'n: 2') + 'new: two\\n'")
    assert editor.edit(path).code == 0
    assert editor.seen[0]["path"].endswith(f"{name}.yaml")
    assert outlive.open(path).value == {**value, "n": 2, "new": "two"}
    assert type(outlive.open(path).value["raw"]) is bytes


def test_types_that_yaml_has_not(tmp_path: Path, safe: Path) -> None:
    """They are shown as JSON with $tuple and the like; nothing loses its type."""
    path = tmp_path / "a.pickle"
    outlive.open(path, default={1: (1, {2}), "at": datetime.time(7)}).commit()
    editor = Editor(tmp_path, "text = text.replace('07:00', '08:00')")
    assert editor.edit(path).code == 0
    assert editor.seen[0]["path"].endswith("a.pickle.json")
    assert outlive.open(path).value == {1: (1, {2}), "at": datetime.time(8)}
    edited(tmp_path, "text = text.replace('2', '3')", "--key-type", "json", safe, '["user", 1]')
    assert outlive.Safe(safe)["user", 1] == {1, 3}


def test_values_that_cannot_be_shown(tmp_path: Path) -> None:
    """What neither can show is refused before the editor is started."""
    path = tmp_path / "a.pickle"
    outlive.open(path, default=collections.OrderedDict(a=1)).commit()
    editor = Editor(tmp_path, "text = ''")
    ended = editor.edit(path)
    assert (ended.code, editor.seen) == (4, [])
    assert "OrderedDict" in ended.err
    path.unlink()
    outlive.open(path, default=[1]).commit()
    path.chmod(0o666)
    ended = editor.edit(path)
    assert (ended.code, editor.seen) == (4, [])
    assert "can be written by everyone" in ended.err
    edited(tmp_path, "text = '- 2'", "--trust", path)
    assert outlive.open(path, trust=True).value == [2]


def test_a_key_of_a_safe(safe: Path, tmp_path: Path) -> None:
    """The value of a key is edited, also while a program has the safe open."""
    with program("safe", safe) as writer:
        ended = edited(
            tmp_path, "text = text.replace('x', 'y') + 'note: |\\n  a\\n  b\\n'", safe, "first"
        )
        writer.do("assert store['first'] == {'url': 'y', 'tags': ['a'], 'note': 'a\\nb\\n'}")
    assert f"--- {safe}, first" in ended.lines
    editor = Editor(tmp_path, "")
    assert "no key 'nope'" in editor.edit(safe, "nope").err
    assert editor.edit(safe).code == 2
    assert editor.edit(safe, "first.url").code == 1  # a key is taken whole
    assert editor.seen == []


def test_the_rows_of_a_table(storage: Path) -> None:
    """Rows are changed, added, moved and taken away, with their subviews, in one commit."""
    turn = """
head = [each for each in text.splitlines() if each.startswith('#')]
ann, eve = [each for each in text.splitlines() if not each.startswith('#')]
new = "- {first: 'Zoe', shoesize: 40, kids: [{name: Al}, {name: Cy}]}"
text = '\\n'.join([*head, eve, new, ann.replace('38', '39')]) + '\\n'
"""
    ended = edited(storage.parent, turn, storage, "people")
    with outlive.Storage(storage, mode="r") as now:
        assert now.view("people").to_arrow().to_pylist() == [
            {"first": "Eve", "shoesize": 41, "kids": []},
            {"first": "Zoe", "shoesize": 40, "kids": [{"name": "Al"}, {"name": "Cy"}]},
            {"first": "Ann", "shoesize": 39, "kids": [{"name": "Bob"}]},
        ]
        assert len(now.view("days")) == 1
    assert "+- {first: Ann, shoesize: 39, kids: [{name: Bob}]}" in ended.lines
    edited(storage.parent, "text = text.replace('Bob', 'Bo')", storage, "people[2].kids")
    edited(storage.parent, "text = text.replace('Ann', 'Anna')", storage, "people[2]")
    edited(storage.parent, "text = '42\\n'", storage, "people[0].shoesize")
    with outlive.Storage(storage, mode="r") as now:
        rows = now.view("people").to_arrow().to_pylist()
        assert rows[2] == {"first": "Anna", "shoesize": 39, "kids": [{"name": "Bo"}]}
        assert rows[0]["shoesize"] == 42


def test_rows_of_every_type(tmp_path: Path) -> None:
    """What is not touched keeps its value to the bit, and what is gets the type of its column."""
    path = tmp_path / "all.db"
    moment = datetime.datetime(2026, 11, 21, 7, 8, 9, 123456)
    with outlive.Storage(path) as made:
        table = made.define(
            "t", d=Decimal, b=bytes, at=datetime.datetime, ok=bool, f="F", x=float, n=int, s=str
        )
        table.append(
            d=Decimal("1.100000000001"),
            b=b"\0\xff",
            at=moment,
            ok=True,
            f=0.1,
            x=0.1,
            n=2**62,
            s="no",
        )
        table.append(d=Decimal("-1E+20"), x=float("inf"), s="a: 'b'\n\t\0é😀 #")
        made.commit()
        before = table.to_arrow()
    edited(tmp_path, "text = text.replace('ok: true', 'ok: false')", path, "t")
    with outlive.Storage(path, mode="r") as now:
        after = now.view("t").to_arrow()
        assert after.drop_columns("ok").equals(before.drop_columns("ok"))
        assert after["ok"].to_pylist() == [False, False]


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("text = text.replace('41', 'x')", "line 5: the column 'shoesize' (I) cannot hold 'x'"),
        ("text = text.replace('Eve,', 'Eve, last: x,')", "line 5: there is no column 'last'"),
        ("text = text.replace(', kids: []', '')", "line 5: row 2: the new row lacks kids"),
        ("text += '- [1\\n'", "line 7, column 1"),
        ("text += '- 7\\n'", "line 6: a row is written"),
        ("text = 'a: 1\\n'", "no list of rows"),
        ("text = text.replace('{first: Eve', '{first: Eve, first: Zoe')", "there a second time"),
        ("text += '- &a [*a]'", "line 6: a row is written"),
    ],
)
def test_rows_that_do_not_fit(storage: Path, turn: str, why: str) -> None:
    """The line is named, all rows are as they were, and the text is in a file."""
    before = storage.read_bytes()
    turn = f"text = text.replace('Ann', 'Anna'); {turn}"
    assert why in refused(storage.parent, 1, turn, storage, "people")
    assert storage.read_bytes() == before


def test_a_part_of_a_document(state: Path, store: Path) -> None:
    """KEY is a path into a State or a Store; what a person wrote around it stays."""
    state.write_text("# ours\nserver:\n  port: 80 # http\nlast:   1\n")
    edited(state.parent, "text += 'host: x\\n'", state, "server")
    assert state.read_text() == "# ours\nserver:\n  port: 80 # http\n  host: x\nlast:   1\n"
    edited(state.parent, "text = text.replace('80', '81')", store, "server")
    assert outlive.open(store).value == {"n": 1, "runs": ["a"], "server": {"port": 81}}
    assert "there is no nope" in Editor(state.parent).edit(state, "nope").err


@pytest.mark.parametrize(
    ("kind", "arguments", "turn", "why"),
    [
        ("state", [], "text += 'b: [1\\n'", "line 10, column 1: did not find expected"),
        ("state", [], "text += 'last: 2\\n'", "the key 'last' is there a second time"),
        ("state", [], "text = '- 1\\n'", "a list, not a mapping"),
        ("state", [], "text += 'c: !!set {a}\\n'", "cannot hold"),
        ("state", [], 'text += \'---\\n["set",["x"],"y",1]\\n\'', "no whole entry"),
        ("state", ["server"], "text = 'port: !!set {a}\\n'", "cannot"),
        ("store", [], "text = text.replace('1', '')", "line 1 column 7"),
        ("store", [], "text = text[:-1] + ', \"n\": 2}'", "the key 'n' is there a second time"),
        ("store", ["server"], "text = 'at: 2026-11-21\\n'", "JSON"),
        ("safe", ["first"], "text += 'url: y\\n'", "the key 'url' is there a second time"),
        ("safe", ["first"], "text += 'a: *b\\n'", "line 4, column 4"),
        ("safe", ["first"], "text = '&a [*a]\\n'", "holds what neither"),
        ("safe", ["first"], "text = '[' * 3000 + ']' * 3000", "holds what neither"),
        ("safe", ["first"], "text = 'a: 2026-13-41\\n'", "a value cannot be read"),
    ],
)
def test_texts_that_cannot_be_kept(
    kind: str, arguments: list[str], turn: str, why: str, request: pytest.FixtureRequest
) -> None:
    """In a pipe it ends with 1 and a line that says where; the store is as it was."""
    path: Path = request.getfixturevalue(kind)
    before = path.read_bytes()
    assert why in refused(path.parent, 1, turn, path, *arguments)
    assert path.read_bytes() == before
    assert [each for each in os.listdir(path.parent) if each.startswith(".")] == []


def test_a_type_that_the_format_cannot_hold(tmp_path: Path) -> None:
    """A date would become text in MessagePack: it is refused, and the value stands."""
    path = tmp_path / "m.safe"
    with outlive.Safe(path, format="msgpack") as made:
        made["a"] = {"n": 1}
    assert "would be kept as" in refused(tmp_path, 1, "text = 'n: 2026-11-21'", path, "a")
    with outlive.Safe(path) as now:
        assert now["a"] == {"n": 1}


def test_what_is_no_text(state: Path, safe: Path) -> None:
    """Bytes that are no UTF-8 are refused with their line; an emptied text changes nothing."""
    before = state.read_bytes()
    turn = "path.write_bytes(b'a: 1\\nb: \\xff\\n'); os._exit(0)"
    for arguments in ([state], [safe, "first"]):
        editor = Editor(state.parent, turn)
        ended = editor.edit(*arguments)
        assert ended.code == 1
        assert "no UTF-8" in ended.err
        assert state.read_bytes() == before
    editor = Editor(state.parent, "text = '\\n'", name="other")
    ended = editor.edit(state)
    assert (ended.code, state.read_bytes()) == (1, before)
    assert "is empty" in ended.err


def test_a_damaged_file_is_mended(tmp_path: Path) -> None:
    """A file that cannot be opened can be edited; what a killed program wrote comes back."""
    path = tmp_path / "jobs.state"
    path.write_text("a: 1\nb: 2\n")
    with program("state", path) as writer:
        writer.do("store.a = 5")
        writer.kill()
    path.write_text("a: 1\nb: [2\n")
    edited(tmp_path, "text = text.replace('[2', '3')", path)
    with outlive.State(path) as now:
        assert dict(now) == {"a": 5, "b": 3, "last": 41}
    path = tmp_path / "x.json"
    path.write_text('{"a": 1')
    edited(tmp_path, "text += '}'", path)
    assert outlive.open(path).value == {"a": 1}


def test_the_journal_of_a_killed_program(state: Path) -> None:
    """Its changes are part of the document that is shown."""
    with program("state", state) as writer:
        writer.do("store.queue.append('later')")
        writer.kill()
    editor = Editor(state.parent, "text = text.replace('later', 'now')")
    assert editor.edit(state).code == 0
    assert "- later\n" in editor.seen[0]["text"]
    assert "---" not in editor.seen[0]["text"]
    assert outlive.State(state, mode="r").queue[1] == "now"


def test_former_contents_are_kept(tmp_path: Path) -> None:
    """Where a program keeps former contents of a Store, so does an edit."""
    path = tmp_path / "notes.json"
    store = outlive.open(path, default=0, keep=3)
    for number in range(3):
        store.value = number
        store.commit()
    edited(tmp_path, "text = '99'", path)
    assert [Path(each.path).read_text() for each in store.history()] == ["2", "1", "0"]


def test_through_a_link(state: Path) -> None:
    """The file that a symbolic link leads to is edited; the link stays one."""
    link = state.parent / "link"
    link.symlink_to(state)
    edited(state.parent, "text = text.replace('80', '81')", link)
    assert link.is_symlink()
    assert outlive.State(state, mode="r").server == {"port": 81}


def test_what_cannot_be_edited(tmp_path: Path, storage: Path) -> None:
    """No such file, no such table, no kind of ours: said before the editor is started."""
    editor = Editor(tmp_path, "text = ''")
    assert editor.edit(tmp_path / "nope").code == 5
    assert editor.edit(storage, "nope").code == 1
    assert editor.edit(storage, ".").code == 2
    assert editor.edit(storage).code == 2
    (tmp_path / "old.mk").write_bytes(b"JL\x1a\0" + bytes(100))
    assert "convert" in editor.edit(tmp_path / "old.mk").err
    assert editor.seen == []


def test_the_editor_that_is_chosen(state: Path) -> None:
    """VISUAL goes before EDITOR; both may have arguments and quotes; else it is vi."""
    directory = state.parent / "with space"
    directory.mkdir()
    visual = Editor(directory, "text = text.replace('80', '81')", name="my visual")
    other = Editor(directory, "text = text.replace('81', '82')", name="vi")
    command = f"X=1 '{visual.script}' --wait \"a  b\""
    assert visual.edit(state, VISUAL=command, EDITOR="false").code == 0
    assert visual.seen[0]["arguments"] == ["--wait", "a  b"]
    # A terminal that cannot do much gets EDITOR, as in git.
    assert visual.edit(state, VISUAL="false", EDITOR="true", TERM="dumb").code == 0
    path = f"{directory}:{os.environ['PATH']}"
    without = {**os.environ, "VISUAL": "", "EDITOR": "", "PATH": path, "TERM": "xterm"}
    assert "no terminal for vi" in run("edit", state, env=without).err
    assert other.edit(state, EDITOR="vi", PATH=path).code == 0
    assert outlive.State(state, mode="r").server == {"port": 82}
    for variables in ({"TERM": "dumb"}, {"PATH": str(directory / "empty")}):
        ended = run("edit", state, env={**os.environ, "VISUAL": "", "EDITOR": "", **variables})
        assert ended.code == 2
        assert "EDITOR" in ended.err


def test_the_copy(state: Path, store: Path, safe: Path) -> None:
    """It is private, has the extension of its language, and goes afterwards."""
    for arguments, name in (
        ([state], "jobs.state.yaml"),
        ([store], "runs.json"),
        ([safe, "first"], "jobs.safe.first.yaml"),
        ([safe, "../x y"], "jobs.safe.x_y.yaml"),
    ):
        with outlive.Safe(safe) as made:
            made["../x y"] = 1
        editor = Editor(state.parent, "(path.parent / 'undo~').write_text('x'); text += ' \\n'")
        assert editor.edit(*arguments).code == 0
        (seen,) = editor.seen
        assert (os.path.basename(seen["path"]), seen["modes"]) == (name, ["0o700", "0o600"])
        assert os.listdir(editor.copies) == []


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("save(); sys.exit(3)", "ended with 3"),
        ("save(); os.kill(os.getpid(), signal.SIGKILL)", "ended with 137|killed by signal 9"),
        ("path.rename(path.with_name('rescued')); os._exit(0)", "left no file"),
    ],
)
def test_an_editor_that_fails(state: Path, turn: str, why: str) -> None:
    """The state is as it was, and what the person had saved is in a file."""
    before = state.read_bytes()
    editor = Editor(state.parent, f"text += 'new: 1\\n'; save(); {turn}")
    ended = editor.edit(state)
    assert ended.code == 1
    assert any(each in ended.err for each in why.split("|")), ended.err
    assert [each for each in editor.left() if "new: 1" in each]
    assert state.read_bytes() == before
    ended = editor.edit(state, EDITOR="/nope/editor")
    assert (ended.code, "ended with 127" in ended.err, "VISUAL" in ended.err) == (1, True, True)
