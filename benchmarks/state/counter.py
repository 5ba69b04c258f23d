"""What all ways to keep a counter that a program counts up have in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from ..harness import Contestant, WrongError
from .peers import killed

# What is flushed to the disk. A kill loses no change in any case.
NOTHING = "nothing"
AT_VACUUMS = "at vacuums"
AT_CHECKPOINTS = "at checkpoints"
FILE = "file"


class Counter(Contestant):
    """One that counts in a folder of its own, and keeps each count before it makes the next."""

    def __init__(self, folder: Path, name: str, syncs: str, changes: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.name = name
        self.syncs = syncs
        self.changes = changes

    def check(self, turn: int) -> None:
        """Compare what a kill would leave with the last count."""
        if self.stored(killed(self.folder)) != turn + self.changes:
            raise WrongError(f"{self.name}: the file does not hold the last count")
        self.close()

    @abstractmethod
    def stored(self, folder: Path) -> int:
        """The count that a copy of the folder holds."""

    @abstractmethod
    def close(self) -> None:
        """End."""
