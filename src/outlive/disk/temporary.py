"""The temporary file of a replacement: hidden, beside its target, told from litter by its lock.

The names are numbered, `.NAME.outlive-0.tmp` and on, so that what a killed writer left behind is
met, and removed, by the next. The number is 0 unless several replace one file at the same moment.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from ..errors import DiskError
from .claim import Claim
from .fs import NOFOLLOW, FileSystem, beside

_MOST = 100  # writers of one file at the same moment
_LOOK_AHEAD = 4  # numbers without litter, after some, that mean that there is no more


class Temporary(Claim):
    """A new file beside a target; `remove` it, or rename it and `close` it."""

    def create(self, target: str, mode: int) -> None:
        """Make the file, and remove what killed writers left."""
        for number in range(_MOST):
            name = beside(target, f"{number}.tmp")
            littered = not self._take_new(name, mode) and _sweep(self.fs, name)
            if self.fd >= 0 or (littered and self._take_new(name, mode)):
                self._sweep_after(number, target, littered)
                return
        raise DiskError(
            errno.EEXIST,
            f"{target}: {_MOST} temporary files stand beside it that are in use or belong to "
            f"others; remove {beside(target, '*.tmp')} if nobody writes",
            target,
            "open",
        )

    def _take_new(self, name: str, mode: int) -> bool:
        try:
            return self.take(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | NOFOLLOW, mode)
        except FileExistsError:
            return False  # in use, or litter

    def _sweep_after(self, number: int, target: str, littered: bool) -> None:
        """Look for more litter: the next number tells, or the next few where there was some."""
        last = number + (_LOOK_AHEAD if littered else 1)
        while number < last:
            number += 1
            if _sweep(self.fs, beside(target, f"{number}.tmp")):
                last = number + _LOOK_AHEAD


def sweep(fs: FileSystem, target: str) -> None:
    """Remove the first temporary file of a target, if the one who made it was killed."""
    _sweep(fs, beside(target, "0.tmp"))


def _sweep(fs: FileSystem, name: str) -> bool:
    """Remove the file of a writer that was killed, but not of one that lives; True if it is gone.

    One that we may not open or remove is not in our way either: the next number is free.
    """
    if not fs.exists(name):
        return False
    found = Claim(fs)
    try:
        with suppress(OSError):
            return found.take(name, os.O_RDWR | NOFOLLOW)
        return False
    finally:
        found.remove()
