"""A Metakit file: its views, of which a column is decoded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from ...errors import FormatError
from .items import UndecodableError, items_in, memos_in
from .numbers import numbers_in, unpack
from .source import Source
from .structure import Field
from .walk import ITEMS, Location, Rows, locations, rows_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.int64]
    Column: TypeAlias = Any  # Sequence[str | bytes | MetakitView] or a NumPy array


class MetakitFile:
    """What a Metakit file held when it was read; `read` makes it. It cannot be changed.

    `structure` has a `Field` for each view and, within it, for each column. `description` is the
    same as text, as it stands in the file. `views` are the views by their names. `name` is the
    file's, for messages, and `size` how many bytes it has.

    >>> from outlive.tables.metakit import read
    >>> old = bytes.fromhex(
    ...     "4a4c1a000000003b416e6e00426f62004480828888819080808e70656f706c65"
    ...     "5b6e616d653a535d818791800000000000002b8000001300000018"
    ... )
    >>> file = read(old)
    >>> file.description
    'people[name:S]'
    >>> file.views["people"].column("name")
    ['Ann', 'Bob']
    """

    def __init__(
        self,
        name: str,
        structure: tuple[Field, ...],
        description: str,
        views: dict[str, MetakitView],
        size: int = 0,
    ) -> None:
        self.name = name
        self.structure = structure
        self.description = description
        self.views = views
        self.size = size

    def __repr__(self) -> str:
        return f"<Metakit file {self.name}: {self.description[:200]}>"


class MetakitView:
    """A view, or the subview in a cell: `len()` is the number of its rows.

    `fields` are its columns, `names` their names, and `path` is where it stands in the file.
    """

    __slots__ = ("_at", "_numbers", "_rows", "_source", "_walk", "fields", "path")

    def __init__(
        self,
        source: Source,
        fields: tuple[Field, ...],
        path: str,
        rows: int,
        numbers: Numbers,
        at: int,
        walk: int,
    ) -> None:
        self._source = source
        self.fields = fields
        self.path = path
        self._rows = rows
        self._numbers = numbers  # of the walk that says where the columns stand
        self._at = at  # the first of them that is of this view
        self._walk = walk  # the position of the walk

    def __len__(self) -> int:
        return self._rows

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(field.name for field in self.fields)

    def column(self, name: str) -> Column:
        """All the values of a column, decoded anew each time; keep what you need again.

        An I column is a NumPy array of int32, L of int64, F of float32, D of float64. An S column
        is a sequence of `str`, B of `bytes`, and a V column of `MetakitView`. Values that take no
        room in the file take none in memory.

        Raises CorruptError if the file is damaged; FormatError if there is no column of that name,
        or a string is not of the encoding that the file was read with.
        """
        if name not in self.names:
            raise FormatError(
                f"{self._source.name}: {self.path} has no column {name!r}; "
                f"it has {', '.join(self.names) or 'none'}"
            )
        index = self.names.index(name)
        field = self.fields[index]
        where = f"{self.path}, column {name}"
        try:
            return self._decoded(field, index, where)
        except UndecodableError as error:
            raise FormatError(
                f"{self._source.name}: {where}, row {error.row}: the string is not "
                f"{self._source.encoding}. Pass encoding= to say what the program wrote, such as "
                "'latin-1' or 'cp1252'"
            ) from error
        except ValueError as error:  # what the parts of a column say of bytes that cannot be theirs
            if isinstance(error, FormatError):
                raise
            self._source.fail(where, error)

    def _decoded(self, field: Field, index: int, where: str) -> Column:
        places = self._places(index)
        data = self._source.fetch(places[0].size, places[0].position)
        if field.type == "V":
            return self._subviews(field, data, places[0], where)
        if field.type in ITEMS:
            return self._items(field, data, *places[1:])
        return numbers_of(field.type, data, self._rows, is_little=self._source.is_little)

    def _places(self, index: int) -> tuple[Location, ...]:
        if self._rows == 0:
            nowhere = Location(0, 0, self._at)
            return (nowhere, nowhere, nowhere)
        return locations(self._numbers, self._at, self.fields[: index + 1])[index]

    def _items(
        self, field: Field, data: memoryview, lengths: Location, index: Location
    ) -> Sequence[str] | Sequence[bytes]:
        memos = memos_in(self._source.fetch(index.size, index.position), self._rows)
        if memos:
            total = sum(memo.size for memo in memos)
            self._source.claim(index.position, (self._walk, index.at), total)
        items = items_in(
            data,
            self._source.fetch(lengths.size, lengths.position),
            self._rows,
            memos,
            is_little=self._source.is_little,
            fetch=self._source.fetch,
        )
        return items.text(self._source.encoding) if field.type == "S" else items.raw()

    def _subviews(self, field: Field, data: memoryview, place: Location, where: str) -> Subviews:
        fields = self.fields if field.recursive else field.fields
        if not data:
            return Subviews(self._source, fields, where, self._rows, None, self._numbers, 0)
        numbers = numbers_in(data)
        rows = rows_of(numbers.tolist(), self._rows, fields)
        self._source.claim(place.position, (self._walk, place.at), rows.total)
        return Subviews(self._source, fields, where, self._rows, rows, numbers, place.position)

    def __repr__(self) -> str:
        return f"<{self.path}: {self._rows} rows of {', '.join(self.names) or 'no columns'}>"


class Subviews(Sequence[MetakitView]):
    """The subviews in a column, one of each row; each is made when it is asked for."""

    def __init__(
        self,
        source: Source,
        fields: tuple[Field, ...],
        where: str,
        length: int,
        rows: Rows | None,  # None if all are empty
        numbers: Numbers,
        walk: int,
    ) -> None:
        self._source = source
        self._fields = fields
        self._where = where
        self._range = range(length)
        self._rows = rows
        self._numbers = numbers
        self._walk = walk

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> MetakitView: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[MetakitView]: ...
    def __getitem__(self, index: int | slice) -> MetakitView | Sequence[MetakitView]:
        chosen = self._range[index]
        if isinstance(chosen, int):
            return self._view(chosen)
        return [self._view(row) for row in chosen]

    def __iter__(self) -> Iterator[MetakitView]:
        return map(self._view, self._range)

    def counts(self) -> Sequence[int] | None:
        """How many rows each has; None if none has any."""
        return self._rows.counts if self._rows else None

    def _view(self, row: int) -> MetakitView:
        count, at = (self._rows.counts[row], self._rows.starts[row]) if self._rows else (0, 0)
        where = f"{self._where}, row {row}"
        return MetakitView(self._source, self._fields, where, count, self._numbers, at, self._walk)


def numbers_of(type: str, data: memoryview, rows: int, *, is_little: bool) -> npt.NDArray[Any]:
    """The values of an I, L, F or D column. ValueError if `data` cannot be of that type."""
    import numpy as np

    dtype = {"I": np.int32, "L": np.int64, "F": np.float32, "D": np.float64}[type]
    if not data or rows == 0:
        return np.broadcast_to(np.zeros(1, dtype), rows)
    found = unpack(data, rows, is_little=is_little)
    if type in "LD":
        if found.dtype != np.int64:
            raise ValueError(f"{len(data)} bytes cannot hold {rows} numbers of 64 bits")
        return found if type == "L" else found.view(np.float64)
    if found.dtype == np.int64 and (type == "F" or (found != found.astype(np.int32)).any()):
        raise ValueError("its numbers are of 64 bits, and should be of 32")
    if found.strides == (0,):  # no width: all are zero
        return np.broadcast_to(np.zeros(1, dtype), rows)
    narrow = found.astype(np.int32, copy=False)
    return narrow if type == "I" else narrow.view(np.float32)
