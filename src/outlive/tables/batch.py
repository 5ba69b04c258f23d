"""Rows as a loop reads them: the values of a whole group at once, for as long as they are so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .row import BaseRow, Row, is_taken
from .schema import Kind, Property

if TYPE_CHECKING:
    from .table import Table


class Batch:
    """The rows of a group, or of the tail. Columns become lists when they are read first.

    The table tells it of cells that are set; when rows come or go, it is not valid any more, and
    rows that were made of it look into the table.
    """

    __slots__ = ("__weakref__", "columns", "is_valid", "node", "start", "stop", "table")

    def __init__(self, table: Table, start: int) -> None:
        self.table = table
        self.node = table._log.node
        self.is_valid = True
        self.columns: list[list[Any] | None] = [None] * len(table.structure)
        self.start, self.stop = table._columns.run(start)
        table._batches.add(self)

    def read(self, column: int) -> list[Any]:
        """The values of a column, which has no subviews."""
        values = self.table._columns.values(self.start, self.stop, column)
        self.columns[column] = values
        return values

    def set(self, row: int, values: Mapping[int, Any]) -> None:
        """Note that cells were set, if they are in it."""
        if self.start <= row < self.stop:
            for column, value in values.items():
                known = self.columns[column]
                if known is not None:
                    known[row - self.start] = value


class BatchRow(BaseRow):
    """A row that a loop made. What it has of a BaseRow, it gets when that is asked for."""

    __slots__ = ("_batch_", "_offset_")

    def __init__(self, batch: Batch, offset: int) -> None:
        self._batch_ = batch
        self._offset_ = offset

    def __getattr__(self, name: str) -> Any:
        batch = self._batch_
        if name == "_view_":
            return batch.table
        if name == "_at_":
            self._at_ = batch.start + self._offset_
            return self._at_
        if name == "_log_":
            self._log_ = batch.node
            return self._log_
        raise AttributeError(f"{batch.table._where} has no column {name!r}")

    def _get_(self, column: int) -> Any:
        batch = self._batch_
        if batch.is_valid and batch.table.structure[column].kind is not Kind.VIEW:
            return (batch.columns[column] or batch.read(column))[self._offset_]
        return super()._get_(column)


def attribute(column: int, prop: Property) -> property:
    """The attribute of a column, as fast as can be."""
    if prop.kind is Kind.VIEW:
        return property(
            lambda self: BaseRow._get_(self, column),
            lambda self, value: self._set_({column: value}),
        )

    def get(self: BatchRow) -> Any:
        batch = self._batch_
        if batch.is_valid:
            return (batch.columns[column] or batch.read(column))[self._offset_]
        return BaseRow._get_(self, column)

    def set(self: BatchRow, value: Any) -> None:
        self._set_({column: value})

    return property(get, set)


_classes: dict[tuple[Property, ...], Any] = {}


def row_class(structure: tuple[Property, ...]) -> Any:
    """The class of the rows of a loop."""
    found = _classes.get(structure)
    if found is None:
        attributes: dict[str, Any] = {
            each.name: attribute(column, each)
            for column, each in enumerate(structure)
            if not is_taken(each.name)
        }
        attributes |= {"__slots__": (), "_columns_": structure}
        found = _classes[structure] = type("Row", (BatchRow,), attributes)
    return found


def rows(table: Table) -> Iterator[Row]:
    """The rows of a table, one after the other; those that come or go meanwhile, as in a list."""
    row = 0
    while row < len(table):
        batch = Batch(table, row)
        make = row_class(tuple(table.structure))
        start, stop = batch.start, batch.stop
        for offset in range(row - start, stop - start):
            yield make(batch, offset)
            if not batch.is_valid:
                stop = start + offset + 1
                break
        row = stop
