"""A storage keeps what was committed, and nothing else."""

from __future__ import annotations

import errno
import gc
import io
import os
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive.engines import MemoryEngine
from outlive.errors import (
    ClosedError,
    ConflictError,
    CorruptError,
    DiskError,
    FormatError,
    FullError,
    LockedError,
    ReadOnlyError,
)
from outlive.tables import Storage
from outlive.tables.arrow import pa

from ..files import run_python

PEOPLE = "people[first:S,last:S,shoesize:I]"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A storage with two people."""
    with Storage(tmp_path / "a.db") as storage:
        people = storage.getas(PEOPLE)
        people.append(first="John", last="Lennon", shoesize=44)
        people.append(first="Flash", last="Gordon", shoesize=42)
        storage.commit()
    return tmp_path / "a.db"


def firsts(storage: Storage) -> list[str]:
    """The first names in `people`."""
    return [row.first for row in storage["people"]]


def test_only_what_was_committed_is_kept(path: Path) -> None:
    """Closing does not commit; a commit keeps data and structure."""
    with Storage(path) as storage:
        storage.getas("other[a:I]").append(a=1)
        del storage["people"][0]
    with Storage(path) as storage:
        assert firsts(storage) == ["John", "Flash"]
        assert list(storage) == ["people"]
        storage.getas("other[a:I]").append(a=1)
        storage.commit()
        storage.commit()
    with Storage(path, mode="r") as storage:
        assert storage.description() == f"{PEOPLE},other[a:I]"
        assert storage.contents()[1] == {"name": "other", "description": "other[a:I]", "rows": 1}


def test_a_rollback_is_of_data_and_structure(path: Path) -> None:
    """All is as it was committed; views and rows from before say what happened."""
    with Storage(path) as storage:
        people = storage["people"]
        row, sorted_ = people[0], people.sort(people.shoesize)
        people[1].shoesize = 1
        people.append(first="x")
        storage.getas("people[first:S,hobby:S]")
        storage.getas("new[a:I]")
        storage.drop("people")
        storage.rollback()
        assert firsts(storage) == ["John", "Flash"]
        assert storage.description() == PEOPLE
        for use in (
            lambda: row.first,
            lambda: setattr(row, "first", "y"),
            lambda: len(people),
            lambda: people.append(first="y"),
            lambda: people[0],
            lambda: list(people),
            lambda: sorted_[0],
        ):
            with pytest.raises(ClosedError):
                use()
        storage.commit()
        assert firsts(storage) == ["John", "Flash"]


def test_after_close_all_say_so(path: Path) -> None:
    """Storage, views, rows and subviews raise ClosedError, which names the file."""
    storage = Storage(path)
    table = storage.getas("t[a:I,b[c:I]]")
    table.append(a=1, b=[(1,)])
    row, sub, rows = table[0], table[0].b, iter(table)
    next(rows)
    storage.close()
    storage.close()
    for use in (
        lambda: storage["people"],
        storage.commit,
        lambda: storage.getas("x[a:I]"),
        lambda: list(storage),
        lambda: row.a,
        lambda: len(sub),
        lambda: sub.append(c=1),
        lambda: table.append(a=1),
        table.to_arrow,
        lambda: next(rows),
    ):
        with pytest.raises(ClosedError, match=r"a\.db"):
            use()
    assert "closed" in repr(table)
    assert "closed" in repr(storage)


def test_a_reader_sees_one_commit_until_it_refreshes(path: Path) -> None:
    """Later commits, and a compaction, do not touch what it has."""
    reader = Storage(path, mode="r")
    with Storage(path) as storage:
        people = reader["people"]
        row = people[0]
        storage["people"][0].first = "Changed"
        storage["people"].append(first="New")
        storage.commit()
        storage.compact()
        assert [each.first for each in people] == ["John", "Flash"]
        assert row.first == "John"
        reader.refresh()
        assert [each.first for each in people] == ["Changed", "Flash", "New"]
        with pytest.raises(ClosedError, match="refreshed"):
            _ = row.first
        storage.getas("people[first:S]")
        storage.commit()
        reader.refresh()
        assert reader.description() == "people[first:S]"
        assert people[0] == {"first": "Changed"}
        storage.drop("people")
        storage.commit()
        reader.refresh()
        with pytest.raises(ClosedError, match="not there any more"):
            len(people)
    reader.close()


def test_a_reader_cannot_write(path: Path) -> None:
    """Each attempt raises ReadOnlyError, and changes nothing."""
    with Storage(path, mode="r") as storage:
        people = storage["people"]
        attempts: list[Any] = [
            lambda: people.append(first="x"),
            lambda: people.extend([("x",)]),
            lambda: people.insert(0, first="x"),
            lambda: people.__delitem__(0),
            lambda: setattr(people[0], "first", "x"),
            lambda: people.remove([0]),
            lambda: storage.getas("people[first:S]"),
            lambda: storage.getas("new[first:S]"),
            lambda: storage.drop("people"),
            storage.commit,
            storage.compact,
            storage.autocommit,
        ]
        for attempt in attempts:
            with pytest.raises(ReadOnlyError, match="mode='rw'"):
                attempt()
        assert firsts(storage) == ["John", "Flash"]


def test_subviews_of_a_reader_cannot_be_written(tmp_path: Path) -> None:
    """Nor through the rows in them."""
    with Storage(tmp_path / "a.db") as storage:
        storage.getas("t[a:I,b[c:I]]").append(a=1, b=[(1,)])
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        sub = storage["t"][0].b
        for attempt in (
            lambda: sub.append(c=1),
            lambda: setattr(sub[0], "c", 2),
            lambda: sub.__delitem__(0),
        ):
            with pytest.raises(ReadOnlyError):
                attempt()


def test_one_writer_at_a_time(path: Path) -> None:
    """The second gets LockedError; a reader does not mind."""
    with Storage(path):
        with pytest.raises(LockedError):
            Storage(path)
        Storage(path, mode="r").close()
    Storage(path).close()
    assert sorted(each.name for each in path.parent.iterdir()) == ["a.db", "a.db-lock"]


def test_two_writers_on_one_engine_conflict() -> None:
    """Who commits second gets ConflictError; after a rollback it goes on from the other's."""
    engine = MemoryEngine()
    one, two = Storage(engine), Storage(engine)
    one.getas("t[a:I]").append(a=1)
    two.getas("t[a:I]").append(a=2)
    one.commit()
    with pytest.raises(ConflictError, match="another storage"):
        two.commit()
    two.rollback()
    two["t"].append(a=3)
    two.commit()
    one.refresh()
    assert list(one["t"].column("a")) == [1, 3]


