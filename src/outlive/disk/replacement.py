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

import errno
import os
import time
from types import TracebackType
from typing import Literal, Self

from ..errors import DiskError, LockedError
from . import metadata
from .fs import (
    CHUNK,
    NONBLOCK,
    OS,
    WINDOWS,
    FileSystem,
    close,
    fail,
    follow,
    read_all,
    regular,
    translate,
    translated,
)
from .temporary import Temporary

Sync = Literal["full", "os"]

_BUSY_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)  # seconds; virus scanners hold a file for less


def write_all(fs: FileSystem, fd: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte; write(2) may take fewer than it was given."""
    if isinstance(data, bytes) and len(data) <= CHUNK:
        written = fs.write(fd, data)
        if written == len(data):
            return
        data = data[written:]
    rest = memoryview(data).cast("B")
    while rest:
        written = fs.write(fd, rest[:CHUNK])
        if not written:
            raise OSError(errno.EIO, "write took nothing")
        rest = rest[written:]


class Replacement:
    """One replacement of one file, from its temporary file to the rename.

    A context manager: `create`, `write`, then `finish`. Left without `finish`, it changes nothing
    and removes the temporary file. `is_done` says whether the new content is in its place.
    `target` is what `path` leads to, if that is known.
    """

    def __init__(
        self,
        path: str,
        *,
        sync: Sync,
        private: bool = False,
        target: str = "",
        fs: FileSystem = OS,
    ) -> None:
        self.fs = fs
        self.path = path
        self._done = False
        self._sync = sync
        self._private = private
        self._target = target or follow(fs, path)
        self._new = Temporary(fs)
        self._old = -1
        self._size = self._modified = 0
        self._content: bytes | None = None  # of the old file, once it was asked for
        self._directory = -1
        self._pid = os.getpid()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException as error:
            self.__exit__(None, None, None)
            if isinstance(error, OSError):
                fail(error, self.path, "open")
            raise
        return self

    def _open(self) -> None:
        """Open all that is needed before anything is written, so that a refusal comes early."""
        try:
            self._old = self.fs.open(self._target, os.O_RDONLY | NONBLOCK)
        except FileNotFoundError:
            pass
        else:
            status = regular(self.fs, self._old, self.path)
            self._size, self._modified = status.st_size, status.st_mtime_ns
        if self._sync == "full" and not WINDOWS:  # which cannot open, nor sync, a directory
            self._directory = self.fs.open(os.path.dirname(self._target), os.O_RDONLY)

    def old_content(self) -> bytes | None:
        """What the file holds, None if there is none."""
        if self._old >= 0 and self._content is None:
            try:
                self._content = read_all(self.fs, self._old, self._size)
            except OSError as error:
                fail(error, self.path, "read")
        return self._content

    def late_content(self) -> bytes | None:
        """What the old file holds now, if that is not `old_content`; also after the rename.

        A program that had it open to write may have come too late.
        """
        if self._old < 0:
            return None
        with translated(self.path, "read"):
            status = self.fs.fstat(self._old)
            if (status.st_size, status.st_mtime_ns) == (self._size, self._modified):
                return None
            self.fs.seek(self._old, 0)
            data = read_all(self.fs, self._old, status.st_size)
        return None if data == self.old_content() else data

    def create(self) -> None:
        """Make the temporary file."""
        # The umask narrows the mode of a new file; that of an old one is copied at the end.
        mode = 0o600 if self._private or self._old >= 0 else 0o666
        try:
            self._new.create(self._target, mode)
        except OSError as error:
            fail(error, self.path, "open")

    @property
    def fd(self) -> int:
        """The descriptor of the temporary file."""
        if self._pid != os.getpid():
            raise LockedError(
                f"{self.path}: this block was entered before a fork, and the file is the parent's "
                "to replace; leave the child with os._exit",
                self._pid,
            )
        return self._new.fd

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes to the new content."""
        try:
            write_all(self.fs, self.fd, data)
        except OSError as error:
            fail(error, self.path, "write")

    def finish(self) -> None:
        """Put the new content in the place of the old; durable as `sync` says."""
        fd = self.fd
        operation = "keep its attributes"
        try:
            if self._old >= 0:
                metadata.copy(self.fs, self._old, fd)
            operation = "fsync"
            self.fs.fsync(fd)
            operation = "rename"
            self._rename()
        except OSError as error:
            fail(error, self.path, operation)
        if self._directory >= 0:
            try:
                self.fs.fsync(self._directory)
            except OSError as error:
                failure = translate(error, self.path, "fsync")
                self._undo(failure)
                raise failure from error

    def open_again(self, flags: int) -> int:
        """A descriptor of the new file for its life after the rename; the caller closes it.

        It is opened before, since a failure after it could not be undone. Not on Windows, where an
        open file cannot be renamed.
        """
        with translated(self.path, "open"):
            return self.fs.open(self._new.path, flags)

    def copy_metadata(self, old: int) -> None:
        """Give the new file the owner, attributes and mode of another, open one."""
        with translated(self.path, "keep its attributes"):
            metadata.copy(self.fs, old, self.fd)

    def _rename(self) -> None:
        name = self._new.path
        if WINDOWS:  # an open file cannot be renamed there
            self._new.close()
        rename_patiently(self.fs, name, self._target, _BUSY_WAITS if WINDOWS else ())
        self._done = True
        self._new.path = self._target

    def is_done(self) -> bool:
        """Whether the new content is in the place of the old."""
        # A Ctrl-C may come between the rename and the note of it.
        return self._done or (self._new.fd >= 0 and self._new.is_at(self._target))

    def _undo(self, error: DiskError) -> None:
        """Bring the old file back: the new one is in its place, but nobody knows for how long.

        No fsync: the disk has just refused one.
        """
        try:
            with translated(self.path, "undo"):
                if self._old >= 0:
                    self._put_back()
                else:
                    self.fs.unlink(self._target)
        except DiskError as second:
            message = f"{error}. The old content could not be put back either: {second}"
            raise DiskError(error.errno or 0, message, self.path, "fsync") from error
        self._done = False
        self._new.close()

    def _put_back(self) -> None:
        with Replacement(self._target, sync="os", fs=self.fs) as back:
            back.create()
            back.write(self.old_content() or b"")
            back.copy_metadata(self._old)
            back._rename()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pid == os.getpid() and not self._done:  # a forked child leaves it to its parent
            self._new.remove()
        self._new.close()
        for fd in (self._old, self._directory):
            if fd >= 0:
                close(self.fs, fd)


def sync(path: str, fs: FileSystem) -> None:
    """Make sure that the file at `path`, as it is now, survives a power cut."""
    target = follow(fs, path)
    _sync_one(target, path, fs)
    sync_directory(target, path, fs)


def sync_directory(target: str, path: str, fs: FileSystem) -> None:
    """Make sure that the name `target` survives a power cut; errors name `path`."""
    if not WINDOWS:  # which cannot open, nor sync, a directory
        _sync_one(os.path.dirname(target), path, fs)


def _sync_one(name: str, path: str, fs: FileSystem) -> None:
    with translated(path, "open"):
        fd = fs.open(name, os.O_RDONLY)
    try:
        with translated(path, "fsync"):
            fs.fsync(fd)
    finally:
        close(fs, fd)


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
