"""Views that are a choice of the rows of another: `select`, `filter`, `sort`, slices, `unique`."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import FormatError
from .. import coerce
from ..queries import Column
from ..row import Row
from ..schema import Structure
from ..view import View
from .algorithms_match import match
from .algorithms_order import Key, sort_rows
from .algorithms_text import Rows
from .base import (
    Derived,
    Trace,
    numbers,
    trace,
)
from .taking import table_taken_ascending, taken, taken_ascending


class Picked(Derived):
    """Rows of the first parent; a subclass has `_choose`, which says which and in which order."""

    _ascending = False  # the rows stand as they stand in the parent

    def _choose(self) -> Rows:
        raise NotImplementedError

    def _restructured(self) -> Structure:
        return self._parents[0].structure

    def _rows(self) -> Rows:
        return self._keep("rows", self._choose)

    def __len__(self) -> int:
        return len(self._rows())

    def _make(self, column: int) -> Any:
        take = taken_ascending if self._ascending else taken
        return take(self._parents[0]._array(column), self._rows())

    def _assembled(self) -> Any:
        rows = self._rows()
        if self._ascending:
            found = table_taken_ascending(self._parents[0]._arrow(), rows)
            if found is not None:
                return found
        return super()._assembled()

    def _cell(self, row: int, column: int) -> Any:
        return self._parents[0]._cell(int(self._rows()[row]), column)

    def _trace(self) -> Trace:
        return trace(self._parents[0]).taken(self._rows())


def select(
    view: View, low: Any = None, high: Any = None, equal: Mapping[str, Any] | None = None
) -> View:
    """The rows with these values, or between `low` and `high`. Raises FormatError.

    Both ends belong to the range; a column that one of them has not is open there. As it sorts,
    NaN is equal to itself and above all other numbers.
    """
    equals = {**_criteria(view, low), **(equal or {})} if high is None else dict(equal or {})
    ends = ({}, {}) if high is None else (_criteria(view, low), _criteria(view, high))
    return Selected(view, equals, *ends)


def _criteria(view: View, given: Any) -> Mapping[Any, Any]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return given
    values = coerce.row(view.structure, given, view._where)
    return {prop.name: value for prop, value in zip(view.structure, values, strict=True)}


class Selected(Picked):
    """The rows whose columns are within bounds."""

    _ascending = True

    def __init__(
        self,
        view: View,
        equal: Mapping[Any, Any],
        low: Mapping[Any, Any],
        high: Mapping[Any, Any],
    ) -> None:
        self._given = (equal, low, high)
        self._bounds: list[tuple[int, Any, Any]] = []  # column, low, high
        super().__init__(f"{view._where}.select", view)

    def _restructured(self) -> Structure:
        view = self._parents[0]
        equal, low, high = (
            coerce.partial(view.structure, each, f"{view._where}, select") for each in self._given
        )
        self._bounds = [
            (column, low.get(column), high.get(column)) for column in sorted({**low, **high})
        ]
        self._bounds += [(column, value, value) for column, value in equal.items()]
        return view.structure

    def _choose(self) -> Rows:
        view = self._parents[0]
        if not self._bounds:
            return np.arange(len(view), dtype=np.int64)
        rows: Rows | None = None
        for column, low, high in self._bounds:
            values = view._array(column)
            found = match(
                values if rows is None else taken_ascending(values, rows),
                view.structure[column],
                low,
                high,
            )
            rows = found if rows is None else rows[found]
        assert rows is not None  # noqa: S101  # there are bounds
        return rows


def filter(view: View, function: Callable[[Row], object]) -> View:
    """The rows for which `function` is true; it is asked again when the view has changed.

    What it raises comes from the first use of the result.
    """
    if not callable(function):
        raise FormatError(f"{view._where}: filter needs a function of a row, not {function!r:.80}")
    return Filtered(view, function)


class Filtered(Picked):
    """The rows for which a function is true."""

    _ascending = True

    def __init__(self, view: View, function: Callable[[Row], object]) -> None:
        self._function = function
        super().__init__(f"{view._where}.filter", view)

    def _choose(self) -> Rows:
        view = self._parents[0]
        found = [index for index in range(len(view)) if self._function(view._row(index))]
        return np.array(found, dtype=np.int64)


def sort(view: View, columns: Sequence[Column] = ()) -> View:
    """The rows in the order of columns, or of all of them, the first counting most; stable.

    NaN is last. Raises FormatError for an unknown column.
    """
    return Sorted(view, f"{view._where}.sort", columns, ())


def sortrev(view: View, columns: Any, down: Any) -> View:
    """The rows in the order of `columns`, where those in `down` count backwards; stable.

    NaN is last in both directions. Raises FormatError for a column in `down` alone.
    """
    return Sorted(view, f"{view._where}.sortrev", _several(columns), _several(down))


def _several(given: Any) -> tuple[Column, ...]:
    return tuple(given) if isinstance(given, (list, tuple, set, frozenset)) else (given,)


class Sorted(Picked):
    """The rows in another order."""

    def __init__(
        self, view: View, name: str, columns: Sequence[Column], down: Sequence[Column]
    ) -> None:
        self._names = [view.structure[each].name for each in numbers(view, columns)]
        self._down = {view.structure[each].name for each in numbers(view, down)}
        stray = self._down.difference(self._names or (each.name for each in view.structure))
        if stray:
            raise FormatError(
                f"{name}: {', '.join(sorted(stray))} counts backwards but does not count: "
                f"name it among the columns too, which are {', '.join(self._names)}"
            )
        super().__init__(name, view)

    def _restructured(self) -> Structure:
        view = self._parents[0]
        numbers(view, [*self._names])
        return view.structure

    def __len__(self) -> int:
        return len(self._parents[0])

    def _choose(self) -> Rows:
        view = self._parents[0]
        names = self._names or [each.name for each in view.structure]
        keys = [
            Key(
                view._array(column),
                view.structure[column],
                view.structure[column].name in self._down,
            )
            for column in numbers(view, names)
        ]
        return sort_rows(keys, len(view))


def slice(view: View, start: int | None, stop: int | None, step: int | None) -> View:
    """The rows from `start` to `stop`, as a list would give them at the moment of each use.

    Raises TypeError or ValueError as a list does.
    """
    wanted = builtins.slice(start, stop, step)
    wanted.indices(0)  # raises what a list would raise
    return Sliced(view, wanted)


class Sliced(Picked):
    """Some rows by their numbers."""

    def __init__(self, view: View, wanted: builtins.slice) -> None:
        self._wanted = wanted
        super().__init__(f"{view._where}[:]", view)

    def _choose(self) -> Rows:
        return np.arange(*self._wanted.indices(len(self._parents[0])), dtype=np.int64)

    def _make(self, column: int) -> Any:
        start, stop, step = self._wanted.indices(len(self._parents[0]))
        if step == 1:
            return self._parents[0]._array(column).slice(start, max(0, stop - start))
        return super()._make(column)


def unique(view: View) -> View:
    """One row for those that are equal: see `derived.remapped`."""
    from .remapped import unique as made

    return made(view)
