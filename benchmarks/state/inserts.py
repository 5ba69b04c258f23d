"""Inserting at the front of a long list of dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..harness import Contestant, WrongError
from .peers import FILE_NAME, PERSISTED, STATE, Kind, held, killed

LIST = "list"

_LENGTH = 4_000


class Insert(Contestant):
    """One that inserts into a plain list."""

    changes = 20
    name = LIST
    syncs = ""

    def __init__(self) -> None:
        self.rows: Any = _rows()

    def prepare(self, turn: int) -> None:
        """Make the list as long as it was."""
        self.turn = turn
        for index in range(len(self.rows) - 1, _LENGTH - 1, -1):
            del self.rows[index]

    def run(self) -> None:
        """Insert row by row."""
        insert, row = self.rows.insert, {"n": self.turn}
        for _ in range(self.changes):
            insert(0, row)

    def check(self, turn: int) -> None:
        """Look for the rows of the last run, before those of the run before it."""
        last, before = [{"n": turn}] * self.changes, [{"n": turn - 1}] * self.changes
        rows = self.stored()
        if len(rows) != _LENGTH + self.changes or rows[: 2 * self.changes] != last + before:
            raise WrongError(f"{self.name}: not the rows that were inserted")

    def stored(self) -> Any:
        """The list as it is kept."""
        return self.rows


class _Kept(Insert):
    def __init__(self, kind: Kind, folder: Path) -> None:
        folder.mkdir()
        self.kind = kind
        self.name = kind.name
        self.folder = folder
        self.state = kind.open(folder / FILE_NAME, rows=_rows())
        self.rows = self.state["rows"]

    def stored(self) -> Any:
        rows = held(self.kind, killed(self.folder))["rows"]
        self.state.close()
        return rows


def _rows() -> list[dict[str, int]]:
    return [{"n": number} for number in range(_LENGTH)]


def inserts(folder: Path) -> list[Contestant]:
    """Everyone, with their files below `folder`."""
    folder.mkdir()
    kept = (_Kept(kind, folder / kind.name) for kind in (STATE, PERSISTED))
    return [*kept, Insert()]
