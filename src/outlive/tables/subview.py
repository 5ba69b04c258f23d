"""`Subview`: the rows in a cell; a table that tells its parent when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .row import BaseRow, Row
from .table import Table
from .view import View


class _Keeper(BaseRow):
    """The row that a subview is in."""

    __slots__ = ()
    _view_: Table


class Subview(Table):
    """The rows in a cell of a table, live: a change is a change of the cell.

    It stays with its row. Raises ClosedError once the row was deleted, or its storage rolled back
    or closed.
    """

    _keeper: _Keeper
    _place: int

    @classmethod
    def of(cls, parent: Table, row: int, column: int, content: Any) -> Subview:
        """The subview in a cell, which holds `content` now."""
        prop = parent.structure[column]
        subview = cls(prop.fields, name=f"{parent._where}, column {prop.name!r}")
        subview._keeper = _Keeper(parent, row)
        subview._place = column
        if isinstance(content, (list, tuple)):
            subview._columns.tail = list(content)
        elif len(content):
            subview._columns.extend(content)
        return subview

    def _is_fast(self) -> bool:
        return False  # the parent has to know of each row

    def __iter__(self) -> Iterator[Row]:
        return View.__iter__(self)  # each row asks whether the parent is still there

    def _check(self) -> None:
        keeper = self._keeper
        keeper._index_()
        keeper._view_._check()

    def _check_writable(self) -> None:
        self._check()
        self._keeper._view_._check_writable()

    def _changed(self) -> None:
        super()._changed()
        self._added()

    def _added(self) -> None:
        parent = self._keeper._view_
        parent._subview_changed(self._keeper._index_(), self._place, self)
