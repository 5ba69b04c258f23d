"""In what order values stand: ``S`` without case, NaN last, all else as Python compares."""

from __future__ import annotations

from typing import Any

from .arrow import pa, pc
from .schema import FLOATS, Kind, Property


def fold(text: str) -> str:
    """What two texts have in common that an ``S`` column holds for equal."""
    if text.isascii():
        return text.lower()
    folded: str = pc.utf8_lower(pa.scalar(text)).as_py()
    return folded


def fold_array(array: Any) -> Any:
    """The same for an array of texts."""
    return pc.utf8_lower(array)


def comparable(prop: Property, value: Any) -> Any:
    """A key by which values of a column compare in Python as they do in a view.

    >>> from outlive.tables.ordering import comparable
    >>> from outlive.tables.schema import Kind, Property
    >>> comparable(Property("name", Kind.STRING), "Ann")
    'ann'
    """
    if prop.kind is Kind.STRING:
        return fold(value)
    if prop.kind in FLOATS:
        return (1, 0.0) if value != value else (0, value)  # noqa: PLR0124  # NaN alone is unequal
    if prop.kind is Kind.VIEW:
        return [
            tuple(comparable(each, getattr(row, each.name)) for each in prop.fields)
            for row in value
        ]
    return value
