"""The ways to load a value from its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import atomic_store
import pickledb
import tinydb

import outlive
from outlive.compat import atomic_store as compat

from .harness import Contestant, WrongError
from .values import Value

OUTLIVE = "outlive.open"
JSON = "json.load"


@dataclass
class Load(Contestant):
    """One that reads `expected` from the file that it wrote itself."""

    name: str
    load: Callable[[str], object]  # what is measured; returns whatever holds the value
    value: Callable[[object], object]
    path: str
    expected: Value
    syncs: str = ""

    def prepare(self, turn: int) -> None:
        """Nothing: the file stays what it is."""

    def run(self) -> object:
        """Load the file."""
        return self.load(self.path)

    def check(self, turn: int) -> None:  # noqa: ARG002  # a load changes nothing
        """Compare what is loaded with what was written."""
        if self.value(self.run()) != self.expected:
            raise WrongError(f"{self.name}: not the value that was written")


def _json(path: str) -> object:
    with open(path) as file:
        return json.load(file)


def _tinydb(path: str) -> object:
    with tinydb.TinyDB(path) as database:
        return database.all()


def _pickledb(path: str) -> object:
    return pickledb.PickleDB(path).load()


def _itself(loaded: object) -> object:
    return loaded


def _attribute(loaded: object) -> object:
    return getattr(loaded, "value", None)


def _first(loaded: object) -> object:
    return loaded[0] if isinstance(loaded, list) else None


def _keys(loaded: object) -> object:
    return getattr(loaded, "db", None)


def loads(folder: Path, value: Value) -> list[Contestant]:
    """Everyone, with the files that they read, below `folder`.

    Those that keep plain JSON read one and the same file.
    """
    folder.mkdir()
    plain, tiny, pickled = (str(folder / name) for name in ("plain.json", "tiny.json", "p.json"))
    outlive.open(plain, value).commit()
    with tinydb.TinyDB(tiny) as database:
        database.insert(value)
    pickle_database = pickledb.PickleDB(pickled)
    pickle_database.db = value
    pickle_database.save()
    return [
        Load(OUTLIVE, outlive.open, _attribute, plain, value),
        Load("outlive.compat.atomic_store", compat.open, _attribute, plain, value),
        Load("atomic_store 0.0.1", atomic_store.open, _attribute, plain, value),
        Load("tinydb", _tinydb, _first, tiny, value),
        Load("pickledb", _pickledb, _keys, pickled, value),
        Load(JSON, _json, _itself, plain, value),
    ]
