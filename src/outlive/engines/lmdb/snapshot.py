"""A view of one moment of an LMDB file."""

from __future__ import annotations

from collections.abc import Iterator
from struct import error as StructError  # noqa: N812  # a class, whatever its name
from threading import get_ident
from types import TracebackType
from typing import TYPE_CHECKING, Self

import lmdb

from ...errors import ClosedError
from ..base import RESERVED, Entry
from .errors import damaged, translate_lmdb
from .transaction import MOST, REV, SHARED

if TYPE_CHECKING:
    from .environment import Environment

_REV_SIZE = REV.size
_unpack = REV.unpack_from
_FIRST_PAGE = 16  # entries that a scan reads at once: few at first, for those who want one
_LONGEST_PAGE = 512
_FEW = 16  # keys that are counted one by one


class LMDBSnapshot:
    """A view of one moment; what it returns points into the map of the file, without a copy.

    While it is open, the room of what later commits replace or delete is not used again.
    """

    __slots__ = ("_ended", "_environment", "_gate", "_txn", "owner")

    def __init__(
        self, environment: Environment, txn: lmdb.Transaction[memoryview], owner: object
    ) -> None:
        self.owner = owner  # the engine that it is of
        self._environment = environment
        self._gate = environment.gate
        self._txn: lmdb.Transaction[memoryview] | None = txn
        self._ended: lmdb.Transaction[memoryview] | None = None

    @property
    def rev(self) -> int:
        """The revision of the moment."""
        with self._gate.passing():
            if self._txn is None:
                raise self._closed()
            return ((self._environment.epoch + self._txn.id()) << SHARED) + MOST - 1

    def get(self, key: bytes) -> Entry | None:
        """What is under `key`, or None. Raises ClosedError, CorruptError."""
        gate = self._gate
        me = get_ident()
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            if self._txn is None:
                raise self._closed()
            value = self._txn.get(key)
            if value is None or key >= RESERVED:
                return None
            return Entry(value[_REV_SIZE:], _unpack(value)[0])
        except lmdb.BadValsizeError:
            return None  # too long a key to be there, or an empty one
        except lmdb.Error as error:
            raise translate_lmdb(error, self._environment.path, "read") from error
        except StructError as error:
            raise damaged(self._environment.path, key) from error
        finally:
            gate.inside.remove(me)

    def scan(
        self, start: bytes = b"", stop: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Entry]]:
        """The keys from `start` on and before `stop`, in order. Raises ClosedError."""
        if self._txn is None:
            raise self._closed()
        end = RESERVED if stop is None else min(stop, RESERVED)
        return self._scan(start, end, reverse)

    def _scan(self, start: bytes, stop: bytes, reverse: bool) -> Iterator[tuple[bytes, Entry]]:
        size = _FIRST_PAGE
        while start < stop:
            page = self._page(start, stop, reverse, size)
            for key, value in page:
                if self._txn is None:
                    raise self._closed()
                if len(value) < _REV_SIZE:
                    raise damaged(self._environment.path, key)
                yield key, Entry(value[_REV_SIZE:], _unpack(value)[0])
            if len(page) < size:
                return
            start, stop = (start, key) if reverse else (key + b"\0", stop)
            size = min(2 * size, _LONGEST_PAGE)

    def _page(
        self, start: bytes, stop: bytes, reverse: bool, size: int
    ) -> list[tuple[bytes, memoryview]]:
        """Up to `size` entries; the cursor does not outlive the call, which a fork waits for."""
        try:
            with self._gate.passing():
                if self._txn is None:
                    raise self._closed()
                with self._txn.cursor() as cursor:
                    return list(_walk(cursor, start, stop, reverse, size))
        except lmdb.Error as error:
            raise translate_lmdb(error, self._environment.path, "read") from error

    def count(self, start: bytes = b"", stop: bytes | None = None) -> int:
        """How many keys there are in the range. At once for all keys, else by walking over them."""
        end = RESERVED if stop is None else min(stop, RESERVED)
        if start >= end:
            return 0
        around = self._few(b"", start), self._few(end, b"\xff" * 8)
        if None not in around:
            return self._entries() - sum(filter(None, around))
        return sum(1 for _ in self._scan(start, end, False))

    def _few(self, start: bytes, stop: bytes) -> int | None:
        """How many keys there are, if they are few."""
        if start >= stop:
            return 0
        found = len(self._page(start, stop, False, _FEW))
        return found if found < _FEW else None

    def _entries(self) -> int:
        with self._gate.passing():
            if self._txn is None:
                raise self._closed()
            return self._txn.stat()["entries"]

    def close(self) -> None:
        """End the view; again is nothing."""
        gate = self._gate
        me = get_ident()
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            txn, self._txn = self._txn or self._ended, None
            if txn is not None:
                txn.abort()
                self._ended = txn = None
        finally:
            gate.inside.remove(me)
        self._environment.drop(self)

    def end(self) -> None:
        """Raise ClosedError from now on; what was read stays readable until it is closed."""
        if self._txn is not None:
            self._ended, self._txn = self._txn, None

    def forget(self) -> None:
        """Be closed in a forked child, where nothing of LMDB may be touched."""
        self._txn = self._ended = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _closed(self) -> ClosedError:
        return ClosedError(
            f"{self._environment.path}: the snapshot was closed, or is a parent process's. "
            "Begin another"
        )


def _walk(
    cursor: lmdb.Cursor[memoryview], start: bytes, stop: bytes, reverse: bool, size: int
) -> Iterator[tuple[bytes, memoryview]]:
    if reverse:
        there = cursor.prev() if cursor.set_range(stop) else cursor.last()
    else:
        there = cursor.set_range(start) if start else cursor.first()
    while there and size:
        key = bytes(cursor.key())
        if key < start if reverse else key >= stop:
            return
        yield key, cursor.value()
        size -= 1
        there = cursor.prev() if reverse else cursor.next()
