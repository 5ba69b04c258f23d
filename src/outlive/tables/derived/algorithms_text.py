"""Strings and bytes in order, eight bytes at a time.

Arrow sorts strings by comparing them one with another. Here the eight bytes that follow what all
strings have in common become an integer, the integers are sorted, and only rows that tie go on to
their next eight bytes. UTF-8 in byte order is in the order of its code points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrow import pa, pc

Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

BITS = 64
WIDTH = 8
PASSES = 4  # then Arrow sorts the ties: strings that long agree because they are equal, mostly
SAMPLE = 4096
# What is left of eight bytes, read as one integer, when a string ends after 0, 1, … 8 of them.
MASKS = np.array([((1 << 64) - 1) ^ ((1 << (64 - 8 * n)) - 1) for n in range(9)], dtype=np.uint64)


def stable_argsort(codes: Codes) -> Rows:
    """Give the rows in the order of their codes; equal ones in the order in which they stand."""
    count = len(codes)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    low, top = codes.min(), int(codes.max())
    if low and (top - int(low)).bit_length() < top.bit_length():
        codes, top = codes - low, top - int(low)
    if top < 1 << 16:
        return np.argsort(
            codes.astype(np.uint16), kind="stable"
        )  # numpy has a radix sort for these
    bits = (count - 1).bit_length()
    if top.bit_length() + bits <= BITS:
        packed = np.sort((codes << np.uint64(bits)) | np.arange(count, dtype=np.uint64))
        return (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
    order = np.argsort(codes)  # twice as fast as kind="stable", which leaves the ties to mend
    _sort_ties(order, changes(codes[order]))
    return order


def _sort_ties(order: Rows, new: Flags) -> None:
    tied = in_ties(new)
    if tied.any():
        bits = np.uint64(len(order).bit_length())
        packed = (np.cumsum(new)[tied].astype(np.uint64) << bits) | order[tied].astype(np.uint64)
        packed.sort()
        order[tied] = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)


def changes(values: Codes | Rows) -> Flags:
    """Say of each value whether it differs from the one before it; the first does."""
    new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def in_ties(new: Flags) -> Flags:
    """Say which positions stand in a run of more than one, `new` being the starts of the runs."""
    follows = np.zeros_like(new)
    follows[:-1] = ~new[1:]
    return follows | ~new


def text_order(texts: Any) -> tuple[Rows, Flags]:
    """Sort strings or bytes: the rows in order, and which of them begins a run of equal ones."""
    prefixes = _Prefixes(texts)
    if len(texts) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    skip, key = prefixes.first()
    order = stable_argsort(key)
    new = changes(key[order])
    for turn in range(1, PASSES + 1):
        skip += WIDTH
        tied = in_ties(new)
        rows = order[tied]
        if not prefixes.longer(rows, skip):
            if not prefixes.alike(rows, new[tied]):
                _refine(order, new, tied, prefixes.lengths[rows])
            break
        if turn == PASSES:
            _refine_by_arrow(texts, order, new, tied)
            break
        _refine(order, new, tied, prefixes.at(rows, skip))
    return order, new


def _refine(order: Rows, new: Flags, tied: Flags, key: Codes) -> None:
    """Sort within the runs by `key`, which has one value for each tied position."""
    run = np.cumsum(new)[tied]
    by_key = stable_argsort(key)
    inner = by_key[stable_argsort(run.astype(np.uint64)[by_key])]
    order[tied] = order[tied][inner]
    new[tied] |= changes(key[inner])


def _refine_by_arrow(texts: Any, order: Rows, new: Flags, tied: Flags) -> None:
    rows = order[tied]
    table = pa.table({"run": np.cumsum(new)[tied], "text": texts.take(pa.array(rows))})
    keys = [("run", "ascending"), ("text", "ascending")]
    inner = pc.sort_indices(table, sort_keys=keys).to_numpy().astype(np.int64)
    order[tied] = rows[inner]
    text = table.column("text").take(pa.array(inner)).combine_chunks()
    differs = np.ones(len(rows), dtype=np.bool_)
    differs[1:] = pc.not_equal(text[1:], text[:-1]).to_numpy(zero_copy_only=False)
    new[tied] |= differs


def text_codes(texts: Any) -> Codes:
    """Number the strings: equal ones alike, and in the order of the strings."""
    if few_distinct(texts):
        encoded = texts.dictionary_encode()
        codes: Codes = text_codes_of_order(encoded.dictionary)[encoded.indices.to_numpy()]
        return codes
    return text_codes_of_order(texts)


def text_codes_of_order(texts: Any) -> Codes:
    """As `text_codes`, by sorting all of them: for many that differ."""
    order, new = text_order(texts)
    codes = np.empty(len(order), dtype=np.uint64)
    codes[order] = np.cumsum(new) - 1
    return codes


def few_distinct(texts: Any) -> bool:
    """Guess from a sample whether most strings are there more than once."""
    if len(texts) <= SAMPLE:
        return False
    step = len(texts) // SAMPLE
    sample = texts.take(pa.array(np.arange(SAMPLE) * step))
    return bool(len(sample.unique()) < SAMPLE // 2)


def _common_prefix(low: bytes, high: bytes) -> bytes:
    for at, (one, other) in enumerate(zip(low, high, strict=False)):
        if one != other:
            return low[:at]
    return min(low, high, key=len)


class _Prefixes:
    """The bytes of strings, read eight at a time as big-endian integers."""

    def __init__(self, texts: Any) -> None:
        large = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
        _, offsets, data = texts.buffers()
        self._texts = texts.view(pa.large_binary() if large else pa.binary())
        self.starts = np.zeros(0, dtype=np.int64)
        self.lengths: Codes = np.zeros(0, dtype=np.uint64)
        if len(texts) == 0:
            return
        all_offsets = np.frombuffer(offsets, dtype=np.int64 if large else np.int32)
        ends = all_offsets[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
        self.lengths = (ends[1:] - ends[:-1]).astype(np.uint64)
        self.starts = ends[:-1] - ends[0]
        size = int(ends[-1] - ends[0])
        held = np.zeros(size + WIDTH, dtype=np.uint8)  # room to read eight bytes at the very end
        if size:
            held[:size] = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]
        self._size = size
        # Every byte begins an eight-byte integer of its own; numpy reads them unaligned.
        self._words = np.ndarray(size + 1, dtype=">u8", buffer=held.data, strides=(1,))

    def first(self) -> tuple[int, Codes]:
        """Skip what all strings begin with; give how much that is, and the integers after it."""
        skip = self._common()
        return skip, self.at(None, skip)

    def _common(self) -> int:
        """Count the bytes that all strings begin with, or fewer: guess from some, ask of all."""
        step = max(1, len(self._texts) // SAMPLE)
        some = self._texts.take(pa.array(np.arange(0, len(self._texts), step)))
        extremes = pc.min_max(some)
        low, high = extremes["min"].as_buffer(), extremes["max"].as_buffer()
        common = _common_prefix(low.to_pybytes(), high.to_pybytes())
        if common and pc.all(pc.starts_with(self._texts, common)).as_py():
            return len(common)
        return 0

    def at(self, rows: Rows | None, skip: int) -> Codes:
        """Read the integers at `skip` bytes into the strings; past the end are zeros."""
        starts = self.starts if rows is None else self.starts[rows]
        lengths = self.lengths if rows is None else self.lengths[rows]
        left = np.where(lengths > skip, lengths - np.uint64(skip), np.uint64(0))
        words: Codes = self._words[np.minimum(starts + skip, self._size)].astype(np.uint64)
        masks: Codes = MASKS[np.minimum(left, np.uint64(WIDTH))]
        return words & masks

    def longer(self, rows: Rows, skip: int) -> bool:
        """Say whether any of the rows has more than `skip` bytes."""
        return bool((self.lengths[rows] > skip).any())

    def alike(self, rows: Rows, new: Flags) -> bool:
        """Say whether strings that tie are equally long: if not, zeros end the longer ones."""
        lengths = self.lengths[rows]
        return bool((new[1:] | (lengths[1:] == lengths[:-1])).all())
