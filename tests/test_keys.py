"""Keys as bytes: the published vectors of FoundationDB's tuple layer, dates, and damage."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from uuid import UUID

import pytest

from outlive import CorruptError
from outlive.formats.keys import pack, unpack

# design/tuple.md: the test cases beside the type codes, as elements of a top-level tuple.
SPECIFICATION: list[tuple[tuple[object, ...], bytes]] = [
    ((b"foo\x00bar",), b"\x01foo\x00\xffbar\x00"),
    (("F\u00d4O\u0000bar",), b"\x02F\xc3\x94O\x00\xffbar\x00"),
    (((b"foo\x00bar", None, ()),), b"\x05\x01foo\x00\xffbar\x00\x00\xff\x05\x00\x00"),
    (((),), b"\x05\x00"),
    (((None,),), b"\x05\x00\xff\x00"),
    ((-5551212,), b"\x11\xabK\x93"),
    ((-1,), b"\x13\xfe"),
]
# bindings/java/…/tuple/TupleSerializationTest.java, serializedForms: all but the types that Python
# has not.
JAVA: list[tuple[tuple[object, ...], str]] = [
    ((0,), "14"),
    ((1,), "15 01"),
    ((-1,), "13 fe"),
    ((255,), "15 ff"),
    ((-255,), "13 00"),
    ((256,), "16 01 00"),
    ((-256,), "12 fe ff"),
    ((65536,), "17 01 00 00"),
    ((-65536,), "11 fe ff ff"),
    ((2**63 - 1,), "1c 7f ff ff ff ff ff ff ff"),
    ((2**63,), "1c 80 00 00 00 00 00 00 00"),
    ((2**64 - 1,), "1c ff ff ff ff ff ff ff ff"),
    ((2**64,), "1d 09 01 00 00 00 00 00 00 00 00"),
    ((1 - 2**32,), "10 00 00 00 00"),
    ((2 - 2**63,), "0c 80 00 00 00 00 00 00 01"),
    ((1 - 2**63,), "0c 80 00 00 00 00 00 00 00"),
    ((-(2**63),), "0c 7f ff ff ff ff ff ff ff"),
    ((-(2**63) - 1,), "0c 7f ff ff ff ff ff ff fe"),
    ((1 - 2**64,), "0c 00 00 00 00 00 00 00 00"),
    ((3.14,), "21 c0 09 1e b8 51 eb 85 1f"),
    ((-3.14,), "21 3f f6 e1 47 ae 14 7a e0"),
    ((0.0,), "21 80 00 00 00 00 00 00 00"),
    ((-0.0,), "21 7f ff ff ff ff ff ff ff"),
    ((float("inf"),), "21 ff f0 00 00 00 00 00 00"),
    ((float("-inf"),), "21 00 0f ff ff ff ff ff ff"),
    (struct.unpack(">d", bytes.fromhex("7fffffffffffffff")), "21 ff ff ff ff ff ff ff ff"),
    (struct.unpack(">d", bytes.fromhex("ffffffffffffffff")), "21 00 00 00 00 00 00 00 00"),
    ((b"",), "01 00"),
    ((b"\x01\x02\x03",), "01 01 02 03 00"),
    ((b"\0\0\0\x04",), "01 00 ff 00 ff 00 ff 04 00"),
    (("",), "02 00"),
    (("hello",), "02 68 65 6c 6c 6f 00"),
    (("\u4e2d\u6587",), "02 e4 b8 ad e6 96 87 00"),
    (("\u03bc\u03ac\u03b8\u03b7\u03bc\u03b1",), "02 ce bc ce ac ce b8 ce b7 ce bc ce b1 00"),
    (("\U0001f525",), "02 f0 9f 94 a5 00"),
    (("\U0001f96f",), "02 f0 9f a5 af 00"),
    (("\U0001f9a5",), "02 f0 9f a6 a5 00"),
    (("\U0010ffff",), "02 f4 8f bf bf 00"),
    (((None,),), "05 00 ff 00"),
    (((None, "hello"),), "05 00 ff 02 68 65 6c 6c 6f 00 00"),
    (((None, "hell\0"),), "05 00 ff 02 68 65 6c 6c 00 ff 00 00"),
    (((None,), "hello"), "05 00 ff 00 02 68 65 6c 6c 6f 00"),
    (
        ((None,), "hello", b"\x01\x00", b""),
        "05 00 ff 00 02 68 65 6c 6c 6f 00 01 01 00 ff 00 01 00",
    ),
    (
        (UUID("ffffffff-ba5e-ba11-0000-00005ca1ab1e"),),
        "30 ff ff ff ff ba 5e ba 11 00 00 00 00 5c a1 ab 1e",
    ),
    ((False,), "26"),
    ((True,), "27"),
    ((0x3019,), "16 30 19"),
    ((3,), "15 03"),
]
# bindings/go/src/fdb/tuple/tuple_test.go, TestTupleString.
GO = [((b"hello", "world", 42, 0x99), b"\x01hello\x00\x02world\x00\x15*\x15\x99")]
VECTORS = [*SPECIFICATION, *((key, bytes.fromhex(data)) for key, data in JAVA), *GO]
# bindings/java/…/tuple/TuplePackingTest.java, malformedSequences.
MALFORMED = """
01 de ad c0 de|01 de ad 00 ff c0 de|02 68 65 6c 6c 6f|02 68 65 6c 00 ff 6c 6f|
02 75 74 66 08 80 00|02 75 74 66 08 c0 01 00|02 75 74 66 10 ed a0 bd 00|02 75 74 66 10 ed b4 a5 00|
02 75 74 66 10 ed a0 bd ed b4 a5 00|05 02 68 65 6c 6c 6f 00|
05 02 68 65 6c 6c 6f 00 00 ff 02 74 68 65 72 65 00|16 01|12 01|1d 09 01 02 03 04 05 06 07 08|
0b f6 01 02 03 04 05 06 07 08|20 01 02 03|21 01 02 03 04 05 06 07|
30 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e|33 01 02 03 04 05 06 07 08 09 0a 0b|ff
"""
# What `pack` does not give, though some binding reads or even writes it.
FOREIGN = """
|00 ff|00 00|02|02 61 00 ff|02 61 00 00|02 00 62 00|02 c0 80 00|15 00|16 00 01|13 ff|12 ff fe|14 00|
1d 08 ff ff ff ff ff ff ff ff|0b f7 00 00 00 00 00 00 00 00|1d 09 00 ff ff ff ff ff ff ff ff|
0b f6 ff 00 00 00 00 00 00 00 00|1d|0b|1d 00|20 3d d7 ff ff|25|27 00|05|05 00 00|05 05 00|05 00 ff|
05 15 00|40 00 00 00 00|40 00 37 b9 dc|40 00 00 01|40 ff ff ff ff|41 04 61 04 0b cb 9f 20 00|
42 ff ff ff ff ff ff ff ff|42 00|43|fe|fe 73 61 66 65|03 04|0a|1e
"""


@pytest.mark.parametrize(("elements", "data"), VECTORS)
def test_published_vectors(elements: tuple[object, ...], data: bytes) -> None:
    """The bytes are those that FoundationDB's own tests expect of each element, in both ways."""
    assert b"".join(map(pack, elements)) == data
    if len(elements) == 1:
        assert pack(unpack(data)) == data
        assert type(unpack(data)) is type(elements[0])
        assert unpack(data) == elements[0] or elements[0] != elements[0]  # NaN


