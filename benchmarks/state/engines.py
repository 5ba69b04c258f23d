"""Counters in databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import lmdb
import transaction
from ZODB import DB

from .counter import AT_CHECKPOINTS, FILE, NOTHING, Counter

LMDB = "lmdb, sync=False"
LMDB_SYNCED = "lmdb, sync=True"
SQLITE_FULL = "SQLite, WAL, synchronous=FULL"
_ZODB = "ZODB"
_ZODB_CHANGES = 200  # it always waits for the disk

_KEY = b"counter"
_READ = "SELECT value FROM state WHERE key = 'counter'"
_ADD = "UPDATE state SET value = value + 1 WHERE key = 'counter'"


class _Lmdb(Counter):
    def __init__(self, folder: Path, name: str, syncs: str, changes: int) -> None:
        super().__init__(folder, name, syncs, changes)
        self.environment = lmdb.open(str(folder), sync=syncs == FILE)

    def prepare(self, turn: int) -> None:
        with self.environment.begin(write=True) as transaction:
            transaction.put(_KEY, b"%d" % turn)

    def run(self) -> None:
        begin = self.environment.begin
        for _ in range(self.changes):
            with begin(write=True) as transaction:
                transaction.put(_KEY, b"%d" % (int(transaction.get(_KEY, b"")) + 1))

    def stored(self, folder: Path) -> int:
        with lmdb.open(str(folder)) as environment, environment.begin() as transaction:
            return int(transaction.get(_KEY, b""))

    def close(self) -> None:
        self.environment.close()


class _Sqlite(Counter):
    def __init__(self, folder: Path, mode: str, syncs: str, changes: int) -> None:
        super().__init__(folder, f"SQLite, WAL, synchronous={mode}", syncs, changes)
        self.connection = self._open(folder)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute(f"PRAGMA synchronous = {mode}")
        self.connection.execute("CREATE TABLE state (key TEXT PRIMARY KEY, value)")

    def prepare(self, turn: int) -> None:
        self.connection.execute("REPLACE INTO state VALUES ('counter', ?)", (turn,))

    def run(self) -> None:
        execute = self.connection.execute
        for _ in range(self.changes):
            execute(_ADD)

    def stored(self, folder: Path) -> int:
        connection = self._open(folder)
        count = connection.execute(_READ).fetchone()[0]
        connection.close()
        return int(count)

    def close(self) -> None:
        self.connection.close()

    @staticmethod
    def _open(folder: Path) -> sqlite3.Connection:
        return sqlite3.connect(folder / "state.sqlite", isolation_level=None)


class _Zodb(Counter):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _ZODB, FILE, _ZODB_CHANGES)
        self.database, self.root = self._open(folder)

    def prepare(self, turn: int) -> None:
        self.root.counter = turn
        transaction.commit()

    def run(self) -> None:
        root, commit = self.root, transaction.commit
        for _ in range(self.changes):
            root.counter += 1
            commit()

    def stored(self, folder: Path) -> int:
        (folder / "state.fs.index").unlink()  # older than the copy: refused, with a warning
        database, root = self._open(folder)
        count = int(root.counter)
        database.close()
        return count

    def close(self) -> None:
        self.database.close()

    @staticmethod
    def _open(folder: Path) -> tuple[DB, Any]:
        database = DB(str(folder / "state.fs"))
        return database, database.open().root


def unsynced(folder: Path, changes: int) -> list[Counter]:
    """Those that leave the rest to the system, and ZODB, which has no such choice."""
    return [
        _Lmdb(folder / "lmdb", LMDB, NOTHING, changes),
        _Sqlite(folder / "sqlite-off", "OFF", NOTHING, changes),
        _Sqlite(folder / "sqlite-normal", "NORMAL", AT_CHECKPOINTS, changes),
        _Zodb(folder / "zodb"),
    ]


def synced(folder: Path, changes: int) -> list[Counter]:
    """Those that wait for the disk."""
    return [
        _Lmdb(folder / "lmdb", LMDB_SYNCED, FILE, changes),
        _Sqlite(folder / "sqlite", "FULL", FILE, changes),
        _Zodb(folder / "zodb"),
    ]
