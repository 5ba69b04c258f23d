"""`outlive show` and `get`: in a pipe, in a terminal, beside a program that writes."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from pathlib import Path

import pytest

import outlive

from .running import COMMAND, done, environment, failed, in_terminal, program, run


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("last", "1"),
        ("queue[0].url", "x"),
        ("queue.0.url", "x"),
        ("queue[-1].tries", "0"),
        ("server", '{"port": 80}'),
        ("2", "two"),
        ("[2]", "two"),
        ("day", "2026-11-21"),
    ],
)
def test_get_from_a_state(state: Path, key: str, expected: str) -> None:
    """A path leads into the document; a text is printed as it is, all else as JSON."""
    assert done("get", state, key).out == f"{expected}\n"


@pytest.mark.parametrize("key", ["nope", "server.nope", "queue[1]", "last.x", '["2"]', "[2.0]"])
def test_get_of_an_absent_key(state: Path, key: str) -> None:
    """What is not there ends with 1, and the message says what there is."""
    assert "there is no" in failed(1, "get", state, key)


@pytest.mark.parametrize("key", ["", "a..b", "a.", "[", "[0", "[x]", "a]b", "[[1]]", "[0]x"])
def test_a_path_that_is_none(state: Path, key: str) -> None:
    """What is no path is said to be none, with an example of one."""
    assert "is no path into a document" in failed(4, "get", state, key)


def test_get_with_json_tells_types(state: Path) -> None:
    """With --json a text is quoted, and what JSON has no word for keeps its type."""
    assert done("get", "--json", state, "2").out == '"two"\n'
    assert done("get", "--json", state, "day").json == {"$date": "2026-11-21"}


def test_get_from_a_store(store: Path) -> None:
    """Each document of a format is read by its own rules; the whole is one line of JSON."""
    assert done("get", store).json == {"n": 1, "runs": ["a"], "server": {"port": 80}}
    assert done("get", store, "server.port").out == "80\n"
    assert done("get", store, ".").json == done("get", store).json


def test_get_from_a_safe(safe: Path) -> None:
    """The longest beginning that is a key counts; the rest leads into its value."""
    assert done("get", safe, "first.tags[0]").out == "a\n"
    assert done("get", safe, "a.b").out == "[1]\n"
    assert done("get", safe, "a.b[0]").out == "1\n"
    assert done("get", "--key-type", "json", safe, '["user", 1]').json == {"$set": [1, 2]}
    assert "has no key 'nope'" in failed(1, "get", safe, "nope")
    assert "--key-type json" in failed(1, "get", safe, "user")
    assert "there is no nope" in failed(1, "get", safe, "first.nope")


def test_get_from_a_storage(storage: Path) -> None:
    """A table, a row, a cell, and a cell of a subview."""
    assert done("get", storage, "people[0].first").out == "Ann\n"
    assert done("get", storage, "people[-1]").json == {"first": "Eve", "shoesize": 41, "kids": []}
    assert done("get", storage, "people[0].kids[0].name").out == "Bob\n"
    assert done("get", storage, "days").json == [
        {"day": {"$date": "2026-11-21"}, "raw": {"$bytes": "aGk="}}
    ]
    assert "there are people, days" in failed(1, "get", storage, "nope")
    assert "there are 2" in failed(1, "get", storage, "people[2]")
    assert "there are first, shoesize, kids" in failed(1, "get", storage, "people[0].nope")
    assert "nothing within the cell" in failed(1, "get", storage, "people[0].first.x")


def test_show_in_a_pipe(state: Path, safe: Path, storage: Path) -> None:
    """A document is one line; a safe has a line for each key, a table one for each row."""
    assert done("show", state, "queue").json == [{"url": "x", "tries": 0}]
    assert [json.loads(line)["key"] for line in done("show", safe).lines] == [
        "a.b",
        "first",
        {"$tuple": ["user", 1]},
    ]
    tables = [json.loads(line) for line in done("show", storage).lines]
    assert [(each["table"], each["rows"]) for each in tables] == [("people", 2), ("days", 1)]
    rows = [json.loads(line) for line in done("show", storage, "people").lines]
    assert rows[1] == {"first": "Eve", "shoesize": 41, "kids": []}
    assert len(done("show", "--limit", 1, storage, "people").lines) == 1


def test_show_in_a_terminal(state: Path, safe: Path, storage: Path) -> None:
    """A person sees a tree of a document, and a table of a safe, of tables and of rows."""
    shown = in_terminal("show", state)
    assert shown.code == 0
    assert "├── last: 1" in shown.text
    assert 'url: "x"' in shown.text
    assert "\x1b[" in shown.raw
    shown = in_terminal("show", safe)
    assert '{"url": "x", "tags": ["a"]}' in shown.text
    assert "people" in in_terminal("show", storage).text
    shown = in_terminal("show", storage, "people")
    assert [line.split()[0] for line in shown.text.splitlines()[2:4]] == ["Ann", "Eve"]
    assert 'name: "Bob"' in in_terminal("show", storage, "people[0]").text


def test_no_colour(state: Path) -> None:
    """NO_COLOR, and a pipe, have none; a terminal with NO_COLOR still has the tree."""
    shown = in_terminal("show", state, NO_COLOR="1")
    assert "├── last: 1" in shown.text
    assert "\x1b[" not in shown.raw
    assert "\x1b[" not in done("show", state).out
    assert "\x1b[" not in in_terminal("show", "--json", state).raw


def test_a_long_one_is_cut_in_a_terminal(tmp_path: Path) -> None:
    """A person sees the first items, and how many more there are; --limit 0 shows all."""
    path = tmp_path / "long.safe"
    with outlive.Safe(path) as safe:
        safe.update({f"key {number:03}": number for number in range(150)})
    shown = in_terminal("show", path).text
    assert "key 099" in shown
    assert "key 100" not in shown
    assert "… and 50 more; --limit 0 shows all" in shown
    assert "key 149" in in_terminal("show", "--limit", "0", path).text
    assert len(done("show", path).lines) == 150


def test_what_is_kept_cannot_drive_the_terminal(tmp_path: Path) -> None:
    """Control characters that a value holds are shown, not sent; a pipe gets them as they are."""
    path = tmp_path / "bad.json"
    outlive.open(path, default={"a": "x\x1b[2Jy\x9b1m"}).commit()
    for arguments in [("show", path), ("show", path, "a"), ("get", path, "a")]:
        raw = in_terminal(*arguments).raw
        assert "\x1b[2J" not in raw
        assert "\x9b" not in raw
    assert done("get", path, "a").out == "x\x1b[2Jy\x9b1m\n"


@pytest.mark.parametrize("kind", ["state", "safe", "storage"])
def test_beside_a_live_writer(kind: str, request: pytest.FixtureRequest) -> None:
    """What a program has open is shown as it was committed last."""
    path: Path = request.getfixturevalue(kind)
    key, change, expected = {
        "state": ("last", "store.last = 42", "42\n"),
        "safe": ("first", "store['first'] = 42", "42\n"),
        "storage": (
            "people[0].first",
            "store.view('people')[0].first = 'Zoe'; store.commit()",
            "Zoe\n",
        ),
    }[kind]
    with program(kind, path) as writer:
        writer.do(change)
        assert done("get", path, key).out == expected
        assert done("show", path, key).out == expected
        assert run("show", path).code == 0


def test_values_that_json_has_not(tmp_path: Path) -> None:
    """Each has an unambiguous form; a dict that looks like one of them is told from it."""
    path = tmp_path / "odd.safe"
    with outlive.Safe(path) as safe:
        safe["a"] = {
            "t": (1,),
            "n": float("nan"),
            "k": {1: 2},
            "d": {"$date": "no"},
            "o": Path("p"),
        }
        safe["cycle"] = []
        safe.modify("cycle", lambda old: old.append(old) or old)
        safe["long"] = 10**5000
        safe["half"] = "\ud800"
    shown = done("get", path, "a").json
    assert shown["t"] == {"$tuple": [1]}
    assert shown["n"] == {"$float": "nan"}
    assert shown["k"] == {"$dict": [[1, 2]]}
    assert shown["d"] == {"$dict": [["$date", "no"]]}
    assert list(shown["o"]) == ["$object"]
    assert "holds itself" in failed(4, "get", path, "cycle")
    assert done("get", path, "long").out == "1" + 5000 * "0" + "\n"
    assert done("get", "--json", path, "half").out == '"\\ud800"\n'
    assert "half a pair" in failed(4, "get", path, "half")


def test_pickles_of_others(tmp_path: Path) -> None:
    """What others could have written is not unpickled without --trust."""
    path = tmp_path / "loose.pickle"
    path.write_bytes(pickle.dumps({"a": 1}))
    path.chmod(0o666)
    assert "can be written by everyone" in failed(4, "get", path, "a")
    assert done("get", "--trust", path, "a").out == "1\n"


def test_one_bad_value_hides_no_other(tmp_path: Path) -> None:
    """A safe is shown with all that can be read of it; what cannot is named, and it ends with 4."""
    path = tmp_path / "bad.safe"
    with outlive.Safe(path) as safe:
        safe.update(a=1, z=2)
        safe["gone"] = _Gone()
    ended = run("show", path)
    assert [json.loads(line)["key"] for line in ended.lines] == ["a", "z"]
    assert ended.code == 4
    assert "'gone'" in ended.err


class _Gone:
    """A class that the command cannot import: its module is this test."""


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    """When `head` has seen enough the command ends without a word."""
    path = tmp_path / "long.safe"
    with outlive.Safe(path) as safe:
        safe.update({f"{number:06}": "x" * 100 for number in range(20_000)})
    shell = f"'{COMMAND}' show '{path}' | head -n 1; echo ${{PIPESTATUS[0]}} >&2"
    ended = subprocess.run(
        ["bash", "-c", shell], capture_output=True, check=False, text=True, env=environment()
    )
    assert ended.stdout == '{"key": "000000", "value": "' + "x" * 100 + '"}\n'
    assert ended.stderr == "0\n"


def test_a_missing_and_an_unreadable_file(tmp_path: Path) -> None:
    """Neither is made, nor hidden behind a traceback."""
    assert "no such file" in failed(5, "show", tmp_path / "nope.state")
    assert "is a directory" in failed(5, "show", tmp_path)
    assert os.listdir(tmp_path) == []


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """--debug adds the traceback, which is nowhere else."""
    ended = run("--debug", "show", tmp_path / "nope.state")
    assert ended.code == 5
    assert "Traceback (most recent call last)" in ended.err


def test_looking_changes_nothing(state: Path, store: Path) -> None:
    """Neither the files nor what lies beside them changes when they are looked at."""
    before = [(each, each.read_bytes(), each.stat().st_mtime_ns) for each in (state, store)]
    names = sorted(os.listdir(state.parent))
    for command in ("show", "get", "stat", "check"):
        for path in (state, store):
            done(command, path)
    assert [(e, e.read_bytes(), e.stat().st_mtime_ns) for e in (state, store)] == before
    assert sorted(os.listdir(state.parent)) == names
