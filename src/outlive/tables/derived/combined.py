"""Two views as one: one after the other (`concat`), side by side (`pair`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ...errors import FormatError
from .. import coerce
from ..arrow import pa
from ..row import DerivedRow, Row
from ..schema import (
    FLOATS,
    INTEGERS,
    Kind,
    Property,
    Structure,
    arrow_type,
    checked,
    index_of,
)
from ..table import Table
from ..view import View
from .base import (
    Derived,
    Trace,
    check_view,
    trace,
)


def concat(view: View, other: View, what: str = "concat") -> View:
    """The rows of this view, then those of `other`, whose columns may stand in another order.

    Raises FormatError, which says what is made, unless both have the same columns, of kinds that
    compare alike.
    """
    return Concatenated(f"{view._where}.{what}", view, check_view(view, other, what))


def same_columns(view: View, other: View, name: str) -> tuple[Structure, list[int]]:
    """The structure that holds the values of both, and where `other` has each of its columns."""
    ours, theirs = ({each.name for each in one.structure} for one in (view, other))
    if ours != theirs:
        lacking = [f"{view._where} has no {each!r}" for each in sorted(theirs - ours)]
        lacking += [f"{other._where} has no {each!r}" for each in sorted(ours - theirs)]
        raise FormatError(
            f"{name}: both views need the same columns, and {', '.join(lacking)}; "
            "project or rename one of them"
        )
    places = [index_of(other.structure, each.name, name) for each in view.structure]
    wide = [
        wider(mine, other.structure[at], f"{name}: {view._where} and {other._where}")
        for mine, at in zip(view.structure, places, strict=True)
    ]
    return Structure(wide), places


def wider(one: Property, other: Property, where: str) -> Property:
    """The property that holds the values of both. Raises FormatError."""
    if one.kind is other.kind:
        if one.kind is Kind.VIEW and one.fields != other.fields:
            raise _unlike(one, other, where)
        return one
    for family, wide in ((INTEGERS, Kind.LONG), (FLOATS, Kind.DOUBLE)):
        if one.kind in family and other.kind in family:
            return Property(one.name, wide)
    raise _unlike(one, other, where)


def _unlike(one: Property, other: Property, where: str) -> FormatError:
    return FormatError(
        f"{where}: the column {one.name!r} is {one} in one and {other} in the other; "
        "make them the same type"
    )


def cast(column: Any, prop: Property) -> Any:
    """A column as one of a wider kind."""
    wide = arrow_type(prop)
    return column if column.type == wide else column.cast(wide)


class Concatenated(Derived):
    """The rows of the first parent, then those of the second."""

    _places: list[int]  # where the second has each column

    def _restructured(self) -> Structure:
        structure, self._places = same_columns(self._parents[0], self._parents[1], self._where)
        return structure

    def __len__(self) -> int:
        return len(self._parents[0]) + len(self._parents[1])

    def _make(self, column: int) -> Any:
        view, other = self._parents
        prop = self._structure[column]
        chunks = [*cast(view._array(column), prop).chunks]
        chunks += cast(other._array(self._places[column]), prop).chunks
        return pa.chunked_array(chunks, type=arrow_type(prop))

    def _cell(self, row: int, column: int) -> Any:
        self._version()
        view, other = self._parents
        size = len(view)
        if row < size:
            return view._cell(row, column)
        return other._cell(row - size, self._places[column])

    def _trace(self) -> Trace:
        both = [trace(each) for each in self._parents]
        which, rows, shift = [], [], 0
        for one, parent in zip(both, self._parents, strict=True):
            count = len(parent)
            which.append(
                shift + (np.zeros(count, dtype=np.int64) if one.which is None else one.which)
            )
            rows.append(np.arange(count, dtype=np.int64) if one.rows is None else one.rows)
            shift += len(one.sources)
        sources = both[0].sources + both[1].sources
        return Trace(sources, np.concatenate(which), np.concatenate(rows))


def side_by_side(left: tuple[Property, ...], right: tuple[Property, ...], name: str) -> Structure:
    """The columns of both. Raises FormatError if a name is in both."""
    names = {each.name for each in left}
    both = [each.name for each in right if each.name in names]
    if both:
        raise FormatError(
            f"{name}: both views have a column {', '.join(map(repr, both))}; "
            f"rename one of them first: view.rename({both[0]!r}, {both[0] + '2'!r})"
        )
    return checked((*left, *right), name)


def pair(view: View, other: View) -> View:
    """Rows side by side: all columns of this view, then all of `other`. A set reaches either.

    Raises FormatError for a column that both have, and, at each use, if one has more rows.
    """
    result = Paired(f"{view._where}.pair", view, check_view(view, other, "pair"))
    len(result)
    return result


class PairedRow(DerivedRow):
    """A row of a pair: bound to both rows that it was made of, each of which stays with its own."""

    __slots__ = ("_other_",)
    _log_: Row
    _other_: Row

    def __init__(self, view: View, at: int) -> None:
        Row.__init__(self, view, at)
        self._names_, self._stamp_ = {}, view._stamp()
        assert isinstance(view, Paired)  # noqa: S101  # only these have such rows
        self._log_, self._other_ = (each._row(at) for each in view._parents)

    def _side_(self, column: int) -> tuple[Row, int]:
        width = len(self._log_)
        return (self._log_, column) if column < width else (self._other_, column - width)

    def _get_(self, column: int) -> Any:
        row, there = self._side_(column)
        return row._get_(there)

    def _set_(self, values: Mapping[int, Any]) -> None:
        for column, value in values.items():
            row, there = self._side_(column)
            row._set_({there: value})


class Paired(Derived):
    """The rows of both parents, the first with the first, the second with the second."""

    _row_base = PairedRow

    def _restructured(self) -> Structure:
        view, other = self._parents
        return side_by_side(view.structure, other.structure, self._where)

    def __len__(self) -> int:
        view, other = self._parents
        if len(view) != len(other):
            raise FormatError(
                f"{self._where}: {view._where} has {len(view)} rows and {other._where} "
                f"{len(other)}; to be paired they need equally many"
            )
        return len(view)

    def _place(self, column: int) -> tuple[View, int]:
        self._version()
        view, other = self._parents
        width = len(view.structure)
        return (view, column) if column < width else (other, column - width)

    def _make(self, column: int) -> Any:
        len(self)  # says if one has more rows
        view, there = self._place(column)
        return view._array(there)

    def _cell(self, row: int, column: int) -> Any:
        parent, there = self._place(column)
        return parent._cell(row, there)

    def _assign(self, row: int, values: Mapping[int, Any]) -> None:
        width = len(self._parents[0].structure)
        parts: tuple[dict[int, Any], dict[int, Any]] = ({}, {})
        for column, value in values.items():
            checked = coerce.value(self.structure[column], value, f"{self._where}, row {row}")
            parts[column >= width][column - width * (column >= width)] = checked
        sides = [each for each in zip(self._parents, parts, strict=True) if each[1]]
        for parent, part in sides:
            _check_target(parent, row, part)
        for parent, part in sides:
            parent._assign(row, part)


def _check_target(view: View, row: int, columns: Collection[int]) -> None:
    """Raise what `_assign` would raise for any values: before something else is set."""
    if isinstance(view, Table):
        view._check_writable()
    elif isinstance(view, Paired):
        for column in columns:
            parent, there = view._place(column)
            _check_target(parent, row, [there])
    else:
        base, at, numbers = view._target(row, columns)
        _check_target(base, at, numbers.values())


def product(view: View, other: View) -> View:
    """Each row of this view with each row of `other`. Raises FormatError for a column of both."""
    from .matched import product as made

    return made(view, other)
