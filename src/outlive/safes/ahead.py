"""Iterating over a safe: one moment, and no snapshot that outlives a short loop."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

from ..engines import Buffer, Entry, Snapshot
from .bounds import Bounds

T = TypeVar("T")

_ITEMS = 256
_BYTES = 1 << 20


def scan(
    begin: Callable[[], Snapshot],
    check: Callable[[], None],
    bounds: Bounds,
    make: Callable[[bytes, Buffer], T],
    values: bool,
) -> Generator[T, None, None]:
    """What `make` makes of each entry within `bounds` as it is now.

    The first entries are read at once. If that was all, the snapshot is closed before the first
    is handed out, else at the end of the generator. `check` is called before each.
    """
    entries = _scan(begin, check, bounds, make, values)
    next(entries)  # up to where it holds what it needs: one that never ran would not close it
    return entries


def _scan(
    begin: Callable[[], Snapshot],
    check: Callable[[], None],
    bounds: Bounds,
    make: Callable[[bytes, Buffer], T],
    values: bool,
) -> Generator[Any, None, None]:
    snapshot = begin()
    try:  # a Ctrl-C in an `__enter__` would leave it open
        rest = snapshot.scan(bounds.start, bounds.stop, reverse=bounds.reverse)
        ahead, is_all = _ahead(rest, values)
        if not is_all:
            yield
            for key, data in ahead:
                check()
                yield make(key, data)
            del ahead
            for key, entry in rest:
                check()
                yield make(key, entry.value)
            return
    finally:
        snapshot.close()
    yield
    for key, data in ahead:
        check()
        yield make(key, data)


def _ahead(
    entries: Iterator[tuple[bytes, Entry]], values: bool
) -> tuple[list[tuple[bytes, bytes]], bool]:
    ahead, size = [], 0
    for key, entry in entries:
        data = bytes(entry.value) if values else b""
        ahead.append((key, data))
        size += len(data)
        if len(ahead) >= _ITEMS or size >= _BYTES:
            return ahead, False
    return ahead, True
