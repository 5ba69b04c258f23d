"""One writer at a time, between processes and between threads."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from ..errors import LockedError
from .fs import NOFOLLOW, OS, WINDOWS, FileSystem, beside, claim, close, follow, is_at, translated

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
        """Be as if never taken; what is taken stays so."""
        self._thread = threading.RLock()
        self._fd = -1
        self._file = ""
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
            self._thread.release()
            raise

    def release(self) -> None:
        """Leave once; the last leave frees the lock and removes its file."""
        self.depth -= 1
        try:
            if not self.depth:
                fd, self._fd = self._fd, -1
                _give_up(self._fs, fd, self._file)
        finally:
            self._thread.release()

    def acquire_thread(self) -> None:
        """Wait for the other threads of this process alone; `release_thread` undoes it."""
        if not self._registered:
            _locks.add(self)
            self._registered = True
        limit = -1 if self.timeout is None else min(self.timeout, threading.TIMEOUT_MAX)
        if not self._thread.acquire(timeout=limit):
            raise self._held(os.getpid())

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
        target = follow(self._fs, self.path)
        self._file, queue = beside(target, "lock"), beside(target, "queue")
        with translated(self.path, "lock"):
            if _exists(self._fs, queue) or not self._take():
                self._wait_in(queue, deadline)

    def _wait_in(self, queue: str, deadline: float | None) -> None:
        """Become the first of those who wait, then wait for the holder."""
        turn = -1

        def is_our_turn() -> bool:
            nonlocal turn
            turn, _ = _open_locked(self._fs, queue)
            return turn >= 0

        self._poll(is_our_turn, deadline)
        try:
            self._poll(self._take, deadline)
        finally:
            _give_up(self._fs, turn, queue)

    def _poll(self, done: Callable[[], bool], deadline: float | None) -> None:
        pause = _FIRST_PAUSE
        while not done():
            if deadline is not None and time.monotonic() >= deadline:
                raise self._held(self._holder())
            # flock(2) waits for a limited time only with a signal, which belongs to the program.
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _take(self) -> bool:
        self._fd, is_new = _open_locked(self._fs, self._file)
        if self._fd < 0:
            return False
        try:
            pid = b"%d\n" % os.getpid()
            self._fs.write(self._fd, pid)
            if not is_new:
                # Not before, and never to 0: then ext4 would flush the file when it is closed
                # (auto_da_alloc), which takes as long as an fsync.
                self._fs.truncate(self._fd, len(pid))
        except BaseException:
            fd, self._fd = self._fd, -1
            _give_up(self._fs, fd, self._file)
            raise
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


def _exists(fs: FileSystem, path: str) -> bool:
    try:
        fs.stat(path)
    except FileNotFoundError:
        return False
    return True


def _open_locked(fs: FileSystem, path: str) -> tuple[int, bool]:
    """A locked descriptor of the file, made if need be, and whether it was; -1 if it is taken.

    Whoever shares the directory shares the lock: everyone may write their pid into its file. It
    is not opened with O_CREAT once it is there, which Linux may forbid for another user's file.
    """
    try:
        fd = claim(fs, path, os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW)
    except FileExistsError:
        is_new = False
        try:
            fd = claim(fs, path, os.O_RDWR | NOFOLLOW)
        except FileNotFoundError:
            fd = None  # gone in this moment
    else:
        is_new = True
    if fd is None:
        return -1, False
    if is_new and not WINDOWS:
        try:
            fs.chmod(fd, 0o666)
        except BaseException:
            _give_up(fs, fd, path)
            raise
    return fd, is_new


def _give_up(fs: FileSystem, fd: int, path: str) -> None:
    """Remove a lock file and free its lock."""
    if WINDOWS:  # which removes no open file
        close(fs, fd)
    with suppress(OSError):  # the lock is free all the same; the next holder removes the file
        if WINDOWS or is_at(fs, fd, path):  # not one that came after ours was removed by hand
            fs.unlink(path)
    if not WINDOWS:  # the name goes while the lock is held: see `claim`
        close(fs, fd)


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _forget_in_child() -> None:
    """Give up, in a forked child, what only the parent holds, without freeing it for others.

    A lock lives as long as one copy of its descriptor: a child that kept its copy would hold
    the lock of a parent that was killed.
    """
    for lock in _locks:
        if lock._fd >= 0:
            close(lock._fs, lock._fd)
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
