"""The strings and bytes of a column."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .mostly import Mostly
from .numbers import MOST, numbers_in, unpack

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Encodings in which a null byte is nothing but the end of a string, whatever stands before it.
_PLAIN = {"utf-8", "ascii", "iso8859-1", "cp1252"}


_FEW = 20  # rows that are decoded sooner one by one


class Memo(NamedTuple):
    """An item that stands on its own. A `position` below 0 is in the aside file."""

    row: int
    size: int
    position: int


class UndecodableError(Exception):
    """A string that is not of the encoding; `row` says which."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def memos_in(index: memoryview, rows: int) -> list[Memo]:
    """The items that a memo index names. ValueError if it is none."""
    if not index:
        return []
    numbers: list[int] = numbers_in(index).tolist()
    found = []
    at = row = 0
    try:
        while at < len(numbers):
            skip, size = numbers[at], numbers[at + 1]
            row += skip
            if skip < 0 or size < 0 or row >= rows:
                raise ValueError("its memo index names a row that is none")
            found.append(Memo(row, size, numbers[at + 2] if size else 0))
            at += 3 if size else 2
            row += 1
    except IndexError as error:
        raise ValueError("its memo index ends too early") from error
    return found


class Items(NamedTuple):
    """The items of a column, as bytes."""

    data: memoryview
    ends: npt.NDArray[np.int64] | None  # of each item in `data`; None if all are empty
    rows: int
    memos: Mapping[int, bytes]  # those that stand elsewhere, by row

    def raw(self) -> Sequence[bytes]:
        """All items as they are."""
        if self.ends is None:
            return Mostly(b"", self.rows, self.memos)
        found = [bytes(part) for part in self._parts(self.ends)]
        for row, memo in self.memos.items():
            found[row] = memo
        return found

    def text(self, encoding: str) -> Sequence[str]:
        """All items as strings. UndecodableError; ValueError if one has no end."""
        memos = {row: _text(memo, row, encoding) for row, memo in self.memos.items()}
        if self.ends is None:
            return Mostly("", self.rows, memos)
        found = self._fast_text(self.ends, encoding)
        if found is None:
            parts = enumerate(self._parts(self.ends))
            found = [_text(bytes(part), row, encoding) for row, part in parts]
        for row, memo in memos.items():
            found[row] = memo
        return found

    def _parts(self, ends: npt.NDArray[np.int64]) -> Iterator[memoryview]:
        start = 0
        for end in ends.tolist():
            yield self.data[start:end]
            start = end

    def _fast_text(self, ends: npt.NDArray[np.int64], encoding: str) -> list[str] | None:
        """Decode all strings at once, and take them apart where they end; None if that is no way.

        It is none if a string holds a null byte before its end, or cannot be decoded.
        """
        import numpy as np

        if self.rows < _FEW or codecs.lookup(encoding).name not in _PLAIN:
            return None
        is_null = np.frombuffer(self.data, np.uint8) == 0
        is_full = np.diff(ends, prepend=0) > 0
        count = int(np.count_nonzero(is_full))
        if np.count_nonzero(is_null) != count or not is_null[ends[is_full] - 1].all():
            return None
        try:
            parts = str(self.data, encoding).split("\0")
        except UnicodeError:
            return None
        if count == self.rows:
            return parts[:-1]
        following = iter(parts)
        return [next(following) if full else "" for full in is_full.tolist()]


def _text(item: bytes, row: int, encoding: str) -> str:
    if not item:
        return ""
    if item[-1]:
        raise ValueError(f"the string in row {row} has no end")
    try:
        return item[: item.index(0)].decode(encoding)
    except UnicodeError as error:
        raise UndecodableError(row) from error


def items_in(
    data: memoryview,
    lengths: memoryview,
    rows: int,
    memos: Sequence[Memo],
    *,
    is_little: bool,
    fetch: Callable[[int, int], memoryview],
) -> Items:
    """The items of a column of `rows` rows. ValueError if its parts cannot belong together.

    `fetch` gives the bytes of a memo, of its size and position.
    """
    elsewhere = {memo.row: bytes(fetch(memo.size, memo.position)) for memo in memos}
    if not data:
        return Items(data, None, rows, elsewhere)
    sizes = unpack(lengths, rows, is_little=is_little)
    # Those of one zero for all rows would take memory in the sum, however many they are.
    if not lengths or sizes.strides == (0,) or sizes.min() < 0 or sizes.max() > MOST:
        raise ValueError("the lengths of its items do not fit its data")
    ends = sizes.cumsum(dtype="int64")
    if ends[-1] != len(data) or any(sizes[row] for row in elsewhere):
        raise ValueError("the lengths of its items do not fit its data")
    return Items(data, ends, rows, elsewhere)
