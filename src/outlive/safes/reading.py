"""What a safe, a snapshot and a transaction have in common: the methods that read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TypeAlias, TypeVar

from ..engines import Buffer
from .bounds import ALL, Bounds, bounds
from .missing import MISSING
from .values import Codec
from .views import SafeItems, SafeKeys, SafeValues

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
Make: TypeAlias = Callable[[bytes, Buffer], T]

_REVERSED = ALL._replace(reverse=True)


class Reading(Mapping[K, V]):
    """A mapping in key order; whoever inherits says how entries are read."""

    __slots__ = ()
    _codec: Codec

    @abstractmethod
    def _count(self, bounds: Bounds) -> int:
        """How many keys there are within."""

    @abstractmethod
    def _scan(self, bounds: Bounds, make: Make[T], values: bool = True) -> Generator[T, None, None]:
        """What `make` makes of each entry; it does without the value unless `values`."""

    def __len__(self) -> int:
        return self._count(ALL)

    def __iter__(self) -> Iterator[K]:
        return self._scan(ALL, self._codec.key, False)

    def __reversed__(self) -> Iterator[K]:
        return self._scan(_REVERSED, self._codec.key, False)

    def keys(
        self,
        prefix: object = MISSING,
        *,
        start: object = MISSING,
        stop: object = MISSING,
        reverse: bool = False,
    ) -> SafeKeys[K]:
        """The keys in order; of those that begin with `prefix`, from `start` on, before `stop`.

        A prefix is a str, bytes, or a tuple, which stands for the tuples that begin with its
        elements. `start` and `stop` may be any keys. What is returned follows later changes, as
        with a dict; each iteration and each `len` sees one moment. Raises FormatError.

        The order is that of FoundationDB's tuple layer: None, bytes, str, tuple, int, float, bool,
        UUID, date, datetime, datetime with a time zone; each by its value (str by code point).

        >>> with outlive.Safe("fruit.safe") as safe:
        ...     safe.update({"fruit/fig": 1, "fruit/apple": 2, "nut": 3})
        ...     list(safe.keys("fruit/")), list(safe.keys(start="n")), list(safe.keys(reverse=True))
        (['fruit/apple', 'fruit/fig'], ['nut'], ['nut', 'fruit/fig', 'fruit/apple'])
        """
        return SafeKeys(self, bounds(self._codec, prefix, start, stop, reverse))

    def values(
        self,
        prefix: object = MISSING,
        *,
        start: object = MISSING,
        stop: object = MISSING,
        reverse: bool = False,
    ) -> SafeValues[V]:
        """The values in the order of their keys; of the keys that `keys` gives.

        >>> with outlive.Safe("prices.safe") as safe:
        ...     safe.update(fig=3, apple=2)
        ...     sum(safe.values())
        5
        """
        return SafeValues(self, bounds(self._codec, prefix, start, stop, reverse))

    def items(
        self,
        prefix: object = MISSING,
        *,
        start: object = MISSING,
        stop: object = MISSING,
        reverse: bool = False,
    ) -> SafeItems[K, V]:
        """The pairs of key and value, in the order of their keys; of the keys that `keys` gives.

        >>> with outlive.Safe("points.safe") as safe:
        ...     safe.update({("ann", 1): 5, ("ann", 2): 7, ("bob", 1): 9})
        ...     dict(safe.items(("ann",)))
        {('ann', 1): 5, ('ann', 2): 7}
        """
        return SafeItems(self, bounds(self._codec, prefix, start, stop, reverse))
