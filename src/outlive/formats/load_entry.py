"""The line of an entry, read; `entry` writes it. Most States have none when they are opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache


@cache
def _decoder() -> tuple[Callable[[bytes], object], type[Exception]]:
    """msgspec's, imported when there is an entry, and what it raises."""
    import msgspec

    return msgspec.json.Decoder().decode, msgspec.DecodeError


def decode(text: bytes) -> object:
    """What a line, or any other way of writing an entry in YAML, says. Raises ValueError."""
    fast, error_of_it = _decoder()
    try:
        return fast(text)
    except (error_of_it, RecursionError):
        pass
    try:
        return json.loads(text)  # NaN, as PersistedState writes it
    except (ValueError, RecursionError):
        pass
    import yaml

    from .yaml_text import Loader, check_depth

    try:
        decoded = text.decode()
        check_depth(decoded)
        value: object = yaml.load(decoded, Loader=Loader)  # noqa: S506  # it is the safe one
    except Exception as error:  # whatever a parser raises
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return value


def decode_start(text: bytes) -> tuple[object, int]:
    """The JSON at the beginning of `text`, and how many bytes it takes. Raises ValueError."""
    # As Latin-1 a character is a byte; what is JSON in it is JSON in UTF-8.
    try:
        _, length = json.JSONDecoder().raw_decode(text.decode("latin-1"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return decode(text[:length]), length
