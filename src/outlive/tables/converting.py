"""A column of another type: every value is converted exactly, or none is."""

from __future__ import annotations

import datetime as _datetime
from collections.abc import Callable
from decimal import Decimal as _Decimal
from typing import Any

from ..errors import FormatError
from . import building, coerce
from .arrow import pa, pc
from .schema import FLOATS, INTEGERS, TEXTS, Kind, Property, arrow_type

_NUMBERS = INTEGERS | FLOATS


def convert(old: Property, new: Property, array: Any, where: str, first: int = 0) -> Any:
    """An array of the column `old` as one of `new`, of the same name.

    Numbers become texts and back, texts bytes and back (as UTF-8), where no value changes by it:
    a text must be the one that the number would be written as, so "007" does not become 7.
    `first` is the number of the first row. Raises FormatError for the first value that cannot be
    converted.
    """
    if old.kind is new.kind and new.kind is not Kind.VIEW:
        return array
    if not len(array):
        return pa.array([], type=arrow_type(new))
    if {old.kind, new.kind} <= TEXTS:
        return array
    where = f"{where}, column {old.name!r}"
    if old.kind is new.kind:
        return _subviews(old, new, array, where)
    how = _how(old, new)
    if how is None:
        raise FormatError(
            f"{where}: {old.type} cannot become {new.type}; give the new column another name, and "
            "copy what you need"
        )
    values = building.pythons(old, array, where)
    made: list[Any] = []
    try:
        made.extend(_exact(old, new, how, each) for each in values)
        return building.array(new, made)
    except (ValueError, ArithmeticError) as error:
        raise FormatError(
            f"{where} cannot become {new.type}: row {first + len(made)}: {error}; nothing was "
            "changed"
        ) from None


def _how(old: Property, new: Property) -> Callable[[Any], Any] | None:
    number = _NUMBERS | {Kind.BOOL, Kind.DECIMAL}
    makers: dict[Kind, Callable[[Any], Any]] = dict.fromkeys(INTEGERS, int)
    makers |= dict.fromkeys(FLOATS, float)
    makers |= {Kind.BOOL: bool, Kind.DECIMAL: _decimal}
    if new.kind in number and (old.kind in number or old.kind in TEXTS):
        return makers[new.kind] if new.kind is not Kind.BOOL or old.kind in number else None
    if new.kind in TEXTS:
        texts: dict[Kind, Any] = dict.fromkeys([*number, Kind.DATE, Kind.DATETIME], str)
        return (texts | {Kind.BYTES: bytes.decode}).get(old.kind)
    if old.kind in TEXTS:
        others: dict[Kind, Any] = {
            Kind.BYTES: str.encode,
            Kind.DATE: _datetime.date.fromisoformat,
            Kind.DATETIME: _datetime.datetime.fromisoformat,
        }
        return others.get(new.kind)
    if {old.kind, new.kind} == {Kind.DATE, Kind.DATETIME}:
        back: Callable[[Any], Any] = _datetime.datetime.date
        return _midnight if new.kind is Kind.DATETIME else back
    return None


def _exact(old: Property, new: Property, how: Callable[[Any], Any], value: Any) -> Any:
    try:
        made = coerce.value(new, how(value), "")
    except (FormatError, ArithmeticError, ValueError):
        raise ValueError(f"it holds {value!r:.80}") from None
    if old.kind in TEXTS:
        is_same = new.kind is Kind.BYTES or value in _texts(made)
    else:
        is_same = new.kind in TEXTS or _are_same(made, value)
    if not is_same:
        back = _how(new, old)
        if old.kind in TEXTS or back is None or back(made) != value:
            raise ValueError(f"it holds {value!r:.80}, which would become {made!r:.80}")
    return made


def _are_same(made: Any, value: Any) -> bool:
    if made != made or value != value:  # noqa: PLR0124  # NaN
        return bool(made != made and value != value)  # noqa: PLR0124  # both
    has_sign = isinstance(value, float) and not isinstance(made, float) and str(value) == "-0.0"
    return bool(made == value) and not has_sign


def _texts(made: Any) -> set[str]:
    """The texts that stand for just this value; "007" says more than 7."""
    texts = {str(made)}
    if isinstance(made, float) and made.is_integer():
        texts.add(str(int(made)))
    elif isinstance(made, _datetime.datetime):
        texts.add(made.isoformat())
    return texts


def _decimal(value: Any) -> _Decimal:
    return _Decimal(value)


def _midnight(value: _datetime.date) -> _datetime.datetime:
    return _datetime.datetime.combine(value, _datetime.time())


def _subviews(old: Property, new: Property, array: Any, where: str) -> Any:
    """A column of subviews with other columns."""
    named = {each.name: number for number, each in enumerate(old.fields)}
    flat = array.flatten()
    inner = flat.flatten()
    arrays = [
        convert(old.fields[named[each.name]], each, inner[named[each.name]], where)
        if each.name in named
        else building.defaults(each, len(flat))
        for each in new.fields
    ]
    structs = building.struct(new.fields, building.from_arrays(new.fields, arrays, len(flat)))
    offsets = pc.subtract(array.offsets, array.offsets[0])
    return pa.ListArray.from_arrays(offsets, structs, type=arrow_type(new))
