"""Time several contestants in one run, so that noise hits all of them alike."""

from __future__ import annotations

import random
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

_TEN = 10
_FIRST_TURN = 1_000_000  # turns of equal length in JSON: the files keep their size


class Contestant(ABC):
    """One way to do the work that is measured."""

    name: str
    syncs: str  # what is flushed to the disk before `run` returns
    changes = 1  # how often a run does the work; the times that are shown are those of one
    every = 1  # a slow one takes part in one of so many rounds

    @abstractmethod
    def prepare(self, turn: int) -> None:
        """Do what is not measured: change the value in memory to that of this turn."""

    @abstractmethod
    def run(self) -> object:
        """Do what is measured."""

    @abstractmethod
    def check(self, turn: int) -> None:
        """Raise WrongError unless the work was done, with the value of this turn."""


class WrongError(Exception):
    """A contestant was fast, but what it gave is not what it was given."""


@dataclass
class Series:
    """The times of one contestant, in seconds."""

    name: str
    syncs: str
    changes: int
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Half of the times were shorter."""
        return statistics.median(self.times)

    @property
    def tenth(self) -> float:
        """A tenth of the times was shorter: what a machine does that nothing disturbs."""
        if len(self.times) < _TEN:
            return min(self.times)
        return statistics.quantiles(self.times, n=10)[0]


@dataclass
class Work:
    """What was measured, and how long each contestant took."""

    title: str
    series: list[Series]
    unit: str = "s"  # or "bytes": then what the series have are no times

    def median(self, name: str) -> float:
        """The median of the contestant of that name, in seconds."""
        return next(one.median for one in self.series if one.name == name)

    def ratio(self, name: str, to: str) -> float:
        """How many times as long the one takes as the other."""
        return self.median(name) / self.median(to)


@dataclass
class Target:
    """What is wanted, and what was measured: for people to judge, not for a test."""

    what: str
    wanted: str
    measured: float


def race(
    title: str,
    contestants: Sequence[Contestant],
    rounds: int,
    warm_up: int,
    *,
    twice: bool = True,
) -> Work:
    """Let everyone run once in each round, and return the times of all rounds after `warm_up`.

    Each run that is timed follows one of the same contestant that is not. What a commit leaves to
    be done later (blocks to be freed, a journal to be flushed) would otherwise be paid by whoever
    comes next; so everyone pays their own debts, as in a program that uses one of them. The order
    is shuffled, because in a mere rotation everyone would always follow the same one. Where a run
    is so long that it pays most of its debts itself, `twice=False` spares the run before it.
    """
    work = Work(title, [Series(one.name, one.syncs, one.changes) for one in contestants])
    order = list(zip(contestants, work.series, strict=True))
    shuffle = random.Random(1).shuffle
    last = {}
    for number in range(-warm_up, rounds):
        turn = _FIRST_TURN + 2 * (warm_up + number)
        shuffle(order)
        for contestant, series in order:
            if number % contestant.every:
                continue
            if twice:
                _run(contestant, turn)
            took = _run(contestant, turn + 1)
            last[contestant.name] = turn + 1
            if number >= 0:
                series.times.append(took / contestant.changes)
    for contestant in contestants:
        contestant.check(last[contestant.name])
    return work


def _run(contestant: Contestant, turn: int) -> float:
    contestant.prepare(turn)
    start = time.perf_counter()
    result = contestant.run()
    took = time.perf_counter() - start
    del result  # to free what was loaded is not part of loading it
    return took
