"""The line of an entry: a change of a document as JSON, or as YAML's flow style where JSON cannot.

::

    ["set",["server"],"port",8080]
    ["set",[],"started",2026-11-21 07:42:00]
    ["batch",[["set",[],"a",1],["delete",["server","tags"],0]]]

Every YAML reader takes these lines. The floats are YAML 1.1's too (``1.0e+16``, ``.nan``), which
a JSON writer does not give.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from json.encoder import encode_basestring
from typing import Any

import msgspec

# What msgspec writes of str, int, bool and None is right, if no character of it is special.
quick = msgspec.json.Encoder().encode
# The same, as a value and as a part of a path.
_FAST_VALUES = frozenset((str, int, bool, type(None)))
_FAST_KEYS = frozenset((str, int))
_LONGEST_KEY = 120  # characters; YAML reads keys of more than 1024 bytes in another form only
_HEX_FROM = 10**4000  # Python turns at most 4300 decimal digits into an int
# Characters that YAML 1.1 takes as line ends or not at all, also in quotes.
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def encode(kind: str, path: Sequence[Any], key: Any, value: Any) -> bytes:
    """The line of one change, without a line break.

    Raises UnicodeEncodeError for a str that UTF-8 cannot hold.
    """
    if (
        type(value) in _FAST_VALUES
        and type(key) in _FAST_KEYS
        and (not path or _FAST_KEYS.issuperset(map(type, path)))
    ):
        parts = (kind, path, key) if kind == "delete" else (kind, path, key, value)
        try:
            line = quick(parts)
        except UnicodeEncodeError:
            raise
        except ValueError:  # an int of more digits than Python turns into text
            line = _slow(kind, path, key, value)
    else:
        line = _slow(kind, path, key, value)
    if _needs_no_escape(line):
        return line
    return _SPECIAL.sub(_escaped, line.decode()).encode()


def encode_batch(changes: Iterable[tuple[str, Sequence[Any], Any, Any]]) -> bytes:
    """The line of several changes that count together."""
    return b'["batch",[%b]]' % b",".join(encode(*change) for change in changes)


def _needs_no_escape(line: bytes) -> bool:
    return line.isascii() and b"\x7f" not in line


def _slow(kind: str, path: Sequence[Any], key: Any, value: Any) -> bytes:
    parts = [f'"{kind}"', _flow(list(path)), _flow(key)]
    if kind != "delete":
        parts.append(_flow(value))
    return f"[{','.join(parts)}]".encode()


def _flow(value: Any) -> str:
    """A value in flow style. Not by recursion: it may be deep."""
    parts: list[str] = []
    todo: list[Any] = [value]  # the next one last; a _Text stands for itself
    while todo:
        item = todo.pop()
        if isinstance(item, _Text):
            parts.append(item)
        elif isinstance(item, dict):
            todo.append(_Text("}"))
            pairs = [part for key, each in item.items() for part in (_head(key), each, _COMMA)]
            todo += reversed(pairs[:-1])
            parts.append("{")
        elif isinstance(item, list):
            todo.append(_Text("]"))
            todo += reversed([part for each in item for part in (each, _COMMA)][:-1])
            parts.append("[")
        else:
            parts.append(str(_SCALARS[type(item)](item)))
    return "".join(parts)


class _Text(str):
    """A piece of YAML, no value."""

    __slots__ = ()


_COMMA = _Text(",")


def _head(key: Any) -> _Text:
    """A key of a dict, with what stands before and after it."""
    text = str(_SCALARS[type(key)](key))
    if len(text) > _LONGEST_KEY:
        return _Text(f"? {text}: ")
    return _Text(f"{text}:" if isinstance(key, str) else f"{text}: ")


def _int(value: int) -> str:
    return str(value) if -_HEX_FROM < value < _HEX_FROM else hex(value)


def _float(value: float) -> str:
    text = repr(value)
    if text in ("nan", "inf", "-inf"):
        return text.replace("nan", ".nan").replace("inf", ".inf")
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


_SCALARS: dict[type, Callable[[Any], object]] = {
    str: encode_basestring,
    bool: lambda value: "true" if value else "false",
    int: _int,
    float: _float,
    type(None): lambda _: "null",
    datetime: lambda value: value.isoformat(sep=" "),
    date: lambda value: value.isoformat(),
    bytes: lambda value: f'!!binary "{b64encode(value).decode()}"',
}


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
