"""Copy the views of a Metakit file into a storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

from ...errors import FormatError
from .. import building
from ..arrow import np, pa
from ..description import describe, parse
from ..schema import Kind, Property, Structure, arrow_type
from .reader import MetakitFile, MetakitView, Subviews
from .structure import Field

_DEEPEST = 30  # views in each other; what reads Arrow's blocks refuses twice as many levels
_MOST_COLUMNS = 1000  # of a view that holds itself, once it is written out
_EMPTY_ROWS = 10_000_000  # that take no room in the file
_ROWS_IN_A_BYTE = 8  # when each has at least one bit


class Target(Protocol):
    """What a storage has to have."""

    name: str

    def __contains__(self, name: object, /) -> bool: ...

    def getas(self, description: str, /) -> Any:
        """Make a table, and return it."""


def copy_into(file: MetakitFile, storage: Target) -> None:
    """Make a table of each view of `file`, with its rows. Nothing is committed.

    A view that holds itself, `kids[^]`, becomes as many subviews in each other as it has rows for,
    and one more without rows.

    Raises CorruptError if the file is damaged, and FormatError for a string that is not of the
    encoding that it was read with, for a name that no column can have or that a table of the
    storage has, for views more than 30 deep in each other, and for more rows than the file can have
    bytes for, unless these are less than 10 million. All of the file is read before the storage
    changes, so after an error it is as it was.

    >>> from outlive.tables.metakit import read
    >>> from outlive.tables.storage import Storage
    >>> old = bytes.fromhex(
    ...     "4a4c1a000000003b416e6e00426f62004480828888819080808e70656f706c65"
    ...     "5b6e616d653a535d818791800000000000002b8000001300000018"
    ... )
    >>> with Storage() as storage:
    ...     copy_into(read(old), storage)
    ...     [row.name for row in storage.view("people")]
    ['Ann', 'Bob']
    """
    tables = tables_of(file)
    for name in tables:
        if name in storage:
            raise FormatError(
                f"{storage.name} has a table {name!r} already, and so has {file.name}. Copy into "
                "another storage, or rename or drop the table first"
            )
    for name, (structure, content) in tables.items():
        storage.getas(describe(name, structure)).extend(content)


def tables_of(file: MetakitFile) -> dict[str, tuple[Structure, Any]]:
    """The structure of each view, and its rows as an Arrow table. Raises as `copy_into`."""
    rows = _Rows(file)
    found = {}
    for field in file.structure:
        view = file.views[field.name]
        written = _WrittenOut(f"{file.name}: view {field.name}")
        structure = Structure(written.properties(field.fields, [view], 1))
        parse(describe(field.name, structure), file.name)  # a name that no column can have
        found[field.name] = (structure, rows.table(structure, [view]))
    return found


class _WrittenOut:
    """Makes properties of fields; those of a view that holds itself as deep as it has rows."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._count = 0

    def properties(
        self, fields: tuple[Field, ...], views: list[MetakitView], depth: int
    ) -> tuple[Property, ...]:
        """The properties of all `views`, which have the same fields."""
        if depth > _DEEPEST:
            raise FormatError(
                f"{self._where}: more than {_DEEPEST} views stand in each other, and no table can "
                "be as deep. Read it with outlive.tables.metakit.read, and arrange it anew"
            )
        return tuple(self._property(field, fields, views, depth) for field in fields)

    def _property(
        self, field: Field, container: tuple[Field, ...], views: list[MetakitView], depth: int
    ) -> Property:
        self._count += 1
        if self._count > _MOST_COLUMNS and field.recursive:
            raise FormatError(
                f"{self._where}: it holds itself, and would have more than {_MOST_COLUMNS} "
                "columns. Read it with outlive.tables.metakit.read, and arrange it anew"
            )
        if field.type != "V":
            return Property(field.name, Kind(field.type))
        inner = _filled(views, field.name) if _holds_itself(field) else []
        if field.recursive and not inner:
            plain = tuple(each for each in container if not each.recursive)
            return Property(field.name, Kind.VIEW, self.properties(plain, [], depth + 1))
        fields = container if field.recursive else field.fields
        return Property(field.name, Kind.VIEW, self.properties(fields, inner, depth + 1))


def _holds_itself(field: Field) -> bool:
    left = [field]
    while left:
        each = left.pop()
        if each.recursive:
            return True
        left += each.fields
    return False


def _filled(views: Sequence[MetakitView], name: str) -> list[MetakitView]:
    """The subviews of a column that have rows."""
    return [sub for view in views for sub in _having_rows(view.column(name))]


def _having_rows(subviews: Subviews) -> Iterator[MetakitView]:
    counts = subviews.counts() or ()
    return (subviews[row] for row, count in enumerate(counts) if count)


class _Rows:
    """Makes Arrow tables of views, as long as the file can have so many rows."""

    def __init__(self, file: MetakitFile) -> None:
        self._name = file.name
        self._left = _ROWS_IN_A_BYTE * file.size + _EMPTY_ROWS

    def table(self, structure: tuple[Property, ...], views: Sequence[MetakitView]) -> Any:
        """The rows of all `views`, one behind the other."""
        count = sum(len(view) for view in views)
        self._left -= count
        if self._left < 0:
            raise FormatError(
                f"{self._name} has more than {_EMPTY_ROWS} rows without anything in them, up to "
                f"{views[0].path}, which has {count}. Read it with outlive.tables.metakit.read, "
                "and copy what you need; or it is damaged: put a good copy in its place"
            )
        arrays = [self._column(each, views) for each in structure]
        return building.from_arrays(structure, arrays, count)

    def _column(self, prop: Property, views: Sequence[MetakitView]) -> Any:
        columns = [view.column(prop.name) for view in views]
        if prop.kind is Kind.VIEW:
            return self._subviews(prop, columns)
        if prop.kind in (Kind.STRING, Kind.BYTES):
            return self._texts(prop, list(chain.from_iterable(columns)))
        values = columns[0] if len(columns) == 1 else np.concatenate(columns or [[]])
        return pa.array(np.ascontiguousarray(values), type=arrow_type(prop))

    def _texts(self, prop: Property, values: list[Any]) -> Any:
        try:
            return pa.array(values, type=arrow_type(prop))
        except UnicodeError as error:  # some encodings make what is no text of Unicode's
            raise FormatError(
                f"{self._name}, column {prop.name}: {error}. Read it with another encoding="
            ) from error

    def _subviews(self, prop: Property, columns: Sequence[Subviews]) -> Any:
        counts = [
            np.asarray(each.counts() or np.zeros(len(each)), dtype=np.int64) for each in columns
        ]
        ends = np.cumsum(np.concatenate([np.zeros(1, np.int64), *counts]))
        inner = [sub for each in columns for sub in _having_rows(each)]
        structs = building.struct(prop.fields, self.table(prop.fields, inner))
        offsets = pa.array(ends.astype(np.int32))  # `table` has refused what would be more
        return pa.ListArray.from_arrays(offsets, structs, type=arrow_type(prop))
