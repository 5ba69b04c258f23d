"""SQLite and DuckDB, by SQL."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from pathlib import Path
from typing import Any

import duckdb

from .content import Row, tuples
from .peer import Tables

_TYPES = {"i": "INTEGER", "name": "VARCHAR"}  # to SQLite, VARCHAR is TEXT
_SET = "UPDATE people SET {} = ? WHERE rowid = ?"


class Database(Tables):
    """One that is asked by SQL."""

    first_row: int  # the rowid of the first

    @abstractmethod
    def ask(self, statement: str, *values: object) -> Any:
        """All that it has to say."""

    def make(self, table: str, content: Any) -> None:
        """Make it."""
        columns = ", ".join(f"{each} {_TYPES.get(each, 'DOUBLE')}" for each in content.column_names)
        self.ask(f"CREATE TABLE {table} ({columns})")

    def equal(self, column: str, value: object) -> Any:
        """Ask."""
        return self.ask(f"SELECT * FROM people WHERE {column} = ?", value)  # noqa: S608  # ours

    def between(self, low: int, high: int) -> Any:
        """Ask."""
        return self.ask("SELECT * FROM people WHERE i BETWEEN ? AND ?", low, high)

    def sort(self) -> Any:
        """Ask."""
        return self.ask("SELECT * FROM people ORDER BY name")

    def counts(self) -> Any:
        """Ask."""
        return self.ask("SELECT i, count(*) FROM grouped GROUP BY i")

    def join(self) -> Any:
        """Ask."""
        return self.ask("SELECT few.*, partners.y FROM few JOIN partners USING (i)")


class Sqlite(Database):
    """The driver alone."""

    name = "SQLite"
    how = "WAL, synchronous=FULL"
    suffix = ".sqlite"
    first_row = 1

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")

    def ask(self, statement: str, *values: object) -> Any:
        """As tuples."""
        return self.connection.execute(statement, values).fetchall()

    def ready(self, content: Any) -> list[Row]:
        """Tuples."""
        return tuples(content)

    def add(self, table: str, ready: list[Row]) -> None:
        """By executemany in one transaction."""
        marks = ", ".join("?" * len(ready[0]))
        self.connection.execute("BEGIN")
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", ready)  # noqa: S608
        self.connection.execute("COMMIT")

    def append(self, rows: list[Row]) -> None:
        """By one execute after the other in one transaction."""
        execute = self.connection.execute
        execute("BEGIN")
        for row in rows:
            execute("INSERT INTO people VALUES (?, ?, ?)", row)
        execute("COMMIT")

    def sums(self) -> tuple[float, float]:
        """Ask."""
        ((one, other),) = self.ask("SELECT sum(i), sum(x) FROM people")
        return one, other

    def groups(self) -> Any:
        """Ask for the rows in the order of the groups, as one does for itertools.groupby."""
        return self.ask("SELECT * FROM grouped ORDER BY i")

    def loop(self) -> float:
        """By sqlite3.Row."""
        cursor = self.connection.cursor()
        cursor.row_factory = sqlite3.Row
        total = 0.0
        for row in cursor.execute("SELECT i, x FROM people"):
            total += row["i"] + row["x"]
        return total

    def set(self, row: int, column: str, value: object) -> None:
        """Update, which commits by itself."""
        self.connection.execute(_SET.format(column), (value, row + self.first_row))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class SqliteDefault(Sqlite):
    """With the journal and the synchronous=FULL that it comes with."""

    how = "as it comes"

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)


class Duck(Database):
    """As it comes: each commit is flushed to its log."""

    name = "DuckDB"
    suffix = ".duckdb"
    first_row = 0

    def __init__(self, path: Path) -> None:
        self.connection = duckdb.connect(str(path))

    def ask(self, statement: str, *values: object) -> Any:
        """As Arrow."""
        return self.connection.execute(statement, values).to_arrow_table()

    def ready(self, content: Any) -> Any:
        """Arrow."""
        return content

    def add(self, table: str, ready: Any) -> None:
        """Insert from Arrow, in a statement that commits by itself."""
        self.connection.register("ready", ready)
        self.connection.execute(f"INSERT INTO {table} SELECT * FROM ready")  # noqa: S608  # ours
        self.connection.unregister("ready")

    def sums(self) -> tuple[float, float]:
        """Ask."""
        found = self.connection.execute("SELECT sum(i), sum(x) FROM people").fetchone()
        assert found is not None  # noqa: S101  # a sum always is
        return found[0], found[1]

    def groups(self) -> Any:
        """Ask for lists."""
        return self.ask("SELECT i, list(struct_pack(name, x)) FROM grouped GROUP BY i")

    def loop(self) -> float:
        """By tuples, which is all that it has."""
        total = 0.0
        for i, x in self.connection.execute("SELECT i, x FROM people").fetchall():
            total += i + x
        return total

    def set(self, row: int, column: str, value: object) -> None:
        """Update, which commits by itself."""
        self.connection.execute(_SET.format(column), (value, row + self.first_row))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class DuckCheckpoint(Duck):
    """With a checkpoint, which moves what its log has to where it is read from."""

    how = "CHECKPOINT"

    def add(self, table: str, ready: Any) -> None:
        """Insert from Arrow, and have a checkpoint."""
        super().add(table, ready)
        self.connection.execute("CHECKPOINT")
