"""Kill -9 at any moment blocks nobody, and loses nothing that was acknowledged."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from ..files import names
from ..state.threads import in_threads
from . import bank
from .children import Other, add_one, other, safe_of, wait_until, writing


class Lives:
    """Processes that are killed and succeeded by others, four at a time."""

    def __init__(self, directory: Path) -> None:
        self.path, self.log = directory / "bank.safe", directory / "log"
        self.log.touch()
        self._numbers = itertools.count()
        self.alive = [self._begin() for _ in range(4)]

    def _begin(self) -> Other:
        process = Other(bank.transfers, self.path, self.log, next(self._numbers))
        process.go()  # to its opened safe
        process.go()  # and on for ever
        return process

    def kill(self, lane: int) -> None:
        """Kill one, and start another in its place."""
        self.alive[lane].kill()
        self.alive[lane] = self._begin()

    def end(self) -> None:
        """Kill all."""
        for process in self.alive:
            process.kill()


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    """Lives in a bank."""
    bank.found(tmp_path / "bank.safe")
    lives = Lives(tmp_path)
    yield lives
    lives.end()


def killed_in_the_bank(lives: Lives, times: int, *, every: Callable[[int, Any], None]) -> None:
    """Kill so many times at random moments; look at the bank and write to it after each."""
    moments = random.Random(times)
    with Safe[Any, Any](lives.path) as safe:
        for number in range(times):
            time.sleep(moments.random() ** 2 * 0.05)
            lives.kill(moments.randrange(4))
            with safe.snapshot() as then:
                assert bank.total(then) == bank.ACCOUNTS * bank.MONEY
                assert then.get("parent", 0) == number
            assert safe.modify("parent", add_one, default=0) == number + 1
            every(number, safe)
        lives.end()
        counts = bank.acknowledged(lives.log)
        with Safe[Any, Any](lives.path, mode="r") as anew:
            kept = bank.audited(anew)
            assert anew["parent"] == times
        assert kept == bank.audited(safe)
    assert sum(counts.values()) > 5 * times
    assert set(counts) <= set(kept)
    for life, count in kept.items():
        assert counts[life] <= count <= counts[life] + 1


@pytest.mark.parametrize("kills", [50, pytest.param(200, marks=pytest.mark.slow)])
def test_the_bank(lives: Lives, kills: int) -> None:
    """Transferring processes are killed: no money is lost, no acknowledged transfer is."""

    def every(number: int, safe: Any) -> None:
        if number % 40 == 0:
            with safe.snapshot() as then:
                bank.audited(then)

    killed_in_the_bank(lives, kills, every=every)
    assert len(lives.alive) == 4


def compact_for_ever(path: Path) -> Iterator[None]:
    """Compact and compact."""
    with Safe[Any, Any](path) as safe:
        while True:
            safe.compact()
            yield


@pytest.mark.parametrize("kills", [15, pytest.param(40, marks=pytest.mark.slow)])
def test_the_bank_while_it_is_compacted(lives: Lives, kills: int) -> None:
    """The same with the compacting process killed as well, and the parent compacting."""
    compacting = Other(compact_for_ever, lives.path)
    moments = random.Random(7)

    def every(number: int, safe: Any) -> None:
        nonlocal compacting
        if number % 10 == 0:
            safe.compact()
        compacting.go()
        time.sleep(moments.random() * 0.02)
        if number % 2:
            compacting.kill()
            compacting = Other(compact_for_ever, lives.path)

    try:
        killed_in_the_bank(lives, kills, every=every)
    finally:
        compacting.kill()
    left = set(names(lives.path.parent)) - {"bank.safe", "bank.safe-lock", "log"}
    assert not left, "a killed compaction left something, and nobody swept it up"


def update_for_ever(path: Path) -> Iterator[int]:
    """Write 1500 keys in each transaction, some large; say which rounds were kept."""
    with Safe[Any, Any](path) as safe:
        for round_ in itertools.count(1):
            safe.update({key: (round_, "x" * (key % 5 * 900)) for key in range(1500)})
            yield round_


@pytest.mark.parametrize("kills", [8, pytest.param(30, marks=pytest.mark.slow)])
def test_kills_in_the_middle_of_a_large_update(tmp_path: Path, kills: int) -> None:
    """Kills of a process that holds the lock: its last update is there whole or not at all.

    A thread that writes meanwhile, and waits for the lock that the killed one has, goes on.
    """
    path, moments = tmp_path / "a.safe", random.Random(3)
    seen = set[bool]()
    with Safe[Any, Any](path) as safe, writing(safe, "meanwhile") as counted:
        for _ in range(kills):
            with other(update_for_ever, path) as writer:
                kept = writer.next()
                writer.go()
                time.sleep(moments.random() * 0.03)
                writer.kill()
            before = len(counted)
            with safe.snapshot() as then:
                rounds = {then[key][0] for key in range(1500)}
                assert rounds in ({kept}, {kept + 1})
                assert all(len(then[key][1]) == key % 5 * 900 for key in range(0, 1500, 99))
            safe["here"] = kept
            assert safe["here"] == kept
            wait_until(lambda before=before: len(counted) > before + 1)  # type: ignore[misc]  # a default
            seen.add(rounds == {kept})
    assert True in seen


def count_in_threads(path: Path, log: Path) -> Iterator[None]:
    """Eight threads that set their own key and note what was kept."""
    noted = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with Safe[int, int](path) as safe:
        yield

        def work(number: int) -> None:
            for n in itertools.count(safe.get(number, 0) + 1):
                safe[number] = n
                os.write(noted, b"%d %d\n" % (number, n))

        in_threads(8, work)


def test_kills_of_a_process_with_many_writing_threads(tmp_path: Path) -> None:
    """What several threads commit with one flush is there when one of them is told so."""
    path, log, moments = tmp_path / "a.safe", tmp_path / "log", random.Random(4)
    total, before = 0, dict.fromkeys(range(8), 0)
    for _ in range(15):
        with other(count_in_threads, path, log) as process:
            process.next()
            process.go()
            time.sleep(0.02 + moments.random() * 0.05)
        acknowledged = dict(before)  # a thread may have noted nothing in this round
        for line in log.read_text().splitlines():
            number, n = map(int, line.split())
            acknowledged[number] = max(acknowledged[number], n)
        with Safe[int, int](path) as safe:
            for number, n in acknowledged.items():
                assert n <= safe.get(number, 0) <= n + 1
                before[number] = safe.get(number, 0)
        assert sum(acknowledged.values()) >= total
        total = sum(acknowledged.values())
    assert total > 500


def open_and_write(path: Path) -> Iterator[None]:
    """Open a new file and write to it."""
    with Safe[int, int](path) as safe:
        for n in itertools.count():
            safe[n] = n
            yield


@pytest.mark.parametrize("kills", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_kills_while_the_file_is_made(tmp_path: Path, kills: int) -> None:
    """Processes are killed just after they began: the file opens, and is that of who comes next."""
    moments = random.Random(6)
    for number in range(kills):
        path = tmp_path / f"{number}.safe"
        with other(open_and_write, path) as process:
            process.go()
            if number % 2:
                process.got()
                process.go()
            time.sleep(moments.random() * 0.01)
        with Safe[int, int](path) as safe:
            found = dict(safe)
            assert found == {n: n for n in range(len(found))}
            assert len(found) >= number % 2
            safe[-1] = -1
        assert safe_of(path)[-1] == -1
