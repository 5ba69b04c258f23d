"""What can be read of a damaged LMDB file, page by page, and what is said of the rest."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from struct import unpack_from
from typing import Any

import lmdb
import pytest

from outlive import DiskError, FormatError
from outlive.engines.lmdb import LMDBEngine, inspecting
from outlive.engines.lmdb.checking import Examined, examined, tries

from ..files import names_beside, run_python

PAGE = 4096
SMALL = {b"k%05d" % n: b"v%d" % n * 20 for n in range(1500)}
CONTENT = SMALL | {b"big": bytes(range(256)) * 400}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A healthy file: several commits, free pages, branches, and a value of many pages."""
    path = tmp_path_factory.mktemp("good") / "a.lmdb"
    engine = LMDBEngine(path, sync="os")
    engine.commit({b"gone%d" % n: b"x" * 3000 for n in range(30)})
    engine.commit(CONTENT)
    engine.commit({b"gone%d" % n: None for n in range(30)})
    engine.close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the damaged file is."""
    return tmp_path / "a.lmdb"


def read(path: Path) -> tuple[Examined, dict[bytes, bytes]]:
    """All that can be read of a file."""
    with examined(str(path)) as file:
        entries = file.scan()
        return file, {key: bytes(each.value) for key, each in entries if each is not None}


def pages(data: bytes, flags: int) -> list[int]:
    """The numbers of the pages that are branches (1) or leaves (2), of any age."""
    return [
        number
        for number in range(2, len(data) // PAGE)
        if unpack_from("<QHH", data, number * PAGE)[0::2] == (number, flags)
    ]


def root(data: bytes) -> int:
    """The page from which all data hangs."""
    at = max((unpack_from("<Q", data, PAGE * n + 16 + 128)[0], PAGE * n) for n in range(2))[1]
    return int(unpack_from("<Q", data, at + 16 + 24 + 48 + 40)[0])


def spoil(path: Path, data: bytes, at: int, new: bytes) -> None:
    """Write the file with some bytes exchanged."""
    path.write_bytes(data[:at] + new + data[at + len(new) :])


def test_a_healthy_file_has_no_faults_and_stays_as_it_is(path: Path, good: bytes) -> None:
    """All its entries are given, in order, and nothing is made or changed."""
    path.write_bytes(good)
    file, content = read(path)
    assert (file.faults, file.holes, file.odd, file.lost) == ([], [], {}, 0)
    assert content == CONTENT
    assert list(content) == sorted(content)
    assert path.read_bytes() == good
    assert names_beside(path) == ["a.lmdb"]


def test_without_its_root_all_entries_are_found(path: Path, good: bytes) -> None:
    """Leaves to which nothing leads any more are read, too, and free ones are not."""
    at = root(good)
    assert at in pages(good, 1)
    spoil(path, good, at * PAGE, b"\xff" * PAGE)
    file, content = read(path)
    assert content == CONTENT
    assert [fault.is_repairable for fault in file.faults] == [True]
    assert "pages are damaged" in str(file.faults[0])


def test_what_is_missing_is_known_by_its_neighbours(path: Path, good: bytes) -> None:
    """Without a leaf, its keys may be missing, and no others."""
    live = [n for n in pages(good, 2) if b"k00700" in good[n * PAGE : (n + 1) * PAGE]][-1]
    spoil(path, good, live * PAGE, bytes(PAGE))
    file, content = read(path)
    gone = CONTENT.keys() - content.keys()
    assert b"k00700" in gone
    assert len(gone) < 100
    assert file.lost == len(gone)
    assert all(file.missed(key) for key in gone)
    assert not any(file.missed(key) for key in (b"k00001", b"k01499", b"a"))
    assert all(CONTENT[key] == value for key, value in content.items())


def test_a_key_that_was_changed_does_not_hide_its_neighbours(path: Path, good: bytes) -> None:
    """It stands out of order; all the others are given."""
    path.write_bytes(good.replace(b"k00701", b"\xf000701"))
    file, content = read(path)
    assert file.faults
    assert CONTENT.keys() - content.keys() == {b"k00701"}
    assert content.keys() <= CONTENT.keys()


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("place", [10, 16, 20, 40, 144])
def test_a_damaged_meta_page(path: Path, good: bytes, number: int, place: int) -> None:
    """It is noticed, and the last commit is found all the same, or the one before, and said so."""
    at = number * PAGE + place
    spoil(path, good, at, bytes([good[at] ^ 0x42]))
    file, content = read(path)
    assert file.faults
    assert content == CONTENT or (file.is_last_unsure and content.items() >= CONTENT.items())


def test_without_both_meta_pages_nothing_can_be_read(path: Path, good: bytes) -> None:
    """And that is the one fault, which no repair mends."""
    spoil(path, good, 0, bytes(2 * PAGE))
    file, content = read(path)
    assert content == {}
    assert not file.can_be_read
    assert [fault.is_repairable for fault in file.faults] == [False]


def test_any_bit_may_be_wrong(path: Path, good: bytes) -> None:
    """Whatever is changed: a fault, or all entries, of which one value at most is another one."""
    moments = random.Random(6)
    told = 0
    for _ in range(150):
        page = moments.choice([0, 1, *[moments.randrange(len(good) // PAGE) for _ in range(4)]])
        at = page * PAGE + moments.randrange(moments.choice([16, 160, PAGE]))
        spoil(path, good, at, bytes([good[at] ^ 1 << moments.randrange(8)]))
        file, content = read(path)
        told += bool(file.faults or file.odd)
        if not file.faults and not file.odd:
            others = {key for key in CONTENT if content.get(key) != CONTENT[key]}
            keys = content.keys() ^ CONTENT.keys()
            assert len(others) <= 1, at
            assert len(keys) in (0, 2), at  # a key that is another one by now
    assert told > 20


def test_any_length(path: Path, good: bytes) -> None:
    """A file that was cut is noticed, or holds all that it should."""
    moments = random.Random(7)
    for length in [0, 1, 100, PAGE, 2 * PAGE, *[moments.randrange(len(good)) for _ in range(40)]]:
        path.write_bytes(good[:length])
        file, content = read(path)
        assert file.faults or file.odd or content == CONTENT, length
        may_be_old = file.is_last_unsure or any(
            "may be there again" in each.remedy for each in file.faults
        )
        assert content.items() <= CONTENT.items() or may_be_old, length


def test_revisions_that_never_were_are_noticed(path: Path) -> None:
    """They come without their revision; the values are kept."""
    engine = LMDBEngine(path)
    engine.commit({b"a": b"1", b"b": b"2"})
    engine.close()
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        txn.put(b"b", (1 << 62).to_bytes(8, "big") + b"2")
        txn.put(b"c", b"short")
    env.close()
    with examined(str(path)) as file:
        entries = dict(file.scan())
    assert entries[b"b"] == (b"2", 0)
    assert entries[b"c"] is None
    assert set(file.odd) == {b"b", b"c"}


def test_another_file_of_lmdb_is_refused(path: Path) -> None:
    """It is none of ours to repair."""
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        txn.put(b"a", b"theirs")
    env.close()
    with pytest.raises(FormatError, match=r"a\.lmdb"):
        read(path)


def test_a_file_that_is_not_there(path: Path) -> None:
    """Nothing is made."""
    with pytest.raises(DiskError, match=r"a\.lmdb"):
        read(path)
    assert names_beside(path) == []


COUNTER = """
import sys
from outlive.engines.lmdb import LMDBEngine
engine, n = LMDBEngine(sys.argv[1], sync="os"), 0
while True:
    n += 1
    engine.commit({b"%03d" % key: b"%d" % n * 300 for key in range(60)})
    if n == 20:
        print("ready", flush=True)
