"""Damaged files: all that they hold, or an error of ours; nothing wrong, and no signal."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from outlive import CorruptError, FormatError, OutliveError, Safe

from .children import forked, size

PAGE = 4096
CONTENT: dict[Any, Any] = (
    {n: bytes([n % 256]) * [10, 100, 3000, 9000][n % 4] for n in range(200)}
    | {("t", n): "v" * 50 for n in range(1000)}
    | {"big": b"y" * 200_000}
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A healthy file of which some pages are free, and which ends with a large value."""
    path = tmp_path_factory.mktemp("good") / "good.safe"
    with Safe[Any, Any](path, sync="os", format="msgpack") as safe:
        safe.update(dict.fromkeys(range(200, 260), b"x" * 3000))
        safe.update({key: value for key, value in CONTENT.items() if key != "big"})
        for n in range(200, 260):
            del safe[n]
        safe["big"] = CONTENT["big"]
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the damaged file is."""
    return tmp_path / "a.safe"


def whole_or_refused(path: Path) -> str:
    """What the file has to be: "whole" or "refused"; an AssertionError if it has other content."""
    try:
        with Safe[Any, Any](path, sync="os") as safe:
            assert dict(safe) == CONTENT
            assert [safe[key] for key in CONTENT] == list(CONTENT.values())
            safe["big"] = b"z" * 300_000
            safe["new"] = 1
            safe.compact()
        with Safe[Any, Any](path, mode="r") as safe:
            assert dict(safe) == CONTENT | {"big": b"z" * 300_000, "new": 1}
    except CorruptError as error:
        assert str(path) in str(error)
        return "refused"
    return "whole"


def in_child(act: Callable[[], object]) -> str:
    """How a child ended that does this: what it returned, "failed", or a signal."""
    said, theirs = os.pipe()
    status = os.waitpid(forked(lambda: os.write(theirs, str(act()).encode())), 0)[1]
    os.close(theirs)
    with open(said, "rb") as pipe:
        outcome = pipe.read().decode()
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return outcome if status == 0 else "failed"


def lengths(whole: int) -> list[int]:
    """Lengths to cut a file at: those of pages and others; few of many, and the ends."""
    moments = random.Random(whole)
    within = [moments.randrange(whole) for _ in range(20)]
    pages = [PAGE * moments.randrange(2, whole // PAGE) for _ in range(20)]
    least = [0, 1, 8, 23, 24, 100, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 1, 2 * PAGE, 3 * PAGE]
    return sorted({*least, *within, *pages, whole - PAGE, whole - 1, whole - 200_000})


def test_a_file_that_was_cut(path: Path, good: bytes) -> None:
    """At any length it opens to all its content, or is refused as it is."""
    outcomes = {}
    for length in lengths(len(good)):
        path.write_bytes(good[:length])
        path.chmod(0o600)
        outcomes[length] = in_child(lambda: whole_or_refused(path))
        if outcomes[length] == "refused":
            assert path.read_bytes() == good[:length]
    assert set(outcomes.values()) <= {"refused", "whole"}, outcomes
    assert list(outcomes.values()).count("refused") > 40
    path.write_bytes(good)
    assert in_child(lambda: whole_or_refused(path)) == "whole"


@pytest.mark.parametrize("mode", ["rw", "r"])
def test_the_last_value_is_cut(path: Path, mode: Any) -> None:
    """It is not read as zeros; nor is the file made longer, so that the next would not notice."""
    with Safe[Any, Any](path, format="msgpack") as safe:
        safe["a"] = 1
        safe["big"] = b"y" * 1_000_000
    whole = path.read_bytes()
    path.write_bytes(whole[:-400_000])

    def look() -> str:
        with pytest.raises(CorruptError, match="cut short") as caught:
            Safe(path, mode=mode)
        assert str(path) in str(caught.value)
        return "refused"

    assert [in_child(look), in_child(look)] == ["refused"] * 2
    assert size(path) == len(whole) - 400_000
    path.write_bytes(whole)
    with Safe[Any, Any](path, mode=mode) as safe:
        assert safe["big"] == b"y" * 1_000_000


def is_short(path: Path, large: int) -> bool:
    """Take and free many pages in one transaction: whether the file lacks them afterwards."""
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        txn.put(b"large", bytes(large))
        txn.put(b"large", bytes(9))
        txn.delete(b"large")
    pages = env.info()["last_pgno"] + 1
    env.close()
    return size(path) < pages * PAGE


def test_a_healthy_file_that_is_shorter_than_lmdb_counts(path: Path) -> None:
    """Pages that were taken and freed in one transaction are never written."""
    with Safe[Any, Any](path, sync="os") as safe:
        safe.update(dict.fromkeys(range(40), b"v" * 2000))
        safe["n"] = 0
    assert any(is_short(path, large) for large in range(100_000, 3_000_000, 200_000))
    before = dict.fromkeys(range(40), b"v" * 2000) | {"n": 0}

    def look() -> str:
        with Safe[Any, Any](path) as safe:
            assert dict(safe) == before
            safe["big"] = b"z" * 3_000_000
        with Safe[Any, Any](path, mode="r") as safe:
            assert dict(safe) == before | {"big": b"z" * 3_000_000}
        return "whole"

    assert in_child(look) == "whole"


def test_threads_that_assign_large_values_to_one_key(path: Path) -> None:
    """The file that they leave is opened, with what was written last."""
    with Safe[Any, Any](path, sync="os") as safe:

        def work(number: int) -> None:
            for n in range(40):
                safe["big"] = b"x" * (100_000 + 50_000 * n if number % 2 else 10)

        threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        safe["end"] = 1
        last = safe["big"]

    def look() -> str:
        with Safe[Any, Any](path) as safe:
            assert dict(safe) == {"big": last, "end": 1}
        return "whole"

    assert in_child(look) == "whole"


def put_raw(path: Path, entries: dict[bytes, bytes]) -> None:
    """Entries that no engine wrote."""
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        for key, value in entries.items():
            txn.put(key, value)
    env.close()


def count_beside_another(safe: Any, t: Any) -> None:
    """Count a range, so that the end of the transaction has to look through it."""
    t["count"] = len(t.keys(start="b", stop="c"))
    safe["d"] = safe.pop("d", 0)


@pytest.mark.parametrize("value", [b"", b"1234567"])
def test_values_that_are_shorter_than_a_revision(path: Path, value: bytes) -> None:
    """Each way to come upon one says that the file is damaged; the other keys can be read."""
    with Safe[Any, Any](path) as safe:
        safe.update(a=1, b=2, c=3)
    put_raw(path, {b"\x02b\0": value})
    ways: list[Callable[[Any], object]] = [
        lambda safe: safe["b"],
        dict,
        lambda safe: list(safe.items(start="b")),
        lambda safe: list(safe.items(reverse=True)),
        lambda safe: safe.modify("b", str),
        lambda safe: safe.pop("b"),
        lambda safe: safe.setdefault("b", 1),
        lambda safe: safe.transact(lambda t: t.update(x=t["b"])),
        lambda safe: safe.transact(lambda t: t.update(x=len(t.values()) + sum(t.values()))),
        lambda safe: safe.snapshot()["b"],
        lambda safe: safe.transact(lambda t: count_beside_another(safe, t)),
    ]
    with Safe[Any, Any](path) as safe:
        for way in ways:
            with pytest.raises(CorruptError) as caught:
                way(safe)
            assert str(path) in str(caught.value)
        assert (safe["a"], safe["c"], safe.pop("c")) == (1, 3, 3)
        safe["b"] = "mended"
        del safe["d"]
        assert dict(safe) == {"a": 1, "b": "mended"}


def test_a_key_that_is_none(path: Path) -> None:
    """What is under it is kept, and the error names the file."""
    with Safe[Any, Any](path) as safe:
        safe.update(a=1)
    put_raw(path, {b"\x01a": b"12345678N."})
    with Safe[Any, Any](path) as safe:
        with pytest.raises(CorruptError, match=r"a\.safe"):
            list(safe)
        assert safe["a"] == 1


HEADERS = [b"", b"x", b"\0" * 15, b"\xff" * 16, b"\0" * 7 + b"\1" + b"\xff" * 8]


@pytest.mark.parametrize("header", HEADERS)
def test_a_damaged_header_of_the_engine(path: Path, header: bytes) -> None:
    """It is refused, and stays as it is."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    put_raw(path, {b"\xffoutlive": header})
    before = path.read_bytes()
    with pytest.raises(CorruptError, match=r"a\.safe"):
        Safe(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("header", [b"", b"x", b"\x93", b"12345678", b"12345678nonsense"])
def test_a_damaged_header_of_the_safe(path: Path, header: bytes) -> None:
    """It is refused, and stays as it is."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    put_raw(path, {b"\xfesafe": header})
    before = path.read_bytes()
    with pytest.raises((CorruptError, FormatError), match=r"a\.safe"):
        Safe(path)
    assert path.read_bytes() == before


def spoiled(good: bytes, moments: random.Random) -> bytes:
    """The file with some bytes changed where LMDB says where all else is."""
    data = bytearray(good)
    for _ in range(moments.choice([1, 4])):
        place = moments.choice([0, PAGE]) + moments.randrange(16, 160)
        data[place] = moments.randrange(256)
    return bytes(data)


def use(path: Path) -> str:
    """Do all that one can do; whatever comes has to be ours."""
    try:
        with Safe[Any, Any](path, sync="os") as safe:
            for act in (lambda: dict(safe), lambda: len(safe), lambda: safe.update(new=1)):
                try:
                    act()
                except OutliveError:
                    continue
    except OutliveError:
        pass
    return "ours"


def test_a_damaged_first_page(path: Path, good: bytes) -> None:
    """An error is one of ours. (LMDB's own assertions, which end a process, are of no account.)"""
    moments = random.Random(4)
    outcomes = []
    for _ in range(50):
        path.with_name("a.safe-lock").unlink(missing_ok=True)
        path.write_bytes(spoiled(good, moments))
        path.chmod(0o600)
        outcomes.append(in_child(lambda: use(path)))
    assert set(outcomes) <= {"ours", "SIGABRT"}
    assert outcomes.count("ours") > 25
