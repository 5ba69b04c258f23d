"""What Mk4py makes a row of: dicts, sequences, objects; and of each value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import FormatError
from ...tables import coerce
from ...tables.schema import FLOATS, INTEGERS, TEXTS, Kind, Property
from ...tables.view import View
from .failures import OutOfRangeError, TooLargeError, WrongTypeError
from .properties import position

Structure = tuple[Property, ...]

_PLAIN: Mapping[Kind, Any] = {Kind.INT: int, Kind.LONG: int, Kind.DOUBLE: float}
_INT = 2**31


def _refused(prop: Property, given: object, where: str, why: str) -> str:
    return f"{where}: the column {prop.name!r} ({prop.type}) cannot hold {given!r:.80}: {why}"


def cell(prop: Property, given: Any, where: str) -> Any:
    """A value as outlive takes it. Raises FormatError, which is a TypeError for a wrong type."""
    if type(given) is _PLAIN.get(prop.kind) and (type(given) is float or -_INT <= given < _INT):
        return given  # as most are
    if prop.kind in INTEGERS:
        return _integer(prop, given, where)
    if prop.kind is Kind.VIEW:
        return _rows(prop, given, where)
    if prop.kind is Kind.STRING and isinstance(given, str) and "\0" in given:
        raise FormatError(_refused(prop, given, where, "it has a NUL; use B, or str"))
    if prop.kind in TEXTS and isinstance(given, bytes):
        raise WrongTypeError(_refused(prop, given, where, "it is bytes; decode them, or use B"))
    if prop.kind is Kind.BYTES and isinstance(given, str):
        raise WrongTypeError(_refused(prop, given, where, "it is a str; encode it, or use S"))
    try:
        return coerce.value(prop, given, where)
    except FormatError as error:
        if prop.kind in FLOATS and isinstance(given, (int, float)):
            raise TooLargeError(str(error)) from None
        raise WrongTypeError(str(error)) from None


def _integer(prop: Property, given: Any, where: str) -> int:
    if not hasattr(given, "__index__"):
        if isinstance(given, str) or not hasattr(given, "__float__"):
            raise WrongTypeError(_refused(prop, given, where, "it is no integer"))
        number = given
        try:
            given = int(number)
        except (ValueError, OverflowError) as error:  # NaN, infinity
            raise FormatError(_refused(prop, number, where, str(error))) from None
        if given != number:
            raise FormatError(_refused(prop, number, where, "it is no whole number; round it"))
    try:
        return int(coerce.value(prop, given, where))
    except FormatError as error:
        raise TooLargeError(str(error)) from None


def _rows(prop: Property, given: Any, where: str) -> Any:
    where = f"{where}, column {prop.name!r}"
    view = getattr(given, "_view", given)
    if isinstance(view, View):
        return coerce.value(prop, view, where)
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise WrongTypeError(_refused(prop, given, where, "it is no sequence of rows"))
    return [row(prop.fields, each, f"{where}, row {at}") for at, each in enumerate(given)]


def row(structure: Structure, given: Any, where: str) -> dict[str, Any]:
    """The values of a row by the names of their columns; what was not given is not there.

    A dict and an object give what the view has columns for, whatever else they have; a sequence
    gives the columns in order. None is as if it was not given. Raises FormatError.
    """
    if given is None:
        found: Mapping[int, Any] = {}
    elif isinstance(given, Mapping):
        found = _of_mapping(structure, given)
    elif _is_sequence(given) and not (isinstance(given, str) and len(structure) == 1):
        found = _of_sequence(structure, given, where)
    else:
        found = _of_object(structure, given, where)
    return {
        structure[at].name: cell(structure[at], value, where)
        for at, value in found.items()
        if value is not None
    }


def _is_sequence(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, (bytes, bytearray, memoryview))


def _of_mapping(structure: Structure, given: Mapping[Any, Any]) -> dict[int, Any]:
    found = {}
    for key, value in given.items():
        name = getattr(key, "name", key)
        at = position(structure, name) if isinstance(name, str) else -1
        if at >= 0:
            found[at] = value
    return found


def _of_sequence(structure: Structure, given: Sequence[Any], where: str) -> dict[int, Any]:
    if len(given) > len(structure):
        raise OutOfRangeError(
            f"{where}: {given!r:.80} has {len(given)} values for {len(structure)} columns"
        )
    return dict(enumerate(given))


def _of_object(structure: Structure, given: Any, where: str) -> dict[int, Any]:
    absent = object()
    named = {at: getattr(given, each.name, absent) for at, each in enumerate(structure)}
    found = {at: value for at, value in named.items() if value is not absent}
    if not found and len(structure) == 1:
        return {0: given}
    if isinstance(given, (int, float, complex, str, bytes, bytearray, memoryview)):
        raise WrongTypeError(
            f"{where}: {given!r:.80} is no row; pass a dict, a sequence, or an object that has "
            "the columns as attributes"
        )
    return found


def keywords(structure: Structure, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The same of keywords, each of which has to be a column. Raises FormatError."""
    for name in given:
        if position(structure, name) < 0:
            known = ", ".join(each.name for each in structure) or "none"
            raise FormatError(f"{where}: there is no column {name!r}; there are {known}")
    return row(structure, given, where)
