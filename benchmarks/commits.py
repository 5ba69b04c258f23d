"""The ways to commit a changed value: outlive's, and those of its peers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import atomic_store
import pickledb
import tinydb

import outlive
from outlive.compat import atomic_store as compat

from .by_hand import Bare, BareEncoding, Plain, PlainDurable
from .commit import Commit, Ready
from .harness import Contestant
from .values import COUNTER, Value

OUTLIVE = 'outlive, sync="full"'
ATOMIC_STORE = "atomic_store 0.0.1"


class _Outlive(Commit):
    name = OUTLIVE

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.store = outlive.open(self.path, self.value)
        self.value = self.store.value

    def run(self) -> None:
        self.store.commit()


class _OutliveOs(_Outlive):
    name = 'outlive, sync="os"'
    syncs = "file"

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.store = outlive.open(self.path, self.value, sync="os")
        self.value = self.store.value


class _OutliveWith(_Outlive):
    name = "outlive, with block"

    def prepare(self, turn: int) -> None:
        self.turn = turn

    def run(self) -> None:
        with self.store as store:
            store.value[COUNTER] = self.turn


class _Compat(Commit):
    name = "outlive.compat.atomic_store"
    open: Callable[..., compat.AtomicStore] = staticmethod(compat.open)

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.store = self.open(str(self.path), self.value)

    def run(self) -> None:
        self.store.commit()


class _AtomicStore(_Compat):
    name = ATOMIC_STORE
    open = staticmethod(atomic_store.open)


class _TinyDB(Commit):
    name = "tinydb"
    syncs = "file, in place"

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.database = tinydb.TinyDB(self.path)
        self.database.insert(self.value)

    def run(self) -> None:
        self.database.update({COUNTER: self.value[COUNTER]}, doc_ids=[1])

    def stored(self) -> object:
        return json.loads(self.path.read_bytes())["_default"]["1"]

    def check(self, turn: int) -> None:
        self.database.close()
        super().check(turn)


class _PickleDB(Commit):
    name = "pickledb"
    syncs = "nothing"

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.database = pickledb.PickleDB(str(self.path))
        self.database.db = self.value

    def run(self) -> None:
        self.database.save()


class _Replace(Ready):
    name = "outlive.replace, ready bytes"

    def run(self) -> None:
        outlive.replace(self.path, self.data)


_ALL: tuple[type[Commit], ...] = (
    _Outlive,
    _OutliveWith,
    _OutliveOs,
    _Replace,
    _Compat,
    _AtomicStore,
    _TinyDB,
    _PickleDB,
    Plain,
    PlainDurable,
    BareEncoding,
    Bare,
)


def commits(folder: Path, value: Value) -> list[Contestant]:
    """Everyone, each in a folder of its own below `folder`."""
    folder.mkdir()
    return [one(folder / str(number), value) for number, one in enumerate(_ALL)]
