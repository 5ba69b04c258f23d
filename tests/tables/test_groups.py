"""Random changes of a table of many small groups, beside a list of lists."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import ClosedError
from outlive.tables import Storage, Table, columns, parse

DESCRIPTION = "t[n:I,s:S,v[k:I]]"


class Both:
    """A table, and a list that has to be equal to it."""

    def __init__(self, table: Table, seed: int) -> None:
        self.table = table
        self.expected: list[list[Any]] = []
        self.handles: list[tuple[Any, list[Any]]] = []
        self.chance = random.Random(seed)

    def new(self) -> tuple[Any, ...]:
        """A row."""
        number = self.chance.randrange(10**6)
        return number, str(number), [(number % 7,)] * (number % 3)

    def change(self) -> None:
        """Do something."""
        at = self.chance.randint(0, len(self.expected))
        acts = [self.append, self.insert, self.extend, self.delete, self.remove]
        if at < len(self.expected):
            acts += [self.set, self.set_in_subview, self.look]
        self.chance.choice(acts)(at)

    def append(self, at: int) -> None:
        """One row at the end."""
        row = self.new()
        assert self.table.append(row) == len(self.expected) >= at
        self.expected.append(list(row))

    def insert(self, at: int) -> None:
        """Some rows in between."""
        rows = [self.new() for _ in range(self.chance.choice([1, 3, 20]))]
        self.table[at:at] = rows
        self.expected[at:at] = map(list, rows)

    def extend(self, at: int) -> None:
        """Some rows at the end."""
        rows = [self.new() for _ in range(at % 11)]
        self.table.extend(rows)
        self.expected += map(list, rows)

    def delete(self, at: int) -> None:
        """A run of rows."""
        stop = at + self.chance.choice([0, 1, 5, 20])
        del self.table[at:stop]
        del self.expected[at:stop]

    def remove(self, at: int) -> None:
        """Rows here and there."""
        numbers = range(at, len(self.expected))
        gone = self.chance.sample(numbers, k=min(3, len(numbers)))
        self.table.remove(gone)
        self.expected = [row for n, row in enumerate(self.expected) if n not in gone]

    def set(self, at: int) -> None:
        """A whole row."""
        row = self.new()
        self.table[at] = row
        self.expected[at][:] = row

    def set_in_subview(self, at: int) -> None:
        """A row in a subview."""
        self.table[at].v.append(k=at)
        self.expected[at][2] = [*self.expected[at][2], (at,)]

    def look(self, at: int) -> None:
        """Keep a handle."""
        self.handles.append((self.table[at], self.expected[at]))

    def check(self) -> None:
        """All is as in the list."""
        content = [[row.n, row.s, [(sub.k,) for sub in row.v]] for row in self.table]
        assert content == self.expected
        arrow = self.table.to_arrow().to_pylist()
        assert [list(map(tuple, map(dict.values, row["v"]))) for row in arrow] == [
            row[2] for row in self.expected
        ]
        assert [row["n"] for row in arrow] == [row[0] for row in self.expected]
        for handle, row in self.handles:
            if any(row is each for each in self.expected):
                assert (handle.n, [(sub.k,) for sub in handle.v]) == (row[0], row[2])
            else:
                with pytest.raises(ClosedError, match="deleted"):
                    _ = handle.n


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "SIZE", 7)


@pytest.mark.parametrize("seed", range(3))
def test_many_groups_are_as_one_list(seed: int) -> None:
    """Rows, subviews and handles are right after every kind of change."""
    both = Both(Table(parse(DESCRIPTION)[1]), seed)
    for number in range(400):
        both.change()
        if number % 9 == 0:
            both.check()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_committed_is_what_is_read(seed: int, tmp_path: Path) -> None:
    """After every commit another storage reads the same, and a reopened one goes on from it."""
    storage = Storage(tmp_path / "a.db", sync="os")
    both = Both(storage.getas(DESCRIPTION), seed)
    reader: Storage | None = None
    for number in range(40):
        for _ in range(both.chance.randrange(12)):
            both.change()
        both.check()
        storage.commit()
        both.check()
        if reader is None:
            reader = Storage(tmp_path / "a.db", mode="r")
        reader.refresh()
        assert reader["t"].to_arrow() == both.table.to_arrow()
        if number % 10 == 9:
            storage.close()
            storage = Storage(tmp_path / "a.db", sync="os")
            both.table, both.handles = storage["t"], []
    storage.close()
