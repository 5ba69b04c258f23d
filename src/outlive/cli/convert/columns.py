"""Which columns hold the rows of a text? The narrowest types that lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ...tables.schema import Kind, Property, default
from ..values import as_text
from .losses import Losses, named

_INT = re.compile(r"0|-?[1-9][0-9]{0,18}").fullmatch
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?").fullmatch
_PLACES = re.compile(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,12})?").fullmatch
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
_NO_NUMBERS = ("nan", "inf", "-inf")
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_EXACT = 1 << 53  # the ints that a float holds


# -- texts alone, as CSV has them


def _is_float(text: str) -> bool:
    if text in _NO_NUMBERS:
        return True
    return bool(_NUMBER(text)) and Decimal(text) == Decimal(repr(float(text)))


def _is_made_by(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except ValueError:
        return False
    return True


# In this order: the first that holds all texts of a column is its type.
_TESTS: dict[Kind, Callable[[str], bool]] = {
    Kind.LONG: lambda text: bool(_INT(text)) and _LEAST <= int(text) <= _MOST,
    Kind.DOUBLE: _is_float,
    Kind.DECIMAL: lambda text: bool(_PLACES(text)),
    Kind.BOOL: ("true", "false").__contains__,
    Kind.DATE: lambda text: bool(_DATE(text)) and _is_made_by(date.fromisoformat, text),
    Kind.DATETIME: lambda text: (
        bool(_MOMENT.fullmatch(text)) and _is_made_by(datetime.fromisoformat, text)
    ),
}
_MAKE: dict[Kind, Callable[[str], Any]] = {
    Kind.LONG: int,
    Kind.DOUBLE: float,
    Kind.DECIMAL: Decimal,
    Kind.BOOL: lambda text: text == "true",
    Kind.DATE: date.fromisoformat,
    Kind.DATETIME: datetime.fromisoformat,
    Kind.TEXT: str,
}


class TextColumn:
    """What the texts of a column have in common; `see` each, then ask for `prop`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._left = dict(_TESTS)
        self._has_number = self._has_any = False

    def see(self, text: str) -> None:
        """Take a text into account."""
        for kind in [kind for kind, fits in self._left.items() if not fits(text)]:
            del self._left[kind]
        self._has_any = True
        self._has_number = self._has_number or text not in _NO_NUMBERS

    def prop(self) -> Property:
        """The column."""
        kind = next(iter(self._left), Kind.TEXT) if self._has_any and self._has_number else None
        return Property(self.name, kind or Kind.TEXT)


def made(kind: Kind, text: str) -> Any:
    """The value that a text stands for."""
    return _MAKE[kind](text)


# -- values of many types, as lines of JSON have them

_KINDS: dict[type, Kind] = {
    bool: Kind.BOOL,
    int: Kind.LONG,
    float: Kind.DOUBLE,
    str: Kind.TEXT,
    bytes: Kind.BYTES,
    date: Kind.DATE,
    datetime: Kind.DATETIME,
    Decimal: Kind.DECIMAL,
}
_MIXED = "values of several types, or of one that no column has; they become text"


class ValueColumn:
    """What the values of a column have in common, likewise."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kinds: set[Kind | None] = set()  # None: one that no column can be of
        self._inner = Columns()
        self._is_exact = True  # all ints, if they had to become floats
        self._odd = ""  # where the first is that makes it a text
        self.missing = ""  # where the first is not there

    def see(self, value: Any, where: str) -> None:
        """Take a value into account; None is one that is missing."""
        if value is None:
            self.missing = self.missing or where
            return
        kind = _kind(value)
        if kind is Kind.LONG and abs(value) > _EXACT:
            self._is_exact = False
        if kind is Kind.VIEW:
            for row in value:
                self._inner.see(row, where)
        self._kinds.add(kind)
        if self._kind() is None and not self._odd:
            self._odd = f"{where}, column {self.name!r}, the {named(value)}"

    def _kind(self) -> Kind | None:
        """The type of the column; None if there is none but text for what it is not."""
        if self._kinds == {Kind.LONG, Kind.DOUBLE} and self._is_exact:
            return Kind.DOUBLE
        return next(iter(self._kinds)) if len(self._kinds) == 1 else None

    def prop(self, losses: Losses) -> Property:
        """The column; what it cannot hold is noted."""
        kind = self._kind() if self._kinds else Kind.TEXT
        if kind is None:
            losses.add(f"{self._odd}: {_MIXED}")
            kind = Kind.TEXT
        fields = tuple(self._inner.structure(losses)) if kind is Kind.VIEW else ()
        found = Property(self.name, kind, fields)
        if self.missing:
            losses.add(
                f"{self.missing}: {self.name!r} is not there, and becomes {default(found)!r}"
            )
        return found


def _kind(value: Any) -> Kind | None:
    kind = _KINDS.get(type(value))
    if kind is Kind.LONG and not _LEAST <= value <= _MOST:
        return None
    if kind is Kind.DATETIME and value.tzinfo is not None:
        return None
    if isinstance(value, list) and all(type(each) is dict for each in value):
        return Kind.VIEW
    return kind


class Columns:
    """The columns of rows that are dicts."""

    def __init__(self) -> None:
        self._columns: dict[str, ValueColumn] = {}
        self._rows = 0

    def see(self, row: Mapping[str, Any], where: str) -> None:
        """Take a row into account."""
        for name in row:
            if name not in self._columns:
                self._columns[name] = column = ValueColumn(name)
                if self._rows:  # those before had none
                    column.see(None, where.partition(", line")[0] + ", the first line")
        for name, column in self._columns.items():
            column.see(row.get(name), where)
        self._rows += 1

    def structure(self, losses: Losses) -> list[Property]:
        """The columns, in the order in which they came."""
        return [each.prop(losses) for each in self._columns.values()]


def row(structure: Iterable[Property], given: Mapping[str, Any]) -> tuple[Any, ...]:
    """A row as a table with these columns takes it."""
    return tuple(_cell(prop, given.get(prop.name)) for prop in structure)


def _cell(prop: Property, value: Any) -> Any:
    if value is None:
        return default(prop)
    if prop.kind is Kind.VIEW:
        return [row(prop.fields, each) for each in value]
    if prop.kind is Kind.DOUBLE:
        return float(value)
    if prop.kind is Kind.TEXT and type(value) is not str:
        return as_text(value)
    return value
