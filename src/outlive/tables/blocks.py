"""A block: one column of one group, as the bytes of an Arrow IPC record batch.

Integers are stored as narrow as they can be: a byte with their bits follows the message, or 0 if
they have their column's own type; then comes a checksum. A column that has its default everywhere
has no block.
"""

from __future__ import annotations

from typing import Any

from ..errors import CorruptError
from . import building, sealing
from .arrow import ipc, np, pa, pc
from .schema import FLOATS, INTEGERS, TEXTS, Kind, Property, arrow_type
from .widths import bits

_BYTE = 8
_NARROW = {8: "int8", 16: "int16", 32: "int32", 64: "int64"}
_schemas: dict[Any, Any] = {}


def encode(prop: Property, array: Any, key: bytes) -> bytes | None:
    """The bytes of the block under a key; None if there is nothing but the default."""
    width = 0
    if prop.kind in INTEGERS:
        needed = bits(array)
        if needed == 0:
            return None
        narrow = getattr(pa, _NARROW[max(needed, _BYTE)])()
        if array.type != narrow:
            array, width = array.cast(narrow), max(needed, _BYTE)
    elif _is_default(prop, array):
        return None
    return sealing.seal(key, memoryview(_serialized(array)), bytes([width]))


def _serialized(array: Any) -> Any:
    return pa.RecordBatch.from_arrays([array], schema=_schema(array.type)).serialize()


def _is_default(prop: Property, array: Any) -> bool:
    if prop.kind in TEXTS or prop.kind is Kind.BYTES:
        return bool(pc.max(pc.binary_length(array)).as_py() == 0)
    if prop.kind in FLOATS:
        values = array.to_numpy(zero_copy_only=False)
        return not np.any(values.view(f"i{values.itemsize}"))  # -0.0 is another value
    if prop.kind is Kind.VIEW:
        return not len(array.flatten())
    return False


def decode(prop: Property, buffer: Any, count: int, key: bytes, where: str) -> Any:
    """The array in a block, which refers to the buffer. Raises CorruptError."""
    if buffer is None:
        return building.defaults(prop, count)
    type_ = arrow_type(prop)
    try:
        size = len(sealing.unseal(key, buffer)) - 1
        width = buffer[size]
        stored = getattr(pa, _NARROW[width])() if width else type_
        array = ipc.read_record_batch(buffer.slice(0, size), _schema(stored)).column(0)
        if len(array) != count:
            raise ValueError(f"it has {len(array)} rows instead of {count}")
        return array if stored == type_ else array.cast(type_)
    except (pa.ArrowException, ValueError, LookupError, OSError) as error:
        raise CorruptError(
            f"{where}: the column {prop.name!r} cannot be read: {error}; put a good copy of the "
            "file in its place"
        ) from error


def _schema(type_: Any) -> Any:
    found = _schemas.get(type_)
    if found is None:
        found = _schemas[type_] = pa.schema([pa.field("", type_, nullable=False)])
    return found
