"""What is no key or no prefix is refused, and the message says how to make a key of it."""

from __future__ import annotations

import os
from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

import pytest

from outlive import CorruptError, FormatError
from outlive.formats.keys import pack, prefix_range, unpack


@pytest.mark.parametrize("hours", [-1, 1])
def test_moments_that_utc_has_not(hours: int) -> None:
    """A datetime at the end of time whose UTC is beyond it is refused; one within is kept."""
    outside, inside = (datetime.min, datetime.max) if hours > 0 else (datetime.max, datetime.min)
    zone = timezone(timedelta(hours=hours))
    with pytest.raises(FormatError, match=r"in UTC; pass .*tzinfo=None"):
        pack(outside.replace(tzinfo=zone))
    assert unpack(pack(inside.replace(tzinfo=zone))) == inside.replace(tzinfo=zone)


def test_the_largest_ints() -> None:
    """Ints up to 255 bytes are keys, the next are not, and the message says what to do."""
    for key in (2**2040 - 1, 1 - 2**2040):
        assert unpack(pack(key)) == key
        assert len(pack(key)) == 257
    for key in (2**2040, -(2**2040), 2**100_000):
        with pytest.raises(FormatError, match=r"255 bytes.*hex"):
            pack(("a", key))


@pytest.mark.parametrize("key", ["\ud800", "a\udc80", ("a", ("\udfff",))])
def test_lone_surrogates(key: object) -> None:
    """A str that UTF-8 cannot hold is refused, with the way out."""
    with pytest.raises(FormatError, match=r"surrogate.*fsencode"):
        pack(key)


def nested(depth: int) -> object:
    """That many tuples in each other."""
    key: object = ()
    for _ in range(depth - 1):
        key = (key,)
    return key


def test_deep_nesting() -> None:
    """64 tuples in each other are a key; more are refused on both ways, however many."""
    assert unpack(pack(nested(64))) == nested(64)
    for depth in (65, 50_000):
        with pytest.raises(FormatError, match="64 tuples"):
            pack(nested(depth))
        with pytest.raises(CorruptError):
            unpack(b"\x05" * depth + b"\x00" * depth)


class Number(IntEnum):
    """An int that is not just an int."""

    ONE = 1


class Word(StrEnum):
    """A str that is not just a str."""

    ONE = "one"


class Point(NamedTuple):
    """A tuple that is not just a tuple."""

    x: int


class Stamp(datetime):
    """As pandas.Timestamp: a datetime that says how to become a plain one."""

    def to_pydatetime(self) -> datetime:
        """The plain one."""
        return datetime(self.year, self.month, self.day)


class Scalar(float):
    """As numpy.float64: a float that says how to become a plain one."""

    shape = ()

    def item(self) -> float:
        """The plain one."""
        return float(self)


def derived(base: type, *arguments: object) -> object:
    """An object of a class that is derived from `base`."""
    return type("Derived", (base,), {})(*arguments)


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        (Number.ONE, "key.value"),
        (Word.ONE, "key.value"),
        (Point(1), "tuple(key)"),
        (["a"], "tuple(key)"),
        (Scalar(1.5), "key.item()"),
        (Stamp(2026, 1, 2), "key.to_pydatetime()"),
        (derived(datetime, 2026, 1, 2), "datetime.fromisoformat(key.isoformat())"),
        (derived(date, 2026, 1, 2), "date.fromordinal(key.toordinal())"),
        (derived(UUID, "ffffffff-ba5e-ba11-0000-00005ca1ab1e"), "UUID(int=key.int)"),
        (derived(str, "a"), "str(key)"),
        (derived(int, 1), "int(key)"),
        (derived(float, 1), "float(key)"),
        (derived(bytes, b"a"), "bytes(key)"),
        (bytearray(b"a"), "bytes(key)"),
        (memoryview(b"a"), "bytes(key)"),
        (frozenset({1, 2}), "tuple(sorted(key))"),
        (PurePosixPath("a"), "os.fspath(key)"),
        (Decimal("1.0"), "str(key)"),
        (OrderedDict(a=1), "str(key)"),
        (1j, "str(key)"),
    ],
)
def test_what_is_no_key(key: object, advice: str) -> None:
    """Any other type is refused, alone and in a tuple; what the message advises is a key."""
    names = {"key": key, "os": os, "date": date, "datetime": datetime, "UUID": UUID}
    for bad in (key, ("a", (key,))):
        with pytest.raises(FormatError, match="a key is a str, bytes, int") as caught:
            pack(bad)
        told = str(caught.value).rpartition("; pass ")[2]
        assert told == advice
        assert type(key).__qualname__ in str(caught.value)
        assert unpack(pack(eval(told, names)))  # noqa: S307  # the advice is our own
    with pytest.raises(FormatError, match=r"a prefix is.*start="):
        prefix_range(key)


@pytest.mark.parametrize("prefix", [1, 1.5, True, None, date(2026, 1, 2), UUID(int=1)])
def test_what_is_no_prefix(prefix: object) -> None:
    """Only strs, bytes and tuples have a beginning; the message says what others take."""
    with pytest.raises(FormatError, match=r"a prefix is.*start= and stop="):
        prefix_range(prefix)
