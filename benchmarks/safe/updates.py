"""Setting many items at once, in a new file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ..harness import Contestant
from . import items
from .databases import Lmdb, Sqlite, Zodb
from .dicts import DiskCache, Lmdbm, Outlive, Shelve, SqliteDictsBulk
from .peer import Peer, check_killed, opened

COUNT = 100_000
ROUNDS = 5

_CHECKED = 1_000  # of the items
_KINDS: list[type[Peer]] = [Outlive, SqliteDictsBulk, DiskCache, Shelve, Lmdbm, Lmdb, Sqlite, Zodb]
_SLOW = SqliteDictsBulk, DiskCache, Shelve


class Update(Contestant):
    """One that sets all items, in a file that is new each time."""

    def __init__(self, kind: type[Peer], folder: Path, values: dict[str, Any]) -> None:
        self.kind = kind
        self.folder = folder
        self.values = values
        self.peer = opened(kind, folder, {})
        self.name, self.syncs = self.peer.writing, kind.syncs
        self.every = ROUNDS if kind in _SLOW else 1

    def prepare(self, turn: int) -> None:  # noqa: ARG002  # a new file is new enough
        """Make a new file, and let nobody else's data wait for the disk."""
        self.peer.close()
        shutil.rmtree(self.folder)
        self.peer = opened(self.kind, self.folder, {})
        os.sync()

    def run(self) -> None:
        """Set the items."""
        self.peer.update(self.values)

    def check(self, turn: int) -> None:  # noqa: ARG002  # likewise
        """Look into what a kill would leave."""
        check_killed(self.peer, self.folder, list(self.values.items())[:_CHECKED])


def updates(folder: Path) -> list[Contestant]:
    """Everyone, with their files below `folder`."""
    values = items.objects(COUNT)
    return [Update(kind, folder / kind.__name__, values) for kind in _KINDS]
