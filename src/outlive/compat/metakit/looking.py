"""How rows are looked for, and cells used in part: `find`, `select`, `access`, `modify`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import FormatError
from ...tables.view import View as CoreView
from . import coercion
from .failures import OutOfRangeError, WrongTypeError
from .properties import column, position

if TYPE_CHECKING:
    from .views import ROViewer, Viewer


def criteria(view: CoreView, given: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    """What rows are to have. Raises FormatError if it is nothing, or names no column."""
    if given is not None and named:
        raise WrongTypeError(f"{view._where}: pass criteria or keywords, not both")
    if given is None:
        found = coercion.keywords(view.structure, named, view._where)
    else:
        found = coercion.row(view.structure, given, view._where)
    if not found:
        raise FormatError(
            f"{view._where}: {given if given is not None else dict(named)!r:.80} has nothing that "
            f"is a column; there are {', '.join(each.name for each in view.structure) or 'none'}"
        )
    return found


class Looking:
    """The part of a view that looks for rows."""

    __slots__ = ()
    _view: CoreView

    if TYPE_CHECKING:

        def _derived(self, view: CoreView) -> Viewer | ROViewer: ...

    def select(self, *ends: Any, **equal: Any) -> Viewer | ROViewer:
        """The rows that match criteria, or that are between two, inclusive.

        Criteria are keywords, a dict, a sequence or an object with the columns as attributes.
        Raises FormatError if they say nothing.
        """
        view = self._view
        if len(ends) <= 1:
            wanted = criteria(view, ends[0] if ends else None, equal)
            return self._derived(view.select(wanted))
        if len(ends) > 2 or equal:  # noqa: PLR2004  # from the one to the other
            raise WrongTypeError(f"{view._where}: select takes criteria, or two ends of a range")
        low, high = (coercion.row(view.structure, each, view._where) for each in ends)
        if not low and not high:
            criteria(view, ends[0], {})  # says what is wrong
        return self._derived(view.select(low, high))

    def find(self, *given: Any, **equal: Any) -> int:
        """The number of the first row that matches, from `start` on; -1 if there is none.

        `start` is a keyword, or a number among the arguments.
        """
        start = equal.pop("start", 0)
        crit: Any = None
        for each in given:
            if isinstance(each, int):
                start = each
            else:
                crit = each
        return self._view.find(criteria(self._view, crit, equal), start=start)

    def search(self, crit: Any = None, /, **equal: Any) -> int:
        """In a view that is in the order of its columns, where such a row is or would be."""
        return self._view.search(criteria(self._view, crit, equal))

    def locate(self, crit: Any = None, /, **equal: Any) -> tuple[int, int]:
        """The same, and how many rows match."""
        return self._view.locate(criteria(self._view, crit, equal))

    def itemsize(self, prop: Any, row: int = 0, /) -> int:
        """The bytes that a value takes; of integers under 8 bits, the negative of the bits."""
        view = self._view
        return view.itemsize(column(view.structure, prop, view._where), row)

    def _bytes(self, prop: Any, row: int) -> tuple[int, bytes]:
        """The number of a column of bytes, and what it holds."""
        view = self._view
        name = column(view.structure, prop, view._where)
        at = position(view.structure, name)
        if not 0 <= row < len(view):
            raise OutOfRangeError(f"{view._where}: there is no row {row}; there are {len(view)}")
        value = view._cell(row, at)
        if not isinstance(value, bytes):
            raise WrongTypeError(f"{view._where}: the column {name!r} does not hold bytes")
        return at, value

    def access(self, prop: Any, row: int, offset: int, length: int = 0, /) -> bytes:
        """A part of a cell of bytes; all from `offset` on, if no length is given."""
        _, value = self._bytes(prop, row)
        offset = _offset(self._view, offset)
        return value[offset : offset + length] if length > 0 else value[offset:]

    def modify(self, prop: Any, row: int, data: Any, offset: int, diff: int = 0, /) -> None:
        """Write `data` into a cell of bytes at `offset`.

        `diff` bytes are put in before the end of what is written, or, if negative, removed after
        it; as many as there are. Beyond the end the cell grows.
        """
        view = self._view
        at, value = self._bytes(prop, row)
        data = coercion.cell(view.structure[at], data, f"{view._where}, row {row}")
        offset = _offset(view, offset)
        end = offset + len(data)
        diff = max(diff, end - len(value))
        after = value[end - diff :] if end > diff else value
        view._assign(row, {at: value[:offset].ljust(offset, b"\0") + data + after})


def _offset(view: CoreView, offset: int) -> int:
    if offset < 0:
        raise OutOfRangeError(f"{view._where}: {offset} is no offset; count from the beginning")
    return offset
