"""What a storage shows that is no table of it: the root of all views, and one that is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import ReadOnlyError
from ...tables import building
from ...tables.schema import Kind, Property, Structure
from ...tables.table import Table
from ...tables.view import View


class Root(View):
    """A view with one row, whose columns are the views of a storage."""

    def __init__(self, name: str, tables: Callable[[], dict[str, Table]]) -> None:
        self._where = f"{name}, contents"
        self._tables = tables

    @property
    def structure(self) -> Structure:
        """A property for each view."""
        return Structure(
            Property(name, Kind.VIEW, tuple(table.structure))
            for name, table in self._tables().items()
        )

    @structure.setter
    def structure(self, given: tuple[Property, ...]) -> None:  # noqa: ARG002  # of View's setter
        raise AttributeError(f"{self._where} has the structure that the storage has")

    def _version(self) -> int:
        return sum(table._version() for table in self._tables().values())

    def __len__(self) -> int:
        return 1

    def _arrow(self) -> Any:
        tables = self._tables().values()
        arrays = [
            building.array(prop, [table._arrow()])
            for prop, table in zip(self.structure, tables, strict=True)
        ]
        return building.from_arrays(self.structure, arrays, 1)

    def _cell(self, row: int, column: int) -> View:  # noqa: ARG002  # there is but one
        return list(self._tables().values())[column]


class Absent(Table):
    """A view that the storage has not: without columns and rows, and for reading."""

    def _is_fast(self) -> bool:
        return False

    def _check_writable(self) -> None:
        raise ReadOnlyError(f"{self._where}: there is no such view; define it with getas() first")
