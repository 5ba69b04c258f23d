"""`Table`: a view that holds its rows itself, in memory; those of a storage are read on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, WeakValueDictionary

from ..errors import ClosedError
from . import building, coerce, incoming
from .appending import appender
from .arrow import np
from .batch import Batch, rows
from .coerce import Values
from .columns import Columns
from .row import BaseRow, Log, Move, Row
from .schema import Kind, Property, checked
from .slicing import numbers, set_slice
from .view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .subview import Subview


class Table(View):
    """Rows in memory; `Storage.getas` and `define` return those that a file keeps.

    >>> from outlive.tables.description import parse
    >>> from outlive.tables.table import Table
    >>> people = Table(parse("people[first:S,shoesize:I]")[1], name="people")
    >>> people.append(first="John", shoesize=44)
    0
    >>> people[0].shoesize += 1
    >>> people[-1]
    Row(first='John', shoesize=45)
    """

    _row_base = BaseRow

    def __init__(self, structure: Iterable[Property] = (), *, name: str = "table") -> None:
        self._where = name
        self.structure = checked(structure, name)
        self._batches: WeakSet[Batch] = WeakSet()  # of the loops that are under way
        self._columns = Columns(self.structure)
        self._log = Log()
        self._changes = 0
        self._gone = ""  # why it cannot be used any more
        self._cached: tuple[int, Any] = (-1, None)
        self._speed_up()

    def _speed_up(self) -> None:
        """Put a faster `append` before the one of the class, where there is one."""
        self.__dict__.pop("append", None)
        fast = appender(tuple(self.structure), self._columns, self._append)
        if fast is not None and self._is_fast():
            self.__dict__["append"] = fast

    def _is_fast(self) -> bool:
        """Whether rows can be appended without a look at anything else."""
        return True

    def _append(self, row: Any = (), /, **values: Any) -> int:
        return Table.append(self, row, **values)

    def _uproot(self) -> None:
        """Rows came or went: loops have to look where they are."""
        for batch in list(self._batches):
            batch.is_valid = False
        self._batches.clear()

    # -- what a view has

    def _check(self) -> None:
        """Raise ClosedError where this is of a storage that was closed or rolled back."""
        if self._gone:
            raise ClosedError(self._gone)

    def _check_writable(self) -> None:
        """Raise ReadOnlyError or ClosedError where nothing may be changed."""
        self._check()

    def _version(self) -> int:
        self._check()
        return self._changes + len(self._columns.tail)

    def __len__(self) -> int:
        self._check()
        return len(self._columns)

    def __iter__(self) -> Iterator[Row]:
        return rows(self)

    def _arrow(self) -> Any:
        version = self._version()
        if self._cached[0] != version:
            content = self._columns.arrow()
            self._changes = version  # what was in the tail counts here now
            self._cached = (version, content)
        return self._cached[1]

    def _array(self, column: int) -> Any:
        self._flush()
        return self._columns.whole(column)

    def _cell(self, row: int, column: int) -> Any:
        self._check()
        value = self._columns.get(row, column)
        return (
            value if self.structure[column].kind is not Kind.VIEW else self._sub(row, column, value)
        )

    def _sub(self, row: int, column: int, content: Any) -> Subview:
        """The live subview of a cell that holds `content`."""
        from .subview import Subview

        if isinstance(content, Subview):
            return content
        self._flush()  # so that it is in a group, which remembers it
        subview = Subview.of(self, row, column, content)
        group, at = self._columns.place(row)
        chunk = group.chunks[column]
        if chunk.live is None:
            chunk.live = WeakValueDictionary()
        chunk.live[at] = subview
        return subview

    def _flush(self) -> None:
        version = self._version()
        if self._columns.tail:
            self._uproot()
        self._columns.flush()
        self._changes = version

    # -- changes

    def _changed(self) -> None:
        self._changes += 1

    def _subview_changed(self, row: int, column: int, subview: Subview) -> None:
        self._columns.set(row, column, subview)
        self._changed()

    def _assign(self, row: int, values: Mapping[int, Any]) -> None:
        self._check_writable()
        where = f"{self._where}, row {row}"
        checked = {
            column: coerce.value(self.structure[column], value, where)
            for column, value in values.items()
        }
        for column, value in checked.items():
            if self.structure[column].kind is Kind.VIEW:
                self._cell(row, column)._become(value)
            else:
                self._columns.set(row, column, value)
        for batch in list(self._batches):
            batch.set(row, checked)
        self._changed()

    def append(self, row: Any = (), /, **values: Any) -> int:
        """Add a row at the end, and return its index.

        `row` is a dict, a sequence, a row or any object with the columns as attributes; or the
        values are keywords. What is not given is 0 or empty. Raises FormatError, which names the
        column; nothing was added then.
        """
        self._check_writable()
        index = len(self._columns)
        self._columns.tail.append(self._coerced(row, values, index))
        self._added()
        return index

    def _added(self) -> None:
        """Called after an append, which counts as a change by itself."""

    def _coerced(self, row: Any, values: dict[str, Any], index: int) -> Values:
        where = f"{self._where}, new row {index}"
        return coerce.given_row(self.structure, row, values, where)

    def insert(self, index: int, row: Any = (), /, **values: Any) -> None:
        """Put a row before the one at `index`; an index beyond the end is the end, as in a list."""
        self._check_writable()
        size = len(self)
        at = min(index, size) if index >= 0 else max(index + size, 0)
        self._put(at, building.table(self.structure, [self._coerced(row, values, at)]))

    def extend(self, rows: Any, /) -> None:
        """Add rows at the end: all, or none if one of them does not fit.

        `rows` is a view, an Arrow table, a pandas or Polars frame, a dict of columns, or rows as
        `append` takes them. Raises FormatError, which names column and row.
        """
        self._check_writable()
        content = incoming.rows(self.structure, rows, self._where)
        if isinstance(content, list):
            self._columns.tail += content
            self._added()
        else:
            self._take(content)

    def _take(self, content: Any) -> None:
        """Add an Arrow table that fits."""
        self._flush()
        self._columns.extend(content)
        self._changed()

    def _put(self, at: int, content: Any) -> None:
        """Put an Arrow table that fits before a row."""
        self._flush()
        count = len(content)
        self._columns.insert(at, content)
        self._uproot()
        self._log.add(lambda row: row if row < at else row + count)
        self._changed()

    def __setitem__(self, index: Any, given: Any) -> None:
        self._check_writable()
        if isinstance(index, slice):
            return set_slice(self, index, given)
        at = self._index(index)
        values = coerce.row(self.structure, given, f"{self._where}, row {at}")
        return self._assign(at, dict(enumerate(values)))

    def __delitem__(self, index: Any) -> None:
        self._check_writable()
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            if rows.step != 1 and len(rows) > 1:
                return self.remove(rows)
            return self._delete(rows.start, rows.start + len(rows)) if rows else None
        at = self._index(index)
        return self._delete(at, at + 1)

    def _delete(self, start: int, stop: int) -> None:
        if start >= stop:
            return
        self._flush()
        self._columns.delete(start, stop)
        gone = stop - start
        self._uproot()
        self._log.add(lambda row: row if row < start else None if row < stop else row - gone)
        self._changed()

    def remove(self, subset: Any, /) -> None:
        """Take away the rows whose numbers `subset` holds: ints, or a view's first column.

        A view that was derived from this one, as ``people.select(…)``, stands for its own rows.
        Raises IndexError.
        """
        self._check_writable()
        mask = np.ones(len(self), dtype=bool)
        rows = numbers(self, subset)
        if len(rows) and (rows.min() < 0 or rows.max() >= len(mask)):
            raise IndexError(f"{self._where}: there is no row {rows.max()}; there are {len(mask)}")
        mask[rows] = False
        self._keep(mask)

    def _keep(self, mask: Any) -> None:
        self._flush()
        self._columns.keep(mask)
        places = np.cumsum(mask) - 1
        self._uproot()
        self._log.add(lambda row: int(places[row]) if mask[row] else None)
        self._changed()

    def _become(self, value: Any) -> None:
        """Hold these rows instead."""
        content = value if not isinstance(value, list) else building.table(self.structure, value)
        self._delete(0, len(self))
        self._take(content)

    def _end(self, why: Move) -> None:
        """Raise ClosedError from now on, and let the rows do so."""
        self._gone = str(why)
        self.__dict__.pop("append", None)
        self._uproot()
        self._log.add(why)
