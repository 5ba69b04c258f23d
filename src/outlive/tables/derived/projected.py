"""Views with some columns of another, or other names for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import FormatError
from ..queries import Column
from ..schema import Property, Structure, checked, index_of
from ..view import View
from .base import Derived, Source, Trace, numbers, trace


class Projected(Derived):
    """The rows of the parent, of which `_pairs` names the columns: there, and here."""

    def __init__(self, name: str, view: View, pairs: Sequence[tuple[str, str]] | None) -> None:
        self._pairs = pairs
        self._there: list[int] = []
        super().__init__(name, view)

    def _wanted(self) -> Sequence[tuple[str, str]]:
        return self._pairs or ()

    def _restructured(self) -> Structure:
        view = self._parents[0]
        pairs = self._wanted()
        self._there = [index_of(view.structure, there, self._where) for there, _ in pairs]
        properties = (
            Property(here, view.structure[at].kind, view.structure[at].fields)
            for at, (_, here) in zip(self._there, pairs, strict=True)
        )
        return checked(properties, self._where)

    def __len__(self) -> int:
        return len(self._parents[0])

    def _make(self, column: int) -> Any:
        return self._parents[0]._array(self._there[column])

    def _cell(self, row: int, column: int) -> Any:
        self._version()
        return self._parents[0]._cell(row, self._there[column])

    def _trace(self) -> Trace:
        before = trace(self._parents[0])
        pairs = self._wanted()
        sources = tuple(
            Source(base, {here: names[there] for there, here in pairs if there in names})
            for base, names in before.sources
        )
        return before._replace(sources=sources)


def project(view: View, columns: Sequence[Column]) -> View:
    """These columns alone, in this order. Raises FormatError for one that is unknown, or twice."""
    names = [view.structure[each].name for each in numbers(view, columns)]
    return Projected(f"{view._where}.project", view, [(each, each) for each in names])


def project_without(view: View, columns: Sequence[Column]) -> View:
    """All columns but these. Raises FormatError for one that is not there."""
    without = {view.structure[each].name for each in numbers(view, columns)}
    names = [each.name for each in view.structure if each.name not in without]
    return Projected(f"{view._where}.project", view, [(each, each) for each in names])


def rename(view: View, old: Column, new: str) -> View:
    """The same with another name for a column. Raises FormatError if the name is taken."""
    return Renamed(view, view.structure[index_of(view.structure, old, view._where)].name, new)


class Renamed(Projected):
    """All columns of the parent, one by another name."""

    def __init__(self, view: View, old: str, new: str) -> None:
        if not isinstance(new, str):
            raise FormatError(f"{view._where}: the new name of {old!r} is a str, not {new!r:.80}")
        self._old, self._new = old, new
        super().__init__(f"{view._where}.rename", view, None)

    def _wanted(self) -> Sequence[tuple[str, str]]:
        view = self._parents[0]
        index_of(view.structure, self._old, view._where)
        names = [each.name for each in view.structure]
        return [(each, self._new if each == self._old else each) for each in names]
