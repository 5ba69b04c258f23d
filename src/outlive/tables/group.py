"""A group: a run of rows of a table, and of each column what is known of it in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from . import building
from .arrow import np, pa
from .schema import FLOATS, INTEGERS, Property

if TYPE_CHECKING:
    from .subview import Subview

SIZE = 16_384  # rows

_NUMBERS = INTEGERS | FLOATS
_FEW = 100  # values, between which the others go over in pieces


class Chunk:
    """One column of one group: an array, which may not be read yet, and what was set since.

    Subviews that somebody holds are in `live`; those that were changed are in `edits` too. What
    the file has is the array alone, unless that `is_new`.
    """

    __slots__ = ("array", "edits", "is_new", "live")

    def __init__(self, array: Any = None) -> None:
        self.array = array
        self.is_new = array is not None
        self.edits: dict[int, Any] = {}
        self.live: WeakValueDictionary[int, Subview] | None = None

    def settle(self, prop: Property) -> Any:
        """The array with what was set; only called once it was read."""
        if self.edits:
            self.become(replaced(prop, self.array, self.edits))
            self.edits = {}
        return self.array

    def become(self, array: Any) -> None:
        """Have another array, which is not in the file."""
        self.array = array
        self.is_new = True

    def move(self, move: Callable[[int], int | None]) -> None:
        """Let what was set, and the live subviews, go where their rows go."""
        self.edits = _moved(self.edits, move)
        if self.live is not None:
            self.live = WeakValueDictionary(_moved(dict(self.live), move))


def _moved(values: Mapping[int, Any], move: Callable[[int], int | None]) -> dict[int, Any]:
    return {after: each for at, each in values.items() if (after := move(at)) is not None}


def replaced(prop: Property, array: Any, edits: Mapping[int, Any]) -> Any:
    """The array with some values in the place of others."""
    rows = sorted(edits)
    new = building.array(prop, [edits[row] for row in rows])
    if prop.kind in _NUMBERS:
        values = array.to_numpy().copy()
        values[rows] = new.to_numpy()
        return pa.array(values)
    if len(rows) <= _FEW:
        starts = [0, *(row + 1 for row in rows)]
        parts = [
            part
            for number, row in enumerate(rows)
            for part in (array[starts[number] : row], new[number : number + 1])
        ]
        return pa.concat_arrays([*parts, array[starts[-1] :]])
    order = np.arange(len(array))
    order[rows] = np.arange(len(array), len(array) + len(rows))
    return pa.concat_arrays([array, new]).take(pa.array(order))


class Group:
    """`count` rows; `id` is its name in the storage."""

    __slots__ = ("chunks", "count", "id")

    def __init__(self, id: int, count: int, chunks: list[Chunk]) -> None:
        self.id = id
        self.count = count
        self.chunks = chunks

    def weight(self) -> int:
        """The bytes of its heaviest column. All was read before."""
        return max((chunk.array.nbytes for chunk in self.chunks), default=0)

    def splice(self, start: int, removed: int, arrays: Sequence[Any], inserted: int) -> None:
        """Put `arrays`, of `inserted` rows, in the place of `removed` rows. All was read before."""
        stop, shift = start + removed, inserted - removed

        def move(at: int) -> int | None:
            return at if at < start else None if at < stop else at + shift

        for column, chunk in enumerate(self.chunks):
            between = [arrays[column]] if inserted else []
            chunk.become(pa.concat_arrays([chunk.array[:start], *between, chunk.array[stop:]]))
            chunk.move(move)
        self.count += shift

    def keep(self, mask: Any) -> None:
        """Keep the rows for which the NumPy array is true. All was read before."""
        places = np.cumsum(mask) - 1

        def move(at: int) -> int | None:
            return int(places[at]) if mask[at] else None

        for chunk in self.chunks:
            chunk.become(chunk.array.filter(pa.array(mask)))
            chunk.move(move)
        self.count = int(mask.sum())

    def split(self, at: int, id: int) -> Group:
        """Keep what is before `at`, and return a group with the rest. All was read before."""
        rest = []
        for chunk in self.chunks:
            other = Chunk(chunk.array[at:])
            other.edits, other.live = chunk.edits, chunk.live
            other.move(lambda row: row - at if row >= at else None)
            rest.append(other)
            chunk.become(chunk.array[:at])
            chunk.move(lambda row: row if row < at else None)
        group = Group(id, self.count - at, rest)
        self.count = at
        return group
