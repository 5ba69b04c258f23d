"""Make a file of any kind under another name, and put it in its place when it is whole.

The new file is made in a hidden directory beside its place, `.NAME.outlive-new`, where whoever
makes it may leave what belongs to it (LMDB's lock file, journals). At the end it is synced and
renamed, and the directory goes. What a killed process left is removed by the next who makes a file
of that name; the lock of the file says that its maker is dead.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ..errors import ConflictError, DiskError, LockedError, OutliveError
from . import metadata, trust
from .atomic import PathLike
from .fs import OS, WINDOWS, FileSystem, absolute, beside, close, follow, translated
from .lock import Lock
from .replacement import rename_patiently, sync_directory

_NEW, _TWIN = "new", "journal"
BETWEEN = ".between"  # behind the name: a file that the block needs on its way
_NOT_REPLACING, _HERE = 1, -100  # RENAME_NOREPLACE and AT_FDCWD of Linux
_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}  # to this file system, or this kernel


@contextmanager
def placing(path: PathLike, *, replace: bool = False, fs: FileSystem = OS) -> Iterator[str]:
    """A block that makes a file; gives the name to make it under, which nobody else knows.

    At the end of the block the file is at `path`, whole and durable. If the block raises, or the
    process is killed, `path` is what it was; errors of the block name `path` in the place of the
    other name. With `replace` a file that is there is replaced, with its owner and mode, and with
    the journal that a killed program left beside it.

    Raises ConflictError if there is a file and not `replace`, LockedError if a program has it open
    as its single writer, DiskError, FullError.

    >>> from outlive.store_placing import placing
    >>> with placing("made.safe") as name, outlive.Safe(name) as safe:
    ...     safe["first"] = 1
    >>> with outlive.Safe("made.safe", mode="r") as safe:
    ...     safe["first"]
    1
    """
    path = absolute(path)
    target = follow(fs, path)
    with _locked(target):
        if not replace:
            _refuse(path, target, fs)
        directory = beside(target, _NEW)
        name = os.path.join(directory, os.path.basename(target))
        _remove(directory)
        with translated(path, "make"):
            os.mkdir(directory, 0o700)
        try:
            try:
                yield name
            except OutliveError as error:
                _rename_in(error, name, path)
                raise
            _finish(name, path, target, replace=replace, fs=fs)
        finally:
            _remove(directory)


@contextmanager
def _locked(target: str) -> Iterator[None]:
    """A block in which no State, Store or Storage has the file open for writing."""
    with ExitStack() as stack:
        for each in (target, f"{target}.writer"):
            try:
                stack.enter_context(Lock(each, timeout=0))
            except LockedError as error:
                message = str(error).replace(f"{target}.writer", target)
                message = message.partition("; waited")[0]
                raise LockedError(f"{message}; let it finish", error.pid) from error
        yield


def _refuse(path: str, target: str, fs: FileSystem) -> None:
    if fs.exists(target) or fs.exists(beside(target, _TWIN)):
        raise ConflictError(f"{path} is there; choose another name, or replace it")


def _remove(directory: str) -> None:
    shutil.rmtree(directory, ignore_errors=True)  # what stays is in nobody's way but the next one's


def _rename_in(error: OutliveError, name: str, path: str) -> None:
    """Let an error name the file that was to be made, also in the place of one on the way to it."""

    def renamed(text: str) -> str:
        return text.replace(name + BETWEEN, path).replace(name, path)

    error.args = tuple(renamed(each) if isinstance(each, str) else each for each in error.args)
    if isinstance(error, DiskError):
        error.strerror = renamed(str(error.strerror))
        if isinstance(error.filename, str):
            error.filename = renamed(error.filename)


def _finish(name: str, path: str, target: str, *, replace: bool, fs: FileSystem) -> None:
    with translated(path, "open"):
        fd = fs.open(name, os.O_RDWR)
    try:
        if replace:
            _copy_metadata(target, fd, path, fs)
        with translated(path, "fsync"):
            fs.fsync(fd)
    finally:
        close(fs, fd)
    if replace:
        with translated(path, "rename"):
            # Of a dead program, since the lock is ours. Before the rename: after it, the next who
            # opens the file would take what is in it into the new one.
            if fs.exists(beside(target, _TWIN)):
                fs.unlink(beside(target, _TWIN))
            rename_patiently(fs, name, target, (0.01, 0.1, 0.4) if WINDOWS else ())
    else:
        try:
            with translated(path, "rename"):
                _rename_new(name, target, fs)
        except DiskError as error:
            if error.errno == errno.EEXIST:
                _refuse(path, target, fs)
            raise
    sync_directory(target, path, fs)


def _copy_metadata(target: str, fd: int, path: str, fs: FileSystem) -> None:
    try:
        old = fs.open(target, os.O_RDONLY)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DiskError(
            error.errno or 0, f"{path} cannot be read: {error.strerror}", path, "open"
        ) from error
    try:
        with translated(path, "keep its attributes"):
            metadata.copy(fs, old, fd)
    finally:
        close(fs, old)


def _rename_new(source: str, target: str, fs: FileSystem) -> None:
    """Rename, but replace nothing that came meanwhile. Raises FileExistsError."""
    if WINDOWS:
        os.rename(source, target)  # which replaces nothing there
    elif not _rename_by_the_kernel(source, target):
        fs.link(source, target)
        fs.unlink(source)


def _rename_by_the_kernel(source: str, target: str) -> bool:
    """In one step; False if it cannot. After `link` a crash could leave the file with two names."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if not rename(_HERE, os.fsencode(source), _HERE, os.fsencode(target), _NOT_REPLACING):
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), source)


def check_trust(path: PathLike, fs: FileSystem = OS) -> None:
    """Raise UntrustedError if another user could have written the file at `path`.

    To be asked before a pickle in it is read. Raises DiskError if it is not there.

    >>> from outlive.store_placing import check_trust
    >>> outlive.replace("mine.pickle", b"N.")
    >>> check_trust("mine.pickle")
    """
    name = absolute(path)
    with translated(name, "open"):
        status = fs.stat(name)
    trust.check(name, status, fs)
