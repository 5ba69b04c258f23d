"""Columns as integers in their order: what sorting, grouping and joining work on.

A code is equal where the values are equal, and less where they are less. `ordering` says what
that means for each kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrow import pa, pc
from ..ordering import comparable, fold_array
from ..schema import FLOATS, Kind, Property
from .algorithms_text import (
    BITS,
    Codes,
    Rows,
    changes,
    few_distinct,
    stable_argsort,
    text_codes,
    text_order,
)

SIGN = np.uint64(1 << 63)
NAN = np.uint64((1 << 64) - 1)  # above all that a number can have
LARGE = 1 << 31  # bytes, from which on the offsets of Arrow's `string` do not reach


class Key(NamedTuple):
    """A column to sort by."""

    column: Any  # pa.ChunkedArray or pa.Array
    prop: Property
    down: bool = False


def whole(column: Any) -> Any:
    """A column in one piece."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.nbytes >= LARGE and (pa.types.is_string(column.type)):
        column = column.cast(pa.large_string())
    elif column.nbytes >= LARGE and pa.types.is_binary(column.type):
        column = column.cast(pa.large_binary())
    return column.combine_chunks()


def folded(column: Any) -> Any:
    """A column of `S` as it compares; Arrow is ten times as fast on texts that are all ASCII."""
    if pc.all(pc.string_is_ascii(column)).as_py():
        return pc.ascii_lower(column)
    return fold_array(column)


def sort_rows(keys: Sequence[Key], count: int) -> Rows:
    """The rows in the order of the keys, the first of which counts most; stable."""
    if not keys:
        return np.arange(count, dtype=np.int64)
    if len(keys) == 1 and not keys[0].down:
        texts = _texts(keys[0].column, keys[0].prop)
        if texts is not None and not few_distinct(texts):
            return text_order(texts)[0]
    return stable_argsort(combined(_directed(each) for each in keys))


def _directed(key: Key) -> Codes:
    codes = column_codes(key.column, key.prop)
    if not key.down or not len(codes):
        return codes
    if key.prop.kind not in FLOATS:
        reverse: Codes = codes.max() - codes
        return reverse
    nan = codes == NAN
    return np.where(nan, NAN, ~codes)  # NaN is last, up and down


def combined(columns: Iterable[Codes]) -> Codes:
    """Make one code of several, of which the first counts most."""
    result: Codes | None = None
    for each in columns:
        result = each if result is None else _two_combined(result, each)
    if result is None:
        raise ValueError("no columns")
    return result


def _two_combined(first: Codes, second: Codes) -> Codes:
    if not len(first):
        return first
    first, second = first - first.min(), second - second.min()
    if _bits(first) + _bits(second) > BITS:
        first, second = _dense(first), _dense(second)
    return (first << np.uint64(_bits(second))) | second


def _bits(codes: Codes) -> int:
    return int(codes.max()).bit_length()


def _dense(codes: Codes) -> Codes:
    order = stable_argsort(codes)
    dense = np.empty(len(codes), dtype=np.uint64)
    dense[order] = np.cumsum(changes(codes[order])) - 1
    return dense


def row_codes(columns: Sequence[tuple[Any, Property]], count: int) -> Codes:
    """One code for each row; without columns all rows are equal."""
    if not columns:
        return np.zeros(count, dtype=np.uint64)
    return combined(column_codes(column, prop) for column, prop in columns)


def column_codes(column: Any, prop: Property) -> Codes:
    """The codes of a column. Those of texts, Decimals and subviews count among each other alone."""
    texts = _texts(column, prop)
    if texts is not None:
        return text_codes(texts)
    if prop.kind is Kind.VIEW:
        return _view_codes(column, prop)
    if prop.kind is Kind.DECIMAL:
        return _decimal_codes(whole(column))
    if prop.kind in FLOATS:
        return _float_codes(column.to_numpy())
    codes: Codes = _integers(column, prop).view(np.uint64) ^ SIGN
    return codes


def _texts(column: Any, prop: Property) -> Any:
    if prop.kind is Kind.STRING:
        return whole(folded(column))
    return whole(column) if prop.kind in (Kind.TEXT, Kind.BYTES) else None


def _integers(column: Any, prop: Property) -> Rows:
    if prop.kind is Kind.BOOL:
        column = column.cast(pa.uint8())
    elif prop.kind is Kind.DATE:
        column = column.cast(pa.int32())
    elif prop.kind is Kind.DATETIME:
        column = column.cast(pa.int64())
    array = whole(column)
    return np.asarray(array.to_numpy(zero_copy_only=False)).astype(np.int64, copy=False)


def _float_codes(values: Any) -> Codes:
    codes: Codes
    values = values + values.dtype.type(0)  # -0.0 becomes 0.0
    if values.dtype == np.float32:
        bits = values.view(np.uint32)
        codes = np.where(bits >> np.uint32(31), ~bits, bits | np.uint32(1 << 31)).astype(np.uint64)
    else:
        bits = values.view(np.uint64)
        codes = np.where(bits & SIGN, ~bits, bits | SIGN)
    codes[np.isnan(values)] = NAN
    return codes


def _decimal_codes(column: Any) -> Codes:
    encoded = column.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.uint64)
    rank[order] = np.arange(len(order), dtype=np.uint64)
    codes: Codes = rank[encoded.indices.to_numpy()]
    return codes


def _view_codes(column: Any, prop: Property) -> Codes:
    """Subviews compare row by row, as lists do; Arrow has no order for them, so Python has to."""
    keys = [_view_key(prop, rows) for rows in column.to_pylist()]
    distinct = {key: code for code, key in enumerate(sorted(set(keys)))}
    return np.fromiter((distinct[key] for key in keys), dtype=np.uint64, count=len(keys))


def _view_key(prop: Property, rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    return tuple(
        tuple(
            _view_key(each, row[each.name])
            if each.kind is Kind.VIEW
            else comparable(each, row[each.name])
            for each in prop.fields
        )
        for row in rows
    )


def codes_of_both(one: Any, other: Any, prop: Property) -> Codes:
    """The codes of two columns one after the other, which can be compared with each other."""
    return column_codes(pa.chunked_array([*one.chunks, *other.chunks], type=one.type), prop)
