"""What somebody passed by mistake is refused by our errors, which say what and where."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from outlive.errors import FormatError
from outlive.tables import Kind, Storage

FOLDED = datetime.datetime(2020, 10, 25, 2, 30, fold=1)


@pytest.mark.parametrize("columns", ["a:I,b:S", "a:I", "v[k:I]"])
def test_none_is_no_row(columns: str) -> None:
    """What a function returned that forgot its result adds no empty row."""
    table = Storage().getas(f"t[{columns}]")
    table.append()
    for act in (
        lambda: table.append(None),
        lambda: table.insert(0, None),
        lambda: table.extend([None]),
        lambda: table.extend([(), None]),
        lambda: table.__setitem__(0, None),
        lambda: table.__setitem__(slice(0, 1), [None]),
    ):
        with pytest.raises(FormatError):
            act()
    assert len(table) == 1


def test_the_name_of_a_table_is_a_str() -> None:
    """No table is under a key that is another when it is reopened."""
    storage = Storage()
    bad: list[Any] = [5, None, b"t", Kind.INT, ("t",)]
    for name in bad:
        with pytest.raises(FormatError, match=r"getas|name of a table|description|str"):
            storage.define(name, x=int)
        with pytest.raises(FormatError):
            storage.getas(name)
        with pytest.raises(FormatError):
            storage.view(name)
    assert list(storage) == []


def test_the_name_of_a_column_is_a_str() -> None:
    """In Python's types as in a description."""
    storage = Storage()
    bad: list[Any] = [{5: int}, {None: int}, {b"x": int}, {"v": [{5: int}]}, {"": int}]
    for columns in bad:
        with pytest.raises(FormatError, match="no name of a column"):
            storage.define("t", columns)
    assert list(storage) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("datetime", FOLDED),
        ("Decimal", Decimal("-0")),
        ("Decimal", Decimal("1.50")),
        ("F", 0.1),
        ("D", -0.0),
    ],
)
def test_a_value_reads_the_same_before_and_after_it_is_stored(
    tmp_path: Path, kind: str, value: Any
) -> None:
    """What is not kept is not shown either: not before the commit, nor after it."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas(f"t[x:{kind}]")
        table.append(x=value)
        table.extend([(value,)])
        table.extend({"x": [value]})
        table.append()
        table[3].x = value
        shown = [(row.x, str(row.x), getattr(row.x, "fold", 0)) for row in table]
        assert len(set(shown)) == 1
        table.to_arrow()
        assert [(row.x, str(row.x), getattr(row.x, "fold", 0)) for row in table] == shown
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        table = storage["t"]
        assert [(row.x, str(row.x), getattr(row.x, "fold", 0)) for row in table] == shown


def test_an_error_in_a_nested_row_says_which() -> None:
    """The number of the row in the subview, at any depth."""
    table = Storage().getas("t[v[n:I,w[m:I]]]")
    table.append()
    with pytest.raises(FormatError, match=r"row 2.*'n'"):
        table.append(v=[(1,), (2,), ("x",)])
    with pytest.raises(FormatError, match=r"row 1.*row 3.*'m'"):
        table.append(v=[(1,), (2, [(1,), (2,), (3,), ("x",)])])
    with pytest.raises(FormatError, match=r"row 1.*'nosuch'"):
        table[0].v = [{"n": 1}, {"nosuch": 1}]
    with pytest.raises(FormatError, match=r"row 1.*'n'"):
        table.extend([{}, {"v": [{"n": 1}, {"n": None}]}])
    assert [len(row.v) for row in table] == [0]


@pytest.mark.parametrize(
    "path", [5, b"x", 1.5, ["a.db"], object()], ids=lambda value: repr(value).partition(" at 0x")[0]
)
def test_what_is_no_path_is_refused(path: Any) -> None:
    """With what it was, by a writer and a reader."""
    modes: list[Literal["rw", "r"]] = ["rw", "r"]
    for mode in modes:
        with pytest.raises(FormatError, match="neither a path nor an engine"):
            Storage(path, mode=mode)


@pytest.mark.parametrize("options", [{"timeout": "a"}, {"sync": "no"}, {"mode": "a"}], ids=str)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: Any) -> None:
    """No file is made then, and no lock is left."""
    with pytest.raises(FormatError):
        Storage(tmp_path / "a.db", **options)
    assert list(tmp_path.iterdir()) == []
    Storage(tmp_path / "a.db").close()
