"""Views as sets of rows, in their order: `union`, `intersect`, `different`, `minus`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..schema import Structure
from ..view import View
from .algorithms_group import firsts_and_counts
from .algorithms_order import row_codes
from .algorithms_text import Flags, Rows
from .base import (
    Derived,
    Trace,
    trace,
    unnamed,
)
from .combined import concat
from .fixed import held
from .taking import taken

# From whether each distinct row is in the first view, and in the second, to whether it is wanted.
Wanted = Callable[[Flags, Flags], Flags]


def union(view: View, other: View) -> View:
    """The rows that are in one of both, once. Raises FormatError if their columns differ."""
    return _made(view, other, "union", np.logical_or)


def intersect(view: View, other: View) -> View:
    """The rows that are in both, once. Raises FormatError if their columns differ."""
    return _made(view, other, "intersect", np.logical_and)


def different(view: View, other: View) -> View:
    """The rows that are in just one of both, once. Raises FormatError if their columns differ."""
    return _made(view, other, "different", np.logical_xor)


def minus(view: View, other: View) -> View:
    """The rows that are not in `other`, once. Raises FormatError if their columns differ."""
    return _made(view, other, "minus", np.greater)


def _made(view: View, other: View, what: str, wanted: Wanted) -> View:
    return SetOf(view, other, what, wanted)


class SetOf(Derived):
    """Some of the distinct rows of two views; of equal rows the first is shown."""

    def __init__(self, view: View, other: View, what: str, wanted: Wanted) -> None:
        self._wanted = wanted
        self._first = view
        super().__init__(f"{view._where}.{what}", concat(view, other, what))

    def _restructured(self) -> Structure:
        return self._parents[0].structure

    def _rows(self) -> Rows:
        return self._keep("rows", self._choose)

    def _choose(self) -> Rows:
        both, size = self._parents[0], len(self._first)
        columns = [(both._array(at), prop) for at, prop in enumerate(both.structure)]
        codes = row_codes(columns, len(both))
        firsts, _ = firsts_and_counts(codes)
        distinct = codes[firsts]
        wanted = self._wanted(np.isin(distinct, codes[:size]), np.isin(distinct, codes[size:]))
        return firsts[wanted]

    def _trace(self) -> Trace:
        return unnamed(trace(self._parents[0]).taken(self._rows()))

    def __len__(self) -> int:
        return len(self._rows())

    def _make(self, column: int) -> Any:
        return taken(self._parents[0]._array(column), self._rows())

    def _cell(self, row: int, column: int) -> Any:
        value = self._parents[0]._cell(int(self._rows()[row]), column)
        return held(self._structure[column], value, self._where)
