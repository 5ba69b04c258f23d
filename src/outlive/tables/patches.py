"""A patch: the cells of a block that were set since it was written, under a key of their own.

To set a cell, only its patch is written, as an Arrow IPC record batch of rows and values. When the
patch has grown, the block is written anew and the patch goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..engines import Buffer
from ..errors import CorruptError
from . import building, sealing
from .arrow import ipc, pa
from .schema import Kind, Property, arrow_type

MOST = 64  # cells
LARGE = 1 << 13  # bytes
FEW = 1 << 10  # rows of a block that is as soon written as a patch


def key_of(block: bytes) -> bytes:
    """The key of the patch of a block; it stands right behind that of the block."""
    return block + b"p"


def encode(prop: Property, rows: int, cells: Mapping[int, Any], key: bytes) -> bytes | None:
    """The patch of a block of so many rows; None where it does not pay."""
    if rows < FEW or len(cells) > MOST or prop.kind is Kind.VIEW:
        return None
    values = building.array(prop, list(cells.values()))
    batch = pa.RecordBatch.from_arrays([pa.array(cells, type=pa.int32()), values], schema=_of(prop))
    content = batch.serialize().to_pybytes()
    return sealing.seal(key, content) if len(content) <= LARGE else None


def decode(prop: Property, value: Buffer, key: bytes, where: str) -> dict[int, Any]:
    """The cells in a patch, by their rows. Raises CorruptError."""
    try:
        content = pa.py_buffer(bytes(sealing.unseal(key, value)))
        rows, values = ipc.read_record_batch(content, _of(prop)).columns
        return dict(zip(rows.to_pylist(), building.pythons(prop, values, where), strict=True))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise CorruptError(
            f"{where}: the column {prop.name!r} cannot be read: a patch of it: {error}; put a good "
            "copy of the file in its place"
        ) from error


@cache
def _of(prop: Property) -> Any:
    row = pa.field("row", pa.int32(), nullable=False)
    return pa.schema([row, pa.field("", arrow_type(prop), nullable=False)])
