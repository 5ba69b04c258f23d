"""Schemas of Arrow as structures: those of Parquet and CSV files, and of other libraries."""

from __future__ import annotations

from typing import Any

from ..errors import FormatError
from .arrow import pa
from .description import parse
from .schema import Kind, Property, Structure, checked

DESCRIPTION = b"outlive"  # where a schema's metadata hold the description that it was made of


def from_arrow(schema: Any, where: str) -> Structure:
    """The structure for a schema: the one that it was made of, or the next that holds it all.

    Raises FormatError for a type that no column can hold.
    """
    described = (schema.metadata or {}).get(DESCRIPTION)
    if described is not None:
        structure = parse(described.decode(), where)[1]
        if [each.name for each in structure] == schema.names:
            return structure
    return checked((_property(each, where) for each in schema), where)


def _property(field: Any, where: str) -> Property:
    type_ = field.type
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    is_list = (pa.types.is_list, pa.types.is_large_list, pa.types.is_list_view)
    if any(each(type_) for each in is_list) and pa.types.is_struct(type_.value_type):
        fields = tuple(_property(each, f"{where}, {field.name}") for each in type_.value_type)
        return Property(field.name, Kind.VIEW, fields)
    for kind, tests in _kinds():
        if any(test(type_) for test in tests):
            return Property(field.name, kind)
    raise FormatError(f"{where}: no column can hold {field.name!r}, which is of the type {type_}")


def _kinds() -> list[tuple[Kind, tuple[Any, ...]]]:
    of = pa.types
    return [
        (Kind.BOOL, (of.is_boolean,)),
        (Kind.INT, (of.is_int8, of.is_int16, of.is_int32, of.is_uint8, of.is_uint16)),
        (Kind.LONG, (of.is_integer,)),
        (Kind.FLOAT, (of.is_float16, of.is_float32)),
        (Kind.DOUBLE, (of.is_float64,)),
        (Kind.TEXT, (of.is_string, of.is_large_string, of.is_string_view, of.is_null)),
        (
            Kind.BYTES,
            (of.is_binary, of.is_large_binary, of.is_binary_view, of.is_fixed_size_binary),
        ),
        (Kind.DATE, (of.is_date,)),
        (Kind.DATETIME, (lambda type_: of.is_timestamp(type_) and type_.tz is None,)),
        (Kind.DECIMAL, (of.is_decimal,)),
    ]
