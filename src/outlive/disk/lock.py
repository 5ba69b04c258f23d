"""One writer at a time, between processes and between threads."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from ..errors import LockedError
from .claim import Claim
from .fs import NOFOLLOW, OS, FileSystem, beside, close, follow, translated

_FIRST_PAUSE = 0.0005  # seconds between two tries; doubles
_LONGEST_PAUSE = 0.02


class Lock:
    """A re-entrant lock that belongs to a file, held by one thread of one process.

    It is `flock(2)` on a hidden file beside the target, `.NAME.outlive-lock`, which holds the pid
    of the holder and is removed when the holder leaves. The kernel frees the lock of a process
    that was killed; the file that it left is taken over, and removed, by the next holder. Who
    finds the lock taken waits with a lock on `.NAME.outlive-queue`, and who sees that file waits
    behind it: a process that takes the lock again and again cannot starve the others.

    A process forked inside the block does not hold the lock; its parent does.

    Raises `LockedError`, with the holder's pid, after waiting `timeout` seconds (None: for ever).
    """

    def __init__(self, path: str, *, timeout: float | None, fs: FileSystem = OS) -> None:
        self.path = path
        self.timeout = timeout
        self._fs = fs
        self._registered = False
        self.forget()

    def forget(self) -> None:
        """Be as if never taken; what is taken stays so, if another process has it too."""
        self._thread = threading.RLock()
        self._held = Claim(self._fs)
        self._file = self.target = ""
        self.depth = 0  # how many times the holding thread has entered

    def acquire(self) -> None:
        """Wait for the lock, at most `timeout` seconds in all."""
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        self.acquire_thread()
        try:
            if not self.depth:
                self._wait(deadline)
            self.depth += 1
        except BaseException:
            if not self.depth:
                self._held.remove()
            self._thread.release()
            raise

    def release(self) -> None:
        """Leave once; the last leave frees the lock and removes its file."""
        try:
            self.depth -= 1
            if not self.depth:
                self._held.remove()
        finally:
            self._thread.release()

    def acquire_thread(self) -> None:
        """Wait for the other threads of this process alone; `release_thread` undoes it."""
        if not self._registered:
            _locks.add(self)
            self._registered = True
        limit = -1 if self.timeout is None else min(self.timeout, threading.TIMEOUT_MAX)
        if not self._thread.acquire(timeout=limit):
            raise self._error(os.getpid())

    def release_thread(self) -> None:
        """Let the other threads in."""
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
        self.target = follow(self._fs, self.path)
        self._file, queue = beside(self.target, "lock"), beside(self.target, "queue")
        with translated(self.path, "lock"):
            if self._fs.exists(queue) or not self._take():
                self._wait_in(queue, deadline)

    def _wait_in(self, queue: str, deadline: float | None) -> None:
        """Become the first of those who wait, then wait for the holder."""
        turn = Claim(self._fs)
        _turns.add(turn)
        try:
            self._poll(lambda: _take(turn, queue), deadline)
            self._poll(self._take, deadline)
        finally:
            turn.remove()
            _turns.discard(turn)

    def _poll(self, done: Callable[[], bool], deadline: float | None) -> None:
        pause = _FIRST_PAUSE
        while not done():
            if deadline is not None and time.monotonic() >= deadline:
                raise self._error(self._holder())
            # flock(2) waits for a limited time only with a signal, which belongs to the program.
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _take(self) -> bool:
        if not _take(self._held, self._file):
            return False
        if self._held.read_only:
            return True
        pid = b"%d\n" % os.getpid()
        self._fs.write(self._held.fd, pid)
        if not self._held.made:
            # Not before, and never to 0: then ext4 would flush the file when it is closed
            # (auto_da_alloc), which takes as long as an fsync.
            self._fs.truncate(self._held.fd, len(pid))
        return True

    def _holder(self) -> int | None:
        try:
            fd = self._fs.open(self._file, os.O_RDONLY)
        except OSError:
            return None  # gone in this moment, or not ours to read
        try:
            return int(self._fs.read(fd, 32).partition(b"\n")[0])
        except (OSError, ValueError):
            return None  # taken in this moment: the pid is not written yet
        finally:
            close(self._fs, fd)

    def _error(self, pid: int | None) -> LockedError:
        if pid == os.getpid():
            who = f"this process itself (pid {pid}), in another thread or through another store"
        else:
            who = "another process" if pid is None else f"the process with pid {pid}"
        return LockedError(
            f"{self.path} is held by {who}; waited {self.timeout:g} s: "
            "let it finish, or pass a longer timeout=",
            pid,
        )


def _take(claim: Claim, path: str) -> bool:
    """Claim a lock file, made if need be; False if another has it.

    Whoever shares the directory shares the lock: everyone may write their pid into its file. It
    is not opened with O_CREAT once it is there, which Linux may forbid for another user's file.
    """
    try:
        if not claim.take(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW):
            return False
    except FileExistsError:
        return _take_existing(claim, path)
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without permissions
            claim.fs.chmod(claim.fd, 0o666)
    return True


def _take_existing(claim: Claim, path: str) -> bool:
    try:
        return claim.take(path, os.O_RDWR | NOFOLLOW)
    except FileNotFoundError:
        return False  # gone in this moment
    except PermissionError:
        # Its maker was killed before everyone was let in. To lock it, reading is enough.
        return claim.take(path, os.O_RDONLY | NOFOLLOW)


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()
_turns: set[Claim] = set()  # of the threads that wait


def _forget_in_child() -> None:
    """Give up, in a forked child, what only the parent holds, without freeing it for others.

    A lock lives as long as one copy of its descriptor: a child that kept its copy would hold
    the lock of a parent that was killed.
    """
    for lock in _locks:
        lock._held.close()
        lock.forget()
    for turn in _turns:
        turn.close()
    _turns.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
