"""`compact` gives room back, beside whoever reads, writes, opens, or forks."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from ..files import names
from ..state.threads import in_threads, meanwhile
from .children import (
    add_one,
    ended_well,
    forked,
    in_fork,
    opened_small,
    other,
    size,
    wait_until,
    writing,
)

KEPT: dict[Any, Any] = {n: ["kept", n, "x" * n] for n in range(200)}
LARGE = 3_000_000  # what `begin` leaves free in the file, at least

pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A safe with much room to give back."""
    path = tmp_path / "a.safe"
    with Safe[Any, Any](path) as safe:
        fill(safe)
    assert size(path) > LARGE
    return path


def fill(safe: Any) -> None:
    """Give it KEPT, and much that it need not keep."""
    safe.update(KEPT | {("gone", n): "y" * 10_000 for n in range(300)})
    for key in safe.keys(start=("gone", 0), stop=("gone", 300)):
        assert key[0] == "gone"
    with safe.transaction() as t:
        for n in range(300):
            del t["gone", n]


def test_room_is_given_back(path: Path) -> None:
    """The file is small, holds what it held, and is as it was otherwise; again changes nothing."""
    before = path.stat()
    with Safe[Any, Any](path) as safe:
        assert dict(safe) == KEPT
        safe.compact()
        assert size(path) < LARGE / 10
        assert dict(safe) == KEPT
        safe["more"] = 1
        safe.compact()
        assert safe.pop("more") == 1
        assert size(path) < LARGE / 10
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert set(names(path.parent)) <= {"a.safe", "a.safe-lock"}
    with Safe[Any, Any](path) as safe:
        assert dict(safe) == KEPT


def read_steps(path: Path, mode: Any) -> Iterator[Any]:
    """A snapshot and an iteration of one moment, and what is there now."""
    with Safe[Any, Any](path, mode=mode) as safe, safe.snapshot() as then:
        items = iter(safe.items(start=0, stop=200))
        first = next(items)
        while True:
            assert dict(then) == KEPT
            yield safe.get("now")
            if safe.get("now") == 2:
                assert [first, *items] == list(KEPT.items())


@pytest.mark.parametrize("mode", ["r", "rw"])
def test_reading_processes(path: Path, mode: str) -> None:
    """Their snapshots see their moment, all of it, and what is read anew is new."""
    with Safe[Any, Any](path) as safe, other(read_steps, path, mode) as reader:
        assert reader.next() is None
        safe.compact()
        assert reader.next() is None
        safe["now"] = 1
        assert reader.next() == 1
        safe.update(dict.fromkeys(KEPT, "other") | {"now": 2})
        safe.compact()
        assert reader.next() == 2
        fill(safe)
        safe.clear()
        safe.compact()
        assert reader.next() is None
        with other(read_now, path) as second:
            assert second.next() == {}
            safe["now"] = 3
            assert (reader.next(), second.next()) == (3, {"now": 3})


def read_now(path: Path) -> Iterator[dict[Any, Any]]:
    """All that is there, each time."""
    with Safe[Any, Any](path) as safe:
        while True:
            yield dict(safe)


def test_own_snapshots(path: Path) -> None:
    """Snapshots, iterations and a transaction of the thread that compacts see their moment."""
    with Safe[Any, Any](path) as safe, safe.snapshot() as then:
        items = iter(safe.items())
        assert next(items) == (0, KEPT[0])
        with safe.transaction() as t:
            assert t[5] == KEPT[5]
            safe.compact()
            t["t"] = t[5]
            assert t[6] == KEPT[6]
        safe.update(dict.fromkeys(KEPT, 0))
        safe.compact()
        with safe.snapshot() as second:
            safe.compact()
            assert dict(then) == KEPT
            assert dict(second) == dict.fromkeys(KEPT, 0) | {"t": KEPT[5]}
        assert dict(items) | {0: KEPT[0]} == KEPT
        assert safe["t"] == KEPT[5]


def count(path: Path, number: int) -> Iterator[int]:
    """Count under an own key and a shared one until the safe says that it is enough."""
    with Safe[Any, Any](path) as safe:
        yield 0
        for n in itertools.count(1):
            safe["own", number] = n
            assert safe["own", number] == n
            safe.modify("shared", add_one, default=0)
            if safe.get("enough"):
                break
        yield n


def test_writing_processes(path: Path) -> None:
    """Three processes that write go on in the new file, and nothing that they wrote is lost."""
    with contextlib.ExitStack() as stack:
        safe = stack.enter_context(Safe[Any, Any](path))
        writers = [stack.enter_context(other(count, path, number)) for number in range(3)]
        for writer in writers:
            writer.next()
            writer.go()
        stack.enter_context(writing(safe, "here"))
        seen = [0, 0, 0]
        for n in range(25):
            safe.compact()
            safe["here", n] = n
            assert safe["here", n] == n
            for number in range(3):
                wait_until(lambda number=number: safe.get(("own", number), 0) > seen[number])  # type: ignore[misc]  # a default
                seen[number] = safe["own", number]
        safe["enough"] = True
        counts = [writer.got() for writer in writers]
        assert [safe["own", number] for number in range(3)] == counts
        assert safe["shared"] == sum(counts)
    with Safe[Any, Any](path) as safe:
        assert safe["shared"] == sum(counts)
        assert {n: safe[n] for n in KEPT} == KEPT


