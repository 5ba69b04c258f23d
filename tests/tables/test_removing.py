"""`remove` takes away the rows that it was told, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from outlive.tables import Storage, Table, View

SUBSETS: dict[str, Callable[[Table], View]] = {
    "select": lambda table: table.select(x=1),
    "select and project": lambda table: table.select(x=1).project(table.x),
    "range": lambda table: table.select({"x": 1}, {"x": 1}),
    "filter": lambda table: table.filter(lambda row: row.x == 1),
    "slice": lambda table: table[3:4],
    "sort and slice": lambda table: table.sort("x")[1:2],
    "rename": lambda table: table.select(x=1).rename("x", "y"),
    "numbers": lambda table: table.indices(table.select(x=1)),
    "numbers by concat": lambda table: table.indices(table[3:4]).concat(table.indices(table[3:4])),
}


@pytest.mark.parametrize("form", SUBSETS)
@pytest.mark.parametrize("columns", ["x:I", "x:I,s:S", "x:L"])
def test_the_rows_of_a_view_go_and_not_those_it_holds_the_numbers_of(
    form: str, columns: str
) -> None:
    """A table of nothing but integers is the same as any other."""
    table = Storage().getas(f"t[{columns}]")
    table.extend({"x": [5, 2, 0, 1]})
    if form == "select and project" and "s" in columns:
        subset = table.select(x=1).project("x")
    else:
        subset = SUBSETS[form](table)
    table.remove(subset)
    assert [row.x for row in table] == [5, 2, 0]


@pytest.mark.parametrize("form", SUBSETS)
def test_map_goes_over_the_rows_of_a_view(form: str) -> None:
    """As `remove`, by the rows, not by what is in them."""
    table = Storage().getas("t[x:I]")
    table.extend({"x": [5, 2, 0, 1]})
    seen: list[int] = []
    table.map(lambda row: seen.append(row.x), SUBSETS[form](table))
    assert set(seen) == {1}


def test_a_table_of_its_own_holds_numbers() -> None:
    """A view that has nothing to do with the table says which rows."""
    table, wanted = (Storage().getas("t[x:I]") for _ in range(2))
    table.extend({"x": [5, 2, 0, 1]})
    wanted.extend({"x": [3, 0]})
    table.remove(wanted)
    assert [row.x for row in table] == [2, 0]


def test_rows_of_a_subview_are_removed() -> None:
    """Those of a choice of its own."""
    table = Storage().getas("t[v[x:I]]")
    table.append(v=[(5,), (2,), (0,), (1,)])
    kids = table[0].v
    kids.remove(kids.select(x=1))
    assert [row.x for row in table[0].v] == [5, 2, 0]
    kids.remove(kids[1:].project("x"))
    assert [row.x for row in table[0].v] == [5]


@pytest.mark.parametrize(
    "mask",
    [[True, False, False, False], np.array([True, False, False, False]), [np.True_], (False,)],
    ids=repr,
)
def test_a_mask_is_no_list_of_rows(mask: Any) -> None:
    """True is not row 1: it is refused, and no row goes."""
    table = Storage().getas("t[x:I]")
    table.extend({"x": [5, 2, 0, 1]})
    with pytest.raises(TypeError, match="True"):
        table.remove(mask)
    with pytest.raises(TypeError, match="True"):
        table.map(lambda row: setattr(row, "x", 9), mask)
    assert [row.x for row in table] == [5, 2, 0, 1]
