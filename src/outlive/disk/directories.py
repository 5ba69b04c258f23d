"""Directories for files whose path the user did not choose."""

from __future__ import annotations

import errno
import os

from ..errors import DiskError
from .fs import OS, FileSystem, translate
from .replacement import sync_directory


def make_private(path: str, fs: FileSystem = OS) -> None:
    """Make the directory `path` and those above it that are missing, for this user alone (0700).

    What is there keeps its mode. When this returns, a power cut cannot take any of them away:
    those that another process made in this moment are flushed as well, as it may not have come to
    that yet. Raises DiskError.
    """
    levels = [path]
    while (above := os.path.dirname(levels[-1])) != levels[-1]:
        levels.append(above)
    made = [level for level in reversed(levels) if _make(level, path)]
    for level in reversed(levels[:-1]):
        try:
            sync_directory(level, path, fs)
        except DiskError as error:
            # A directory that is not ours to list, or on a file system that is only read, cannot
            # be flushed; but then what is in it has long been there.
            if level in made or error.errno == errno.EIO:
                raise


def _make(level: str, path: str) -> bool:
    """Whether it had to be made; errors name `path`."""
    if os.path.isdir(level):
        return False
    try:
        os.mkdir(level, 0o700)
    except FileExistsError as error:
        if os.path.isdir(level):
            return False  # another process was quicker
        raise translate(NotADirectoryError(errno.ENOTDIR, ""), path, "mkdir") from error
    except OSError as error:
        raise translate(error, path, "mkdir") from error
    return True
