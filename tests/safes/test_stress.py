"""All at once: processes with threads that count, move, grow, compact, fork and are killed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from ..state.threads import in_threads
from .children import Other, add_one, ended_well, forked, opened_small

ACCOUNTS, MONEY = 30, 100
MAP = 1 << 20  # so that it has to grow time and again


class Life:
    """One process's threads; each works until `end`."""

    def __init__(self, path: Path, end: float, seed: int) -> None:
        self.path, self.end = path, end
        self.moments = random.Random(seed)
        self.safe = opened_small(path, MAP, sync=self.moments.choice(["os", "full"]))
        self.counted = 0
        self._mutex = threading.Lock()

    def count(self) -> None:
        """Add one, and note that it was kept."""
        self.safe.modify("n", add_one)
        with self._mutex:
            self.counted += 1
        self.safe.modify(("process", os.getpid()), add_one, default=0)

    def move(self) -> None:
        """Move money."""
        source, target = self.moments.sample(range(ACCOUNTS), 2)
        amount = self.moments.randrange(5)

        def transfer(t: Any) -> None:
            t["account", source] -= amount
            t["account", target] += amount

        self.safe.transact(transfer)

    def look(self) -> None:
        """One moment: no money is under way, and large values are of one transaction."""
        with self.safe.snapshot() as then:
            assert sum(then.values(("account",))) == ACCOUNTS * MONEY
            assert len({value[:8] for value in then.values(("large",))}) <= 1
            assert len(list(then)) == len(then)

    def grow(self) -> None:
        """Write large values, or delete them."""
        mark = b"%08d" % self.moments.randrange(10**8)
        large = mark + b"x" * self.moments.choice([10, 1000, 20_000, 200_000])
        self.safe.update({("large", number): large for number in range(10)})
        if self.moments.random() < 0.3:
            self.safe.transact(lambda t: [t.pop(key) for key in list(t.keys(("large",)))])

    def compact(self) -> None:
        """Compact, now and then."""
        self.safe.compact()
        time.sleep(self.moments.random() * 0.3)

    def reopen(self) -> None:
        """Open it once more, and close it."""
        with Safe[Any, Any](self.path, sync="os") as second:
            second.modify("reopened", add_one, default=0)
        time.sleep(0.005)

    def fork(self) -> None:
        """A child that writes."""
        assert ended_well(forked(lambda: self.safe.modify("forks", add_one, default=0)))
        time.sleep(0.02)

    def run(self, names: list[str]) -> None:
        """A thread for each."""
        acts: list[Callable[[], None]] = [getattr(self, name) for name in names]

        def work(number: int) -> None:
            while time.monotonic() < self.end:
                acts[number]()

        in_threads(len(acts), work)


ROLES = [
    ["count", "count", "look", "move"],
    ["grow", "move", "look", "reopen"],
    ["compact", "count", "reopen"],
    ["count", "look", "move", "reopen", "fork"],
]


def live(path: Path, role: int, seconds: float) -> Iterator[int]:
    """Work in a role for some time; how often it has counted."""
    signal.alarm(int(seconds) + 50)
    life = Life(path, time.monotonic() + seconds, role)
    yield 0
    life.run(ROLES[role])
    life.safe.close()
    yield life.counted


def stressed(path: Path, seconds: float) -> None:
    """All roles at once for so long, and others that are killed."""
    with Safe[Any, Any](path, sync="os") as safe:
        safe.update({("account", number): MONEY for number in range(ACCOUNTS)}, n=0)
    lives = [Other(live, path, role, seconds) for role in range(len(ROLES))]
    try:
        for each in lives:
            each.next()
        end = time.monotonic() + seconds
        for each in lives:
            each.go()
        while time.monotonic() < end - 0.5:
            victim = Other(live, path, random.choice([1, 2]), 99)
            victim.next()
            victim.go()
            time.sleep(random.uniform(0.1, 1))
            victim.kill()
        counted = [each.got() for each in lives]
    finally:
        for each in lives:
            each.kill()
    with Safe[Any, Any](path) as safe:
        assert sum(safe.values(("account",))) == ACCOUNTS * MONEY
        assert safe["n"] >= sum(counted) > 0
        assert safe["forks"] > 0
        assert safe["reopened"] > 0
        safe["after"] = 1


def test_a_short_stress(tmp_path: Path) -> None:
    """No error, nothing torn, nothing lost."""
    stressed(tmp_path / "a.safe", 2)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_stress(tmp_path: Path) -> None:
    """The same, for longer."""
    stressed(tmp_path / "a.safe", 25)


@pytest.mark.timeout(40)
def test_threads_grow_a_small_map(tmp_path: Path) -> None:
    """Several that find at once that it is too small, and openers and readers beside them."""
    path = tmp_path / "a.safe"
    with opened_small(path, 1 << 17, sync="os") as safe:
        safe["n"] = 0

        def work(number: int) -> None:
            for n in range(40):
                safe[number, n] = bytes([number]) * 40_000
                assert safe[number, n // 2] == bytes([number]) * 40_000
                if number == 0 and n % 4 == 0:
                    with Safe[Any, Any](path, sync="os") as second, second.snapshot() as then:
                        assert then["n"] >= 0
                safe.modify("n", add_one)

        in_threads(6, work)
        assert safe["n"] == 240
        assert all(safe[a, b] == bytes([a]) * 40_000 for a in range(6) for b in range(40))
