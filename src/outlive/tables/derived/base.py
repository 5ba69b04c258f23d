"""`Derived`: what all derived views have in common. They keep nothing that they do not notice
growing old: each use first asks the parents for their versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ...errors import ClosedError, FormatError
from .. import building, incoming
from ..arrow import pa, pc
from ..coerce import Values
from ..row import BaseRow, Row, row_class
from ..schema import Property, Structure, index_of
from ..table import Table
from ..view import Origin, View
from .algorithms_text import Rows

T = TypeVar("T")


class Source(NamedTuple):
    """Where rows come from, and what each column of the derived view is called there."""

    base: View
    names: Mapping[str, str]


class Trace(NamedTuple):
    """Of all rows of a view where they come from.

    `which` has the number of the source for each row, None if there is but one; `rows` has the row
    there, None if it is the row itself.
    """

    sources: tuple[Source, ...]
    which: Rows | None = None
    rows: Rows | None = None

    def taken(self, rows: Rows) -> Trace:
        """The trace of a choice of the rows."""
        return Trace(
            self.sources,
            None if self.which is None else self.which[rows],
            rows if self.rows is None else self.rows[rows],
        )


class Derived(View):
    """A view that is computed from others, its parents, whenever these have changed."""

    def __init__(self, name: str, *parents: View) -> None:
        self._where = name
        self._parents = parents
        self._seen: tuple[int, ...] = ()
        self._shapes: tuple[Structure, ...] = ()
        self._changes = 0
        self._kept: dict[Any, Any] = {}
        self._version()

    # -- what a derived view has to say

    def _restructured(self) -> Structure:
        """The properties, from those that the parents have now. Raises FormatError."""
        raise NotImplementedError

    def _make(self, column: int) -> Any:
        """A column now, as a `pa.ChunkedArray`."""
        raise NotImplementedError

    def _trace(self) -> Trace:
        """Where the rows come from; by default they are the view's own."""
        return own(self)

    # -- from which follows

    def _version(self) -> int:
        seen = tuple([each._version() for each in self._parents])
        if seen != self._seen:
            shapes = tuple([each.structure for each in self._parents])
            if shapes != self._shapes or "_structure" not in self.__dict__:
                self._shapes = ()  # if it raises, what it has noted fits no shapes
                self._structure = self._restructured()
                self._shapes = shapes
            self._kept = {}
            self._seen = seen
            self._changes += 1
        return self._changes

    def _stamp(self) -> object:
        try:
            return self._version()
        except FormatError:  # the columns do not fit any more: no row is right
            return None

    @property
    def structure(self) -> Structure:
        """The properties, in order."""
        self._version()
        return self._structure

    @structure.setter
    def structure(self, given: tuple[Property, ...]) -> None:  # noqa: ARG002  # of View's setter
        raise AttributeError(f"{self._where} has the structure that follows from its parents")

    def __getattr__(self, name: str) -> Any:
        if name[:2] != "__" and "_structure" in self.__dict__:
            self._version()
        return super().__getattr__(name)

    def _keep(self, what: Any, compute: Callable[[], T]) -> T:
        """What was computed since the parents changed last, or is now."""
        self._version()
        if what not in self._kept:
            self._kept[what] = compute()
        found: T = self._kept[what]
        return found

    def _array(self, column: int) -> Any:
        return self._keep(column, lambda: self._make(column))

    def _arrow(self) -> Any:
        return self._keep("arrow", self._assembled)

    def _assembled(self) -> Any:
        arrays = [self._array(column) for column in range(len(self.structure))]
        return building.from_arrays(self._structure, arrays, len(self))

    def _traced(self) -> Trace:
        return self._keep("trace", self._trace)

    def _origin(self, row: int) -> Origin | None:
        trace = self._traced()
        source = trace.sources[0 if trace.which is None else int(trace.which[row])]
        if source.base is self:
            return None
        return source.base, row if trace.rows is None else int(trace.rows[row]), source.names

    def __iter__(self) -> Iterator[Row]:
        trace = self._traced()
        width = len(self.structure)
        for base, names in trace.sources:
            if isinstance(base, Derived) or len(names) < width:
                return self._computed_rows()
        return _rows(self, trace)

    def _computed_rows(self) -> Iterator[Row]:
        """Each row as it is when the loop comes to it. Raises ClosedError if some come or go."""
        size = len(self)
        for index in range(size):
            if len(self) != size:
                raise ClosedError(
                    f"{self._where}: the loop has changed how many rows there are; loop over "
                    "its copy()"
                )
            yield self._row(index)


