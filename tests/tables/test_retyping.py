"""Columns that get another type, or other columns beside them, lose nothing that was in them."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import ClosedError, FormatError
from outlive.tables import Kind, Property, Storage, Table, View
from outlive.tables.schema import Structure

NAN = float("nan")


def told(view: View) -> list[dict[str, Any]]:
    """All that a view holds, subviews too."""
    rows: list[dict[str, Any]] = view.to_arrow().to_pylist()
    return rows


# -- a value is converted exactly, or the whole restructuring is refused

INEXACT: list[tuple[str, Any, str]] = [
    ("str", "007", "I"),  # as in zip codes and telephone numbers
    ("S", "007", "L"),
    ("str", "007", "D"),
    ("str", "007", "Decimal"),
    ("str", "1_0", "L"),
    ("str", " 5 ", "L"),
    ("str", "+5", "L"),
    ("str", "-0", "I"),
    ("str", "٣", "I"),  # int() reads it
    ("S", "5 ", "Decimal"),
    ("str", "1e400", "D"),
    ("str", "123456789012345678901234", "D"),
    ("str", "9007199254740993", "D"),
    ("str", "0.10000000000000000001", "D"),
    ("str", "16777217", "F"),
    ("str", "0.1", "F"),
    ("str", "0.0000000000001", "Decimal"),
    ("str", "2024-01-01T00:00:00.1234567", "datetime"),
    ("str", "2024-01-01T00:00:00Z", "datetime"),
    ("str", "20240101", "date"),
    ("str", "2024-W01-1", "date"),
    ("D", NAN, "bool"),
    ("D", NAN, "L"),
    ("D", NAN, "Decimal"),
    ("D", math.inf, "I"),
    ("D", 0.1, "F"),
    ("D", 1e300, "F"),
    ("D", 2.0, "bool"),
    ("L", 2**53 + 1, "D"),
    ("L", 2**24 + 1, "F"),
    ("L", 2**31, "I"),
    ("Decimal", Decimal("0.1"), "D"),
    ("Decimal", Decimal("0.5"), "L"),
    ("datetime", datetime.datetime(2024, 1, 1, 0, 0, 1), "date"),
    ("B", b"\xff", "str"),
]


@pytest.mark.parametrize(("old", "value", "new"), INEXACT)
def test_a_value_that_would_change_is_refused(
    tmp_path: Path, old: str, value: Any, new: str
) -> None:
    """The error names file, column, value and row; data and structure stay as they were."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas(f"t[x:{old},y:I]")
        table.append(y=1)
        if old in ("S", "str"):
            table[0].x = {"date": "2024-01-02", "datetime": "2024-01-02 03:04:05"}.get(new, "1")
        table.append(x=value, y=2)
        before = repr(told(table))
        with pytest.raises(FormatError, match=r"a\.db, t, column 'x' cannot become .* row 1: "):
            storage.getas(f"t[y:L,x:{new}]")
        assert repr(told(table)) == before
        assert storage.description() == f"t[x:{old},y:I]"
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert repr(told(storage.view("t"))) == before


EXACT: list[tuple[str, Any, str, Any]] = [
    ("str", "7", "I", 7),
    ("S", "-9223372036854775808", "L", -(2**63)),
    ("str", "0.1", "D", 0.1),
    ("str", "5", "D", 5.0),
    ("str", "nan", "D", NAN),
    ("str", "0.5", "F", 0.5),
    ("str", "1.25", "Decimal", Decimal("1.25")),
    ("str", "2024-02-29", "date", datetime.date(2024, 2, 29)),
    ("str", "2024-02-29 01:02:03", "datetime", datetime.datetime(2024, 2, 29, 1, 2, 3)),
    ("str", "2024-02-29T01:02:03.000004", "datetime", datetime.datetime(2024, 2, 29, 1, 2, 3, 4)),
    ("str", "é", "B", "é".encode()),
    ("L", 2**53, "D", 2.0**53),
    ("D", NAN, "F", NAN),
    ("D", NAN, "str", "nan"),
    ("D", 3.0, "I", 3),
    ("I", 1, "bool", True),
    ("Decimal", Decimal("0.5"), "D", 0.5),
]


@pytest.mark.parametrize(("old", "value", "new", "wanted"), EXACT)
def test_a_value_that_stays_is_converted(old: str, value: Any, new: str, wanted: Any) -> None:
    """It is what it was, and it is again when the column gets its former type back."""
    storage = Storage()
    storage.getas(f"t[x:{old}]").append(x=value)
    table = storage.getas(f"t[x:{new}]")
    assert repr(table[0].x) == repr(wanted)
    if (old, new) != ("str", "D") and "T" not in str(value):  # "5" is 5.0, which is "5.0"
        assert repr(storage.getas(f"t[x:{old}]")[0].x) == repr(value)


