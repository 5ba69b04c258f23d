"""The live list: a real one, which reports each change by path before it makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index as as_index
from typing import Any, ClassVar, Self, SupportsIndex, TypeAlias

from .change import Change, Key, Kind
from .changing import make
from .node import Node, Root, path_of
from .values import plain

_Step: TypeAlias = tuple[Kind, int, Any]
_MORE = {"set": 0, "insert": 1, "delete": -1}  # items, after a step


class LiveList(list[Any]):
    """A list inside a State."""

    __slots__ = ("_live_key", "_live_parent", "_live_root", "_live_shift")
    _live_key: Any
    _live_parent: Node | None
    _live_root: Root
    _live_shift: int  # by how much most items have moved since they were put in
    _live_fit: ClassVar[Callable[[Node, tuple[Key, ...], Key, object], Any]]

    def __new__(cls, /, *values: Any) -> Any:
        """A plain list, as `dataclasses.asdict` wants one: a live one has its place in a state."""
        return list(*values)

    def __setitem__(self, index: Any, value: Any) -> None:
        with self._live_root.lock:
            if isinstance(index, slice):
                self._set_slice(index, value)
                return
            at = self._at(index, "list assignment index out of range")
            if self[at] is value:
                return
            path = path_of(self)
            value = self._live_fit(path, at, value)
            make(self, [Change("set", path, at, value)], list.__setitem__, at, value)

    def __delitem__(self, index: Any) -> None:
        with self._live_root.lock:
            if isinstance(index, slice):
                gone = sorted(range(*index.indices(len(self))), reverse=True)
            else:
                gone = [self._at(index, "list assignment index out of range")]
            self._change([("delete", at, None) for at in gone], list.__delitem__, index)

    def append(self, value: object) -> None:
        """As for a list."""
        with self._live_root.lock:
            self.insert(len(self), value)

    def insert(self, index: SupportsIndex, value: object) -> None:
        """As for a list."""
        with self._live_root.lock:
            end, at = len(self), as_index(index)
            at = max(at + end, 0) if at < 0 else min(at, end)
            path = path_of(self)
            value = self._live_fit(path, at, value)
            make(self, [Change("insert", path, at, value)], list.insert, at, value)
            if 2 * at < end:  # more than half have moved
                self._live_shift += 1

    def extend(self, values: Iterable[object]) -> None:
        """As for a list: all of it is kept, or nothing."""
        with self._live_root.lock:
            self[len(self) :] = values

    def pop(self, index: SupportsIndex = -1) -> Any:
        """As for a list; what is returned is plain."""
        with self._live_root.lock:
            if not self:
                raise IndexError("pop from empty list")
            at = self._at(index, "pop index out of range")
            value = self[at]
            del self[at]
            return plain(value)

    def remove(self, value: object) -> None:
        """As for a list."""
        with self._live_root.lock:
            del self[self.index(value)]

    def clear(self) -> None:
        """As for a list."""
        del self[:]

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """As for a list."""
        with self._live_root.lock:
            self._reorder(sorted(self, key=key, reverse=reverse))

    def reverse(self) -> None:
        """As for a list."""
        with self._live_root.lock:
            self._reorder(self[::-1])

    def __iadd__(self, values: Iterable[object]) -> Self:  # type: ignore[misc]  # as in list
        self.extend(values)
        return self

    def __imul__(self, times: SupportsIndex) -> Self:
        with self._live_root.lock:
            if as_index(times) <= 0:
                self.clear()
            else:
                self.extend(list(self) * (as_index(times) - 1))
            return self

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, _: object) -> list[Any]:
        copied: list[Any] = plain(self)
        return copied

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return list, (plain(self),)

    def _at(self, index: SupportsIndex, message: str) -> int:
        at = as_index(index)
        at += len(self) if at < 0 else 0
        if not 0 <= at < len(self):
            raise IndexError(message)
        return at

    def _set_slice(self, index: slice, values: Iterable[object]) -> None:
        given, places = list(values), range(*index.indices(len(self)))
        if places.step != 1 and len(places) != len(given):
            list(self)[index] = given  # raises what a list raises
        path, old = path_of(self), {id(self[at]) for at in places}
        items: list[Any] = []
        for number, value in enumerate(given):
            if id(value) in old:
                old.remove(id(value))  # it only moves: `x[:] = [y for y in x if …]`
                items.append(value)
            else:
                at = places.start + number * places.step
                items.append(self._live_fit(path, at, value))
        shorter = min(len(places), len(items)) if places.step == 1 else len(items)
        changes: list[_Step] = []
        for number, item in enumerate(items):
            at = places.start + number * places.step
            changes.append(("set" if number < shorter else "insert", at, item))
        changes += [("delete", at, None) for at in reversed(places[shorter:])]
        self._change(changes, list.__setitem__, index, items)

    def _change(self, steps: list[_Step], apply: Callable[..., None], *arguments: Any) -> None:
        """Make a change that takes some steps, or the whole list where that is shorter."""
        path, before = path_of(self), len(self)
        more = sum(_MORE[kind] for kind, _, _ in steps)
        is_whole = len(steps) > 1 and len(steps) >= before + more
        if is_whole:
            after = list(self)
            apply(after, *arguments)
            changes = [Change("set", path[:-1], path[-1], after)]
        else:
            changes = [Change(kind, path, at, value) for kind, at, value in steps]
        make(self, changes, apply, *arguments)
        if is_whole:
            self._note_places()
        elif more and 2 * steps[-1][1] < before:  # more than half have moved
            self._live_shift += more

    def _note_places(self) -> None:
        """Tell all items where they are, when many have moved."""
        self._live_shift = 0
        for at, item in enumerate(self):
            if isinstance(item, dict | list):
                object.__setattr__(item, "_live_key", at)

    def _reorder(self, items: list[Any]) -> None:
        if any(a is not b for a, b in zip(self, items, strict=True)):
            path = path_of(self)
            change = Change("set", path[:-1], path[-1], items)
            make(self, [change], list.__setitem__, slice(None), items)
            self._note_places()
