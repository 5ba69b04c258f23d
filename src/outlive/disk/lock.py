"""One writer at a time, between processes and between threads."""

from __future__ import annotations

import os
import threading
import time
import weakref
from contextlib import suppress
from types import TracebackType

from ..errors import LockedError
from .fs import OS, WINDOWS, FileSystem, beside, claim, close, follow, translated

_FIRST_WAIT = 0.0005  # seconds between two tries; doubles
_LONGEST_WAIT = 0.02


class Lock:
    """A re-entrant lock that belongs to a file, held by one thread of one process.

    It is `flock(2)` on a hidden file beside the target, `.NAME.outlive-lock`, which holds the pid
    of the holder and is removed when the holder leaves. The kernel frees the lock of a process
    that was killed; the file that it left is taken over, and removed, by the next holder.

    A process forked inside the block does not hold the lock; its parent does.

    Raises `LockedError`, with the holder's pid, after waiting `timeout` seconds (None: for ever).
    """

    def __init__(self, path: str, *, timeout: float | None, fs: FileSystem = OS) -> None:
        self.path = path
        self.timeout = timeout
        self._fs = fs
        self._forget()
        _locks.add(self)

    def _forget(self) -> None:
        self._thread = threading.RLock()
        self._fd: int | None = None
        self._file = ""
        self.depth = 0  # how many times the holding thread has entered

    def acquire(self) -> None:
        """Wait for the lock, at most `timeout` seconds in all."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        limit = -1 if self.timeout is None else min(self.timeout, threading.TIMEOUT_MAX)
        if not self._thread.acquire(timeout=limit):
            raise self._held(os.getpid())
        try:
            if not self.depth:
                self._wait(deadline)
        except BaseException:
            self._thread.release()
            raise
        self.depth += 1

    def release(self) -> None:
        """Leave once; the last leave frees the lock and removes its file."""
        self.depth -= 1
        try:
            if not self.depth:
                self._leave()
        finally:
            self._thread.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _wait(self, deadline: float | None) -> None:
        self._file = beside(follow(self._fs, self.path), "lock")
        pause = _FIRST_WAIT
        while not self._take():
            if deadline is not None and time.monotonic() >= deadline:
                raise self._held(self._holder())
            # flock(2) waits for a limited time only with a signal, which belongs to the program.
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)

    def _take(self) -> bool:
        fs = self._fs
        with translated(self.path, "lock"):
            fd = claim(fs, self._file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0))
            if fd is None:
                return False
            self._fd = fd
            try:
                fs.seek(fd, 0)
                fs.truncate(fd, 0)  # the pid of a killed holder may be longer than ours
                fs.write(fd, b"%d\n" % os.getpid())
            except BaseException:
                self._leave()
                raise
        return True

    def _leave(self) -> None:
        fd, self._fd = self._fd, None
        if fd is None:
            return
        if WINDOWS:  # which removes no open file
            close(self._fs, fd)
        with suppress(OSError):  # the lock is free all the same; the next holder removes the file
            self._fs.unlink(self._file)
        if not WINDOWS:  # the name goes while the lock is held: see `claim`
            close(self._fs, fd)

    def _holder(self) -> int | None:
        try:
            fd = self._fs.open(self._file, os.O_RDONLY)
        except OSError:
            return None  # gone in this moment, or not ours to read
        try:
            return int(self._fs.read(fd, 32))
        except (OSError, ValueError):
            return None  # taken in this moment: the pid is not written yet
        finally:
            close(self._fs, fd)

    def _held(self, pid: int | None) -> LockedError:
        if pid == os.getpid():
            who = f"this process itself (pid {pid}), in another thread or through another store"
        else:
            who = "another process" if pid is None else f"the process with pid {pid}"
        return LockedError(
            f"{self.path} is held by {who}; waited {self.timeout:g} s: "
            "let it finish, or pass a longer timeout=",
            pid,
        )


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _forget_in_child() -> None:
    """Give up, in a forked child, what only the parent holds, without freeing it for others.

    A lock lives as long as one copy of its descriptor: a child that kept its copy would hold
    the lock of a parent that was killed.
    """
    for lock in _locks:
        if lock._fd is not None:
            close(lock._fs, lock._fd)
        lock._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
