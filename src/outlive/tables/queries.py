"""The views that are derived from a view: each method makes one, in `derived/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .schema import Property

if TYPE_CHECKING:
    from .row import Row
    from .view import View

Column: TypeAlias = Property | str
Criteria: TypeAlias = Mapping[Any, Any]


class Queries:
    """What every view can be asked.

    Each answer is a view that is live: it shows what the view that it is of shows now. A set of a
    cell or of a whole row through `select`, `filter`, `sort`, `sortrev`, `project`, `rename`,
    `remapwith`, `pair`, a slice or `concat` reaches the row that it came from, and a row that was
    taken stays with it. Where that has no meaning a set raises ReadOnlyError, and a row that was
    computed raises ClosedError once its view has changed. The subviews in a row are the table's
    own, unless the row stands for several: then they can be read alone.
    """

    __slots__ = ()

    def select(
        self: Any, low: Criteria | None = None, high: Criteria | None = None, /, **equal: Any
    ) -> View:
        """The rows with these values; with two dicts, those between `low` and `high`, inclusive.

        ``S`` compares without case. NaN is equal to itself and above all other numbers.
        Raises FormatError for an unknown column or a value that the column cannot hold.
        """
        from .derived.picked import select

        return select(self, low, high, equal)

    def filter(self: Any, function: Callable[[Row], object], /) -> View:
        """The rows for which `function` is true."""
        from .derived.picked import filter

        return filter(self, function)

    def sort(self: Any, *columns: Column) -> View:
        """The rows in the order of `columns`, or of all columns; equal ones stay in their order.

        NaN is last, and ``S`` compares without case. Raises FormatError for an unknown column.
        """
        from .derived.picked import sort

        return sort(self, columns)

    def sortrev(self: Any, columns: Any, down: Any, /) -> View:
        """The rows in the order of `columns`; of those that are in `down` too, the reverse.

        Equal rows stay in their order, and NaN is last in both directions. Raises FormatError for
        a column that is unknown, or in `down` alone.
        """
        from .derived.picked import sortrev

        return sortrev(self, columns, down)

    def unique(self: Any) -> View:
        """The rows without those that are equal to an earlier one."""
        from .derived.picked import unique

        return unique(self)

    def project(self: Any, *columns: Column) -> View:
        """These columns alone."""
        from .derived.projected import project

        return project(self, columns)

    def rename(self: Any, old: Column, new: str, /) -> View:
        """The same with another name for a column."""
        from .derived.projected import rename

        return rename(self, old, new)

    def concat(self: Any, other: View, /) -> View:
        """The rows of this view, then those of `other`; ``+`` does the same."""
        from .derived.combined import concat

        return concat(self, other)

    def pair(self: Any, other: View, /) -> View:
        """Rows side by side: the columns of this view, then those of `other`."""
        from .derived.combined import pair

        return pair(self, other)

    def product(self: Any, other: View, /) -> View:
        """Each row of this view with each row of `other`."""
        from .derived.combined import product

        return product(self, other)

    def join(self: Any, other: View, /, *columns: Column, outer: bool = False) -> View:
        """Rows of both that have the same in `columns`; `outer` keeps those without a partner."""
        from .derived.computed import join

        return join(self, other, columns, outer)

    def groupby(self: Any, *columns: Column, name: str | None = None) -> View:
        """One row for each content of `columns`, and a subview `name` with the rows that have it.

        As in Metakit, the last argument is the name if `name` is not given.
        """
        from .derived.computed import groupby

        columns, name = _with_name(self, columns, name)
        return groupby(self, columns, name)

    def counts(self: Any, *columns: Column, name: str | None = None) -> View:
        """One row for each content of `columns`, and in `name` how many rows have it."""
        from .derived.computed import counts

        columns, name = _with_name(self, columns, name)
        return counts(self, columns, name)

    def union(self: Any, other: View, /) -> View:
        """The rows that are in one of both, once."""
        from .derived.computed import union

        return union(self, other)

    def intersect(self: Any, other: View, /) -> View:
        """The rows that are in both, once."""
        from .derived.computed import intersect

        return intersect(self, other)

    def different(self: Any, other: View, /) -> View:
        """The rows that are in exactly one of both, once."""
        from .derived.computed import different

        return different(self, other)

    def minus(self: Any, other: View, /) -> View:
        """The rows that are not in `other`, once."""
        from .derived.computed import minus

        return minus(self, other)

    def flatten(self: Any, column: Column, /, outer: bool = False) -> View:
        """One row for each row of the subview `column`; `outer` keeps those with an empty one."""
        from .derived.computed import flatten

        return flatten(self, column, outer)

    def remapwith(self: Any, order: View | Iterable[int], /) -> View:
        """The rows with these numbers: ints, or the first column of a view; in that order.

        Raises FormatError for what holds no ints, and IndexError, when the rows are used, for a
        number without a row.
        """
        from .derived.computed import remapwith

        return remapwith(self, order)

    def indices(self: Any, subset: View, /) -> View:
        """A view with one column `index`: the places that the rows of `subset` have here."""
        from .derived.computed import indices

        return indices(self, subset)

    def hash(self: Any, map: View | None = None, keys: int = 1, /) -> View:
        """A view in which the first `keys` columns are a key: a row with the same keys replaces."""
        from .derived.keyed import hash

        return hash(self, map, keys)

    def ordered(self: Any, keys: int = 1, /) -> View:
        """A view that keeps itself in the order of its first `keys` columns."""
        from .derived.keyed import ordered

        return ordered(self, keys)

    def blocked(self: Any) -> View:
        """The rows of the subview `_B` of all rows, as one long view."""
        from .derived.keyed import blocked

        return blocked(self)

    def indexed(self: Any, map: View, /, *columns: Column, unique: bool = False) -> View:
        """A view that keeps in `map` an index by `columns`; `unique` refuses a second equal row."""
        from .derived.keyed import indexed

        return indexed(self, map, columns, unique)


def _with_name(
    view: View, columns: tuple[Column, ...], name: str | None
) -> tuple[tuple[Column, ...], str]:
    if name is not None:
        return columns, name
    if not columns or not isinstance(columns[-1], str):
        raise TypeError(f"{view._where}: the name of the new column is missing; pass it last")
    return columns[:-1], columns[-1]
