"""Rows that belong together: groups, joins and sets, on the codes of `algorithms_order`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrow import pc
from .algorithms_text import Codes, Flags, Rows, changes, stable_argsort

NEAR = 1 << 14  # numbers that are counted at once; as many as a piece has rows
FACTOR = 4  # a table of all codes pays while it is not much larger than the rows


class Groups(NamedTuple):
    """Rows with equal codes: `order` holds the rows of one group after those of another."""

    order: Rows
    starts: Rows  # where in `order` each group begins, and at last its end

    def rows(self, group: int) -> Rows:
        """The rows of a group, in the order in which they stand."""
        return self.order[self.starts[group] : self.starts[group + 1]]

    def firsts(self) -> Rows:
        """The first row of each group."""
        return self.order[self.starts[:-1]]


def groups(codes: Codes) -> Groups:
    """Group rows by their codes; the groups are in the order of these."""
    order = stable_argsort(codes)
    starts = np.flatnonzero(changes(codes[order]))
    return Groups(order, np.append(starts, len(codes)))


def firsts_and_counts(codes: Codes) -> tuple[Rows, Rows]:
    """Give the first row of each group and how many it has, in the order of the codes."""
    if not len(codes):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    low = codes.min()
    if int(codes.max() - low) >= FACTOR * len(codes):
        found = groups(codes)
        return found.firsts(), np.diff(found.starts)
    offsets = (codes - low).astype(np.int64)
    counts = np.bincount(offsets)
    present = np.flatnonzero(counts)
    return _firsts(offsets, len(counts), len(present))[present], counts[present]


def firsts_and_counts_of(column: Any) -> tuple[Rows, Rows] | None:
    """The same for a column of whole numbers that are close together; None if they are not.

    It goes piece by piece, each of which stays in the processor's cache.
    """
    ends = pc.min_max(column)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None or high - low >= min(len(column), NEAR):
        return None
    size = high - low + 1
    counts, first, before = np.zeros(size, dtype=np.int64), np.full(size, -1, dtype=np.int64), 0
    for chunk in column.chunks:
        offsets = np.subtract(chunk.to_numpy(), low, dtype=np.int64)
        here = np.bincount(offsets, minlength=size)
        if (new := (counts == 0) & (here > 0)).any():
            seen = _firsts(offsets, size, int((here > 0).sum()))
            first[new] = seen[new] + before
        counts += here
        before += len(chunk)
    present = np.flatnonzero(counts)
    return first[present], counts[present]


def _firsts(offsets: Rows, size: int, wanted: int) -> Rows:
    """Give where each number below `size` is first, looking no further than needed."""
    first = np.full(size, -1, dtype=np.int64)
    start, step, found = 0, FACTOR * size, 0
    while found < wanted:
        part = offsets[start : start + step]
        seen = np.full(size, -1, dtype=np.int64)
        seen[part[::-1]] = np.arange(start + len(part) - 1, start - 1, -1)  # what is last stays
        first = np.where(first < 0, seen, first)
        found = int((first >= 0).sum())
        start, step = start + len(part), 2 * step
    return first


def join_rows(left: Codes, right: Codes, *, outer: bool) -> tuple[Rows, Rows]:
    """Pair the rows whose codes are equal, in the order of the codes, then of the rows.

    With `outer` a left row without a partner is there once, with -1 as its partner.
    """
    left_order, right_order = stable_argsort(left), stable_argsort(right)
    left_sorted, right_sorted = left[left_order], right[right_order]
    begin = np.searchsorted(right_sorted, left_sorted, side="left")
    counts = np.searchsorted(right_sorted, left_sorted, side="right") - begin
    repeats = np.maximum(counts, 1) if outer else counts
    total = int(repeats.sum())
    within = np.arange(total) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    places = np.repeat(begin, repeats) + within
    if not outer:
        return np.repeat(left_order, repeats), right_order[places]
    alone = np.repeat(counts == 0, repeats)
    partners = np.full(total, -1, dtype=np.int64)
    partners[~alone] = right_order[places[~alone]]
    return np.repeat(left_order, repeats), partners


def flat_rows(lengths: Rows, *, outer: bool) -> tuple[Rows, Rows]:
    """Repeat each row as often as its subview is long; give the rows, and which have none.

    The second result holds the number of the row in all subviews together, or -1.
    """
    repeats = np.maximum(lengths, 1) if outer else lengths
    rows = np.repeat(np.arange(len(lengths)), repeats)
    inner = np.full(len(rows), -1, dtype=np.int64)
    inner[np.repeat(lengths > 0, repeats)] = np.arange(int(lengths.sum()))
    return rows, inner


def is_member(codes: Codes, of: Codes) -> Flags:
    """Say of each code whether it is among those of `of`."""
    return np.isin(codes, of)
