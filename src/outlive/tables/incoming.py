"""Rows from outside: Arrow, pandas, Polars, other views, dicts, sequences, objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from ..errors import FormatError
from . import building, coerce
from .arrow import ipc, np, pa, pc
from .schema import FLOATS, INTEGERS, TEXTS, Kind, Property, arrow_type, index_of

_MANY = 100  # rows from which on a look at all columns pays


def rows(structure: tuple[Property, ...], given: Any, where: str) -> Any:
    """What `given` holds, as an Arrow table or as a list of tuples. Raises FormatError."""
    if hasattr(given, "_arrow") or hasattr(given, "__arrow_c_stream__") or _is_pandas(given):
        return from_any(structure, given, where)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise FormatError(f"{where}: {given!r:.80} is no sequence of rows")
    if isinstance(given, Mapping):
        return from_columns(structure, given, where)
    given = given if isinstance(given, list) else list(given)
    fast = _tuples(structure, given)
    if fast is not None:
        return fast
    return [
        coerce.row(structure, each, f"{where}, new row {number}")
        for number, each in enumerate(given)
    ]


_PLAIN = {
    Kind.INT: int,
    Kind.LONG: int,
    Kind.DOUBLE: float,
    Kind.STRING: str,
    Kind.TEXT: str,
    Kind.BYTES: bytes,
    Kind.BOOL: bool,
}


def _tuples(structure: tuple[Property, ...], given: list[Any]) -> Any:
    """Many tuples as an Arrow table at once; None if one of them needs a closer look."""
    if len(given) < _MANY or set(map(type, given)) != {tuple}:
        return None
    if set(map(len, given)) != {len(structure)} or not structure:
        return None
    arrays = []
    for at, prop in enumerate(structure):
        values = list(map(itemgetter(at), given))
        if prop.kind not in _PLAIN or set(map(type, values)) != {_PLAIN[prop.kind]}:
            return None
        try:
            array = pa.array(values, type=arrow_type(prop))
        except (pa.ArrowException, ValueError, OverflowError):
            return None
        if isinstance(array, pa.ChunkedArray):  # beyond 2 GiB
            return None
        arrays.append(array)
    return building.from_arrays(structure, arrays, len(given))


def from_any(structure: tuple[Property, ...], given: Any, where: str) -> Any:
    """As `from_table`, of a View, a frame, or what else has Arrow's C stream."""
    return from_table(
        structure, given._arrow() if hasattr(given, "_arrow") else _foreign(given, where), where
    )


def _is_pandas(given: Any) -> bool:
    return type(given).__module__.partition(".")[0] == "pandas" and hasattr(given, "columns")


def _foreign(given: Any, where: str) -> Any:
    """What another library made, as an Arrow table that holds what it says. Raises FormatError."""
    try:
        table = _from_pandas(given) if _is_pandas(given) else pa.table(given)
        table.validate(full=True)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise FormatError(
            f"{where}: {type(given).__name__} cannot be read as a table: {error}; pass a frame, an "
            "Arrow table, or a dict of columns"
        ) from error
    return table


def _from_pandas(frame: Any) -> Any:
    """A pandas frame without its index. Its NaN stay NaN, which Arrow would take for nulls."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for number, type_ in enumerate(frame.dtypes):
        if isinstance(type_, np.dtype) and type_.kind == "f":
            values = pa.array(frame.iloc[:, number].to_numpy(), from_pandas=False)
            table = table.set_column(number, table.field(number).name, values)
    return _owned(table)


def _owned(table: Any) -> Any:
    """A table that shares no memory with a frame, which its owner may change."""
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return ipc.open_stream(sink.getvalue()).read_all()


def from_columns(structure: tuple[Property, ...], given: Mapping[Any, Any], where: str) -> Any:
    """A table from columns: names to sequences of values, all of one length. Raises FormatError."""
    named = {index_of(structure, name, where): values for name, values in given.items()}
    for index, values in named.items():
        is_scalar = isinstance(values, (str, bytes)) or getattr(values, "ndim", 1) != 1
        if is_scalar or not hasattr(values, "__len__"):
            raise FormatError(
                f"{where}: {values!r:.80} is no column of {structure[index].name!r}; a dict that "
                "is given to extend() holds columns; for one row use append()"
            )
    sizes = {len(values) for values in named.values()}
    if len(sizes) > 1:
        raise FormatError(f"{where}: the columns have different lengths: {sorted(sizes)}")
    count = sizes.pop() if sizes else 0
    arrays = [
        _column(prop, named[index], where) if index in named else building.defaults(prop, count)
        for index, prop in enumerate(structure)
    ]
    return building.from_arrays(structure, arrays, count)


def _column(prop: Property, values: Any, where: str) -> Any:
    if hasattr(values, "__arrow_c_stream__") or isinstance(values, (pa.Array, pa.ChunkedArray)):
        table = _foreign({prop.name: pa.chunked_array(values)}, where)
        return cast(prop, table.column(0), where)
    if isinstance(values, np.ndarray):
        try:
            # A copy: the array is its owner's, who may change it.
            return cast(prop, pa.chunked_array([pa.array(values.copy())]), where)
        except pa.ArrowException as error:
            raise FormatError(f"{where}, column {prop.name!r}: {error}") from error
    return building.array(
        prop,
        [
            coerce.value(prop, each, f"{where}, new row {number}")
            for number, each in enumerate(values)
        ],
    )


def from_table(structure: tuple[Property, ...], table: Any, where: str) -> Any:
    """The Arrow table with the columns of `structure`: those that are missing have their defaults.

    Raises FormatError for a column that is not in `structure`, for nulls, and for values that do
    not fit.
    """
    names = table.column_names
    for name in names:
        index_of(structure, name, where)
    if len(set(names)) < len(names):
        raise FormatError(f"{where}: two columns of what is added have the same name")
    return building.from_arrays(
        structure,
        [
            cast(prop, table.column(prop.name), where)
            if prop.name in names
            else building.defaults(prop, len(table))
            for prop in structure
        ],
        len(table),
    )


def cast(prop: Property, column: Any, where: str) -> Any:
    """A chunked array as the column's type, exactly. Raises FormatError."""
    where = f"{where}, column {prop.name!r}"
    if pa.types.is_dictionary(column.type):
        column = _undictionaried(column)
    if column.null_count:
        row = pc.index(pc.is_null(column), True).as_py()
        raise FormatError(f"{where}, new row {row}: it is null; fill nulls first")
    target = arrow_type(prop)
    if column.type == target and prop.kind is not Kind.VIEW:
        return column
    try:
        _check_related(prop, column.type)
        if prop.kind is Kind.VIEW:
            return _subviews(prop, column, where)
        result = column.cast(target)
        _check_exact(prop, column, result)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise FormatError(f"{where} ({prop.type}): {error}") from error
    return result


