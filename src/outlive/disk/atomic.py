"""Read a whole file; replace a whole file, so that everyone sees the old one or the new one."""

from __future__ import annotations

import codecs
import errno
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import BinaryIO, Literal, NamedTuple, TextIO, overload

from ..errors import DiskError, FormatError
from .fs import (
    NONBLOCK,
    OS,
    FileSystem,
    absolute,
    beside,
    close,
    fail,
    follow,
    read_all,
    regular,
    translated,
)
from .replacement import Replacement, Sync

PathLike = str | os.PathLike[str]


class Content(NamedTuple):
    """What a file held at one moment, and who could have written it."""

    data: bytes
    status: os.stat_result


def read(path: str, fs: FileSystem = OS) -> Content | None:
    """The whole content of a regular file, or None if there is none of that name."""
    try:
        fd = fs.open(path, os.O_RDONLY | NONBLOCK)
        try:
            status = regular(fs, fd, path)
            return Content(read_all(fs, fd, status.st_size), status)
        finally:
            close(fs, fd)
    except FileNotFoundError:
        return None
    except OSError as error:
        fail(error, path, "read")


def mark(path: str, fs: FileSystem) -> tuple[int, int, int] | None:
    """What tells most changes of a file without reading it; None if there is none."""
    try:
        with translated(path, "stat"):
            there = fs.stat(path)
    except DiskError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    return there.st_ino, there.st_size, there.st_mtime_ns


def check_place(path: str, fs: FileSystem) -> None:
    """Raise DiskError if no file could be made at `path`: no directory, or too long a name.

    A program that runs for an hour should hear at its start that its result will have no place.
    """
    target = follow(fs, path)
    with translated(path, "open"):
        fs.stat(os.path.dirname(target))
        with suppress(FileNotFoundError):
            fs.stat(beside(target, "lock"))  # a name that is longer than the file's


def checked_sync(sync: str) -> Sync:
    """The `sync=` argument, or FormatError."""
    if sync == "full":
        return "full"
    if sync == "os":
        return "os"
    raise FormatError(f"sync={sync!r} is unknown; pass 'full' or 'os'")


def replace(
    path: PathLike,
    data: bytes | bytearray | memoryview | str,
    *,
    sync: Sync = "full",
) -> None:
    """Replace the file at `path` with `data` as a whole; a `str` is written as UTF-8.

    Other programs see the old file or the new one, never a mixture, and so does whoever opens it
    after a crash. When this returns, the new content survives a power cut (``sync="full"``) or a
    crash of the process (``sync="os"``). Mode, owner (where allowed) and, on Linux, extended
    attributes of the old file are kept; a new file obeys the umask; a symbolic link stays one and
    its target is replaced. Takes no lock: of two writers the later one wins.

    Raises DiskError or FullError, FormatError for a `path` that is none. The file then is what it
    was, and no temporary file is left.

    >>> outlive.replace("motd.txt", "Back at noon.\\n")
    """
    name, sync = absolute(path), checked_sync(sync)
    try:
        content = memoryview(data.encode() if isinstance(data, str) else data).cast("B")
    except (TypeError, ValueError) as error:
        what = "what is given is neither bytes nor text that UTF-8 can hold"
        raise FormatError(f"{name}: {what}: {error}") from error
    with Replacement(name, sync=sync) as new:
        new.create()
        new.write(content)
        new.finish()


@overload
def replacing(
    path: PathLike, mode: Literal["wb"] = "wb", *, sync: Sync = "full"
) -> AbstractContextManager[BinaryIO]: ...
@overload
def replacing(
    path: PathLike,
    mode: Literal["w"],
    *,
    encoding: str = "utf-8",
    newline: str | None = None,
    sync: Sync = "full",
) -> AbstractContextManager[TextIO]: ...
def replacing(
    path: PathLike,
    mode: Literal["wb", "w"] = "wb",
    *,
    encoding: str = "utf-8",
    newline: str | None = None,
    sync: Sync = "full",
) -> AbstractContextManager[BinaryIO] | AbstractContextManager[TextIO]:
    """A file to write to, that takes the place of `path` when the block ends, as `replace` does.

    `mode` is "wb" (bytes) or "w" (text; `encoding` and `newline` as in the built-in `open`). A
    block that raises changes nothing and leaves no temporary file. Raises what `replace` raises.

    >>> with outlive.replacing("table.csv", "w", newline="") as file:
    ...     csv.writer(file).writerows([["a", 1], ["b", 2]])
    """
    if mode not in ("wb", "w"):
        raise FormatError(f"mode={mode!r} is unknown; pass 'wb' for bytes or 'w' for text")
    if newline not in (None, "", "\n", "\r", "\r\n"):
        raise FormatError(f"newline={newline!r} is unknown; pass what the built-in open() takes")
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise FormatError(f"{error}; pass an encoding that Python knows") from error
    name, sync = absolute(path), checked_sync(sync)
    return (
        _replacing_bytes(name, sync)
        if mode == "wb"
        else _replacing_text(name, sync, encoding, newline)
    )


@contextmanager
def _replacing_bytes(path: str, sync: Sync, fs: FileSystem = OS) -> Iterator[BinaryIO]:
    with Replacement(path, sync=sync, fs=fs) as new:
        new.create()
        raw = _Raw(new)
        file = io.BufferedWriter(raw)
        try:
            yield file
        except BaseException:
            raw.discard = True
            raise
        finally:
            file.close()
        new.finish()


@contextmanager
def _replacing_text(
    path: str, sync: Sync, encoding: str, newline: str | None, fs: FileSystem = OS
) -> Iterator[TextIO]:
    with (
        _replacing_bytes(path, sync, fs) as file,
        io.TextIOWrapper(file, encoding=encoding, newline=newline, write_through=True) as text,
    ):
        yield text


class _Raw(io.RawIOBase):
    """The temporary file of a replacement as Python's buffers want it."""

    def __init__(self, new: Replacement) -> None:
        self._new = new
        self.discard = False  # the block raised: what is still in the buffers has nowhere to go

    def fileno(self) -> int:
        return self._new.fd

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # Buffer has a name from Python 3.12 on
        if not self.discard:
            self._new.write(view)
        return view.nbytes

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with translated(self._new.path, "seek"):
            return self._new.fs.seek(self._new.fd, offset, whence)

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        with translated(self._new.path, "truncate"):
            self._new.fs.truncate(self._new.fd, size)
        return size
