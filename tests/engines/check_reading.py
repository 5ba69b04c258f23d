"""Checks of what a snapshot finds, and in which order."""

from __future__ import annotations

import random
from itertools import product

from outlive.engines import Engine, Snapshot

from .looking import HARD_KEYS, content, values


def check_reads(snapshot: Snapshot, model: dict[bytes, bytes], *bounds: bytes) -> None:
    """Between any two of the bounds, a snapshot has the keys and values of `model`."""
    found = sorted(model.items())
    for start, stop in product([b"", *bounds], [None, b"", *bounds]):
        expected = [
            (key, value) for key, value in found if start <= key and (stop is None or key < stop)
        ]
        there = [(key, bytes(entry.value)) for key, entry in snapshot.scan(start, stop)]
        back = [(key, bytes(e.value)) for key, e in snapshot.scan(start, stop, reverse=True)]
        assert there == expected, (start, stop)
        assert back == expected[::-1], (start, stop)
        assert snapshot.count(start, stop) == len(expected), (start, stop)


class ReadingChecks:
    """What is under a key; what is between two."""

    def test_what_was_committed_is_found(self, engine: Engine) -> None:
        """A key has its value and the revision of its commit; another key has nothing."""
        first = engine.commit({b"ann": b"10", b"bob": b"20"})
        second = engine.commit({b"bob": b"21", b"carl": b"30"})
        with engine.snapshot() as snapshot:
            assert snapshot.get(b"ann") == (b"10", first)
            assert snapshot.get(b"bob") == (b"21", second)
            assert snapshot.get(b"carl") == (b"30", second)
            assert snapshot.get(b"dora") is None
            assert snapshot.rev >= second
        assert engine.get(b"bob") == (b"21", second)
        assert engine.get(b"dora") is None

    def test_what_was_deleted_is_gone(self, engine: Engine) -> None:
        """A deleted key has nothing, and comes in no scan; an absent one can be deleted."""
        engine.commit({b"ann": b"10", b"bob": b"20", b"carl": b"30"})
        engine.commit({b"bob": None, b"nobody": None})
        with engine.snapshot() as snapshot:
            assert snapshot.get(b"bob") is None
            assert snapshot.get(b"nobody") is None
            assert snapshot.count() == 2
            assert [key for key, _ in snapshot.scan()] == [b"ann", b"carl"]

    def test_a_scan_tells_what_get_tells(self, engine: Engine) -> None:
        """Keys are bytes, and an entry of a scan is the one that `get` finds."""
        for number in range(3):
            engine.commit(dict.fromkeys(HARD_KEYS[number:], b"%d" % number))
        with engine.snapshot() as snapshot:
            for key, entry in snapshot.scan():
                assert type(key) is bytes
                got = snapshot.get(key)
                assert got is not None
                assert (bytes(got.value), got.rev) == (bytes(entry.value), entry.rev)

    def test_keys_come_in_the_order_of_their_bytes(self, engine: Engine) -> None:
        """However they came in, and with any bounds: one that is no key, equal ones, crossed."""
        keys = [*HARD_KEYS, b"k" * engine.limits.key, b"\xfe" * engine.limits.key]
        model = {key: b"value of " + key for key in keys}
        shuffled = keys[:]
        random.Random(1).shuffle(shuffled)
        engine.commit({key: model[key] for key in shuffled[:10]})
        for key in shuffled[10:]:
            engine.commit({key: model[key]})
        with engine.snapshot() as snapshot:
            check_reads(snapshot, model, *keys, b"\0a", b"a\0\1", b"c", b"\xff", b"\xff\xff")

    def test_bounds_may_be_longer_than_any_key(self, engine: Engine) -> None:
        """A bound is no key: it may have any length."""
        longest = engine.limits.key
        model = {b"k" * longest: b"1", b"k" * (longest - 1) + b"l": b"2", b"l": b"3"}
        engine.commit(model)
        with engine.snapshot() as snapshot:
            check_reads(
                snapshot,
                model,
                b"k" * (longest + 1),
                b"k" * longest + b"\0",
                b"k" * (longest - 1) + b"l" + b"\0" * 5000,
                b"\xfe" * 100_000,
            )

    def test_there_is_nothing_under_what_cannot_be_a_key(self, engine: Engine) -> None:
        """Empty, too long, or among the keys of the engine's own."""
        engine.commit({b"k" * engine.limits.key: b"1", b"\xfe": b"2"})
        with engine.snapshot() as snapshot:
            for key in (b"", b"\xff", b"\xff\xff", b"k" * (engine.limits.key + 1), b"k" * 100_000):
                assert snapshot.get(key) is None
            assert snapshot.count() == 2
            for start in (b"\xff", b"\xff\xff"):
                assert list(snapshot.scan(start)) == []
                assert list(snapshot.scan(start, reverse=True)) == []
                assert snapshot.count(start) == 0
            assert [key for key, _ in snapshot.scan(b"\xfe")] == [b"\xfe"]
            assert [key for key, _ in snapshot.scan(b"\xfe", b"\xff\xff")] == [b"\xfe"]
            assert [key for key, _ in snapshot.scan(b"a", reverse=True)][:1] == [b"\xfe"]

    def test_reads_between_each_other_are_exact(self, engine: Engine) -> None:
        """Two scans, there and back, and gets and counts between their steps."""
        model = {b"%03d" % number: b"%d" % number for number in range(50)}
        engine.commit(model)
        with engine.snapshot() as snapshot:
            there, back = snapshot.scan(), snapshot.scan(reverse=True)
            for number in range(50):
                key, entry = next(there)
                assert (key, bytes(entry.value)) == (b"%03d" % number, b"%d" % number)
                assert snapshot.count(b"010", b"020") == 10
                other = next(back)[0]
                assert other == b"%03d" % (49 - number)
                assert snapshot.get(b"%03d" % (number * 7 % 50)) is not None
                assert next(snapshot.scan(b"025"))[0] == b"025"
            assert next(there, None) is None
            assert next(back, None) is None

    def test_many_keys(self, engine: Engine) -> None:
        """20,000 keys in one commit, and all gone in the next."""
        model = {
            b"%05d" % (number * 7919 % 20_000): b"x" * (number % 50) for number in range(20_000)
        }
        engine.commit(model)
        assert values(engine) == model
        assert list(content(engine)) == sorted(model)
        with engine.snapshot() as snapshot:
            assert snapshot.count() == 20_000
            assert snapshot.count(b"10", b"11") == 1000
        engine.commit(dict.fromkeys(model))
        assert values(engine) == {}
