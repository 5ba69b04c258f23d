"""`outlive.Storage`, by what its documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import outlive
from outlive.tables.arrow import pc

from .content import Row
from .peer import Tables


class Outlive(Tables):
    """As it comes."""

    name = "outlive.Storage"
    suffix = ".db"
    mode: Literal["rw", "r"] = "rw"

    def __init__(self, path: Path) -> None:
        self.storage = outlive.Storage(path, mode=self.mode)
        self._views = {name: self.storage.view(name) for name in self.storage}

    def make(self, table: str, content: Any) -> None:
        """Define it by the schema."""
        letters = {"i": "I", "name": "S"}
        columns = ",".join(f"{each}:{letters.get(each, 'D')}" for each in content.column_names)
        self._views[table] = self.storage.getas(f"{table}[{columns}]")
        self.storage.commit()

    def ready(self, content: Any) -> Any:
        """It is."""
        return content

    def add(self, table: str, ready: Any) -> None:
        """Extend, and commit."""
        self._views[table].extend(ready)
        self.storage.commit()

    def append(self, rows: list[Row]) -> None:
        """Append one row after the other, and commit."""
        people = self._views["people"]
        for i, name, x in rows:
            people.append(i=i, name=name, x=x)
        self.storage.commit()

    def sums(self) -> tuple[float, float]:
        """By Arrow, over these columns alone."""
        table = self._views["people"].to_arrow("i", "x")
        return pc.sum(table.column("i")).as_py(), pc.sum(table.column("x")).as_py()

    def equal(self, column: str, value: object) -> Any:
        """Select."""
        equal: dict[str, Any] = {column: value}
        return self._views["people"].select(**equal).to_arrow()

    def between(self, low: int, high: int) -> Any:
        """Select a range."""
        return self._views["people"].select({"i": low}, {"i": high}).to_arrow()

    def sort(self) -> Any:
        """Sort."""
        return self._views["people"].sort("name").to_arrow()

    def counts(self) -> Any:
        """Count."""
        return self._views["grouped"].counts("i", name="rows").to_arrow()

    def groups(self) -> Any:
        """Group."""
        return self._views["grouped"].groupby("i", name="rows").to_arrow()

    def lengths(self) -> Any:
        """Group, and look how long each subview is."""
        return [(row.i, len(row.rows)) for row in self._views["grouped"].groupby("i", name="rows")]

    def join(self) -> Any:
        """Join."""
        return self._views["few"].join(self._views["partners"], "i").to_arrow()

    def loop(self) -> float:
        """By attributes."""
        total = 0.0
        for row in self._views["people"]:
            total += row.i + row.x
        return total

    def set(self, row: int, column: str, value: object) -> None:
        """Set the item, and commit."""
        self._views["people"][row][column] = value
        self.storage.commit()

    def close(self) -> None:
        """Close it."""
        self.storage.close()


class OutliveReading(Outlive):
    """Open for reading."""

    mode = "r"