def test_the_row_is_counted_over_all_groups(tmp_path: Path) -> None:
    """In a table of many groups, the error says where in the table the value is."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas("t[x:str]")
        table.extend({"x": [str(n) for n in range(20_000)]})
        table[17_017].x = "017"
        for _ in range(2):
            with pytest.raises(FormatError, match=r"row 17017.*'017'"):
                storage.getas("t[x:I]")
            storage.commit()
        table[17_017].x = "17017"
        assert storage.getas("t[x:I]").column("x").tolist() == list(range(20_000))


# -- subviews that were changed, and then the structure

OLD = "t[a:I,kids[n:I]]"
NEW = [
    "t[a:I,kids[n:I],b:I]",
    "t[kids[n:I]]",
    "t[b:S,kids[n:I],a:L]",
    "t[a:I,kids[n:L]]",
    "t[a:I,kids[m:S,n:D]]",
]


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """A storage with rows that have kids, committed."""
    made = Storage(tmp_path / "a.db", sync="os")
    table = made.getas(OLD)
    table.extend([(1, [(1,)]), (2, []), (3, [(31,), (32,)])])
    made.commit()
    return made


def numbers(table: Table) -> list[list[int]]:
    """The numbers of all kids."""
    return [[int(kid.n) for kid in row.kids] for row in table]


@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize("is_committed", [True, False])
def test_changes_in_subviews_outlast_a_restructuring(
    storage: Storage, new: str, is_committed: bool
) -> None:
    """What was done to subviews is read, committed and reopened with the new structure."""
    table = storage["t"]
    table[0].kids.append(n=2)
    table[1].kids.append(n=21)
    del table[2].kids[0]
    table[2].kids[0].n = 99
    if is_committed:
        storage.commit()
        table[0].kids[1].n = 3
        table[0].kids[1].n = 2
    table = storage.getas(new)
    wanted = [[1, 2], [21], [99]]
    assert numbers(table) == wanted
    shown = told(table)
    storage.commit()
    assert told(table) == shown
    table[0].kids.append(n=4)
    storage.commit()
    path = storage.name
    storage.close()
    with Storage(path, mode="r") as reader:
        assert numbers(reader["t"]) == [[1, 2, 4], [21], [99]]
        assert told(reader["t"])[1:] == shown[1:]


@pytest.mark.parametrize("new", NEW)
def test_a_held_subview_ends_and_a_new_one_is_right(storage: Storage, new: str) -> None:
    """Whoever holds a subview from before is told so, and does not spoil the one that is there."""
    table = storage["t"]
    held = [row.kids for row in table]
    held[0].append(n=2)
    rows = [kids[0] for kids in held if len(kids)]
    table = storage.getas(new)
    for kids in held:
        with pytest.raises(ClosedError, match="other columns"):
            len(kids)
        with pytest.raises(ClosedError, match="other columns"):
            kids.append(n=5)
    for row in rows:
        with pytest.raises(ClosedError):
            _ = row.n
    assert numbers(table) == [[1, 2], [], [31, 32]]
    for row in table:
        row.kids.append(n=7)
    assert numbers(table) == [[1, 2, 7], [7], [31, 32, 7]]
    storage.commit()
    storage.rollback()
    assert numbers(storage["t"]) == [[1, 2, 7], [7], [31, 32, 7]]
    storage.close()


def test_a_restructuring_with_changed_subviews_is_rolled_back(storage: Storage) -> None:
    """Rows, subviews and columns are as they were committed."""
    storage["t"][0].kids.append(n=2)
    storage.getas("t[a:I,kids[n:S,m:I],b:I]")[1].kids.append(n="21")
    storage.rollback()
    assert storage.description() == OLD
    assert numbers(storage["t"]) == [[1], [], [31, 32]]
    storage.close()


def test_a_refused_restructuring_leaves_subviews_alive(storage: Storage) -> None:
    """Handles and what was changed in them go on as if nobody had asked."""
    table = storage["t"]
    kids, row = table[0].kids, table[0]
    kids.append(n=2**20)
    with pytest.raises(FormatError, match="cannot become"):
        storage.getas("t[a:I,kids[n:bool],b:I]")
    kids.append(n=3)
    assert (row.a, len(row.kids)) == (1, 3)
    storage.commit()
    assert numbers(table) == [[1, 2**20, 3], [], [31, 32]]
    storage.close()


def test_subviews_of_subviews_outlast_a_restructuring(tmp_path: Path) -> None:
    """A change two levels down is kept when a column comes at any level."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas("t[a:I,v[b:I,w[c:I]]]")
        table.append(a=1, v=[(1, [(1,)])])
        storage.commit()
        for number, new in enumerate(
            ("t[a:I,v[b:I,w[c:I]],x:I]", "t[a:I,v[b:I,w[c:I],y:I]]", "t[v[w[z:S,c:L]]]")
        ):
            storage["t"][0].v[0].w.append(c=number)
            table = storage.getas(new)
            assert [each.c for each in table[0].v[0].w] == [1, *range(number + 1)]
            storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert [each.c for each in storage["t"][0].v[0].w] == [1, 0, 1, 2]


def test_a_changed_subview_can_be_dropped(storage: Storage) -> None:
    """A column that goes takes its changes along, and hinders no commit."""
    storage["t"][0].kids.append(n=2)
    held = storage["t"][0].kids
    table = storage.getas("t[a:I]")
    storage.commit()
    with pytest.raises(ClosedError):
        held.append(n=1)
    assert told(table) == [{"a": 1}, {"a": 2}, {"a": 3}]
    storage.close()


def test_a_structure_may_be_given_as_properties(storage: Storage) -> None:
    """`define` with properties restructures as `getas` does, edits of cells included."""
    storage["t"][0].a = 100
    storage["t"][1].kids.append(n=5)
    kids = Property("kids", Kind.VIEW, (Property("n", Kind.LONG),))
    table = storage.define("t", Structure([Property("a", Kind.STRING), kids]))
    storage.commit()
    assert [(row.a, len(row.kids)) for row in table] == [("100", 1), ("2", 1), ("3", 2)]
    storage.close()
