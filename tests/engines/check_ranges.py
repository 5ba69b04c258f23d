"""Checks of `expect_ranges`: nothing in a range was inserted, changed or deleted since."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from outlive.engines import Engine, Range

from .looking import ALL, HARD_KEYS, content, is_unchanged, refused, rev_now, values

Change = Callable[[Engine, bytes], object]


def reinsert(engine: Engine, key: bytes) -> None:
    """Delete a key, and insert it again with the same value."""
    engine.commit({key: None})
    engine.commit({key: b"old"})


def come_and_go(engine: Engine, key: bytes) -> None:
    """Insert a key, and delete it."""
    engine.commit({key: b"brief"})
    engine.commit({key: None})


# Whether the key is there before, and what happens to it.
CHANGES: dict[str, tuple[bool, Change]] = {
    "insert": (False, lambda engine, key: engine.commit({key: b"new"})),
    "update": (True, lambda engine, key: engine.commit({key: b"new"})),
    "update with the same": (True, lambda engine, key: engine.commit({key: b"old"})),
    "delete": (True, lambda engine, key: engine.commit({key: None})),
    "delete and insert": (True, reinsert),
    "insert and delete": (False, come_and_go),
}


class RangeChecks:
    """A commit on condition that ranges are as they were read."""

    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("key", [b"\0", b"m", b"m\0", b"m\xff", b"\xfe\xff"])
    def test_a_change_is_caught_in_its_range_alone(
        self, engine: Engine, change: str, key: bytes
    ) -> None:
        """From its start on, before its stop; a range without a stop goes to the end."""
        is_there, make = CHANGES[change]
        others = {b"\0\0", b"l", b"m\x80", b"n", b"\xfe"}
        engine.commit(dict.fromkeys(others | {key} if is_there else others, b"old"))
        before = rev_now(engine)
        make(engine, key)
        after = rev_now(engine)
        bounds = sorted({b"", key[:-1], key, key + b"\0", key + b"\xff", b"m", b"n", b"\xff"})
        for start, stop in product(bounds, [None, *bounds]):
            is_inside = start <= key and (stop is None or key < stop)
            assert is_unchanged(engine, start, stop, before) is not is_inside, (start, stop)
            assert is_unchanged(engine, start, stop, after), (start, stop)

    @pytest.mark.parametrize("change", CHANGES)
    def test_a_commit_that_comes_too_late_writes_nothing(self, engine: Engine, change: str) -> None:
        """A change in the range between the read and the commit refuses all that it would write."""
        is_there, make = CHANGES[change]
        engine.commit(dict.fromkeys([b"jobs/1", b"jobs/2"][: 1 + is_there], b"old"))
        rev = rev_now(engine)
        engine.commit({b"else": b"changed"})
        engine.commit({b"jobs/0": b"a"}, expect_ranges=[Range(b"jobs/1", b"jobs0", rev)])
        make(engine, b"jobs/2")
        with refused(engine):
            engine.commit(
                {b"jobs/1": None, b"jobs/3": b"bad", b"done": b"bad"},
                expect_ranges=[Range(b"jobs/1", b"jobs0", rev)],
            )

    def test_own_writes_are_no_conflict(self, engine: Engine) -> None:
        """A commit changes the range that it expects unchanged; the next one sees that it did."""
        rev = engine.commit({b"a": b"1", b"b": b"2"})
        whole = Range(*ALL, rev)
        rev = engine.commit({b"a": None, b"b": b"3", b"c": b"4"}, expect_ranges=[whole])
        with refused(engine):
            engine.commit({b"d": b"bad"}, expect_ranges=[whole])
        engine.commit({b"d": b"good"}, expect_ranges=[Range(*ALL, rev)])

    def test_the_revision_of_a_commit_can_be_used_at_once(self, engine: Engine) -> None:
        """Without another read, also that of a commit that deleted, or wrote nothing."""
        rev = rev_now(engine)
        steps: list[dict[bytes, bytes | None]] = [{b"a": b"1", b"b": b"2"}, {b"a": None}, {}]
        steps += [{b"b": None}, {}, {b"a": b"3"}]
        for writes in steps:
            rev = engine.commit(writes, expect_ranges=[Range(*ALL, rev), Range(b"a", b"b", rev)])
        assert values(engine) == {b"a": b"3"}

    def test_the_deletion_of_an_absent_key_is_no_change(self, engine: Engine) -> None:
        """Nothing was deleted in the range."""
        rev = engine.commit({b"a": b"1"})
        engine.commit({b"b": None})
        assert is_unchanged(engine, *ALL, rev)

    def test_a_refused_commit_is_no_change(self, engine: Engine) -> None:
        """What it would have written does not count."""
        rev = engine.commit({b"a": b"1"})
        with refused(engine):
            engine.commit({b"a": b"2", b"b": b"3"}, expect={b"a": 0})
        assert is_unchanged(engine, *ALL, rev)

    def test_a_range_of_nothing_is_never_changed(self, engine: Engine) -> None:
        """One whose start is its stop, or behind it."""
        before = rev_now(engine)
        engine.commit({b"a": b"1", b"b": b"2"})
        engine.commit({b"a": None})
        for start, stop in ((b"a", b"a"), (b"b", b"a"), (b"", b""), (b"\xff", None), (b"c", b"")):
            assert is_unchanged(engine, start, stop, before)

    def test_bounds_may_be_longer_than_any_key(self, engine: Engine) -> None:
        """A bound is no key: it may have any length, and begin with FF."""
        before = engine.commit({b"a": b"1"})
        key = b"k" * engine.limits.key
        engine.commit({key: b"1"})
        assert is_unchanged(engine, key + b"\0", b"l" * 5000, before)
        assert is_unchanged(engine, b"", b"k" * (len(key) - 1) + b"j" + b"k" * 5000, before)
        assert not is_unchanged(engine, b"a" * 5000, key + b"\0" * 5000, before)
        assert not is_unchanged(engine, b"", b"\xff" * 5000, before)

    def test_many_ranges_and_keys(self, engine: Engine) -> None:
        """Each is looked at, and so are the keys beside them."""
        rev = engine.commit(dict.fromkeys(HARD_KEYS, b"old"))
        engine.commit({b"ab": b"new", b"\1": None})
        now = content(engine)
        good = [Range(b"", b"\1", rev), Range(b"b", None, rev), Range(b"a", b"ab", rev)]
        expect = {key: now[key][1] if key in now else 0 for key in HARD_KEYS}
        engine.commit({b"else": b"good"}, expect=expect, expect_ranges=good)
        for bad in (Range(b"", b"a", rev), Range(b"aa", b"ac", rev), Range(*ALL, rev)):
            for ranges in ([*good, bad], [bad, *good]):
                with refused(engine):
                    engine.commit({b"else": b"bad"}, expect=expect, expect_ranges=ranges)
        with refused(engine):
            engine.commit({b"x": b"bad"}, expect=expect | {b"ab": rev}, expect_ranges=good)

    def test_changes_long_ago_are_not_forgotten(self, engine: Engine) -> None:
        """Ten thousand deletions and 200 commits later, a range that changed has changed."""
        model = {b"%05d" % number: b"" for number in range(10_000)}
        engine.commit({b"first": b"", b"second": b""} | model)
        before = rev_now(engine)
        engine.commit({b"first": None})
        engine.commit(dict.fromkeys(model))
        for number in range(200):
            engine.commit(
                {b"last": b"%d" % number, b"%d" % number: b"", b"%d" % (number - 1): None}
            )
        for start, stop in (ALL, (b"first", b"first\0"), (b"00500", b"00501"), (b"199", b"2")):
            assert not is_unchanged(engine, start, stop, before)
        after = rev_now(engine)
        assert is_unchanged(engine, *ALL, after)

    def test_a_compact_hides_no_change(self, engine: Engine) -> None:
        """What changed before it has changed; and from its revision on it is exact again."""
        engine.commit({b"a": b"1", b"b": b"2", b"c": b"3"})
        before = rev_now(engine)
        engine.commit({b"a": None, b"b": b"new"})
        engine.compact()
        for start, stop in (ALL, (b"a", b"b"), (b"b", b"c")):
            assert not is_unchanged(engine, start, stop, before)
        after = rev_now(engine)
        assert is_unchanged(engine, *ALL, after)
        engine.commit({b"c": None})
        assert is_unchanged(engine, b"", b"c", after)
        assert not is_unchanged(engine, *ALL, after)
        assert not is_unchanged(engine, b"c", None, after)
