"""Subviews that can be read alone: those of rows that were computed."""

from __future__ import annotations

from typing import Any

from .. import building
from ..schema import Kind, Property
from ..table import Table
from ..view import View


class Fixed(Table):
    """Rows in a cell that is in no table, or stands for several: a set has no meaning."""

    def _is_fast(self) -> bool:
        return False

    def _check_writable(self) -> None:
        raise self._read_only("change")


def held(prop: Property, value: Any, where: str) -> Any:
    """A coerced value as a cell gives it; of a subview a view that cannot be changed."""
    if prop.kind is not Kind.VIEW:
        return value
    if isinstance(value, View):
        value = value._arrow()
    elif isinstance(value, (list, tuple)):
        value = building.table(prop.fields, value)
    found = Fixed(prop.fields, name=f"{where}, column {prop.name!r}")
    found._take(value)
    return found


def default_cell(prop: Property, where: str) -> Any:
    """The default of a column as a cell gives it; of a subview one without rows."""
    if prop.kind is Kind.VIEW:
        return held(prop, (), where)
    return building.pythons(prop, building.defaults(prop, 1), where)[0]
