"""What a live document may hold, and how it is copied out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from .change import Key

DEEPEST = 500  # containers within one another; Python and libyaml end somewhere beyond

# What most changes put in. They go in as they are, but for a str with lone surrogates.
ATOMS = frozenset((str, int, bool, type(None)))
SCALARS = ATOMS | {float, date, datetime, bytes}
KEYS = frozenset((str, int, float, bool, type(None), date))


class UnfitError(Exception):
    """A value that a document cannot hold; `keys` lead to it, the innermost first.

    The reason goes on where "… cannot" ends.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.keys: list[Key] = []


def scalar(value: Any) -> Any:
    """A scalar (a type of SCALARS) as it will come back from the file. Raises UnfitError."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is datetime:
        return _with_fixed_offset(value)
    return value


def key(value: Any) -> Key:
    """A key that a dict of the document may have. Raises UnfitError."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind not in KEYS:
        raise UnfitError(
            f"have a key of the type {kind.__name__}; keys are str, int, float, bool, None or date"
        )
    if value != value:  # noqa: PLR0124  # only NaN is not equal to itself
        raise UnfitError("have the key NaN, which could never be found again")
    checked: Key = value
    return checked


def not_held(value: object) -> UnfitError:
    """The error for a value of a type that no document holds."""
    return UnfitError(
        f"be of the type {type(value).__name__}; a state holds str, int, float, bool, None, date, "
        "datetime, bytes, dict and list"
    )


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise UnfitError("be a str with a lone surrogate, which UTF-8 cannot hold") from error
    return value


def _with_fixed_offset(value: datetime) -> datetime:
    """The same moment with an offset of whole minutes, which is what YAML can say."""
    try:
        offset = value.utcoffset()
        if offset is None:
            return value.replace(tzinfo=None, fold=0)
        if offset % timedelta(minutes=1):
            return value.astimezone(UTC)
    except Exception as error:  # whatever its tzinfo raises
        raise UnfitError(f"be a datetime whose time zone fails ({error})") from error
    return value.replace(tzinfo=timezone(offset) if offset else UTC, fold=0)


def check(value: Any, depth: int) -> None:
    """Raise UnfitError if a document cannot hold a plain value; `depth` as for `adopt`."""
    todo = [(value, depth)]
    while todo:
        item, depth = todo.pop()
        if type(item) in SCALARS:
            scalar(item)
            continue
        if not isinstance(item, dict | list):
            raise not_held(item)
        if depth >= DEEPEST:
            raise UnfitError(f"be nested more than {DEEPEST} deep")
        for name in item if isinstance(item, dict) else ():
            key(name)
        todo += [(each, depth + 1) for each in (item.values() if isinstance(item, dict) else item)]


def plain(value: Any) -> Any:
    """A copy in which nothing is live: exact dicts and lists, the scalars as they are."""
    whole: list[Any] = [value]
    todo: list[Any] = [whole]  # not by recursion: documents may be deep
    while todo:
        node = todo.pop()
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(item, dict):
                node[key] = copy = dict(item)
                todo.append(copy)
            elif isinstance(item, list):
                node[key] = copied = list(item)
                todo.append(copied)
    return whole[0]
