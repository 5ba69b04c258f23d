"""What threads did to an engine, and whether it can have come one after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from outlive.engines import Engine, Entry, Range
from outlive.errors import ConflictError


def rev_of(entry: Entry | None) -> int:
    """What to expect of a key that was read."""
    return entry.rev if entry else 0


def number_of(entry: Entry | None) -> int:
    """The number that a value says."""
    return int(bytes(entry.value)) if entry else 0


class Attempt(NamedTuple):
    """A transaction of a thread, as it went."""

    began: int  # the revision of its snapshot
    ended: int  # that of its commit; 0 if it was refused
    keys: dict[bytes, bytes | None]  # what it read
    range: tuple[bytes, bytes | None]  # what it scanned
    scanned: dict[bytes, bytes]
    writes: dict[bytes, bytes | None]

    def touches(self, key: bytes) -> bool:
        """Whether another's write of this key is a reason to refuse it."""
        start, stop = self.range
        return key in self.keys or (start <= key and (stop is None or key < stop))


def attempt(engine: Engine, rng: random.Random, value: bytes) -> Attempt:
    """Read some keys and a range, then write some; the values are all different."""
    keys = [b"%d" % number for number in range(10)]
    read = rng.sample(keys, 2)
    start = rng.choice(keys)
    stop = rng.choice([None, start + b"\0", b"%d" % (int(start) + 2)]) if start < b"8" else None
    with engine.snapshot() as snapshot:
        began, found = snapshot.rev, {key: snapshot.get(key) for key in read}
        got = {key: entry and bytes(entry.value) for key, entry in found.items()}
        expect = {key: rev_of(entry) for key, entry in found.items()}
        scanned = {key: bytes(entry.value) for key, entry in snapshot.scan(start, stop)}
    written = rng.sample(keys, rng.randrange(1, 4))
    writes = {key: rng.choice([None, value + b" " + key]) for key in written}
    try:
        ended = engine.commit(writes, expect=expect, expect_ranges=[Range(start, stop, began)])
    except ConflictError:
        ended = 0
    return Attempt(began, ended, got, (start, stop), scanned, writes)


def check_history(attempts: list[Attempt], now: dict[bytes, bytes]) -> None:
    """Run the commits one after the other, in the order of their revisions: they read the same."""
    model: dict[bytes, bytes] = {}
    made = sorted((a for a in attempts if a.ended), key=lambda a: a.ended)
    assert len({a.ended for a in made}) == len(made)
    for done in made:
        assert done.began < done.ended
        assert done.keys == {key: model.get(key) for key in done.keys}
        assert done.scanned == dict(between(model, *done.range))
        for key, value in done.writes.items():
            model.pop(key, None)
            if value is not None:
                model[key] = value
    assert now == dict(sorted(model.items()))
    assert len(made) >= 8
    for tried in (a for a in attempts if not a.ended):
        assert any(
            other.ended > tried.began and any(map(tried.touches, other.writes)) for other in made
        ), "refused without a reason"


def between(
    model: dict[bytes, bytes], start: bytes, stop: bytes | None
) -> Iterator[tuple[bytes, bytes]]:
    """The keys from `start` on and before `stop`, in order."""
    for key in sorted(model):
        if start <= key and (stop is None or key < stop):
            yield key, model[key]
