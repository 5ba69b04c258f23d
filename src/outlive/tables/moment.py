"""Bytes of an engine's snapshot as Arrow buffers, without a copy, however long somebody has them.

A block is read where it lies in the engine's map. That is sound as long as the snapshot is open;
so each buffer keeps a `Moment` alive, and the snapshot is closed when the last buffer, array, or
frame of another library that refers to it is gone. Nobody can say when that is, or in which
thread; closing waits for locks of the engine. So a thread of its own closes them.
"""

from __future__ import annotations

import os
import queue
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ..engines import Entry, Snapshot
from .arrow import pa

_PATIENCE = 60.0  # seconds at the end of the program
_ALIGNED = 8  # what Arrow wants an array to begin at


class Closable(Protocol):
    """A snapshot, or a storage that nobody has any more."""

    def close(self) -> None:
        """End it."""


class Closer:
    """Closes what is put into `ended`, which may be done from anywhere."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, in a forked child, where the thread is not."""
        self.ended: queue.SimpleQueue[Closable] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def finish(self) -> None:
        """Wait until all is closed that was put into `ended`."""
        if self._thread is not None and self._thread is not threading.current_thread():
            mark = _Mark()
            self.ended.put(mark)
            mark.is_reached.wait(_PATIENCE)

    def start(self) -> None:
        """Begin to close, if nobody has yet."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(
                        target=_close_all, args=(self.ended,), name="outlive", daemon=True
                    )
                    thread.start()
                    self._thread = thread


class _Mark:
    """What is closed when all is closed that came before it."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()

    def close(self) -> None:
        self.is_reached.set()


def _close_all(ended: queue.SimpleQueue[Closable]) -> None:
    while True:
        try:
            ended.get().close()
        except Exception as error:  # noqa: BLE001  # the others want to be closed, too
            warnings.warn(f"{error}", RuntimeWarning, stacklevel=1)


closer = Closer()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=closer.forget)


class Moment:
    """A snapshot, which is closed once nobody refers to this object or a buffer of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        closer.start()
        self._snapshot = snapshot
        self.is_over = False  # the garbage collector took it for unused; its storage came back
        self.ended: Callable[[Snapshot], object] | None = None  # takes it instead of the closer

    def get(self, key: bytes) -> Entry | None:
        """As `Snapshot.get`."""
        return self._snapshot.get(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, Entry]]:
        """As `Snapshot.scan`."""
        return self._snapshot.scan(start, stop)

    def buffer(self, key: bytes) -> Any:
        """The value of a key as an Arrow buffer; None if there is none."""
        entry = self._snapshot.get(key)
        if entry is None:
            return None
        value = pa.py_buffer(entry.value)
        if value.address % _ALIGNED:  # a small one, in the midst of a page
            return pa.py_buffer(bytes(entry.value))
        return pa.foreign_buffer(value.address, value.size, (self, entry.value))

    def __del__(self, closer: Closer = closer) -> None:
        # At the end of the program there may be no globals any more, so `closer` is a default.
        snapshot = getattr(self, "_snapshot", None)
        if snapshot is not None:
            self.is_over = True
            (self.ended or closer.ended.put)(snapshot)
