"""What is asked of everyone who holds tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

FILE = "file"


class Tables(ABC):
    """A file of tables, open. What it answers is there as a whole: in Arrow, or as tuples."""

    name: str
    how = ""  # how it was told to write
    suffix: str
    syncs = FILE

    @abstractmethod
    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""

    @property
    def writing(self) -> str:
        """What it is called where it writes."""
        return f"{self.name}, {self.how}" if self.how else self.name

    @abstractmethod
    def make(self, table: str, content: Any) -> None:
        """Make a table for such an Arrow table, and keep it."""

    @abstractmethod
    def ready(self, content: Any) -> Any:
        """An Arrow table as `add` takes it; the time for that does not count."""

    @abstractmethod
    def add(self, table: str, ready: Any) -> None:
        """Add many rows, and make them durable."""

    @abstractmethod
    def sums(self) -> tuple[float, float]:
        """The sums of the columns `i` and `x` of `people`."""

    @abstractmethod
    def equal(self, column: str, value: object) -> Any:
        """The rows of `people` that have a value."""

    @abstractmethod
    def between(self, low: int, high: int) -> Any:
        """The rows of `people` whose `i` is within these bounds."""

    @abstractmethod
    def sort(self) -> Any:
        """The rows of `people` in the order of their names."""

    @abstractmethod
    def counts(self) -> Any:
        """Each `i` of `grouped`, and how many rows have it."""

    @abstractmethod
    def groups(self) -> Any:
        """Each `i` of `grouped`, and the other columns of all rows that have it."""

    @abstractmethod
    def join(self) -> Any:
        """The rows of `few` with what `partners` has for the same `i`."""

    @abstractmethod
    def loop(self) -> float:
        """The sum of `i` and `x` of `people`, in a loop over its rows."""

    @abstractmethod
    def set(self, row: int, column: str, value: object) -> None:
        """Set a cell of `people`, and make it durable."""

    @abstractmethod
    def close(self) -> None:
        """End."""
