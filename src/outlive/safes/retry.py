"""Run again after a conflict, for ever: each time somebody has got on, though not we."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ..engines import Buffer, Engine, Range
from ..errors import ConflictError

R = TypeVar("R")

_AT_ONCE = 3  # tries without a pause: most conflicts are over by then
_SHORTEST, _LONGEST = 0.0005, 0.05  # seconds
_DOUBLINGS = 7


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


def until_kept(attempt: Callable[[], R]) -> R:
    """What `attempt` returns as soon as it does not raise Stale. No lock is held meanwhile."""
    tries = 0
    while True:
        try:
            return attempt()
        except Stale:
            tries += 1
        if tries > _AT_ONCE:
            import random  # which is slow to load, and few need it

            longest = min(_LONGEST, _SHORTEST * 2 ** min(tries - _AT_ONCE, _DOUBLINGS))
            time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
