"""`check` and `repair` of a storage: rows that are whole are kept, and the others are told."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from outlive import CorruptError, DiskError, FormatError, LockedError, Safe, Storage
from outlive.engines import MemoryEngine
from outlive.tables import manifest
from outlive.tables.checking import check, repair
from outlive.tables.group import SIZE
from outlive.tables.moment import closer

from ..files import names_beside, put_alone
from . import programs

PAGE = 4096
REV = (1 << 16).to_bytes(8, "big")
FIRST = datetime.date(2020, 1, 1)


def row(n: int) -> tuple[Any, ...]:
    """A row of the larger table."""
    return n, f"row {n}", n / 2, FIRST + datetime.timedelta(n % 100), [(n, "kid")]


@functools.cache
def healthy() -> tuple[bytes, dict[str, list[Any]]]:
    """The bytes of a storage with two tables, of several commits, and what is in it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "good.db")
        rows = made(path)
        return path.read_bytes(), rows


def fill(path: Path) -> dict[str, list[Any]]:
    """Have a file with the healthy storage; what is in it."""
    data, rows = healthy()
    put_alone(path, data)
    return rows


def made(path: Path) -> dict[str, list[Any]]:
    """Make it; what is in it."""
    with Storage(path, sync="os") as db:
        table = db.getas("t[n:I,name:S,x:D,d:date,kids[k:I,s:S]]")
        other = db.getas("u[b:B,l:L]")
        for start in range(0, 3 * SIZE, SIZE):
            table.extend([row(n) for n in range(start, start + SIZE)])
            other.append(b=bytes([start % 251]) * 9000, l=start << 40)
            db.commit()
        table[5].n = 7
        db.commit()
        return content(db)


def content(db: Storage) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return {name: db.view(name).to_arrow().to_pylist() for name in db}


def read(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables of a file."""
    with Storage(path, mode="r") as db:
        return content(db)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the storage is."""
    return tmp_path / "a.db"


def put_raw(path: Path, entries: dict[bytes, bytes | None]) -> None:
    """Blocks that no storage wrote; None takes one away."""
    closer.finish()  # what a storage that was closed had open
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        for key, value in entries.items():
            if value is None:
                assert txn.delete(key)
            else:
                txn.put(key, REV + value)
    env.close()


def mended(faults: Any) -> bool:
    """Whether nothing is left to repair."""
    return not any(fault.is_repairable for fault in faults)


def test_an_intact_storage(path: Path) -> None:
    """Nothing is found, also while it is open and has changes; nothing is done or made."""
    Storage(path).close()
    assert check(path) == []
    rows = fill(path)
    with Storage(path) as db:
        db.view("t").append(n=1)
        assert check(path) == []
    before = path.read_bytes()
    steps: list[tuple[int, int]] = []
    assert check(path, progress=lambda done, of: steps.append((done, of))) == []
    assert repair(path) == []
    assert path.read_bytes() == before
    assert names_beside(path) == ["a.db", "a.db-lock"]
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]
    assert read(path) == rows


def test_one_damaged_block(path: Path) -> None:
    """The rows of its group are lost, in all columns, and told by number; all others are kept."""
    rows = fill(path)
    put_raw(path, {manifest.block_key(0, 1, 1): b"\xff" * 64})
    before = path.read_bytes()
    (fault,) = check(path)
    assert f"table 't', rows {SIZE} to {2 * SIZE - 1}" in fault.where
    assert "'name'" in fault.what
    lines = repair(path)
    assert any(f"rows {SIZE} to {2 * SIZE - 1}" in line for line in lines)
    assert path.with_name("a.db.before-repair").read_bytes() == before
    kept = read(path)
    assert kept["t"] == rows["t"][:SIZE] + rows["t"][2 * SIZE :]
    assert kept["u"] == rows["u"]
    assert mended(check(path))
    with Storage(path) as db:
        db.view("t").append(n=1, name="new")
        db.view("t")[0].name = "other"
        db.commit()
    assert check(path)[1:] == []
    assert len(read(path)["t"]) == 2 * SIZE + 1


