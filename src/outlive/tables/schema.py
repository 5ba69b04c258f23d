"""What a table's columns are: kinds, properties, and what they are in Arrow and in Python."""

from __future__ import annotations

import dataclasses
import datetime
import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any

from ..errors import FormatError
from .arrow import pa

# Digits of a Decimal in all, and after the point.
DIGITS, PLACES = 38, 12
DEEPEST = 30  # subviews within subviews, which Arrow reads and writes
EPOCH = datetime.datetime(1970, 1, 1)  # what is stored has no time zone


class Kind(Enum):
    """The type of a column; the value is how a description writes it.

    I L F D S B V are Metakit's. The others are Python's own types, which Metakit has not.
    """

    INT = "I"  # 32 bits
    LONG = "L"  # 64 bits
    FLOAT = "F"  # 32 bits
    DOUBLE = "D"  # 64 bits
    STRING = "S"  # compares without case
    BYTES = "B"
    VIEW = "V"  # rows in a cell
    TEXT = "str"  # compares by code point
    BOOL = "bool"
    DATE = "date"
    DATETIME = "datetime"  # microseconds, without a time zone
    DECIMAL = "Decimal"  # 26 digits before the point, 12 after it


INTEGERS = frozenset({Kind.INT, Kind.LONG})
FLOATS = frozenset({Kind.FLOAT, Kind.DOUBLE})
TEXTS = frozenset({Kind.STRING, Kind.TEXT})


@dataclasses.dataclass(frozen=True, slots=True)
class Property:
    """A column: its name, its kind, and for a subview the properties of its rows.

    >>> from outlive.tables.schema import Kind, Property
    >>> Property("kids", Kind.VIEW, (Property("name", Kind.STRING),))
    kids[name:S]
    """

    name: str
    kind: Kind
    fields: tuple[Property, ...] = ()

    @property
    def type(self) -> str:
        """The letter of Metakit, or the name of the Python type."""
        return self.kind.value

    def __repr__(self) -> str:
        if self.kind is Kind.VIEW:
            return f"{self.name}[{','.join(map(repr, self.fields))}]"
        return f"{self.name}:{self.kind.value}"


