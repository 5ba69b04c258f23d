"""An open file that is locked, and that its name still leads to."""

from __future__ import annotations

import os

from .fs import WINDOWS, FileSystem, close


class Claim:
    """At most one such file; whoever makes the object owns it and calls `remove` or `close`.

    Whoever removes a claimed file does so while holding its lock. So a lock counts only while the
    name still leads to the locked file; else a waiter could hold a file that is already gone while
    a third makes a new one (the race in filelock #574, portalocker #115).
    """

    def __init__(self, fs: FileSystem) -> None:
        self.fs = fs
        self.fd = -1
        self.path = ""
        self.made = False  # whether the file was made by the last `take`
        self.read_only = False  # whether it may not be written

    def take(self, path: str, flags: int, mode: int = 0o666) -> bool:
        """Open and lock `path`; False if another has it, or it is no longer the file of that name.

        Raises what opening or locking raises, leaving no file that it made (with O_EXCL).
        """
        self.close()  # of a file that a Ctrl-C left claimed
        self.path = path
        self.fd = self.fs.open(path, flags, mode)
        self.made = bool(flags & os.O_EXCL)
        self.read_only = not flags & os.O_RDWR
        try:
            taken = self.fs.try_lock(self.fd) and self.is_at(self.path)
        except BaseException:
            if self.made:  # a moment ago
                self.remove()
            self.close()
            raise
        if not taken:
            self.close()
        return taken

    def remove(self) -> None:
        """Remove the file, unless its name leads to another by now, and free its lock.

        A file that cannot be removed is free all the same; who comes next removes it.
        """
        if self.fd < 0:
            return
        if WINDOWS:  # which removes no open file
            self.close()
        try:
            if WINDOWS or self.is_at(self.path):
                self.fs.unlink(self.path)
        except OSError:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Free the lock, and leave the file."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            close(self.fs, fd)

    def is_at(self, path: str) -> bool:
        """Whether `path` leads to the open file."""
        try:
            there = self.fs.stat(path)
        except FileNotFoundError:
            return False
        ours = self.fs.fstat(self.fd)
        return ours.st_ino == there.st_ino and ours.st_dev == there.st_dev