@pytest.mark.parametrize("count", [SIZE - 1, 0])
def test_a_block_that_has_other_rows(path: Path, count: int) -> None:
    """It is no block of its group."""
    fill(path)
    with Storage() as db:
        db.getas("a[n:I]").extend([(n + 1,) for n in range(count)])
        db.commit()
        with db._engine.snapshot() as snapshot:
            entry = snapshot.get(manifest.block_key(0, 0, 0))
            block = bytes(entry.value) if entry else b"x"
    put_raw(path, {manifest.block_key(0, 0, 0): block})
    (fault,) = check(path)
    assert f"rows 0 to {SIZE - 1}" in fault.where


def test_what_belongs_to_no_table(path: Path) -> None:
    """Orphan blocks are told, and left out."""
    rows = fill(path)
    size = path.stat().st_size
    put_raw(path, {manifest.block_key(7, 0, 0): bytes(5_000_000), b"\x01x": b"?"})
    (fault,) = check(path)
    assert "2 entries that belong to no table" in fault.what
    assert repair(path)
    assert read(path) == rows
    assert path.stat().st_size < size + 1_000_000
    assert mended(check(path))


def test_a_list_of_rows_that_is_lost(path: Path) -> None:
    """The table is empty then, and the others are whole."""
    rows = fill(path)
    put_raw(path, {manifest.page_key(0, 0): None})
    assert "list of up to 512 groups" in str(check(path)[0])
    repair(path)
    assert read(path) == {"t": [], "u": rows["u"]}
    assert mended(check(path))


@pytest.mark.parametrize("value", [b"{", b'{"tables":[],"next":0}', None])
def test_a_manifest_that_is_lost(path: Path, value: bytes | None) -> None:
    """Nothing can be mended then; the file stays as it is."""
    fill(path)
    put_raw(path, {manifest.MANIFEST: value})
    before = path.read_bytes()
    assert any("which tables there are" in fault.what for fault in check(path))
    try:
        assert all(line.startswith("not mended") for line in repair(path))
    except CorruptError as error:
        assert "a.db" in str(error)
    assert path.read_bytes() == before
    assert not path.with_name("a.db.before-repair").exists()


def test_a_header_that_is_lost(path: Path) -> None:
    """It is written anew."""
    rows = fill(path)
    put_raw(path, {manifest.HEADER: b"{"})
    assert "header" in str(check(path)[0])
    repair(path)
    assert read(path) == rows


