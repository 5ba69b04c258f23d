"""Checks that a snapshot is of one moment, and that it is no older than it has to be."""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable

import pytest

from outlive.engines import Engine, Snapshot
from outlive.errors import ClosedError

from ..state.threads import in_threads
from .looking import content, seen, values

Seen = dict[bytes, tuple[bytes, int]]


def check_same(snapshot: Snapshot, rev: int, expected: Seen) -> None:
    """By whatever way one looks, the snapshot has what it had."""
    assert snapshot.rev == rev
    assert seen(snapshot) == expected
    assert [key for key, _ in snapshot.scan(reverse=True)] == sorted(expected, reverse=True)
    assert snapshot.count() == len(expected)
    for key in (b"%02d" % number for number in range(30)):
        entry = snapshot.get(key)
        assert (entry and (bytes(entry.value), entry.rev)) == expected.get(key)


class SnapshotChecks:
    """A view of one moment."""

    def test_a_snapshot_sees_one_moment(self, engine: Engine) -> None:
        """Whatever is committed, deleted or compacted later, it stays as it was."""
        rng = random.Random(2)
        held: list[tuple[Snapshot, int, Seen]] = []
        model: Seen = {}
        for step in range(60):
            keys = [b"%02d" % rng.randrange(30) for _ in range(rng.randrange(1, 9))]
            is_clearing = step % 20 == 19
            writes = (
                dict.fromkeys(model)
                if is_clearing
                else {
                    key: rng.choice([None, rng.randbytes(rng.choice([0, 1, 100, 10_000]))])
                    for key in keys
                }
            )
            rev = engine.commit(writes)
            for key, value in writes.items():
                model.pop(key, None)
                if value is not None:
                    model[key] = (value, rev)
            if step % 7 == 0:
                engine.compact()
            snapshot = engine.snapshot()
            held.append((snapshot, snapshot.rev, dict(sorted(model.items()))))
            for old in rng.sample(held, min(5, len(held))):
                check_same(*old)
            if len(held) > 10:
                held.pop(rng.randrange(len(held)))[0].close()
        for old in held:
            check_same(*old)
            old[0].close()

    @pytest.mark.parametrize("is_reverse", [False, True])
    def test_a_scan_goes_on_in_its_moment(self, engine: Engine, is_reverse: bool) -> None:
        """Commits, deletions and a compact between its steps do not reach it."""
        model = {b"%03d" % number: b"%d" % number * 50 for number in range(200)}
        engine.commit(model)
        changes: list[Callable[[], object]] = [
            lambda: engine.commit({b"%03d" % number: b"new" for number in range(0, 200, 3)}),
            lambda: engine.commit({b"%03d+" % number: b"inserted" for number in range(200)}),
            lambda: engine.commit({b"%03d" % number: None for number in range(0, 200, 2)}),
            engine.compact,
            lambda: engine.commit(dict.fromkeys(values(engine))),
            engine.compact,
            lambda: engine.commit({b"%03d" % number: b"again" for number in range(200)}),
        ]
        with engine.snapshot() as snapshot:
            scan = snapshot.scan(reverse=is_reverse)
            got = []
            for change in changes:
                got += [next(scan) for _ in range(20)]
                change()
            got += scan
            found = [(key, bytes(entry.value)) for key, entry in got]
        assert found == sorted(model.items(), reverse=is_reverse)

    def test_values_are_good_until_the_snapshot_closes(self, engine: Engine) -> None:
        """An entry that was got before the changes has its value after them."""
        model = {b"%03d" % number: b"%d" % number * 300 for number in range(100)}
        engine.commit(model)
        with engine.snapshot() as snapshot:
            got = [snapshot.get(key) for key in model]
            scanned = dict(snapshot.scan())
            for turn in range(5):
                engine.commit(dict.fromkeys(model, b"new %d" % turn * 200))
                engine.commit(dict.fromkeys(model))
            engine.compact()
            engine.commit(dict.fromkeys(model, b"newest" * 100))
            assert [bytes(entry.value) for entry in got if entry] == [*model.values()]
            assert {key: bytes(entry.value) for key, entry in scanned.items()} == model

    def test_a_snapshot_sees_what_had_returned(self, engine: Engine) -> None:
        """Every commit that returned before it began, deletions too."""
        for number in range(20):
            rev = engine.commit(
                {b"key": b"%d" % number, b"%d" % number: b"", b"%d" % (number - 1): None}
            )
            with engine.snapshot() as snapshot:
                assert snapshot.get(b"key") == (b"%d" % number, rev)
                assert snapshot.rev >= rev
                assert snapshot.count() == 2

    def test_snapshots_of_two_moments(self, engine: Engine) -> None:
        """Two at once, closed in either order, each see their own."""
        for order in (1, -1):
            engine.commit({b"key": b"old"})
            first = engine.snapshot()
            engine.commit({b"key": b"new"})
            second = engine.snapshot()
            engine.commit({b"key": None})
            assert [bytes(e.value) for s in (first, second) if (e := s.get(b"key"))] == [
                b"old",
                b"new",
            ]
            early, late = [first, second][::order]
            early.close()
            entry = late.get(b"key")
            assert entry is not None
            assert bytes(entry.value) == (b"new" if late is second else b"old")
            late.close()

    def test_many_snapshots_at_once(self, engine: Engine) -> None:
        """200 snapshots, of 20 moments, and they can be begun again and again."""
        held = []
        for number in range(20):
            engine.commit({b"key": b"%d" % number})
            held += [(engine.snapshot(), number) for _ in range(10)]
        for snapshot, number in held:
            entry = snapshot.get(b"key")
            assert entry is not None
            assert bytes(entry.value) == b"%d" % number
            snapshot.close()
        for _ in range(1000):
            engine.snapshot().close()

    def test_threads_read_one_snapshot(self, engine: Engine) -> None:
        """Eight at once get, scan and count, while another commits; the last one closes it."""
        model = {b"%03d" % number: b"%d" % number * 50 for number in range(300)}
        engine.commit(model)
        snapshot = engine.snapshot()

        def work(number: int) -> None:
            if number == 0:
                for turn in range(20):
                    engine.commit(dict.fromkeys(model, b"%d" % turn))
                return
            for turn in range(8):
                found = {key: bytes(entry.value) for key, entry in snapshot.scan()}
                assert found == model
                for key in list(model)[turn::7]:
                    entry = snapshot.get(key)
                    assert entry is not None
                    assert bytes(entry.value) == model[key]
                assert snapshot.count(b"1", b"2") == 100

        in_threads(8, work)
        in_threads(1, lambda _: snapshot.close())
        with pytest.raises(ClosedError):
            snapshot.get(b"000")

    def test_threads_that_come_and_go(self, engine: Engine) -> None:
        """Each of 300 threads reads and ends; nothing of them is left to be short of."""
        engine.commit({b"key": b"value"})

        def work(_: int) -> None:
            with engine.snapshot() as snapshot:
                assert snapshot.get(b"key")

        for _ in range(30):
            in_threads(10, work)

    @pytest.mark.parametrize("is_left", ["read", "half read", "not read"])
    def test_a_scan_that_is_left_holds_nothing(self, engine: Engine, is_left: str) -> None:
        """Commits, compact and the close of the snapshot go on as if it were not there."""
        model = {b"%03d" % number: b"x" * 100 for number in range(100)}
        engine.commit(model)
        scans = []
        for _ in range(200):
            snapshot = engine.snapshot()
            scan = snapshot.scan()
            for _ in range({"read": 101, "half read": 50, "not read": 0}[is_left]):
                next(scan, None)
            scans.append(scan)
            snapshot.close()
        engine.commit(dict.fromkeys(model))
        engine.compact()
        assert content(engine) == {}

    def test_a_forked_child(self, engine: Engine) -> None:
        """It has what the engine has, and can commit; the snapshots are its parent's alone."""
        engine.commit({b"key": b"value"})
        with engine.snapshot() as snapshot:
            scan = snapshot.scan()

            def child() -> None:
                for use in (lambda: snapshot.get(b"key"), lambda: next(scan), snapshot.count):
                    with pytest.raises(ClosedError):
                        use()
                snapshot.close()
                assert values(engine) == {b"key": b"value"}
                engine.commit({b"child": b"was here"}, expect={b"child": 0})
                assert values(engine) == {b"key": b"value", b"child": b"was here"}

            assert in_a_fork(child)
            assert seen(snapshot).keys() == {b"key"}
        engine.commit({b"parent": b"is here"})
        assert values(engine).items() >= {b"key": b"value", b"parent": b"is here"}.items()


def in_a_fork(work: Callable[[], object]) -> bool:
    """Whether it went well in a child, within 20 seconds; else its error is in stderr."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            work()
            status = 0
        except BaseException:  # noqa: BLE001  # that of pytest.raises is none of Exception
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
