"""The storages that this process has open: ended with it, and not its children's."""

from __future__ import annotations

import atexit
import os
import warnings
import weakref
from typing import Protocol

from .moment import closer


class Ending(Protocol):
    """A storage."""

    def close(self) -> None:
        """Commit, if it was told so, and close."""

    def _disown(self) -> None:
        """Be one that a forked child has inherited."""


_open: weakref.WeakSet[Ending] = weakref.WeakSet()


def add(storage: Ending) -> None:
    """Remember an open storage."""
    _open.add(storage)
    # Last to come, first to go: storages are closed while their engine still works.
    atexit.unregister(_close_all)
    atexit.register(_close_all)


def remove(storage: Ending) -> None:
    """Forget a storage that is closed."""
    _open.discard(storage)


def _close_all() -> None:
    closer.finish()
    for storage in list(_open):
        try:
            storage.close()
        except Exception as error:  # noqa: BLE001  # the others want to be closed, too
            warnings.warn(f"{error}", RuntimeWarning, stacklevel=1)


def _disown_all() -> None:
    for storage in list(_open):
        storage._disown()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
