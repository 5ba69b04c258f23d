"""`View`, `Viewer` and `ROViewer`: Metakit's three types of views, around those of outlive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...tables import row as core
from ...tables.table import Table
from ...tables.view import View as CoreView
from . import changing, looking, operations
from .failures import WrongTypeError
from .properties import Property, listed, position
from .rows import RORowRef, RowRef


class Common(looking.Looking, operations.Operations):
    """What all views have: they are sequences of rows, and other views are derived from them."""

    __slots__ = ("__weakref__", "_view")
    _view: CoreView
    _row_type: type[RowRef] = RowRef

    def __init__(self, view: CoreView) -> None:
        self._view = view

    # -- a sequence

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[RowRef]:
        make = self._row_type
        for row in self._view:
            yield make(self, row)

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            return self._ref(self._view._index(index))
        if not range(*index.indices(len(self))):
            return View(Table(self._view.structure, name=f"{self._view._where}[:]"))
        return self._derived(self._view[index])

    def __add__(self, other: object) -> Viewer | ROViewer:
        return operations.concat(self, other)

    def __mul__(self, times: int) -> Common:
        result: Common = self._derived(self._view[:])
        for _ in range(times - 1):
            result = result + self
        return result

    def _ref(self, at: int) -> RowRef:
        return self._row_type(self, self._view._row(at))

    def _derived(self, view: CoreView) -> Viewer | ROViewer:
        """A view whose rows are those of this one."""
        return ROViewer(view) if isinstance(self, ROViewer) else Viewer(view)

    def _mapped(self, view: CoreView) -> View | Viewer | ROViewer:
        """A view that changes what this one holds, if this one can be changed."""
        return View(view) if isinstance(self, View) else self._derived(view)

    # -- columns

    def structure(self) -> list[Property]:
        """A list of the properties."""
        return listed(self._view.structure)

    def properties(self) -> dict[str, Property]:
        """The properties by their names."""
        return {each.name: each for each in self.structure()}

    def __getattr__(self, name: str) -> Property:
        if name[:2] != "__":
            structure = self._view.structure
            at = position(structure, name)
            if at >= 0:
                return Property(structure[at])
            known = ", ".join(each.name for each in structure) or "none"
            raise AttributeError(
                f"{self._view._where} has no column and no method {name!r}; the columns are {known}"
            )
        raise AttributeError(name)

    def addproperty(self, prop: Property, /) -> int:
        """Add a column with defaults, and return its number; if it is there, its number.

        A view of a file keeps it at the next commit. Rows have to be taken anew. Raises
        FormatError, and ReadOnlyError for a view that was derived.
        """
        if not isinstance(prop, Property):
            raise WrongTypeError(f"{self._view._where}: {prop!r:.80} is no property")
        at = position(self._view.structure, prop.name)
        return at if at >= 0 else changing.add_column(self, prop)

    def copy(self) -> View:
        """A view in memory with the same rows, which goes its own way."""
        return View(self._view.copy())

    # -- rows

    def map(self, function: Callable[[RowRef], object], subset: Common | None = None, /) -> None:
        """Call `function` with each row, or with each that is in `subset`; it may set cells."""

        def call(row: core.Row) -> None:
            function(self._row_type(self, row))

        self._view.map(call, None if subset is None else core_view(subset, self._view._where))

    def filter(self, function: Callable[[RowRef], object], /) -> View:
        """A view in memory with one column `index`: the numbers of the rows for which it is true.

        `remapwith` makes the rows of it. It does not change when the rows do.
        """
        found = View(Table(operations.INDEX, name=f"{self._view._where}.filter"))
        rows = enumerate(self)
        found._view.extend({"index": [at for at, row in rows if function(row)]})
        return found

    def reduce(self, function: Callable[[RowRef, Any], Any], start: Any = 0, /) -> Any:
        """The last result of `function(row, result before)`, which begins with `start`."""
        for row in self:
            start = function(row, start)
        return start

    # -- for others

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._view.__arrow_c_stream__(requested_schema)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(each.name for each in self._view.structure)]

    def __repr__(self) -> str:
        return repr(self._view)


class Viewer(Common, changing.Through):
    """A view that was derived: its rows are those of another, and a set reaches them."""

    __slots__ = ()


class ROViewer(Common, changing.Refusing):
    """A view that was computed: its rows cannot be set."""

    __slots__ = ()
    _row_type = RORowRef


class View(Common, changing.Changing):
    """A view that holds rows, of a storage or of its own; or that maps one: `hash`, `ordered`."""

    __slots__ = ()


def make() -> View:
    """A view in memory, without columns; `addproperty` adds them.

    >>> from outlive.compat import metakit
    >>> vw = metakit.view()
    >>> vw.addproperty(metakit.property("I", "shoesize"))
    0
    >>> vw.append(shoesize=44)
    0
    """
    return View(Table(name="view"))


def shown(view: CoreView) -> View:
    """A view of outlive's as one of Metakit's."""
    return View(view)


def core_view(given: object, where: str) -> CoreView:
    """A view of outlive's. Raises FormatError."""
    if isinstance(given, CoreView):
        return given
    if not isinstance(given, Common):
        raise WrongTypeError(f"{where}: {given!r:.80} is no view; wrap() makes one of a sequence")
    return given._view