def test_restructuring_converts_or_refuses(path: Path) -> None:
    """Added columns have defaults, others go; a value that cannot be converted changes nothing."""
    with Storage(path) as storage:
        people = storage.getas("people[shoesize:S,first:S,age:I,kids[name:S]]")
        assert people[0] == {"shoesize": "44", "first": "John", "age": 0, "kids": people[1].kids}
        people[0].kids.append(name="Julian")
        storage.commit()
        people = storage.getas("people[shoesize:D,first:B,age:L,kids[name:S,born:I]]")
        assert people[0].kids[0] == {"name": "Julian", "born": 0}
        assert list(people.column("shoesize")) == [44.0, 42.0]
        storage.commit()
    with Storage(path) as storage:
        people = storage["people"]
        assert people[0].first == b"John"
        people[0].shoesize = 44.5
        people[0].age = 2**40
        before = people.to_arrow()
        for wanted in ("shoesize:I", "age:I", "first:I", "kids:S", "age[a:I]"):
            with pytest.raises(FormatError, match="cannot become"):
                storage.getas(f"people[{wanted}]")
        assert people.to_arrow() == before


def test_a_row_from_before_a_restructuring_says_so(path: Path) -> None:
    """Its columns may not be there any more."""
    with Storage(path) as storage:
        row = storage["people"][0]
        storage.getas(PEOPLE)
        assert row.first == "John"
        storage.getas("people[last:S]")
        with pytest.raises(ClosedError, match="other columns"):
            _ = row.first


def test_dropped_tables_and_columns_leave_no_room() -> None:
    """What is gone is gone from the engine."""
    engine = MemoryEngine()
    storage = Storage(engine)
    table = storage.getas("t[a:I,b:S]")
    table.extend([(n, str(n)) for n in range(1, 40_000)])
    storage.commit()
    storage.getas("t[a:I]")
    storage.commit()
    with engine.snapshot() as snapshot:
        assert snapshot.count(b"\x01b", b"\x01c") == 3  # blocks of a
    storage.drop("t")
    storage.commit()
    with engine.snapshot() as snapshot:
        assert [key for key, _ in snapshot.scan()] == [b"\x01m", b"\xfestorage"]


