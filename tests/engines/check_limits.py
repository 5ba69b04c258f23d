"""Checks of what can be a key and a value, and that the rest is refused."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from outlive.engines import Engine, Range
from outlive.errors import FormatError

from .looking import HARD_KEYS, content, refused, values

BIG = 5 << 20


def bad_keys(engine: Engine) -> list[Any]:
    """What cannot be a key."""
    longest = engine.limits.key
    own = [b"\xff", b"\xff\0", b"\xff" * longest]
    return [b"", b"k" * (longest + 1), b"\0" * 100_000, *own, "text", 7, None, (b"key",)]


class LimitChecks:
    """All that is allowed, and nothing else."""

    def test_keys_of_any_bytes(self, engine: Engine) -> None:
        """Of any length up to the limit, with zeros and FE and FF within."""
        longest = engine.limits.key
        for key in [
            *HARD_KEYS,
            b"\0" * longest,
            b"\xfe" * longest,
            b"\xfe" + b"\xff" * (longest - 1),
        ]:
            rev = engine.commit({key: b"value"}, expect={key: 0})
            assert content(engine) == {key: (b"value", rev)}
            engine.commit({key: None}, expect={key: rev})

    def test_what_cannot_be_a_key(self, engine: Engine) -> None:
        """It is a FormatError, even in the midst of a thousand good ones; none is written."""
        good: dict[Any, bytes] = {b"%03d" % number: b"new" for number in range(1000)}
        rev = engine.commit({b"001": b"old", b"key": b"old"})
        for key in bad_keys(engine):
            for writes in ({key: b"bad"}, {key: None}, {**good, key: b"bad", b"last": b""}):
                with refused(engine, FormatError):
                    engine.commit(writes)
            for wrong in ({key: 0}, {b"key": rev, key: 0}):
                with refused(engine, FormatError):
                    engine.commit({b"key": b"bad"}, expect=wrong)

    def test_what_cannot_be_a_value(self, engine: Engine) -> None:
        """A value of another type is a FormatError, and nothing is written."""
        engine.commit({b"key": b"old"})
        bad: list[Any] = ["text", 7, 1.5, [b"list"], (), object(), False]
        for value in bad:
            for writes in ({b"key": value}, {b"a": b"good", b"key": value, b"z": b"good"}):
                with refused(engine, FormatError):
                    engine.commit(writes)

    def test_what_cannot_be_a_range(self, engine: Engine) -> None:
        """Bounds and revisions of another type are a FormatError, and nothing is written."""
        rev = engine.commit({b"key": b"old"})
        bad: list[Any] = [("", None, rev), (None, None, rev), (b"", "", rev), (b"", 7, rev)]
        bad += [(b"", None, None), (b"", None, "1"), (b"", None, 1.0)]
        for arguments in bad:
            with refused(engine, FormatError):
                engine.commit({b"key": b"bad"}, expect_ranges=[Range(*arguments)])
        revs: list[Any] = [None, "1", float(rev), -1]
        for wrong in revs:
            with refused(engine, FormatError):
                engine.commit({b"key": b"bad"}, expect={b"key": wrong})

    def test_more_writes_than_it_takes(self, engine: Engine) -> None:
        """Where there is a limit, it is reached, and one more is a FormatError."""
        most = engine.limits.writes
        if most is None or most > 100_000:
            most = 50_000  # more than anyone should need to divide
        else:
            with refused(engine, FormatError):
                engine.commit({b"%d" % number: b"" for number in range(most + 1)})
        engine.commit({b"%d" % number: b"" for number in range(most)})
        assert len(values(engine)) == most

    def test_a_value_larger_than_it_takes(self, engine: Engine) -> None:
        """Where the limit is low, it is reached, and one byte more is a FormatError."""
        most = engine.limits.value
        if most > BIG:
            most = BIG
        else:
            for value in (b"x" * (most + 1), memoryview(array("I", [7] * (most // 4 + 1)))):
                with refused(engine, FormatError):
                    engine.commit({b"key": value})
        engine.commit({b"key": b"x" * most, b"a": b"small"})
        assert values(engine) == {b"key": b"x" * most, b"a": b"small"}

    def test_an_empty_value_is_a_value(self, engine: Engine) -> None:
        """It is there, and it is not None."""
        rev = engine.commit({b"key": b"", b"view": memoryview(b"")})
        assert content(engine) == {b"key": (b"", rev), b"view": (b"", rev)}
        with engine.snapshot() as snapshot:
            entry = snapshot.get(b"key")
            assert entry is not None
            assert bytes(entry.value) == b""
            assert snapshot.count() == 2
        with refused(engine):
            engine.commit({b"key": b"bad"}, expect={b"key": 0})

    def test_values_of_any_bytes(self, engine: Engine) -> None:
        """Of many lengths, and each byte."""
        model = {
            b"%d" % size: bytes(range(256)) * (size // 256 + 1) for size in range(0, 20_000, 997)
        }
        model |= {b"short %d" % size: b"\0\xff" * size for size in range(20)}
        model = {key: value[: engine.limits.value] for key, value in model.items()}
        engine.commit(model)
        assert values(engine) == dict(sorted(model.items()))

    def test_big_values(self, engine: Engine) -> None:
        """Several of 5 MB, while snapshots are open that see those before."""
        size = min(BIG, engine.limits.value)
        held = []
        for number in range(4):
            held.append(engine.snapshot())
            engine.commit({b"big": b"%d" % number * size, b"big %d" % number: b"x" * size})
        for number, snapshot in enumerate(held):
            entry = snapshot.get(b"big")
            assert (entry is None) == (number == 0)
            if entry:
                assert bytes(entry.value) == b"%d" % (number - 1) * size
            assert snapshot.count() == (number + 1 if number else 0)
            snapshot.close()
        engine.commit(dict.fromkeys(values(engine)))
        engine.compact()
        assert values(engine) == {}

    def test_a_view_is_copied(self, engine: Engine) -> None:
        """What is done to its bytes after the commit is nothing to the engine."""
        data = bytearray(b"0123456789" * 100)
        numbers = array("I", [1, 2, 3])
        engine.commit(
            {
                b"all": memoryview(data),
                b"part": memoryview(data)[3:7],
                b"none": memoryview(data)[5:5],
                b"numbers": memoryview(numbers),
            }
        )
        expected = {
            b"all": bytes(data),
            b"none": b"",
            b"numbers": numbers.tobytes(),
            b"part": b"3456",
        }
        data[:] = b"overwritten" * 3
        numbers[0] = 99
        assert values(engine) == expected

    @pytest.mark.parametrize("is_closed", [False, True])
    def test_a_value_that_was_read_can_be_written(self, engine: Engine, is_closed: bool) -> None:
        """As it was got from a snapshot, though what it was read from has been deleted."""
        model = {b"%03d" % number: b"%d" % number * 500 for number in range(50)}
        engine.commit(model)
        with engine.snapshot() as snapshot:
            read = {b"copy of " + key: entry.value for key, entry in snapshot.scan()}
            engine.commit(dict.fromkeys(model))
            engine.commit(read)
            if is_closed:
                snapshot.close()
            copies = {b"copy of " + key: value for key, value in model.items()}
            assert values(engine) == copies
            engine.commit(dict.fromkeys(copies))
