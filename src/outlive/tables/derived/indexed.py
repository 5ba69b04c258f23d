"""`indexed`: an index by some columns, kept in another view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import FormatError
from ..queries import Column
from ..schema import INTEGERS
from ..view import View
from .algorithms_order import Key, sort_rows
from .base import check_view, numbers
from .keyed import Keyed
from .picked import Selected


def indexed(view: View, map: View, columns: Sequence[Column], unique: bool = False) -> View:
    """A view that keeps in `map` the numbers of its rows in the order of `columns`.

    `map` has one column of ints. With `unique` a row that has the same in `columns` as another
    raises FormatError, as does what is said wrongly here.
    """
    keys = [view.structure[each].name for each in numbers(view, columns)]
    check_view(view, map, "indexed")
    if not keys or not map.structure or map.structure[0].kind not in INTEGERS:
        raise FormatError(
            f"{view._where}: indexed needs a view with one column of ints, and columns of this "
            f"view; {map._where} has {map.structure}"
        )
    return Indexed(view, map, keys, bool(unique))


class Indexed(Keyed):
    """Rows in any order, whose order by key is kept in another view."""

    def __init__(self, view: View, map: View, keys: Sequence[str], unique: bool) -> None:
        self._map, self._unique = map, unique
        super().__init__(f"{view._where}.indexed", view, keys)
        if len(map) != len(view):
            self._refill()

    def _refill(self) -> None:
        keys = [Key(self._array(at), self.structure[at]) for at in self._there]
        self._map[:] = [[int(each)] for each in sort_rows(keys, len(self))]

    def _same(self, values: Sequence[Any], but: int = -1) -> int:
        wanted = {self._structure[at].name: values[at] for at in self._there}
        rows = Selected(self._parents[0], wanted, {}, {})._rows()
        rows = rows[rows != but]
        return int(rows[0]) if len(rows) else -1

    def _check_unique(self, values: Sequence[Any], but: int = -1) -> None:
        if self._unique and (same := self._same(values, but)) >= 0:
            key = ", ".join(f"{self._structure[at].name}={values[at]!r}" for at in self._there)
            raise FormatError(
                f"{self._where}: row {same} has {key} already, and the index is unique; "
                "change that row, or delete it first"
            )

    def _add(self, at: int, values: Sequence[Any]) -> int:
        self._check_unique(values)
        end = at == len(self)
        self._parents[0].insert(at, list(values))
        if end and len(self._map) == at:
            self._map.insert(self._place(self._key(values)), [at])
        else:
            self._refill()
        return at

    def _place(self, key: tuple[Any, ...]) -> int:
        """Where in the index a new row at the end belongs: after those with the same key."""
        low, high = 0, len(self._map)
        while low < high:
            middle = (low + high) // 2
            after = self._key_at(self._map._cell(middle, 0)) <= key
            low, high = (middle + 1, high) if after else (low, middle)
        return low

    def _rekeyed(self, row: int, values: Mapping[int, Any], new: Sequence[Any]) -> int:
        self._check_unique(new, row)
        self._parents[0]._assign(row, values)
        self._refill()
        return row

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._refill()

    def remove(self, subset: Any, /) -> None:
        """Take away the rows whose numbers `subset` holds."""
        super().remove(subset)
        self._refill()
