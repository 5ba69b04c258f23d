"""What a check of a face needs of what it checks: all that can be read, and what is wrong below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from ..faults import Fault
from .base import Checkable, Engine, Entry, Snapshot

Progress = Callable[[int, int], object]
_PARTS = 1000


class Hole(NamedTuple):
    """Where entries may be missing: after a key, None for the first, and before another."""

    after: bytes | None
    before: bytes | None

    def holds(self, key: bytes) -> bool:
        """Whether the key could have been there."""
        return (self.after is None or self.after < key) and (
            self.before is None or key < self.before
        )


class Examined(Protocol):
    """Entries of one moment; a damaged file has holes among them."""

    path: str
    faults: list[Fault]  # of what is below keys and values
    holes: list[Hole]  # known after a `scan`
    odd: dict[bytes, str]  # entries that no engine wrote, known after a `scan`
    heads: dict[bytes, bytes]  # the keys from FE on, with what is under them

    @property
    def expected(self) -> int:
        """How many entries there should be."""

    @property
    def lost(self) -> int:
        """How many entries there should be beside those that a `scan` gave, as far as is known."""

    def scan(self) -> Iterator[tuple[bytes, Entry | None]]:
        """All entries that can be read; None in the place of a value that cannot."""

    def missed(self, key: bytes) -> bool:
        """Whether an entry of this key may be missing, after a `scan`."""


class OfEngine:
    """A snapshot of an engine that works."""

    lost = 0

    def __init__(self, engine: Engine, snapshot: Snapshot) -> None:
        self.path = engine.name
        self.faults = engine.check() if isinstance(engine, Checkable) else []
        self.odd: dict[bytes, str] = {}
        self.holes: list[Hole] = []
        self._snapshot = snapshot
        self.expected = snapshot.count()
        self.heads = {key: bytes(entry.value) for key, entry in snapshot.scan(b"\xfe")}

    def scan(self) -> Iterator[tuple[bytes, Entry | None]]:
        """All entries."""
        yield from self._snapshot.scan()

    def missed(self, key: bytes) -> bool:  # noqa: ARG002  # as the protocol has it
        """Never."""
        return False


def stage(progress: Progress | None, number: int, stages: int) -> Progress:
    """The progress of one of several stages, as a part of the whole."""

    def report(done: int, of: int) -> None:
        if progress is not None:
            part = _PARTS * done // of if of else _PARTS
            progress(number * _PARTS + min(part, _PARTS), stages * _PARTS)

    return report
