"""Many threads pass at once; who shuts the gate is alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

_PAUSE = 0.00005  # seconds between two looks whether the last has left


class Gate:
    """What keeps threads out of LMDB while its map is exchanged, while the process forks, and
    at the end of the program.

    Passing is on the way of every read and every commit. There it is written out, as `passing` does
    it, without frames of its own::

        me = get_ident()
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            ...
        finally:
            gate.inside.remove(me)

    The list holds the threads that are inside, each as often as it is; its methods are atomic. A
    signal can come after a call, but not between the `try` and `append`, so that what is counted
    leaves again, and nothing else does. A signal handler may find its own thread inside, which it
    cannot wait for: see `is_mine`.
    """

    def __init__(self) -> None:
        self.inside: list[int] = []
        self.is_shut = False
        self._mutex = threading.RLock()
        self._owner: int | None = None  # the thread that shut it
        self._depth = 0

    def wait(self) -> None:
        """Step back until the gate is open again; called by one who is counted as inside.

        The thread that shut it passes: it may be in a signal handler, or at the end of the program.
        """
        me = get_ident()
        while self.is_shut and self._owner != me:
            try:
                self.inside.remove(me)
                with self._mutex:
                    pass
            finally:
                self.inside.append(me)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A block inside. It may be entered again within itself."""
        me = get_ident()
        is_within = me in self.inside
        try:
            self.inside.append(me)
            if self.is_shut and not is_within:
                self.wait()
            yield
        finally:
            self.inside.remove(me)

    @property
    def is_mine(self) -> bool:
        """Whether this thread is inside, below on its stack."""
        return get_ident() in self.inside

    @contextmanager
    def shut(self) -> Iterator[None]:
        """A block in which no other thread is inside; it may be entered again within itself."""
        self.close()
        try:
            yield
        finally:
            self.open()

    def close(self) -> None:
        """Shut it, and wait until all others are out."""
        self._mutex.acquire()
        self._depth += 1
        me = self._owner = get_ident()
        self.is_shut = True
        try:
            while any(thread != me for thread in self.inside.copy()):
                time.sleep(_PAUSE)
        except BaseException:
            self.open()
            raise

    def open(self) -> None:
        """Let the others in."""
        self._depth -= 1
        if not self._depth:
            self.is_shut = False
            self._owner = None
        self._mutex.release()
