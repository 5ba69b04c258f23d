"""Cells that are set after their block was written: kept as patches beside it."""

from __future__ import annotations

import datetime
import gc
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlive.engines import MemoryEngine
from outlive.engines.lmdb import LMDBEngine
from outlive.errors import CorruptError
from outlive.tables import Storage

COUNT = 3_000
DAY = datetime.date(2020, 2, 29)
MAKERS: dict[str, Callable[[int], Any]] = {
    "i": lambda n: n % 100,
    "l": lambda n: n * 7_000_000_000,
    "f": lambda n: n / 4,
    "d": lambda n: n / 3,
    "s": lambda n: f"Name {n}" if n % 3 else "",
    "b": lambda n: bytes([n % 256]) * (n % 5),
    "t": lambda n: f"ä{n}",
    "y": lambda n: bool(n % 2),
    "a": lambda n: DAY + datetime.timedelta(days=n),
    "m": lambda n: datetime.datetime(2020, 1, 1, microsecond=n),
    "c": lambda n: Decimal(n) / 8,
    "k": lambda n: [(each,) for each in range(n % 3)],
}
DESCRIPTION = "t[i:I,l:L,f:F,d:D,s:S,b:B,t:str,y:bool,a:date,m:datetime,c:Decimal,k[n:I]]"
ACTS = ["set"] * 8 + ["read", "insert", "delete", "column", "commit", "rollback"]


def made(number: int) -> dict[str, Any]:
    """A row."""
    return {name: make(number) for name, make in MAKERS.items()}


def content(view: Any) -> list[dict[str, Any]]:
    """All rows, as they were given."""
    rows: list[dict[str, Any]] = view.to_arrow().to_pylist()
    for row in rows:
        row["k"] = [(each["n"],) for each in row["k"]]
    return rows


def written(engine: MemoryEngine, since: int) -> int:
    """The bytes of all values that are newer than a revision."""
    with engine.snapshot() as now:
        return sum(len(entry.value) for _, entry in now.scan() if entry.rev > since)


def moment(engine: MemoryEngine) -> int:
    """The revision of what there is now."""
    with engine.snapshot() as now:
        return now.rev


def blocks(engine: MemoryEngine) -> list[bytes]:
    """The keys of blocks and patches."""
    with engine.snapshot() as now:
        return [key for key, _ in now.scan(b"\x01b", b"\x01c")]


def test_setting_a_cell_writes_little() -> None:
    """A commit of a cell writes less than two kilobytes, at first and the hundredth time."""
    engine = MemoryEngine()
    table = Storage(engine).getas("t[x:D,s:S]")
    table.extend({"x": [n / 3 for n in range(50_000)], "s": [f"n{n}" for n in range(50_000)]})
    table._storage.commit()
    for number in range(40):
        before = moment(engine)
        table[number * 1_000].x = -1.0
        table[number * 1_000].s = "other"
        table._storage.commit()
        assert written(engine, before) < 2_000 + 16 * number


@pytest.mark.parametrize("sets", [1, 63, 64, 65, 200])
def test_many_sets_are_kept(tmp_path: Path, sets: int) -> None:
    """Whether they are kept as a patch or in the block, the cells are there when it is reopened."""
    rows = [made(number) for number in range(COUNT)]
    with Storage(tmp_path / "a.db") as storage:
        table = storage.getas(DESCRIPTION)
        table.extend(rows)
        storage.commit()
        for number in range(sets):
            row = number * 7 % 90  # some of them again
            rows[row] = made(number + 10_000)
            table[row] = rows[row]
            storage.commit()
            if number % 50 == 0:
                assert content(table) == rows
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert content(storage.view("t")) == rows


def test_a_reader_keeps_its_moment(tmp_path: Path) -> None:
    """Who opened before a cell was set sees what was there, until it refreshes."""
    with Storage(tmp_path / "a.db") as storage:
        table = storage.getas("t[x:L]")
        table.extend({"x": range(COUNT)})
        storage.commit()
        table[5].x = -1
        storage.commit()
        with Storage(tmp_path / "a.db", mode="r") as reader:
            table[5].x = -2
            storage.commit()
            assert reader.view("t")[5].x == -1
            reader.refresh()
            assert reader.view("t")[5].x == -2


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 12))]
)
def test_any_changes_between_commits(seed: int) -> None:
    """Whatever happens to rows and columns with patches, the table is what a list would be."""
    rng = random.Random(seed)
    engine = MemoryEngine()
    storage = Storage(engine)
    table: Any = storage.getas(DESCRIPTION)
    rows = [made(number) for number in range(COUNT)]
    table.extend(rows)
    storage.commit()
    kept = [dict(row) for row in rows]
    for step in range(40):
        what = rng.choice(
            ["set"] * 8 + ["read", "insert", "delete", "column", "commit", "rollback"]
        )
        at = rng.randrange(len(rows))
        if what == "set":
            for each in rng.choices(range(len(rows)), k=rng.choice([1, 3, 80])):
                name = rng.choice(list(MAKERS))
                rows[each][name] = MAKERS[name](step + 20_000)
                table[each][name] = rows[each][name]
            storage.commit()
            kept = [dict(row) for row in rows]
        elif what == "read":
            assert table.column("d").tolist() == [row["d"] for row in rows]
        elif what == "insert":
            rows.insert(at, made(step))
            table.insert(at, made(step))
        elif what == "delete":
            del rows[at : at + 300]
            del table[at : at + 300]
        elif what == "column":
            storage.getas(DESCRIPTION.replace(",d:D", ""))
            table = storage.getas(DESCRIPTION)
            for row in rows:
                row["d"] = 0.0
            names = list(MAKERS)
            rows = [{name: row[name] for name in names} for row in rows]
        elif what == "commit":
            storage.commit()
            kept = [dict(row) for row in rows]
        else:
            storage.rollback()
            table = storage.view("t")
            rows = [dict(row) for row in kept]
        assert len(table) == len(rows)
    assert content(table) == rows
    storage.commit()
    assert content(Storage(engine, mode="r").view("t")) == rows


