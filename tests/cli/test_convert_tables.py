"""`outlive convert` of tables: Storage, Metakit, CSV, Parquet, JSON Lines."""

from __future__ import annotations

import datetime
import json
import os
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import outlive

from .running import done, failed, program, run

pa: Any = import_module("pyarrow")
pq: Any = import_module("pyarrow.parquet")
METAKIT = bytes.fromhex(
    "4a4c1a000000003b416e6e00426f62004480828888819080808e70656f706c65"
    "5b6e616d653a535d818791800000000000002b8000001300000018"
)
ROW = (
    datetime.date(2026, 11, 21),
    b"h\x00i",
    0.1,
    '00"7\r\n,',
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
    True,
    Decimal("1.5"),
    2**62,
)


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A Storage with a column of each type."""
    path = tmp_path / "all.db"
    with outlive.Storage(path) as storage:
        table = storage.getas(
            "all[d:date,raw:B,x:D,s:str,at:datetime,ok:bool,p:Decimal,n:L,kids[name:S,n:I]]"
        )
        table.extend([(*ROW, [("Bob", 1)]), (*ROW, [])])
        storage.commit()
    return path


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    """What a table holds."""
    with outlive.Storage(path, mode="r") as storage:
        content: list[dict[str, Any]] = storage.view(table).to_arrow().to_pylist()
        return content


def described(path: Path) -> str:
    """The tables of a storage, and their columns."""
    with outlive.Storage(path, mode="r") as storage:
        return storage.description()


def test_parquet_and_back(everything: Path, tmp_path: Path) -> None:
    """Rows and types are the same."""
    done("convert", everything, tmp_path / "a.parquet")
    done("convert", "--table", "all", tmp_path / "a.parquet", tmp_path / "b.db")
    assert described(tmp_path / "b.db") == described(everything)
    assert rows(tmp_path / "b.db", "all") == rows(everything, "all")


def test_lines_and_back(everything: Path, tmp_path: Path) -> None:
    """Every value comes back; a line is an object, in which what JSON has not is named."""
    done("convert", everything, tmp_path / "a.jsonl")
    line = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[0])
    assert line["d"] == {"$date": "2026-11-21"}
    done("convert", tmp_path / "a.jsonl", tmp_path / "b.storage")
    assert rows(tmp_path / "b.storage", "a") == rows(everything, "all")


def test_csv_and_back(everything: Path, tmp_path: Path) -> None:
    """Bytes and subviews are refused, or left out with --lossy; the rest comes back."""
    said = failed(4, "convert", everything, tmp_path / "a.csv")
    assert "the column 'raw' would be gone: CSV cannot hold bytes" in said
    assert "the column 'kids' would be gone: CSV cannot hold a subview" in said
    assert not (tmp_path / "a.csv").exists()
    assert run("convert", "--lossy", everything, tmp_path / "a.csv").err.count("lost:") == 2
    done("convert", tmp_path / "a.csv", tmp_path / "b.db")
    assert described(tmp_path / "b.db") == "a[d:date,x:D,s:str,at:datetime,ok:bool,p:D,n:L]"
    kept = rows(everything, "all")
    for row in kept:
        del row["raw"], row["kids"]
    assert rows(tmp_path / "b.db", "a") == kept


def test_types_of_csv(tmp_path: Path) -> None:
    """A column has the narrowest type that loses nothing of its texts."""
    (tmp_path / "a.csv").write_text(
        "n,zeros,x,exact,gap,day,no day,ok,nan,big\n"
        "1,007,1,0.1,1,2026-01-02,2026-02-30,true,nan,9223372036854775807\n"
        "-2,8,2.50,0.12345678901234567890,,2026-01-03,2026-01-03,false,1.5,-9223372036854775808\n"
    )
    done("convert", tmp_path / "a.csv", tmp_path / "a.db")
    assert described(tmp_path / "a.db") == (
        "a[n:L,zeros:str,x:D,exact:str,gap:str,day:date,no day:str,ok:bool,nan:D,big:L]"
    )
    first, second = rows(tmp_path / "a.db", "a")
    assert (first["zeros"], second["exact"], second["gap"]) == ("007", "0.12345678901234567890", "")
    assert (first["x"], second["big"]) == (1.0, -(2**63))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("a,b\n1\n", "line 2: 1 values, and 2 columns"),
        ("a,a\n1,2\n", "two columns have the name 'a'"),
        ('a\n"x\n', "mend it"),
        ("a\n\xe4\n", "--encoding"),
    ],
)
def test_csv_that_is_none(text: str, why: str, tmp_path: Path) -> None:
    """The line is named, and nothing is made."""
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    assert why in failed(4, "convert", tmp_path / "a.csv", tmp_path / "a.db")
    assert os.listdir(tmp_path) == ["a.csv"]


def test_csv_in_another_encoding(tmp_path: Path) -> None:
    """--encoding names it; the mark that some programs write before UTF-8 is passed over."""
    (tmp_path / "a.csv").write_bytes("ä\nü\n".encode("latin-1"))
    done("convert", "--encoding", "latin-1", tmp_path / "a.csv", tmp_path / "a.db")
    assert rows(tmp_path / "a.db", "a") == [{"ä": "ü"}]
    (tmp_path / "b.csv").write_bytes("\ufeffä\nü\n".encode())
    done("convert", tmp_path / "b.csv", tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_text() == '{"ä": "ü"}\n'


@pytest.mark.parametrize(
    ("lines", "why", "left"),
    [
        ('{"a": 1}\n{"b": 2}', "line 2: 'a' is not there", [{"a": 1, "b": 0}, {"a": 0, "b": 2}]),
        ('{"a": 1}\n{"a": null}', "line 2: 'a' is not there", [{"a": 1}, {"a": 0}]),
        ('{"a": 1}\n{"a": "x"}', "line 2, column 'a', the text x", [{"a": "1"}, {"a": "x"}]),
        ('{"a": [1]}', "line 1, column 'a', the list [1]", [{"a": "[1]"}]),
        ('{"a": 1}\n{"a": 9223372036854775808}', "line 2", [{"a": "1"}, {"a": f"{2**63}"}]),
        ('{"a": 0.5}\n{"a": 9007199254740993}', "line 2", [{"a": "0.5"}, {"a": f"{2**53 + 1}"}]),
    ],
)
def test_lines_that_are_no_rows(
    lines: str, why: str, left: list[dict[str, Any]], tmp_path: Path
) -> None:
    """What a table cannot hold is refused, naming line and column; --lossy says what becomes."""
    (tmp_path / "a.jsonl").write_text(lines + "\n")
    assert why in failed(4, "convert", tmp_path / "a.jsonl", tmp_path / "a.storage")
    ended = run("convert", "--lossy", tmp_path / "a.jsonl", tmp_path / "a.storage")
    assert (ended.code, why in ended.err) == (0, True)
    assert rows(tmp_path / "a.storage", "a") == left


def test_numbers_of_lines(tmp_path: Path) -> None:
    """Ints and floats of one column are floats; lists of objects are subviews."""
    (tmp_path / "a.jsonl").write_text('{"a": 1, "k": []}\n{"a": 0.5, "k": [{"b": true}]}\n')
    done("convert", "--to", "storage", tmp_path / "a.jsonl", tmp_path / "a.db")
    assert described(tmp_path / "a.db") == "a[a:D,k[b:bool]]"
    assert rows(tmp_path / "a.db", "a")[1] == {"a": 0.5, "k": [{"b": True}]}
    assert "does not say" in failed(4, "convert", tmp_path / "a.jsonl", tmp_path / "b.db")


def test_nulls_of_parquet(tmp_path: Path) -> None:
    """A column has no nulls: they are refused, or become what an unset cell holds."""
    pq.write_table(pa.table({"a": [1, None], "s": ["x", None]}), tmp_path / "a.parquet")
    assert "it is null" in failed(4, "convert", tmp_path / "a.parquet", tmp_path / "a.db")
    assert not (tmp_path / "a.db").exists()
    assert run("convert", "--lossy", tmp_path / "a.parquet", tmp_path / "a.db").code == 0
    assert rows(tmp_path / "a.db", "a") == [{"a": 1, "s": "x"}, {"a": 0, "s": ""}]


def test_which_table(storage: Path, tmp_path: Path) -> None:
    """Of several tables one is chosen; a storage is copied with all, or with one."""
    assert "2 tables; choose one with --table: people, days" in failed(
        4, "convert", storage, tmp_path / "a.parquet"
    )
    done("convert", "--table", "days", storage, tmp_path / "a.parquet")
    done("convert", storage, tmp_path / "all.db")
    done("convert", "--table", "people", storage, tmp_path / "one.db")
    assert described(tmp_path / "all.db") == described(storage)
    assert described(tmp_path / "one.db") == "people[first:S,shoesize:I,kids[name:S]]"
    assert rows(tmp_path / "one.db", "people") == rows(storage, "people")
    assert "no table 'x'" in failed(4, "convert", "--table", "x", storage, tmp_path / "b.csv")
    assert "no name for a table" in failed(
        4, "convert", "--table", "a[", tmp_path / "a.parquet", tmp_path / "c.db"
    )


def test_a_storage_beside_its_writer(storage: Path, tmp_path: Path) -> None:
    """What was committed is in the copy, and the program goes on."""
    with program("storage", storage) as writer:
        writer.do("store.view('people').append(first='Zoe'); store.commit()")
        writer.do("store.view('people').append(first='later')")
        done("convert", storage, tmp_path / "b.db")
        writer.do("store.commit()")
    assert [row["first"] for row in rows(tmp_path / "b.db", "people")] == ["Ann", "Eve", "Zoe"]


def test_metakit(tmp_path: Path) -> None:
    """To a Storage, and straight to a text."""
    (tmp_path / "old.mk").write_bytes(METAKIT)
    done("convert", tmp_path / "old.mk", tmp_path / "new.db")
    done("convert", tmp_path / "old.mk", tmp_path / "new.csv")
    assert rows(tmp_path / "new.db", "people") == [{"name": "Ann"}, {"name": "Bob"}]
    assert (tmp_path / "new.csv").read_text() == '"name"\n"Ann"\n"Bob"\n'
    assert (tmp_path / "old.mk").read_bytes() == METAKIT
    (tmp_path / "cut.mk").write_bytes(METAKIT[:40])
    failed(4, "convert", tmp_path / "cut.mk", tmp_path / "cut.db")
    assert not (tmp_path / "cut.db").exists()


def test_csv_to_parquet(tmp_path: Path) -> None:
    """Files of tables become each other as well."""
    (tmp_path / "a.csv").write_text("n,s\n1,x\n")
    done("convert", tmp_path / "a.csv", tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == [{"n": 1, "s": "x"}]
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.parquet"]
