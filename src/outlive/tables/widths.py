"""The smallest width that holds a column's integers: on disk, and as `itemsize` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrow import pc
from .schema import TEXTS, Kind, arrow_type

if TYPE_CHECKING:
    from .view import View

_WIDTHS = (8, 16, 32, 64)
_BYTE = 8


def bits(array: Any) -> int:
    """The bits that hold all of an array of integers: 0, 1, 2, 4, 8, 16, 32 or 64."""
    ends = pc.min_max(array).as_py()
    low, high = ends["min"] or 0, ends["max"] or 0
    if low >= 0:
        for width in (0, 1, 2, 4):
            if high < 1 << width:
                return width
    return next(width for width in _WIDTHS if -1 << (width - 1) <= low and high < 1 << (width - 1))


def itemsize(view: View, column: int, row: int) -> int:
    """See `View.itemsize`."""
    prop = view.structure[column]
    if prop.kind is Kind.INT:
        width = bits(view._array(column))
        return width // _BYTE if width >= _BYTE else -width
    if prop.kind in TEXTS:
        return len(view._cell(view._index(row), column).encode())
    if prop.kind is Kind.BYTES:
        return len(view._cell(view._index(row), column))
    if prop.kind is Kind.VIEW:
        return len(view._cell(view._index(row), column))
    size: int = arrow_type(prop).bit_width
    return size // _BYTE if size >= _BYTE else -size
