"""Views that find rows by a key and keep it single: `hash`, `ordered`; `indexed` and `blocked`.

They have the rows of their parent, in its order, and change it: a row that is added, or set, is
put where its key belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import FormatError
from .. import building, coerce
from ..ordering import comparable
from ..queries import Column
from ..row import BaseRow, DerivedRow, row_class
from ..schema import Structure
from ..view import View
from .algorithms_order import row_codes
from .base import Derived, Trace, check_view, numbers, places_in, rows_of, trace
from .blocked import blocked
from .fixed import held

__all__ = ["blocked", "hash", "indexed", "ordered"]


def indexed(view: View, map: View, columns: Sequence[Column], unique: bool = False) -> View:
    """A view that keeps in `map` an index by `columns`: see `derived.indexed`."""
    from .indexed import indexed as made

    return made(view, map, columns, unique)


def hash(view: View, map: View | None = None, keys: int = 1) -> View:
    """A view in which a row that is added replaces the one that has the same first `keys` columns.

    `map` is what Metakit kept its table of hashes in; here it is in memory, and `map` stays as it
    is. Raises FormatError unless there are as many columns.
    """
    if map is not None:
        check_view(view, map, "hash")
    return Hashed(f"{view._where}.hash", view, _first(view, keys))


def ordered(view: View, keys: int = 1) -> View:
    """A view that puts each row where it belongs in the order of the first `keys` columns.

    A row that is added, or set, replaces the one that has the same. Raises FormatError unless
    there are as many columns and the rows stand in their order.
    """
    result = Ordered(f"{view._where}.ordered", view, _first(view, keys))
    result._check_order()
    return result


def _first(view: View, keys: int) -> list[str]:
    if not isinstance(keys, int) or not 1 <= keys <= len(view.structure):
        raise FormatError(
            f"{view._where}: {keys!r} is no number of key columns; there are {len(view.structure)}"
        )
    return [each.name for each in view.structure[:keys]]


class KeyedRow(DerivedRow):
    """A row of a keyed view: to set its key may move it."""

    __slots__ = ()

    def _set_(self, values: Mapping[int, Any]) -> None:
        view = self._view_
        assert isinstance(view, Keyed)  # noqa: S101  # only these have such rows
        at = view._put_in(view._at(self), values)
        moved = row_class(view)(view, at)
        assert isinstance(moved, DerivedRow)  # noqa: S101
        self._at_, self._log_ = moved._at_, moved._log_
        self._names_, self._stamp_ = moved._names_, moved._stamp_


class Keyed(Derived):
    """The rows of the parent, which are changed under a key."""

    _row_base = KeyedRow

    def __init__(self, name: str, view: View, keys: Sequence[str]) -> None:
        self._keys = keys
        self._there: list[int] = []
        super().__init__(name, view)

    def _restructured(self) -> Structure:
        view = self._parents[0]
        self._there = numbers(view, [*self._keys])
        return view.structure

    def __len__(self) -> int:
        return len(self._parents[0])

    def _make(self, column: int) -> Any:
        return self._parents[0]._array(column)

    def _cell(self, row: int, column: int) -> Any:
        return self._parents[0]._cell(row, column)

    def _trace(self) -> Trace:
        return trace(self._parents[0])

    def _at(self, row: DerivedRow) -> int:
        """Where a row that was taken earlier is now. Raises ClosedError."""
        base = row._log_
        if base is None or row._stamp_ is not None:
            row._check_()
            return row._at_
        if isinstance(base, DerivedRow):
            base._check_()
        index = base._index_() if isinstance(base, BaseRow) else base._at_
        return int(places_in(self)[base._view_][index])

    # -- keys

    def _key(self, values: Sequence[Any]) -> tuple[Any, ...]:
        props = [self._structure[at] for at in self._there]
        return tuple(
            comparable(prop, held(prop, values[at], self._where))
            for prop, at in zip(props, self._there, strict=True)
        )

    def _key_at(self, row: int) -> tuple[Any, ...]:
        return tuple(comparable(self._structure[at], self._cell(row, at)) for at in self._there)

    def _same(self, values: Sequence[Any], but: int = -1) -> int:
        """The row that has the key of `values`, other than `but`; -1 if there is none."""
        raise NotImplementedError

    # -- changes

    def _put_in(self, row: int, values: Mapping[int, Any]) -> int:
        """Set cells, and return where the row is then."""
        if not set(self._there).intersection(values):
            self._parents[0]._assign(row, values)
            return row
        where = f"{self._where}, row {row}"
        new = [self._cell(row, at) for at in range(len(self.structure))]
        for column, value in values.items():
            new[column] = coerce.value(self._structure[column], value, where)
        return self._rekeyed(row, values, new)

    def _rekeyed(self, row: int, values: Mapping[int, Any], new: Sequence[Any]) -> int:
        """Set cells of the key too; `new` is the row that comes of it."""
        same = self._same(new, row)
        self._parents[0]._assign(row, values)
        if same >= 0:
            del self._parents[0][same]
        return row - (0 <= same < row)

    def _assign(self, row: int, values: Mapping[int, Any]) -> None:
        self._put_in(row, values)

    def _add(self, at: int, values: Sequence[Any]) -> int:
        """Add a row at an index if its key does not say better; return where it is."""
        same = self._same(values)
        if same >= 0:
            self._parents[0]._assign(same, dict(enumerate(values)))
            return same
        self._parents[0].insert(at, list(values))
        return at

    def append(self, row: Any = (), /, **values: Any) -> int:
        """Add a row, or put it in the place of the one that has its key; return where it is."""
        return self._add(len(self), self._coerced(row, values))

    def insert(self, index: int, row: Any = (), /, **values: Any) -> None:
        """Put a row before the one at `index`, unless its key says better."""
        size = len(self)
        at = min(index, size) if index >= 0 else max(index + size, 0)
        self._add(at, self._coerced(row, values))

    def _coerced(self, row: Any, values: dict[str, Any]) -> Sequence[Any]:
        where = f"{self._where}, new row"
        return coerce.given_row(self.structure, row, values, where)

    def extend(self, rows: Any, /) -> None:
        """Add rows, each as `append` does; none if one of them does not fit its columns."""
        for each in rows_of(self, rows):
            self._add(len(self), each)

    def __setitem__(self, index: Any, given: Any) -> None:
        at = self._index(index)
        values = coerce.row(self.structure, given, f"{self._where}, row {at}")
        self._put_in(at, dict(enumerate(values)))

    def __delitem__(self, index: Any) -> None:
        del self._parents[0][index]

    def remove(self, subset: Any, /) -> None:
        """Take away the rows whose numbers `subset` holds."""
        self._parents[0].remove(subset)


class Hashed(Keyed):
    """Keys in a dict, which is made anew when the parent was changed otherwise."""

    def _index_of_keys(self) -> dict[tuple[Any, ...], int]:
        return self._keep("keys", self._keys_now)

    def _keys_now(self) -> dict[tuple[Any, ...], int]:
        columns = [
            building.pythons(self._structure[at], self._array(at), self._where)
            for at in self._there
        ]
        props = [self._structure[at] for at in self._there]
        found: dict[tuple[Any, ...], int] = {}
        for row, values in enumerate(zip(*columns, strict=True)):
            key = tuple(map(comparable, props, values))
            found.setdefault(_hashable(key), row)
        return found

    def _same(self, values: Sequence[Any], but: int = -1) -> int:
        found = self._index_of_keys().get(_hashable(self._key(values)), -1)
        return -1 if found == but else found

    def _add(self, at: int, values: Sequence[Any]) -> int:
        keys, size = self._index_of_keys(), len(self)
        added = super()._add(at, values)
        if at == size:  # no other row has moved: what is known still holds
            keys.setdefault(_hashable(self._key(values)), added)
            self._version()
            self._kept["keys"] = keys
        return added


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, (list, tuple)) else key


class Ordered(Keyed):
    """Rows that stand in the order of their keys, found by halving."""

    def _check_order(self) -> None:
        self._keep("ordered", self._is_ordered)

    def _is_ordered(self) -> bool:
        self._version()
        keys = [(self._array(at), self._structure[at]) for at in self._there]
        codes = row_codes(keys, len(self))
        falls = codes[1:] < codes[:-1]
        if falls.any():
            raise FormatError(
                f"{self._where}: row {int(falls.argmax()) + 1} is not in the order of "
                f"{', '.join(self._keys)}; use sort, or order the rows before they are added"
            )
        return True

    def _place(self, key: tuple[Any, ...]) -> int:
        self._check_order()
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._key_at(middle) < key else (low, middle)
        return low

    def _same(self, values: Sequence[Any], but: int = -1) -> int:
        key = self._key(values)
        at = self._place(key)
        at += at == but
        return at if at < len(self) and self._key_at(at) == key else -1

    def _add(self, at: int, values: Sequence[Any]) -> int:  # noqa: ARG002  # the key says where
        added = super()._add(self._place(self._key(values)), values)
        self._version()
        self._kept["ordered"] = True
        return added

    def _rekeyed(self, row: int, values: Mapping[int, Any], new: Sequence[Any]) -> int:
        key, size = self._key(new), len(self)
        above = row == 0 or self._key_at(row - 1) < key
        if above and (row == size - 1 or key < self._key_at(row + 1)):
            self._parents[0]._assign(row, values)
            return row
        content = [_kept(value) for value in new]  # what is in it goes with the row
        del self._parents[0][row]
        return self._add(0, content)


def _kept(value: Any) -> Any:
    return value._arrow() if isinstance(value, View) else value
