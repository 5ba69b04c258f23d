"""Which rows have a value, or one in a range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import building
from ..arrow import pa, pc
from ..ordering import fold
from ..schema import FLOATS, INTEGERS, Kind, Property, arrow_type
from .algorithms_find import find, flags
from .algorithms_order import column_codes, folded, whole
from .algorithms_text import Flags, Rows


def match(column: Any, prop: Property, low: Any, high: Any) -> Rows:
    """Give the rows of a column from `low` to `high`, both inclusive; None is open.

    NaN is equal to itself and above all other numbers, as in PostgreSQL and as it sorts.
    """
    if prop.kind is Kind.VIEW:
        return _match_views(column, prop, low, high)
    if prop.kind in INTEGERS:
        return _by_chunk(column, lambda array: _between(array.to_numpy(), low, high))
    if prop.kind in FLOATS:
        return _by_chunk(column, lambda array: _between_floats(array.to_numpy(), low, high))
    texts = prop.kind in (Kind.STRING, Kind.TEXT, Kind.BYTES)
    if texts and low is not None and high is not None and low == high:
        return find(column, prop, low)
    return np.flatnonzero(flags(_between_scalars(column, prop, low, high)))


def _by_chunk(column: Any, find: Callable[[Any], Flags]) -> Rows:
    """Find rows piece by piece, each of which stays in the processor's cache."""
    found, before = [np.zeros(0, dtype=np.int64)], 0
    for chunk in column.chunks:
        found.append(find(chunk).nonzero()[0] + before)
        before += len(chunk)
    return np.concatenate(found)


def _between(values: Any, low: Any, high: Any) -> Flags:
    if low is None or high is None:
        one: Flags = values <= high if low is None else values >= low
        return one
    if low == high:
        same: Flags = values == low
        return same
    both: Flags = (values >= low) & (values <= high)
    return both


def _between_floats(values: Any, low: Any, high: Any) -> Flags:
    within = np.ones(len(values), dtype=np.bool_)
    if low is not None:
        within &= np.isnan(values) if math.isnan(low) else ~(values < low)  # not less: NaN too
    if high is not None and not math.isnan(high):
        within &= values <= high
    return within


def _between_scalars(column: Any, prop: Property, low: Any, high: Any) -> Any:
    if prop.kind is Kind.STRING:
        column = folded(column)
    masks = []
    if low is not None:
        masks.append(pc.greater_equal(column, _scalar(prop, low)))
    if high is not None:
        masks.append(pc.less_equal(column, _scalar(prop, high)))
    return pc.and_(*masks) if len(masks) > 1 else masks[0]


def _scalar(prop: Property, value: Any) -> Any:
    return pa.scalar(fold(value) if prop.kind is Kind.STRING else value, type=arrow_type(prop))


def _match_views(column: Any, prop: Property, low: Any, high: Any) -> Rows:
    """Compare subviews with what is asked for by putting that among them."""
    asked = [each for each in (low, high) if each is not None]
    extra = building.array(prop, asked)
    codes = column_codes(pa.chunked_array([whole(column), extra], type=column.type), prop)
    codes, ends = codes[: len(column)], codes[len(column) :]
    within = np.ones(len(codes), dtype=np.bool_)
    if low is not None:
        within &= codes >= ends[0]
    if high is not None:
        within &= codes <= ends[-1]
    return np.flatnonzero(within)
