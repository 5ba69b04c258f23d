"""The map of memory through which LMDB reads a file: it grows, and follows other processes."""

from __future__ import annotations

import os
import threading
import time
from threading import get_ident
from typing import TYPE_CHECKING

import lmdb

from .errors import translate_lmdb, translated_lmdb
from .room import PAGE, try_to_map

if TYPE_CHECKING:
    from .environment import Environment

_PATIENCE = 5.0  # seconds to wait for snapshots that keep the map from being exchanged
_COURTESY = 0.1  # seconds that a new snapshot waits while others are to end


class Map:
    """The map of an environment. It is exchanged when no snapshot of this process is open."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._path = environment.path
        self.changed: threading.Event | None = None  # while it is about to be exchanged

    def step_back(self) -> None:
        """Let the map grow first; but not for ever, as this thread may hold a snapshot itself."""
        gate, me = self._environment.gate, get_ident()
        try:
            gate.inside.remove(me)
            if (changed := self.changed) is not None:
                changed.wait(_COURTESY)
        finally:
            gate.inside.append(me)
        if gate.is_shut:
            gate.wait()

    def make_room(self, size: int) -> None:
        """See to it that the map has `size` bytes more than the file. Raises FullError, Moved."""
        while self._lacks(size):
            self.grow()

    def _lacks(self, size: int) -> bool:
        with self._environment.writer.writing():
            info = self._environment.lmdb.info()
            return info["map_size"] - (info["last_pgno"] + 1) * PAGE < size

    def grow(self) -> None:
        """Map the file anew, larger, or as large as another process made it.

        That takes a moment without a snapshot in this process. Raises FullError if none comes.
        """
        deadline = time.monotonic() + _PATIENCE
        remapped = self.changed = threading.Event()
        try:
            while not self._exchange():
                if time.monotonic() > deadline:
                    error = lmdb.MapFullError("snapshots of this process are open")
                    raise translate_lmdb(error, self._path, "write")
                time.sleep(0.001)
        finally:
            remapped.set()
            if self.changed is remapped:  # and not that of another thread
                self.changed = None

    def _exchange(self) -> bool:
        with self._environment.gate.shut():
            if self._environment.snapshots():
                return False
            if not self._environment.is_closed:
                self._set(
                    2
                    * max(
                        self._environment.lmdb.info()["map_size"],
                        os.path.getsize(self._path),
                    )
                )
            return True

    def _set(self, size: int) -> None:
        try_to_map(size, self._path)  # where LMDB's own attempt fails, there is no map left
        try:
            with translated_lmdb(self._path, "map"):
                self._environment.lmdb.set_mapsize(size)
        except BaseException:
            self._environment.close()  # to be opened anew by the next who uses it
            raise
