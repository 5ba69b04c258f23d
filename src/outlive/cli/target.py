"""`Target`: what a command sees of a store, whichever of the four kinds it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Protocol, Self

from ..errors import FormatError
from .inside import NoKeyError
from .kinds import Kind, recognise

__all__ = ["Kind", "NoKeyError", "Options", "Target", "open_target"]


class Options:
    """How to open a store, and what its keys are.

    `trust`: read pickles that others could have written. `key_type`: "text" or "json", for the keys
    of a Safe. `timeout`: seconds to wait for another writer; None is what the kind has.
    """

    def __init__(
        self, *, trust: bool = False, key_type: str = "text", timeout: float | None = None
    ) -> None:
        self.trust = trust
        self.key_type = key_type
        self.timeout = timeout


class Target(Protocol):
    """An open store. A key is the text that the user gave; `None` (or ``.``) means the whole.

    Each method is a change of its own, kept when it returns. What is not there raises NoKeyError;
    the faces' errors come through.
    """

    kind: Kind
    path: str

    def get(self, key: str | None = None) -> Any:
        """The value under the key: plain dicts and lists, for a table's rows dicts."""
        ...

    def set(self, key: str, value: object, *, parents: bool = False) -> None:
        """Put a value under the key; `parents` makes the mappings on the way."""
        ...

    def delete(self, key: str) -> None:
        """Take away what is under the key."""
        ...

    def append(self, key: str, value: object) -> None:
        """Add a value to the end of the list, or of the table, under the key."""
        ...

    def items(self) -> Iterator[tuple[Any, Any]]:
        """What it holds, one by one: keys and values, or names of tables and their rows."""
        ...

    def keys(self) -> Iterator[str]:
        """The keys, written as a user would give them."""
        ...

    def close(self) -> None:
        """Let the file go."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_target(path: str, *, write: bool = False, options: Options | None = None) -> Target:
    """The store at `path`, of whichever kind it is.

    Raises what the face raises (LockedError with the pid of who has it open, CorruptError, …),
    DiskError if there is no such file, FormatError for a kind that `convert` alone reads.
    """
    options = options or Options()
    path = os.path.abspath(path)
    kind = recognise(path)
    if kind is Kind.STATE:
        from .on_state import StateTarget

        return StateTarget(path, write, options)
    if kind is Kind.STORE:
        from .on_store import StoreTarget

        return StoreTarget(path, write, options)
    if kind is Kind.SAFE:
        from .on_safe import SafeTarget

        return SafeTarget(path, write, options)
    if kind is Kind.STORAGE:
        from .on_storage import StorageTarget

        return StorageTarget(path, write, options)
    raise foreign(path, kind)


def foreign(path: str, kind: Kind) -> FormatError:
    """The error for what has to be converted before anything can be done with it."""
    into = "db" if kind is Kind.METAKIT else "safe"
    return FormatError(
        f"{path} is a file of {kind}'s; make one of outlive's of it: outlive convert {path} "
        f"{os.path.splitext(path)[0]}.{into}"
    )