def _undictionaried(column: Any) -> Any:
    """A column of which each value was written once. Arrow has no `take` for views of texts."""
    type_ = column.type.value_type
    if pa.types.is_string_view(type_):
        type_ = pa.string()
    elif pa.types.is_binary_view(type_):
        type_ = pa.binary()
    parts = [each.dictionary.cast(type_).take(each.indices) for each in column.chunks]
    return pa.chunked_array(parts, type=type_)


def _check_related(prop: Property, given: Any) -> None:
    """Arrow would make an integer of a text, and a date of an integer."""
    types = pa.types
    tests: Mapping[Kind, Callable[[], bool]] = {
        Kind.BYTES: lambda: (
            types.is_binary(given)
            or types.is_large_binary(given)
            or types.is_binary_view(given)
            or types.is_fixed_size_binary(given)
        ),
        Kind.BOOL: lambda: types.is_boolean(given),
        Kind.DATE: lambda: types.is_date(given),
        Kind.DATETIME: lambda: types.is_timestamp(given) and given.tz is None,
        Kind.DECIMAL: lambda: types.is_decimal(given) or types.is_integer(given),
        Kind.VIEW: lambda: (
            types.is_list(given) or types.is_large_list(given) or types.is_list_view(given)
        ),
    }
    if prop.kind in INTEGERS:
        fits = types.is_integer(given) or types.is_boolean(given)
    elif prop.kind in FLOATS:
        fits = types.is_integer(given) or types.is_floating(given)
    elif prop.kind in TEXTS:
        fits = types.is_string(given) or types.is_large_string(given) or types.is_string_view(given)
    else:
        fits = tests[prop.kind]()
    if not fits and not types.is_null(given):
        raise ValueError(f"it cannot hold what is of the type {given}")


def _check_exact(prop: Property, column: Any, result: Any) -> None:
    """What Arrow's safe cast does not look at."""
    if prop.kind is Kind.FLOAT and pa.types.is_floating(column.type):
        over = pc.and_(pc.is_inf(result), pc.is_finite(column))
        if pc.any(over).as_py():
            row = pc.index(over, True).as_py()
            raise ValueError(f"new row {row} is too large for 32 bits; use D")


def _subviews(prop: Property, column: Any, where: str) -> Any:
    """A column of lists of structs with these fields, whatever their order and exact types."""
    chunks = []
    for each in column.chunks:
        chunk = each.cast(pa.list_(each.type.value_type))
        if not pa.types.is_struct(chunk.type.value_type):
            raise ValueError(f"it cannot hold what is of the type {each.type}")
        flat = chunk.flatten()
        if flat.null_count:
            raise FormatError(f"{where}: a row of a subview is null; fill nulls first")
        offsets = chunk.offsets
        first = offsets[0]
        names = [field.name for field in flat.type]
        table = pa.table(dict(zip(names, flat.flatten(), strict=True))) if names else flat
        content = from_table(prop.fields, table, where) if names else table
        structs = building.struct(prop.fields, content)
        shifted = pc.subtract(offsets, first) if first.as_py() else offsets
        chunks.append(pa.ListArray.from_arrays(shifted, structs, type=arrow_type(prop)))
    return pa.chunked_array(chunks, type=arrow_type(prop))
