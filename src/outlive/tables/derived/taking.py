"""Some rows of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..arrow import pa
from .algorithms_text import Rows

SPARSE = 4  # of how many rows at most one is wanted, for it to pay to leave the others alone


def taken(column: Any, rows: Rows) -> Any:
    """Some rows of a column."""
    return column.take(pa.array(rows))


def taken_ascending(column: Any, rows: Rows) -> Any:
    """Some rows of a column, in their order: Arrow would first put all pieces into one."""
    if not _pays(column.num_chunks, len(rows), len(column)):
        return taken(column, rows)
    spans = list(_spans(column.chunks, rows))
    if not spans:
        return column.slice(0, 0)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = np.concatenate([chunk.to_numpy()[places] for chunk, places in spans])
        return pa.chunked_array([pa.array(values)])
    return pa.chunked_array([chunk.take(pa.array(places)) for chunk, places in spans])


def table_taken_ascending(table: Any, rows: Rows) -> Any:
    """The same for all columns; None where it does not pay."""
    if not table.num_columns or not _pays(table.column(0).num_chunks, len(rows), len(table)):
        return None
    spans = _spans(table.to_batches(), rows)
    return pa.Table.from_batches(
        [each.take(pa.array(places)) for each, places in spans], table.schema
    )


def _pays(pieces: int, wanted: int, rows: int) -> bool:
    return pieces > 1 and wanted * SPARSE <= rows


def _spans(pieces: Sequence[Any], rows: Rows) -> Iterator[tuple[Any, Rows]]:
    """Of each piece that has some of the rows which of its own rows these are."""
    starts = np.cumsum([0, *map(len, pieces)])
    ends = np.searchsorted(rows, starts).tolist()
    for piece, start, low, high in zip(pieces, starts[:-1], ends[:-1], ends[1:], strict=True):
        if low < high:
            yield piece, rows[low:high] - start
