"""The lock of a file while it is repaired, and the litter that goes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import LockedError
from . import litter
from .fs import OS, FileSystem
from .lock import Lock


@contextmanager
def repairing(path: str, fs: FileSystem = OS, *, timeout: float) -> Iterator[list[str]]:
    """A block that repairs the file at `path`, alone; gives the lines that say what was done.

    The block adds its own; behind them come those on the litter that goes at its end. Raises
    LockedError, with the pid, if a program holds the lock for longer than `timeout` seconds.
    """
    left = litter.faults(path, fs)  # now: a stale lock is taken over by this very repair
    lock = Lock(path, timeout=timeout, fs=fs)
    try:
        lock.acquire()
    except LockedError as error:
        who = "a program" if error.pid is None else f"the process with pid {error.pid}"
        message = f"{path} is in use by {who}; let it finish, or end it, and repair the file then"
        raise LockedError(message, error.pid) from error
    done: list[str] = []
    try:
        yield done
        litter.sweep(path, fs)
    finally:
        lock.release()
    done += litter.gone(left, fs)
