"""Values on their way into a table: checked against their column, and made what it holds."""

from __future__ import annotations

import datetime
import decimal
import operator
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..errors import FormatError
from .schema import DIGITS, PLACES, Kind, Property, default, index_of

# What a row is in memory: one value for each column, in order.
Values = tuple[Any, ...]

_BITS = {Kind.INT: 32, Kind.LONG: 64}
_SINGLE = struct.Struct("<f")
_EXACT = decimal.Context(prec=DIGITS, traps=[decimal.Inexact, decimal.InvalidOperation])
_SMALLEST = Decimal(1).scaleb(-PLACES)


class _Refused(Exception):  # noqa: N818  # becomes a FormatError that says where
    """A value that its column cannot hold; the argument says why."""


def value(prop: Property, given: Any, where: str) -> Any:
    """`given` as what the column holds. Raises FormatError, which begins with `where`.

    The rows of a subview become a list of tuples; a View or an Arrow table stays what it is.

    >>> from outlive.tables.coerce import value
    >>> from outlive.tables.schema import Kind, Property
    >>> value(Property("n", Kind.INT), 2**31, "people, row 3")
    Traceback (most recent call last):
    outlive.errors.FormatError: people, row 3: the column 'n' (I) cannot hold 2147483648: it is \
beyond 32 bits
    """
    try:
        return converter(prop)(given)
    except _Refused as error:
        raise FormatError(
            f"{where}: the column {prop.name!r} ({prop.type}) cannot hold {_short(given)}: {error}"
        ) from None


def _short(given: object) -> str:
    return f"{given!r:.80}"


@lru_cache(maxsize=1024)
def converter(prop: Property) -> Callable[[Any], Any]:
    """A function that makes a value what the column holds, or raises `_Refused`."""
    if prop.kind in _BITS:
        return _integer(_BITS[prop.kind])
    if prop.kind is Kind.VIEW:
        return lambda given: _rows(prop, given)
    return _CONVERTERS[prop.kind]


def _integer(bits: int) -> Callable[[Any], int]:
    top = 1 << (bits - 1)

    def convert(given: Any) -> int:
        if type(given) is not int:
            try:
                given = int(operator.index(given))
            except TypeError:
                raise _Refused("it is no integer") from None
        if not -top <= given < top:
            raise _Refused(f"it is beyond {bits} bits")
        return int(given)

    return convert


def _double(given: Any) -> float:
    if type(given) is float:
        return given
    if isinstance(given, (str, bytes, bytearray)):
        raise _Refused("it is no number")
    try:
        return float(given)
    except (TypeError, ValueError):
        raise _Refused("it is no number") from None
    except OverflowError:
        raise _Refused("it is too large for a float") from None


def _float(given: Any) -> float:
    try:
        (rounded,) = _SINGLE.unpack(_SINGLE.pack(_double(given)))
    except OverflowError:
        raise _Refused("it is too large for 32 bits; use D") from None
    return float(rounded)


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise _Refused("it is no str")
    if not given.isascii():
        try:
            given.encode()
        except UnicodeEncodeError as error:
            raise _Refused(f"it is no valid Unicode ({error.reason})") from None
    return given if type(given) is str else str.__str__(given)


def _bytes(given: Any) -> bytes:
    if type(given) is bytes:
        return given
    if isinstance(given, (bytes, bytearray, memoryview)):
        return bytes(given)
    raise _Refused("it is no bytes")


def _bool(given: Any) -> bool:
    if type(given) is bool:
        return given
    if type(given).__module__ == "numpy" and getattr(given, "dtype", None) == "bool":
        return bool(given)
    raise _Refused("it is no bool")


def _date(given: Any) -> datetime.date:
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        return given
    raise _Refused("it is no date")


def _datetime(given: Any) -> datetime.datetime:
    if not isinstance(given, datetime.datetime):
        raise _Refused("it is no datetime")
    if given.tzinfo is not None:
        raise _Refused("it has a time zone; use .astimezone(timezone.utc).replace(tzinfo=None)")
    if getattr(given, "nanosecond", 0):
        raise _Refused("it has nanoseconds, and microseconds are kept; round it first")
    if type(given) is datetime.datetime and not given.fold:
        return given
    return datetime.datetime.combine(given.date(), given.time().replace(fold=0))


