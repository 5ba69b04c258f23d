"""The views of a Metakit file as the tables of a storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outlive.errors import CorruptError, FormatError
from outlive.tables.metakit import read
from outlive.tables.metakit.importing import copy_into, tables_of
from outlive.tables.storage import Storage

from . import writer
from .samples import expected, mixed, row
from .writer import Options, varint


def rows(cell: Any) -> Any:
    """Arrow's dicts as lists."""
    if isinstance(cell, list):
        return [rows(each) for each in cell]
    return [rows(each) for each in cell.values()] if isinstance(cell, dict) else cell


@pytest.mark.parametrize("count", [0, 1, 2, 9, 40])
def test_every_type(count: int) -> None:
    """All cells arrive, and columns have the types that they had."""
    views = mixed(count)
    with Storage() as storage:
        file = writer.file(views, Options(memo=lambda item: len(item) > 100))
        copy_into(read(file), storage)
        assert storage.description() == (
            "all[i:I,l:L,f:F,d:D,s:S,b:B,v[j:I,t:S,w[k:L,u:B]]],none[i:I,s:S],"
            "tree[name:S,kids[name:S,kids[name:S,kids[name:S]]]],bare[]"
        )
        for name, want in expected(views).items():
            if name not in ("tree", "bare"):  # the leaves of the tree have one column less
                assert rows(storage.view(name).to_arrow().to_pylist()) == want
        assert len(storage.view("bare")) == 3


def test_a_file_in_a_storage_that_is_kept(tmp_path: Path) -> None:
    """What was copied is there after a commit, and can be changed."""
    (tmp_path / "old.mk").write_bytes(writer.file(mixed(30)))
    with Storage(tmp_path / "new.db") as storage:
        copy_into(read(tmp_path / "old.mk"), storage)
        storage.commit()
    with Storage(tmp_path / "new.db") as storage:
        table = storage.view("all")
        assert rows(table.to_arrow().to_pylist()) == expected(mixed(30))["all"]
        table[2].v[1].t = "changed"
        assert [sub.t for sub in storage.view("all")[2].v] == [row(2)[6][0][1], "changed"]


def test_a_table_of_that_name() -> None:
    """It stays as it is, and nothing is copied."""
    with Storage() as storage:
        storage.getas("tree[i:I]").append(i=7)
        with pytest.raises(FormatError, match="has a table 'tree' already"):
            copy_into(read(writer.file(mixed())), storage)
        assert storage.description() == "tree[i:I]"
        assert storage.view("tree")[0].i == 7


def test_a_view_that_holds_itself() -> None:
    """It becomes as many subviews as it has rows for, where it has them, and one more."""
    structure: Any = [("n", "I"), ("l", "^"), ("r", "^")]
    data = writer.file({"t": (structure, [[1, [[2, [], [[3, [], []]]]], []]])})
    ((found, table),) = tables_of(read(data)).values()
    assert repr(found) == "(n:I, l[n:I,l[n:I],r[n:I,l[n:I],r[n:I]]], r[n:I])"
    (inner,) = table.to_pylist()[0]["l"]
    assert (inner["n"], inner["l"], table.to_pylist()[0]["r"]) == (2, [], [])
    assert inner["r"] == [{"n": 3, "l": [], "r": []}]


def test_too_deep() -> None:
    """More views in each other than a table can have are an error, of either kind."""
    tree: Any = []
    structure: Any = [("i", "I")]
    for _ in range(40):
        tree = [["x", tree]]
        structure = [("v", structure)]
    either: list[Any] = [{"t": ([("n", "S"), ("k", "^")], tree)}, {"deep": (structure, [])}]
    for views in either:
        with pytest.raises(FormatError, match="more than 30 views stand in each other"):
            tables_of(read(writer.file(views)))


def test_too_wide() -> None:
    """A view that holds itself many times, and has rows all over, would have too many columns."""
    names = [f"k{number}" for number in range(10)]

    def inner(depth: int) -> Any:
        return [[inner(depth - 1) for _ in names]] if depth else []

    data = writer.file({"t": ([(name, "^") for name in names], inner(4))})
    with pytest.raises(FormatError, match="would have more than 1000 columns"):
        tables_of(read(data))


@pytest.mark.parametrize("name", ["", " x"])
def test_a_name_that_no_column_can_have(name: str) -> None:
    """It is an error before anything was made."""
    views = {"good": ([("i", "I")], [[1]]), "v": ([(name, "I")], [])}
    with Storage() as storage:
        with pytest.raises(FormatError):
            copy_into(read(writer.file(views)), storage)
        assert list(storage) == []


def test_rows_without_anything_in_them() -> None:
    """Two billion of them in a file of a hundred bytes are refused, in subviews too."""
    walk = varint(0) + varint((1 << 31) - 1) + varint(0) * 3
    data = writer.file_of("v[i:I,s:S]", varint(len(walk)) + varint(8), walk)
    with pytest.raises(FormatError, match="rows without anything in them, up to view v"):
        tables_of(read(data))
    top = varint(0) + varint(1) + varint(len(walk)) + varint(8)
    data = writer.file_of("v[w[i:I,s:S]]", varint(len(top)) + varint(8 + len(walk)), walk + top)
    with pytest.raises(FormatError, match="up to view v, column w, row 0"):
        tables_of(read(data))


def test_a_million_rows_of_zeros() -> None:
    """They are as good as others."""
    walk = varint(0) + varint(1_000_000) + varint(0) * 3
    data = writer.file_of("v[i:I,s:S]", varint(len(walk)) + varint(8), walk)
    ((_, table),) = tables_of(read(data)).values()
    assert table.slice(999_999).to_pylist() == [{"i": 0, "s": ""}]


def test_damage() -> None:
    """A file that is damaged anywhere makes no table at all."""
    data = writer.file({**mixed(3), "last": ([("s", "S")], [["the end"]])})
    with Storage() as storage:
        with pytest.raises(CorruptError, match="view last, column s: the string in row 0 has no"):
            copy_into(read(data.replace(b"the end\0", b"the endx")), storage)
        assert list(storage) == []