def _rows(view: Derived, trace: Trace) -> Iterator[Row]:
    """Each row that the view has now, once: also if the loop changes what puts it there.

    A row that the loop deletes before it comes to it is left out.
    """
    handles = [_handle(source.base) for source in trace.sources]
    make = row_class(view)
    which = None if trace.which is None else trace.which.tolist()
    for at, there in enumerate(range(len(view)) if trace.rows is None else trace.rows.tolist()):
        number = 0 if which is None else which[at]
        base = handles[number](there)
        if base is not None:
            row = make.__new__(make)
            row._view_, row._at_ = view, at
            row._log_ = base
            row._names_ = trace.sources[number].names
            row._stamp_ = None
            yield row


def _handle(base: View) -> Callable[[int], Row | None]:
    """A function that gives the row that was at an index when it was made; None if it is gone."""
    if not isinstance(base, Table):
        return base._row
    make, log = row_class(base), base._log.node

    def handle(index: int) -> Row | None:
        row = make(base, index)
        assert isinstance(row, BaseRow)  # noqa: S101  # tables have no others
        row._log_ = log
        try:
            row._index_()
        except ClosedError:
            base._check()
            return None
        return row

    return handle


def own(view: View) -> Trace:
    """The trace of a view whose rows come from nowhere else."""
    return Trace((Source(view, {each.name: each.name for each in view.structure}),))


def trace(view: View) -> Trace:
    """Where the rows of any view come from."""
    return view._traced() if isinstance(view, Derived) else own(view)


def unnamed(of: Trace) -> Trace:
    """The trace of rows that stand for several: it is known where they are, but not to be set."""
    return of._replace(sources=tuple(each._replace(names={}) for each in of.sources))


def with_default(prop: Property, column: Any) -> Any:
    """A column with one row more, the default: so that row -1 stands for it."""
    return pa.chunked_array([*column.chunks, building.defaults(prop, 1)], type=column.type)


def field(lists: Any, column: int) -> Any:
    """A column of the rows of all subviews together."""
    structs = pc.list_flatten(lists)
    # `field` does not heed where structs begin in their fields; a copy begins at the beginning.
    chunks = [pa.concat_arrays([each]) if each.offset else each for each in structs.chunks]
    type_ = structs.type.field(column).type
    return pa.chunked_array([each.field(column) for each in chunks], type=type_)


def rows_of(view: View, given: Any) -> list[Values]:
    """Rows that are to be added, checked. Raises FormatError."""
    content = incoming.rows(view.structure, given, view._where)
    if isinstance(content, list):
        return content
    columns = [
        building.pythons(prop, content.column(at), view._where)
        for at, prop in enumerate(view.structure)
    ]
    return list(zip(*columns, strict=True))


def numbers(view: View, columns: Sequence[Property | str]) -> list[int]:
    """The numbers of columns, each of which is there once. Raises FormatError."""
    found = [index_of(view.structure, each, view._where) for each in columns]
    if len(set(found)) < len(found):
        twice = next(each for at, each in enumerate(found) if each in found[:at])
        raise FormatError(
            f"{view._where}: the column {view.structure[twice].name!r} is given twice; once is "
            "enough"
        )
    return found


def check_view(view: View, other: object, what: str) -> View:
    """`other`, if it is a view. Raises FormatError."""
    if not isinstance(other, View):
        raise FormatError(
            f"{view._where}: {what} needs another view, not {other!r:.80}; "
            "outlive.wrap makes a view of a sequence"
        )
    return other


def count_rows(view: View) -> Rows:
    """The numbers of all rows of a view."""
    return np.arange(len(view), dtype=np.int64)


def places_in(view: View) -> dict[View, Rows]:
    """Where in a view each row of its bases is, the first time; -1 if nowhere."""
    of = trace(view)
    rows = count_rows(view) if of.rows is None else of.rows
    places: dict[View, Rows] = {}
    for source in of.sources:
        places[source.base] = np.full(len(source.base), -1, dtype=np.int64)
    for number in range(len(of.sources) - 1, -1, -1):
        mine = np.arange(len(rows)) if of.which is None else np.flatnonzero(of.which == number)
        mine = mine[::-1]  # what is set last stays
        places[of.sources[number].base][rows[mine]] = mine
    return places
