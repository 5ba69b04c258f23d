"""`blocked`: many short subviews as one long view, as Metakit lays them out.

All rows of the parent but the last hold a block each, in their one column; the last holds the rows
that stand between the blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import FormatError
from .. import coerce
from ..arrow import pc
from ..coerce import Values
from ..schema import Kind, Structure
from ..slicing import numbers
from ..view import Origin, View
from .algorithms_text import Rows
from .base import (
    Derived,
    Source,
    Trace,
    field,
    rows_of,
)
from .taking import taken

LIMIT = 1000  # rows in a block, as in Metakit


def blocked(view: View) -> View:
    """The rows of all blocks as one view, which can be changed. Raises FormatError.

    `view` has one column, a subview, as in ``people[_B[name:S,age:I]]``.
    """
    return Blocked(f"{view._where}.blocked", view)


class Blocked(Derived):
    """The rows of the blocks, and between two of them one of the last subview."""

    def _restructured(self) -> Structure:
        view = self._parents[0]
        if len(view.structure) != 1 or view.structure[0].kind is not Kind.VIEW:
            raise FormatError(
                f"{self._where}: {view._where} needs one column, a subview, as in "
                f"'people[_B[name:S]]'; it has {view.structure}"
            )
        return Structure(view.structure[0].fields)

    def _places(self) -> tuple[Rows, Rows]:
        """Of each row its block, and its number there."""
        return self._keep("places", self._found)

    def _found(self) -> tuple[Rows, Rows]:
        lengths = pc.list_value_length(self._parents[0]._array(0)).to_pylist()
        blocks, within = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]

        def add(block: int, start: int, stop: int) -> None:
            blocks.append(np.full(stop - start, block, dtype=np.int64))
            within.append(np.arange(start, stop, dtype=np.int64))

        last = len(lengths) - 1
        for block in range(last):
            add(block, 0, lengths[block])
            if block < lengths[last]:
                add(last, block, block + 1)
        if last >= 0 and lengths[last] > last:
            add(last, last, lengths[last])
        return np.concatenate(blocks), np.concatenate(within)

    def __len__(self) -> int:
        return len(self._places()[0])

    def _make(self, column: int) -> Any:
        blocks, within = self._places()
        lists = self._parents[0]._array(0)
        lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
        starts = np.cumsum(lengths) - lengths
        return taken(field(lists, column), starts[blocks] + within)

    def _block(self, number: int) -> View:
        block: View = self._parents[0]._cell(number, 0)
        return block

    def _place(self, row: int) -> tuple[View, int]:
        blocks, within = self._places()
        return self._block(int(blocks[row])), int(within[row])

    def _cell(self, row: int, column: int) -> Any:
        block, at = self._place(row)
        return block._cell(at, column)

    def _origin(self, row: int) -> Origin:
        block, at = self._place(row)
        return block, at, {each.name: each.name for each in self._structure}

    def _trace(self) -> Trace:
        names = {each.name: each.name for each in self.structure}
        sources = [Source(self._block(each), names) for each in range(len(self._parents[0]))]
        return Trace(tuple(sources), *self._places())

    # -- changes

    def append(self, row: Any = (), /, **values: Any) -> int:
        """Add a row at the end, and return its index."""
        at = len(self)
        self._insert(at, self._coerced(row, values))
        return at

    def insert(self, index: int, row: Any = (), /, **values: Any) -> None:
        """Put a row before the one at `index`."""
        size = len(self)
        at = min(index, size) if index >= 0 else max(index + size, 0)
        self._insert(at, self._coerced(row, values))

    def extend(self, rows: Any, /) -> None:
        """Add rows at the end; none if one of them does not fit."""
        for each in rows_of(self, rows):
            self._insert(len(self), each)

    def _coerced(self, row: Any, values: Mapping[str, Any]) -> Values:
        where = f"{self._where}, new row"
        return coerce.given_row(self.structure, row, values, where)

    def __setitem__(self, index: Any, given: Any) -> None:
        at = self._index(index)
        values = coerce.row(self.structure, given, f"{self._where}, row {at}")
        self._assign(at, dict(enumerate(values)))

    def __delitem__(self, index: Any) -> None:
        if isinstance(index, slice):
            for at in sorted(range(*index.indices(len(self))), reverse=True):
                self._delete(at)
        else:
            self._delete(self._index(index))

    def remove(self, subset: Any, /) -> None:
        """Take away the rows whose numbers `subset` holds. Raises IndexError."""
        for at in sorted(map(self._index, set(numbers(self, subset).tolist())), reverse=True):
            self._delete(at)

    def _insert(self, at: int, values: Values) -> None:
        parent = self._parents[0]
        while len(parent) < 2:  # noqa: PLR2004  # one block, and what stands between blocks
            parent.append()
        number, within = self._slot(at)
        self._block(number).insert(within, list(values))
        if len(self._block(number)) > LIMIT:
            self._split(number, LIMIT - 1 if at == len(self) - 1 else LIMIT // 2)

    def _slot(self, at: int) -> tuple[int, int]:
        """The block that a row before `at` goes into, and where there."""
        last = len(self._parents[0]) - 1
        for number in range(last):
            size = len(self._block(number))
            if at <= size:
                return number, at
            at -= size + 1
        return last, at + last

    def _split(self, number: int, at: int) -> None:
        """Make two blocks of one: the row at `at` stands between them."""
        parent = self._parents[0]
        block = self._block(number)
        middle, rest = list(block[at]), block[at + 1 :]._arrow()
        parent.insert(number + 1, [rest])
        del block[at:]
        self._block(len(parent) - 1).insert(number, middle)

    def _delete(self, at: int) -> None:
        last = len(self._parents[0]) - 1
        blocks, within = self._places()
        number, there = int(blocks[at]), int(within[at])
        block = self._block(number)
        if number == last and there < last - 1:
            self._join_blocks(block, there)
        else:
            del block[there]

    def _join_blocks(self, between: View, number: int) -> None:
        """Let another row stand between two blocks, or make one block of them."""
        before, after = self._block(number), self._block(number + 1)
        if len(after):
            between[number] = list(after[0])
            del after[0]
        elif len(before):
            between[number] = list(before[-1])
            del before[-1]
        else:
            del between[number]
            del self._parents[0][number + 1]
