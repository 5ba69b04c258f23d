"""`find`, `search` and `locate`: which rows have these values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import coerce
from ..ordering import comparable
from ..view import View
from .fixed import held
from .picked import Selected


def _criteria(view: View, given: Any, equal: Mapping[str, Any]) -> dict[int, Any]:
    if given is not None and not isinstance(given, Mapping):
        row = dict(enumerate(coerce.row(view.structure, given, view._where)))
        return row | coerce.partial(view.structure, equal, view._where)
    return coerce.partial(view.structure, {**(given or {}), **equal}, view._where)


def find(view: View, given: Any, start: int, equal: Mapping[str, Any]) -> int:
    """The first row from `start` on that has these values, or -1. Raises FormatError."""
    if isinstance(given, int):  # as in Metakit, they come in any order
        given, start = (start if isinstance(start, Mapping) else None), given
    criteria = _criteria(view, given, equal)
    size = len(view)
    start = max(start + size, 0) if start < 0 else start
    if not criteria:
        return start if start < size else -1
    names = {view.structure[column].name: value for column, value in criteria.items()}
    rows = Selected(view, names, {}, {})._rows()
    at = int(np.searchsorted(rows, start))
    return int(rows[at]) if at < len(rows) else -1


def locate(view: View, given: Any, equal: Mapping[str, Any]) -> tuple[int, int]:
    """Where rows with these values are or would be, and how many there are. Raises FormatError.

    The view is in the order of its columns; only those are compared that were given.
    """
    criteria = _criteria(view, given, equal)
    columns = sorted(criteria)
    props = [view.structure[column] for column in columns]
    wanted = [
        comparable(prop, held(prop, criteria[column], view._where))
        for prop, column in zip(props, columns, strict=True)
    ]

    def key(row: int) -> list[Any]:
        cells = (view._cell(row, column) for column in columns)
        return list(map(comparable, props, cells))

    first = _bisect(len(view), lambda row: key(row) < wanted)
    return first, _bisect(len(view), lambda row: key(row) <= wanted) - first


def _bisect(size: int, before: Callable[[int], bool]) -> int:
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if before(middle) else (low, middle)
    return low
