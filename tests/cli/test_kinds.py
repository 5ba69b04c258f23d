"""Which kind of store a file is, by what is in it."""

from __future__ import annotations

import dbm.dumb
import pickle
import sqlite3
import sys
from pathlib import Path

import diskcache
import msgspec
import pytest
import sqlitedict

import outlive
from outlive.cli.kinds import Kind, format_of, recognise


@pytest.mark.parametrize("name", ["state", "store", "safe", "storage"])
@pytest.mark.parametrize("new_name", ["x", "x.json", "x.yaml", "x.db", "x.pickle"])
def test_names_do_not_matter(
    name: str, new_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each kind is known under any name; only a plain YAML mapping called .yaml is a Store."""
    path: Path = request.getfixturevalue(name)
    moved = path.rename(tmp_path / new_name)
    expected = "store" if name == "state" and "." in new_name and "db" not in new_name else name
    assert recognise(str(moved)) == expected


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b'{"a": 1}', "json"),
        (b"[1, 2]\n", "json"),
        (b"\xef\xbb\xbf[1]", "json"),
        (b"a = 1\n[t]\nb = 2\n", "toml"),
        (b"# hello\n\n[[t]]\nb = 2\n", "toml"),
        (b"- a\n- b\n", "yaml"),
        (pickle.dumps({"a": 1}), "pickle"),
        (msgspec.msgpack.encode({"a": b"\xff\x00"}), "msgpack"),
        (b"\x0c\x00\x00\x00\x10a\x00\x01\x00\x00\x00\x00", "bson"),
    ],
)
@pytest.mark.parametrize("name", ["x", "x.dat", "x.json"])
def test_formats(data: bytes, format: str, name: str, tmp_path: Path) -> None:
    """The format of a document is what its bytes parse as, whatever it is called."""
    path = tmp_path / name
    path.write_bytes(data)
    assert recognise(str(path)) is Kind.STORE
    assert format_of(str(path)) == format


def test_the_extension_chooses_between_two(tmp_path: Path) -> None:
    """JSON that is called .yaml is YAML, and stays so when it is written."""
    path = tmp_path / "x.yaml"
    path.write_text('{"a": 1}')
    assert format_of(str(path)) == "yaml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}\n",
        "a: 1\n",
        "# a comment\n\nkey with words: [1\n",
        'a: 1\n\n--- #d0ac3c91\n["set",[],"a",2]\n',
        'a: 1\n---\n["set", [], "a", 2]\n',
    ],
)
def test_texts_that_are_states(text: str, tmp_path: Path) -> None:
    """A mapping in YAML, with or without entries, whole or not."""
    path = tmp_path / "x"
    path.write_text(text)
    assert recognise(str(path)) is Kind.STATE


def test_a_yaml_file_with_entries_is_a_state(tmp_path: Path) -> None:
    """A State may be called .yaml: its entries, or its hidden journal, tell."""
    path = tmp_path / "x.yaml"
    path.write_text('a: 1\n\n--- #d0ac3c91\n["set",[],"a",2]\n')
    assert recognise(str(path)) is Kind.STATE
    path.write_text("a: [1\n")
    assert recognise(str(path)) is Kind.STORE
    (tmp_path / ".x.yaml.outlive-journal").write_text("")
    assert recognise(str(path)) is Kind.STATE
    path.unlink()
    assert recognise(str(path)) is Kind.STATE


@pytest.mark.parametrize("kind", ["safe", "storage"])
def test_large_and_damaged_files_of_lmdb(kind: str, tmp_path: Path) -> None:
    """A tree of several levels is searched; where its pages are damaged, the rest still tells."""
    path = tmp_path / "x"
    if kind == "safe":
        with outlive.Safe(path) as safe:
            safe.update({f"{number:0300}": number for number in range(3000)})
    else:
        with outlive.Storage(path) as made:
            for number in range(200):
                made.getas(f"t{number}[{','.join(f'c{at}:I' for at in range(20))}]").append(c0=1)
            made.commit()
    assert recognise(str(path)) == kind
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[40:44], sys.byteorder)
    for at in (0, size):
        data[at + 128 : at + 136] = b"\xff" * 8  # where the trees begin
    path.write_bytes(data)
    assert recognise(str(path)) == kind
    path.write_bytes(data[: 2 * size])
    assert recognise(str(path)) in (Kind.SAFE, Kind.STORAGE)


def test_files_of_others(tmp_path: Path) -> None:
    """What `convert` reads: shelve, sqlitedict, diskcache, Metakit."""
    with sqlitedict.SqliteDict(str(tmp_path / "s"), autocommit=True) as made:
        made["a"] = 1
    assert recognise(str(tmp_path / "s")) is Kind.SQLITEDICT
    with diskcache.Cache(str(tmp_path / "d")) as cache:
        cache["a"] = 1
    assert recognise(str(tmp_path / "d")) is Kind.DISKCACHE
    assert recognise(str(tmp_path / "d" / "cache.db")) is Kind.DISKCACHE
    with dbm.dumb.open(str(tmp_path / "old"), "n") as old:
        old[b"a"] = pickle.dumps(1)
    assert recognise(str(tmp_path / "old")) is Kind.SHELVE
    assert recognise(str(tmp_path / "old.dir")) is Kind.SHELVE
    people = bytes.fromhex(
        "4a4c1a000000003b416e6e00426f62004480828888819080808e70656f706c65"
        "5b6e616d653a535d818791800000000000002b8000001300000018"
    )
    (tmp_path / "m").write_bytes(people)
    assert recognise(str(tmp_path / "m")) is Kind.METAKIT
    (tmp_path / "m").write_bytes(b"#! a program\0" + people)
    assert recognise(str(tmp_path / "m")) is Kind.METAKIT


def test_what_is_nothing(tmp_path: Path) -> None:
    """Other bytes, other databases and lock files are refused, with what they are."""
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe\x00\xc1" * 50)
    with pytest.raises(outlive.CorruptError, match="no kind of store"):
        recognise(str(path))
    base = sqlite3.connect(tmp_path / "y")
    base.execute("CREATE TABLE t (a)")
    base.close()
    with pytest.raises(outlive.CorruptError, match="SQLite"):
        recognise(str(tmp_path / "y"))
    outlive.Safe(tmp_path / "z").close()
    with pytest.raises(outlive.CorruptError, match="lock file"):
        recognise(str(tmp_path / "z-lock"))


def test_a_damaged_document_with_an_extension_is_a_store(tmp_path: Path) -> None:
    """So that a check of it says what is wrong."""
    for name, text in [("x.json", '{"a": '), ("x.toml", "a = \n"), ("x.yaml", "a: [\n")]:
        (tmp_path / name).write_text(text)
        assert recognise(str(tmp_path / name)) is Kind.STORE
