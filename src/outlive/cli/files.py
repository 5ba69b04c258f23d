"""Read a file of which nothing is known yet."""

from __future__ import annotations

import errno
import os
import stat

from ..errors import DiskError

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def start_of(path: str, size: int = -1) -> bytes:
    """The first bytes of a file, or all. Raises FileNotFoundError, and DiskError for all else.

    A pipe or a device would keep the command waiting, or never end: it is no file.
    """
    try:
        fd = os.open(path, _FLAGS)
        with open(fd, "rb") as file:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return file.read(size)
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}; check its permissions"
        raise DiskError(error.errno or 0, message, path, "open") from error
    raise DiskError(errno.EINVAL, f"{path} is a pipe or a device; name a file", path, "open")


def whole(path: str) -> bytes:
    """All of a file that was there a moment ago. Raises DiskError."""
    try:
        return start_of(path)
    except FileNotFoundError as error:
        message = f"{path} is gone; look again"
        raise DiskError(errno.ENOENT, message, path, "read") from error
