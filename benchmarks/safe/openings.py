"""Opening a file of a million keys, and reading one of them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import diskcache

from ..harness import Contestant
from . import items
from .databases import SQLITE_FILE, Lmdb, Sqlite
from .dicts import DiskCache, Lmdbm, Outlive, SqliteDicts
from .peer import Peer, check_read, opened

COUNT = 1_000_000

_BATCH = 100_000
_SQLITEDICT = "INSERT INTO unnamed SELECT key, value FROM made.safe"
_DISKCACHE = (
    "INSERT INTO Cache (key, raw, store_time, access_time, access_count, size, mode, value)"
    " SELECT key, 1, 0, 0, 0, 0, 4, value FROM made.safe"  # 4: a pickle
)


class Opening(Contestant):
    """One that opens the same file each time."""

    syncs = ""

    def __init__(self, kind: type[Peer], folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name = kind.name
        self.peer: Peer | None = None

    def prepare(self, turn: int) -> None:
        """Close it, and choose a key."""
        self._close()
        self.number = turn * 7919 % COUNT

    def run(self) -> None:
        """Open it and read a value, without which some would have done next to nothing."""
        self.peer = self.kind(self.folder)
        self.peer.read([items.key(self.number)])

    def check(self, turn: int) -> None:  # noqa: ARG002  # to open changes nothing
        """Compare some values with what was set."""
        self._close()
        self.peer = self.kind(self.folder)
        check_read(self.peer, items.changes(100, COUNT, turn=0))
        self._close()

    def _close(self) -> None:
        if self.peer is not None:
            self.peer.close()
            self.peer = None


def openings(folder: Path) -> list[Contestant]:
    """Everyone whose file can be made in time, below `folder`; the same keys in each."""
    _fill(Outlive, folder / "outlive")
    _fill(Lmdb, folder / "lmdb")
    _fill(Sqlite, folder / "sqlite")
    # The others' files, as they make them themselves, in less time.
    shutil.copytree(folder / "lmdb", folder / "lmdbm")
    made = folder / "sqlite" / SQLITE_FILE
    _copy(SqliteDicts, folder / "sqlitedict", "safe.sqlite", made, _SQLITEDICT)
    _copy(DiskCache, folder / "diskcache", diskcache.core.DBNAME, made, _DISKCACHE)
    os.sync()
    return [
        Opening(Outlive, folder / "outlive"),
        Opening(SqliteDicts, folder / "sqlitedict"),
        Opening(DiskCache, folder / "diskcache"),
        Opening(Lmdbm, folder / "lmdbm"),
        Opening(Lmdb, folder / "lmdb"),
        Opening(Sqlite, folder / "sqlite"),
    ]


def _fill(kind: type[Peer], folder: Path) -> None:
    peer = opened(kind, folder, {})
    for start in range(0, COUNT, _BATCH):
        peer.update({items.key(n): items.small(n) for n in range(start, start + _BATCH)})
    peer.close()


def _copy(kind: type[Peer], folder: Path, name: str, made: Path, statement: str) -> None:
    """The rows of a file of SQLite's, in the tables of a peer that is built upon it."""
    opened(kind, folder, {}).close()
    connection = sqlite3.connect(folder / name)
    connection.execute("ATTACH ? AS made", (str(made),))
    with connection:
        connection.execute(statement)
    connection.close()
