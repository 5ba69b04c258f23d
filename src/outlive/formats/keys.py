"""Keys to bytes, so that the order of the bytes is the order of the keys.

The encoding is FoundationDB's tuple layer, https://github.com/apple/foundationdb/blob/main/design/tuple.md
(and bindings/python/fdb/tuple.py there); a key is one element of it, and a tuple a nested tuple::

    00                      None; inside a tuple 00 FF
    01 … 00                 bytes, each 00 in them written 00 FF
    02 … 00                 str: the same of its UTF-8
    05 … 00                 a tuple: its elements, one after the other
    0B size … 13 …          negative ints: one's complement, big-endian; 13 has 1 byte, 0C has 8,
                            0B 9 to 255 (the size is a byte of its own, complemented)
    14, 15 … 1C …, 1D size  0 and the positive ints, likewise
    21 and 8 bytes          float: IEEE 754, all bits of a negative and the sign of others flipped
    26, 27                  False, True
    30 and 16 bytes         UUID
    40 and 4 bytes          date: days, 0001-01-01 is 1
    41, 42 and 8 bytes      datetime without a zone; with one, in UTC: microseconds since 0001-01-01

40 to 4F are the codes that the tuple layer leaves to its users. An int has the shortest form that
there is, so 2**64 - 1 is 1C and 8 bytes, as in the specification and the Java binding (the Python
binding gives 1D 08 and 8 bytes). What other bindings have and Python has not (32-bit floats,
versionstamps) is no key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Any, TypeAlias
from uuid import UUID

from ..errors import CorruptError, FormatError
from .key_refusal import refuse, type_name

Key: TypeAlias = (
    str | bytes | int | float | bool | date | datetime | UUID | tuple["Key", ...] | None
)

_DEEPEST = 64  # tuples in each other; more than keys need, and no recursion to fear
_SHOWN = 40  # bytes of a damaged key in a message
_STR, _TUPLE, _ZERO = 0x02, 0x05, 0x14
_NEGATIVE, _POSITIVE = 0x0B, 0x1D  # of ints whose size is a byte of its own
_DOUBLE, _FALSE, _TRUE, _UUID, _DATE, _NAIVE, _AWARE = 0x21, 0x26, 0x27, 0x30, 0x40, 0x41, 0x42
_INLINE = 8  # the most bytes of an int whose size is in its code
# What comes before an int of n bytes, for every n that there is.
_BEFORE_POSITIVE = [bytes([_ZERO + n] if n <= _INLINE else [_POSITIVE, n]) for n in range(256)]
_BEFORE_NEGATIVE = [
    bytes([_ZERO - n] if n <= _INLINE else [_NEGATIVE, n ^ 0xFF]) for n in range(256)
]
_COMPLEMENT = [(1 << 8 * n) - 1 for n in range(256)]
_SIGN, _BITS = 1 << 63, (1 << 64) - 1
_float, _word = Struct(">d"), Struct(">Q")
_code_and_word, _code_and_days = Struct(">BQ"), Struct(">BI")
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _FIRST_UTC = datetime.min, datetime.min.replace(tzinfo=UTC)
_LAST = (datetime.max - datetime.min) // _MICROSECOND


def pack(key: object) -> bytes:
    """The bytes of a key: str, bytes, int, float, bool, None, date, datetime, UUID, tuples of them.

    Keys of different types are different (1, 1.0, True), and so are 0.0 and -0.0. A datetime with
    a zone is the moment that it stands for; `fold` counts only there. The first byte is less than
    FE. Raises FormatError for another type (also one derived from these: an IntEnum, a namedtuple,
    a numpy.float64), an int of more than 255 bytes, a str that UTF-8 cannot hold, more than 64
    tuples in each other, and a datetime that UTC has not. The message does not know the file.

    >>> pack("a"), pack(("a", -1, None))
    (b'\\x02a\\x00', b'\\x05\\x02a\\x00\\x13\\xfe\\x00\\xff\\x00')
    """
    # Every access to a Safe comes through here, mostly with a short str.
    if type(key) is str and "\0" not in key and key.isascii():
        return f"\2{key}\0".encode()
    return _PACKERS.get(type(key), refuse)(key)


def unpack(data: bytes) -> Key:
    """The key whose `pack` is `data`; equal to the packed one, and of the same type.

    A datetime with a zone comes back in UTC. (Python does not hold it for equal if the original
    is in an hour that its clock repeats or skips, PEP 495; the moment is the same.)
    Raises CorruptError for bytes that `pack` does not give.

    >>> unpack(b"\\x05\\x02a\\x00\\x13\\xfe\\x00\\xff\\x00")
    ('a', -1, None)
    """
    try:  # every step of an iteration comes through here, mostly with a short str
        if data[0] == _STR and data[-1] == 0:
            text = data[1:-1].decode()
            if "\0" not in text:
                return text
    except (UnicodeDecodeError, IndexError):  # a zero in the str, which UTF-8 has not; or damage
        return _unpack(data)
    return _unpack(data)


def prefix_range(prefix: object) -> tuple[bytes, bytes]:
    """Where the keys that begin with `prefix` are: from the first bytes on and before the second.

    For a str, the strs that begin with it; bytes likewise; for a tuple, itself and the tuples that
    begin with its elements, each as a whole (as `range` of the tuple layer). "" means all strs, ()
    all tuples. Raises FormatError for another type, and as `pack` does.

    >>> start, stop = prefix_range(("user",))
    >>> [start <= pack(key) < stop for key in [("user",), ("user", 1), ("users",), "user"]]
    [True, True, False, False]
    """
    if type(prefix) is tuple:
        start = pack(prefix)[:-1]
        # No element begins with FF: it would belong to the last one, which is "a\0" then, not "a".
        return start, start + b"\xff"
    if type(prefix) is str or type(prefix) is bytes:
        start = pack(prefix)[:-1]
        head = start.rstrip(b"\xff")  # never empty: the code is less
        return start, head[:-1] + bytes([head[-1] + 1])
    raise FormatError(
        f"a prefix is a str, bytes or a tuple, not {type_name(prefix)}; pass start= and stop= for "
        "a range of other keys"
    )


def _pack_str(key: str) -> bytes:
    try:
        data = key.encode()
    except UnicodeEncodeError as error:
        raise FormatError(
            f"a str with a lone surrogate (character {error.start}) is no key, because UTF-8 "
            "cannot hold it; pass bytes, for a file name os.fsencode(key)"
        ) from error
    return b"\2" + data.replace(b"\0", b"\0\xff") + b"\0"


def _pack_int(key: int) -> bytes:
    size = (key.bit_length() + 7) >> 3
    try:
        if key >= 0:
            return _BEFORE_POSITIVE[size] + key.to_bytes(size)
        return _BEFORE_NEGATIVE[size] + (key + _COMPLEMENT[size]).to_bytes(size)
    except IndexError as error:
        raise FormatError(
            f"an int that is a key has at most 255 bytes, not {size}; pass hex(key) or a hash"
        ) from error


def _pack_float(key: float) -> bytes:
    bits: int = _word.unpack(_float.pack(key))[0]
    return _code_and_word.pack(_DOUBLE, bits ^ (_BITS if bits & _SIGN else _SIGN))


def _pack_datetime(key: datetime) -> bytes:
    if key.tzinfo is not None and key.utcoffset() is None:  # to Python that is no zone
        key = key.replace(tzinfo=None)
    if key.tzinfo is None:
        return _code_and_word.pack(_NAIVE, (key - _FIRST) // _MICROSECOND)
    moment = (key - _FIRST_UTC) // _MICROSECOND
    if not 0 <= moment <= _LAST:
        raise FormatError(
            f"the datetime {key.isoformat()} is not within the years 1 to 9999 in UTC; pass it "
            "without its zone: key.replace(tzinfo=None)"
        )
    return _code_and_word.pack(_AWARE, moment)


def _pack_tuple(key: tuple[object, ...], depth: int = 1) -> bytes:
    if depth > _DEEPEST:
        raise FormatError(
            f"a key has at most {_DEEPEST} tuples in each other; pass a flat tuple, or a hash of it"
        )
    parts = [b"\5"]
    for item in key:
        if item is None:
            parts.append(b"\0\xff")
        elif type(item) is tuple:
            parts.append(_pack_tuple(item, depth + 1))
        else:
            parts.append(pack(item))
    parts.append(b"\0")
    return b"".join(parts)


_PACKERS: dict[type, Callable[[Any], bytes]] = {
    str: _pack_str,
    bytes: lambda key: b"\1" + key.replace(b"\0", b"\0\xff") + b"\0",
    int: _pack_int,
    float: _pack_float,
    bool: lambda key: b"\x27" if key else b"\x26",
    type(None): lambda _: b"\0",
    date: lambda key: _code_and_days.pack(_DATE, key.toordinal()),
    datetime: _pack_datetime,
    UUID: lambda key: b"\x30" + key.bytes,
    tuple: _pack_tuple,
}


def _unpack(data: bytes) -> Key:
    try:
        key, end = _read(data, 0, 1)
        if end != len(data):
            raise ValueError(f"{len(data) - end} bytes too many")
    except (ValueError, IndexError, OverflowError) as error:
        reason = "it is cut off" if isinstance(error, IndexError) else error
        shown = f"{data[:_SHOWN].hex(' ')}{' …' if len(data) > _SHOWN else ''}"
        raise CorruptError(
            f"the bytes {shown} are no key that outlive writes ({reason}); put a good copy of the "
            "file in its place"
        ) from error
    return key


def _read(data: bytes, at: int, depth: int) -> tuple[Key, int]:
    """The element that begins at `at`, and where it ends. Raises ValueError or IndexError."""
    code = data[at]
    if code == _TUPLE:
        return _read_tuple(data, at + 1, depth)
    reader = _READERS.get(code)
    if reader is None:
        raise ValueError(f"no type has the code {code:02X}")
    return reader(data, at)


def _read_tuple(data: bytes, at: int, depth: int) -> tuple[Key, int]:
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} tuples in each other")
    items: list[Key] = []
    while True:
        if data[at]:
            item, at = _read(data, at, depth + 1)
            items.append(item)
        elif data[at + 1 : at + 2] == b"\xff":
            items.append(None)
            at += 2
        else:
            return tuple(items), at + 1


def _read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(0, at + 1)
    while end >= 0 and data[end + 1 : end + 2] == b"\xff":
        end = data.find(0, end + 2)
    if end < 0:
        raise IndexError
    return data[at + 1 : end].replace(b"\0\xff", b"\0"), end + 1


def _read_str(data: bytes, at: int) -> tuple[str, int]:
    encoded, end = _read_bytes(data, at)
    return encoded.decode(), end


def _read_int(data: bytes, at: int) -> tuple[int, int]:
    code, start = data[at], at + 1
    size = abs(code - _ZERO)
    if size > _INLINE:
        size = data[start] ^ (0xFF if code == _NEGATIVE else 0)
        start += 1
        if size <= _INLINE:
            raise ValueError("an int in a longer form than it has")
    number = int.from_bytes(_take(data, start, size))
    if code < _ZERO:
        number -= _COMPLEMENT[size]
    if (number.bit_length() + 7) >> 3 != size:
        raise ValueError("an int in a longer form than it has")
    return number, start + size


def _read_float(data: bytes, at: int) -> tuple[float, int]:
    bits = int.from_bytes(_take(data, at + 1, 8))
    value: float = _float.unpack(_word.pack(bits ^ (_SIGN if bits & _SIGN else _BITS)))[0]
    return value, at + 9


def _read_datetime(data: bytes, at: int) -> tuple[datetime, int]:
    moment = int.from_bytes(_take(data, at + 1, 8))
    first = _FIRST if data[at] == _NAIVE else _FIRST_UTC
    return first + timedelta(microseconds=moment), at + 9


def _take(data: bytes, at: int, size: int) -> bytes:
    taken = data[at : at + size]
    if len(taken) != size:
        raise IndexError
    return taken


_READERS: dict[int, Callable[[bytes, int], tuple[Key, int]]] = {
    0x00: lambda _, at: (None, at + 1),
    0x01: _read_bytes,
    _STR: _read_str,
    **dict.fromkeys(range(_NEGATIVE, _POSITIVE + 1), _read_int),
    _DOUBLE: _read_float,
    _FALSE: lambda _, at: (False, at + 1),
    _TRUE: lambda _, at: (True, at + 1),
    _UUID: lambda data, at: (UUID(bytes=_take(data, at + 1, 16)), at + 17),
    _DATE: lambda data, at: (date.fromordinal(int.from_bytes(_take(data, at + 1, 4))), at + 5),
    _NAIVE: _read_datetime,
    _AWARE: _read_datetime,
}