def _decimal(given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, (int, Decimal)):
        raise _Refused("it is no Decimal")
    try:
        exact = Decimal(given).quantize(_SMALLEST, context=_EXACT)
    except decimal.DecimalException:
        raise _Refused(
            f"it has more than {DIGITS - PLACES} digits before the point or {PLACES} after it"
        ) from None
    if not exact.is_finite():
        raise _Refused("it is not finite")
    return trimmed(exact)


def trimmed(given: Decimal) -> Decimal:
    """A Decimal without the zeros that the column added."""
    short = given.normalize(_EXACT) or Decimal(0)  # there is no -0 in Arrow's decimals
    return short.quantize(Decimal(1), context=_EXACT) if short.as_tuple().exponent > 0 else short  # type: ignore[operator]  # it is finite, so the exponent is an int


_CONVERTERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.FLOAT: _float,
    Kind.DOUBLE: _double,
    Kind.STRING: _text,
    Kind.TEXT: _text,
    Kind.BYTES: _bytes,
    Kind.BOOL: _bool,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.DECIMAL: _decimal,
}


def _rows(prop: Property, given: Any) -> Any:
    if hasattr(given, "__arrow_c_stream__") or hasattr(given, "_arrow"):
        from .incoming import from_any

        try:
            return from_any(prop.fields, given, "rows")
        except FormatError as error:
            raise _Refused(str(error)) from error
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise _Refused("it is no sequence of rows")
    try:
        return [row(prop.fields, each, f"row {number}") for number, each in enumerate(given)]
    except FormatError as error:
        raise _Refused(str(error)) from error


def row(structure: tuple[Property, ...], given: Any, where: str) -> Values:
    """The values of a row, from a dict, an object with attributes, a sequence, or a Row.

    What is not given gets its default. Raises FormatError for what has no column.
    """
    if isinstance(given, Mapping):
        return from_mapping(structure, given, where)
    if hasattr(type(given), "_columns_"):  # a Row, whose columns may have the names of methods
        known = {each.name for each in structure}
        named = {name: each for name, each in given._asdict().items() if name in known}
        return from_mapping(structure, named, where)
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray, memoryview)):
        return _from_sequence(structure, given, where)
    return _from_object(structure, given, where)


def given_row(
    structure: tuple[Property, ...], given: Any, named: Mapping[str, Any], where: str
) -> Values:
    """The values of a row that is given as one, or by keywords. Raises FormatError, TypeError."""
    if type(given) is tuple and not given:
        return from_mapping(structure, named, where)
    if named:
        raise TypeError(f"{where}: pass a row or keywords, not both")
    return row(structure, given, where)


def from_mapping(structure: tuple[Property, ...], given: Mapping[Any, Any], where: str) -> Values:
    """The values of a row, from a mapping of names (or Properties) to values."""
    named = partial(structure, given, where)
    return tuple(
        named[index] if index in named else default(prop) for index, prop in enumerate(structure)
    )


def partial(
    structure: tuple[Property, ...], given: Mapping[Any, Any], where: str
) -> dict[int, Any]:
    """The values of some columns by their positions. Raises FormatError."""
    return {
        (index := index_of(structure, name, where)): value(structure[index], each, where)
        for name, each in given.items()
    }


def _from_sequence(structure: tuple[Property, ...], given: Sequence[Any], where: str) -> Values:
    if len(given) > len(structure):
        raise FormatError(
            f"{where}: {_short(given)} has {len(given)} values for {len(structure)} columns"
        )
    values = [value(prop, each, where) for prop, each in zip(structure, given, strict=False)]
    values += map(default, structure[len(given) :])
    return tuple(values)


_ABSENT = object()


def _from_object(structure: tuple[Property, ...], given: object, where: str) -> Values:
    found = {prop.name: getattr(given, prop.name, _ABSENT) for prop in structure}
    named = {name: each for name, each in found.items() if each is not _ABSENT}
    if structure and (not named or isinstance(given, (int, float, str, bytes, type(None)))):
        raise FormatError(
            f"{where}: {_short(given)} is no row; pass a dict, a sequence, or an object that has "
            "the columns as attributes"
        )
    return from_mapping(structure, named, where)
