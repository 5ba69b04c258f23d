"""Checks of what a commit does and which revision it has."""

from __future__ import annotations

from types import MappingProxyType

from outlive.engines import Engine, Range
from outlive.errors import FormatError

from ..state.threads import in_threads
from .looking import ALL, content, refused, rev_now, values


class ChangeChecks:
    """All or nothing; each commit with a revision of its own."""

    def test_an_engine_that_is_new(self, new_engine: Engine) -> None:
        """It has nothing, and nothing was ever changed in it."""
        with new_engine.snapshot() as snapshot:
            assert snapshot.rev >= 0
            assert snapshot.get(b"key") is None
            assert list(snapshot.scan()) == []
            assert list(snapshot.scan(b"a", b"b", reverse=True)) == []
            assert snapshot.count() == 0
            rev = snapshot.rev
        new_engine.check_trust()
        assert new_engine.commit({}, expect={b"key": 0}, expect_ranges=[Range(*ALL, 0)]) >= rev
        assert new_engine.commit({b"key": b""}) > rev

    def test_revisions_grow(self, engine: Engine) -> None:
        """From commit to commit, whatever is in it, and a snapshot's are no lower."""
        last = rev_now(engine)
        for writes in (
            {b"a": b"1"},
            {b"a": b"1"},
            {b"b": b"2", b"c": b"3", b"a": None},
            {b"a": None},
            {b"absent": None},
            {b"b": None, b"c": None},
            {b"a": b"again"},
        ):
            rev = engine.commit(writes)
            assert type(rev) is int
            assert rev > last
            for key, value in writes.items():
                assert content(engine).get(key) == (None if value is None else (value, rev))
            assert rev_now(engine) >= rev
            last = rev
        engine.compact()
        assert content(engine) == {b"a": (b"again", last)}
        assert engine.commit({b"b": b""}) > last

    def test_only_what_is_written_gets_the_revision(self, engine: Engine) -> None:
        """The other entries keep theirs."""
        first = engine.commit({b"a": b"1", b"b": b"2", b"c": b"3"})
        second = engine.commit({b"b": b"2", b"absent": None})
        assert content(engine) == {b"a": (b"1", first), b"b": (b"2", second), b"c": (b"3", first)}

    def test_a_commit_of_nothing(self, engine: Engine) -> None:
        """It returns a revision of now, at which what it expects is so, and changes nothing."""
        written = engine.commit({b"key": b"value"})
        before = content(engine)
        rev = engine.commit({})
        assert rev >= written
        assert engine.commit({}, expect={b"key": written, b"other": 0}) >= written
        assert engine.commit({}, expect_ranges=[Range(*ALL, rev), Range(*ALL, written)]) >= written
        with refused(engine):
            engine.commit({}, expect={b"key": 0})
        assert content(engine) == before
        assert engine.commit({b"key": b"new"}) > rev
        with refused(engine):
            engine.commit({}, expect_ranges=[Range(*ALL, rev)])

    def test_all_or_nothing(self, engine: Engine) -> None:
        """If one expectation of many fails, none of the writes is made."""
        rev = engine.commit({b"%03d" % number: b"old" for number in range(100)})
        writes = {b"%03d" % number: b"new" if number % 3 else None for number in range(150)}
        right = {b"%03d" % number: rev for number in range(100)} | {b"absent": 0}
        for wrong in ({b"050": rev + 1}, {b"050": 0}, {b"absent": rev}, {b"120": 1}):
            with refused(engine):
                engine.commit(writes, expect=right | wrong)
        with refused(engine):
            engine.commit(writes, expect=right, expect_ranges=[Range(*ALL, rev - 1)])
        good = [Range(*ALL, rev), Range(b"050", b"060", rev)]
        for bad in (Range(b"050", b"060", rev - 1), Range(b"099", None, rev - 1)):
            with refused(engine):
                engine.commit(writes, expect=right, expect_ranges=[*good, bad])
            with refused(engine):
                engine.commit(writes, expect=right, expect_ranges=[bad, *good])
        new = engine.commit(writes, expect=right, expect_ranges=good)
        assert content(engine) == {key: (b"new", new) for key, value in writes.items() if value}

    def test_after_a_refusal_it_goes_on(self, engine: Engine) -> None:
        """A refused commit leaves nothing behind that the next one would meet."""
        for number in range(20):
            with refused(engine):
                engine.commit({b"key": b"bad"}, expect={b"key": 10**9})
            with refused(engine, FormatError):
                engine.commit({b"key": b"bad", b"": b""})
            rev = engine.commit({b"key": b"%d" % number})
            assert content(engine) == {b"key": (b"%d" % number, rev)}

    def test_writes_may_be_any_mapping(self, engine: Engine) -> None:
        """A view of a dict, say; what is done to it after the commit is nothing to the engine."""
        writes: dict[bytes, bytes | memoryview | None] = {b"a": b"1", b"b": b"2", b"c": None}
        engine.commit(MappingProxyType(writes))
        writes[b"a"] = b"other"
        writes.clear()
        assert values(engine) == {b"a": b"1", b"b": b"2"}

    def test_a_revision_belongs_to_one_commit(self, engine: Engine) -> None:
        """However many threads commit at once; and a thread's own grow."""
        revs: list[list[int]] = [[] for _ in range(8)]

        def work(number: int) -> None:
            for turn in range(40):
                writes = {b"own %d" % number: b"%d" % turn, b"shared": b"%d %d" % (number, turn)}
                revs[number].append(engine.commit(writes))

        in_threads(8, work)
        flat = [rev for own in revs for rev in own]
        assert len(set(flat)) == len(flat)
        found = content(engine)
        for number, own in enumerate(revs):
            assert own == sorted(own)
            assert found[b"own %d" % number] == (b"39", own[-1])
            if own[-1] == max(flat):
                assert found[b"shared"] == (b"%d 39" % number, own[-1])
        assert rev_now(engine) >= max(flat)
