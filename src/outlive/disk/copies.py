"""The file as it was before a repair, kept beside it as `NAME.before-repair`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager, suppress

from . import litter
from .fs import NONBLOCK, OS, FileSystem, close, follow, regular, translated
from .replacement import Replacement

_PIECE = 1 << 22  # bytes that are copied at once
_MADE: tuple[litter.Kind, ...] = ("copy", "lost", "edited", "version")  # by a repair
Progress = Callable[[int, int], object]


@contextmanager
def before_repair(
    path: str, fs: FileSystem = OS, *, progress: Progress | None = None
) -> Iterator[str]:
    """A block that changes the file at `path`, of which a copy is made first; gives its name.

    It is `NAME.before-repair`, or `NAME.before-repair-2` and on if there is one, durable, with the
    owner and the mode of the file, and nobody else's to read. If the block raises and the file is
    what it was, the copy goes again, as does what the block put aside as NAME.lost and the like.
    `progress` is told the bytes that are done, and all.
    Raises DiskError or FullError; then nothing was changed, and the block was not entered.
    """
    target = follow(fs, path)
    name = _free(target, fs)
    before = {each.path for each in litter.listed(path, fs)}
    _copy(target, path, name, fs, progress)
    try:
        yield name
    except BaseException:
        with suppress(OSError):  # the error of the block matters more
            if _is_same(target, name, fs):
                _remove_new(path, before, fs)
        raise


def _is_same(one: str, other: str, fs: FileSystem) -> bool:
    """Whether two files hold the same; one that was put back is not the same file."""
    first, second = fs.open(one, os.O_RDONLY), fs.open(other, os.O_RDONLY)
    try:
        while (piece := fs.read(first, _PIECE)) == fs.read(second, _PIECE):
            if not piece:
                return True
        return False
    finally:
        close(fs, first)
        close(fs, second)


def _remove_new(path: str, before: Set[str], fs: FileSystem) -> None:
    for each in litter.listed(path, fs):
        if each.kind in _MADE and each.path not in before:
            fs.unlink(each.path)


def _free(target: str, fs: FileSystem) -> str:
    name = first = f"{target}.before-repair"
    number = 1
    while fs.exists(name):
        number += 1
        name = f"{first}-{number}"
    return name


def _copy(target: str, path: str, name: str, fs: FileSystem, progress: Progress | None) -> None:
    with translated(path, "open"):
        old = fs.open(target, os.O_RDONLY | NONBLOCK)
    try:
        with translated(path, "read"):
            size = regular(fs, old, path).st_size
        with Replacement(name, sync="full", private=True, fs=fs) as new:
            new.create()
            done = 0
            while piece := _read(fs, old, path):
                new.write(piece)
                done += len(piece)
                if progress is not None:
                    progress(done, max(done, size))
            new.copy_metadata(old)
            new.finish()
    finally:
        close(fs, old)


def _read(fs: FileSystem, fd: int, path: str) -> bytes:
    with translated(path, "read"):
        return fs.read(fd, _PIECE)
