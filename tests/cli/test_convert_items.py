"""`outlive convert` of keys and values: Safe, JSON Lines, shelve, sqlitedict, diskcache."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import pickle
import shelve
import sqlite3
import struct
import zoneinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import diskcache
import pytest
import sqlitedict

import outlive

from .running import done, failed, program, run

HARD: dict[Any, Any] = {
    "plain": {"a": [1, 2.5, None, True]},
    ("user", 1, (None,)): {1, 2},
    b"\x00k": (1, b"x", [frozenset({1})]),
    1: Decimal("1.10"),
    ("id",): [UUID(int=5), complex(1, 2)],
    None: datetime.datetime(2026, 11, 21, 7, tzinfo=datetime.UTC),
    datetime.date(2026, 1, 2): datetime.timedelta(1, 2, 3),
    "nan": [float("inf"), -0.0],
    "keys": {1: "int", "1": "text", (1,): "tuple"},
    "special": {"$date": "no date"},
    "half": "\ud800",
}


def items(path: Path) -> list[tuple[str, str]]:
    """What a Safe holds, to the type."""
    with outlive.Safe(path, mode="r") as safe:
        return [(repr(key), repr(value)) for key, value in safe.items()]


def make(path: Path, content: dict[Any, Any]) -> None:
    """A Safe; a dict would take 1, 1.0 and True for one key."""
    with outlive.Safe(path) as safe:
        safe.update(content)


def test_a_safe_to_lines_and_back(tmp_path: Path) -> None:
    """Every type of key and value that JSON Lines can say comes back as it was."""
    make(tmp_path / "a.safe", HARD)
    with outlive.Safe(tmp_path / "a.safe") as safe:
        safe[1], safe[1.0], safe[True] = "int", "float", "bool"
    done("convert", tmp_path / "a.safe", tmp_path / "a.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert all(set(line) == {"key", "value"} for line in lines)
    assert {"key": "plain", "value": {"a": [1, 2.5, None, True]}} in lines
    done("convert", tmp_path / "a.jsonl", tmp_path / "b.safe")
    assert items(tmp_path / "b.safe") == items(tmp_path / "a.safe")
    assert len(lines) == len(HARD) + 2


class Named(dict[str, int]):
    """A dict of a program's own."""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Path("x"), "JSON cannot hold the PosixPath"),
        ([Path("x")], "[0]: JSON cannot hold the PosixPath"),
        (Named(a=1), "the Named becomes a dict"),
        (
            datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
            "of the time zone Europe/Berlin only the offset",
        ),
    ],
)
def test_what_lines_cannot_hold(
    value: object, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused, naming the key and the type."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    make(tmp_path / "a.safe", {"fine": 1, "odd": value})
    said = failed(4, "convert", tmp_path / "a.safe", tmp_path / "a.jsonl")
    assert f"odd{',' if why.startswith('[') else ':'} {why}" in said
    assert not (tmp_path / "a.jsonl").exists()
    ended = run("convert", "--lossy", tmp_path / "a.safe", tmp_path / "a.jsonl")
    assert (ended.code, why in ended.err) == (0, True)
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"key": "b"}', "line 3: it is not"),
        ("[1]", "line 3: it is not"),
        ('{"key": "b", "value": 1', "line 3: "),
        ('{"key": "b", "value": {"$what": 1}}', "line 3: "),
        ('{"key": {"a": 1}, "value": 1}', "would be gone"),
        ('{"key": "a", "value": 2}', "the key 'a' is there twice"),
    ],
)
def test_lines_that_are_no_items(line: str, why: str, tmp_path: Path) -> None:
    """The line is named, and no safe is made."""
    (tmp_path / "a.jsonl").write_text(f'{{"key": "a", "value": 1}}\n\n{line}\n')
    assert why in failed(4, "convert", tmp_path / "a.jsonl", tmp_path / "a.safe")
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_a_shelf(tmp_path: Path) -> None:
    """By its name, or by that of one of its files."""
    with shelve.open(str(tmp_path / "old")) as shelf:
        shelf["ä"] = [1]
        shelf["b"] = {(1,): {2}}
    for name in ("old", "old.dir", "old.dat"):
        done("convert", "--force", tmp_path / name, tmp_path / "new.safe")
        assert items(tmp_path / "new.safe") == [("'b'", "{(1,): {2}}"), ("'ä'", "[1]")]
    done("convert", tmp_path / "old", tmp_path / "new.jsonl")


