"""The states that this process has open: closed when it ends, and not its children's."""

from __future__ import annotations

import atexit
import os
import threading
import warnings
import weakref
from typing import Protocol


class Forked(Protocol):
    """A state that a forked child may inherit."""

    def disown(self, parent: int) -> None:
        """Become one that a child of the process `parent` has inherited."""


class Open(Forked, Protocol):
    """A state that is open for writing."""

    def close_at_exit(self) -> None:
        """Close it, soon."""


# Strong references: a state that a program lost from sight is still closed at the end, with its
# entries in the document; the garbage collector has no part in it.
_open: dict[int, Open] = {}
_readers: weakref.WeakSet[Forked] = weakref.WeakSet()  # need no closing
_guard = threading.Lock()


def add(state: Open) -> None:
    """Remember an open state."""
    with _guard:
        _open[id(state)] = state


def add_reader(state: Forked) -> None:
    """Remember a state that only reads."""
    with _guard:
        _readers.add(state)


def remove(state: Open) -> None:
    """Forget a state that is closed."""
    with _guard:
        _open.pop(id(state), None)


def _close_all() -> None:
    for state in list(_open.values()):
        try:
            state.close_at_exit()
        except Exception as error:  # noqa: BLE001  # the others want to be closed, too
            warnings.warn(f"{error}", RuntimeWarning, stacklevel=1)


def _disown_all() -> None:
    global _guard  # noqa: PLW0603  # another thread may have held it in the parent
    _guard = threading.Lock()
    for state in [*_open.values(), *_readers]:
        state.disown(_parent)
    _open.clear()


def _note_parent() -> None:
    global _parent  # noqa: PLW0603  # read in the child, which cannot ask when its parent died
    _parent = os.getpid()


_parent = 0
atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_note_parent, after_in_child=_disown_all)