def test_nothing_is_left_behind() -> None:
    """When the rows, a column, or the table goes, so do its patches."""
    engine = MemoryEngine()
    storage = Storage(engine)
    table = storage.getas("t[x:L,y:L]")
    table.extend({"x": range(COUNT), "y": range(1, COUNT + 1)})
    storage.commit()
    for name in "xy":
        table[5][name] = -1
    storage.commit()
    assert len(blocks(engine)) == 4
    storage.getas("t[x:L]")
    storage.commit()
    assert len(blocks(engine)) == 2
    del storage.view("t")[:]
    storage.commit()
    assert blocks(engine) == []
    storage.view("t").extend({"x": range(COUNT)})
    storage.commit()
    storage.view("t")[5].x = -1
    storage.commit()
    storage.drop("t")
    storage.commit()
    assert blocks(engine) == []


def test_a_block_that_is_written_ends_its_patch() -> None:
    """A patch does not return to a block that was written with later cells."""
    engine = MemoryEngine()
    storage = Storage(engine)
    table = storage.getas("t[x:L]")
    table.extend({"x": range(COUNT)})
    storage.commit()
    table[5].x = -1
    storage.commit()
    table[5].x = 5
    assert table.column("x").sum() == sum(range(COUNT))  # which puts it into the block
    storage.commit()
    assert len(blocks(engine)) == 1
    assert Storage(engine, mode="r").view("t")[5].x == 5


def test_an_aside_has_the_patches(tmp_path: Path) -> None:
    """A cell that is set with an aside is there, and in the main file after it was emptied."""
    with Storage(tmp_path / "a.db") as main:
        main.getas("t[x:L]").extend({"x": range(COUNT)})
        main.commit()
        main.view("t")[5].x = -1
        main.commit()
        with Storage(tmp_path / "b.db") as other:
            main.aside(other)
            main.view("t")[6].x = -2
            main.commit()
            assert main.view("t").column("x")[4:8].tolist() == [4, -1, -2, 7]
            main.commit(full=True)
    with Storage(tmp_path / "a.db", mode="r") as main:
        assert main.view("t").column("x")[4:8].tolist() == [4, -1, -2, 7]


def test_a_storage_that_nobody_has_commits_patches(tmp_path: Path) -> None:
    """With autocommit, cells that were set are kept when the garbage collector comes."""
    with Storage(tmp_path / "a.db") as storage:
        table = storage.getas("t[x:L,y:L]")
        table.extend({"x": range(COUNT), "y": range(COUNT)})
        storage.commit()
        table[5].x = -1
        storage.commit()
    storage = Storage(tmp_path / "a.db")
    storage.autocommit()
    table = storage.view("t")
    assert table[5].y == 5
    table[6].x = -2
    del storage, table
    gc.collect()
    with Storage(tmp_path / "a.db", timeout=30) as storage:
        assert storage.view("t").column("x")[4:8].tolist() == [4, -1, -2, 7]


def test_a_damaged_patch_is_noticed(tmp_path: Path) -> None:
    """A patch with a wrong bit raises CorruptError, which names the file and the column."""
    path = tmp_path / "a.db"
    with Storage(path) as storage:
        table = storage.getas("t[x:L]")
        table.extend({"x": range(COUNT)})
        storage.commit()
        table[5].x = -1
        storage.commit()
    engine = LMDBEngine(path)
    with engine.snapshot() as now:
        ((key, entry),) = [each for each in now.scan(b"\x01b", b"\x01c") if each[0].endswith(b"p")]
        value = bytearray(entry.value)
    value[-20] ^= 1
    engine.commit({key: bytes(value)})
    engine.close()
    with Storage(path) as storage, pytest.raises(CorruptError, match=r"a\.db, t: the column 'x'"):
        storage.view("t")[7]["x"]
