"""`View`: a sequence of rows. What all views have, on the little that each has to say itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from ..errors import ReadOnlyError
from . import coerce
from .exports import Exports
from .queries import Column, Queries
from .row import DerivedRow, Row, row_class
from .schema import Property, Structure, index_of
from .slicing import numbers

if TYPE_CHECKING:
    from .table import Table

# Where a row of a derived view comes from: the base, the row there, and for each column that comes
# from it, what it is called there.
Origin = tuple["View", int, Mapping[str, str]]


_derived: WeakSet[View] = WeakSet()


def forget_computed() -> None:
    """Let all derived views drop what they have computed: it may refer to an old snapshot."""
    for view in list(_derived):
        view.__dict__.get("_kept", {}).clear()


class View(Queries, Exports):
    """A sequence of rows, each with the same columns.

    A subclass sets `structure` and `name`, has `_version`, `__len__`, `_arrow` and `_cell`, and
    where its rows are those of another view, `_origin`. All else follows from these; what a view
    cannot do raises ReadOnlyError.
    """

    _row_base: type[Row] = DerivedRow
    _kept: dict[Any, Any]  # where a view keeps what it has computed, and may compute anew
    _structure: Structure
    _where: str  # what messages call it

    def __new__(cls, *args: Any, **named: Any) -> Self:  # noqa: ARG004  # those of __init__
        """A view; derived ones are remembered, for `forget_computed`."""
        self = super().__new__(cls)
        if issubclass(cls._row_base, DerivedRow):
            _derived.add(self)
        return self

    # -- what a view says of itself

    @property
    def structure(self) -> Structure:
        """The properties, in order; ``view.structure()`` is a list of them, as in Metakit."""
        return self._structure

    @structure.setter
    def structure(self, given: tuple[Property, ...]) -> None:
        self._structure = given if isinstance(given, Structure) else Structure(given)

    def _version(self) -> int:
        """A number that differs whenever the content may have changed. Cheap."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def _arrow(self) -> Any:
        """The content now, as a `pyarrow.Table` of `schema.arrow_schema(self.structure)`."""
        raise NotImplementedError

    def _array(self, column: int) -> Any:
        """A column of `_arrow`; a view that can make one without the others does so."""
        return self._arrow().column(column)

    def _cell(self, row: int, column: int) -> Any:
        """A value, in Python; for a subview, a View. `row` is not negative, and is there."""
        raise NotImplementedError

    def _origin(self, row: int) -> Origin | None:  # noqa: ARG002  # for those that override it
        """Where a row comes from; None if it was computed, or is the view's own."""
        return None

    def _stamp(self) -> object:
        """What a row that was computed is right with; None if it shows what is there now."""
        return None

    def _assign(self, row: int, values: Mapping[int, Any]) -> None:
        """Set cells of a row, by the numbers of the columns: where they come from."""
        base, there, numbers = self._target(row, values)
        base._assign(there, {numbers[column]: value for column, value in values.items()})

    def _target(self, row: int, columns: Collection[int]) -> tuple[View, int, dict[int, int]]:
        """Where cells can be set: the base, the row there, and the column there for each here."""
        origin = self._origin(row)
        if origin is None:
            raise self._read_only("set", row)
        base, there, names = origin
        found = {}
        for column in columns:
            name = self.structure[column].name
            if name not in names:
                raise self._read_only("set", row, name)
            found[column] = index_of(base.structure, names[name], base._where)
        return base, there, found

    # -- a sequence

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            from .derived.picked import slice as sliced

            return sliced(self, index.start, index.stop, index.step)
        return self._row(self._index(index))

    def __iter__(self) -> Iterator[Row]:
        index = 0
        while index < len(self):
            yield self._row(index)
            index += 1

    def __setitem__(self, index: Any, given: Any) -> None:
        if isinstance(index, slice):
            raise self._read_only("set a slice of")
        at = self._index(index)
        values = coerce.row(self.structure, given, f"{self._where}, row {at}")
        self._assign(at, dict(enumerate(values)))

    def __delitem__(self, index: Any) -> None:
        raise self._read_only("delete from")

    def __add__(self, other: Any) -> View:
        return self.concat(other) if isinstance(other, View) else NotImplemented

    def __contains__(self, row: object) -> bool:
        return any(each == row for each in self)

    def _row(self, index: int) -> Row:
        return row_class(self)(self, index)

    def _index(self, index: Any) -> int:
        """`index` as one that is not negative. Raises IndexError, TypeError."""
        try:
            number = index.__index__()
        except AttributeError:
            raise TypeError(f"{self._where}: {index!r:.80} is no number of a row") from None
        size = len(self)
        if not -size <= number < size:
            raise IndexError(f"{self._where}: there is no row {number}; there are {size}")
        return int(number) % size

    def append(self, row: Any = (), /, **values: Any) -> int:  # noqa: ARG002  # overridden
        """Add a row at the end, and return its index. Raises FormatError, ReadOnlyError."""
        raise self._read_only("append to")

    def insert(self, index: int, row: Any = (), /, **values: Any) -> None:  # noqa: ARG002  # overridden
        """Put a row before the one at `index`. Raises FormatError, ReadOnlyError."""
        raise self._read_only("insert into")

    def extend(self, rows: Any, /) -> None:  # noqa: ARG002  # overridden
        """Add rows at the end: a view, a frame, an Arrow table, or any rows. All or none."""
        raise self._read_only("extend")

    def delete(self, index: int, /) -> None:
        """Take the row at `index` away. Raises IndexError, ReadOnlyError."""
        del self[index]

    def remove(self, subset: Any, /) -> None:  # noqa: ARG002  # overridden
        """Take away the rows whose numbers `subset` holds: ints, or a view whose first column."""
        raise self._read_only("remove from")

    # -- columns

    def __getattr__(self, name: str) -> Any:
        if name[:2] != "__" and "_structure" in self.__dict__:
            for each in self._structure:
                if each.name == name:
                    return each
            raise AttributeError(
                f"{self._where} has no column and no method {name!r}; the columns are "
                f"{', '.join(each.name for each in self._structure) or 'none'}"
            )
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name[0] != "_" and name != "structure":
            raise AttributeError(
                f"{self._where}: {name!r} of a view cannot be set; set a column in a row, as in "
                f"view[0].{name} = …"
            )
        object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(each.name for each in self._structure)]

    def properties(self) -> dict[str, Property]:
        """The properties by their names."""
        return {each.name: each for each in self.structure}

    def itemsize(self, column: Column, row: int = 0) -> int:
        """The bytes that a value takes; as in Metakit, the negative of the bits if under 8."""
        from .widths import itemsize

        return itemsize(self, self._column(column), row)

    def _column(self, column: object) -> int:
        """The number of a column. Raises FormatError."""
        return index_of(self.structure, column, self._where)

    # -- looking for rows

    def find(self, criteria: Any = None, start: int | None = None, /, **equal: Any) -> int:
        """The index of the first row from `start` on that has these values; -1 if none has.

        `start` may be a keyword, too, where no column has that name.
        """
        from .derived.finding import find

        if start is None and "start" in equal and "start" not in self.structure.positions:
            start = equal.pop("start")
        return find(self, criteria, start or 0, equal)

    def search(self, criteria: Mapping[Any, Any] | None = None, /, **equal: Any) -> int:
        """In a view that is in the order of its columns, where such a row is or would be."""
        return self.locate(criteria, **equal)[0]

    def locate(self, criteria: Mapping[Any, Any] | None = None, /, **equal: Any) -> tuple[int, int]:
        """The same, and how many rows match."""
        from .derived.finding import locate

        return locate(self, criteria, equal)

    def map(self, function: Callable[[Row], object], subset: View | None = None, /) -> None:
        """Call `function` with each row, or with each that is in `subset`; it may set cells.

        The rows are those that there are at the beginning, also if it takes some out of `subset`.
        """
        rows = self if subset is None else [self._row(each) for each in numbers(self, subset)]
        for row in rows:
            function(row)

    def reduce(self, function: Callable[[Row, Any], Any], start: Any = 0, /) -> Any:
        """The last result of `function(row, result before)`, which begins with `start`."""
        return functools.reduce(lambda result, row: function(row, result), self, start)

    def copy(self) -> Table:
        """A table in memory with the same rows, which goes its own way."""
        from .table import Table

        table = Table(self.structure, name=f"a copy of {self._where}")
        table.extend(self)
        return table

    # -- equality is that of the content

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, View):
            return NotImplemented
        if self is other:
            return True
        return tuple(self.structure) == tuple(other.structure) and bool(
            self._arrow().equals(other._arrow())
        )

    __hash__ = object.__hash__

    def __copy__(self) -> Table:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Table:
        return self.copy()

    def __reduce__(self) -> Any:
        raise TypeError(f"{self._where} cannot be pickled; pass to_arrow()")

    def _read_only(self, what: str, row: int | None = None, column: str = "") -> ReadOnlyError:
        place = "" if row is None else f", row {row}"
        place += f", column {column!r}" if column else ""
        return ReadOnlyError(
            f"{self._where}{place}: you cannot {what} it, because it is computed; change the view "
            "that it comes from"
        )
