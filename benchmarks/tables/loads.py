"""Adding rows to a new file: in bulk, and one by one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ..harness import Contestant, WrongError
from . import content
from .databases import Duck, DuckCheckpoint, Sqlite, SqliteDefault
from .peer import Tables
from .storage import Outlive

APPENDED = 100_000
EXECUTE = "execute() each"

ERROR = 1e-3  # of a sum, as floats are added in another order

_SLOW = 2  # rounds, of which SQLite takes part in one


class Bulk(Contestant):
    """One that adds many rows at once, to a file that is new each time."""

    count = content.COUNT

    def __init__(self, kind: type[Tables], folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name, self.syncs = "", kind.syncs
        self.peer = self._opened()
        self.name = self.peer.writing
        self.ready = self.peer.ready(content.content(self.count))
        self.every = _SLOW if issubclass(kind, Sqlite) else 1

    def _opened(self) -> Tables:
        self.folder.mkdir(parents=True)
        return self.kind(self.folder / f"people{self.kind.suffix}")

    def prepare(self, turn: int) -> None:  # noqa: ARG002  # a new file is new enough
        """Make a file with an empty table, and let nobody else's data wait for the disk."""
        self.peer.close()
        shutil.rmtree(self.folder)
        self.peer = self._opened()
        self.peer.make("people", content.content(self.count))
        os.sync()

    def run(self) -> None:
        """Add them."""
        self.peer.add("people", self.ready)

    def check(self, turn: int) -> None:  # noqa: ARG002  # likewise
        """Look into what a kill would leave."""
        copy = self.folder.with_name(f"{self.folder.name}-killed")
        shutil.copytree(self.folder, copy)
        peer = self.kind(copy / f"people{self.kind.suffix}")
        check_sums(peer, content.content(self.count))
        peer.close()
        self.peer.close()


class Append(Bulk):
    """One that adds fewer rows, one after the other; SQLite by executemany, too."""

    count = APPENDED

    def __init__(self, kind: type[Outlive | Sqlite], folder: Path, *, many: bool = False) -> None:
        super().__init__(kind, folder)
        self.many = many
        self.rows = content.rows(self.count)
        if kind is Sqlite and not many:
            self.name = f"{self.name}, {EXECUTE}"
        self.every = 1

    def run(self) -> None:
        """Add them."""
        peer: Any = self.peer
        if self.many:
            peer.add("people", self.rows)
        else:
            peer.append(self.rows)


def check_sums(peer: Tables, wanted: Any) -> None:
    """Raise WrongError unless the peer has the numbers of an Arrow table."""
    sums = wanted.column("i").to_numpy().sum(), wanted.column("x").to_numpy().sum()
    if any(abs(one - other) > ERROR for one, other in zip(peer.sums(), sums, strict=True)):
        raise WrongError(f"{peer.name}: does not hold what was added")


def bulk(folder: Path) -> list[Contestant]:
    """Everyone, with their files below `folder`."""
    kinds: list[type[Tables]] = [Outlive, Sqlite, SqliteDefault, Duck, DuckCheckpoint]
    return [Bulk(kind, folder / kind.__name__) for kind in kinds]


def one_by_one(folder: Path) -> list[Contestant]:
    """Those who can."""
    return [
        Append(Outlive, folder / "outlive"),
        Append(Sqlite, folder / "many", many=True),
        Append(SqliteDefault, folder / "default", many=True),
        Append(Sqlite, folder / "each"),
    ]
