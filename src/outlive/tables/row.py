"""`Row`: a handle that stays with its row, however others move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ClosedError
from .schema import Property, Structure, index_of
from .showing import brief

if TYPE_CHECKING:
    from .view import View

# What happened to the rows of a table since a handle was made: from an index to what it is now.
# None: the row was deleted. A str: nothing is left of the table, and why.
Move = Callable[[int], int | None] | str


class Log:
    """The moves of a table from some moment on, each in a node of its own.

    The table holds the last node and each handle the one of its moment: what no handle can still
    need is held by nobody. A list, because the interpreter takes long chains of them apart safely.
    """

    __slots__ = ("node",)

    def __init__(self) -> None:
        self.node: list[Any] = [None, None]  # what happened next, and the node after it

    def add(self, move: Move) -> None:
        """Tell all handles that there are."""
        node = self.node
        node[0] = move
        node[1] = self.node = [None, None]


class Row:
    """A row of a view: its columns are attributes, and ``row["name"]`` and ``row[0]`` work too.

    To set one changes the table that the row is in. Raises ClosedError once the row was deleted,
    or its storage rolled back or closed.
    """

    __slots__ = ("__weakref__", "_at_", "_log_", "_view_")
    _columns_ = Structure()

    _view_: View
    _at_: int

    if TYPE_CHECKING:  # the columns are attributes of the subclasses, one for each structure

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __init__(self, view: View, at: int) -> None:
        self._view_ = view
        self._at_ = at

    def _get_(self, column: int) -> Any:
        raise NotImplementedError

    def _set_(self, values: Mapping[int, Any]) -> None:
        raise NotImplementedError

    def __getitem__(self, column: int | str | Property) -> Any:
        return self._get_(self._number_(column))

    def __setitem__(self, column: int | str | Property, value: Any) -> None:
        self._set_({self._number_(column): value})

    def _number_(self, column: int | str | Property) -> int:
        if isinstance(column, int):
            size = len(self._columns_)
            if not -size <= column < size:
                raise IndexError(f"{self._view_._where}: there is no column {column}")
            return column % size
        return index_of(self._columns_, column, self._view_._where)  # of when the row was taken

    def __len__(self) -> int:
        return len(self._columns_)

    def __iter__(self) -> Iterator[Any]:
        return map(self._get_, range(len(self._columns_)))

    def _asdict(self) -> dict[str, Any]:
        return {each.name: self._get_(at) for at, each in enumerate(self._columns_)}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Row):
            return self._asdict() == other._asdict()
        if isinstance(other, Mapping):
            return self._asdict() == dict(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as for every class that is equal by its content

    def __repr__(self) -> str:
        try:
            values = ", ".join(f"{name}={brief(value)}" for name, value in self._asdict().items())
        except ClosedError as error:
            return f"<Row: {error}>"
        return f"Row({values})"


class BaseRow(Row):
    """A row of a table, or of a subview."""

    __slots__ = ()
    _log_: list[Any]

    def __init__(self, view: View, at: int) -> None:
        super().__init__(view, at)
        self._log_ = view._log.node

    def _index_(self) -> int:
        """Where the row is now. Raises ClosedError."""
        while self._log_[1] is not None:
            move, after = self._log_
            at = None if isinstance(move, str) else move(self._at_)
            if at is None:
                raise ClosedError(
                    move
                    if isinstance(move, str)
                    else f"{self._view_._where}: the row was deleted; take another from the view"
                )
            self._at_, self._log_ = at, after
        return self._at_

    def _get_(self, column: int) -> Any:
        return self._view_._cell(self._index_(), column)

    def _set_(self, values: Mapping[int, Any]) -> None:
        self._view_._assign(self._index_(), values)


class DerivedRow(Row):
    """A row of a derived view: bound to the row that it comes from, where there is one.

    What was computed is bound to nothing: once the view may show something else there, it raises
    ClosedError.
    """

    __slots__ = ("_names_", "_stamp_")
    _log_: Row | None  # the row that it comes from
    _names_: Mapping[str, str]
    _stamp_: object  # of the view, when the row was taken; None if all columns are bound

    def __init__(self, view: View, at: int) -> None:
        super().__init__(view, at)
        origin = view._origin(at)
        if origin is None:
            self._log_, self._names_ = None, {}
        else:
            base, there, self._names_ = origin
            self._log_ = base._row(there)
        self._stamp_ = None if len(self._names_) == len(self._columns_) else view._stamp()

    def _get_(self, column: int) -> Any:
        name = self._names_.get(self._columns_[column].name)
        if name is not None and self._log_ is not None:
            return self._log_[name]
        self._check_()
        return self._view_._cell(self._at_, column)

    def _check_(self) -> None:
        """Raise ClosedError if another row may be there now."""
        view = self._view_
        if self._stamp_ != view._stamp():
            raise ClosedError(
                f"{view._where}: the row {self._at_} was computed, and what it comes from has "
                "changed; take the row again"
            )
        if self._at_ >= len(view):
            raise ClosedError(f"{view._where}: the row {self._at_} is not there any more")

    def _set_(self, values: Mapping[int, Any]) -> None:
        names = {column: self._names_.get(self._columns_[column].name) for column in values}
        if self._log_ is None or None in names.values():
            self._check_()
            self._view_._assign(self._at_, values)  # which says why not
        else:
            there = self._log_
            there._set_(
                {there._number_(name): values[each] for each, name in names.items() if name}
            )


def row_class(view: View) -> type[Row]:
    """The class of a view's rows: one for all views with the same columns."""
    known: dict[type, type[Row]] = view.structure.__dict__.setdefault("rows", {})
    found = known.get(view._row_base)
    if found is None:
        key = view._row_base, view.structure
        found = known[view._row_base] = _classes.get(key) or _make(*key)
        _classes[key] = found
    return found


_classes: dict[tuple[type, Structure], type[Row]] = {}


def is_taken(name: str) -> bool:
    """Whether a row needs an attribute for itself; a column of that name is ``row["name"]``."""
    is_ours = name.startswith("_") and name.endswith("_") and name[1:2] != "_"
    return is_ours or any(name in vars(each) for each in Row.__mro__)


def _make(base: type[Row], structure: Structure) -> type[Row]:
    attributes: dict[str, Any] = {
        each.name: _attribute(column, each)
        for column, each in enumerate(structure)
        if not is_taken(each.name)
    }
    return type("Row", (base,), {**attributes, "__slots__": (), "_columns_": structure})


def _attribute(column: int, prop: Property) -> property:
    def get(self: Row) -> Any:
        return self._get_(column)

    def set(self: Row, value: Any) -> None:
        self._set_({column: value})

    return property(get, set, doc=repr(prop))
