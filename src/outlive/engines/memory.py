"""`MemoryEngine`: the contract in the simplest code that keeps it; for tests and docs."""

from __future__ import annotations

import os
import sys
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import Self

from ..errors import ClosedError, ConflictError
from ..faults import Fault
from .base import Buffer, Entry, Limits, Range
from .checks import check_expected, check_writes

LIMITS = Limits(key=511, value=2**32 - 1)  # LMDB's, so that both behave alike

# One for all engines: a fork waits for the commit of another thread, so that the child finds each
# engine whole and the lock free.
_COMMITTING = threading.Lock()
if sys.platform != "win32":
    os.register_at_fork(
        before=_COMMITTING.acquire,
        after_in_parent=_COMMITTING.release,
        after_in_child=_COMMITTING.release,
    )


class _Moment:
    """All that there was at a revision; never changed."""

    def __init__(self, rev: int, entries: Mapping[bytes, Entry]) -> None:
        self.rev = rev
        self.entries = entries

    @cached_property
    def keys(self) -> list[bytes]:
        return sorted(self.entries)

    def keys_between(self, start: bytes, stop: bytes | None) -> list[bytes]:
        end = None if stop is None else bisect_left(self.keys, stop)
        return self.keys[bisect_left(self.keys, start) : end]


class MemoryEngine:
    """An engine that holds everything in memory, and copies it at each commit.

    Nothing survives the program, so there is nothing that a crash could tear. A forked child has
    a copy, which goes its own way. What was changed at which revision is kept until `compact`:
    an `expect_ranges` older than that raises ConflictError from then on.

    >>> from outlive.engines import MemoryEngine, Range
    >>> engine = MemoryEngine()
    >>> first = engine.commit({b"ann": b"10", b"bob": b"20"})
    >>> with engine.snapshot() as then:
    ...     second = engine.commit({b"ann": None}, expect={b"ann": first})
    ...     [key for key, entry in then.scan()]
    [b'ann', b'bob']
    >>> engine.commit({}, expect_ranges=[Range(b"a", b"b", first)])
    Traceback (most recent call last):
    outlive.errors.ConflictError: memory: keys from b'a' to b'b' were changed after revision 1. \
Read again, and try again
    >>> engine.close()
    """

    def __init__(self, name: str = "memory", *, limits: Limits = LIMITS) -> None:
        self.name = name
        self.limits = limits
        self._moment: _Moment | None = _Moment(0, {})
        self._changed: dict[bytes, int] = {}  # key: when it was last written or deleted
        self._forgotten = 0  # `_changed` knows of what came after this revision

    def get(self, key: bytes) -> Entry | None:
        """What is under `key` now, or None. Raises ClosedError."""
        return self._now().entries.get(key)

    def snapshot(self) -> MemorySnapshot:
        """A view of this moment. Raises ClosedError."""
        return MemorySnapshot(self, self._now())

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],
        *,
        expect: Mapping[bytes, int] = {},
        expect_ranges: Sequence[Range] = (),
    ) -> int:
        """Keep all `writes` or none, and return the revision; see `Engine.commit`.

        Raises FormatError, ClosedError and ConflictError; nothing is changed then.
        """
        check_writes(writes, self.limits, self.name)
        check_expected(expect, expect_ranges, self.limits, self.name)
        copied = {key: value if value is None else bytes(value) for key, value in writes.items()}
        with _COMMITTING:
            now = self._now()
            self._check(now, expect, expect_ranges)
            return self._write(now, copied) if copied else now.rev

    def _check(
        self, now: _Moment, expect: Mapping[bytes, int], expect_ranges: Sequence[Range]
    ) -> None:
        for key, rev in expect.items():
            entry = now.entries.get(key)
            if (entry.rev if entry else 0) != rev:
                raise ConflictError(
                    f"{self.name}: the key {key!r:.99} was changed after it was read. "
                    "Read again, and try again"
                )
        for start, stop, rev in expect_ranges:
            if rev < self._forgotten or any(
                changed > rev and start <= key and (stop is None or key < stop)
                for key, changed in self._changed.items()
            ):
                raise ConflictError(
                    f"{self.name}: keys from {start!r:.99} to {stop!r:.99} were changed after "
                    f"revision {rev}. Read again, and try again"
                )

    def _write(self, now: _Moment, writes: Mapping[bytes, bytes | None]) -> int:
        rev = now.rev + 1
        changed = {
            key: rev for key, value in writes.items() if value is not None or key in now.entries
        }
        entries = dict(now.entries)
        for key, value in writes.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = Entry(value, rev)
        self._changed.update(changed)
        self._moment = _Moment(rev, entries)
        return rev

    def check_trust(self) -> None:
        """Nothing: no other program can write in it."""

    def compact(self) -> None:
        """Forget when what was changed. Raises ClosedError."""
        with _COMMITTING:
            self._forgotten = self._now().rev
            self._changed = {}

    def check(self) -> list[Fault]:
        """Nothing: there is nothing below that could be wrong. Raises ClosedError."""
        self._now()
        return []

    def stat(self) -> dict[str, object]:
        """`entries` and `revision`. Raises ClosedError."""
        now = self._now()
        return {"entries": len(now.entries), "revision": now.rev}

    def close(self) -> None:
        """Forget everything; again is nothing."""
        with _COMMITTING:
            self._moment = None
            self._changed = {}

    def _now(self) -> _Moment:
        now = self._moment
        if now is None:
            raise ClosedError(f"{self.name} was closed. Open it again")
        return now


class MemorySnapshot:
    """A view of one moment of a `MemoryEngine`; it refers to what was then, and copies nothing.

    >>> from outlive.engines import MemoryEngine
    >>> engine = MemoryEngine()
    >>> with engine.snapshot() as snapshot:
    ...     snapshot.rev, snapshot.get(b"ann"), snapshot.count()
    (0, None, 0)
    """

    def __init__(self, engine: MemoryEngine, moment: _Moment) -> None:
        self._engine = engine
        self._moment = moment
        self._pid = os.getpid()
        self._is_closed = False

    @property
    def rev(self) -> int:
        """The revision of the moment. Raises ClosedError."""
        self._check_open()
        return self._moment.rev

    def get(self, key: bytes) -> Entry | None:
        """What is under `key`, or None. Raises ClosedError."""
        self._check_open()
        return self._moment.entries.get(key)

    def scan(
        self, start: bytes = b"", stop: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Entry]]:
        """The keys from `start` on and before `stop`, in order. Raises ClosedError."""
        self._check_open()
        keys = self._moment.keys_between(start, stop)
        return self._scan(reversed(keys) if reverse else iter(keys))

    def _scan(self, keys: Iterator[bytes]) -> Iterator[tuple[bytes, Entry]]:
        for key in keys:
            self._check_open()
            yield key, self._moment.entries[key]
        self._check_open()

    def count(self, start: bytes = b"", stop: bytes | None = None) -> int:
        """How many keys there are from `start` on and before `stop`. Raises ClosedError."""
        self._check_open()
        return len(self._moment.keys_between(start, stop))

    def close(self) -> None:
        """End the view; again is nothing."""
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._is_closed or self._pid != os.getpid():
            raise ClosedError(f"{self._engine.name}: the snapshot was closed. Begin another")
        self._engine._now()
