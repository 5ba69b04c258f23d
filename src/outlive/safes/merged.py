"""What a transaction has read, and what it reads together with its own writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..engines import Buffer, Range, Snapshot
from .bounds import Bounds


def merged(
    snapshot: Snapshot, own: Mapping[bytes, Buffer | None], bounds: Bounds
) -> Iterator[tuple[bytes, Buffer | None]]:
    """The entries of `snapshot` with those of `own` among and before them; None is deleted."""
    reverse = bounds.reverse
    mine = sorted(own, reverse=not reverse)  # the next is at the end
    for key, entry in snapshot.scan(bounds.start, bounds.stop, reverse=reverse):
        while mine and (mine[-1] > key if reverse else mine[-1] < key):
            before = mine.pop()
            yield before, own[before]
        if mine and mine[-1] == key:
            yield key, own[mine.pop()]
        else:
            yield key, entry.value
    for rest in reversed(mine):
        yield rest, own[rest]


class Reads:
    """What must not have changed when the transaction is committed."""

    def __init__(self, rev: int) -> None:
        self.revs: dict[bytes, int] = {}  # of each key that was read; 0 for absent
        self._rev = rev
        self._ranges: list[list[bytes]] = []  # start and stop of each; empty if nothing was seen

    def saw(self, start: bytes, stop: bytes) -> None:
        """The keys from `start` on and before `stop` were read, or that there are none."""
        if [start, stop] not in self._ranges[-1:]:
            self._ranges.append([start, stop])

    def range(self) -> list[bytes]:
        """A range that grows while it is read: put its start and stop in it."""
        self._ranges.append([])
        return self._ranges[-1]

    def ranges(self) -> list[Range]:
        """As an engine wants them; those that overlap are one."""
        joined: list[list[bytes]] = []
        for start, stop in sorted(each for each in self._ranges if each):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], stop)
            elif start < stop:
                joined.append([start, stop])
        return [Range(start, stop, self._rev) for start, stop in joined]
