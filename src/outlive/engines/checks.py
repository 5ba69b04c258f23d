"""What every engine asks of its arguments before it does anything.

At the pace of C where all is well, as a commit may have 100,000 writes; what is wrong, and with
which key, is searched for only when something is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

from ..errors import FormatError
from .base import RESERVED, Buffer, Limits, Range

_VALUES = frozenset({bytes, memoryview, NoneType})
_SHOWN = 40  # bytes of a key in a message


def check_writes(writes: Mapping[bytes, Buffer | None], limits: Limits, name: str) -> None:
    """Raise FormatError if the engine `name` cannot take `writes`; nothing else.

    >>> from outlive.engines import Limits
    >>> check_writes({b"key": b"value", b"gone": None}, Limits(key=511, value=10), "jobs.safe")
    """
    if not writes:
        return
    if len(writes) == 1:  # the quickest way, for what is written most
        ((key, value),) = writes.items()
        if (
            type(key) is bytes
            and 0 < len(key) <= limits.key
            and key < RESERVED
            and (value is None or (type(value) is bytes and len(value) <= limits.value))
        ):
            return
    if limits.writes is not None and len(writes) > limits.writes:
        raise FormatError(
            f"{name}: {len(writes):,} writes in one commit, and it takes {limits.writes:,}. "
            "Make several commits of them"
        )
    _check_keys(writes, limits, name)
    _check_values(writes, limits, name)


def check_expected(
    expect: Mapping[bytes, int], ranges: Sequence[Range], limits: Limits, name: str
) -> None:
    """Raise FormatError if `expect` and `ranges` are nothing that could be so; nothing else.

    The bounds of a range are not keys: they may be of any length, and begin with FF.

    >>> from outlive.engines import Limits, Range
    >>> check_expected({b"key": 3}, [Range(b"", None, 3)], Limits(511, 10), "jobs.safe")
    """
    if expect:
        _check_keys(expect, limits, name)
        revs = expect.values()
        if set(map(type, revs)) != {int} or min(revs) < 0:
            for key, rev in expect.items():
                _check_rev(rev, f"for the key {_shown(key)}", name)
    for start, stop, rev in ranges:
        if type(start) is not bytes or not (stop is None or type(stop) is bytes):
            raise FormatError(
                f"{name}: a range from {start!r:.99} to {stop!r:.99}. "
                "Give bytes, or None as its stop"
            )
        _check_rev(rev, f"for a range from {_shown(start)}", name)


def _check_rev(rev: Any, what: str, name: str) -> None:
    if type(rev) is not int or rev < 0:
        raise FormatError(
            f"{name}: {rev!r:.99} is no revision {what}. Give that of an entry, a snapshot or a "
            "commit, or 0"
        )


def _check_keys(keys: Mapping[bytes, Any], limits: Limits, name: str) -> None:
    are_bytes = set(map(type, keys)) == {bytes}
    if are_bytes and b"" not in keys and max(map(len, keys)) <= limits.key and max(keys) < RESERVED:
        return
    for key in keys:
        problem = _key_problem(key, limits)
        if problem:
            raise FormatError(f"{name}: {problem}")


def _key_problem(key: Any, limits: Limits) -> str:
    if type(key) is not bytes:
        return f"the key {key!r:.99} is of type {type(key).__name__}. Give bytes"
    if not key:
        return "a key is empty. Give at least one byte"
    if len(key) > limits.key:
        return (
            f"the key {_shown(key)} has {len(key):,} bytes, and it takes {limits.key:,}. "
            "Shorten the key, or use a hash of it"
        )
    if key.startswith(RESERVED):
        return f"the key {_shown(key)} begins with FF, as the engine's own do. Put a byte before it"
    return ""


def _check_values(writes: Mapping[bytes, Any], limits: Limits, name: str) -> None:
    values = writes.values()
    types = set(map(type, values))
    if not types <= _VALUES:
        key, kind = next((k, type(v)) for k, v in writes.items() if type(v) not in _VALUES)
        raise FormatError(
            f"{name}: the value of the key {_shown(key)} is of type {kind.__name__}. "
            "Give bytes or a memoryview, or None to delete it"
        )
    if memoryview in types or _longest(values) > limits.value:
        _check_each_value(writes, limits, name)


def _longest(values: Iterable[Any]) -> int:
    return max(map(len, filter(None, values)), default=0)


def _check_each_value(writes: Mapping[bytes, Any], limits: Limits, name: str) -> None:
    """A view has to be looked at alone: its length counts items, which need not be bytes."""
    for key, value in writes.items():
        is_view = type(value) is memoryview
        if is_view and not value.c_contiguous:
            raise FormatError(
                f"{name}: the value of the key {_shown(key)} is a memoryview with gaps. "
                "Give bytes, or a contiguous one"
            )
        size = value.nbytes if is_view else len(value or b"")
        if size > limits.value:
            raise FormatError(
                f"{name}: the value of the key {_shown(key)} has {size:,} bytes, and it takes "
                f"{limits.value:,}. Divide it among several keys"
            )


def _shown(key: bytes) -> str:
    return repr(key) if len(key) <= _SHOWN else f"{key[:_SHOWN]!r}…"
