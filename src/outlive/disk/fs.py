"""The few calls that outlive makes of the operating system, and how their errors become ours.

Everything in `disk` goes through a `FileSystem`, so that a test can stand in for it: cut the
power between any two calls, lose what was not synced, fill the disk. What outlive assumes of a
file system is in docs/disk.md.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import lru_cache, partial
from types import TracebackType
from typing import NoReturn

from ..errors import DiskError, FormatError, FullError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WINDOWS = os.name == "nt"

_BINARY = getattr(os, "O_BINARY", 0)  # or Windows would translate newlines
# Opening a named pipe would wait for its writer; for files it means nothing.
NONBLOCK = getattr(os, "O_NONBLOCK", 0)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
CHUNK = 1 << 30  # bytes in a call; Linux reads and writes at most 2 GiB
# A lock beyond the bytes that hold the pid: on Windows a locked byte cannot be read by others.
_LOCK_OFFSET = 1 << 30


class FileSystem:
    """The real one. Each method is one call, named as in POSIX, and raises a plain OSError."""

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        return os.open(path, flags | _BINARY, mode)

    def read(self, fd: int, size: int) -> bytes:
        return os.read(fd, size)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def seek(self, fd: int, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(fd, offset, whence)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:
        """Flush to the medium; on macOS plain fsync(2) leaves the data in the drive's cache."""
        if sys.platform == "darwin":
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Flush the content, and of the metadata what is needed to read it back."""
        if sys.platform == "linux":
            os.fdatasync(fd)
        else:
            self.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def stat(self, path: str) -> os.stat_result:
        return os.stat(path)

    def lstat(self, path: str) -> os.stat_result:
        return os.lstat(path)

    def exists(self, path: str) -> bool:
        return os.access(path, os.F_OK)

    def fstat(self, fd: int) -> os.stat_result:
        return os.fstat(fd)

    def readlink(self, path: str) -> str:
        return os.readlink(path)

    def rename(self, source: str, target: str) -> None:
        os.replace(source, target)

    def link(self, source: str, target: str) -> None:
        os.link(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def listdir(self, path: str) -> list[str]:
        return os.listdir(path)

    def try_lock(self, fd: int) -> bool:
        """Lock the whole file for this descriptor, without waiting; False if another has it."""
        try:
            if sys.platform == "win32":
                os.lseek(fd, _LOCK_OFFSET, os.SEEK_SET)
                msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
                os.lseek(fd, 0, os.SEEK_SET)
            else:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

    if sys.platform != "win32":

        def chmod(self, fd: int, mode: int) -> None:
            os.fchmod(fd, mode)

        def chown(self, fd: int, uid: int, gid: int) -> None:
            os.fchown(fd, uid, gid)

    if sys.platform == "linux":

        def listxattr(self, fd: int) -> list[str]:
            return os.listxattr(fd)

        def getxattr(self, fd: int, name: str) -> bytes:
            return os.getxattr(fd, name)

        def setxattr(self, fd: int, name: str, value: bytes) -> None:
            os.setxattr(fd, name, value)

        def removexattr(self, fd: int, name: str) -> None:
            os.removexattr(fd, name)


OS = FileSystem()
# The real calls without a frame of ours in between: a commit makes three dozen, and just after an
# fsync, when the processor's caches hold other things, each frame costs twice.
for _name in ("read", "write", "close", "stat", "lstat", "fstat", "readlink", "link", "unlink"):
    setattr(OS, _name, getattr(os, _name))
setattr(OS, "exists", partial(os.access, mode=os.F_OK))  # noqa: B010  # mypy: see below
if not WINDOWS:
    setattr(OS, "open", os.open)  # noqa: B010  # likewise
if sys.platform != "darwin":
    setattr(OS, "fsync", os.fsync)  # noqa: B010  # mypy lets no method be assigned to
if sys.platform == "linux":
    setattr(OS, "fdatasync", os.fdatasync)  # noqa: B010  # likewise

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ADVICE = {
    errno.EACCES: "check the permissions of the file and of its directory",
    errno.EPERM: "check the permissions of the file and of its directory",
    errno.EROFS: "the file system is read-only; choose a path on another one",
    errno.EBUSY: "the name is a mount point, as a file bound into a container is, and cannot be "
    "replaced; mount its directory instead",
    errno.EXDEV: "the name is a mount point or on another device, and cannot be replaced; "
    "mount its directory instead",
    errno.EISDIR: "name a file in it",
    errno.ENOENT: "create its directory first",
    errno.ENOTDIR: "a part of the path is a file, not a directory; choose another path",
    errno.ELOOP: "its symbolic links go in a circle; mend them",
    errno.ENAMETOOLONG: "choose a name at least 20 bytes shorter: names beside it are longer",
    errno.EIO: "check the disk before you trust it",
    errno.EEXIST: "it is another user's; have its owner remove it",
    errno.EINTR: "a signal came between; try again",
    errno.EMFILE: "close some files: this process has as many open as it may",
    errno.ENFILE: "close some files: the system has as many open as it can",
    errno.ENOLCK: "this file system has no locks; choose a path on another one",
    errno.ENOTSUP: "this file system cannot do that; choose a path on another one",
}


def translate(error: OSError, path: str, operation: str) -> DiskError:
    """What the operating system said, as a `DiskError` that says what to do about it."""
    number = error.errno or errno.EIO
    what = f"{path}: {operation} failed: {os.strerror(number)}"
    if number in _NO_ROOM:
        advice = "what was there is untouched; make room and try again"
        return FullError(number, f"{what}; {advice}", path, operation)
    advice = _ADVICE.get(number, "see what this errno means on your system")
    return DiskError(number, f"{what}; {advice}", path, operation)


def fail(error: OSError, path: str, operation: str) -> NoReturn:
    """Raise `error` as the `DiskError` that it stands for, or is."""
    if isinstance(error, DiskError):
        raise error
    raise translate(error, path, operation) from error


class translated:  # noqa: N801  # reads as the function that it stands for
    """A block from which an OSError comes as the `DiskError` that it stands for.

    A class, not a generator: some stand on the way of every commit.
    """

    __slots__ = ("operation", "path")

    def __init__(self, path: str, operation: str) -> None:
        self.path = path
        self.operation = operation

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and isinstance(error, OSError):
            fail(error, self.path, self.operation)


def close(fs: FileSystem, fd: int) -> None:
    """Close a descriptor whose fate no longer matters.

    It was only read, or fsync has said all that there is to say about what was written, or the
    file is being thrown away: an error here would only hide the outcome.
    """
    try:  # not `suppress`, which takes longer than the call
        fs.close(fd)
    except OSError:
        return


def read_all(fs: FileSystem, fd: int, expected: int) -> bytes:
    """All bytes from here on; `expected` is the size that fstat gave."""
    data = fs.read(fd, min(expected + 1, CHUNK))
    if len(data) == expected:
        return data  # one byte more was asked for, so this is the end
    parts = [data]
    while parts[-1]:
        parts.append(fs.read(fd, CHUNK))
    return b"".join(parts)


def regular(fs: FileSystem, fd: int, path: str) -> os.stat_result:
    """The status of an open file; DiskError if it is a directory, a device or a pipe."""
    status = fs.fstat(fd)
    if stat.S_ISDIR(status.st_mode):
        raise translate(IsADirectoryError(errno.EISDIR, ""), path, "open")
    if not stat.S_ISREG(status.st_mode):
        raise DiskError(errno.EINVAL, f"{path} is a device or a pipe; name a file", path, "open")
    return status


def absolute(path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> str:
    """The path as a `str` that a later chdir does not change. Raises FormatError if it is none."""
    try:
        given = os.fsdecode(path)
        if os.path.isabs(given):
            return _normal(given)
        with translated(given, "find the current directory"):
            here = os.getcwd()
        return _normal(os.path.join(here, given))
    except (TypeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path!r} is not a path; pass a str or a pathlib.Path") from error


@lru_cache(maxsize=256)
def _normal(path: str) -> str:
    os.fsencode(path)
    if "\0" in path:
        raise FormatError(f"{path!r} holds a null character; no file can have that name")
    return os.path.abspath(path)


def follow(fs: FileSystem, path: str) -> str:
    """The file that `path` means: the target of a symbolic link (that may not exist yet)."""
    try:
        if not stat.S_ISLNK(fs.lstat(path).st_mode):
            return path
    except OSError:
        return path  # not there, or out of reach: opening it will say so
    return os.path.realpath(path)


@lru_cache(maxsize=256)
def beside(path: str, suffix: str) -> str:
    """The hidden name next to `path` for what belongs to it: `dir/.NAME.outlive-SUFFIX`."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.outlive-{suffix}")
