"""Safes of a test, on every engine, and classes whose objects they hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive.engines import Engine, Entry, MemoryEngine
from outlive.engines.lmdb import LMDBEngine
from outlive.safes.safe import Safe

ENGINES = ["memory", "lmdb"]


def make_engine(kind: str, directory: Path, name: str = "a.safe") -> Engine:
    """A new engine, on a file in `directory` if it has one."""
    return MemoryEngine() if kind == "memory" else LMDBEngine(directory / name)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine of each kind."""
    made = make_engine(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture
def safe(engine: Engine) -> Iterator[Safe[Any, Any]]:
    """An empty safe on each kind of engine."""
    with Safe[Any, Any](engine) as made:
        yield made


class Counting:
    """An engine that counts, and that lets others in just before a commit."""

    def __init__(self, engine: Engine) -> None:
        self.commits = 0
        self.ranges: list[Any] = []  # those that were expected at the last commit
        self.open = 0
        self.meddle: list[Callable[[], object]] = []  # one is called before each commit
        self._engine = engine
        self.name = engine.name
        self.limits = engine.limits
        self.compact = engine.compact
        self.close = engine.close
        self.check_trust = engine.check_trust

    def get(self, key: bytes) -> Entry | None:
        """That of the engine."""
        return self._engine.get(key)

    def snapshot(self) -> Any:
        """One that is counted until it is closed."""
        self.open += 1
        return _Counted(self._engine.snapshot(), self)

    def commit(self, writes: Any, **expected: Any) -> int:
        """The engine's, after someone else's."""
        if self.meddle:
            self.meddle.pop(0)()
        self.commits += 1
        self.ranges = expected.get("expect_ranges", [])
        return self._engine.commit(writes, **expected)


class _Counted:
    def __init__(self, inner: Any, counting: Counting) -> None:
        self._inner, self._counting, self._is_open = inner, counting, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def close(self) -> None:
        """Count it no more."""
        self._counting.open -= self._is_open
        self._is_open = False
        self._inner.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclasses.dataclass
class Point:
    """A class that pickle and msgspec know."""

    x: int
    y: float = 0.0


class Stubborn:
    """An object that raises when it is pickled, and, made of a word, when it is loaded."""

    def __init__(self, word: str = "") -> None:
        self.word = word

    def __getstate__(self) -> object:
        if not self.word:
            raise LookupError("not me")
        return {"word": self.word}

    def __setstate__(self, _: object) -> None:
        raise LookupError("not again")


class FailingPairs:
    """What `update` takes, of which an item does not fit."""

    def __init__(self, bad: object) -> None:
        self.bad = bad

    def __iter__(self) -> Iterator[tuple[object, object]]:
        yield "good", 1
        yield "bad", self.bad
