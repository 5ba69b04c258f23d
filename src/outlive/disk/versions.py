"""The former contents of a file, kept beside it as GNU's numbered backups: `NAME.~3~`."""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import UTC, datetime
from typing import NamedTuple

from ..errors import DiskError
from .fs import FileSystem, follow, translated
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
    with translated(path, "list its versions"):
        found = []
        for number in _numbers(target, fs):
            status = fs.stat(_name(target, number))
            time = datetime.fromtimestamp(status.st_mtime, UTC)
            found.append(Version(number, time, status.st_size, _name(target, number)))
    return sorted(found, reverse=True)


def keep(path: str, data: bytes, fs: FileSystem) -> str:
    """Keep the file at `path`, whose content is `data`, as the newest version; return its name.

    A second name for the same file costs no copy, and the commit that follows moves the first
    name to the new content. The directory is synced by that commit.
    """
    target = follow(fs, path)
    with translated(path, "keep a version"):
        numbers = _numbers(target, fs)
        newest = max(numbers, default=0)
        if newest and os.path.samestat(fs.stat(_name(target, newest)), fs.stat(target)):
            return ""  # a commit was cut just here: this content is kept already
        name = _name(target, newest + 1)
        try:
            fs.link(target, name)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with Replacement(name, sync="os", fs=fs) as copy:  # as on a FAT-formatted stick
                copy.write(data)
                copy.finish()
    return name


def drop(name: str, fs: FileSystem) -> None:
    """Take back a version whose commit failed."""
    if name:
        with contextlib.suppress(OSError):  # the commit's own error matters more
            fs.unlink(name)


def prune(path: str, count: int, fs: FileSystem) -> None:
    """Remove all but the newest `count` versions.

    An old version too many does not undo a commit that is kept: errors wait for the next one.
    """
    target = follow(fs, path)
    with contextlib.suppress(OSError, DiskError):
        for number in sorted(_numbers(target, fs), reverse=True)[count:]:
            fs.unlink(_name(target, number))


def _name(target: str, number: int) -> str:
    return f"{target}.~{number}~"


def _numbers(target: str, fs: FileSystem) -> list[int]:
    directory, name = os.path.split(target)
    start = f"{name}.~"
    middles = (
        n[len(start) : -1] for n in fs.listdir(directory) if n.startswith(start) and n[-1] == "~"
    )
    return [int(middle) for middle in middles if middle.isdecimal()]
