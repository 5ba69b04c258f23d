"""What a conversion loses: noted one by one, then refused, or said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any

from ...errors import FormatError
from .. import inside
from ..main import say
from ..output import visible
from ..values import as_text

_REFUSED, _SAID = 5, 50  # losses that are named
_SHOWN = 60  # characters of a value

Loss = tuple[Sequence[Any], str]  # the keys that lead to it, and what becomes of it


class Losses:
    """Takes a note of each loss. `settle` refuses them, unless they are allowed."""

    def __init__(self, source: str, target: str, *, is_allowed: bool) -> None:
        self._source, self._target = source, target
        self._is_allowed = is_allowed
        self._known: list[str] = []
        self._count = 0

    def add(self, what: str) -> None:
        """Note a loss. Raises FormatError if none is allowed, and there are enough to name."""
        self._count += 1
        if len(self._known) < _SAID:
            self._known.append(visible(what))
        if not self._is_allowed and self._count > _REFUSED:
            raise self._refused()

    def add_all(self, losses: Iterator[Loss], *, start: str = "") -> None:
        """Note losses within a value; `start` says which, if there are several."""
        for keys, what in losses:
            where = inside.write(keys) if keys or not start else ""
            self.add(", ".join(filter(None, (start, where))) + f": {what}")

    def settle(self) -> None:
        """Raise FormatError, naming what would be lost, if anything would and that is refused."""
        if self._count and not self._is_allowed:
            raise self._refused()

    def _refused(self) -> FormatError:
        more = "; and more" if self._count > _REFUSED else ""
        return FormatError(
            f"{self._source} cannot become {self._target} as it is: "
            f"{'; '.join(self._known[:_REFUSED])}{more}. Nothing was written; --lossy converts it "
            "all the same, and says what was lost"
        )

    def said(self) -> None:
        """Say what was lost."""
        for each in self._known:
            say(f"lost: {each}")
        if self._count > len(self._known):
            say(f"lost: {self._count - len(self._known):,} more")


def named(value: object) -> str:
    """A value with its type, for a person.

    >>> named((1, 2)), named("x" * 99)
    ('tuple (1, 2)', 'text xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…')
    """
    if value is None:
        return "null"
    try:
        shown = repr(value) if isinstance(value, list | tuple | dict | set) else as_text(value)
    except Exception:  # noqa: BLE001  # an object's own repr may raise anything
        shown = "…"
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return f"{'text' if type(value) is str else type(value).__name__} {shown}"


def differences(old: object, new: object) -> Iterator[Loss]:
    """Where `new` is not `old`, to the type, at every depth; 1, 1.0 and True differ.

    >>> list(differences({"a": (1, 2.0)}, {"a": [1, 2]}))
    [(['a'], 'the tuple becomes a list'), (['a', 1], 'the float 2.0 becomes the int 2')]
    """
    todo: list[tuple[list[Any], Any, Any]] = [([], old, new)]  # not by recursion: it may be deep
    while todo:
        path, old, new = todo.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            below = []
            for key, value, other in _pairs(old, new):
                if other is _GONE:
                    yield [*path, key], f"the {named(value)} would be gone"
                else:
                    below.append(([*path, key], value, other))
            todo += reversed(below)
            yield from (([*path, key], "would come in") for key in _more(old, new))
        elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
            if type(old) is not type(new):
                yield path, f"the {type(old).__name__} becomes a {type(new).__name__}"
            if len(old) != len(new):
                yield path, f"{len(new)} of {len(old)} items would be left"
            several = list(enumerate(zip(old, new, strict=False)))
            todo += [([*path, at], *both) for at, both in reversed(several)]
        elif not _is_same(old, new):
            yield path, f"the {named(old)} becomes the {named(new)}"


_GONE = object()


def _typed(value: dict[Any, Any]) -> dict[tuple[type, Any], Any]:
    return {(type(key), key): each for key, each in value.items()}


def _pairs(old: dict[Any, Any], new: dict[Any, Any]) -> Iterator[tuple[Any, Any, Any]]:
    there = _typed(new)
    for key, value in old.items():
        yield key, value, there.get((type(key), key), _GONE)


def _more(old: dict[Any, Any], new: dict[Any, Any]) -> Iterator[Any]:
    known = _typed(old)
    return (key for key in new if (type(key), key) not in known)


def _is_same(old: object, new: object) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, float):
        return repr(old) == repr(new)
    if isinstance(old, datetime | time):
        return str(old) == str(new)  # equal ones may differ in their offset
    if isinstance(old, set | frozenset) and isinstance(new, set | frozenset):
        return {(type(each), each) for each in old} == {(type(each), each) for each in new}
    return old == new
