"""What to say of a value that is no key: what keys are, and how to make one of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from os import PathLike
from typing import NoReturn
from uuid import UUID

from ..errors import FormatError

# The first that fits.
_ADVICE: list[tuple[type | tuple[type, ...], str]] = [
    (Enum, "key.value"),
    (str, "str(key)"),
    (int, "int(key)"),
    (float, "float(key)"),
    ((bytes, bytearray, memoryview), "bytes(key)"),
    ((tuple, list), "tuple(key)"),
    (datetime, "datetime.fromisoformat(key.isoformat())"),
    (date, "date.fromordinal(key.toordinal())"),
    (UUID, "UUID(int=key.int)"),
    ((set, frozenset), "tuple(sorted(key))"),
    (PathLike, "os.fspath(key)"),
    (object, "str(key)"),
]


def refuse(key: object) -> NoReturn:
    """Raise FormatError for a value whose type is not one of the types of keys, exactly.

    >>> refuse(["a", 1])
    Traceback (most recent call last):
    outlive.errors.FormatError: a key is a str, bytes, int, float, bool, None, date, datetime, \
UUID or a tuple of these, and exactly of that type, so not list; pass tuple(key)
    """
    advice = next(advice for kind, advice in _ADVICE if isinstance(key, kind))
    if hasattr(type(key), "to_pydatetime"):  # pandas
        advice = "key.to_pydatetime()"
    elif hasattr(type(key), "item") and getattr(key, "shape", None) == ():  # a scalar of numpy
        advice = "key.item()"
    raise FormatError(
        "a key is a str, bytes, int, float, bool, None, date, datetime, UUID or a tuple of these, "
        f"and exactly of that type, so not {type_name(key)}; pass {advice}"
    )


def type_name(value: object) -> str:
    """The name of the value's type, with the module where it is not built in."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