def test_autocommit(tmp_path: Path) -> None:
    """A storage that was told to commits when it is closed, or nobody has it any more."""
    storage = Storage(tmp_path / "a.db")
    storage.autocommit()
    storage.getas("t[a:I]").append(a=1)
    storage.close()
    storage = Storage(tmp_path / "a.db")
    storage.autocommit()
    storage["t"].append(a=2)
    del storage
    gc.collect()
    with Storage(tmp_path / "a.db", timeout=10) as storage:
        assert list(storage["t"].column("a")) == [1, 2]
    program = "import sys; from outlive.tables import Storage; s = Storage(sys.argv[1]); "
    run_python(f"{program} s.autocommit(); s['t'].append(a=3)", tmp_path / "a.db")
    run_python(f"{program} s.autocommit(); s['t'].append(a=4); del s", tmp_path / "a.db")
    run_python(f"{program} s['t'].append(a=5)", tmp_path / "a.db")
    with Storage(tmp_path / "a.db") as storage:
        assert list(storage["t"].column("a")) == [1, 2, 3, 4]


def test_arrays_outlive_their_storage(path: Path) -> None:
    """What was taken from a view stays what it was after commits, compaction and close."""
    with Storage(path) as storage:
        big = storage.getas("big[a:D]")
        big.extend({"a": [float(n) for n in range(100_000)]})
        storage.commit()
        table = big.to_arrow()
        column = big.column("a")
        stream = pa.RecordBatchReader.from_stream(big)
        for number in range(20):
            big[number * 5000].a = -1.0
            storage.commit()
        storage.compact()
    assert table.column("a").to_pylist() == [float(n) for n in range(100_000)]
    assert column.sum() == sum(range(100_000))
    assert stream.read_all() == table


