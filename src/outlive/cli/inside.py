"""Paths into a document: ``server.port``, ``queue[0].url``, ``queue.0.url``, ``["a.b"]``.

A bare word is the key of that text; where there is none, the one that is written so (``0``,
``null``, ``2026-11-21``), and in a list the index. Brackets hold JSON, and mean that very key:
``[0]`` the number, ``["0"]`` the text. ``.`` alone is the whole document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..errors import FormatError

WHOLE = "."
_BARE = re.compile(r"[^.\[\]]+")
_INDEX = re.compile(r"-?(0|[1-9][0-9]*)")
_LONGEST = 18  # digits of an index
_decode = json.JSONDecoder().raw_decode


class NoKeyError(Exception):
    """There is nothing under this key; the message is for a person."""


@contextmanager
def named(path: str) -> Iterator[None]:
    """A block whose NoKeyError names the file."""
    try:
        yield
    except NoKeyError as error:
        raise NoKeyError(f"{path}: {error}") from error


class Step(NamedTuple):
    """One step into a document: a word, or exactly this key."""

    key: Any
    is_exact: bool


def parse(text: str) -> list[Step]:
    """The steps of a path. Raises FormatError for what is none.

    >>> [step.key for step in parse('queue[0]["a.b"].url')]
    ['queue', 0, 'a.b', 'url']
    """
    return [] if text == WHOLE else list(_steps(text))


def _steps(text: str) -> Iterator[Step]:
    at = 0
    while at < len(text) or not text:
        if text[at : at + 1] == "[":
            step, at = _bracket(text, at)
            yield step
        else:
            at += bool(at) and text[at] == "."
            found = _BARE.match(text, at)
            if found is None:
                raise _no_path(text, f"there is no key at character {at + 1}")
            yield Step(found[0], is_exact=False)
            at = found.end()
        if at < len(text) and text[at] not in ".[":
            raise _no_path(text, f"a . or [ is missing at character {at + 1}")
        if text[at:] == ".":
            raise _no_path(text, "it ends with a dot")


def _bracket(text: str, at: int) -> tuple[Step, int]:
    from .values import from_plain

    try:
        key, end = _decode(text, at + 1)
    except (ValueError, RecursionError):
        raise _no_path(
            text, f'in [ ] is no JSON at character {at + 2} (a text is written ["so"])'
        ) from None
    if text[end : end + 1] != "]":
        raise _no_path(text, f"a ] is missing at character {end + 1}")
    key = from_plain(key)
    try:
        hash(key)
    except TypeError:
        raise _no_path(text, f"[{text[at + 1 : end]}] is no key") from None
    return Step(key, is_exact=True), end + 1


def _no_path(text: str, why: str) -> FormatError:
    return FormatError(
        f"{text!r} is no path into a document: {why}; write it as in server.port, queue[0].url or "
        '["a.b"], and . for the whole'
    )


def write(keys: Sequence[object]) -> str:
    """The path that leads along these keys; `parse` reads it.

    >>> write(["queue", 0, "a.b", "url"])
    'queue[0]["a.b"].url'
    """
    text = ""
    for key in keys:
        if isinstance(key, str) and _BARE.fullmatch(key) and not _INDEX.fullmatch(key):
            text += f".{key}" if text else key
        else:
            from .values import as_json

            text += f"[{as_json(key)}]"
    return text or WHOLE


def find(value: object, steps: Sequence[Step]) -> Any:
    """What the steps lead to. Raises NoKeyError."""
    for number in range(len(steps)):
        value = value[locate(value, steps, number)]  # type: ignore[index]  # locate found it there
    return value


def locate(value: object, steps: Sequence[Step], number: int) -> Any:
    """The key, or the index, that the step of that number means in `value`. Raises NoKeyError."""
    step = steps[number]
    key: Any = None
    if isinstance(value, Mapping):
        if (key := key_in(value, step)) is not None:
            return key[0]
        raise NoKeyError(f"there is no {_so_far(steps, number)}{_known(value)}")
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        key = index(step)
        if key is not None and -len(value) <= key < len(value):
            return key % len(value)
        raise NoKeyError(f"there is no {_so_far(steps, number)}; the list has {len(value)} items")
    before = write([each.key for each in steps[:number]])
    raise NoKeyError(
        f"there is no {_so_far(steps, number)}: {before} is {_kind(value)}, which has no keys"
    )


def index(step: Step) -> int | None:
    """The index that a step can mean in a list."""
    if type(step.key) is int:
        return step.key
    if not step.is_exact and _INDEX.fullmatch(step.key) and len(step.key) <= _LONGEST:
        return int(step.key)
    return None


def key_in(value: Mapping[Any, Any], step: Step) -> tuple[Any] | None:
    """The key of a dict that a step means, in a tuple of one; None if there is none."""
    if step.is_exact:
        # 1, 1.0 and True are one key for a dict, but not for a person.
        return next(((k,) for k in value if k == step.key and type(k) is type(step.key)), None)
    if step.key in value:
        return (step.key,)
    from .values import as_text

    same = [each for each in value if not isinstance(each, str) and as_text(each) == step.key]
    return (same[0],) if len(same) == 1 else None


def _so_far(steps: Sequence[Step], number: int) -> str:
    return write([each.key for each in steps[: number + 1]])


def _known(value: Mapping[Any, Any]) -> str:
    most = 8
    known = ", ".join(write([key]) for _, key in zip(range(most), value, strict=False))
    more = f", … ({len(value)} in all)" if len(value) > most else ""
    return f"; there are {known}{more}" if known else "; it is empty"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {str: "a text", bool: "a boolean", int: "a number", float: "a number"}.get(
        type(value), f"of the type {type(value).__name__}"
    )


def items(value: object) -> Iterator[tuple[Any, Any]]:
    """The items of a document: of a dict, of a list by its indices, another value under ``.``."""
    if isinstance(value, Mapping):
        return iter(value.items())
    if isinstance(value, list | tuple):
        return iter(enumerate(value))
    return iter([(WHOLE, value)])


# -- changing; `value` is plain, or that of a State


def assign(value: Any, steps: Sequence[Step], new: object, *, parents: bool = False) -> None:
    """Put `new` where the steps lead to; `parents` makes the mappings on the way.

    The last key may be new in a mapping, and the index one behind the last of a list. Raises
    NoKeyError.
    """
    for number in range(len(steps) - 1):
        if parents and isinstance(value, Mapping) and key_in(value, steps[number]) is None:
            value[steps[number].key] = {}  # type: ignore[index]  # dicts, and those of a State
        value = value[locate(value, steps, number)]
    last = len(steps) - 1
    if isinstance(value, Mapping):
        known = key_in(value, steps[last])
        value[steps[last].key if known is None else known[0]] = new  # type: ignore[index]  # dicts
    elif isinstance(value, MutableSequence) and index(steps[last]) == len(value):
        value.append(new)
    else:
        value[locate(value, steps, last)] = new


def remove(value: Any, steps: Sequence[Step]) -> None:
    """Take away what the steps lead to. Raises NoKeyError."""
    if not steps:
        raise FormatError("the whole document cannot be deleted; set it, or remove the file")
    parent = find(value, steps[:-1])
    del parent[locate(parent, steps, len(steps) - 1)]


def extend(value: Any, steps: Sequence[Step], new: object, where: str) -> None:
    """Add `new` to the end of the list that the steps lead to. Raises NoKeyError, FormatError.

    `where` is the file, for the message.
    """
    there = find(value, steps)
    if not isinstance(there, MutableSequence):
        raise FormatError(
            f"{where}: {write([step.key for step in steps])} is {_kind(there)}, and no list; use "
            "set, or append to a list"
        )
    there.append(new)
