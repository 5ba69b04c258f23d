"""`keys()`, `values()` and `items()`: in key order, and of a part of the keys if one wants."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar

from .bounds import Bounds

if TYPE_CHECKING:
    from .reading import Reading

K = TypeVar("K")
V = TypeVar("V")


class SafeKeys(KeysView[K]):
    """The keys, as a set that is ordered."""

    __slots__ = ("_bounds",)
    _mapping: Reading[K, Any]

    def __init__(self, mapping: Reading[K, Any], bounds: Bounds) -> None:
        super().__init__(mapping)
        self._bounds = bounds

    def __len__(self) -> int:
        return self._mapping._count(self._bounds)

    def __contains__(self, key: object) -> bool:
        return self._bounds.hold(self._mapping._codec.pack(key)) and key in self._mapping

    def __iter__(self) -> Iterator[K]:
        return self._mapping._scan(self._bounds, self._mapping._codec.key, False)

    def __reversed__(self) -> Iterator[K]:
        return self._mapping._scan(_turned(self._bounds), self._mapping._codec.key, False)


class SafeValues(ValuesView[V]):
    """The values, in the order of their keys."""

    __slots__ = ("_bounds",)
    _mapping: Reading[Any, V]

    def __init__(self, mapping: Reading[Any, V], bounds: Bounds) -> None:
        super().__init__(mapping)
        self._bounds = bounds

    def __len__(self) -> int:
        return self._mapping._count(self._bounds)

    def __contains__(self, value: object) -> bool:
        return any(each is value or each == value for each in self)

    def __iter__(self) -> Iterator[V]:
        return self._mapping._scan(self._bounds, self._mapping._codec.value)

    def __reversed__(self) -> Iterator[V]:
        return self._mapping._scan(_turned(self._bounds), self._mapping._codec.value)


class SafeItems(ItemsView[K, V]):
    """The pairs of key and value, as a set that is ordered."""

    __slots__ = ("_bounds",)
    _mapping: Reading[K, V]

    def __init__(self, mapping: Reading[K, V], bounds: Bounds) -> None:
        super().__init__(mapping)
        self._bounds = bounds

    def __len__(self) -> int:
        return self._mapping._count(self._bounds)

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004  # key and value
            return False
        key, value = item
        if not self._bounds.hold(self._mapping._codec.pack(key)):
            return False
        try:
            there = self._mapping[key]
        except KeyError:
            return False
        return there is value or bool(there == value)

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping._scan(self._bounds, self._mapping._codec.item)

    def __reversed__(self) -> Iterator[tuple[K, V]]:
        return self._mapping._scan(_turned(self._bounds), self._mapping._codec.item)


def _turned(bounds: Bounds) -> Bounds:
    return bounds._replace(reverse=not bounds.reverse)
