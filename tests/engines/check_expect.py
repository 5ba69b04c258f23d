"""Checks of `expect`: for a key, the revision that was read."""

from __future__ import annotations

from outlive.engines import Engine

from .looking import HARD_KEYS, content, refused, rev_now


class ExpectChecks:
    """A commit on condition that keys are as they were read."""

    def test_a_key_that_is_as_it_was_read(self, engine: Engine) -> None:
        """The commit is made: for one that is present, one that is absent, a deletion."""
        rev = engine.commit({b"key": b"1"}, expect={b"key": 0})
        rev = engine.commit({b"key": b"2"}, expect={b"key": rev})
        engine.commit({b"other": b""})
        rev = engine.commit({b"key": None, b"else": b""}, expect={b"key": rev, b"nobody": 0})
        rev = engine.commit({b"key": b"3"}, expect={b"key": 0, b"else": rev})
        assert content(engine)[b"key"] == (b"3", rev)

    def test_a_key_that_is_not_as_it_was_read(self, engine: Engine) -> None:
        """Nothing is written if the revision is too low, too high, or one where there is none."""
        first = engine.commit({b"key": b"1", b"gone": b"1"})
        rev = engine.commit({b"key": b"2", b"gone": None})
        for wrong in (0, 1, first, rev - 1, rev + 1, rev + 10**6, 2**62):
            if wrong != rev:
                with refused(engine):
                    engine.commit({b"key": b"bad"}, expect={b"key": wrong})
        for wrong in (1, first, rev, rev + 1):
            with refused(engine):
                engine.commit({b"gone": b"bad"}, expect={b"gone": wrong})
            with refused(engine):
                engine.commit({b"nobody": b"bad"}, expect={b"nobody": wrong})
        assert engine.commit({b"key": b"3"}, expect={b"key": rev}) > rev

    def test_a_key_that_was_written_with_the_same_value(self, engine: Engine) -> None:
        """That is a change like any other."""
        rev = engine.commit({b"key": b"same"})
        engine.commit({b"key": b"same"})
        with refused(engine):
            engine.commit({b"key": b"bad"}, expect={b"key": rev})

    def test_a_key_that_was_deleted_and_inserted(self, engine: Engine) -> None:
        """It is another one; one that came and went is absent again."""
        rev = engine.commit({b"key": b"same"})
        engine.commit({b"key": None, b"brief": b"1"})
        with refused(engine):
            engine.commit({b"other": b"bad"}, expect={b"key": rev})
        engine.commit({b"key": b"same", b"brief": None})
        with refused(engine):
            engine.commit({b"other": b"bad"}, expect={b"key": rev})
        with refused(engine):
            engine.commit({b"other": b"bad"}, expect={b"key": 0})
        engine.commit({b"other": b"good"}, expect={b"brief": 0})

    def test_a_key_that_is_not_written(self, engine: Engine) -> None:
        """Keys that were only read count just as well."""
        rev = engine.commit({b"read": b"1"})
        engine.commit({b"key": b"good"}, expect={b"read": rev})
        new = engine.commit({b"read": b"2"})
        with refused(engine):
            engine.commit({b"key": b"bad"}, expect={b"read": rev})
        with refused(engine):
            engine.commit({b"key": b"bad"}, expect={b"read": new, b"absent": new})
        engine.commit({b"key": b"better"}, expect={b"read": new, b"absent": 0})

    def test_a_change_of_another_key_is_no_matter(self, engine: Engine) -> None:
        """Not even of one that begins with it, or with which it begins."""
        for key in HARD_KEYS:
            rev = engine.commit({key: b"1"})
            engine.commit({other: b"2" for other in HARD_KEYS if other != key})
            engine.commit({other: None for other in HARD_KEYS if other != key})
            assert engine.commit({key: b"3"}, expect={key: rev}) > rev
            engine.commit({key: None})

    def test_the_revision_of_a_commit_can_be_expected_at_once(self, engine: Engine) -> None:
        """Without another read."""
        rev = 0
        for number in range(30):
            last, rev = rev, engine.commit({b"key": b"%d" % number}, expect={b"key": rev})
            with refused(engine):
                engine.commit({b"key": b"bad"}, expect={b"key": last})

    def test_the_revision_of_a_read_can_be_expected(self, engine: Engine) -> None:
        """That of the entry; after a compact as before."""
        for number in range(10):
            with engine.snapshot() as snapshot:
                entry = snapshot.get(b"key")
            if number % 3 == 2:
                engine.compact()
            engine.commit({b"key": b"%d" % number}, expect={b"key": entry.rev if entry else 0})
        assert content(engine)[b"key"][0] == b"9"

    def test_many_expectations(self, engine: Engine) -> None:
        """5,000 keys, half of them absent; one that is wrong is found among them."""
        rev = engine.commit({b"%04d" % number: b"" for number in range(0, 5000, 2)})
        expect = {b"%04d" % number: 0 if number % 2 else rev for number in range(5000)}
        engine.commit({b"x": b""}, expect=expect)
        for number in (0, 1, 2500, 2501, 4999):
            wrong = expect | {b"%04d" % number: rev_now(engine) + 1}
            with refused(engine):
                engine.commit({b"x": b"bad"}, expect=wrong)
