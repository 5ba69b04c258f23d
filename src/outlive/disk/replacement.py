"""The steps that replace a file as a whole, each of which leaves the old one whole if it is cut.

1. Write all bytes to a temporary file beside the target, `.NAME.outlive-0.tmp`, and give it the
   owner, the extended attributes and the mode of the old file.
2. `fsync` it, so that the name can never lead to a file whose bytes are not there.
3. Rename it over the target.
4. `fsync` the directory, so that the rename survives a power cut (not with ``sync="os"``).

Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014), show what is lost where one
of the two is left out; docs/disk.md says what is assumed of the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from types import TracebackType
from typing import Literal

from ..errors import DiskError
from . import metadata
from .fs import (
    CHUNK,
    NONBLOCK,
    OS,
    WINDOWS,
    FileSystem,
    beside,
    claim,
    close,
    follow,
    read_all,
    translated,
)

Sync = Literal["full", "os"]

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_TEMPORARIES = 100  # writers that replace one file at the same moment without a lock
_LOOK_AHEAD = 4  # writers that may have been killed together, each with a number
_BUSY_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds; virus scanners hold a file for less


def write_all(fs: FileSystem, fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte; write(2) may take fewer than it was given."""
    rest = memoryview(data).cast("B")
    while rest:
        written = fs.write(fd, rest[:CHUNK])
        if not written:
            raise OSError(errno.EIO, "write took nothing")
        rest = rest[written:]


class Replacement:
    """One replacement of one file, from its temporary file to the rename.

    A context manager: `write`, then `finish`. Left without `finish`, it changes nothing and
    removes the temporary file.
    """

    def __init__(
        self, path: str, *, sync: Sync, private: bool = False, fs: FileSystem = OS
    ) -> None:
        self.fs = fs
        self.path = path
        self.sync = sync
        self.private = private
        self.fd = -1
        self._target = follow(fs, path)
        self._old = -1
        self._directory = -1
        self._temporary = ""

    def __enter__(self) -> Replacement:
        try:
            with translated(self.path, "open"):
                self._open()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _open(self) -> None:
        """Open all that is needed before anything is written, so that a refusal comes early."""
        try:
            self._old = self.fs.open(self._target, os.O_RDONLY | NONBLOCK)
        except FileNotFoundError:
            pass
        else:
            if stat.S_ISDIR(self.fs.fstat(self._old).st_mode):
                raise IsADirectoryError(errno.EISDIR, "is a directory")
        if self.sync == "full" and not WINDOWS:  # which cannot open, nor sync, a directory
            self._directory = self.fs.open(os.path.dirname(self._target), os.O_RDONLY)
        self.fd = self._create_temporary()

    def _create_temporary(self) -> int:
        """A new file that is locked while we live, so that others can tell it from litter.

        The names are numbered: what killed writers left behind is met, and removed, by the next.
        """
        mode = 0o600 if self.private or self._old >= 0 else 0o666  # the umask narrows the latter
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW
        for number in range(_TEMPORARIES):
            name = beside(self._target, f"{number}.tmp")
            self._sweep(name)
            try:
                fd = claim(self.fs, name, flags, mode)
            except FileExistsError:
                continue  # in use
            if fd is not None:
                self._temporary = name
                for other in range(number + 1, number + 1 + _LOOK_AHEAD):
                    self._sweep(beside(self._target, f"{other}.tmp"))
                return fd
        raise OSError(errno.EBUSY, "too many writers replace this file at once")

    def _sweep(self, name: str) -> None:
        """Remove the temporary file of a writer that was killed; leave that of a living one.

        One that we may not open or remove is not in our way either: the next number is free.
        """
        with contextlib.suppress(OSError):
            fd = claim(self.fs, name, os.O_RDWR | _NOFOLLOW)
            if fd is None:
                return
            if WINDOWS:  # which removes no open file
                close(self.fs, fd)
                self.fs.unlink(name)
                return
            try:
                self.fs.unlink(name)
            finally:
                close(self.fs, fd)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes to the new content."""
        with translated(self.path, "write"):
            write_all(self.fs, self.fd, data)

    def finish(self) -> None:
        """Put the new content in the place of the old; durable as `sync` says."""
        if self._old >= 0:
            with translated(self.path, "keep its attributes"):
                metadata.copy(self.fs, self._old, self.fd)
        with translated(self.path, "fsync"):
            self.fs.fsync(self.fd)
        with translated(self.path, "rename"):
            self._rename()
        if self._directory >= 0:
            try:
                with translated(self.path, "fsync"):
                    self.fs.fsync(self._directory)
            except DiskError:
                self._undo()
                raise

    def _rename(self) -> None:
        if WINDOWS:  # an open file cannot be renamed there
            close(self.fs, self.fd)
            self.fd = -1
        rename_patiently(self.fs, self._temporary, self._target, _BUSY_WAITS if WINDOWS else ())
        self._temporary = ""

    def _undo(self) -> None:
        """Bring the old file back: the new one is in its place, but nobody knows for how long.

        No fsync: the disk has just refused one. If this fails too, that error tells.
        """
        with translated(self.path, "undo"):
            if self._old < 0:
                self.fs.unlink(self._target)
                return
            with Replacement(self._target, sync="os", fs=self.fs) as back:
                self.fs.seek(self._old, 0)
                back.write(read_all(self.fs, self._old, self.fs.fstat(self._old).st_size))
                metadata.copy(self.fs, self._old, back.fd)
                back._rename()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if WINDOWS and self.fd >= 0:
            close(self.fs, self.fd)
            self.fd = -1
        if self._temporary:
            # The error that brought us here matters more, and the next commit sweeps.
            with contextlib.suppress(OSError):
                self.fs.unlink(self._temporary)
        for fd in (self.fd, self._old, self._directory):
            if fd >= 0:
                close(self.fs, fd)


def rename_patiently(fs: FileSystem, source: str, target: str, waits: tuple[float, ...]) -> None:
    """Rename, trying again after each wait while another program holds the target open."""
    for wait in waits:
        try:
            fs.rename(source, target)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    fs.rename(source, target)
