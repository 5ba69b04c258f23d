"""Rows of two views side by side: `product` and `join`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import FormatError
from ..queries import Column
from ..schema import Property, Structure, index_of
from ..view import View
from .algorithms_group import join_rows
from .algorithms_order import codes_of_both, combined
from .algorithms_text import Codes, Rows
from .base import (
    Derived,
    check_view,
    numbers,
    with_default,
)
from .combined import cast, side_by_side, wider
from .fixed import default_cell
from .taking import taken


def product(view: View, other: View) -> View:
    """Each row of this view with each row of `other`. Raises FormatError for a column of both."""
    return Product(f"{view._where}.product", view, check_view(view, other, "product"))


class Matched(Derived):
    """Rows of the first parent beside rows of the second: `_matches` says which.

    -1 stands for a row of defaults in the second. It cannot be set: a row stands in many places.
    """

    _right: list[int]  # which columns of the second parent are there

    def _matches(self) -> tuple[Rows, Rows]:
        raise NotImplementedError

    def _pairs(self) -> tuple[Rows, Rows]:
        return self._keep("pairs", self._matches)

    def __len__(self) -> int:
        return len(self._pairs()[0])

    def _make(self, column: int) -> Any:
        view, other = self._parents
        rows, partners = self._pairs()
        width = len(view.structure)
        if column < width:
            return taken(view._array(column), rows)
        there = self._right[column - width]
        values = other._array(there)
        if len(partners) and partners.min() < 0:
            values = with_default(other.structure[there], values)
            partners = np.where(partners < 0, len(values) - 1, partners)
        return taken(values, partners)

    def _cell(self, row: int, column: int) -> Any:
        view, other = self._parents
        rows, partners = self._pairs()
        width = len(view.structure)
        if column < width:
            return view._cell(int(rows[row]), column)
        there, partner = self._right[column - width], int(partners[row])
        if partner < 0:
            return default_cell(other.structure[there], self._where)
        return other._cell(partner, there)


class Product(Matched):
    """Each row of the first parent with each row of the second."""

    def _restructured(self) -> Structure:
        view, other = self._parents
        self._right = list(range(len(other.structure)))
        return side_by_side(view.structure, other.structure, self._where)

    def __len__(self) -> int:
        return len(self._parents[0]) * len(self._parents[1])

    def _matches(self) -> tuple[Rows, Rows]:
        left, right = (np.arange(len(each), dtype=np.int64) for each in self._parents)
        return np.repeat(left, len(right)), np.tile(right, len(left))

    def _cell(self, row: int, column: int) -> Any:
        view, other = self._parents
        self._version()
        width = len(view.structure)
        there, partner = divmod(row, len(other))
        return view._cell(there, column) if column < width else other._cell(partner, column - width)


def join(view: View, other: View, columns: Sequence[Column], outer: bool = False) -> View:
    """Rows of both that have the same in `columns`, in the order of these.

    `outer` keeps the rows of this view that have no partner, with defaults for what `other` would
    say. Raises FormatError for a column that is not in both, or in both and not named.
    """
    check_view(view, other, "join")
    if not columns:
        raise FormatError(
            f"{view._where}: join needs the columns to join on; both have "
            f"{', '.join(sorted(_names(view) & _names(other))) or 'none'}"
        )
    keys = [view.structure[each].name for each in numbers(view, columns)]
    return Joined(view, other, keys, bool(outer))


def _names(view: View) -> set[str]:
    return {each.name for each in view.structure}


class Joined(Matched):
    """The rows of the first parent with those of the second that have the same keys."""

    def __init__(self, view: View, other: View, keys: Sequence[str], outer: bool) -> None:
        self._keys, self._outer = keys, outer
        super().__init__(f"{view._where}.join", view, other)

    def _restructured(self) -> Structure:
        view, other = self._parents
        for key in self._keys:
            self._wide(key)
        self._right = [at for at, each in enumerate(other.structure) if each.name not in self._keys]
        rest = tuple(other.structure[at] for at in self._right)
        return side_by_side(view.structure, rest, self._where)

    def _wide(self, key: str) -> Property:
        """The kind in which the values of a key compare."""
        one, two = (
            each.structure[index_of(each.structure, key, each._where)] for each in self._parents
        )
        return wider(one, two, f"{self._where} on {key!r}")

    def _matches(self) -> tuple[Rows, Rows]:
        keys: list[Codes] = []
        for key in self._keys:
            prop = self._wide(key)
            one, two = (
                cast(each._array(index_of(each.structure, key, each._where)), prop)
                for each in self._parents
            )
            keys.append(codes_of_both(one, two, prop))
        codes = combined(keys)
        size = len(self._parents[0])
        return join_rows(codes[:size], codes[size:], outer=self._outer)
