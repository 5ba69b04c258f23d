"""`Safe.snapshot()`: the safe as it is at one moment."""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..engines import Snapshot
from ..errors import ClosedError
from .bounds import ALL, Bounds
from .reading import Make, Reading

if TYPE_CHECKING:
    from .changing import Changing

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class SafeSnapshot(Reading[K, V]):
    """A mapping that shows a safe as it was at one moment, whatever is committed meanwhile.

    Close it, or use it in a ``with`` block: what was deleted since keeps its room in the file as
    long as a snapshot still shows it. Several threads may read it. After it was closed, or its
    safe was, and in a forked child that inherited it, it raises ClosedError.

    >>> with outlive.Safe("moments.safe") as safe:
    ...     safe["a"] = 1
    ...     with safe.snapshot() as then:
    ...         safe["a"] = 2
    ...         then["a"], safe["a"]
    (1, 2)
    """

    __slots__ = ("__weakref__", "_codec", "_engine", "_inner", "_is_closed", "_readers", "_safe")

    def __init__(self, safe: Changing[K, V]) -> None:
        self._safe = safe
        self._engine = safe._engine
        self._codec = safe._codec
        self._inner: Snapshot | None = safe._opened.begin()
        self._is_closed = False
        self._readers: list[None] = []  # who is reading; its methods are atomic

    def __getitem__(self, key: K) -> V:
        try:
            self._readers.append(None)
            entry = self._open().get(self._codec.pack(key))
            if entry is None:
                raise KeyError(key)
            value: V = self._codec.decode(key, entry.value)
            return value
        finally:
            self._leave()

    def __contains__(self, key: object) -> bool:
        try:
            self._readers.append(None)
            return self._open().get(self._codec.pack(key)) is not None
        finally:
            self._leave()

    def close(self) -> None:
        """End the view; again is nothing. Who is reading in another thread may finish."""
        self._is_closed = True
        self._end()

    def _leave(self) -> None:
        self._readers.pop()
        if self._is_closed:
            self._end()

    def _end(self) -> None:
        if self._readers:
            return  # the last of them does it: values are decoded where they lie in the file
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<snapshot of {self._safe!r}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{self!r} cannot be pickled; pass the safe, or dict(snapshot)")

    def _open(self) -> Snapshot:
        self._safe._check_still(self._engine)
        if self._is_closed or self._inner is None:
            raise ClosedError(
                f"{self._safe.path}: the snapshot was closed; take another with snapshot()"
            )
        return self._inner

    def _count(self, bounds: Bounds) -> int:
        try:
            self._readers.append(None)
            return count(self._open(), bounds)
        finally:
            self._leave()

    def _scan(
        self,
        bounds: Bounds,
        make: Make[T],
        values: bool = True,  # noqa: ARG002  # nothing is copied
    ) -> Generator[T, None, None]:
        entries = self._open().scan(bounds.start, bounds.stop, reverse=bounds.reverse)
        while True:
            try:
                self._readers.append(None)
                self._open()
                entry = next(entries, None)
                if entry is None:
                    return
                made = make(entry[0], entry[1].value)
            finally:
                self._leave()
            yield made


def count(snapshot: Snapshot, bounds: Bounds) -> int:
    """How many keys a snapshot has within `bounds`."""
    if bounds.stop == ALL.stop:  # an engine knows at once how many it has, and few come after
        return snapshot.count(bounds.start) - snapshot.count(bounds.stop)
    return snapshot.count(bounds.start, bounds.stop)