class Structure(tuple[Property, ...]):
    """The properties of a view, in order. It can be called, as in Metakit: for a list of them."""

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each name is."""
        return {each.name: at for at, each in enumerate(self)}

    @cached_property
    def text(self) -> str:
        """The columns as a description writes them."""
        return f"[{','.join(map(repr, self))}]"

    def __call__(self) -> list[Property]:
        """A list of them."""
        return list(self)


_PYTHON: dict[Any, Kind] = {
    int: Kind.LONG,
    float: Kind.DOUBLE,
    str: Kind.TEXT,
    bytes: Kind.BYTES,
    bool: Kind.BOOL,
    datetime.date: Kind.DATE,
    datetime.datetime: Kind.DATETIME,
    Decimal: Kind.DECIMAL,
}


def from_python(name: str, given: Any, where: str, depth: int = 0) -> Property:
    """The property of a Python type: int, float, …, ``list[a dataclass]`` for a subview.

    A Kind, a letter of a description, and a Property, whose own name does not count, will do too.
    Raises FormatError.
    """
    if isinstance(given, Property):
        return dataclasses.replace(given, name=name)
    if isinstance(given, Kind) and given is not Kind.VIEW:
        return Property(name, given)
    if isinstance(given, str):
        from .description import kind

        return Property(name, kind(given, where))
    if isinstance(given, typing.Hashable) and given in _PYTHON:
        return Property(name, _PYTHON[given])
    fields = _fields(given, where, depth + 1)
    if fields is None:
        raise FormatError(
            f"{where}: the column {name!r} cannot be of the type {given!r}; use int, float, str, "
            "bytes, bool, date, datetime, Decimal, or list of a dataclass or of a dict of these"
        )
    return Property(name, Kind.VIEW, fields)


def _fields(given: Any, where: str, depth: int) -> tuple[Property, ...] | None:
    """The properties of a subview; None if `given` is not the type of one."""
    if typing.get_origin(given) is list:
        (given,) = typing.get_args(given)
    elif isinstance(given, list) and len(given) == 1:
        (given,) = given
    else:
        return None
    if isinstance(given, Mapping) or _is_dataclass(given):
        return from_types(given, where, depth)
    return None


def _is_dataclass(given: Any) -> bool:
    return isinstance(given, type) and dataclasses.is_dataclass(given)


def from_types(given: Any, where: str, depth: int = 0) -> Structure:
    """The structure that a dataclass, or a mapping of names to types, describes.

    Raises FormatError.
    """
    check_depth(depth, where)
    if _is_dataclass(given):
        try:
            hints = typing.get_type_hints(given)
        except (NameError, TypeError) as error:
            raise FormatError(f"{where}: the types of {given!r} cannot be read: {error}") from error
        given = {field.name: hints[field.name] for field in dataclasses.fields(given)}
    if not isinstance(given, Mapping):
        raise FormatError(f"{where}: {given!r} is neither a dataclass nor a dict of types")
    found = [from_python(name, type_, where, depth) for name, type_ in given.items()]
    return checked(found, where)


def checked(properties: Iterable[Property], where: str, depth: int = 0) -> Structure:
    """A structure in which no name is empty or there twice. Raises FormatError."""
    check_depth(depth, where)
    structure = Structure(properties)
    seen = set()
    for each in structure:
        if not isinstance(each, Property):
            raise FormatError(f"{where}: {each!r} is not a Property")
        if not is_name(each.name):
            raise FormatError(f"{where}: {each.name!r} is no name of a column")
        if each.name in seen:
            raise FormatError(f"{where}: two columns have the name {each.name!r}; rename one")
        seen.add(each.name)
        if each.fields:
            checked(each.fields, f"{where}, column {each.name!r}", depth + 1)
    return structure


def check_depth(depth: int, where: str) -> None:
    """Raise FormatError for more subviews within subviews than there can be."""
    if depth > DEEPEST:
        raise FormatError(
            f"{where}: there are more than {DEEPEST} subviews within each other; keep the deeper "
            "ones in a table of their own"
        )


def is_name(name: object) -> bool:
    """Whether a table or a column can be called so."""
    if not isinstance(name, str) or not name or any(character in ",[]:" for character in name):
        return False
    return name.isascii() or name.encode(errors="replace").decode() == name


@lru_cache(maxsize=1024)
def arrow_type(prop: Property) -> Any:
    """The type of a column in memory."""
    if prop.kind is Kind.VIEW:
        return pa.list_(pa.struct([arrow_field(each) for each in prop.fields]))
    make = {
        Kind.INT: pa.int32,
        Kind.LONG: pa.int64,
        Kind.FLOAT: pa.float32,
        Kind.DOUBLE: pa.float64,
        Kind.STRING: pa.string,
        Kind.TEXT: pa.string,
        Kind.BYTES: pa.binary,
        Kind.BOOL: pa.bool_,
        Kind.DATE: pa.date32,
        Kind.DATETIME: lambda: pa.timestamp("us"),
        Kind.DECIMAL: lambda: pa.decimal128(DIGITS, PLACES),
    }
    return make[prop.kind]()


def arrow_field(prop: Property) -> Any:
    """A column in Arrow's words; it has no nulls."""
    return pa.field(prop.name, arrow_type(prop), nullable=False)


@lru_cache(maxsize=1024)
def arrow_schema(structure: tuple[Property, ...]) -> Any:
    """A structure in Arrow's words."""
    return pa.schema([arrow_field(each) for each in structure])


_DEFAULTS: Mapping[Kind, Any] = types.MappingProxyType(
    {
        Kind.INT: 0,
        Kind.LONG: 0,
        Kind.FLOAT: 0.0,
        Kind.DOUBLE: 0.0,
        Kind.STRING: "",
        Kind.TEXT: "",
        Kind.BYTES: b"",
        Kind.BOOL: False,
        Kind.DATE: EPOCH.date(),
        Kind.DATETIME: EPOCH,
        Kind.DECIMAL: Decimal(0),
        Kind.VIEW: (),
    }
)


def default(prop: Property) -> Any:
    """What a cell holds that nobody has set: 0, "", b"", False, 1970-01-01, no rows."""
    return _DEFAULTS[prop.kind]


def index_of(structure: tuple[Property, ...], given: object, where: str) -> int:
    """The position of a column, by name or Property. Raises FormatError."""
    name = given.name if isinstance(given, Property) else given
    if isinstance(structure, Structure):
        if isinstance(name, str) and name in structure.positions:
            return structure.positions[name]
    else:
        for index, each in enumerate(structure):
            if each.name == name:
                return index
    known = ", ".join(each.name for each in structure) or "none"
    raise FormatError(f"{where}: there is no column {name!r}; there are {known}")
