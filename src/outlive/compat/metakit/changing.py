"""How rows are added, set and taken away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from ...errors import FormatError, ReadOnlyError
from ...tables import schema as core
from ...tables.kept import Kept
from ...tables.schema import Kind, Structure, default
from ...tables.subview import Subview
from ...tables.table import Table
from ...tables.view import View as CoreView
from . import coercion
from .failures import NotSetError, OutOfRangeError, WrongTypeError
from .properties import Property

if TYPE_CHECKING:
    from .views import Common

Values = dict[str, Any]


def add_column(common: Common, prop: Property) -> int:
    """Add a column that is not there, and return its number. Raises ReadOnlyError."""
    view = common._view
    at = len(view.structure)
    structure = Structure((*view.structure, prop._column))
    if isinstance(view, Kept):
        view._restructure(structure)
    elif isinstance(view, Table) and not isinstance(view, Subview):
        view._check_writable()
        wider = Table(structure, name=view._where)
        wider.extend(view)
        view._end(f"{view._where} has other columns now; take the row, or the derived view, again")
        common._view = wider
    else:
        raise ReadOnlyError(
            f"{view._where}: a column cannot be added to it; add it to the view that it comes from"
        )
    return at


def rows_of(view: CoreView, given: Any) -> list[Values]:
    """Rows that are to be added, or set. Raises FormatError; nothing was changed then."""
    found = getattr(given, "_view", given)
    if isinstance(found, CoreView):
        found = found.copy()  # it may be what is changed
        names = [each.name for each in found.structure]
        return [
            coercion.keywords(view.structure, dict(zip(names, each, strict=True)), view._where)
            for each in found
        ]
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes)):
        raise WrongTypeError(f"{view._where}: {given!r:.80} is no sequence of rows")
    return [
        coercion.row(view.structure, each, f"{view._where}, new row {at}")
        for at, each in enumerate(given)
    ]


class Setting:
    """The part of a view that sets rows, and takes them away."""

    __slots__ = ()
    _view: CoreView

    def __setitem__(self, index: Any, given: Any) -> None:
        view = self._view
        if not isinstance(index, slice):
            at = view._index(index)
            values = coercion.row(view.structure, given, f"{view._where}, row {at}")
            view._row(at)._set_(_complete(view, values))
            return
        places = range(*index.indices(len(view)))
        rows = rows_of(view, given)
        if places.step != 1 and len(places) != len(rows):
            raise FormatError(f"{view._where}: {len(rows)} rows for a slice of {len(places)}")
        more = rows[len(places) :]
        if more:
            self._check_insert()
        # A set may move a row, or take it out of a selection: each is found before.
        handles = [view._row(at) for at in places[: len(rows)]]
        self._remove(places[len(rows) :])
        for handle, values in zip(handles, rows, strict=False):
            handle._set_(_complete(view, values))
        if more:
            self._insert(places.start + len(places), more)

    def __delitem__(self, index: Any) -> None:
        size = len(self._view)
        if isinstance(index, slice):
            self._remove(range(*index.indices(size)))
        else:
            at = self._view._index(index)
            self._remove(range(at, at + 1))

    def delete(self, index: int, /) -> None:
        """Take the row at `index` away. Raises IndexError, ReadOnlyError."""
        del self[index]

    def _check_insert(self) -> None:
        """Raise ReadOnlyError if no row can be put in."""

    def _insert(self, at: int, rows: list[Values]) -> None:
        raise NotImplementedError

    def _remove(self, places: range) -> None:
        raise NotImplementedError


def _complete(view: CoreView, values: Values) -> dict[int, Any]:
    """All cells of a row; those that are not given have their defaults."""
    return {
        at: values[each.name] if each.name in values else _default(each)
        for at, each in enumerate(view.structure)
    }


def _default(prop: core.Property) -> Any:
    """What a cell holds that nobody has set, as it can be set."""
    return [] if prop.kind is Kind.VIEW else default(prop)


class Through(Setting):
    """Of a view whose rows are those of another: what is set or taken away, is so there."""

    __slots__ = ()

    def _check_insert(self) -> None:
        raise ReadOnlyError(
            f"{self._view._where}: rows cannot be put into it, because it was derived; put them "
            "into the view that it comes from"
        )

    def _remove(self, places: range) -> None:
        found: dict[CoreView, list[int]] = {}
        for at in places:
            origin = self._view._origin(at)
            if origin is None:
                raise ReadOnlyError(
                    f"{self._view._where}, row {at}: it cannot be deleted, because it was "
                    "computed; change the view that it comes from"
                )
            found.setdefault(origin[0], []).append(origin[1])
        for base, rows in found.items():
            base.remove(sorted(set(rows)))


class Refusing(Setting):
    """Of a view that was computed."""

    __slots__ = ()

    def __setitem__(self, index: Any, given: Any) -> None:
        self._refuse()

    def _remove(self, places: range) -> None:  # noqa: ARG002  # none can be
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotSetError(
            f"{self._view._where}: it cannot be changed, because it was computed; change the view "
            "that it comes from"
        )


class Changing(Setting):
    """Of a view that holds rows."""

    __slots__ = ()

    def setsize(self, rows: int, /) -> int:
        """Add rows of defaults, or take the last away, until there are so many. Returns `rows`."""
        if not isinstance(rows, int):
            raise WrongTypeError(f"{self._view._where}: setsize takes a number, not {rows!r:.80}")
        if rows < 0:
            raise OutOfRangeError(f"{self._view._where}: setsize takes no number below 0: {rows}")
        size = len(self._view)
        if rows < size:
            del self[rows:]
        else:
            self._insert(size, [{}] * (rows - size))
        return rows

    def append(self, row: Any = None, /, **values: Any) -> int:
        """Add a row at the end, and return its number; of a view, add all rows.

        `row` is a dict, a sequence, or an object with the columns as attributes, or the values are
        keywords. Raises FormatError; nothing was added then.
        """
        size = len(self._view)
        if _is_view(row):
            self._insert(size, rows_of(self._view, row))
            return size
        return self._view.append(self._coerced(row, values))

    def insert(self, index: int, row: Any = None, /, **values: Any) -> None:
        """The same, before the row at `index`; as in a list, that may be beyond the ends."""
        if not hasattr(index, "__index__"):
            raise WrongTypeError(f"{self._view._where}: {index!r:.80} is no number of a row")
        if _is_view(row):
            at = slice(index, index).indices(len(self._view))[0]
            self._insert(at, rows_of(self._view, row))
        else:
            self._view.insert(index, self._coerced(row, values))

    def extend(self, rows: Any, /) -> None:
        """Add rows at the end, all or none: a view, a frame, an Arrow table, or any rows."""
        plain = getattr(rows, "_view", rows)
        if hasattr(plain, "__arrow_c_stream__") or hasattr(plain, "columns"):
            self._view.extend(plain)
        else:
            self._insert(len(self._view), rows_of(self._view, rows))

    def remove(self, indices: Any, /) -> None:
        """Take away the rows whose numbers are in `indices`: a view's first column, or ints."""
        self._view.remove(getattr(indices, "_view", indices))

    def _coerced(self, row: Any, values: Values) -> tuple[Any, ...]:
        view = self._view
        where = f"{view._where}, new row"
        if values and row is not None:
            raise WrongTypeError(f"{where}: pass a row or keywords, not both")
        if values:
            found = coercion.keywords(view.structure, values, where)
        else:
            found = coercion.row(view.structure, row, where)
        return tuple(_complete(view, found).values())

    def _insert(self, at: int, rows: list[Values]) -> None:
        view = self._view
        if isinstance(view, Table):
            view[at:at] = rows
        else:
            for number, each in enumerate(rows):
                view.insert(at + number, each)

    def _remove(self, places: range) -> None:
        if places.step == 1:
            del self._view[places.start : places.stop]
        else:
            self._view.remove(places)


def _is_view(given: object) -> bool:
    return isinstance(getattr(given, "_view", given), CoreView)
