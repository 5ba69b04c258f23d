"""A Storage as the commands see it: TABLE, TABLE[3], TABLE[3].column, and on into subviews."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from ..errors import FormatError
from ..tables.row import Row
from ..tables.schema import Kind as Column
from ..tables.schema import Property
from ..tables.storage import Storage
from ..tables.view import View
from . import inside
from .inside import NoKeyError, Step
from .kinds import Kind
from .target import Options

_READ: dict[Column, Callable[[str], object]] = {
    Column.DATE: datetime.date.fromisoformat,
    Column.DATETIME: datetime.datetime.fromisoformat,
    Column.DECIMAL: Decimal,
}


class StorageTarget:
    """A `Target`; each change is committed at once. It is the one writer while it is open."""

    kind = Kind.STORAGE

    def __init__(self, path: str, write: bool, options: Options) -> None:
        self.path = path
        mode = "rw" if write else "r"
        self.storage = Storage(path, mode=mode, timeout=options.timeout or 0)  # type: ignore[arg-type]  # one of both

    def get(self, key: str | None = None) -> Any:
        """Rows as a list of dicts, a row as a dict, the value of a cell; all tables as a dict."""
        if key is None or key == inside.WHOLE:
            return {name: plain(view) for name, view in self.items()}
        return plain(self.find(inside.parse(key)))

    def set(self, key: str, value: object, *, parents: bool = False) -> None:  # noqa: ARG002  # as Target has it
        """Put a value into a cell, or all values of a row."""
        steps = inside.parse(key)
        if len(steps) < 2:  # noqa: PLR2004  # a table and a row
            raise FormatError(
                f"{self.path}: {key} is no cell and no row; write TABLE[3] or TABLE[3].column, or "
                "append a row"
            )
        parent = self.find(steps[:-1])
        if isinstance(parent, Row):
            prop = self._property(parent, steps)
            parent[prop] = fitted(prop, value)
        else:
            at = self._index(parent, steps)
            parent[at] = whole_row(parent, value, f"{self.path}, {key}")
        self.storage.commit()

    def delete(self, key: str) -> None:
        """Take away a row, or a whole table."""
        steps = inside.parse(key)
        if not steps:
            raise FormatError(f"{self.path}: name the table to delete")
        if len(steps) == 1:
            self.find(steps)
            self.storage.drop(steps[0].key)
        else:
            parent = self.find(steps[:-1])
            if isinstance(parent, Row):
                self._property(parent, steps)
                raise FormatError(
                    f"{self.path}: {key} is a cell, which has always a value; set it, or delete "
                    "the row"
                )
            del parent[self._index(parent, steps)]
        self.storage.commit()

    def append(self, key: str, value: object) -> None:
        """Add a row, a dict or a list of its values, to a table or a subview."""
        view = self.find(inside.parse(key)) if key != inside.WHOLE else None
        if not isinstance(view, View):
            raise FormatError(f"{self.path}: {key} is no table; rows are appended to tables")
        view.append(fitted_row(view, value))
        self.storage.commit()

    def items(self) -> Iterator[tuple[str, View]]:
        """The tables by their names."""
        return ((name, self.storage.view(name)) for name in self.storage)

    def keys(self) -> Iterator[str]:
        """The names of the tables."""
        return (inside.write([name]) for name in self.storage)

    def find(self, steps: Sequence[Step]) -> Any:
        """The table, row or cell that the steps lead to. Raises NoKeyError."""
        name = steps[0].key
        if name not in self.storage:
            known = ", ".join(self.storage) or "none"
            raise NoKeyError(f"{self.path} has no table {name!r}; there are {known}")
        value: Any = self.storage.view(name)
        for number in range(1, len(steps)):
            if isinstance(value, View):
                value = value[self._index(value, steps[: number + 1])]
            elif isinstance(value, Row):
                value = value[self._property(value, steps[: number + 1])]
            else:
                there = inside.write([step.key for step in steps[:number]])
                raise NoKeyError(f"{self.path}: there is nothing within the cell {there}")
        return value

    def _index(self, view: View, steps: Sequence[Step]) -> int:
        """The row that the last step means. Raises NoKeyError."""
        at = inside.index(steps[-1])
        if at is None or not -len(view) <= at < len(view):
            here = inside.write([step.key for step in steps])
            raise NoKeyError(f"{self.path} has no row {here}; there are {len(view)}")
        return at

    def _property(self, row: Row, steps: Sequence[Step]) -> Property:
        """The column that the last step means. Raises NoKeyError."""
        for each in row._columns_:
            if each.name == steps[-1].key:
                return each
        known = ", ".join(each.name for each in row._columns_)
        here = inside.write([step.key for step in steps])
        raise NoKeyError(f"{self.path} has no column {here}; there are {known}")

    def close(self) -> None:
        """Let the file go."""
        self.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plain(value: Any) -> Any:
    """Views as lists of dicts, rows as dicts; other values as they are."""
    if isinstance(value, View):
        return value.to_arrow().to_pylist()
    if isinstance(value, Row):
        return {name: plain(each) for name, each in value._asdict().items()}
    return value


def fitted(prop: Property, value: Any) -> Any:
    """`value` as the column takes it: what JSON has no type for may be given as text.

    Raises FormatError.
    """
    if prop.kind is Column.VIEW and isinstance(value, list):
        return [_fitted_row(prop.fields, each) for each in value]
    if prop.kind not in _READ or not isinstance(value, str):
        return value
    try:
        return _READ[prop.kind](value)
    except (ValueError, InvalidOperation) as error:
        why = "it is no decimal number" if isinstance(error, InvalidOperation) else error
        raise FormatError(
            f"the column {prop.name!r} ({prop.type}) cannot hold {value!r:.80}: {why}"
        ) from error


def fitted_row(view: View, value: Any) -> Any:
    """A row as a table takes it, from a dict or a list. Raises FormatError."""
    return _fitted_row(view.structure, value)


def _fitted_row(structure: Sequence[Property], value: Any) -> Any:
    if isinstance(value, Mapping):
        known = {each.name: each for each in structure}
        return {
            name: fitted(known[name], each) if name in known else each
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        rest = value[len(structure) :]
        pairs = zip(structure, value, strict=False)
        return [*(fitted(prop, each) for prop, each in pairs), *rest]
    return value


def whole_row(view: View, value: Any, where: str) -> Any:
    """A row that takes the place of another; each column has to be given. Raises FormatError."""
    names = [each.name for each in view.structure]
    if isinstance(value, Mapping):
        lacking = [name for name in names if name not in value]
    else:
        lacking = names[len(value) :] if isinstance(value, list | tuple) else []
    if lacking:
        raise FormatError(
            f"{where}: the new row lacks {', '.join(lacking)}; give all columns, or set the cells "
            "one by one (TABLE[3].column)"
        )
    return fitted_row(view, value)
