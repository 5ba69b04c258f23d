"""Setting one item after the other, by one thread and by many at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from ..harness import Contestant
from . import items
from .databases import Lmdb, Sqlite, SqliteEach, SqliteShared, Zodb
from .dicts import DiskCache, DiskCacheNormal, Lmdbm, Outlive, Shelve, SqliteDicts
from .floors import Flush, FlushTwice
from .peer import Peer, check_killed, opened

THREADS = 16

_COUNT = 10_000
_SETS = 100
_SHELVE_SETS = 2  # each rewrites the index of all keys
_SETS_EACH = 25  # by each thread

_ALONE: list[type[Peer]] = [
    Outlive,
    SqliteDicts,
    DiskCache,
    DiskCacheNormal,
    Shelve,
    Lmdbm,
    Lmdb,
    Sqlite,
    Zodb,
]
# shelve is left out: it is not for several threads.
_TOGETHER: list[type[Peer]] = [
    Outlive,
    SqliteDicts,
    DiskCache,
    Lmdbm,
    Lmdb,
    SqliteEach,
    SqliteShared,
    Zodb,
]


class Set(Contestant):
    """One that sets items, each in a transaction of its own."""

    def __init__(self, kind: type[Peer], folder: Path, changes: int) -> None:
        self.folder = folder
        self.peer = opened(kind, folder, items.objects(_COUNT))
        self.name, self.syncs = self.peer.writing, kind.syncs
        self.changes = changes

    def prepare(self, turn: int) -> None:
        """Make the items."""
        self.items = items.changes(self.changes, _COUNT, turn)

    def run(self) -> None:
        """Set them."""
        self.peer.write(self.items)

    def check(self, turn: int) -> None:
        """Look into what a kill would leave."""
        check_killed(self.peer, self.folder, items.changes(self.changes, _COUNT, turn))


class SetTogether(Set):
    """One that has threads, all of which set items at once."""

    def __init__(self, kind: type[Peer], folder: Path, pool: Executor) -> None:
        super().__init__(kind, folder, THREADS * _SETS_EACH)
        self.pool = pool
        self.barrier = threading.Barrier(THREADS)

    def run(self) -> None:
        """Let each thread set its part."""
        parts = [self.items[number::THREADS] for number in range(THREADS)]
        for _ in self.pool.map(self._set, parts):
            pass

    def _set(self, part: items.Items) -> None:
        self.barrier.wait()  # also sees to it that each thread has one part
        self.peer.write(part)


def alone(folder: Path) -> Sequence[Contestant]:
    """Everyone, with one thread, and what the disk takes."""
    sets = [
        Set(kind, folder / kind.__name__, _SHELVE_SETS if kind is Shelve else _SETS)
        for kind in _ALONE
    ]
    return [*sets, FlushTwice(folder / "lmdb", _SETS), Flush(folder / "sqlite", _SETS)]


def together(folder: Path, pool: Executor) -> Sequence[Contestant]:
    """Everyone who can, with THREADS threads of the pool."""
    return [SetTogether(kind, folder / kind.__name__, pool) for kind in _TOGETHER]
