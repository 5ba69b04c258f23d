"""Counters in objects that keep what is assigned to them: State, and what it is like."""

from __future__ import annotations

import shelve
from abc import abstractmethod
from pathlib import Path
from typing import Any, Literal

import diskcache
from persistedstate import PersistedState
from sqlitedict import SqliteDict

import outlive

from .counter import AT_CHECKPOINTS, AT_VACUUMS, FILE, NOTHING, Counter

OUTLIVE = 'outlive.State, sync="os"'
OUTLIVE_FULL = 'outlive.State, sync="full"'
PERSISTED = "persistedstate 26.1"

_SQLITEDICT_CHANGES = 1_000
_SHELVE_CHANGES = 1_000


class _Object(Counter):
    """One whose object has the counter as a key; a subclass opens it."""

    def __init__(self, folder: Path, name: str, syncs: str, changes: int) -> None:
        super().__init__(folder, name, syncs, changes)
        self.object = self.open(folder)

    @abstractmethod
    def open(self, folder: Path) -> Any:
        """The object in that folder."""

    def prepare(self, turn: int) -> None:
        self.object["counter"] = turn

    def run(self) -> None:
        kept = self.object
        for _ in range(self.changes):
            kept["counter"] += 1

    def stored(self, folder: Path) -> int:
        kept = self.open(folder)
        count = int(kept["counter"])
        kept.close()
        return count

    def close(self) -> None:
        self.object.close()


class _Attribute(_Object):
    """One whose object has the counter as an attribute."""

    def run(self) -> None:
        kept = self.object
        for _ in range(self.changes):
            kept.counter += 1


class _Outlive(_Attribute):
    sync: Literal["os", "full"] = "os"

    def open(self, folder: Path) -> Any:
        return outlive.State(folder / "example.state", sync=self.sync)


class _OutliveFull(_Outlive):
    sync = "full"


class _Persisted(_Attribute):
    def open(self, folder: Path) -> Any:
        return PersistedState(folder / "example.state")


class _DiskCache(_Object):
    def open(self, folder: Path) -> Any:
        return diskcache.Cache(str(folder))


class _SqliteDict(_Object):
    def open(self, folder: Path) -> Any:
        return SqliteDict(str(folder / "state.sqlite"), autocommit=True)


class _Shelve(_Object):
    def __init__(self, folder: Path, changes: int) -> None:
        super().__init__(folder, "", NOTHING, changes)
        self.name = f"shelve ({type(self.object.dict).__module__}), sync()"  # as Python was built

    def open(self, folder: Path) -> Any:
        return shelve.open(str(folder / "shelf"))

    def run(self) -> None:
        kept = self.object
        for _ in range(self.changes):
            kept["counter"] += 1
            kept.sync()


def unsynced(folder: Path, changes: int) -> list[Counter]:
    """Those that leave the rest to the system."""
    return [
        _Outlive(folder / "state", OUTLIVE, AT_VACUUMS, changes),
        _Persisted(folder / "persisted", PERSISTED, NOTHING, changes),
        _DiskCache(folder / "diskcache", "diskcache", AT_CHECKPOINTS, changes),
        _SqliteDict(folder / "sqlitedict", "sqlitedict, autocommit", NOTHING, _SQLITEDICT_CHANGES),
        _Shelve(folder / "shelve", _SHELVE_CHANGES),
    ]


def synced(folder: Path, changes: int) -> list[Counter]:
    """The one that can wait for the disk."""
    return [_OutliveFull(folder / "state", OUTLIVE_FULL, FILE, changes)]
