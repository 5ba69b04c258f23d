"""Many rows of a table at once: slices that are set, and numbers of rows in all their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import building, incoming
from .arrow import np, pa, pc
from .schema import INTEGERS

if TYPE_CHECKING:
    from .table import Table
    from .view import View


def set_slice(table: Table, index: slice, given: Any) -> None:
    """``table[index] = given``, as for a list."""
    start, stop, step = index.indices(len(table))
    content = incoming.rows(table.structure, given, table._where)
    if isinstance(content, list):
        content = building.table(table.structure, content)
    if step == 1:
        table._delete(start, max(start, stop))
        table._put(start, content)
        return
    places = range(start, stop, step)
    if len(places) != len(content):
        raise ValueError(f"{table._where}: {len(content)} rows for a slice of {len(places)}")
    columns = [
        building.pythons(prop, content.column(column), table._where)
        for column, prop in enumerate(table.structure)
    ]
    for row, *values in zip(places, *columns, strict=True):
        table._assign(row, dict(enumerate(values)))


def numbers(view: View, subset: Any) -> Any:
    """The numbers of rows that `subset` stands for, as a NumPy array.

    It holds ints, or is a view: of rows of this view; or else of one column of integers, which are
    the numbers. Raises IndexError, FormatError.
    """
    from .view import View

    if not isinstance(subset, View):
        return np.asarray([_number(view, each) for each in subset], dtype="int64")
    is_numbers = len(subset.structure) == 1 and subset.structure[0].kind in INTEGERS
    if not is_numbers or _has_rows_of(subset, view):
        subset = view.indices(subset)
    return pc.cast(subset._array(0), pa.int64()).to_numpy()


def _has_rows_of(subset: View, view: View) -> bool:
    from .derived.base import trace

    bases = {id(source.base) for source in trace(view).sources}
    return any(id(source.base) in bases for source in trace(subset).sources)


def _number(view: View, index: Any) -> int:
    if isinstance(index, (bool, np.bool_)):
        raise TypeError(
            f"{view._where}: {index!r} is no number of a row; pass those for which it is True"
        )
    return view._index(index)
