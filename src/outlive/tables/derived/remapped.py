"""Rows by numbers that something else holds: `remapwith`; one for all equal ones: `unique`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...errors import FormatError
from ..arrow import pa, pc
from ..schema import INTEGERS, Structure
from ..view import View
from .algorithms_group import firsts_and_counts
from .algorithms_order import row_codes
from .algorithms_text import Rows
from .base import Trace, unnamed
from .fixed import held
from .picked import Picked


def unique(view: View) -> View:
    """The rows without those that are equal to an earlier one, in the order of all columns.

    They cannot be set: one row stands for several.
    """
    return Unique(f"{view._where}.unique", view)


class Unique(Picked):
    """One row for those that are equal."""

    def _choose(self) -> Rows:
        view = self._parents[0]
        columns = [(view._array(at), prop) for at, prop in enumerate(view.structure)]
        return firsts_and_counts(row_codes(columns, len(view)))[0]

    def _cell(self, row: int, column: int) -> Any:
        return held(self.structure[column], super()._cell(row, column), self._where)

    def _trace(self) -> Trace:
        return unnamed(super()._trace())


def remapwith(view: View, order: View | Iterable[int]) -> View:
    """The rows whose numbers `order` holds: the first column of a view, or a sequence of ints.

    Raises FormatError for what holds no ints; a number without a row raises IndexError when the
    rows are used, since it may come and go with the rows.
    """
    return Remapped(view, order)


class Remapped(Picked):
    """Rows by numbers that another view holds."""

    def __init__(self, view: View, order: Any) -> None:
        self._order = None if isinstance(order, View) else _integers(view, order)
        super().__init__(
            f"{view._where}.remapwith", view, *([order] if isinstance(order, View) else [])
        )

    def _restructured(self) -> Structure:
        for each in self._parents[1:]:
            first = each.structure[0] if each.structure else None
            if first is None or first.kind not in INTEGERS:
                raise FormatError(
                    f"{self._where}: the first column of {each._where} must hold the numbers of "
                    f"rows (I or L); it is {first!r}"
                )
        return self._parents[0].structure

    def _choose(self) -> Rows:
        rows = self._order
        if rows is None:
            rows = pc.cast(self._parents[1]._array(0), pa.int64()).to_numpy()
        size = len(self._parents[0])
        outside = (rows < 0) | (rows >= size)
        if outside.any():
            at = int(outside.argmax())
            raise IndexError(
                f"{self._where}, row {at}: there is no row {rows[at]} in "
                f"{self._parents[0]._where}; there are {size}"
            )
        return rows


def _integers(view: View, order: Any) -> Rows:
    values = np.array(order if hasattr(order, "__array__") else list(order))
    if values.ndim != 1 or (len(values) and values.dtype.kind not in "iu"):
        raise FormatError(f"{view._where}: remapwith needs the numbers of rows, not {order!r:.80}")
    return values.astype(np.int64)
