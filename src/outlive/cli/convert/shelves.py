"""The files of shelve, sqlitedict and diskcache as keys and stored values, none of which is run.

Their packages are not needed: sqlitedict, diskcache and shelve's newest kind are databases of
SQLite. They are read in one transaction, as they are at one moment.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from ...errors import CorruptError, DiskError, FormatError, LockedError

_SQLITE = b"SQLite format 3\0"
_PARTS = (".db", ".dat", ".dir", ".bak", ".pag")
_PACKAGES = {"dbm.gnu": "python3-gdbm", "dbm.ndbm": "python3-gdbm"}
_PAGE = 1000  # rows that are fetched at once


class Raw(NamedTuple):
    """A key, and its value as it is stored; `path` is the file that the value is in."""

    key: Any
    value: Any
    path: str
    is_pickled: bool = True


class RawItems(Protocol):
    """Keys and stored values of one moment."""

    count: int

    def __iter__(self) -> Iterator[Raw]: ...


def files_of(path: str) -> list[str]:
    """The files that make up the shelf, or the database, at `path`."""
    if os.path.isdir(path):
        path = os.path.join(path, "cache.db")
    base = os.path.splitext(path)[0] if os.path.splitext(path)[1] in _PARTS else path
    names = [path, *(base + each for each in _PARTS), f"{path}-wal", f"{path}-journal"]
    return [each for each in dict.fromkeys(names) if os.path.isfile(each)]


# -- SQLite


@contextmanager
def database(path: str) -> Iterator[sqlite3.Connection]:
    """A database that is only read, at one moment. Raises CorruptError, LockedError, DiskError."""
    try:
        with closing(_connected(path)) as base:
            base.text_factory = lambda data: data.decode(errors="surrogateescape")
            base.execute("BEGIN")
            yield base
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise LockedError(f"{path} is locked by a program that writes it; try again") from error
        message = f"{path} cannot be read: {error}; let its own program open it once, and try again"
        raise DiskError(0, message, path, "read") from error
    except sqlite3.DatabaseError as error:
        raise CorruptError(f"{path} is damaged: {error}; put a good copy in its place") from error


def _connected(path: str) -> sqlite3.Connection:
    """A connection; also to a file in a directory that we may not write to."""
    name = f"file:{quote(path)}?mode=ro"
    base = sqlite3.connect(name, uri=True, isolation_level=None, timeout=5)
    try:
        base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except sqlite3.OperationalError:
        base.close()
        wal = f"{path}-wal"
        if os.access(os.path.dirname(path), os.W_OK) or (
            os.path.exists(wal) and os.path.getsize(wal)
        ):
            raise
        base = sqlite3.connect(f"{name}&immutable=1", uri=True, isolation_level=None)
    return base


def is_sqlite(path: str) -> bool:
    """Whether it is a database of SQLite."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


class Rows:
    """Keys and values of a table of two columns."""

    def __init__(self, base: sqlite3.Connection, table: str, path: str, *, of_bytes: bool) -> None:
        self._base, self._path, self._of_bytes = base, path, of_bytes
        self._table = quoted(table)
        self.count: int = base.execute(f"SELECT COUNT(*) FROM {self._table}").fetchone()[0]  # noqa: S608  # a quoted name

    def __iter__(self) -> Iterator[Raw]:
        found = self._base.execute(f"SELECT key, value FROM {self._table} ORDER BY rowid")  # noqa: S608  # likewise
        while part := found.fetchmany(_PAGE):
            for key, value in part:
                if self._of_bytes:
                    yield Raw(_text(key, self._path), value, self._path)
                else:
                    yield Raw(key, value, self._path)


def dict_tables(base: sqlite3.Connection) -> list[str]:
    """The tables of a database that are those of sqlitedict."""
    names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in names.fetchall() if _columns(base, name) == ["key", "value"]]


def _columns(base: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in base.execute(f"PRAGMA table_info({quoted(table)})")]


# -- dbm, below shelve


class Shelf:
    """A file of dbm, with keys that shelve wrote."""

    def __init__(self, opened: Any, path: str) -> None:
        self._opened, self._path = opened, path
        self.count = len(opened)

    def __iter__(self) -> Iterator[Raw]:
        for key in self._opened.keys():  # noqa: SIM118  # not all kinds can be iterated over
            yield Raw(_text(key, self._path), self._opened[key], self._path)


@contextmanager
def shelf(path: str) -> Iterator[RawItems]:
    """The shelf at `path`, which may have dbm's extension or not."""
    for name in files_of(path):
        if is_sqlite(name):
            with database(name) as base:
                yield Rows(base, "Dict", name, of_bytes=True)
            return
    import dbm

    name, kind = _kind(path)
    if kind not in {each.__name__ for each in _modules()}:
        raise FormatError(
            f"{path} is a file of {kind}, which this Python has not; install it ("
            f"apt install {_PACKAGES.get(kind, kind)}), or convert it where it was written"
        )
    try:
        opened = dbm.open(name, "r")  # noqa: SIM115  # closed below
    except (*dbm.error, SyntaxError, ValueError) as error:
        if getattr(error, "errno", 0) in (11, 35):
            raise LockedError(f"{path} is open in a program that writes it; close it") from error
        message = f"{path} cannot be read as a shelf: {error}; put a good copy in its place"
        raise CorruptError(message) from error
    with closing(opened):
        yield Shelf(opened, next(iter(files_of(path)), path))


def _kind(path: str) -> tuple[str, str]:
    import dbm

    for name in dict.fromkeys([path, os.path.splitext(path)[0]]):
        kind = dbm.whichdb(name)
        if kind:
            return name, kind
    raise CorruptError(f"{path} is no shelf; check the name, or put a good copy in its place")


def _modules() -> list[Any]:
    """Those of dbm that there are."""
    from importlib import import_module

    found = []
    for name in ("dbm.gnu", "dbm.ndbm", "dbm.dumb", "dbm.sqlite3"):
        try:
            found.append(import_module(name))
        except ImportError:
            continue
    return found


def _text(key: Any, path: str) -> str:
    try:
        return key.decode() if isinstance(key, bytes) else str(key)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path} has the key {key!r:.80}, which is no UTF-8, as shelve writes it; convert it "
            "in Python"
        ) from error
