"""What changed from one document to another, and how the changes of two sides come together.

Every part first gets a number, the same for the same value, so that comparing costs nothing at any
depth. Then the containers that differ are gone through level by level: without recursion, and with
paths that no later change in a container above moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from ..formats.equality import aligned
from ..live.change import Change, Key

_Path: TypeAlias = tuple[Key, ...]
_Dict: TypeAlias = dict[Any, Any]
_List: TypeAlias = list[Any]
_Content: TypeAlias = frozenset[object]

_MISSING = object()
_SMALL = 100_000  # comparisons to find what a list's items turned into; more take too long


class Merged(NamedTuple):
    """What `merge` made: the document, and the paths in it where both sides had changed.

    A path leads to an entry of a dict (that may be gone), to an item of a list, or to a list in
    which no single item can be named.
    """

    value: _Dict
    conflicts: list[_Path]


def changes(old: _Dict, new: _Dict) -> list[Change]:
    """The changes that, made one after the other, turn `old` into `new` but for the order of keys.

    A container that is in both stays, and is changed inside. The values are parts of `new`, not
    copies.

    >>> changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}})
    [Change(kind='set', path=('a',), key='c', value=3)]
    """
    return _Difference().of(old, new)


def merge(base: _Dict, ours: _Dict, theirs: _Dict) -> Merged:
    """Bring together what two sides made of `base`; where both changed the same, ours stands.

    What they inserted into a list at one point is kept from both, theirs first. Nothing that is
    given is changed; the result shares parts with it.

    >>> merge({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1}, {"a": 1, "b": 3, "c": 3})
    Merged(value={'a': 2, 'b': 2, 'c': 3}, conflicts=[('b',)])
    """
    return _Merging().of(base, ours, theirs)


class _Hunk(NamedTuple):
    """A change of a list: items `begin` to `end` of the old become `start` to `stop` of the new."""

    begin: int
    end: int
    start: int
    stop: int


_Region: TypeAlias = tuple[int, int, list[_Hunk], list[_Hunk]]  # begin, end, by us, by them


class _Numbers:
    """A number for each value: two values have the same exactly if they are the same, to the type.

    The values must live as long as this, and may not change.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._containers: dict[int, int] = {}  # by id, so that each is gone through once

    def of(self, value: object) -> int:
        """One frame of Python per level, so that the deepest document does not need too many."""
        if not isinstance(value, (dict, list)):
            content = repr(value) if isinstance(value, float) else value
            return self._numbers.setdefault((type(value), content), len(self._numbers))
        number = self._containers.get(id(value))
        if number is None:
            content = frozenset(self._content(value))
            number = self._numbers.setdefault((type(value), content), len(self._numbers))
            self._containers[id(value)] = number
        return number

    def _content(self, item: object) -> Iterable[object]:
        if isinstance(item, dict):
            return zip(map(type, item), item, map(self.of, item.values()), strict=True)
        return enumerate(map(self.of, item)) if isinstance(item, list) else ()

    def hunks(self, old: _List, new: _List) -> list[_Hunk]:
        """How one list becomes another, in order, with one hunk per item where that is possible."""
        before: list[object] = list(map(self.of, old))
        after: list[object] = list(map(self.of, new))
        partners, _ = aligned(before, after)
        kept = [(i, j) for i, j in enumerate(partners) if j >= 0 and before[i] == after[j]]
        found: list[_Hunk] = []
        a = c = 0
        for i, j in [*kept, (len(old), len(new))]:
            if a < i or c < j:
                found += self._split(old, new, _Hunk(a, i, c, j))
            a, c = i + 1, j + 1
        return found

    def _split(self, old: _List, new: _List, hunk: _Hunk) -> Iterator[_Hunk]:
        a, b, c, d = hunk
        for i, j in [*self._similar(old, new, hunk), (b, d)]:
            yield from _singles(a, i, c, j)
            if i < b:
                yield _Hunk(i, i + 1, j, j + 1)
            a, c = i + 1, j + 1

    def _similar(self, old: _List, new: _List, hunk: _Hunk) -> list[tuple[int, int]]:
        """Which containers turned into which: those pairs that have the most content in common."""
        a, b, c, d = hunk
        before = [frozenset(self._content(item)) for item in old[a:b] if c < d]
        if not any(before) or sum(map(len, before), b - a) * (d - c) > _SMALL:
            return []
        after = [frozenset(self._content(item)) for item in new[c:d]]
        return [(a + i, c + j) for i, j in _best_pairs(before, after)]


def _singles(a: int, b: int, c: int, d: int) -> list[_Hunk]:
    """One hunk per item if all go or as many come as go, as each stands for itself; else one."""
    if c != d and b - a != d - c:
        return [_Hunk(a, b, c, d)]
    width = 1 if c < d else 0
    return [_Hunk(a + i, a + i + 1, c + i * width, c + (i + 1) * width) for i in range(b - a)]


