"""The views that are derived from views, as Metakit derives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import FormatError
from ...tables.schema import Kind, Property, Structure
from ...tables.view import View as CoreView
from .failures import WrongTypeError
from .properties import column, columns, position

if TYPE_CHECKING:
    from .views import Common, ROViewer, View, Viewer

INDEX = Structure((Property("index", Kind.INT),))


class Operations:
    """The part of a view that derives others from it. They are live, unless it says otherwise."""

    __slots__ = ()
    _view: CoreView

    if TYPE_CHECKING:

        def _derived(self, view: CoreView) -> Viewer | ROViewer: ...

        def _mapped(self, view: CoreView) -> View | Viewer | ROViewer: ...

    def _columns(self, given: Any) -> list[str]:
        return columns(self._view.structure, given, self._view._where)

    def _other(self, given: object) -> CoreView:
        from .views import core_view

        return core_view(given, self._view._where)

    # -- rows of this view

    def sort(self, *props: Any) -> Viewer | ROViewer:
        """The rows in the order of `props`, then of the other columns, which come after them."""
        return self._derived(_front_first(self._view, self._columns(props), []))

    def sortrev(self, props: Any, down: Any, /) -> Viewer | ROViewer:
        """The same, where the columns in `down` count backwards."""
        names = self._columns(_several(props))
        return self._derived(_front_first(self._view, names, self._columns(_several(down))))

    def project(self, *props: Any) -> Viewer | ROViewer:
        """These columns alone."""
        return self._derived(self._view.project(*self._columns(props)))

    def rename(self, old: str, new: str, /) -> Viewer | ROViewer:
        """The same with another name for a column."""
        view = self._view
        return self._derived(view.rename(column(view.structure, old, view._where), new))

    def remapwith(self, order: Any, /) -> Viewer | ROViewer:
        """The rows whose numbers the first column of `order` holds, in that order."""
        from .views import Common

        rows = self._other(order) if isinstance(order, (Common, CoreView)) else order
        return self._derived(self._view.remapwith(rows))

    def indices(self, subset: Any, /) -> View:
        """A view in memory with one column `index`: the numbers that the rows of `subset` have."""
        from .views import View

        return View(self._view.indices(self._other(subset)).copy())

    # -- views as sets

    def unique(self) -> ROViewer:
        """The rows without those that are equal to another, in their order."""
        return _computed(self._view.unique())

    def union(self, other: Any, /) -> ROViewer:
        """The rows that are in one of both, once."""
        return _computed(self._view.union(self._other(other)))

    def intersect(self, other: Any, /) -> ROViewer:
        """The rows that are in both, once."""
        return _computed(self._view.intersect(self._other(other)))

    def different(self, other: Any, /) -> ROViewer:
        """The rows that are in exactly one of both, once."""
        return _computed(self._view.different(self._other(other)))

    def minus(self, other: Any, /) -> ROViewer:
        """The rows that are not in `other`, once."""
        return _computed(self._view.minus(self._other(other)))

    # -- of several rows one, or the other way round

    def groupby(self, *given: Any) -> ROViewer:
        """One row for each content of properties, and a subview; its name comes last."""
        names, name = self._named(given)
        return _computed(self._view.groupby(*names, name=name))

    def counts(self, *given: Any) -> ROViewer:
        """One row for each content of properties, and how many there are; its name comes last."""
        names, name = self._named(given)
        return _computed(self._view.counts(*names, name=name))

    def _named(self, given: tuple[Any, ...]) -> tuple[list[str], str]:
        if not given or not isinstance(given[-1], str):
            raise WrongTypeError(f"{self._view._where}: pass the name of the new column last")
        return self._columns(given[:-1]), given[-1]

    def flatten(self, prop: Any, /, outer: Any = 0) -> ROViewer:
        """One row for each row of a subview; `outer` keeps those with an empty one.

        Of two columns of one name the first is there.
        """
        view = self._view
        return _computed(_flat(view, column(view.structure, prop, view._where), bool(outer)))

    # -- two views side by side

    def join(self, other: Any, /, *props: Any, outer: Any = 0) -> ROViewer:
        """Rows of both that have the same in `props`; `outer` keeps those without a partner.

        `outer` may be the last argument. Of two columns of one name the first is there.
        """
        if props and isinstance(props[-1], int):
            props, outer = props[:-1], props[-1]
        names = self._columns(props)
        rest = _without(self._other(other), self._view, names)
        return _computed(self._view.join(rest, *names, outer=bool(outer)))

    def product(self, other: Any, /) -> ROViewer:
        """Each row of this view with each row of `other`; of two columns of one name the first."""
        return _computed(self._view.product(_without(self._other(other), self._view)))

    def pair(self, other: Any, /) -> View | Viewer | ROViewer:
        """Rows side by side; of two columns of one name the first.

        What `other` has more of is not there. Raises FormatError if it has fewer rows.
        """
        rest = _without(self._other(other), self._view)
        if len(rest) > len(self._view):
            rest = rest[: len(self._view)]
        return self._mapped(self._view.pair(rest))

    # -- mapping

    def hash(self, map: Any = None, keys: int = 1, /) -> View | Viewer | ROViewer:
        """A view in which a row replaces the one that has the same first `keys` columns.

        `map` is taken, and stays as it is: the table of hashes is in memory.
        """
        found = None if map is None else self._other(map)
        return self._mapped(self._view.hash(found, keys))

    def ordered(self, keys: int = 1, /) -> View | Viewer | ROViewer:
        """A view that keeps the order of its first `keys` columns."""
        return self._mapped(self._view.ordered(keys))

    def blocked(self) -> View | Viewer | ROViewer:
        """The rows of all subviews of the one column as one view."""
        return self._mapped(self._view.blocked())

    def indexed(self, map: Any, /, *given: Any, unique: Any = 0) -> View | Viewer | ROViewer:
        """A view that keeps in `map` an index by properties; `unique` may be the last argument."""
        if given and isinstance(given[-1], int):
            given, unique = given[:-1], given[-1]
        names = self._columns(given)
        return self._mapped(self._view.indexed(self._other(map), *names, unique=bool(unique)))


def _computed(view: CoreView) -> ROViewer:
    from .views import ROViewer

    return ROViewer(view)


def _several(given: Any) -> Any:
    return given if isinstance(given, (list, tuple)) else (given,)


def _front_first(view: CoreView, names: list[str], down: list[str]) -> CoreView:
    """A sorted view that shows the columns that it is sorted by before the others."""
    all_names = [*names, *(each.name for each in view.structure if each.name not in names)]
    result = view.sortrev(all_names, down) if down else view.sort(*all_names)
    return result.project(*all_names) if names else result


def _without(other: CoreView, view: CoreView, keys: list[str] | None = None) -> CoreView:
    """`other` without what `view` has too, but for `keys`, which get the names of `view`."""
    wanted = []
    for each in other.structure:
        at = position(view.structure, each.name)
        name = view.structure[at].name if at >= 0 else each.name
        if at < 0 or name in (keys or ()):
            wanted.append((each.name, name))
    found = other
    if len(wanted) < len(other.structure):
        found = found.project(*(there for there, _ in wanted))
    for there, name in wanted:
        if there != name:
            found = found.rename(there, name)
    return found


def _flat(view: CoreView, name: str, outer: bool) -> CoreView:
    """`flatten`, in which of two columns of one name the first is there."""
    at = position(view.structure, name)
    fields = view.structure[at].fields
    both = [
        (n, each.name) for n, each in enumerate(view.structure) if position(fields, each.name) >= 0
    ]
    before = [each for n, each in both if n < at]
    after = [each for n, each in both if n > at]
    if after:
        kept = [each.name for each in view.structure if each.name not in after]
        view = view.project(*kept)
    aside = {each: f"{each} of {name}'s row" for each in before}
    for each, other in aside.items():
        view = view.rename(each, other)
    flat = view.flatten(name, outer=outer)
    if before:
        hidden = {fields[position(fields, each)].name for each in before}
        flat = flat.project(*(each.name for each in flat.structure if each.name not in hidden))
        for each, other in aside.items():
            flat = flat.rename(other, each)
    return flat


def concat(view: Common, other: object) -> Viewer | ROViewer:
    """The rows of both. Raises FormatError if `other` lacks a column."""
    from .views import Common

    if not isinstance(other, Common):
        raise WrongTypeError(f"{view._view._where}: + needs another view, not {other!r:.80}")
    ours, theirs = view._view, other._view
    names = []
    for each in ours.structure:
        at = position(theirs.structure, each.name)
        if at < 0:
            raise FormatError(
                f"{theirs._where} has no column {each.name!r}, which {ours._where} has; "
                "project the one to the columns of the other"
            )
        names.append((theirs.structure[at].name, each.name))
    rest = theirs.project(*(there for there, _ in names))
    for there, name in names:
        if there != name:
            rest = rest.rename(there, name)
    return view._derived(ours.concat(rest))
