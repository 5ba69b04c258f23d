"""Reading small values, of which the system and the peers have all in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..harness import Contestant, WrongError
from . import items
from .databases import Lmdb, LmdbHeld, Sqlite, Zodb
from .dicts import DiskCache, Lmdbm, Outlive, Shelve, SqliteDicts
from .floors import Memory
from .peer import Peer, opened

_COUNT = 10_000
_READS = 2_000  # in one run
_SQLITEDICT_READS = 200

_KINDS: list[type[Peer]] = [
    Outlive,
    SqliteDicts,
    DiskCache,
    Shelve,
    Lmdbm,
    Lmdb,
    LmdbHeld,
    Sqlite,
    Zodb,
    Memory,
]


class Read(Contestant):
    """One that reads values one by one, each as it is at that moment."""

    syncs = ""

    def __init__(self, peer: Peer, values: dict[str, Any]) -> None:
        self.peer = peer
        self.name = peer.name
        self.values = values
        self.changes = _SQLITEDICT_READS if isinstance(peer, SqliteDicts) else _READS
        self.order = items.keys(_COUNT)

    def prepare(self, turn: int) -> None:
        """Choose keys, the same for everyone in that turn."""
        start = turn % (_COUNT // _READS) * _READS
        self.keys = self.order[start : start + self.changes]

    def run(self) -> None:
        """Read."""
        self.peer.read(self.keys)

    def check(self, turn: int) -> None:
        """Compare what is read with what was set."""
        self.prepare(turn)
        if any(self.peer.read([key]) != self.values[key] for key in self.keys):
            raise WrongError(f"{self.name}: not the values that were set")
        self.peer.close()


def of_objects(folder: Path) -> list[Contestant]:
    """Everyone, who keeps small objects below `folder`."""
    return _reads(folder, items.objects(_COUNT))


def of_ints(folder: Path) -> list[Contestant]:
    """Everyone, who keeps ints below `folder`."""
    return _reads(folder, {key: number for number, key in enumerate(items.keys(_COUNT))})


def _reads(folder: Path, values: dict[str, Any]) -> list[Contestant]:
    return [Read(opened(kind, folder / kind.__name__, values), values) for kind in _KINDS]
