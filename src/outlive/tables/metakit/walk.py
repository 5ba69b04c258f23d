"""A walk: where the columns of a view stand, row by row for the subviews of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .numbers import MOST
from .structure import Field

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ITEMS = "SB"  # types whose items have a length each


class Location(NamedTuple):
    """Where bytes stand. A `position` below 0 is the complement of a row in the aside file."""

    size: int
    position: int
    at: int  # which of the numbers in its walk it begins with


class Rows(NamedTuple):
    """What a walk says of the subviews of one column."""

    counts: list[int]  # rows of each
    starts: list[int]  # where the locations of each begin, as an index into the walk's numbers
    total: int  # bytes of all the columns


def locations(
    numbers: npt.NDArray[np.int64], at: int, fields: Sequence[Field]
) -> list[tuple[Location, ...]]:
    """The locations of the columns of one view, from the number at `at` on.

    One of each column; three of an S or B column: data, lengths, memo index.
    """
    found: list[tuple[Location, ...]] = []
    for field in fields:
        first = _location(numbers, at)
        at = _behind(first)
        if field.type not in ITEMS:
            found.append((first,))
            continue
        lengths = _location(numbers, at) if first.size else Location(0, 0, at)
        at = _behind(lengths) if first.size else at
        memos = _location(numbers, at)
        at = _behind(memos)
        found.append((first, lengths, memos))
    return found


def _location(numbers: npt.NDArray[np.int64], at: int) -> Location:
    size = int(numbers[at])
    return Location(size, int(numbers[at + 1]) if size else 0, at)


def _behind(location: Location) -> int:
    return location.at + (2 if location.size else 1)


def passed(numbers: Sequence[int], at: int, fields: Sequence[bool]) -> tuple[int, int]:
    """Where the locations end that begin at `at`, and the bytes of their columns.

    `fields` says of each column whether its items have lengths. ValueError for a size below 0.
    """
    total = 0
    for has_lengths in fields:
        size = numbers[at]
        at += 1
        if size:
            at += 1
            if size < 0:
                raise ValueError("a column of less than no bytes")
            total += size
        if has_lengths:
            for _ in range(2 if size else 1):
                size = numbers[at]
                at += 2 if size else 1
                if size < 0:
                    raise ValueError("a column of less than no bytes")
                total += size
    return at, total


def rows_of(numbers: Sequence[int], parents: int, fields: Sequence[Field]) -> Rows:
    """What a walk says of the subviews of `parents` rows. ValueError if it is no walk."""
    shape = [field.type in ITEMS for field in fields]
    counts, starts = [], []
    at = total = 0
    try:
        for _ in range(parents):
            zero, count = numbers[at], numbers[at + 1]
            at += 2
            if zero or not 0 <= count <= MOST:
                raise ValueError("a view does not begin as it has to")
            counts.append(count)
            starts.append(at)
            if count and shape:
                at, size = passed(numbers, at, shape)
                total += size
    except IndexError as error:
        raise ValueError("its locations end before its columns do") from error
    if at != len(numbers):
        raise ValueError("there is more than its columns need")
    return Rows(counts, starts, total)
