"""The former contents of a file, kept beside it: `NAME.version-3` is the third."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from datetime import UTC, datetime
from typing import NamedTuple

from .fs import FileSystem, close, follow, translated
from .replacement import Replacement

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


class Version(NamedTuple):
    """A former content of a store's file.

    `number` counts up with every commit that replaced something; `time` (UTC) is when this
    content was written; `size` is in bytes; `path` is where it is kept.
    """

    number: int
    time: datetime
    size: int
    path: str


def listed(path: str, fs: FileSystem) -> list[Version]:
    """The kept versions of the file at `path`, the newest first."""
    target = follow(fs, path)
    found = []
    with translated(path, "list its versions"):
        for number in _numbers(target, fs):
            name = _name(target, number)
            with contextlib.suppress(FileNotFoundError):  # pruned by a commit in this moment
                status = fs.stat(name)
                if stat.S_ISREG(status.st_mode):
                    time = datetime.fromtimestamp(status.st_mtime, UTC)
                    found.append(Version(number, time, status.st_size, name))
    return sorted(found, reverse=True)


def keep(path: str, data: bytes, fs: FileSystem) -> tuple[str, bool]:
    """Keep the file at `path`, whose content is `data`, as the newest version.

    Returns its name, and whether it was not there before.

    A second name for the same file costs no copy, and the commit that follows moves the first
    name to the new content. The directory is synced by that commit.
    """
    target = follow(fs, path)
    with translated(path, "keep a version"):
        newest = max(_numbers(target, fs), default=0)
        if newest and os.path.samestat(fs.stat(_name(target, newest)), fs.stat(target)):
            # A commit was cut just here: this content is kept already.
            return _name(target, newest), False
        name = _name(target, newest + 1)
        try:
            fs.link(target, name)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _copy(target, name, data, fs)  # as on a FAT-formatted stick, or of another's file
    return name, True


def _copy(target: str, name: str, data: bytes, fs: FileSystem) -> None:
    with Replacement(name, sync="os", private=True, fs=fs) as copy:
        copy.create()
        copy.write(data)
        fd = fs.open(target, os.O_RDONLY)
        try:
            copy.copy_metadata(fd)
        finally:
            close(fs, fd)
        copy.finish()


def drop(name: str, fs: FileSystem) -> None:
    """Take back a version whose commit failed."""
    with contextlib.suppress(OSError):  # the commit's own error matters more
        fs.unlink(name)


def prune(path: str, count: int, fs: FileSystem) -> None:
    """Remove all but the newest `count` versions.

    An old version too many does not undo a commit that is kept: errors wait for the next one.
    """
    target = follow(fs, path)
    numbers: list[int] = []
    with contextlib.suppress(OSError):
        numbers = sorted(_numbers(target, fs), reverse=True)
    for number in numbers[count:]:
        with contextlib.suppress(OSError):
            fs.unlink(_name(target, number))


def _name(target: str, number: int) -> str:
    return f"{target}.version-{number}"


def _numbers(target: str, fs: FileSystem) -> list[int]:
    directory, name = os.path.split(target)
    start = f"{name}.version-"
    ends = (entry.removeprefix(start) for entry in fs.listdir(directory) if entry.startswith(start))
    # Only names as we write them: not 007, nor the digits of another script.
    return [int(end) for end in ends if end.isascii() and end.isdigit() and end[0] != "0"]
