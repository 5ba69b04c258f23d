"""Python values as Arrow arrays, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .arrow import np, pa
from .coerce import Values, trimmed
from .schema import Kind, Property, arrow_schema, arrow_type, default

if TYPE_CHECKING:
    from .view import View


def array(prop: Property, values: Sequence[Any]) -> Any:
    """The array of a column's values, which were coerced before."""
    if prop.kind is Kind.VIEW:
        return _lists(prop, values)
    return pa.array(values, type=arrow_type(prop))


def defaults(prop: Property, count: int) -> Any:
    """The array of `count` times the default."""
    if prop.kind is Kind.VIEW:
        return _lists(prop, [()] * count)
    return pa.repeat(pa.scalar(default(prop), type=arrow_type(prop)), count)


def table(structure: tuple[Property, ...], rows: Sequence[Values]) -> Any:
    """The Arrow table of rows, which were coerced before."""
    # Not zip(*rows): that makes an iterator for each row.
    arrays = [
        array(prop, list(map(itemgetter(column), rows))) for column, prop in enumerate(structure)
    ]
    return from_arrays(structure, arrays, len(rows))


def from_arrays(structure: tuple[Property, ...], arrays: Sequence[Any], count: int) -> Any:
    """An Arrow table; without columns too, of which Arrow by itself would say that it is empty."""
    if structure:
        return pa.Table.from_arrays(list(arrays), schema=arrow_schema(structure))
    return pa.table({"_": pa.nulls(count)}).select([])


def _lists(prop: Property, values: Iterable[Any]) -> Any:
    """The array of subviews, each a list of tuples, an Arrow table, or a View."""
    parts: list[Any] = []
    rows: list[Values] = []
    ends = [0]
    for each in values:
        if isinstance(each, (list, tuple)):
            rows += each
        else:
            if rows:
                parts.append(struct(prop.fields, table(prop.fields, rows)))
                rows = []
            parts.append(struct(prop.fields, each._arrow() if hasattr(each, "_arrow") else each))
        ends.append(ends[-1] + len(each))
    parts.append(struct(prop.fields, table(prop.fields, rows)))
    offsets = pa.array(np.asarray(ends, dtype="int32"))
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(parts), type=arrow_type(prop))


def struct(fields: tuple[Property, ...], content: Any) -> Any:
    """An Arrow table as one array of structs."""
    type_ = pa.struct(list(arrow_schema(fields)))
    if not fields:
        return pa.array([{}] * len(content), type=type_)
    arrays = [
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], type=column.type)
        for column in content.columns
    ]
    return pa.StructArray.from_arrays(arrays, fields=list(type_))


def rows_of(fields: tuple[Property, ...], structs: Any) -> Any:
    """An array of structs, those of one subview, as an Arrow table."""
    return from_arrays(fields, structs.flatten(), len(structs))


def python(prop: Property, scalar: Any) -> Any:
    """An Arrow scalar as a value; one of a subview as an Arrow table."""
    if prop.kind is Kind.VIEW:
        return rows_of(prop.fields, scalar.values)
    if prop.kind is Kind.DECIMAL:
        return trimmed(scalar.as_py())
    return scalar.as_py()


def pythons(prop: Property, values: Any, where: str) -> list[Any]:
    """All values of an array or a chunked array; subviews as views in memory."""
    if prop.kind is Kind.VIEW:
        return [static(prop, rows_of(prop.fields, each.values), where) for each in values]
    found: list[Any] = values.to_pylist()
    return list(map(trimmed, found)) if prop.kind is Kind.DECIMAL else found


def static(prop: Property, content: Any, where: str) -> View:
    """A subview that is not in a table any more, or never was: a table in memory."""
    from .table import Table

    table = Table(prop.fields, name=f"{where}, column {prop.name!r}")
    table._take(content)
    return table
