"""The processes that the tests of a storage start: a writer that is killed, readers beside one.

Each commit of the writer makes the storage a state that its number tells: `expected` says which.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from pathlib import Path
from typing import Any

from outlive.tables import Storage

DESCRIPTION = "t[n:I,name:S,x:D,kids[k:I]]"


def expected(number: int) -> tuple[int, int]:
    """After the commit `number`: how many rows there are, and what the first one says."""
    return 3 * number - number // 5, number


def step(table: Any, number: int, bulk: int) -> None:
    """The changes of the commit `number`. A growing one has `bulk` rows that go at the next."""
    while len(table) and table[-1].name == "bulk":
        del table[table.find(name="bulk") :]
    for _ in range(3):
        table.append(n=number, name=f"row {number}", x=number / 2, kids=[(number,)])
    if number % 5 == 0:
        del table[len(table) // 2]
    table[0].n = number
    table[0].kids[0].k = number
    if number % 3 == 0:
        table.extend([(number, "bulk", 0.5, [])] * bulk)


def check(storage: Storage) -> int:
    """The number of the commit that a storage shows, whole; fails for anything else."""
    if "t" not in storage:
        return 0
    table = storage.view("t")
    if not len(table):
        return 0
    content = table.to_arrow().to_pylist()
    number = int(content[0]["n"])
    rows = [row for row in content if row["name"] != "bulk"]
    assert len(rows) == expected(number)[0], (len(rows), number)
    assert rows[0]["kids"] == [{"k": number}]
    for row in rows[1:]:
        assert row["name"] == f"row {row['n']}"
        assert row["x"] == row["n"] / 2
        assert row["kids"] == [{"k": row["n"]}]
    assert rows[-1]["n"] == number
    return number


def write(path: str) -> None:
    """Commit until killed; say each number once it is kept."""
    with Storage(path, timeout=10) as storage:
        table = storage.getas(DESCRIPTION)
        for number in itertools.count(check(storage) + 1):
            step(table, number, 20_000)
            storage.commit()
            os.write(1, b"%d\n" % number)
            if number % 40 == 0:
                storage.compact()


def read(path: str) -> None:
    """Hold snapshots and open new ones until the standard input ends; each stays what it is."""
    chance = random.Random(path)
    held: list[tuple[Storage, int]] = []
    latest = rounds = 0
    os.set_blocking(0, False)
    while _parent_waits():
        storage = Storage(path, mode="r")
        number = check(storage)
        assert number >= latest, (number, latest)
        latest = number
        held.append((storage, number))
        for other, seen in held:
            assert check(other) == seen
        if len(held) > 3:
            other, seen = held.pop(chance.randrange(3))
            if chance.random() < 0.5:
                other.refresh()
                assert check(other) >= latest
            other.close()
        rounds += 1
    os.write(1, b"%d %d\n" % (rounds, latest))


def _parent_waits() -> bool:
    """Whether the parent has not closed our standard input yet."""
    try:
        return os.read(0, 1) != b""
    except BlockingIOError:
        return True


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](str(Path(sys.argv[2])))
