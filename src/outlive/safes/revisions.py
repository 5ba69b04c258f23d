"""Which commit wrote which key: to tell what changed between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..formats.keys import unpack
from .bounds import ALL
from .snapshot import SafeSnapshot

if TYPE_CHECKING:
    from .safe import Safe

K = TypeVar("K")


def revision(then: SafeSnapshot[Any, Any]) -> int:
    """The commit that a snapshot shows; equal for two only if nothing was written between them.

    Raises ClosedError.
    """
    return then._open().rev


def identity(safe: Safe[Any, Any]) -> object:
    """What tells its file from those of other safes; a copy and a compacted file are the same."""
    return getattr(safe._opened.engine, "_id", None)


def revisions(then: SafeSnapshot[K, Any]) -> dict[K, int]:
    """The keys as of a snapshot, each with the commit that wrote its value.

    A key whose number differs between two snapshots was set in between, perhaps to the same value.
    No value is read. Raises ClosedError, CorruptError, DiskError.

    >>> from outlive.safes.revisions import revisions
    >>> safe = outlive.Safe("revisions.safe")
    >>> safe.update(a=1, b=2)
    >>> with safe.snapshot() as before:
    ...     safe["b"] = 3
    ...     with safe.snapshot() as after:
    ...         [key for key, it in revisions(after).items() if it != revisions(before)[key]]
    ['b']
    >>> safe.close()
    """
    entries = then._open().scan(ALL.start, ALL.stop)
    return {cast(K, unpack(key)): entry.rev for key, entry in entries}
