"""Run again after a conflict, for as long as it takes: each time somebody else has got on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ..engines import Buffer, Engine, Range
from ..errors import ConflictError

R = TypeVar("R")

_AT_ONCE = 3  # tries without a pause: most conflicts are over by then
_SHORTEST, _LONGEST = 0.0005, 0.05  # seconds
_DOUBLINGS = 7
_OWN = 10  # tries in a row that the function made in vain by its own writes


class _Written(threading.local):
    """How often this thread has written, by the name of the engine."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}


_written = _Written()


class Stale(Exception):  # noqa: N818  # no error that anybody sees: it says to run again
    """Our own commit met a conflict; not one that the user's function raised from another store."""


def commit(
    engine: Engine,
    writes: Mapping[bytes, Buffer | None],
    expect: Mapping[bytes, int],
    ranges: Sequence[Range] = (),
) -> None:
    """Commit, with Stale in the place of ConflictError."""
    try:
        engine.commit(writes, expect=expect, expect_ranges=ranges)
    except ConflictError as error:
        raise Stale from error
    note(engine.name)


def note(name: str) -> None:
    """This thread has written to the engine of this name."""
    _written.times[name] = _written.times.get(name, 0) + 1


def until_kept(name: str, attempt: Callable[[], R]) -> R:
    """What `attempt` returns as soon as it does not raise Stale. No lock is held meanwhile.

    Raises ConflictError where the attempt itself writes to the engine of this name, time and again.
    """
    tries = in_vain = 0
    while True:
        before = _written.times.get(name)
        try:
            return attempt()
        except Stale as stale:
            tries += 1
            in_vain = in_vain + 1 if _written.times.get(name) != before else 0
            if in_vain == _OWN:
                raise ConflictError(
                    f"{name}: the function that was to change it wrote to the same safe itself, "
                    "and so met its own changes, each time that it ran. Write through the "
                    "transaction that it is given, or return the new value"
                ) from stale.__cause__
        if tries > _AT_ONCE:
            import random  # which is slow to load, and few need it

            longest = min(_LONGEST, _SHORTEST * 2 ** min(tries - _AT_ONCE, _DOUBLINGS))
            time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
