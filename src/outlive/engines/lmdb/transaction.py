"""One write transaction of LMDB: what commits expect, and what they write.

A value in the file begins with the revision that wrote it, 8 bytes, big-endian. A revision is the
number of LMDB's transaction and, in its last 16 bits, which of the commits that shared its flush.
The numbers of LMDB begin again at 1 in a compacted file, so the file holds what to add to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from struct import Struct
from typing import NamedTuple

import lmdb

from ...errors import ConflictError
from ..base import RESERVED, Buffer, Range
from .errors import damaged

REV = Struct(">Q")
SHARED = 16  # bits
MOST = 1 << SHARED  # commits that share a flush

# The engine's own keys.
HEADER = RESERVED + b"outlive"
MOVED = RESERVED + b"moved"  # there once another file has taken the place of this one
FORGOTTEN = RESERVED + b"forgotten"  # the last revision whose deletions are not known any more
DELETED = RESERVED + b"deleted"  # a table of its own: key -> the revision that deleted it
_REMEMBERED = 4096  # deletions; then they are forgotten, and older ranges conflict


class Work(NamedTuple):
    """What one `commit` of an engine asks for."""

    writes: Mapping[bytes, Buffer | None]
    expect: Mapping[bytes, int]
    ranges: Sequence[Range]
    is_full: bool  # whether it has to survive a power cut


class WriteTransaction:
    """A write transaction that several commits share; each gets a revision of its own.

    Whoever makes it calls `begin` and, whatever happens, `end`. Nobody else keeps `txn`, not even
    in a frame that a traceback could keep: to undo a transaction, LMDB's binding
    has an `abort` that first waits for a moment in which no thread reads, and among threads that
    always do so there is none. It does not wait when the last reference goes.
    """

    def __init__(self, env: lmdb.Environment, epoch: int, name: str) -> None:
        self.txn: lmdb.Transaction[memoryview]  # between `begin` and `end`
        self._env = env
        self._epoch = epoch
        self._name = name

    def begin(self) -> None:
        """Wait for LMDB's write lock."""
        self.txn = self._env.begin(None, None, True, True)
        self._first = (self._epoch + self.txn.id()) << SHARED
        self._latest = self._first - 1  # nothing in the file is newer

    def commit(self) -> None:
        """Keep what was written, if anything was."""
        self.txn.commit()

    def end(self) -> None:
        """Undo it, unless it was committed; nothing if it never began."""
        self.__dict__.pop("txn", None)

    @cached_property
    def _deleted(self) -> lmdb._Database:
        # Not opened with the file: that would wait for the write lock. And not kept: where a
        # transaction is undone, LMDB closes what was opened in it.
        return self._env.open_db(DELETED, txn=self.txn, create=False)

    def do(self, work: Work) -> int:
        """Check and write; returns the revision. Raises ConflictError, having written nothing."""
        for key, rev in work.expect.items():
            self._check_key(key, rev)
        for each in work.ranges:
            self._check_range(each)
        if not work.writes:
            return self._latest
        rev = max(self._latest + 1, self._first)
        if len(work.writes) == 1:
            ((key, value),) = work.writes.items()
            if value is None:
                self._delete([key], REV.pack(rev))
            else:
                self.txn.put(key, REV.pack(rev) + value)
        else:
            self._write(work.writes, REV.pack(rev))
        self._latest = rev
        return rev

    def _check_key(self, key: bytes, rev: int) -> None:
        value = self.txn.get(key)
        if (0 if value is None else self._rev(key, value)) != rev:
            raise ConflictError(
                f"{self._name}: the key {key!r:.99} was changed after it was read. "
                "Read again, and try again"
            )

    def _check_range(self, range: Range) -> None:
        if range.rev >= self._latest:
            return
        forgotten = self.txn.get(FORGOTTEN)
        if (
            (forgotten is not None and range.rev < REV.unpack(forgotten)[0])
            or any(rev > range.rev for rev in self._revisions(range, None))
            or any(rev > range.rev for rev in self._revisions(range, self._deleted))
        ):
            raise ConflictError(
                f"{self._name}: keys from {range.start!r:.99} to {range.stop!r:.99} were changed "
                "after they were read. Read again, and try again"
            )

    def _revisions(self, range: Range, db: lmdb._Database | None) -> Iterable[int]:
        stop = RESERVED if range.stop is None else min(range.stop, RESERVED)
        with self.txn.cursor(db) as cursor:
            there = cursor.set_range(range.start) if range.start else cursor.first()
            while there and bytes(cursor.key()) < stop:
                yield self._rev(cursor.key(), cursor.value())
                there = cursor.next()

    def _rev(self, key: Buffer, value: memoryview) -> int:
        if len(value) < REV.size:
            raise damaged(self._name, bytes(key))
        rev: int = REV.unpack_from(value)[0]
        return rev

    def _write(self, writes: Mapping[bytes, Buffer | None], rev: bytes) -> None:
        # In the order of the keys: neighbours go into one page while it is at hand. Each value is
        # joined only then, while it is in the processor's cache.
        puts = sorted(key for key, value in writes.items() if value is not None)
        if puts:
            with self.txn.cursor() as cursor:
                cursor.putmulti((key, rev + (writes[key] or b"")) for key in puts)
        if len(puts) < len(writes):
            self._delete(sorted(key for key, value in writes.items() if value is None), rev)

    def _delete(self, keys: Sequence[bytes], rev: bytes) -> None:
        gone = [key for key in keys if self.txn.delete(key)]
        if not gone:  # LMDB would not count a transaction without a change, nor we its revision
            self.txn.put(HEADER, bytes(self.txn.get(HEADER, b"")))
            return
        known = self.txn.stat(self._deleted)["entries"]
        if known + len(gone) <= _REMEMBERED:
            for key in gone:
                self.txn.put(key, rev, db=self._deleted)
            return
        self.txn.drop(self._deleted, delete=False)
        self.txn.put(FORGOTTEN, rev)
