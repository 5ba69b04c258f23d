"""A long sequence in which nearly all items are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Generic, TypeVar, overload

_T = TypeVar("_T")


class Mostly(Sequence[_T], Generic[_T]):
    """`length` times the same item, but for `others`, which are few, in their order.

    Metakit keeps any number of empty strings in no bytes at all: a file of a hundred bytes can hold
    a billion of them, and a list of them would not fit in memory.
    """

    __slots__ = ("_item", "_length", "_others")

    def __init__(self, item: _T, length: int, others: Mapping[int, _T] | None = None) -> None:
        self._item = item
        self._length = length
        self._others = others or {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> Mostly[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | Mostly[_T]:
        rows = range(self._length)[index]
        if isinstance(rows, int):
            return self._others.get(rows, self._item)
        within = {rows.index(row): item for row, item in self._others.items() if row in rows}
        return Mostly(self._item, len(rows), dict(sorted(within.items())))

    def __iter__(self) -> Iterator[_T]:
        at = 0
        for row, item in self._others.items():
            yield from repeat(self._item, row - at)
            yield item
            at = row + 1
        yield from repeat(self._item, self._length - at)

    def __repr__(self) -> str:
        return f"<{self._length} items, of which {self._length - len(self._others)} {self._item!r}>"
