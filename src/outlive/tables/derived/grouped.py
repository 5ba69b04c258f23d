"""One row for each content of some columns: `groupby` and `counts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import building
from ..arrow import pa
from ..queries import Column
from ..schema import INTEGERS, Kind, Property, Structure, arrow_type, checked, index_of
from ..view import View
from .algorithms_group import Groups, firsts_and_counts, firsts_and_counts_of, groups
from .algorithms_order import row_codes
from .algorithms_text import Codes, Rows
from .base import (
    Derived,
    numbers,
)
from .fixed import held
from .picked import Selected
from .projected import Projected, project_without
from .taking import taken


def groupby(view: View, columns: Sequence[Column], name: str) -> View:
    """One row for each content of `columns`, in their order, with a subview `name` of the others.

    The rows of the subview are live, and can be set; which rows there are cannot. Raises
    FormatError for an unknown column, and if `name` is taken.
    """
    return Grouped(view, f"{view._where}.groupby", columns, name)


def counts(view: View, columns: Sequence[Column], name: str) -> View:
    """One row for each content of `columns`, in their order, and in `name` how many rows have it.

    Raises FormatError for an unknown column, and if `name` is taken.
    """
    return Counted(view, f"{view._where}.counts", columns, name)


class _ByKeys(Derived):
    """One row for each content of the key columns."""

    def __init__(self, view: View, what: str, columns: Sequence[Column], name: str) -> None:
        self._keys = [view.structure[each].name for each in numbers(view, columns)]
        self._result = name
        self._there: list[int] = []
        super().__init__(what, view)

    def _added(self) -> Property:
        """The column that comes after the keys."""
        raise NotImplementedError

    def _restructured(self) -> Structure:
        view = self._parents[0]
        self._there = [index_of(view.structure, each, self._where) for each in self._keys]
        return checked((*(view.structure[at] for at in self._there), self._added()), self._where)

    def _codes(self) -> Codes:
        self._version()
        view = self._parents[0]
        keys = [(view._array(at), view.structure[at]) for at in self._there]
        return row_codes(keys, len(view))

    def _firsts(self) -> Rows:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._firsts())

    def _make(self, column: int) -> Any:
        if column < len(self._there):
            return taken(self._parents[0]._array(self._there[column]), self._firsts())
        return self._results()

    def _cell(self, row: int, column: int) -> Any:
        first = int(self._firsts()[row])
        if column < len(self._there):
            value = self._parents[0]._cell(first, self._there[column])
            return held(self._structure[column], value, self._where)
        return self._result_of(row)

    def _results(self) -> Any:
        raise NotImplementedError

    def _result_of(self, row: int) -> Any:
        raise NotImplementedError


class Counted(_ByKeys):
    """How many rows there are of each content."""

    def _added(self) -> Property:
        return Property(self._result, Kind.INT)

    def _found(self) -> tuple[Rows, Rows]:
        return self._keep("found", self._count)

    def _count(self) -> tuple[Rows, Rows]:
        view = self._parents[0]
        if len(self._there) == 1 and view.structure[self._there[0]].kind in INTEGERS:
            found = firsts_and_counts_of(view._array(self._there[0]))
            if found is not None:
                return found
        return firsts_and_counts(self._codes())

    def _firsts(self) -> Rows:
        return self._found()[0]

    def _results(self) -> Any:
        return pa.chunked_array([pa.array(self._found()[1].astype(np.int32))])

    def _result_of(self, row: int) -> int:
        return int(self._found()[1][row])


class Grouped(_ByKeys):
    """The rows of each content as a subview."""

    def _rest(self) -> list[int]:
        structure = self._parents[0].structure
        return [at for at, each in enumerate(structure) if each.name not in self._keys]

    def _added(self) -> Property:
        structure = self._parents[0].structure
        return Property(self._result, Kind.VIEW, tuple(structure[at] for at in self._rest()))

    def _groups(self) -> Groups:
        return self._keep("groups", lambda: groups(self._codes()))

    def _firsts(self) -> Rows:
        return self._keep("firsts", lambda: self._groups().firsts())

    def _results(self) -> Any:
        view, found, prop = self._parents[0], self._groups(), self._structure[-1]
        columns = [taken(view._array(at), found.order) for at in self._rest()]
        content = building.from_arrays(prop.fields, columns, len(view))
        lists = pa.ListArray.from_arrays(
            pa.array(found.starts.astype(np.int32)),
            building.struct(prop.fields, content),
            type=arrow_type(prop),
        )
        return pa.chunked_array([lists])

    def _result_of(self, row: int) -> View:
        view, first = self._parents[0], int(self._firsts()[row])
        values = [view._cell(first, at) for at in self._there]
        rows = self._groups().rows(row)
        if any(isinstance(value, View) for value in values):
            # As they are now: a key that is a subview could change.
            kept = [value._arrow() if isinstance(value, View) else value for value in values]
            group = Selected(view, dict(zip(self._keys, kept, strict=True)), {}, {})
            group._where = f"{view._where}, a group"
            return project_without(group, self._keys)
        return Rest(Group(self, values, rows), self)


class Group(Selected):
    """The rows of a group: those with its keys. It knows them at once, until something changes.

    There may be many, so it takes over what the view of the groups knows of their parent.
    """

    def __init__(self, of: Grouped, values: Sequence[Any], rows: Rows) -> None:
        self._where = f"{of._parents[0]._where}, a group"
        self._parents, self._seen, self._shapes = of._parents, of._seen, of._shapes
        self._structure = of._shapes[0]
        self._changes = 0
        self._kept = {"rows": rows}
        self._given = (dict(zip(of._keys, values, strict=True)), {}, {})
        self._bounds = [(at, each, each) for at, each in zip(of._there, values, strict=True)]


class Rest(Projected):
    """The columns of a group that are not its keys; it takes over likewise."""

    def __init__(self, group: Group, of: Grouped) -> None:
        self._where = f"{group._where}.project"
        self._parents, self._seen, self._shapes = (group,), (group._changes,), of._shapes
        fields = of._structure[-1].fields
        self._structure = Structure(fields)
        self._changes = 0
        self._kept = {}
        self._pairs = [(each.name, each.name) for each in fields]
        self._there = of._rest()
