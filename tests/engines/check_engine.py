"""`CheckEngine`: what every engine has to pass, unchanged.

For an engine of another kind, inherit from it as ``TestMine``, and say how one is made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from outlive.engines import Engine
from outlive.engines.base import Checkable

from .check_changes import ChangeChecks
from .check_closing import ClosingChecks
from .check_expect import ExpectChecks
from .check_limits import LimitChecks
from .check_model import Machine
from .check_ranges import RangeChecks
from .check_reading import ReadingChecks
from .check_snapshots import SnapshotChecks
from .check_threads import ThreadChecks


class CheckEngine(
    ReadingChecks,
    SnapshotChecks,
    ChangeChecks,
    ExpectChecks,
    RangeChecks,
    LimitChecks,
    ClosingChecks,
    ThreadChecks,
):
    """The conformance suite: `make` an engine, and maybe `reopen` one."""

    examples = 60

    def make(self, directory: Path) -> Engine:
        """An engine that is new; `directory` is empty, and may be used."""
        raise NotImplementedError

    def reopen(self, engine: Engine) -> Engine:
        """Close it, and open what it kept; the same engine if it keeps nothing."""
        return engine

    @pytest.fixture(autouse=True)
    def restless_threads(self) -> Iterator[None]:
        """Let one thread after the other run, a thousand times as often as usual."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(before / 1000)
        yield
        sys.setswitchinterval(before)

    @pytest.fixture
    def new_engine(self, tmp_path: Path) -> Iterator[Engine]:
        """One in which nothing was ever written."""
        engine = self.make(tmp_path)
        yield engine
        engine.close()

    @pytest.fixture(params=["new", "used"])
    def engine(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
        """One that is empty, since ever or after all that it had was deleted."""
        engine = self.make(tmp_path)
        if request.param == "used":
            engine.commit({b"%d" % number: b"x" * number for number in range(1000)})
            engine.commit({b"%d" % number: None for number in range(0, 1000, 2)})
            engine = self.reopen(engine)
            engine.compact()
            engine.commit({b"%d" % number: None for number in range(1, 1000, 2)})
        yield engine
        engine.close()

    def test_what_was_committed_is_there_after_it_was_opened_again(self, engine: Engine) -> None:
        """With its revisions, and the next ones are higher."""
        first = engine.commit({b"a": b"1", b"b": b"2", b"gone": b"3"})
        second = engine.commit({b"b": b"new", b"gone": None, b"big": b"x" * 100_000})
        for _ in range(3):
            engine = self.reopen(engine)
            with engine.snapshot() as snapshot:
                assert snapshot.rev >= second
                assert snapshot.get(b"a") == (b"1", first)
                assert snapshot.get(b"b") == (b"new", second)
                assert snapshot.get(b"gone") is None
                assert snapshot.count() == 3
            assert engine.commit({}, expect={b"a": first, b"gone": 0}) >= second
        assert engine.commit({b"c": b""}) > second
        engine.close()

    def test_an_engine_that_can_check_itself_finds_nothing_wrong(self, engine: Engine) -> None:
        """And says how much it holds, and of which revision that is."""
        if not isinstance(engine, Checkable):
            pytest.skip("it is checked as a file")
        rev = engine.commit({b"a": b"1", b"b": b"2"})
        assert engine.check() == []
        numbers = engine.stat()
        assert (numbers["entries"], numbers["revision"]) == (2, rev)

    def test_it_does_as_a_model_does(self, tmp_path: Path) -> None:
        """Whatever is committed, in whatever order, with whatever snapshots open."""
        number = count()

        def make() -> Engine:
            directory = tmp_path / str(next(number))
            directory.mkdir()
            return self.make(directory)

        reopen = self.reopen

        class Here(Machine):
            def __init__(self) -> None:
                super().__init__(make, reopen)

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=self.examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