@pytest.mark.parametrize("count", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_any_bit_may_be_wrong(path: Path, count: int) -> None:
    """A fault is found, or all rows are there, but for one block; a repaired storage is whole."""
    good, rows = healthy()
    moments = random.Random(5)
    found = 0
    for _ in range(count):
        page = moments.choice([0, 1, *[moments.randrange(len(good) // PAGE) for _ in range(4)]])
        at = page * PAGE + moments.randrange(moments.choice([16, 160, PAGE]))
        put_alone(path, good[:at] + bytes([good[at] ^ 1 << moments.randrange(8)]) + good[at + 1 :])
        try:
            faults = check(path)
        except FormatError:  # the header says that it is of a later version
            continue
        lines = repair(path) if faults else []
        assert bool(lines) == bool(faults), at
        kept = read(path)
        assert kept.keys() == rows.keys()
        if faults:
            found += 1
            assert mended(check(path)), (at, lines)
        lost = sum(len(rows[name]) - len(kept[name]) for name in rows)
        assert lost == 0 or "lost" in "".join(lines), (at, lines)
        assert 0 <= lost <= SIZE, (at, lines)
        if not lost and not lines:  # the bytes of a value were changed into another one
            for name in rows:
                pairs = zip(rows[name], kept[name], strict=True)
                assert sum(before != after for before, after in pairs) <= SIZE, at
    assert found > count // 7


def test_a_file_that_was_cut(path: Path) -> None:
    """At any length: all is there, or it is said what is lost, and the rest can be read."""
    good, rows = healthy()
    moments = random.Random(8)
    for length in [0, 1, PAGE, 3 * PAGE, *[moments.randrange(len(good)) for _ in range(12)]]:
        put_alone(path, good[:length])
        if not check(path):
            assert read(path) == rows
            continue
        try:
            lines = repair(path)
        except CorruptError:
            lines = []
        if any("written anew" in line for line in lines):
            assert "lost" in "".join(lines)
            kept = read(path)
            wanted = {each["name"] for each in rows["t"]}
            assert all(each["name"] in wanted for each in kept["t"])
            assert mended(check(path))
        else:
            assert path.read_bytes() == good[:length]
            assert names_beside(path) == ["a.db"]


@contextlib.contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that commits all the time; killed at the end."""
    command = [sys.executable, "-m", programs.__name__, "write", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("times", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_beside_a_busy_writer(path: Path, times: int) -> None:
    """No check finds anything, while it commits and compacts; what it leaves is no fault either."""
    with writer(path) as process:
        for number in range(times):
            assert check(path) == [], number
        assert process.poll() is None
        with pytest.raises(LockedError, match=str(process.pid)):
            Storage(path)
    faults = check(path)
    assert all("killed" in fault.what for fault in faults)
    repair(path)
    assert check(path) == []
    with Storage(path) as db:
        assert programs.check(db) > 1


def test_a_storage_that_is_open_is_not_repaired(path: Path) -> None:
    """LockedError says who has it open, as a writer or as a reader; nothing is changed."""
    fill(path)
    put_raw(path, {manifest.block_key(0, 1, 1): b"\xff" * 64})
    before = path.read_bytes()
    for mode in ("rw", "r"):
        with Storage(path, mode=mode), pytest.raises(LockedError, match=str(os.getpid())):
            repair(path)
    assert path.read_bytes() == before
    assert not path.with_name("a.db.before-repair").exists()
    assert repair(path)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.slow)])
def test_a_repair_that_is_killed(path: Path, kills: int) -> None:
    """The damaged file is there, or the mended one; the next repair mends what is left."""
    rows = fill(path)
    put_raw(path, {manifest.block_key(0, 1, 1): b"\xff" * 64})
    damaged = path.read_bytes()
    program = "import sys; from outlive.tables.checking import check, repair; check(sys.argv[1]); "
    program += "print(1, flush=True); repair(sys.argv[1])"
    moments = random.Random(3)
    outcomes = set()
    began = time.monotonic()
    repair(path)
    took = time.monotonic() - began
    for number in range(kills + 2):
        put_alone(path, damaged)
        child = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        if number == kills:
            child.wait()  # it was not killed: here, and not at the next, the file is mended
        elif number < kills:
            time.sleep(moments.uniform(0, 1.5 * took))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        is_old = path.read_bytes() == damaged
        outcomes.add(is_old)
        repair(path)
        assert read(path)["t"] == rows["t"][:SIZE] + rows["t"][2 * SIZE :]
        assert mended(check(path))
    assert outcomes == {True, False}


def test_an_aside(path: Path) -> None:
    """It has blocks of tables whose others are elsewhere: that is no fault."""
    fill(path)
    aside = path.with_name("b.db")
    with Storage(path, mode="r") as db, Storage(aside) as other:
        db.aside(other)
        db.view("t")[5].name = "changed"
        db.view("t").append(n=1)
        del db.view("u")[0]
        db.commit()
        assert check(aside) == []
    assert check(aside) == []
    assert check(path) == []
    put_raw(aside, {manifest.block_key(0, 1, 0): b"\xff" * 64})
    (fault,) = check(aside)
    assert "'name'" in fault.what
    assert not fault.is_repairable


def test_files_that_are_none(path: Path) -> None:
    """What is no storage is refused, or told as it is."""
    with pytest.raises(DiskError, match=r"a\.db"):
        check(path)
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    with pytest.raises(FormatError, match=r"a\.db"):
        check(path)
    path.write_bytes(b"text" * 4000)
    (fault,) = check(path)
    assert not fault.is_repairable


def test_an_engine_of_another_kind() -> None:
    """Its content is checked, too."""
    engine = MemoryEngine()
    with Storage(engine) as db:
        db.getas("t[n:I]").append(n=1)
        db.commit()
    assert check(engine) == []
    engine.commit({manifest.block_key(0, 0, 0): b"\xff" * 64})
    (fault,) = check(engine)
    assert "rows 0 to 0" in fault.where
