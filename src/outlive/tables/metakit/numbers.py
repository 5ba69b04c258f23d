"""Numbers in a Metakit file: those of variable length, and vectors of one width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST = (1 << 31) - 1  # rows, bytes, positions: Metakit counts in 32 bits
_LONGEST = 6  # bytes in a number: five of 7 bits, and the one that says that it is negative
_BYTE = 8  # bits
_WIDTHS = (0, 1, 2, 4, 8, 16, 32, 64)
# The width in bits of the items of 1 to 7 rows (down) in 1 to 6 bytes (across); 0 for none. The
# sizes say more than the bytes would: one row of 1 bit is kept in 3 bytes.
_SMALL = (
    (8, 16, 1, 32, 2, 4),
    (4, 8, 1, 16, 2, 0),
    (2, 4, 8, 1, 0, 16),
    (2, 4, 0, 8, 1, 0),
    (1, 2, 4, 0, 8, 0),
    (1, 2, 4, 0, 0, 8),
    (1, 2, 0, 4, 0, 0),
)


def number_at(data: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where the next one does. ValueError if it is none."""
    value = 0
    for next, byte in enumerate(data[at : at + _LONGEST], at + 1):
        value = value << 7 | byte & 0x7F
        if byte & 0x80:
            return (~value if data[at] == 0 else value), next
    raise ValueError("a number has no end")


def numbers_in(data: memoryview) -> npt.NDArray[np.int64]:
    """All the numbers that `data` holds, one behind the other. ValueError if it holds else."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw & 0x80)
    if len(raw) == 0 or len(ends) == 0 or ends[-1] != len(raw) - 1:
        raise ValueError("a number has no end")
    starts = np.concatenate((np.zeros(1, ends.dtype), ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        raise ValueError("a number has no end")
    values = (raw[starts] & 0x7F).astype(np.int64)
    for place in range(1, int(lengths.max())):
        longer = lengths > place
        values[longer] = values[longer] << 7 | raw[starts[longer] + place] & 0x7F
    negative = raw[starts] == 0
    values[negative] = ~values[negative]
    if values.max() > MOST or values.min() < ~MOST:
        raise ValueError("a number is larger than any in Metakit")
    return values


def width_of(size: int, rows: int) -> int:
    """The width in bits of the items of a vector of `size` bytes. ValueError if there is none."""
    if size == 0:
        return 0
    if rows <= len(_SMALL) and size <= len(_SMALL[0]):
        width = _SMALL[rows - 1][size - 1]
        if width == 0:
            width = -1
    else:
        width = 8 * size // rows
    if width not in _WIDTHS:
        raise ValueError(f"{size} bytes cannot hold {rows} numbers of one width")
    return width


def unpack(data: memoryview, rows: int, *, is_little: bool) -> npt.NDArray[Any]:
    """A vector of `rows` integers, in the narrowest dtype that fits their width.

    Zeros take no memory, however many they are. ValueError if the size of `data` is impossible.
    """
    import numpy as np

    width = width_of(len(data), rows)
    if width == 0:
        return np.broadcast_to(np.zeros(1, np.int8), rows)
    if width >= _BYTE:
        stored = np.dtype(f"{'<' if is_little else '>'}i{width // _BYTE}")
        found = np.frombuffer(data, stored, rows)
        return found.astype(stored.newbyteorder("="), copy=False)
    raw = np.frombuffer(data, np.uint8)[: (rows * width + 7) // 8]
    found = np.empty((len(raw), _BYTE // width), np.uint8)
    for place, shift in enumerate(range(0, _BYTE, width)):
        found[:, place] = raw >> shift & (1 << width) - 1
    return found.reshape(-1)[:rows]
