"""`Overlay`: an engine that is only read, and on it another that has what was changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from ..engines import Buffer, Engine, Entry, Limits, Range, Snapshot
from ..engines.base import Checkable
from ..errors import ConflictError
from ..faults import Fault

_GONE = b""  # what the upper engine holds for a key that was deleted; no value is empty


class Overlay:
    """Both as one engine. Revisions are those of the upper one; what it has not has 0.

    It stands as long as the lower engine has `key` in the revision `rev`: what others write there
    would not fit what the upper one says. Then there is a ConflictError.
    """

    def __init__(self, lower: Engine, upper: Engine, key: bytes, rev: int) -> None:
        self.lower = lower
        self.upper = upper
        self._key = key
        self.rev = rev

    @property
    def name(self) -> str:
        """That of the lower engine."""
        return self.lower.name

    @property
    def limits(self) -> Limits:
        """Those of the upper engine, which is the one that is written."""
        return self.upper.limits

    def get(self, key: bytes) -> Entry | None:
        """As `Engine.get`."""
        with self.snapshot() as now:
            entry = now.get(key)
            return None if entry is None else Entry(bytes(entry.value), entry.rev)

    def snapshot(self) -> OverlaySnapshot:
        """A view of both, the upper one first, so that what it says of the lower one is so."""
        upper = self.upper.snapshot()
        try:
            return OverlaySnapshot(self._below(), upper)
        except BaseException:
            upper.close()
            raise

    def _below(self) -> Snapshot:
        lower = self.lower.snapshot()
        entry = lower.get(self._key)
        if (entry.rev if entry else 0) == self.rev:
            return lower
        lower.close()
        raise ConflictError(
            f"{self.lower.name} was changed by another program, and its aside {self.upper.name} "
            "belongs to the former state; close both, and put back the file, or delete the aside"
        )

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],
        *,
        expect: Mapping[bytes, int] = {},
        expect_ranges: Sequence[Range] = (),
    ) -> int:
        """Keep all `writes` in the upper engine; see `Engine.commit`."""
        with self._below() as below:
            covered = {
                key: _GONE if value is None and below.get(key) is not None else value
                for key, value in writes.items()
            }
        return self.upper.commit(covered, expect=expect, expect_ranges=expect_ranges)

    def check_trust(self) -> None:
        """As both."""
        self.lower.check_trust()
        self.upper.check_trust()

    def compact(self) -> None:
        """Compact the upper engine."""
        self.upper.compact()

    def check(self) -> list[Fault]:
        """What both find."""
        both = (self.lower, self.upper)
        return [fault for each in both if isinstance(each, Checkable) for fault in each.check()]

    def stat(self) -> dict[str, object]:
        """How many entries there are, and the revision."""
        with self.snapshot() as now:
            return {"entries": now.count(), "revision": now.rev}

    def close(self) -> None:
        """Close the lower engine; the upper one is somebody else's."""
        self.lower.close()


class OverlaySnapshot:
    """One moment of an `Overlay`."""

    def __init__(self, lower: Snapshot, upper: Snapshot) -> None:
        self._lower = lower
        self._upper = upper

    @property
    def rev(self) -> int:
        """The upper engine's."""
        return self._upper.rev

    def get(self, key: bytes) -> Entry | None:
        """What is under `key`, or None."""
        entry = self._upper.get(key)
        if entry is not None:
            return entry if len(entry.value) else None
        entry = self._lower.get(key)
        return None if entry is None else Entry(entry.value, 0)

    def scan(
        self, start: bytes = b"", stop: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Entry]]:
        """The keys of both in a range."""
        keys = {key for each in (self._lower, self._upper) for key, _ in each.scan(start, stop)}
        for key in sorted(keys, reverse=reverse):
            entry = self.get(key)
            if entry is not None:
                yield key, entry

    def count(self, start: bytes = b"", stop: bytes | None = None) -> int:
        """How many keys there are in a range."""
        return sum(1 for _ in self.scan(start, stop))

    def close(self) -> None:
        """End both."""
        self._lower.close()
        self._upper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
