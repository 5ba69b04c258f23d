"""Views whose rows are computed: `flatten` and `indices` here, the others by their names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import FormatError
from ..arrow import pa, pc
from ..queries import Column
from ..schema import Kind, Property, Structure, checked, index_of
from ..view import View
from .algorithms_group import flat_rows
from .algorithms_text import Rows
from .base import (
    Derived,
    check_view,
    count_rows,
    field,
    places_in,
    trace,
    with_default,
)
from .fixed import default_cell
from .grouped import counts, groupby
from .matched import join
from .remapped import remapwith
from .sets import different, intersect, minus, union
from .taking import taken

__all__ = [
    "counts",
    "different",
    "flatten",
    "groupby",
    "indices",
    "intersect",
    "join",
    "minus",
    "remapwith",
    "union",
]


def flatten(view: View, column: Column, outer: bool = False) -> View:
    """One row for each row of the subview `column`, whose columns stand in its place.

    `outer` keeps the rows whose subview is empty, with defaults. Raises FormatError if the column
    is no subview, or if it has a column that the view has too.
    """
    prop = view.structure[index_of(view.structure, column, view._where)]
    return Flattened(view, prop.name, bool(outer))


class Flattened(Derived):
    """The rows of subviews beside the row that they are in."""

    def __init__(self, view: View, column: str, outer: bool) -> None:
        self._column_name, self._outer = column, outer
        self._at = 0
        super().__init__(f"{view._where}.flatten", view)

    def _restructured(self) -> Structure:
        structure = self._parents[0].structure
        self._at = index_of(structure, self._column_name, self._where)
        prop = structure[self._at]
        if prop.kind is not Kind.VIEW:
            raise FormatError(
                f"{self._where}: the column {prop.name!r} ({prop.type}) is no subview"
            )
        self._width = len(prop.fields)
        return checked(
            (*structure[: self._at], *prop.fields, *structure[self._at + 1 :]), self._where
        )

    def _lists(self) -> Any:
        return self._keep("lists", lambda: self._parents[0]._array(self._at))

    def _places(self) -> tuple[Rows, Rows]:
        """Of each row here the row of the parent, and the one in all subviews together, or -1."""
        return self._keep("places", self._matches)

    def _matches(self) -> tuple[Rows, Rows]:
        lengths = pc.list_value_length(self._lists()).to_numpy().astype(np.int64)
        return flat_rows(lengths, outer=self._outer)

    def _place(self, column: int) -> tuple[bool, int]:
        """Whether a column is one of the subview, and its number there or in the parent."""
        if self._at <= column < self._at + self._width:
            return True, column - self._at
        return False, column if column < self._at else column - self._width + 1

    def __len__(self) -> int:
        return len(self._places()[0])

    def _make(self, column: int) -> Any:
        rows, inner = self._places()
        inside, there = self._place(column)
        if not inside:
            return taken(self._parents[0]._array(there), rows)
        prop = self._structure[column]
        values = field(self._lists(), there)
        if len(inner) and inner.min() < 0:
            values = with_default(prop, values)
            inner = np.where(inner < 0, len(values) - 1, inner)
        return taken(values, inner)

    def _cell(self, row: int, column: int) -> Any:
        rows, inner = self._places()
        inside, there = self._place(column)
        at = int(rows[row])
        if not inside:
            return self._parents[0]._cell(at, there)
        if inner[row] < 0:
            return default_cell(self._structure[column], self._where)
        first = int(np.searchsorted(rows, at))
        return self._parents[0]._cell(at, self._at)._cell(row - first, there)


def indices(view: View, subset: View) -> View:
    """A view with one column `index`: where in this view the rows of `subset` are.

    `subset` was derived from this view, or both from the same. Raises FormatError, at each use,
    for a row that is not one of this view.
    """
    return Indices(f"{view._where}.indices", view, check_view(view, subset, "indices"))


class Indices(Derived):
    """The numbers that the rows of the second parent have in the first."""

    def _restructured(self) -> Structure:
        return Structure((Property("index", Kind.INT),))

    def __len__(self) -> int:
        return len(self._parents[1])

    def _found(self) -> Rows:
        return self._keep("found", self._search)

    def _search(self) -> Rows:
        view, subset = self._parents
        places = places_in(view)
        of = trace(subset)
        rows = count_rows(subset) if of.rows is None else of.rows
        found = np.full(len(rows), -1, dtype=np.int64)
        for number, source in enumerate(of.sources):
            if source.base in places:
                mine = slice(None) if of.which is None else of.which == number
                found[mine] = places[source.base][rows[mine]]
        if len(found) and found.min() < 0:
            raise FormatError(
                f"{self._where}: row {int(found.argmin())} of {subset._where} is not a row of "
                f"{view._where}; derive the one from the other, as by select"
            )
        return found

    def _make(self, column: int) -> Any:  # noqa: ARG002  # there is but one
        return pa.chunked_array([pa.array(self._found().astype(np.int32))])

    def _cell(self, row: int, column: int) -> Any:  # noqa: ARG002  # there is but one
        return int(self._found()[row])
