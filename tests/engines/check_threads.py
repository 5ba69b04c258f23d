"""Checks of threads that read and commit at once."""

from __future__ import annotations

import random
import threading

from outlive.engines import Engine, Range
from outlive.errors import ConflictError, FormatError

from ..state.threads import in_threads
from .history import Attempt, attempt, check_history, number_of, rev_of
from .looking import ALL, content, rev_now, values

THREADS = 8


class ThreadChecks:
    """Many at once come to the same as one after the other."""

    def test_counting_through_expect(self, new_engine: Engine) -> None:
        """Eight threads add one to three counters: none is lost, and none made up."""
        engine = new_engine

        def work(number: int) -> None:
            for turn in range(45):
                add_one(engine, b"counter %d" % ((number + turn) % 3))

        in_threads(THREADS, work)
        assert values(engine) == {b"counter %d" % number: b"120" for number in range(3)}

    def test_one_wins_an_empty_range(self, new_engine: Engine) -> None:
        """Eight threads insert into a range if it is empty: exactly one does, each time."""
        engine, won, gate = new_engine, [0] * 30, threading.Barrier(THREADS, timeout=10)

        def work(number: int) -> None:
            for turn in range(30):
                gate.wait()
                start, stop = b"%02d" % turn, b"%02d" % (turn + 1)
                with engine.snapshot() as snapshot:
                    rev = snapshot.rev
                    assert snapshot.count(start, stop) <= 1
                    if snapshot.count(start, stop):
                        continue
                key = start + b" by %d" % number
                try:
                    engine.commit({key: b""}, expect_ranges=[Range(start, stop, rev)])
                except ConflictError:
                    continue
                won[turn] += 1

        in_threads(THREADS, work)
        assert won == [1] * 30
        assert len(values(engine)) == 30

    def test_one_wins_an_absent_key(self, new_engine: Engine) -> None:
        """Eight threads insert a key if it is absent: exactly one does, each time."""
        engine, gate = new_engine, threading.Barrier(THREADS, timeout=10)
        won: list[tuple[int, int, int]] = []

        def work(number: int) -> None:
            for turn in range(30):
                gate.wait()
                try:
                    rev = engine.commit(
                        {b"%02d" % turn: b"%d" % number}, expect={b"%02d" % turn: 0}
                    )
                except ConflictError:
                    continue
                won.append((turn, number, rev))

        in_threads(THREADS, work)
        assert content(engine) == {
            b"%02d" % turn: (b"%d" % number, rev) for turn, number, rev in sorted(won)
        }
        assert sorted(turn for turn, _, _ in won) == list(range(30))

    def test_the_revision_of_a_commit_is_its_own(self, new_engine: Engine) -> None:
        """It holds as an expectation at once, unless another thread wrote in between."""
        engine, revs = new_engine, [list[tuple[int, int]]() for _ in range(THREADS)]

        def work(number: int) -> None:
            rng = random.Random(number)
            rev = engine.commit({b"shared": b""})
            revs[number].append((0, rev))
            for turn in range(40):
                mine = {b"shared": b"%d %d" % (number, turn)}
                is_by_key = rng.random() < 0.5
                try:
                    new = engine.commit(
                        mine,
                        expect={b"shared": rev} if is_by_key else {},
                        expect_ranges=[] if is_by_key else [Range(*ALL, rev)],
                    )
                    revs[number].append((rev, new))
                except ConflictError:
                    new = engine.commit(mine)
                    revs[number].append((0, new))
                rev = new

        in_threads(THREADS, work)
        flat = sorted(new for own in revs for _, new in own)
        assert len(set(flat)) == len(flat)
        for old, new in (pair for own in revs for pair in own if pair[0]):
            assert flat[flat.index(new) - 1] == old, "another commit came in between"

    def test_readers_see_whole_commits(self, new_engine: Engine) -> None:
        """The sum of all accounts is the same in every snapshot, while four threads transfer."""
        engine, keys, is_done = new_engine, [b"%02d" % number for number in range(20)], [False] * 4
        engine.commit(dict.fromkeys(keys, b"100"))

        def work(number: int) -> None:
            if number < 4:
                transfer(engine, keys, random.Random(number))
                is_done[number] = True
                return
            last = 0
            while not all(is_done):
                with engine.snapshot() as snapshot:
                    assert snapshot.rev >= last
                    last = snapshot.rev
                    there = sum(number_of(entry) for _, entry in snapshot.scan())
                    assert there == sum(number_of(snapshot.get(key)) for key in keys) == 2000
                threading.Event().wait(0.001)

        def transfer(engine: Engine, keys: list[bytes], rng: random.Random) -> None:
            for _ in range(40):
                giver, taker = rng.sample(keys, 2)
                with engine.snapshot() as snapshot:
                    given, taken = snapshot.get(giver), snapshot.get(taker)
                    writes = {
                        giver: b"%d" % (number_of(given) - 7),
                        taker: b"%d" % (number_of(taken) + 7),
                    }
                    expect = {giver: rev_of(given), taker: rev_of(taken)}
                try:
                    engine.commit(writes, expect=expect)
                except ConflictError:
                    continue

        in_threads(6, work)
        assert sum(map(int, values(engine).values())) == 2000

    def test_a_bad_commit_harms_no_other(self, new_engine: Engine) -> None:
        """Commits that are refused come to nothing, and those beside them are made."""
        engine = new_engine
        engine.commit({b"1": b"overwritten below"})
        revs = [0] * THREADS

        def work(number: int) -> None:
            for turn in range(30):
                if number % 4 == 0:
                    error, bad = raised_by(engine, number * turn)
                    assert error is bad
                else:
                    revs[number] = engine.commit({b"%d" % number: b"%d" % turn, b"gone": None})

        in_threads(THREADS, work)
        good = [number for number in range(THREADS) if number % 4]
        assert content(engine) == {b"%d" % number: (b"29", revs[number]) for number in good}

    def test_a_commit_of_nothing_says_when_it_was_so(self, new_engine: Engine) -> None:
        """At its revision, the key was absent, as it expected, though not before and not after."""
        engine, absent_at = new_engine, [list[int]() for _ in range(THREADS)]
        changes = [[(0, False)] for _ in range(THREADS)]

        def work(number: int) -> None:
            for turn in range(60):
                key = b"%d" % (number // 2)
                if number % 2:
                    rev = engine.commit({key: None if turn % 2 else b"value"})
                    changes[number].append((rev, turn % 2 == 0))
                    continue
                try:
                    absent_at[number].append(engine.commit({}, expect={key: 0}))
                except ConflictError:
                    continue

        in_threads(THREADS, work)
        for number in range(0, THREADS, 2):
            for rev in absent_at[number]:
                last = max(change for change in changes[number + 1] if change[0] <= rev)
                assert last[1] is False

    def test_every_history_is_a_series(self, new_engine: Engine) -> None:
        """Each commit read what was there just before it; each refusal had its reason."""
        engine, histories = new_engine, [list[Attempt]() for _ in range(THREADS)]

        def work(number: int) -> None:
            rng = random.Random(number)
            for turn in range(40):
                if number == 0 and turn % 10 == 9:
                    rev_now(engine)
                histories[number].append(attempt(engine, rng, b"%d %d" % (number, turn)))

        in_threads(THREADS, work)
        check_history([done for history in histories for done in history], values(engine))


def add_one(engine: Engine, key: bytes) -> None:
    """Add one to a counter, however often another thread is faster."""
    while True:
        with engine.snapshot() as snapshot:
            entry = snapshot.get(key)
            number, rev = number_of(entry), rev_of(entry)
        try:
            engine.commit({key: b"%d" % (number + 1)}, expect={key: rev})
        except ConflictError:
            continue
        return


def raised_by(engine: Engine, number: int) -> tuple[type[Exception], type[Exception]]:
    """The error of a commit that cannot be made, and which it should be."""
    try:
        if number % 3 == 0:
            engine.commit({b"bad": b"", b"": b""})
        elif number % 3 == 1:
            engine.commit({b"bad": b""}, expect={b"bad": 10**9})
        else:
            engine.commit({b"bad": b""}, expect_ranges=[Range(b"nobody", None, 0), Range(*ALL, 0)])
    except (ConflictError, FormatError) as error:
        return type(error), FormatError if number % 3 == 0 else ConflictError
    return Exception, ConflictError
