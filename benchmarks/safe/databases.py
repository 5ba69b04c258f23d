"""Peers that are databases: objects are pickled by hand, except by ZODB."""

from __future__ import annotations

import pickle
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import lmdb
import transaction
from BTrees.OOBTree import OOBTree
from ZODB import DB

from .dicts import MAP_SIZE
from .items import Items
from .peer import Peer

SQLITE_FILE = "safe.sqlite"

_PROTOCOL = pickle.HIGHEST_PROTOCOL
_MAKE = "CREATE TABLE IF NOT EXISTS safe (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID"
_GET = "SELECT value FROM safe WHERE key = ?"
_SET = "REPLACE INTO safe VALUES (?, ?)"
_PATIENCE = 60  # seconds, for whoever else writes
_ATTEMPTS = 1_000
_POOL = 32  # connections; with more than that, ZODB warns


class Lmdb(Peer):
    """The driver alone: one transaction for each access."""

    name = "lmdb and pickle"

    def __init__(self, folder: Path) -> None:
        self.environment = lmdb.open(str(folder), map_size=MAP_SIZE)

    def read(self, keys: Iterable[str]) -> Any:
        """Get and unpickle."""
        begin, loads = self.environment.begin, pickle.loads
        for key in keys:
            with begin() as reading:
                value = loads(reading.get(key.encode()))  # type: ignore[arg-type]  # it is there
        return value

    def write(self, items: Items) -> None:
        """Pickle and put."""
        begin, dumps = self.environment.begin, pickle.dumps
        for key, value in items:
            with begin(write=True) as writing:
                writing.put(key.encode(), dumps(value, _PROTOCOL))

    def update(self, items: Mapping[str, Any]) -> None:
        """Pickle and put them all, in one transaction."""
        dumps = pickle.dumps
        with self.environment.begin(write=True) as writing, writing.cursor() as cursor:
            cursor.putmulti((key.encode(), dumps(value, _PROTOCOL)) for key, value in items.items())

    def close(self) -> None:
        """Close the environment."""
        self.environment.close()


class LmdbHeld(Lmdb):
    """Reads in one transaction that stays open, and so never sees what others change."""

    name = "lmdb and pickle, one old snapshot"

    def read(self, keys: Iterable[str]) -> Any:
        """Get and unpickle."""
        loads = pickle.loads
        with self.environment.begin() as reading:
            get = reading.get
            for key in keys:
                value = loads(get(key.encode()))  # type: ignore[arg-type]  # likewise
        return value


class Sqlite(Peer):
    """The driver alone: one connection for one thread."""

    name = "SQLite and pickle"
    how = "WAL, synchronous=FULL"

    def __init__(self, folder: Path) -> None:
        self.path = folder / SQLITE_FILE
        self.connection = self.connect()
        self.connection.execute(_MAKE)

    def connect(self) -> sqlite3.Connection:
        """Another connection."""
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=_PATIENCE, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def read(self, keys: Iterable[str]) -> Any:
        """Select and unpickle."""
        execute, loads = self.connection.execute, pickle.loads
        for key in keys:
            value = loads(execute(_GET, (key,)).fetchone()[0])
        return value

    def write(self, items: Items) -> None:
        """Pickle and replace."""
        execute, dumps = self.connection.execute, pickle.dumps
        for key, value in items:
            execute(_SET, (key, dumps(value, _PROTOCOL)))

    def update(self, items: Mapping[str, Any]) -> None:
        """Pickle and replace them all, in one transaction."""
        dumps = pickle.dumps
        with self.connection as connection:
            connection.execute("BEGIN")
            connection.executemany(
                _SET, ((key, dumps(value, _PROTOCOL)) for key, value in items.items())
            )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class SqliteEach(Sqlite):
    """A connection for each thread."""

    how = "a connection each"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.local = threading.local()
        self.connections: list[sqlite3.Connection] = []

    def write(self, items: Items) -> None:
        """Pickle and replace, over the connection of this thread."""
        if not hasattr(self.local, "connection"):
            self.local.connection = self.connect()
            self.connections.append(self.local.connection)
        execute, dumps = self.local.connection.execute, pickle.dumps
        for key, value in items:
            execute(_SET, (key, dumps(value, _PROTOCOL)))

    def close(self) -> None:
        """Close all connections."""
        for connection in self.connections:
            connection.close()
        super().close()


class SqliteShared(Sqlite):
    """One connection and a lock."""

    how = "one connection and a lock"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lock = threading.Lock()

    def write(self, items: Items) -> None:
        """Pickle and replace, one thread after the other."""
        execute, dumps, lock = self.connection.execute, pickle.dumps, self.lock
        for key, value in items:
            pickled = dumps(value, _PROTOCOL)
            with lock:
                execute(_SET, (key, pickled))


class Zodb(Peer):
    """A BTree in a FileStorage: a connection and a transaction manager for each thread."""

    name = "ZODB"

    def __init__(self, folder: Path) -> None:
        (folder / "safe.fs.index").unlink(missing_ok=True)  # one older than the file is refused
        self.database = DB(str(folder / "safe.fs"), pool_size=_POOL)
        self.local = threading.local()
        manager, root = self._session()
        with manager:
            if "safe" not in root:
                root["safe"] = OOBTree()

    def _session(self) -> tuple[Any, Any]:
        """The transaction manager and the root of this thread."""
        if not hasattr(self.local, "session"):
            manager = transaction.TransactionManager()
            self.local.session = manager, self.database.open(manager).root()
        session: tuple[Any, Any] = self.local.session
        return session

    def read(self, keys: Iterable[str]) -> Any:
        """Get, each in a transaction of its own; from memory where it was read before."""
        manager, root = self._session()
        begin, tree = manager.begin, root["safe"]
        for key in keys:
            begin()
            value = tree[key]
        return value

    def write(self, items: Items) -> None:
        """Set and commit; again after a conflict."""
        manager, root = self._session()
        attempts, tree = manager.attempts, root["safe"]
        for key, value in items:
            for attempt in attempts(_ATTEMPTS):
                with attempt:
                    tree[key] = value

    def update(self, items: Mapping[str, Any]) -> None:
        """Set them all, and commit."""
        manager, root = self._session()
        with manager:
            root["safe"].update(items)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
