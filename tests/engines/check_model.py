"""A machine of hypothesis that changes an engine and a plain model in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from outlive.engines import Engine, Entry, Range, Snapshot
from outlive.errors import ClosedError, ConflictError

from .looking import seen

Content = dict[bytes, tuple[bytes, int]]

letters = st.sampled_from([b"\0", b"a", b"b", b"\xfe", b"\xff"])
keys = st.builds(
    bytes.__add__, st.sampled_from([b"\0", b"a", b"\xfe"]), st.binary(max_size=1) | letters
)
keys = st.sampled_from([b"a", b"b", b"a\0", b"a\xff", b"\xfe"]) | keys
bounds = st.just(b"") | keys | st.sampled_from([b"a" * 600, b"\xff", b"\xff\xff"])
stops = st.none() | bounds
contents = st.none() | st.binary(max_size=3) | st.integers(0, 5000).map(lambda size: b"x" * size)


class Held(NamedTuple):
    """A snapshot, what it should have, and a scan of it with what that should still give."""

    snapshot: Snapshot
    content: Content
    scan: Iterator[tuple[bytes, Entry]]
    left: list[bytes]


class Machine(RuleBasedStateMachine):
    """An engine, and all revisions of what it should have."""

    def __init__(self, make: Callable[[], Engine], reopen: Callable[[Engine], Engine]) -> None:
        super().__init__()
        self.engine, self.reopen = make(), reopen
        self.model: Content = {}
        self.changes: list[tuple[int, bytes]] = []  # revision and key
        self.revs = [0]  # of snapshots and commits
        self.exact_from = 0  # of what came before a compact, the engine need not know
        self.held: list[Held] = []

    # -- commits

    def rev_of(self, key: bytes) -> int:
        """What to expect of a key."""
        return self.model[key][1] if key in self.model else 0

    def is_changed(self, range: Range) -> bool:
        """Whether a key in the range was changed since."""
        start, stop, since = range
        return any(
            rev > since and start <= key and (stop is None or key < stop)
            for rev, key in self.changes
        )

    @rule(
        data=st.data(),
        writes=st.dictionaries(keys, contents, max_size=5),
        expected=st.lists(keys, max_size=2),
        ranges=st.lists(st.tuples(bounds, stops), max_size=2),
    )
    def commit(
        self,
        data: st.DataObject,
        writes: dict[bytes, bytes | None],
        expected: list[bytes],
        ranges: list[tuple[bytes, bytes | None]],
    ) -> None:
        """Commit, with expectations of which some may not be so."""
        revs = st.sampled_from(self.revs[-8:])
        expect = {
            key: data.draw(revs) if data.draw(st.integers(0, 4)) == 0 else self.rev_of(key)
            for key in expected
        }
        since = [Range(start, stop, data.draw(revs)) for start, stop in ranges]
        is_wrong = any(rev != self.rev_of(key) for key, rev in expect.items())
        is_refused = is_wrong or any(map(self.is_changed, since))
        may_refuse = any(range.rev < self.exact_from for range in since)
        try:
            rev = self.engine.commit(writes, expect=expect, expect_ranges=since)
        except ConflictError:
            assert is_refused or may_refuse
            return
        assert not is_refused
        self.written(rev, writes)

    def written(self, rev: int, writes: dict[bytes, bytes | None]) -> None:
        """Do the same to the model."""
        if not writes:
            assert rev >= self.revs[-1]
        else:
            assert rev > self.revs[-1]
        self.revs.append(rev)
        for key, value in writes.items():
            if value is not None or key in self.model:
                self.changes.append((rev, key))
            self.model.pop(key, None)
            if value is not None:
                self.model[key] = (value, rev)

    @rule(start=bounds, stop=stops)
    def clear(self, start: bytes, stop: bytes | None) -> None:
        """Delete a range that was read, if it is as it was."""
        with self.engine.snapshot() as snapshot:
            writes: dict[bytes, bytes | None] = {key: None for key, _ in snapshot.scan(start, stop)}
            rev = snapshot.rev
        unchanged = [Range(start, stop, rev)]
        self.written(self.engine.commit(writes, expect_ranges=unchanged), writes)

    @rule()
    def compact(self) -> None:
        """Give room back."""
        self.engine.compact()
        with self.engine.snapshot() as snapshot:
            self.exact_from = snapshot.rev

    @precondition(lambda self: self.model)
    @rule()
    def reopen_it(self) -> None:
        """Close it, and open it again."""
        for held in self.held:
            held.snapshot.close()
        self.held.clear()
        self.engine = self.reopen(self.engine)
        with self.engine.snapshot() as snapshot:
            assert snapshot.rev >= self.revs[-1]
            self.exact_from = snapshot.rev

    # -- snapshots

    @precondition(lambda self: len(self.held) < 5)
    @rule(start=bounds, stop=stops, is_reverse=st.booleans())
    def hold(self, start: bytes, stop: bytes | None, is_reverse: bool) -> None:
        """Begin a snapshot, and a scan of it."""
        snapshot = self.engine.snapshot()
        assert snapshot.rev >= self.revs[-1]
        self.revs.append(snapshot.rev)
        scan = snapshot.scan(start, stop, reverse=is_reverse)
        left = self.between(self.model, start, stop)
        model = dict(sorted(self.model.items()))
        self.held.append(Held(snapshot, model, scan, left[::-1] if is_reverse else left))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def let_go(self, data: st.DataObject) -> None:
        """Close a snapshot; its scan may not be done."""
        held = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        held.snapshot.close()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), steps=st.integers(1, 5))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Take some steps of a scan that is under way."""
        held = data.draw(st.sampled_from(self.held))
        for _ in range(steps):
            found = next(held.scan, None)
            if not held.left:
                assert found is None
                return
            key = held.left.pop(0)
            assert found is not None
            assert (found[0], (bytes(found[1].value), found[1].rev)) == (key, held.content[key])

    @precondition(lambda self: self.held)
    @rule(data=st.data(), start=bounds, stop=stops, key=keys)
    def read(self, data: st.DataObject, start: bytes, stop: bytes | None, key: bytes) -> None:
        """Read a snapshot."""
        held = data.draw(st.sampled_from(self.held))
        there = self.between(held.content, start, stop)
        assert [key for key, _ in held.snapshot.scan(start, stop)] == there
        assert [key for key, _ in held.snapshot.scan(start, stop, reverse=True)] == there[::-1]
        assert held.snapshot.count(start, stop) == len(there)
        entry = held.snapshot.get(key)
        assert (entry and (bytes(entry.value), entry.rev)) == held.content.get(key)

    def between(self, model: Content, start: bytes, stop: bytes | None) -> list[bytes]:
        """The keys from `start` on and before `stop`, in order."""
        return [key for key in sorted(model) if start <= key and (stop is None or key < stop)]

    # -- what holds after each step

    @invariant()
    def all_snapshots_are_as_they_were(self) -> None:
        """The one of this moment has what the model has."""
        for held in self.held:
            assert seen(held.snapshot) == held.content
        with self.engine.snapshot() as snapshot:
            assert seen(snapshot) == self.model
            assert [key for key, _ in snapshot.scan()] == sorted(self.model)

    def teardown(self) -> None:
        """Close it."""
        for held in self.held:
            held.snapshot.close()
        self.engine.close()
        with pytest.raises(ClosedError):
            self.engine.snapshot()
