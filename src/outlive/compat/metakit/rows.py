"""`RowRef`: a row, whose columns are attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...tables import row as core
from ...tables.schema import Kind, default
from ...tables.view import View
from . import coercion
from .failures import NotSetError
from .properties import Property, listed, position

if TYPE_CHECKING:
    from .views import Common

_places: dict[tuple[type[core.Row], str], int] = {}


def _place(row: core.Row, name: str) -> int:
    """The number of a column; -1 if there is none. One class of rows has always the same."""
    key = type(row), name
    found = _places.get(key)
    if found is None:
        found = position(row._columns_, name)
        if found >= 0:
            _places[key] = found
    return found


class RowRef:
    """A row of a view: to set an attribute sets the cell, to delete one sets the default.

    `__attrs__` lists the properties, `__view__` is the view and `__index__` the number of the row;
    where the view was selected or sorted, both are those of the view that it comes from.
    """

    __slots__ = ("__weakref__", "_of", "_row")
    _of: Common
    _row: core.Row

    def __init__(self, of: Common, row: core.Row) -> None:
        object.__setattr__(self, "_of", of)
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        at = _place(self._row, name)
        if at < 0:
            known = ", ".join(each.name for each in self._row._columns_) or "none"
            raise AttributeError(f"there is no column {name!r}; there are {known}")
        value = self._row._get_(at)
        if isinstance(value, View):
            from .views import shown

            return shown(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._put({name: value})

    def __delattr__(self, name: str) -> None:
        at = self._at(name)
        prop = self._row._columns_[at]
        self._row._set_({at: [] if prop.kind is Kind.VIEW else default(prop)})

    def _at(self, name: str) -> int:
        at = _place(self._row, name)
        if at < 0:
            known = ", ".join(each.name for each in self._row._columns_) or "none"
            raise AttributeError(f"there is no column {name!r} to set; there are {known}")
        return at

    def _put(self, values: dict[str, Any]) -> None:
        found = {self._at(name): value for name, value in values.items()}
        props, where = self._row._columns_, f"{self._row._view_._where}, a row"
        self._row._set_({at: coercion.cell(props[at], value, where) for at, value in found.items()})

    @property
    def __attrs__(self) -> list[Property]:
        return listed(self._row._columns_)

    def _source(self) -> core.Row:
        """The row of a table that this one is, or else this one."""
        row = self._row
        while isinstance(row, core.DerivedRow) and row._log_ is not None:
            row = row._log_
        return row

    @property
    def __index__(self) -> int:
        row = self._source()
        return row._index_() if isinstance(row, core.BaseRow) else row._at_

    @property
    def __view__(self) -> Common:
        from .views import shown

        view = self._source()._view_
        return self._of if view is self._of._view else shown(view)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(each.name for each in self._row._columns_)]

    def __repr__(self) -> str:
        return repr(self._row)


class RORowRef(RowRef):
    """A row that was computed: it stands for several rows, or for none."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        raise self._refusal(name)

    def __delattr__(self, name: str) -> None:
        raise self._refusal(name)

    def _put(self, values: dict[str, Any]) -> None:
        raise self._refusal(", ".join(values))

    def _refusal(self, name: str) -> NotSetError:
        return NotSetError(
            f"{self._row._view_._where}: {name!r} cannot be set, because the row was computed; "
            "change the view that it comes from"
        )
