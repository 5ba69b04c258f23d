"""`Safe.transaction()`: changes that are kept together or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping, MutableMapping
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..engines import Buffer, Snapshot
from ..errors import ClosedError, ConflictError, LockedError
from .bounds import ALL, Bounds
from .merged import Reads, merged
from .missing import MISSING, NotGiven
from .reading import Make, Reading
from .retry import Stale, commit
from .snapshot import count

if TYPE_CHECKING:
    from .changing import Changing

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Transaction(Reading[K, V], MutableMapping[K, V]):
    """Changes of a safe that are kept together at the end of the ``with`` block, or not at all.

    It reads the safe as it was when the block began, and its own writes; nobody else sees them
    before they are kept. If the block raises, nothing is. If what it read was changed by others
    meanwhile (a key, or in an iteration or `len` any key of the range), then nothing is kept and
    ConflictError is raised; a block that only reads has no conflicts. A block within a block is a
    transaction of its own. An iteration sees the writes that were there when it began.

    It is of one thread. After its end, and in a forked child, it raises ClosedError.

    >>> with outlive.Safe("accounts.safe") as safe:
    ...     safe.update(ann=10, bob=0)
    ...     with safe.transaction() as t:
    ...         t["ann"] -= 5
    ...         t["bob"] += 5
    ...     dict(safe)
    {'ann': 5, 'bob': 5}
    """

    __slots__ = (
        "__weakref__",
        "_codec",
        "_engine",
        "_hold",
        "_inner",
        "_pid",
        "_reads",
        "_safe",
        "_writes",
    )

    def __init__(self, safe: Changing[K, V]) -> None:
        self._safe = safe
        self._codec = safe._codec
        self._engine = safe._engine
        self._hold: Generator[Snapshot, None, None] | None = None
        self._inner: Snapshot | None = None
        self._pid = 0

    def __enter__(self) -> Self:
        if self._pid:
            raise LockedError(
                f"{self._safe.path}: this transaction was entered before; begin another with "
                "transaction()"
            )
        self._pid = os.getpid()
        self._writes: dict[bytes, Buffer | None] = {}
        # A generator, which closes the snapshot by itself if a Ctrl-C comes in a moment in which
        # the block is not yet entered, or no longer.
        self._hold = _hold(self._safe._opened.begin)
        try:
            self._inner = next(self._hold)
            self._reads = Reads(self._inner.rev)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._open()
        finally:
            self._leave()
        if error is None and self._writes:
            self._keep()

    def __getitem__(self, key: K) -> V:
        data = self._get(self._codec.pack(key))
        if data is None:
            raise KeyError(key)
        value: V = self._codec.decode(key, data)
        return value

    def __contains__(self, key: object) -> bool:
        return self._get(self._codec.pack(key)) is not None

    def __setitem__(self, key: K, value: V) -> None:
        self._put({self._codec.pack(key): self._codec.encode(key, value)})

    def __delitem__(self, key: K) -> None:
        packed = self._codec.pack(key)
        if self._get(packed) is None:
            raise KeyError(key)
        self._put({packed: None})

    if not TYPE_CHECKING:  # a checker knows those of MutableMapping, which are long

        def update(self, other=(), /, **more):
            """As for a dict; all of it, or nothing if an item does not fit."""
            self._update(other, more)

        def setdefault(self, key, default=None, /):
            """As for a dict; what is returned is a copy."""
            if key not in self:
                self[key] = default
            return self[key]

    def popitem(self, last: bool = True) -> tuple[K, V]:
        """Take out the last key with its value, or the first. Raises KeyError if there is none."""
        with closing(self._scan(ALL._replace(reverse=last), self._codec.item)) as items:
            for key, value in items:
                self._put({self._codec.pack(key): None})
                return key, value
        raise KeyError("popitem(): the safe is empty")

    def clear(self) -> None:
        """Delete all keys."""
        self._put(dict.fromkeys(self._scan(ALL, lambda key, _: key)))

    def modify(self, key: K, change: Callable[[V], V], default: V | NotGiven = MISSING) -> V:
        """Put what `change` returns in the place of the value, and return it, too.

        `change` gets a copy of the value, or of `default`; without one a key that is not there
        raises KeyError.
        """
        packed = self._codec.pack(key)
        data = self._get(packed)
        if data is None:
            if default is MISSING:
                raise KeyError(key)
            data = self._codec.encode(key, default)
        new = change(self._codec.decode(key, data))
        self._put({packed: self._codec.encode(key, new)})
        return new

    def __repr__(self) -> str:
        return f"<transaction of {self._safe!r}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{self!r} cannot be pickled; pass the safe")

    def __ior__(self, other: Mapping[K, V] | Iterable[tuple[K, V]]) -> Self:
        self._update(other, {})
        return self

    def _update(self, other: object, more: Mapping[str, object]) -> None:
        self._put(self._codec.encode_all(other, more))

    def _get(self, packed: bytes) -> Buffer | None:
        inner = self._open()
        if packed in self._writes:
            return self._writes[packed]
        entry = inner.get(packed)
        if entry is None:
            self._reads.revs[packed] = 0
            return None
        self._reads.revs[packed] = entry.rev
        return entry.value

    def _put(self, writes: Mapping[bytes, Buffer | None]) -> None:
        self._open()
        self._safe._check_writable()
        self._writes.update(writes)

    def _count(self, bounds: Bounds) -> int:
        inner = self._open()
        self._reads.saw(bounds.start, bounds.stop)
        number = count(inner, bounds)
        for key, data in self._writes.items():
            if bounds.hold(key):
                number += (data is not None) - (inner.get(key) is not None)
        return number

    def _scan(
        self,
        bounds: Bounds,
        make: Make[T],
        values: bool = True,  # noqa: ARG002  # nothing is copied
    ) -> Generator[T, None, None]:
        self._open()
        own = {key: data for key, data in self._writes.items() if bounds.hold(key)}
        return self._merged(bounds, make, own)

    def _merged(
        self, bounds: Bounds, make: Make[T], own: Mapping[bytes, Buffer | None]
    ) -> Generator[T, None, None]:
        inner, range = self._open(), self._reads.range()
        for key, data in merged(inner, own, bounds):
            range[:] = (key, bounds.stop) if bounds.reverse else (bounds.start, key + b"\0")
            if data is not None:
                yield make(key, data)
            self._open()
        range[:] = bounds.start, bounds.stop

    def _open(self) -> Snapshot:
        if self._inner is None:
            what = "has ended" if self._pid else "has not begun: use it in a with block"
            raise ClosedError(
                f"{self._safe.path}: this transaction {what}; begin another with transaction()"
            )
        if self._pid != os.getpid():
            raise ClosedError(
                f"{self._safe.path}: this transaction is of the process that forked this one; "
                "begin another with transaction()"
            )
        self._safe._check_still(self._engine)
        return self._inner

    def _leave(self) -> None:
        hold, self._hold, self._inner = self._hold, None, None
        if hold is not None:
            hold.close()

    def _keep(self) -> None:
        try:
            commit(self._safe._engine, self._writes, self._reads.revs, self._reads.ranges())
        except Stale as stale:
            raise ConflictError(
                f"{self._safe.path}: what the transaction read was changed by someone else before "
                "its end; nothing was written. Use transact(), which runs it again, or run it "
                "again yourself"
            ) from stale.__cause__


class Repeated(Transaction[K, V]):
    """A transaction of `transact`."""

    __slots__ = ()

    def _keep(self) -> None:
        commit(self._safe._engine, self._writes, self._reads.revs, self._reads.ranges())


def _hold(begin: Callable[[], Snapshot]) -> Generator[Snapshot, None, None]:
    snapshot = begin()
    try:  # a Ctrl-C in an `__enter__` would leave it open
        yield snapshot
    finally:
        snapshot.close()
