"""The columns of a table, and how they change."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from . import building
from .arrow import pa
from .group import SIZE, Chunk, Group
from .grouped import Grouped
from .weight import HEAVY, LARGE, light, portions


class Columns(Grouped):
    """Rows in groups, by number; no checks, no names."""

    def set(self, row: int, column: int, value: Any) -> None:
        """Set a cell."""
        if row >= self.grouped:
            values = list(self.tail[row - self.grouped])
            values[column] = value
            self.tail[row - self.grouped] = tuple(values)
            return
        group, at = self.place(row)
        group.chunks[column].edits[at] = value
        self.dirty.add((group, column))
        self._whole.pop(column, None)
        if isinstance(value, (str, bytes)) and len(value) > LARGE:
            self._lighten(group)

    def _lighten(self, group: Group) -> None:
        """Split a group in which a large value was set, if it is too heavy now."""
        self._read(group)
        for column, prop in enumerate(self.structure):
            group.chunks[column].settle(prop)
        if group.count > 1 and group.weight() > HEAVY:
            self._split(self.groups.index(group), group.count // 2)
            self._reshaped()

    def _split(self, number: int, at: int) -> None:
        group = self.groups[number]
        rest = group.split(at, self.next_id)
        self.next_id += 1
        self.groups.insert(number + 1, rest)
        self._changed(group)
        self._changed(rest)

    def flush(self) -> None:
        """Put the tail into groups."""
        if self.tail:
            rows, self.tail = self.tail, []
            try:
                for portion in portions(self.structure, rows):
                    self._extend(building.table(self.structure, portion))
            except BaseException:
                self.tail = rows
                raise

    def extend(self, content: Any) -> None:
        """Add an Arrow table of the right schema at the end."""
        self.flush()
        self._extend(content)

    def _extend(self, content: Any) -> None:
        if not len(content):
            return
        start = 0
        last = self.groups[-1] if self.groups else None
        if last is not None and last.count < SIZE:
            start = min(SIZE - last.count, len(content))
            self._read(last)
            if last.weight() + content[:start].nbytes > HEAVY:
                start = 0
            else:
                self._splice(last, last.count, 0, content[:start])
        self.groups += self._new(content[start:])
        self._reshaped()

    def _new(self, content: Any) -> list[Group]:
        """Groups of new rows."""
        return [
            self._group(part)
            for at in range(0, len(content), SIZE)
            for part in light(content[at : at + SIZE])
        ]

    def _group(self, content: Any) -> Group:
        group = Group(self.next_id, len(content), [Chunk(_one(each)) for each in content.columns])
        self.next_id += 1
        self._changed(group)
        return group

    def _changed(self, group: Group) -> None:
        self.dirty.update((group, column) for column in range(len(self.structure)))

    def _reshaped(self) -> None:
        self._count()
        self._whole = {}
        self.shape += 1

    def _read(self, group: Group) -> None:
        for column in range(len(self.structure)):
            self.chunk(group, column)

    def _splice(self, group: Group, start: int, removed: int, content: Any) -> None:
        arrays = [_one(each) for each in content.columns] if content is not None else []
        group.splice(start, removed, arrays, 0 if content is None else len(content))
        self._changed(group)
        self._reshaped()

    def insert(self, row: int, content: Any) -> None:
        """Put an Arrow table before a row."""
        self.flush()
        if row == len(self):
            return self._extend(content)
        number = bisect_right(self.starts, row) - 1
        group, at = self.groups[number], row - self.starts[number]
        self._read(group)
        if group.count + len(content) <= 2 * SIZE and group.weight() + content.nbytes <= 2 * HEAVY:
            return self._splice(group, at, 0, content)
        if at:
            self._split(number, at)
            number += 1
        self.groups[number:number] = self._new(content)
        return self._reshaped()

    def delete(self, start: int, stop: int) -> None:
        """Take a run of rows away."""
        self.flush()
        starts = self.starts
        for number in range(bisect_right(starts, start) - 1, len(self.groups)):
            group, first = self.groups[number], starts[number]
            if first >= stop:
                break
            low, high = max(start - first, 0), min(stop - first, group.count)
            if high - low == group.count:
                self._drop(group)
            else:
                self._read(group)
                self._splice(group, low, high - low, None)
        self._sweep()

    def keep(self, mask: Any) -> None:
        """Take away the rows for which the NumPy array is false."""
        self.flush()
        for group, first in zip(list(self.groups), self.starts, strict=False):
            part = mask[first : first + group.count]
            kept = int(part.sum())
            if kept == 0:
                self._drop(group)
            elif kept < group.count:
                self._read(group)
                group.keep(part)
                self._changed(group)
        self._sweep()

    def is_scattered(self) -> bool:
        """Whether there are many more groups than the rows need, and `gather` can change that."""
        needed = len(self) // SIZE + 1
        return len(self.groups) > 2 * needed and not any(
            chunk.live for group in self.groups for chunk in group.chunks
        )

    def gather(self) -> None:
        """Put the rows into as few groups as they need."""
        content = self.arrow()
        for group in self.groups:
            self._drop(group)
        self.groups = self._new(content)
        self._reshaped()

    def _drop(self, group: Group) -> None:
        self.dropped.add(group.id)
        group.count = 0
        self.dirty.difference_update((group, column) for column in range(len(self.structure)))

    def _sweep(self) -> None:
        self.groups = [group for group in self.groups if group.count]
        self._reshaped()


def _one(column: Any) -> Any:
    """A chunked array as an array; without a copy, where it is one."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks() if column.num_chunks else pa.array([], type=column.type)