"""


def test_a_moment_beside_a_busy_writer(path: Path, start: Callable[..., Any]) -> None:
    """All that is read is of one commit, whatever is written meanwhile; pages, too, are whole."""
    start(COUNTER, path)
    for _ in range(12):
        for hold in tries():
            with examined(str(path), hold=hold) as file:
                content = {key: bytes(entry.value) for key, entry in file.scan() if entry}
                if file.is_so():
                    break
        assert file.faults == []
        assert len(content) == 60
        assert len(set(content.values())) == 1


def test_the_same_in_one_process(path: Path) -> None:
    """A thread that writes, and one that looks; the engine works on afterwards."""
    engine = LMDBEngine(path, sync="os")
    engine.commit({b"n": b"0"})
    ends = threading.Event()

    def work() -> None:
        n = 0
        while not ends.is_set():
            n += 1
            engine.commit({b"n": b"%d" % n, b"m": b"%d" % n})

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(5):
            with examined(str(path), hold=True) as file:
                assert file.faults == []
                assert file.is_so()
    finally:
        ends.set()
        thread.join()
    engine.close()


HOLDER = """
import sys
from outlive.engines.lmdb import LMDBEngine
engine = LMDBEngine(sys.argv[1])
with engine.snapshot():
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_who_uses_a_file(path: Path, start: Callable[..., Any]) -> None:
    """The pids of who has it open, and of who holds a snapshot; nobody, when nobody has."""
    engine = LMDBEngine(path)
    other = start(HOLDER, path)
    here = inspecting.users_of(str(path))
    assert here == {"open_in": sorted([os.getpid(), other.pid]), "readers": [other.pid]}
    other.kill()
    other.wait()
    assert inspecting.users_of(str(path)) == {"open_in": [os.getpid()], "readers": []}
    engine.commit({b"a": b"1"})
    engine.close()
    assert inspecting.users_of(str(path)) == {"open_in": [], "readers": []}


def test_a_look_leaves_no_reader_behind(path: Path, start: Callable[..., Any]) -> None:
    """One that stayed in the table would keep room in the file from being used again."""
    start(HOLDER, path)
    engine = LMDBEngine(path, sync="os")
    for _ in range(3):
        with examined(str(path)) as file:
            assert file.faults == []
    engine.close()
    program = """
import lmdb, sys
print(lmdb.open(sys.argv[1], subdir=False, readonly=True).readers())
"""
    assert len(run_python(program, path).strip().splitlines()) == 2  # a title, and the holder
