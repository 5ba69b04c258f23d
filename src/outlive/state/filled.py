"""A live dict that is filled for the first time: from a file, or with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import CorruptError, FormatError
from ..live import LiveDict, Root, UnfitError, fill, plain, shown


def checked(root: Root, values: Mapping[str, object]) -> dict[str, Any]:
    """Defaults as they would come back from a file. Raises FormatError."""
    scratch: LiveDict = dict.__new__(LiveDict)
    object.__setattr__(scratch, "__dict__", scratch)
    object.__setattr__(scratch, "_live_root", root)
    fill_checked(scratch, values, root.path, FormatError)
    made: dict[str, Any] = plain(scratch)
    return made


def fill_checked(
    top: LiveDict, value: Mapping[Any, Any], path: str, kind: type[CorruptError | FormatError]
) -> None:
    """Fill a live dict that is empty. Raises an error of `kind` for what it cannot hold."""
    try:
        fill(top, value)
    except UnfitError as error:
        where = shown(list(reversed(error.keys)))
        raise kind(f"{path}: {where} cannot {error.reason}") from error
