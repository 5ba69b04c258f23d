"""Could another user have written this file? The question to ask before running what is in it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator

from ..errors import UntrustedError
from .fs import FileSystem, translated

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def check(path: str, status: os.stat_result, fs: FileSystem) -> None:
    """Raise UntrustedError unless only we, or root, could have written the file at `path`.

    `status` is the fstat of the opened file. The directory counts as well: who may write there may
    put another file in its place, except where the sticky bit keeps each user to their own files.
    So do those of the symbolic links that lead to it, but not the directories above.
    """
    if sys.platform == "win32":
        raise UntrustedError(
            f"{path} is a pickle, and on Windows its writers cannot be told; {_NEXT_STEP}"
        )
    _check_one(path, "it", status)
    for hop in _hops(path, fs):
        with translated(path, "stat"):
            directory = fs.stat(os.path.dirname(hop))
        _check_one(path, "its directory", directory, sticky=bool(directory.st_mode & stat.S_ISVTX))


def _hops(path: str, fs: FileSystem) -> Iterator[str]:
    """The path, and those that its symbolic links lead to: who turns a link chooses the file."""
    for _ in range(40):  # as many as Linux follows
        yield path
        try:
            path = os.path.join(os.path.dirname(path), fs.readlink(path))
        except OSError:
            return  # the file itself


_NEXT_STEP = (
    "reading a pickle runs what is in it. If you know who wrote it, pass trust=True, or make it "
    "yours alone (chown, chmod go-w)"
)


def _check_one(path: str, what: str, status: os.stat_result, *, sticky: bool = False) -> None:
    if sys.platform != "win32" and status.st_uid not in (os.geteuid(), 0):
        raise UntrustedError(f"{path}: {what} belongs to another user; {_NEXT_STEP}")
    if status.st_mode & _OTHERS and not sticky:
        who = "everyone" if status.st_mode & stat.S_IWOTH else "its group"
        raise UntrustedError(f"{path}: {what} can be written by {who}; {_NEXT_STEP}")
