"""What the checks of an engine look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from outlive.engines import Engine, Range, Snapshot
from outlive.errors import ConflictError, OutliveError

ALL = (b"", None)

# In order: zeros, FE and FF within, and keys that begin as others end.
HARD_KEYS = [
    b"\0",
    b"\0\0",
    b"\0\0\1",
    b"\0\xff",
    b"\1",
    b"a",
    b"a\0",
    b"a\0\0",
    b"a\0b",
    b"aa",
    b"ab",
    b"a\x7f",
    b"a\x80",
    b"a\xfe",
    b"a\xff",
    b"a\xff\xff",
    b"b",
    b"\xfe",
    b"\xfe\0",
    b"\xfe\xfe",
    b"\xfe\xff",
    b"\xfe\xff\xff",
]


def seen(snapshot: Snapshot) -> dict[bytes, tuple[bytes, int]]:
    """All that a snapshot has, with revisions, in order."""
    return {key: (bytes(entry.value), entry.rev) for key, entry in snapshot.scan()}


def content(engine: Engine) -> dict[bytes, tuple[bytes, int]]:
    """All that an engine has now, with revisions, in order."""
    with engine.snapshot() as snapshot:
        return seen(snapshot)


def values(engine: Engine) -> dict[bytes, bytes]:
    """All that an engine has now, in order."""
    return {key: value for key, (value, _) in content(engine).items()}


def rev_now(engine: Engine) -> int:
    """The revision of this moment."""
    with engine.snapshot() as snapshot:
        return snapshot.rev


@contextmanager
def refused(engine: Engine, error: type[OutliveError] = ConflictError) -> Iterator[None]:
    """The block raises `error`, whose message names the engine, and changes nothing."""
    before = content(engine)
    with pytest.raises(error) as raised:
        yield
    assert type(raised.value) is error
    assert engine.name in str(raised.value)
    assert content(engine) == before


def is_unchanged(engine: Engine, start: bytes, stop: bytes | None, rev: int) -> bool:
    """Whether the engine says that nothing in the range was changed since."""
    try:
        engine.commit({}, expect_ranges=[Range(start, stop, rev)])
    except ConflictError:
        return False
    return True
