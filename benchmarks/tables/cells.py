"""Setting one cell, durably, in tables of different sizes."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from ..harness import Contestant, WrongError
from . import content
from .databases import Duck, Sqlite, SqliteDefault
from .peer import Tables
from .storage import Outlive

FEW, MANY, MOST = 10_000, 1_000_000, 10_000_000

_SETS = 20  # in one run
_CONTESTANTS: list[tuple[type[Tables], int]] = [
    (Outlive, MANY),
    (Outlive, FEW),
    (Outlive, MOST),
    (Sqlite, FEW),
    (Sqlite, MANY),
    (SqliteDefault, MANY),
    (Duck, MANY),
]


class Setting(Contestant):
    """One that sets a cell here and there, each in a transaction of its own."""

    changes = _SETS

    def __init__(self, kind: type[Tables], count: int, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.kind, self.count = kind, count
        self.path = folder / f"people{kind.suffix}"
        rows = content.content(count)
        peer = kind(self.path)
        peer.make("people", rows)
        peer.add("people", peer.ready(rows))
        peer.close()
        self.peer = kind(self.path)
        self.name, self.syncs = named(self.peer.writing, count), kind.syncs

    def prepare(self, turn: int) -> None:
        """Choose the cells: one in each column in turn."""
        self.cells = self._cells(turn)

    def _cells(self, turn: int) -> list[tuple[int, str, object]]:
        values = turn, f"new {turn}", turn / 2
        rows = random.Random(turn).sample(range(self.count), _SETS)
        return [(row, content.COLUMNS[at % 3], values[at % 3]) for at, row in enumerate(rows)]

    def run(self) -> None:
        """Set them."""
        for row, column, value in self.cells:
            self.peer.set(row, column, value)

    def check(self, turn: int) -> None:
        """Look into what a kill would leave."""
        copy = self.path.parent.with_name(f"{self.path.parent.name}-killed")
        shutil.copytree(self.path.parent, copy)
        self.peer.close()
        peer = self.kind(copy / self.path.name)
        for column, value in (("i", turn), ("name", f"new {turn}"), ("x", turn / 2)):
            wanted = sum(one == column for _, one, _ in self._cells(turn))
            if len(peer.equal(column, value)) < wanted:
                raise WrongError(f"{self.name}: does not hold what was set")
        peer.close()
        shutil.rmtree(copy)


def named(name: str, count: int) -> str:
    """What a contestant is called."""
    return f"{name}, {count:,} rows"


def settings(folder: Path) -> list[Contestant]:
    """Everyone, with their files below `folder`."""
    contestants = [
        Setting(kind, count, folder / f"{kind.__name__}-{count}") for kind, count in _CONTESTANTS
    ]
    os.sync()
    return list(contestants)