def test_save_and_load(path: Path) -> None:
    """A stream has all tables, with structure; what is none, or cut short, is refused."""
    file = io.BytesIO()
    with Storage(path) as storage:
        storage.getas("t[a:I,b[c:I,d[e:S]]]").append(a=1, b=[(1, [("x",)])])
        storage.getas("none[]")
        storage["people"].append(first="uncommitted")
        storage.save(file)
        whole = file.getvalue()
        other = Storage()
        other.getas("gone[a:I]")
        other.load(io.BytesIO(whole))
        assert other.description() == storage.description()
        assert other["t"] == storage["t"]
        assert other["people"] == storage["people"]
        before = other["people"].to_arrow()
        for size in {0, 1, len(whole) // 2, len(whole) - 1}:
            with pytest.raises(FormatError, match="not all of it"):
                other.load(io.BytesIO(whole[:size]))
        with pytest.raises(FormatError):
            other.load(io.BytesIO(b"JL\x1a\0 no stream of ours"))
        assert other["people"].to_arrow() == before


def test_integers_are_as_narrow_as_they_can_be() -> None:
    """In the engine, whatever the column could hold."""
    engine = MemoryEngine()
    storage = Storage(engine)
    table = storage.getas("t[a:L]")

    def size() -> int:
        storage.commit()
        with engine.snapshot() as snapshot:
            return sum(len(entry.value) for _, entry in snapshot.scan(b"\x01b", b"\x01c"))

    table.extend({"a": [0] * 10_000})
    assert size() == 0
    sizes = []
    for value in (-1, 200, 40_000, 2**40):
        table[5].a = value
        table.column("a")  # puts it into the block; else it would stand beside it, as a patch
        sizes.append(size() // 10_000)
    assert sizes == [1, 2, 4, 8]
    assert table[5].a == 2**40


class FullOnce(MemoryEngine):
    """An engine that has no room when it is asked for the second time."""

    asked = 0

    def commit(self, *args: Any, **named: Any) -> int:
        """Refuse the third commit: the first makes the header."""
        self.asked += 1
        if self.asked == 3:
            raise FullError(errno.ENOSPC, f"{self.name} has no room")
        return super().commit(*args, **named)


def test_a_commit_that_fails_changes_nothing() -> None:
    """The changes are still there in memory, and the next commit keeps them."""
    engine = FullOnce()
    storage = Storage(engine)
    table = storage.getas("t[a:I,s:S]")
    table.extend([(n, str(n)) for n in range(20_000)])
    storage.commit()
    row = table[15_000]
    row.s = "set"
    del table[:100]
    table.append(a=-1)
    with pytest.raises(FullError):
        storage.commit()
    assert Storage(engine, mode="r")["t"][15_000].s == "15000"
    assert (len(table), row.s, table[-1].a) == (19_901, "set", -1)
    storage.commit()
    with Storage(engine, mode="r") as reader:
        assert reader["t"] == table
        assert reader["t"][14_900].s == "set"


FULL = """
import os, resource, signal, sys
from outlive.errors import DiskError
from outlive.tables import Storage

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Storage(sys.argv[1]) as storage:
    table = storage.getas("t[a:D]")
    table.extend({"a": [float(n) for n in range(100_000)]})
    storage.commit()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(sys.argv[1]) + 4096, limits[1]))
    table[50_000].a = -1.0
    table.extend({"a": [0.5] * 1_000_000})
    try:
        storage.commit()
    except DiskError:
        print("refused")
    assert len(table) == 1_100_000 and table[50_000].a == -1.0 and table[99_999].a == 99_999.0
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
with Storage(sys.argv[1]) as storage:
    table = storage["t"]
    assert len(table) == 100_000 and table[50_000].a == 50_000.0
    table[50_000].a = -1.0
    storage.commit()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits of a process")
def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """A file that may not grow is what it was; what was not committed is still in memory."""
    assert run_python(FULL, tmp_path / "a.db") == "refused\n"


def test_a_derived_view_does_not_make_the_file_grow(tmp_path: Path) -> None:
    """Its arrays keep an old snapshot open, and so room from being used again; not for ever."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table, other = storage.getas("t[a:I]"), storage.getas("u[x:D]")
        table.extend({"a": range(1, 30_000)})
        other.extend({"x": [0.5] * 15_000})
        storage.commit()
        held = table.project("a")
        held.to_arrow()
        sizes = []
        for number in range(400):
            other[5].x = number
            storage.commit()
            sizes.append((tmp_path / "a.db").stat().st_size)
        assert sizes[-1] < sizes[0] + 2 * 100 * 15_000 * 8
        assert held[29_998].a == 29_999


def test_compaction_puts_small_pieces_together(tmp_path: Path) -> None:
    """The file shrinks, rows stay, handles too; uncommitted changes are left alone."""
    with Storage(tmp_path / "a.db") as storage:
        table = storage.getas("t[a:I,s:S]")
        table.extend([(n, str(n)) for n in range(400_000)])
        storage.commit()
        table.remove([n for n in range(400_000) if n % 1000])
        storage.commit()
        row, before = table[7], table.to_arrow()
        loop = iter(table)
        assert next(loop).a == 0
        table[1].s = "uncommitted"
        storage.compact()
        assert table[1].s == "uncommitted"
        with Storage(tmp_path / "a.db", mode="r") as reader:
            assert reader["t"].to_arrow() == before
        storage.commit()
        steps: list[tuple[int, int]] = []
        storage.compact(lambda done, of: steps.append((done, of)))
        assert steps == [(0, 2), (1, 2), (2, 2)]
        assert table.to_arrow().column(0).num_chunks == 1
        assert (row.a, table[1].s, next(loop).a) == (7000, "uncommitted", 1000)
        assert (tmp_path / "a.db").stat().st_size < 100_000
        row.s = "after"
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as reader:
        assert reader["t"][7] == {"a": 7000, "s": "after"}
        assert len(reader["t"]) == 400


def test_large_values_share_no_group() -> None:
    """Large rows go into groups of few: to append one more writes the last group anew."""
    storage = Storage()
    table = storage.getas("t[b:B]")
    for number in range(40):
        table.append(b=bytes([number]) * 400_000)
    storage.commit()
    table[7].b = b"x" * 6_000_000
    table[8].b = b"y" * 6_000_000
    storage.commit()
    assert [len(table[n].b) for n in (6, 7, 8, 39)] == [
        400_000,
        6_000_000,
        6_000_000,
        400_000,
    ]
    assert max(each.nbytes for each in table.to_arrow().column(0).chunks) < 2**24


def test_what_is_no_storage_is_refused(tmp_path: Path) -> None:
    """A safe, another file, nothing at all: each has its error, and stays what it is."""
    with outlive.Safe(tmp_path / "a.safe") as safe:
        safe["a"] = 1
    with pytest.raises(FormatError, match="not a storage"):
        Storage(tmp_path / "a.safe")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(CorruptError):
        Storage(tmp_path / "text")
    with pytest.raises(DiskError):
        Storage(tmp_path / "missing", mode="r")
    with pytest.raises(FormatError, match="mode"):
        Storage(tmp_path / "a.db", mode="x")  # type: ignore[arg-type]  # that is the test
    assert not (tmp_path / "a.db").exists()
    Storage(tmp_path / "a.db").close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_is_told_to_open_it_again(path: Path) -> None:
    """It has neither the lock nor the map of its parent."""
    with Storage(path) as storage:
        people = storage["people"]
        people.to_arrow()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                len(people)
            except ClosedError:
                code = 0
            os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
        people.append(first="x")
        storage.commit()