def test_a_shelf_in_sqlite(tmp_path: Path) -> None:
    """As Python makes them from 3.13 on, and read by any."""
    with sqlite3.connect(tmp_path / "old") as base:
        base.execute("CREATE TABLE Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
        base.execute("INSERT INTO Dict VALUES (?, ?)", (b"a", pickle.dumps((1,))))
    base.close()
    done("convert", tmp_path / "old", tmp_path / "new.safe")
    assert items(tmp_path / "new.safe") == [("'a'", "(1,)")]


def test_sqlitedict(tmp_path: Path) -> None:
    """One table as it is; of several, one has to be chosen. A live program may go on."""
    path = tmp_path / "old.sqlite"
    with sqlitedict.SqliteDict(str(path), tablename="first") as table:
        table["a"] = {1, 2}
        table.commit()
        done("convert", path, tmp_path / "a.safe")
    with sqlitedict.SqliteDict(str(path), tablename='the "second"') as table:
        table["b"] = None
        table.commit()
    said = failed(4, "convert", path, tmp_path / "b.safe")
    assert 'choose one with --table: first, the "second"' in said
    done("convert", "--table", 'the "second"', path, tmp_path / "b.safe")
    assert "no table 'x'" in failed(4, "convert", "--table", "x", path, tmp_path / "c.safe")
    assert items(tmp_path / "a.safe") == [("'a'", "{1, 2}")]
    assert items(tmp_path / "b.safe") == [("'b'", "None")]


def test_values_of_another_form(tmp_path: Path) -> None:
    """What is no pickle is refused, unless --values says what it is."""
    path = tmp_path / "old.sqlite"
    with sqlitedict.SqliteDict(str(path), encode=json.dumps, decode=json.loads) as table:
        table["a"] = {"n": 1}
        table.commit()
    assert "--values json" in failed(4, "convert", path, tmp_path / "a.safe")
    done("convert", "--values", "json", path, tmp_path / "a.safe")
    done("convert", "--values", "raw", path, tmp_path / "b.safe")
    assert items(tmp_path / "a.safe") == [("'a'", "{'n': 1}")]
    assert items(tmp_path / "b.safe") == [("'a'", "'{\"n\": 1}'")]


def test_diskcache(tmp_path: Path) -> None:
    """Small values and large ones, keys of every type, of an open cache as well."""
    content = {"a": 1, (1, 2): "x" * 100_000, b"k": b"y" * 100_000, 1.5: {"p": [1]}, 7: None}
    with diskcache.Cache(str(tmp_path / "cache")) as cache:
        for key, value in content.items():
            cache[key] = value
        cache["large"] = list(range(50_000))
        done("convert", tmp_path / "cache", tmp_path / "a.safe")
    with outlive.Safe(tmp_path / "a.safe") as safe:
        assert dict(safe) == {**content, "large": list(range(50_000))}
    done("convert", tmp_path / "cache" / "cache.db", tmp_path / "b.safe")
    assert items(tmp_path / "a.safe") == items(tmp_path / "b.safe")


def test_diskcache_of_json(tmp_path: Path) -> None:
    """Its other way to keep values."""
    with diskcache.Cache(str(tmp_path / "cache"), disk=diskcache.JSONDisk) as cache:
        cache["a"], cache["b"] = [1, 2], "x" * 100_000
    done("convert", tmp_path / "cache", tmp_path / "a.safe")
    assert items(tmp_path / "a.safe") == [("'a'", "[1, 2]"), ("'b'", repr("x" * 100_000))]


def test_what_a_cache_forgets(tmp_path: Path) -> None:
    """What has expired is gone; what will, and tags, are losses."""
    with diskcache.Cache(str(tmp_path / "cache")) as cache:
        cache.set("gone", 1, expire=-1)
        cache.set("soon", 2, expire=1000, tag="t")
    said = failed(4, "convert", tmp_path / "cache", tmp_path / "a.safe")
    assert "'soon' would no longer expire; 'soon' would lose its tag 't'" in said
    assert run("convert", "--lossy", tmp_path / "cache", tmp_path / "a.safe").code == 0
    assert items(tmp_path / "a.safe") == [("'soon'", "2")]


def test_a_cache_that_leads_elsewhere(tmp_path: Path) -> None:
    """A file outside of the cache is not read, whatever its database says."""
    (tmp_path / "secret").write_text("secret")
    with diskcache.Cache(str(tmp_path / "cache")) as cache:
        cache["a"] = "x" * 100_000
    with sqlite3.connect(tmp_path / "cache" / "cache.db") as base:
        base.execute("UPDATE Cache SET filename = '../secret'")
    base.close()
    assert "outside of the cache" in failed(4, "convert", tmp_path / "cache", tmp_path / "a.safe")


def test_a_kind_of_dbm_that_this_python_has_not(tmp_path: Path) -> None:
    """The message says what to install."""
    if importlib.util.find_spec("_gdbm"):
        pytest.skip("this Python has it")
    (tmp_path / "old").write_bytes(struct.pack("=l", 0x13579ACE) + bytes(4096))
    said = failed(4, "convert", tmp_path / "old", tmp_path / "a.safe")
    assert "apt install python3-gdbm" in said


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("kind", ["shelve", "sqlitedict", "diskcache", "safe"])
def test_nothing_is_run_unless_it_is_trusted(kind: str, tmp_path: Path) -> None:
    """Pickles that others could have written are not read without --trust."""
    trap, path = Trap(tmp_path / "run"), tmp_path / "old"
    if kind == "shelve":
        with shelve.open(str(path)) as shelf:
            shelf["a"] = trap
        loose = tmp_path / "old.dat"
    elif kind == "sqlitedict":
        with sqlitedict.SqliteDict(str(path), autocommit=True) as table:
            table["a"] = trap
        loose = path
    elif kind == "diskcache":
        with diskcache.Cache(str(path)) as cache:
            cache["a"] = trap
        loose = path / "cache.db"
    else:
        make(path, {"a": trap})
        loose = path
    loose.chmod(0o666)
    assert "reading a pickle runs what is in it" in failed(4, "convert", path, tmp_path / "a.safe")
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "a.safe").exists()
    run("convert", "--trust", path, tmp_path / "a.safe")
    assert (tmp_path / "run").exists()


def test_a_class_that_is_not_there(tmp_path: Path) -> None:
    """The message says how to make it importable."""
    data = pickle.dumps(UUID(int=1)).replace(b"uuid", b"uuix")
    with sqlitedict.SqliteDict(str(tmp_path / "old"), encode=lambda each: each) as table:
        table["a"] = sqlite3.Binary(data)
        table.commit()
    said = failed(4, "convert", tmp_path / "old", tmp_path / "a.safe")
    assert "'a'" in said
    assert "PYTHONPATH" in said


def test_a_safe_beside_writers(safe: Path, tmp_path: Path) -> None:
    """One moment of it, in its own format, while a program writes on."""
    with program("safe", safe) as writer:
        writer.do("store['b'] = 'later'")
        done("convert", safe, tmp_path / "b.safe")
        writer.do("store['c'] = 'too late'")
    with outlive.Safe(tmp_path / "b.safe") as copied:
        assert set(copied) == {"first", "a.b", ("user", 1), "b"}
    outlive.Safe(tmp_path / "j.safe", format="json").close()
    done("convert", tmp_path / "j.safe", tmp_path / "k.safe")
    assert done("stat", "--json", tmp_path / "k.safe").json["format"] == "json"
