"""Values as a format can hold them, with a note of each loss.

A format is written and read back as well, which tells what this does not foresee (`losses`). Here
is what a format would refuse to write, so that the key and the type can be named, and so that
``--lossy`` has something to write.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from ...errors import FormatError
from ..values import as_text
from .losses import Losses, named

_NOTHING = object()
_TEXT: frozenset[type] = frozenset((str,))
_BASIC: frozenset[type] = frozenset((str, int, float, bool, type(None)))
_BASES: tuple[Any, ...] = (int, float, str, bytes)


class Rules(NamedTuple):
    """What a format holds."""

    name: str  # for messages
    leaves: frozenset[type]
    keys: frozenset[type]
    containers: frozenset[type] = frozenset((dict, list))
    most: tuple[int, int] | None = None  # the least and the largest int
    has_nan: bool = True
    has_surrogates: bool = False
    has_naive: bool = True  # datetimes without a zone
    is_mapping: bool = False  # whether the whole has to be one


_INT64 = -(1 << 63), (1 << 63) - 1
_ROWS: frozenset[type] = frozenset((*_BASIC, date, datetime, time, timedelta, bytes, complex))

RULES = {
    "json": Rules("JSON", _BASIC, _TEXT, has_nan=False, has_surrogates=True),
    "yaml": Rules(
        "YAML",
        _BASIC | {date, datetime, bytes},
        _BASIC | {date, datetime, bytes},
        frozenset((dict, list, set)),
    ),
    "state": Rules("a State", _BASIC | {date, datetime, bytes}, _BASIC | {date}, is_mapping=True),
    "toml": Rules("TOML", (_BASIC | {date, datetime, time}) - {type(None)}, _TEXT, is_mapping=True),
    "msgpack": Rules(
        "MessagePack",
        _BASIC | {bytes, datetime},
        _BASIC | {bytes},
        most=(_INT64[0], (1 << 64) - 1),
        has_naive=False,
    ),
    "bson": Rules("BSON", _BASIC | {bytes, datetime}, _TEXT, most=_INT64, is_mapping=True),
    # Lines of JSON, in which `values.to_plain` says what JSON itself has not.
    "jsonl": Rules(
        "JSON",
        _ROWS,
        _ROWS,
        frozenset((dict, list, tuple, set, frozenset)),
        has_surrogates=True,
    ),
}


def fitted(value: object, rules: Rules, losses: Losses, *, where: str = "") -> Any:
    """`value` in what the rules allow; what that changes is noted. `where` says which value it is.

    Raises FormatError if the whole cannot be of that format.
    """
    if rules.is_mapping and not isinstance(value, Mapping):
        raise FormatError(
            f"the value is of the type {type(value).__name__}, and {rules.name} holds a mapping; "
            "choose another format or kind with --to"
        )
    fitting = _Fitting(rules, lambda path, what: losses.add_all(iter([(path, what)]), start=where))
    try:
        made = fitting.any(value, [])
    except RecursionError:
        raise FormatError(
            f"{where or 'the value'} is nested too deep, or holds itself; convert it in Python"
        ) from None
    return None if made is _NOTHING else made


class _Fitting:
    """Copies a value; `note` takes a loss."""

    def __init__(self, rules: Rules, note: Callable[[list[Any], str], None]) -> None:
        self._rules = rules
        self._note = note
        self._leaves, self._keys = rules.leaves, rules.keys
        if complex in rules.leaves:
            self._leaves, self._keys = _more(rules.leaves), _more(rules.keys)

    def any(self, value: Any, path: list[Any]) -> Any:
        """A value of any type."""
        if type(value) is str and value.isascii():
            return value
        if isinstance(value, Mapping):
            return self._dict(value, path)
        if isinstance(value, list | tuple | Set):
            return self._items(value, path)
        return self._leaf(value, path)

    def _dict(self, value: Mapping[Any, Any], path: list[Any]) -> dict[Any, Any]:
        if type(value) is not dict:
            self._note(path, f"the {type(value).__name__} becomes a dict")
        made: dict[Any, Any] = {}
        taken = {key for key in value if type(key) is str}
        for key, each in value.items():
            new = self._key(key, path)
            if new is not key and new in taken:
                self._note([*path, key], f"there is a key {new!r} as well, and it would be gone")
                continue
            taken.add(new)
            if (item := self.any(each, [*path, key])) is not _NOTHING:
                made[new] = item
        return made

    def _key(self, key: Any, path: list[Any]) -> Any:
        if type(key) is tuple and tuple in self._rules.containers:
            return tuple(self._key(each, path) for each in key)
        problem = self._problem(key, self._keys)
        if problem is None:
            return key
        text = self._text(key)
        self._note([*path, key], f"{problem}; the key becomes the text {text!r}")
        return text

    def _items(self, value: Any, path: list[Any]) -> Any:
        kind = type(value)
        is_kept = kind in self._rules.containers
        if isinstance(value, Set):
            value = _sorted(value)
        made = []
        for at, each in enumerate(value):
            if (item := self.any(each, [*path, at])) is not _NOTHING:
                made.append(item)
        if not is_kept:
            self._note(path, f"the {kind.__name__} becomes a list")
            return made
        try:
            return made if kind is list else kind(made)
        except TypeError:  # a set of what had to become lists
            self._note(path, f"the {kind.__name__} becomes a list")
            return made

    def _leaf(self, value: Any, path: list[Any]) -> Any:
        problem = self._problem(value, self._leaves)
        if problem is None:
            return self._with_offset(value, path)
        for base in _BASES:
            if isinstance(value, base) and type(value) is not base and base in self._leaves:
                plain: Any = base(value)
                self._note(path, f"the {named(value)} becomes the {named(plain)}")
                return self._leaf(plain, path)
        if value is None:
            self._note(path, f"{problem}; it would be gone")
            return _NOTHING
        if isinstance(value, float) and type(None) in self._leaves:
            self._note(path, f"{problem}; it becomes null")
            return None
        text = self._text(value)
        self._note(path, f"{problem}; it becomes the text {text:.60}")
        return text

    def _problem(self, value: Any, allowed: frozenset[type]) -> str | None:
        """Why a leaf or a key cannot be held as it is."""
        rules, kind = self._rules, type(value)
        if kind not in allowed:
            return f"{rules.name} cannot hold the {named(value)}"
        if kind is int and rules.most and not rules.most[0] <= value <= rules.most[1]:
            return f"{rules.name} cannot hold the int {value}, which has more than 64 bits"
        if kind is float and not rules.has_nan and value - value != 0:
            return f"{rules.name} has no {value}"
        if kind is datetime and not rules.has_naive and value.tzinfo is None:
            return f"{rules.name} cannot hold the {named(value)}, which has no time zone"
        if kind is str and not rules.has_surrogates and not _is_unicode(value):
            return f"{rules.name} cannot hold the text {value!r}, which is not Unicode"
        return None

    def _with_offset(self, value: Any, path: list[Any]) -> Any:
        zone = getattr(value, "tzinfo", None)
        if zone is not None and type(zone) is not timezone:
            self._note(path, f"of the time zone {zone} only the offset would be left")
        return value

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            made: str = value.encode(errors="backslashreplace").decode()
        elif isinstance(value, bytes | bytearray | memoryview):
            made = b64encode(value).decode()
        elif isinstance(value, datetime | date | time):
            made = value.isoformat()
        else:
            made = as_text(value)
        return made if _is_unicode(made) else made.encode(errors="backslashreplace").decode()


def _more(types: frozenset[type]) -> frozenset[type]:
    """With those whose modules are loaded when they are needed."""
    from decimal import Decimal
    from uuid import UUID

    return types | {Decimal, UUID}


def _sorted(value: Set[Any]) -> list[Any]:
    try:
        return sorted(value)
    except TypeError:
        return sorted(value, key=repr)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_basic(value: object) -> bool:
    """Whether every format of rows holds the value exactly, so that it needs no closer look."""
    todo: list[Any] = [value]
    while todo:
        each = todo.pop()
        kind = type(each)
        if kind is dict:
            if any(type(key) is not str for key in each):
                return False
            todo += each.values()
        elif kind is list:
            todo += each
        elif kind not in _BASIC:
            return False
    return True
