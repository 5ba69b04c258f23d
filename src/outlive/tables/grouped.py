"""The rows of a table in memory: groups, and a tail of rows that are in no group yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from . import building
from .arrow import pa
from .coerce import Values
from .group import Chunk, Group
from .schema import Property, arrow_type

# Reads one column of a group; the arguments are the number of the column and the group.
Load = Callable[[int, Group], Any]


class Grouped:
    """Rows in groups, by number; no checks, no names. `dirty` are the chunks that were changed.

    `shape` counts the changes to which groups there are, or how many rows they have.
    """

    def __init__(
        self,
        structure: Sequence[Property],
        load: Load | None = None,
        groups: Sequence[Group] = (),
    ) -> None:
        self.structure = tuple(structure)
        self.groups: list[Group] = list(groups)
        self.tail: list[Values] = []
        self.dirty: set[tuple[Group, int]] = set()
        self.dropped: set[int] = set()  # the ids of groups
        self.shape = 0
        self.next_id = 0
        self._load = load
        self._loaded: list[Chunk] = []
        self._count()
        self._whole: dict[int, Any] = {}  # column: its chunked array

    def __len__(self) -> int:
        return self.grouped + len(self.tail)

    def place(self, row: int) -> tuple[Group, int]:
        """The group of a row that is in one, and its number in it."""
        at = bisect_right(self.starts, row) - 1
        return self.groups[at], row - self.starts[at]

    # -- reading

    def chunk(self, group: Group, column: int) -> Chunk:
        """A chunk whose array was read."""
        chunk = group.chunks[column]
        if chunk.array is None:
            if self._load is None:
                chunk.array = building.defaults(self.structure[column], group.count)
            else:
                chunk.array = self._load(column, group)
                self._loaded.append(chunk)
        return chunk

    def get(self, row: int, column: int) -> Any:
        """A value; a subview as a list of tuples or an Arrow table, or the live one."""
        if row >= self.grouped:
            return self.tail[row - self.grouped][column]
        group, at = self.place(row)
        chunk = group.chunks[column]
        if at in chunk.edits:
            return chunk.edits[at]
        if chunk.live and (found := chunk.live.get(at)) is not None:
            return found
        return building.python(self.structure[column], self.chunk(group, column).array[at])

    def whole(self, column: int) -> Any:
        """A column as a chunked array."""
        self.flush()
        if column not in self._whole:
            prop = self.structure[column]
            chunks = [self.chunk(group, column).settle(prop) for group in self.groups]
            self._whole[column] = pa.chunked_array(chunks, type=arrow_type(prop))
        return self._whole[column]

    def run(self, row: int) -> tuple[int, int]:
        """From where to where the group of a row goes, or the tail."""
        if row >= self.grouped:
            return self.grouped, len(self)
        group, at = self.place(row)
        return row - at, row - at + group.count

    def values(self, start: int, stop: int, column: int) -> list[Any]:
        """The values of a column in such a run, which has no subviews."""
        if start >= self.grouped:
            return [row[column] for row in self.tail[: stop - start]]
        prop = self.structure[column]
        found: list[Any] = []
        while start < stop:
            group, at = self.place(start)
            array = self.chunk(group, column).settle(prop)[at : at + stop - start]
            found += building.pythons(prop, array, "")
            start += len(array)
        return found

    def release(self) -> None:
        """Let go of what was read, and can be read again."""
        kept = {id(group.chunks[column]) for group, column in self.dirty}
        for chunk in self._loaded:
            if id(chunk) not in kept:
                chunk.array = None
        self._loaded = []
        self._whole = {}

    def written(self) -> None:
        """All that was changed can be read from now on."""
        for group, column in self.dirty:
            chunk = group.chunks[column]
            chunk.array, chunk.edits, chunk.is_new = None, {}, False
        self.dirty = set()
        self.dropped = set()
        self.shape = 0
        self.release()

    def restructure(self, structure: Sequence[Property], dirty: set[tuple[Group, int]]) -> None:
        """Have other columns; the groups have their chunks already."""
        self.structure = tuple(structure)
        self.dirty = dirty
        self._whole = {}

    def arrow(self) -> Any:
        """All as an Arrow table."""
        arrays = [self.whole(column) for column in range(len(self.structure))]
        return building.from_arrays(self.structure, arrays, len(self))

    def _count(self) -> None:
        # The first row of each group; and where the tail begins.
        self.starts = list(accumulate((each.count for each in self.groups), initial=0))
        self.grouped = self.starts[-1]

    def flush(self) -> None:
        """Put the tail into groups."""
        raise NotImplementedError
