"""Which rows hold a text: found by their ends, which differ more often than their beginnings."""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..arrow import pa, pc
from ..ordering import fold
from ..schema import Kind, Property, arrow_type
from .algorithms_order import folded
from .algorithms_text import Flags, Rows

ROUNDS = 8  # bytes to look at before the rest is left to Arrow
CASE = np.uint8(0x20)  # the bit by which "a" differs from "A"
ASCII = 0x80
TAIL = 4  # bytes
MIX = 0x9E3779B1  # spreads the lengths over 32 bits
LOWER = 0x20202020
KEPT_ENDS = np.array([0, 0xFF000000, 0xFFFF0000, 0xFFFFFF00, 0xFFFFFFFF], dtype=np.uint32)

Tails = npt.NDArray[np.uint32]


def find(column: Any, prop: Property, value: Any) -> Rows:
    """Give the rows of a column of texts or bytes that are equal to a value."""
    caseless = prop.kind is Kind.STRING
    text = fold(value) if caseless else value
    wanted = text.encode() if isinstance(text, str) else bytes(text)
    narrowed = not caseless or wanted.isascii()
    known = _known_ends(column) if narrowed else None
    found, some, before = [np.zeros(0, dtype=np.int64)], [], 0
    for number, chunk in enumerate(column.chunks):
        if known is not None:
            rows = known[number].rows(wanted, caseless=caseless)
        else:
            rows = _candidates(chunk, wanted, caseless) if narrowed and wanted else None
        if rows is None:
            rows = np.arange(len(chunk), dtype=np.int64)
            some.append(chunk)
        elif len(rows):
            some.append(chunk.take(pa.array(rows)))
        found.append(rows + before)
        before += len(chunk)
    maybe = pa.chunked_array(some, type=column.type)
    equal = pc.equal(folded(maybe) if caseless else maybe, pa.scalar(text, arrow_type(prop)))
    return np.concatenate(found)[flags(equal)]


def flags(mask: Any) -> Flags:
    """Arrow's booleans as NumPy's."""
    if isinstance(mask, pa.ChunkedArray):
        return np.asarray(mask.to_numpy(), dtype=np.bool_)
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _pieces(chunk: Any) -> tuple[Rows, npt.NDArray[np.uint8]]:
    """Where the texts of an array begin and end, and the bytes that hold them."""
    large = pa.types.is_large_string(chunk.type) or pa.types.is_large_binary(chunk.type)
    _, offsets, data = chunk.buffers()
    if not len(chunk) or data is None:
        return np.zeros(len(chunk) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    ends: Rows = np.frombuffer(offsets, dtype=np.int64 if large else np.int32)
    held = np.frombuffer(data, dtype=np.uint8)
    return ends[chunk.offset : chunk.offset + len(chunk) + 1], held


def _candidates(chunk: Any, wanted: bytes, caseless: bool) -> Rows | None:
    """Give the rows that may be `wanted`, among them all that are; None if they may be any."""
    ends, held = _pieces(chunk)
    ends = ends[1:]
    rows: Rows | None = None
    if not len(held):
        return np.zeros(0, dtype=np.int64)
    for back, byte in enumerate(wanted[: -ROUNDS - 1 : -1], start=1):
        # Before the beginning of all texts this wraps around: what it finds there Arrow refuses.
        there = held.take((ends if rows is None else ends[rows]) - back, mode="wrap")
        if caseless:
            if there.max() >= ASCII:
                break  # a letter that is not ASCII can equal one that is: the Kelvin sign, "k"
            there |= CASE
        chosen = (there == (byte | int(CASE) if caseless else byte)).nonzero()[0]
        rows = chosen if rows is None else rows[chosen]
        if not len(rows):
            break
    return rows


class _Ends(NamedTuple):
    """Of each text of an array its last bytes, without case, and its length in one number."""

    tails: Tails
    is_ascii: bool

    def rows(self, wanted: bytes, *, caseless: bool) -> Rows | None:
        """Give the rows that may be `wanted`; None if they may be any."""
        if caseless and not self.is_ascii:
            return None
        last = int.from_bytes(wanted[-TAIL:].rjust(TAIL, b"\0"), "little")
        code = (last | LOWER) ^ (len(wanted) * MIX & 0xFFFFFFFF)
        rows: Rows = (self.tails == np.uint32(code)).nonzero()[0]
        return rows


def _ends_of(chunk: Any) -> _Ends:
    ends, held = _pieces(chunk)
    first, last = int(ends[0]), int(ends[-1])
    padded = np.zeros(last - first + TAIL, dtype=np.uint8)
    padded[TAIL:] = held[first:last]
    words = np.ndarray(last - first + 1, dtype="<u4", buffer=padded.data, strides=(1,))
    lengths = ends[1:] - ends[:-1]
    tails = words[ends[1:] - first] & KEPT_ENDS[np.minimum(lengths, TAIL)]
    tails = (tails | np.uint32(LOWER)) ^ (lengths.astype(np.uint32) * np.uint32(MIX))
    return _Ends(tails, bool(padded.max() < ASCII))


# Columns in which a text was looked for, by their id, which is theirs while the reference lives.
# At the second time the ends of their texts are worth 4 bytes for each row.
_asked: dict[int, tuple[weakref.ref[Any], list[_Ends]]] = {}


def _known_ends(column: Any) -> list[_Ends] | None:
    known = _asked.get(id(column))
    if known is None:
        number = id(column)
        _asked[number] = weakref.ref(column, lambda _: _asked.pop(number, None)), []
        return None
    if not known[1]:
        known[1].extend([_ends_of(chunk) for chunk in column.chunks])
    return known[1]
