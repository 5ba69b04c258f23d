"""Who else may write a file, as a check tells it and a repair mends it; see `trust.py`."""

from __future__ import annotations

import os
import stat
import sys

from ..faults import Fault
from .fs import NONBLOCK, OS, FileSystem, close, follow, regular, translated

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def faults(path: str, *, runs_code: bool, fs: FileSystem = OS) -> list[Fault]:
    """What is too loose about the file at `path` and its directories; [] on Windows.

    `runs_code` says that the file is a pickle, say: then nobody but its owner may write it or put
    another in its place. Else it is a fault only if everyone may do the latter. Raises DiskError if
    there is no such file.
    """
    if sys.platform == "win32":  # where the mode says nothing
        return []
    found = []
    if runs_code:
        with translated(path, "stat"):
            status = fs.stat(path)
        found += _of_file(path, status)
    target = follow(fs, path)
    for directory in dict.fromkeys(map(os.path.dirname, (path, target))):
        with translated(path, "stat"):
            status = fs.stat(directory)
        found += _of_directory(directory, status, _OTHERS if runs_code else stat.S_IWOTH)
    return found


def _of_file(path: str, status: os.stat_result) -> list[Fault]:
    if sys.platform == "win32":
        return []
    ours = os.geteuid()
    if status.st_uid not in (ours, 0):
        what = "belongs to another user, and reading it runs what is in it"
        return [Fault(path, what, "make it yours (chown), if you know what is in it", False)]
    if not status.st_mode & _OTHERS:
        return []
    what = f"can be written by {_who(status)}, and reading it runs what is in it"
    remedy = "see that it holds what you put there; a repair takes the right from them (go-w)"
    return [Fault(path, what, remedy, ours in (status.st_uid, 0))]


def _of_directory(path: str, status: os.stat_result, loose: int) -> list[Fault]:
    if not status.st_mode & loose or status.st_mode & stat.S_ISVTX:
        return []
    what = f"can be written by {_who(status)}, who may put another file in the place of this"
    return [Fault(path, what, "take the right from them: chmod go-w", False)]


def _who(status: os.stat_result) -> str:
    return "everyone" if status.st_mode & stat.S_IWOTH else "its group"


def tighten(path: str, fs: FileSystem = OS) -> list[str]:
    """Let nobody but its owner write the file at `path`; the line that says so, [] if it was so.

    Raises DiskError if it is not ours to change.
    """
    if sys.platform == "win32":
        return []
    with translated(path, "open"):
        fd = fs.open(path, os.O_RDONLY | NONBLOCK)
    try:
        mode = stat.S_IMODE(regular(fs, fd, path).st_mode)
        if not mode & _OTHERS:
            return []
        with translated(path, "chmod"):
            fs.chmod(fd, mode & ~_OTHERS)
    finally:
        close(fs, fd)
    return [f"took the right to write {path} from all but its owner (mode {mode & ~_OTHERS:o})"]
