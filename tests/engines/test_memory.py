"""Tests of what is `MemoryEngine`'s own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from outlive.engines import Engine, Limits, MemoryEngine, Range
from outlive.errors import ConflictError

from .check_limits import LimitChecks
from .check_snapshots import in_a_fork
from .looking import ALL, is_unchanged, values


class TestLowLimits(LimitChecks):
    """With limits that can be reached, they are what the engine says."""

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        """One with limits that are low."""
        engine = MemoryEngine("low limits", limits=Limits(key=16, value=2000, writes=100))
        yield engine
        engine.close()


def test_its_limits_are_those_of_lmdb() -> None:
    """Unless others are given, so that what fits the one fits the other."""
    assert MemoryEngine().limits.key == 511
    assert MemoryEngine().limits.writes is None
    assert MemoryEngine().name == "memory"


def test_compact_forgets_changes() -> None:
    """A range that is read before it is refused after it, as it cannot tell; a later one is not."""
    engine = MemoryEngine()
    before = engine.commit({b"a": b"1"})
    after = engine.commit({b"b": b"2"})
    assert is_unchanged(engine, b"", b"b", before)
    engine.compact()
    assert not is_unchanged(engine, b"", b"b", before)
    assert is_unchanged(engine, *ALL, after)
    with pytest.raises(ConflictError, match="Read again"):
        engine.commit({}, expect_ranges=[Range(b"", b"b", before)])


def test_a_forked_child_has_a_copy() -> None:
    """What either of them commits is not seen by the other."""
    engine = MemoryEngine()
    engine.commit({b"key": b"parent's"})
    assert in_a_fork(lambda: engine.commit({b"key": b"child's"}))
    assert values(engine) == {b"key": b"parent's"}


def test_a_fork_while_threads_commit() -> None:
    """A child finds no half of a commit, and no lock that nobody will release."""
    engine = MemoryEngine()
    is_done = threading.Event()

    def write() -> None:
        number = 0
        while not is_done.is_set():
            number += 1
            engine.commit({b"a": b"%d" % number, b"b": b"%d" % number})

    def child() -> None:
        assert len({*values(engine).values()}) <= 1
        engine.commit({b"a": b"child's", b"b": b"child's"})
        assert [*values(engine).values()] == [b"child's"] * 2

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert all(in_a_fork(child) for _ in range(30))
    finally:
        is_done.set()
        thread.join()
