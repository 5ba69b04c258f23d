"""Checks of what is closed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from outlive.engines import Engine, Snapshot
from outlive.errors import ClosedError

from ..state.threads import in_threads
from .looking import values


def uses(snapshot: Snapshot) -> list[Callable[[], object]]:
    """All ways to read a snapshot."""
    return [
        lambda: snapshot.get(b"key"),
        lambda: list(snapshot.scan()),
        lambda: list(snapshot.scan(b"a", b"b", reverse=True)),
        lambda: snapshot.rev,
        snapshot.count,
        lambda: snapshot.count(b"a", b"b"),
    ]


def check_closed(engine: Engine, *ways: Callable[[], object]) -> None:
    """All of them raise ClosedError, which names the engine, more than once."""
    for use in ways * 2:
        with pytest.raises(ClosedError) as raised:
            use()
        assert engine.name in str(raised.value)


class ClosingChecks:
    """After the end."""

    def test_a_closed_snapshot(self, engine: Engine) -> None:
        """It raises ClosedError, its iterators too; to close it again is nothing."""
        engine.commit({b"%d" % number: b"value" for number in range(10)})
        snapshot = engine.snapshot()
        begun, begun_back, not_begun = snapshot.scan(), snapshot.scan(reverse=True), snapshot.scan()
        assert next(begun)[0] == b"0"
        assert next(begun_back)[0] == b"9"
        snapshot.close()
        snapshot.close()
        check_closed(engine, *uses(snapshot))
        for scan in (begun, begun_back, not_begun):
            with pytest.raises(ClosedError):
                next(scan)
        snapshot.close()
        assert len(values(engine)) == 10

    def test_a_with_block_closes_its_snapshot(self, engine: Engine) -> None:
        """Also when it raises, and the error goes on."""
        with engine.snapshot() as entered:
            entered.get(b"key")
        check_closed(engine, *uses(entered))
        snapshot = engine.snapshot()
        with pytest.raises(KeyError, match="mine"), snapshot as entered:
            raise KeyError("mine")
        assert entered is snapshot
        check_closed(engine, *uses(snapshot))

    def test_a_closed_engine(self, engine: Engine) -> None:
        """It raises ClosedError, its snapshots and iterators too; to close it again is nothing."""
        engine.commit({b"%d" % number: b"value" for number in range(10)})
        snapshot, other = engine.snapshot(), engine.snapshot()
        begun, not_begun = snapshot.scan(), snapshot.scan()
        next(begun)
        engine.close()
        engine.close()
        check_closed(
            engine,
            *uses(snapshot),
            *uses(other),
            engine.snapshot,
            engine.compact,
            lambda: engine.commit({b"key": b"value"}),
            lambda: engine.commit({}),
            lambda: engine.commit({b"key": b"value"}, expect={b"key": 7}),
        )
        for scan in (begun, not_begun):
            with pytest.raises(ClosedError):
                next(scan)
        for held in (snapshot, snapshot, other):
            held.close()
        engine.close()

    def test_an_engine_closed_in_the_block_of_a_snapshot(self, engine: Engine) -> None:
        """The block ends well."""
        with engine.snapshot() as snapshot:
            engine.close()
            check_closed(engine, *uses(snapshot))

    def test_an_engine_closed_while_threads_use_it(self, engine: Engine) -> None:
        """What they do is done, or raises ClosedError; nothing else happens to them."""
        model = {b"%02d" % number: b"x" * 100 for number in range(50)}
        engine.commit(model)
        ended: list[int] = []

        def work(number: int) -> None:
            if number == 0:
                for _ in range(5000):
                    if min(rounds[1:]) >= 5:
                        break
                    time.sleep(0.001)
                engine.close()
                return
            try:
                while True:
                    use(number)
                    rounds[number] += 1
            except ClosedError:
                ended.append(number)

        def use(number: int) -> None:
            if number % 2:
                engine.commit(dict.fromkeys(model, b"y" * number))
            with engine.snapshot() as snapshot:
                assert len({bytes(entry.value) for _, entry in snapshot.scan()}) == 1
                assert snapshot.count() == 50

        rounds = [0] * 7
        in_threads(7, work)
        assert sorted(ended) == [1, 2, 3, 4, 5, 6]