def _best_pairs(before: list[_Content], after: list[_Content]) -> list[tuple[int, int]]:
    """Pairs in the order of both lists, of which the two have the most in common in all."""
    common = [[len(x & y) for y in after] for x in before]
    best = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]  # from (i, j) to the ends
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            paired = common[i][j] + best[i + 1][j + 1]
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if common[i][j] and best[i][j] == common[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _typed(value: _Dict) -> dict[tuple[type, Any], Any]:
    """The entries under keys of which 1, 1.0 and True are three."""
    return {(type(key), key): item for key, item in value.items()}


class _Difference:
    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._found: list[Change] = []
        self._open: list[tuple[_Path, Any, Any]] = []

    def of(self, old: _Dict, new: _Dict) -> list[Change]:
        if self._numbers.of(old) != self._numbers.of(new):
            self._open.append(((), old, new))
        for path, before, after in self._open:  # it grows meanwhile
            if isinstance(before, dict):
                self._dict(path, before, after)
            else:
                self._list(path, before, after)
        return self._found

    def _dict(self, path: _Path, old: _Dict, new: _Dict) -> None:
        before, after = _typed(old), _typed(new)
        gone = [key for typed, key in before if (typed, key) not in after]
        self._found += [Change("delete", path, key) for key in gone]
        for typed, value in after.items():
            self._turn(path, typed[1], typed[1], before.get(typed, _MISSING), value)

    def _list(self, path: _Path, old: _List, new: _List) -> None:
        # From the end, so that each index is still the old one, and a list is cut short fast.
        for a, b, c, d in reversed(self._numbers.hunks(old, new)):
            both = min(b - a, d - c)
            self._found += [Change("delete", path, i) for i in reversed(range(a + both, b))]
            more = range(both, d - c)
            self._found += [Change("insert", path, a + i, new[c + i]) for i in more]
            for i in range(both):
                self._turn(path, a + i, c + i, old[a + i], new[c + i])

    def _turn(self, path: _Path, key: Key, new_key: Key, old: object, new: object) -> None:
        """Where `key` is, `old` becomes `new`; when all changes here are made, `new_key` is it."""
        if self._numbers.of(old) == self._numbers.of(new):
            return
        if type(old) is type(new) and isinstance(old, (dict, list)):
            self._open.append(((*path, new_key), old, new))
        else:
            self._found.append(Change("set", path, key, new))


class _Merging:
    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._conflicts: list[_Path] = []
        self._open: list[tuple[_Path, Any, Any, Any, Any]] = []

    def of(self, base: _Dict, ours: _Dict, theirs: _Dict) -> Merged:
        value: Any = self._value((), base, ours, theirs)
        for path, result, *sides in self._open:  # it grows meanwhile
            if isinstance(result, dict):
                self._dict(path, result, *sides)
            else:
                self._list(path, result, *sides)
        return Merged(value, list(dict.fromkeys(self._conflicts)))  # each path once

    def _value(self, path: _Path, base: object, ours: object, theirs: object) -> object:
        """What stands at `path`; a container that both changed is empty, and filled later."""
        before, mine, other = map(self._numbers.of, (base, ours, theirs))
        if other in (before, mine):
            return ours
        if mine == before:
            return theirs
        result: _Dict | _List
        if isinstance(ours, dict) and isinstance(theirs, dict):
            result, base = {}, base if isinstance(base, dict) else {}
        elif isinstance(base, list) and isinstance(ours, list) and isinstance(theirs, list):
            result = []
        else:
            self._conflicts.append(path)
            return ours
        self._open.append((path, result, base, ours, theirs))
        return result

    def _dict(self, path: _Path, result: _Dict, base: _Dict, ours: _Dict, theirs: _Dict) -> None:
        sides = _typed(base), _typed(ours), _typed(theirs)
        for typed in sides[2] | sides[1]:
            key, here = typed[1], (*path, typed[1])
            value = self._value(here, *[side.get(typed, _MISSING) for side in sides])
            if value is _MISSING:
                continue
            if key in result:  # theirs, added with a key of another type that Python finds equal
                del result[key]
                self._conflicts.append(here)
            result[key] = value

    def _list(self, path: _Path, result: _List, base: _List, ours: _List, theirs: _List) -> None:
        done = 0
        mine, other = self._numbers.hunks(base, ours), self._numbers.hunks(base, theirs)
        for begin, end, by_us, by_them in _regions(mine, other):
            result += base[done:begin]
            done = end
            our_part = _replaced(base, begin, end, ours, by_us)
            their_part = _replaced(base, begin, end, theirs, by_them)
            if by_us and by_them:
                here = (*path, len(result))
                result += self._both(path, here, base[begin:end], our_part, their_part)
            else:
                result += our_part if by_us else their_part
        result += base[done:]

    def _both(self, path: _Path, here: _Path, base: _List, ours: _List, theirs: _List) -> _List:
        if list(map(self._numbers.of, ours)) == list(map(self._numbers.of, theirs)):
            return ours
        if not base:
            return theirs + ours
        if len(base) == len(ours) == len(theirs) == 1:
            return [self._value(here, base[0], ours[0], theirs[0])]
        self._conflicts.append(here if len(ours) == 1 else path)
        return ours


def _regions(ours: list[_Hunk], theirs: list[_Hunk]) -> list[_Region]:
    """The hunks of both sides in order, together where they overlap or insert at one point."""
    regions: list[_Region] = []
    hunks = [(hunk, 0) for hunk in ours] + [(hunk, 1) for hunk in theirs]
    for hunk, side in sorted(hunks, key=lambda pair: pair[0][:2]):
        begin, end = hunk[:2]
        sides: tuple[list[_Hunk], list[_Hunk]] = ([], [])
        if regions and (begin < regions[-1][1] or (begin, end) == regions[-1][:2]):
            begin, previous_end, *_ = regions[-1]
            end, sides = max(end, previous_end), regions.pop()[2:]
        sides[side].append(hunk)
        regions.append((begin, end, *sides))
    return regions


def _replaced(base: _List, begin: int, end: int, new: _List, hunks: list[_Hunk]) -> _List:
    """The items of `base` from `begin` to `end` with the hunks of one side put in."""
    items: _List = []
    for a, b, c, d in hunks:
        items += base[begin:a] + new[c:d]
        begin = b
    return items + base[begin:end]