def test_one_element() -> None:
    """A key is one element: "a" and ("a",) differ, and None is FF'ed only inside a tuple."""
    assert pack("a") == b"\x02a\x00"
    assert pack(("a",)) == b"\x05\x02a\x00\x00"
    assert (pack(None), pack((None,))) == (b"\x00", b"\x05\x00\xff\x00")


@pytest.mark.parametrize(
    ("key", "data"),
    [
        (date(1, 1, 1), "40 00000001"),
        (date(2026, 11, 21), "40 000b4a65"),
        (date.max, "40 0037b9db"),
        (datetime.min, "41 0000000000000000"),
        (datetime(2026, 11, 21, 7, 42, 0, 5), "41 00e320c37e1f2205"),
        (datetime(2026, 11, 21, 7, 42, 0, 5, UTC), "42 00e320c37e1f2205"),
        (datetime.max.replace(tzinfo=UTC), "42 0461040bcb9f1fff"),
        (("a", date(1, 1, 1), None), "05 02 61 00 40 00000001 00 ff 00"),
    ],
)
def test_dates_are_kept_as_they_always_were(key: object, data: str) -> None:
    """The bytes of dates do not change from one version of outlive to the next."""
    assert pack(key) == bytes.fromhex(data)
    assert unpack(bytes.fromhex(data)) == key


def test_a_moment_is_one_key_in_every_zone() -> None:
    """A datetime with a zone is its moment in UTC, and another key than one without."""
    moment = datetime(2026, 11, 21, 7, 42, tzinfo=UTC)
    there = moment.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    assert pack(there) == pack(moment) != pack(moment.replace(tzinfo=None))
    again = unpack(pack(there))
    assert isinstance(again, datetime)
    assert again == there
    assert again.tzinfo is UTC


class Autumn(tzinfo):
    """A clock that is set back: `fold` tells the two hours of one name apart."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Two hours, and one after the change."""
        return timedelta(hours=1 if when is not None and when.fold else 2)

    def dst(self, when: datetime | None) -> timedelta:
        """One hour before the change."""
        return timedelta(hours=0 if when is not None and when.fold else 1)

    def tzname(self, _when: datetime | None) -> str:
        """Its name."""
        return "Autumn"


class Nowhere(Autumn):
    """A zone that does not know its offset; Python takes its datetimes as having none."""

    def utcoffset(self, _when: datetime | None) -> None:  # type: ignore[override]  # unlike Autumn
        """Unknown."""


def test_the_hour_that_comes_twice() -> None:
    """With a zone, `fold` tells two moments apart; without, it counts as little as for ==."""
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=Autumn(), fold=n) for n in (0, 1))
    assert unpack(pack(first)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert unpack(pack(second)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    plain = datetime(2026, 10, 25, 2, 30)
    assert pack(plain) == pack(plain.replace(fold=1)) == pack(plain.replace(tzinfo=Nowhere()))


@pytest.mark.parametrize("text", [*MALFORMED.split("|"), *FOREIGN.split("|")])
def test_bytes_that_are_no_key(text: str) -> None:
    """What `pack` cannot have written raises CorruptError, which shows the bytes."""
    data = bytes.fromhex(text)
    with pytest.raises(CorruptError, match=f"bytes {data[:40].hex(' ')} are no key.*; put"):
        unpack(data)


@pytest.mark.parametrize(
    "key",
    [
        *("a", b"\xff", 300, -300, 2**70, -(2**70), 1.5, UUID(int=1), (1, ("a", 300)), ((),)),
        *(date(2026, 1, 2), datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_keys_that_are_cut_off(key: object) -> None:
    """The message tells a key that lacks its end, and one that has more after it."""
    data = pack(key)
    for end in range(1, len(data)):
        with pytest.raises(CorruptError, match="cut off"):
            unpack(data[:end])
        with pytest.raises(CorruptError, match="cut off"):
            unpack(b"\x05" + data[:end])
    with pytest.raises(CorruptError, match="1 bytes too many"):
        unpack(data + b"\x01")
