"""Tables of several groups of rows, on which other ways are taken than on small ones."""

from __future__ import annotations

import random
from typing import Any

import pytest

from .making import made, tuples

COUNT = 50_000
Row = tuple[int, str, float]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Rows in no order; some names differ in case alone, and one is not ASCII."""
    chance = random.Random(5)
    made_up = [
        (chance.randrange(1000), f"{chance.choice('nN')}ame {chance.randrange(5000)}", row / 3)
        for row in range(COUNT)
    ]
    made_up[20_000] = (7, "Éva", 0.5)
    return made_up


@pytest.fixture(scope="module")
def table(rows: list[Row]) -> Any:
    """The rows in a table."""
    table = made("t[i:I,name:S,x:D]")
    table.extend(rows)
    return table


def test_select_in_large_tables(rows: list[Row], table: Any) -> None:
    """All rows with a value or in a range are found, wherever they are, each time."""
    for _ in range(3):
        assert tuples(table.select(i=7)) == [row for row in rows if row[0] == 7]
        for name in ("NAME 77", "éVA", "none"):
            wanted = [row for row in rows if row[1].lower() == name.lower()]
            found = table.select(name=name)
            assert tuples(found) == wanted
            assert [tuple(row.values()) for row in found._arrow().to_pylist()] == wanted
    some = table.select({"x": 5000.0, "i": 500}, {"i": 510})
    wanted = [row for row in rows if row[2] >= 5000 and 500 <= row[0] <= 510]
    assert [tuple(row.values()) for row in some._arrow().to_pylist()] == wanted
    assert some.sort("i").project("name").column("name").tolist() == [
        row[1] for row in sorted(wanted, key=lambda row: row[0])
    ]


def test_order_of_large_tables(rows: list[Row], table: Any) -> None:
    """Equal names stay in their order among fifty thousand, up and down."""
    wanted = sorted(rows, key=lambda row: row[1].lower())
    assert [tuple(row.values()) for row in table.sort("name")._arrow().to_pylist()] == wanted
    wanted = sorted(sorted(rows, key=lambda row: row[1].lower()), key=lambda row: -row[0])
    down = table.sortrev(["i", "name"], ["i"])
    assert [tuple(row.values()) for row in down._arrow().to_pylist()] == wanted
    wanted = sorted(rows, key=lambda row: -row[2])
    assert [tuple(row.values()) for row in table.sortrev("x", "x")._arrow().to_pylist()] == wanted


def test_counts_in_large_tables(rows: list[Row], table: Any) -> None:
    """Every key is counted, and shown as in the first row that has it."""
    counted: dict[str, list[Any]] = {}
    for _, name, _ in rows:
        counted.setdefault(name.lower(), [name, 0])[1] += 1
    wanted = [tuple(counted[key]) for key in sorted(counted)]
    assert tuples(table.counts("name", "n")) == wanted
    numbers: dict[int, int] = {}
    for number, _, _ in rows:
        numbers[number] = numbers.get(number, 0) + 1
    assert tuples(table.counts("i", "n")) == sorted(numbers.items())
    late = made("late[i:I,s:S]")
    late.extend([(row % 3 + (row > 40_000), str(row)) for row in range(COUNT)])
    assert [row.n for row in late.groupby("i", "of").flatten("of").counts("i", "n")] == [
        row.n for row in late.counts("i", "n")
    ]
    assert late.counts("i", "n")._firsts().tolist() == [0, 1, 2, 40_001]
