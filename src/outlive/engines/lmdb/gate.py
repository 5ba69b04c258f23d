"""Many threads pass at once; who shuts the gate is alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PAUSE = 0.00005  # seconds between two looks whether the last has left


class Gate:
    """What keeps threads out of LMDB while its map is exchanged, and while the process forks.

    Passing is on the way of every read, so it is written out where it is needed, as ::

        try:
            gate.inside.append(None)
            if gate.is_shut:
                gate.wait()
            ...
        finally:
            gate.inside.pop()

    The list counts those inside; its methods are atomic. A signal can come after `append`, but not
    between it and the `try`, so that what is counted leaves again. Who is inside never shuts it.
    """

    def __init__(self) -> None:
        self.inside: list[None] = []
        self.is_shut = False
        self._mutex = threading.Lock()

    def wait(self) -> None:
        """Step back until the gate is open again; called by one who is counted as inside."""
        while self.is_shut:
            self.inside.pop()
            try:
                with self._mutex:
                    pass
            finally:
                self.inside.append(None)

    @contextmanager
    def shut(self) -> Iterator[None]:
        """A block in which nobody is inside, and nothing asks to pass."""
        self.close()
        try:
            yield
        finally:
            self.open()

    def close(self) -> None:
        """Shut it, and wait until all are out."""
        self._mutex.acquire()
        self.is_shut = True
        try:
            while self.inside:
                time.sleep(_PAUSE)
        except BaseException:
            self.open()
            raise

    def open(self) -> None:
        """Let the others in."""
        self.is_shut = False
        self._mutex.release()
