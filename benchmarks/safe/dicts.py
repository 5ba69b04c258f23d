"""Safe, and the peers that are used as dicts."""

from __future__ import annotations

import pickle
import shelve
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diskcache
from lmdbm import Lmdb
from sqlitedict import SqliteDict

import outlive

from .items import Items
from .peer import AT_CHECKPOINTS, NOTHING, Dict

MAP_SIZE = 1 << 30  # an LMDB user has to know

_FULL = 2  # PRAGMA synchronous


class Outlive(Dict):
    """`outlive.Safe`, as it comes."""

    name = "outlive.Safe"

    def __init__(self, folder: Path) -> None:
        self.kept = outlive.Safe(folder / "example.safe")


class SqliteDicts(Dict):
    """With autocommit, so that a set is handed to the system when it returns."""

    name = "sqlitedict"
    how = "autocommit"
    syncs = NOTHING  # it sets synchronous=OFF
    autocommit = True

    def __init__(self, folder: Path) -> None:
        self.kept = SqliteDict(str(folder / "safe.sqlite"), autocommit=self.autocommit)


class SqliteDictsBulk(SqliteDicts):
    """Without autocommit, which its update() would do after each item."""

    how = "commit()"
    autocommit = False

    def update(self, items: Mapping[str, Any]) -> None:
        """Update, and commit."""
        self.kept.update(items)
        self.kept.commit()


class DiskCache(Dict):
    """Made durable; told to evict nothing, which spares it work."""

    name = "diskcache"
    how = "synchronous=FULL"
    synchronous = _FULL

    def __init__(self, folder: Path) -> None:
        self.kept = diskcache.Cache(
            str(folder), eviction_policy="none", sqlite_synchronous=self.synchronous
        )

    def update(self, items: Mapping[str, Any]) -> None:
        """Set them in a transaction."""
        kept = self.kept
        with kept.transact():
            for key, value in items.items():
                kept[key] = value


class DiskCacheNormal(DiskCache):
    """As it comes."""

    how = "as it comes"
    syncs = AT_CHECKPOINTS
    synchronous = diskcache.DEFAULT_SETTINGS["sqlite_synchronous"]


class Shelve(Dict):
    """With a sync() after each set, without which a kill loses it."""

    how = "sync()"
    syncs = NOTHING

    def __init__(self, folder: Path) -> None:
        name, protocol = str(folder / "shelf"), pickle.HIGHEST_PROTOCOL
        self.kept = shelve.open(name, protocol=protocol)  # noqa: SIM115  # it is to stay open
        self.name = f"shelve ({type(self.kept.dict).__module__})"  # as Python was built

    def write(self, items: Items) -> None:
        """Set and sync."""
        kept = self.kept
        for key, value in items:
            kept[key] = value
            kept.sync()

    def update(self, items: Mapping[str, Any]) -> None:
        """Update, and sync."""
        self.kept.update(items)
        self.kept.sync()


class _PickledLmdb(Lmdb):  # type: ignore[misc]  # it has no types
    """As its README keeps objects, with pickle in place of json."""

    def _pre_key(self, key: str) -> bytes:
        return key.encode()

    def _pre_value(self, value: object) -> bytes:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    def _post_value(self, value: bytes) -> Any:
        return pickle.loads(value)


class Lmdbm(Dict):
    """Opened as its README says for several processes."""

    name = "lmdbm and pickle"

    def __init__(self, folder: Path) -> None:
        self.kept = _PickledLmdb.open(str(folder), "c", map_size=MAP_SIZE, autogrow=False)
