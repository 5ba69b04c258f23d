"""Values seen so that only the very same are equal, and a short name for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def exactly(value: Any) -> Any:
    """A value so that only the same one, to the type, is equal to it."""
    if isinstance(value, dict):
        return [(exactly(key), exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    return type(value), repr(value) if isinstance(value, float) else value


def types_in(value: Any) -> Any:
    """The types of a value and of all in it, live containers taken for what they are."""
    if isinstance(value, dict):
        return dict, [(type(key), types_in(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list, [types_in(item) for item in value]
    return type(value)


def shown(value: object) -> str:
    """A short name for a test."""
    try:
        return ascii(value).partition(" at 0x")[0][:40]
    except ValueError:  # an int of more digits than Python shows
        return "large"