def compact_often(path: Path, times: int) -> Iterator[None]:
    """Compact again and again."""
    with Safe[Any, Any](path) as safe:
        yield
        for n in range(times):
            safe.compact()
            safe["compacted", os.getpid()] = n
        yield


def test_several_compact_at_once(path: Path) -> None:
    """Processes and threads compact at the same time, and a thread writes."""
    with (
        Safe[Any, Any](path) as safe,
        writing(safe, "here"),
        other(compact_often, path, 8) as a,
        other(compact_often, path, 8) as b,
    ):
        a.next()
        b.next()
        a.go()
        b.go()

        def compact(_: int) -> None:
            for _ in range(4):
                safe.compact()

        in_threads(3, compact)
        a.got()
        b.got()
        assert [safe["compacted", pid] for pid in (a.pid, b.pid)] == [7, 7]
        assert {n: safe[n] for n in KEPT} == KEPT
    assert size(path) < LARGE
    assert set(names(path.parent)) <= {"a.safe", "a.safe-lock"}


def test_threads(path: Path) -> None:
    """Threads read, write, iterate and hold snapshots while another one compacts."""
    with Safe[Any, Any](path) as safe:

        def hold() -> Iterator[None]:
            with safe.snapshot() as then:
                yield
                assert dict(then) == KEPT

        def work(number: int) -> None:
            for n in range(12):
                if number == 0:
                    safe.compact()
                elif number == 1:
                    with safe.snapshot() as then:
                        assert [then[key] for key in KEPT] == list(KEPT.values())
                elif number == 2:
                    assert list(safe.items(start=0, stop=200)) == list(KEPT.items())
                else:
                    safe[number, n] = n
                    safe.modify("n", add_one, default=0)

        with meanwhile(hold):
            in_threads(6, work)
        assert safe["n"] == 36
        assert len(safe) == len(KEPT) + 37
    assert size(path) < LARGE


def open_often(path: Path, number: int) -> Iterator[int]:
    """Open, count, close; until it is enough."""
    yield 0
    for n in itertools.count(1):
        with Safe[Any, Any](path) as safe:
            safe.modify("opened", add_one, default=0)
            safe["last", number] = n
            if "enough" in safe:
                yield n


def test_openers_in_the_middle(path: Path) -> None:
    """Who opens the file at any moment of a compaction is in the file that is left."""
    with Safe[Any, Any](path) as safe, contextlib.ExitStack() as stack:
        openers = [stack.enter_context(other(open_often, path, number)) for number in range(2)]
        for opener in openers:
            opener.next()
            opener.go()
        for n in range(25):
            safe.compact()
            safe["n"] = n
        wait_until(lambda: safe.get(("last", 0), 0) > 5 and safe.get(("last", 1), 0) > 5)
        safe["enough"] = True
        counts = [opener.got() for opener in openers]
        assert [safe["last", number] for number in range(2)] == counts
        assert safe["opened"] == sum(counts)
        assert safe["n"] == 24
        assert {n: safe[n] for n in KEPT} == KEPT


def test_forks(path: Path) -> None:
    """A child that is forked before, or in the middle of, a compaction writes to the new file."""
    with Safe[Any, Any](path) as safe, safe.snapshot() as then:
        moments = random.Random(1)

        def act(number: int) -> None:
            time.sleep(moments.random() * 0.01)
            safe["child", number] = number
            if number % 5 == 0:
                safe.compact()
            assert safe["child", number] == number
            assert {n: safe[n] for n in KEPT} == KEPT

        def compacting() -> Iterator[None]:
            yield
            for _ in range(5):
                safe.compact()

        for number in range(0, 24, 3):
            pids = [forked(lambda n=n: act(n)) for n in (number, number + 1)]  # type: ignore[misc]  # a default
            safe.compact()
            with meanwhile(compacting):
                pass
            pids.append(forked(lambda number=number: act(number + 2)))  # type: ignore[misc]  # a default
            assert all(list(map(ended_well, pids)))
        assert [safe["child", number] for number in range(24)] == list(range(24))
        assert dict(then) == KEPT
        in_fork(safe.compact)
        assert dict(then) == KEPT
        assert safe["child", 23] == 23


def test_a_small_map(path: Path) -> None:
    """A safe that had grown, and is compacted, grows again."""
    with opened_small(path, 1 << 16) as safe:
        for _ in range(3):
            safe.compact()
            fill(safe)
        safe.compact()
        assert dict(safe) == KEPT
    assert size(path) < LARGE / 10


def test_an_empty_safe(tmp_path: Path) -> None:
    """There is nothing to give back, and nothing is lost by it."""
    with Safe[Any, Any](tmp_path / "a.safe") as safe:
        safe.compact()
        assert dict(safe) == {}
        safe["a"] = 1
        safe.compact()
        assert dict(safe) == {"a": 1}
