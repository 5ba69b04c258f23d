"""The temporary file of a replacement: hidden, beside its target, told from litter by its lock.

The names are numbered, `.NAME.outlive-0.tmp` and on, so that what a killed writer left behind is
met, and removed, by the next. The number is 0 unless several replace one file at the same moment.
"""

from __future__ import annotations

import contextlib
import errno
import os

from ..errors import DiskError
from .fs import NOFOLLOW, WINDOWS, FileSystem, beside, claim, close

_MOST = 100  # writers of one file at the same moment
_LOOK_AHEAD = 4  # numbers without litter, after some, that mean that there is no more


class Temporary:
    """A new file beside `target`; `remove` it unless it was renamed."""

    def __init__(self, fs: FileSystem, target: str, mode: int) -> None:
        self.fs = fs
        self.fd = -1
        self.name = ""
        for number in range(_MOST):
            name = beside(target, f"{number}.tmp")
            littered = not self._create(name, mode) and _sweep(fs, name)
            if self.fd >= 0 or (littered and self._create(name, mode)):
                self._sweep_after(number, target, littered)
                return
        raise DiskError(
            errno.EEXIST,
            f"{target}: {_MOST} temporary files stand beside it that are in use or belong to "
            f"others; remove {beside(target, '*.tmp')} if nobody writes",
            target,
            "open",
        )

    def _create(self, name: str, mode: int) -> bool:
        try:
            fd = claim(self.fs, name, os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW, mode)
        except FileExistsError:
            return False  # in use, or litter
        if fd is None:
            return False
        self.fd, self.name = fd, name
        return True

    def _sweep_after(self, number: int, target: str, littered: bool) -> None:
        """Look for more litter: the next number tells, or the next few where there was some."""
        last = number + (_LOOK_AHEAD if littered else 1)
        while number < last:
            number += 1
            if _sweep(self.fs, beside(target, f"{number}.tmp")):
                last = number + _LOOK_AHEAD

    def close(self) -> None:
        """Close the file, which frees its lock."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            close(self.fs, fd)

    def remove(self) -> None:
        """Remove the file, if it still has its temporary name."""
        if WINDOWS:  # which removes no open file
            self.close()
        name, self.name = self.name, ""
        if name:
            # The error that brought us here matters more, and the next commit sweeps.
            with contextlib.suppress(OSError):
                self.fs.unlink(name)


def _sweep(fs: FileSystem, name: str) -> bool:
    """Remove the file of a writer that was killed, but not of one that lives; True if it is gone.

    One that we may not open or remove is not in our way either: the next number is free.
    """
    with contextlib.suppress(OSError):
        fd = claim(fs, name, os.O_RDWR | NOFOLLOW)
        if fd is None:
            return False
        if WINDOWS:
            close(fs, fd)
            fs.unlink(name)
            return True
        try:
            fs.unlink(name)
        finally:
            close(fs, fd)
        return True
    return False
