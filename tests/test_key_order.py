"""Keys as bytes keep their order, come back as they were, and are found by their beginning."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlive import CorruptError
from outlive.formats.keys import pack, prefix_range, unpack

# The types in the order of their codes; a datetime stands twice, without a zone and with one.
RANKS = [type(None), bytes, str, tuple, int, float, bool, UUID, date, datetime]
# Two's powers of whole bytes are where an int gets a byte more.
edges = st.builds(
    lambda n, sign, near: sign * 256**n + near,
    st.integers(0, 254),
    st.sampled_from([-1, 1]),
    st.integers(-2, 2),
)
bits = st.binary(min_size=8, max_size=8).map(lambda data: struct.unpack(">d", data)[0])
zones = st.integers(-1439, 1439).map(lambda n: timezone(timedelta(minutes=n)))
texts = st.text(st.sampled_from("\0\x01ab\x7f\x80\xff\u07ff\u4e2d\uffff\U0001f525"), max_size=5)
strings = st.lists(st.sampled_from([0, 1, 2, 97, 254, 255]), max_size=5).map(bytes)
scalars = st.one_of(
    st.none() | st.booleans(),
    st.integers(-300, 300) | edges,
    st.floats() | bits | st.sampled_from([0.0, -0.0]),
    texts | st.text(max_size=5),
    strings | st.binary(max_size=5),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones),
)
tuples = st.recursive(
    st.lists(scalars, max_size=3).map(tuple),
    lambda items: st.lists(scalars | items, max_size=3).map(tuple),
    max_leaves=4,
)
keys: st.SearchStrategy[Any] = scalars | tuples


def place(key: Any) -> tuple[int, Any]:
    """Where a key stands among all, told without bytes: equal for what is the same key."""
    rank = RANKS.index(type(key))
    if isinstance(key, tuple):
        return rank, tuple(map(place, key))
    if isinstance(key, float):
        # IEEE's total order, in which NaNs have a place: the sign, and then the magnitude.
        magnitude = struct.unpack(">Q", struct.pack(">d", key))[0] % 2**63
        negative = struct.pack(">d", key)[0] >= 128
        return rank, (-magnitude - 1 if negative else magnitude)
    if isinstance(key, datetime):
        has_zone = key.tzinfo is not None
        plain = key.astimezone(UTC).replace(tzinfo=None) if has_zone else key
        return rank + has_zone, plain
    return rank, key


def begins(key: Any, prefix: Any) -> bool:
    """Whether a key begins with a prefix, as a person would say."""
    if type(key) is not type(prefix):
        return False
    if isinstance(prefix, tuple):
        return place(key[: len(prefix)]) == place(prefix)
    return bool(key.startswith(prefix))


@given(keys)
def test_a_key_comes_back(key: Any) -> None:
    """A key comes back the same and of the same types; engines have their bytes to themselves."""
    data = pack(key)
    assert data[0] < 0xFE
    assert place(unpack(data)) == place(key)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones))
def test_a_moment_comes_back(key: datetime) -> None:
    """A datetime with a zone comes back equal, in UTC."""
    again = unpack(pack(key))
    assert isinstance(again, datetime)
    assert (again, again.tzinfo) == (key, UTC)


@given(st.lists(keys, max_size=12))
def test_bytes_are_in_the_order_of_the_keys(found: list[Any]) -> None:
    """Sorted by their bytes, keys of all types are in order, and the same key is the same bytes."""
    assert [*map(place, sorted(found, key=pack))] == sorted(map(place, found))
    assert len(set(map(pack, found))) == len(set(map(place, found)))


@pytest.mark.parametrize("same", [texts, strings, tuples, edges, st.floats(), bits, st.dates()])
def test_keys_of_one_type_in_order(same: st.SearchStrategy[Any]) -> None:
    """Two keys of one type, alone or within tuples, are in the order of their bytes."""

    @given(same, same, st.lists(scalars, max_size=2))
    def check(a: Any, b: Any, more: list[Any]) -> None:
        assert (pack(a) < pack(b)) == (place(a) < place(b))
        a, b = (a, *more), (b,)
        assert (pack(a) < pack(b)) == (place(a) < place(b))

    check()


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_numbers_in_their_usual_order(a: float, b: float) -> None:
    """What is less is before."""
    if a < b:
        assert pack(a) < pack(b)


def test_the_order_of_the_specification() -> None:
    """The order that the documents of the tuple layer state in words, and the order of the types.

    design/tuple.md: () before (None,); negative NaN, -inf, numbers, inf, NaN; -0.0 before 0.0.
    """
    nan = float("nan")
    ordered: list[object] = [
        *(None, b"", b"\0", b"\0\xff", b"\x7f", b"\x80", "", "\0", "a", "a\0", "ab", "\uffff"),
        *("\U0001f525", (), (None,), (None, b""), (b"",), (b"", None), ("a",), ("a", None)),
        *(("a", 0), ("a\0",), ("b",), ((),), ((), None), ((None,),), (0, 1), (0, 1, 2)),
        *(-(2**64), -(2**63), -256, -255, -1, 0, 1, 255, 256, 2**63, 2**64, 2**2040 - 1),
        *(-nan, float("-inf"), -1.5, -0.0, 0.0, 5e-324, 1.5, float("inf"), nan, False, True),
        *(UUID(int=0), UUID(int=2**127), date.min, date.max, datetime(1, 1, 1), datetime.max),
        *(datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    packed = [pack(key) for key in ordered]
    assert packed == sorted(set(packed))


def longer(prefix: Any) -> st.SearchStrategy[Any]:
    """Keys that a prefix is the beginning of, in bytes at least."""
    if isinstance(prefix, tuple):
        ends = st.lists(scalars, max_size=2).map(lambda end: (*prefix, *end))
        return ends | st.lists(ends, max_size=2).map(tuple)
    end = texts if isinstance(prefix, str) else strings
    return end.map(lambda end: prefix + end)


def neighbours(prefix: Any) -> st.SearchStrategy[Any]:
    """Keys with the same beginning but for the end of the last element, and shorter ones."""
    if not prefix:
        return keys
    if isinstance(prefix, tuple):
        if not isinstance(prefix[-1], (str, bytes, tuple)):
            return st.just(prefix[:-1])
        return (neighbours(prefix[-1]) | longer(prefix[-1])).map(lambda end: (*prefix[:-1], end))
    return st.just(prefix[:-1])


@given(
    (texts | strings | tuples).flatmap(
        lambda prefix: st.tuples(
            st.just(prefix), st.lists(keys | longer(prefix) | neighbours(prefix), max_size=12)
        )
    )
)
def test_a_range_is_what_begins_with_its_prefix(drawn: tuple[Any, list[Any]]) -> None:
    """The range of a prefix holds the keys that begin with it, itself too, and no others."""
    prefix, found = drawn
    start, stop = prefix_range(prefix)
    for key in [prefix, *found]:
        assert (start <= pack(key) < stop) == begins(key, prefix), key


@pytest.mark.parametrize(
    ("prefix", "within", "outside"),
    [
        ("", ["", "\0", "\U0010ffff"], [b"\xff", None, (), ("",)]),
        (b"", [b"", b"\xff\xff"], ["", None]),
        ((), [(), (None,), (datetime.max,)], ["\U0010ffff", b"", 0]),
        ("a", ["a", "a\0", "a\U0010ffff"], ["b", "", "A", ("a",)]),
        ("a\0", ["a\0", "a\0\0", "a\0\U0010ffff"], ["a", "a\x01"]),
        (b"\xff", [b"\xff", b"\xff\xff\xff"], [b"\xfe\xff", ""]),
        (b"\0\xff", [b"\0\xff", b"\0\xff\0"], [b"\0", b"\0\0", b"\x01"]),
        (("a",), [("a",), ("a", None), ("a", ("b",))], [("a\0",), ("ab",), ("a\0", 1), "a"]),
        ((None,), [(None,), (None, None), (None, "")], [(), (b"",), ((None,),)]),
        ((1, ()), [(1, ()), (1, (), ())], [(1, (None,)), (1,), (1, ((),)), (1, 2)]),
        ((1,), [(1,), (1, 256)], [(1.0,), (True,), (256,), (257,)]),
    ],
)
def test_the_edges_of_ranges(prefix: object, within: list[Any], outside: list[Any]) -> None:
    """Nothing and all, zeros and FF, and elements that are the beginning of others."""
    start, stop = prefix_range(prefix)
    assert [key for key in within + outside if start <= pack(key) < stop] == within


@given(st.data())
def test_damage_is_told(data: st.DataObject) -> None:
    """Any bytes are the one way to write a key, or raise CorruptError and nothing else."""
    whole = pack(data.draw(keys))
    at = data.draw(st.integers(0, len(whole)))
    bad = data.draw(
        st.sampled_from(
            [whole[:at], whole[at:], whole[:at] + b"\0" + whole[at:], whole[:at] + b"\xff"]
        )
        | st.binary(max_size=3).map(lambda new: whole[:at] + new + whole[at + 1 :])
        | st.lists(st.sampled_from([0, 1, 2, 5, 0x0B, 0x13, 0x15, 0x1D, 0x27, 0xFF])).map(bytes)
        | st.binary(max_size=20)
    )
    try:
        key = unpack(bad)
    except CorruptError:
        return
    assert pack(key) == bad
