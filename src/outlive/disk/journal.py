"""The open file of a state: entries are appended to it, and at times it is replaced as a whole.

Entries go to the file with plain write(2), never through mmap: an editor that truncates a mapped
file kills the program with SIGBUS. Then they go to the twin (`twin.py`), and only then does
`append` return.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from ..errors import ClosedError, ConflictError, DiskError, OutliveError
from . import atomic
from .fs import OS, WINDOWS, FileSystem, close, fail, follow, translate, translated
from .replacement import Replacement, Sync, sync_directory
from .settling import late as late_content
from .settling import settled
from .twin import Twin

_APPEND = os.O_RDWR | os.O_APPEND


class Journal:
    """One state file, open for writing. Whoever holds its lock may make one, and closes it.

    `document` is the first part of the file as this program last read or wrote it; `size` is the
    number of bytes of the entries after it. `is_beside` says that entries go to the twin alone, as
    a person made of the file what cannot be read. `refusal` makes the error of every further write.
    """

    def __init__(self, path: str, *, sync: Sync, fs: FileSystem = OS) -> None:
        self.path = path
        self.fs = fs
        self.document = b""
        self.size = 0
        self.is_beside = False
        self._is_special = True  # whether an entry takes more, or less, than two writes
        self.refusal: Callable[[], OutliveError] | None = None
        self._entries = b""  # those that the file held when it was opened
        self._target = follow(fs, path)
        self._sync = sync
        self._fd = -1
        self.twin = Twin(self._target, fs)
        self._write = fs.write
        self._is_named = False  # whether the name is sure to survive a power cut

    # -- reading

    def read(self) -> bytes | None:
        """What the file of this name holds now, None if there is none."""
        content = atomic.read(self._target, self.fs)  # wherever a link leads by now
        return content.data if content else None

    def settled(self) -> bytes | None:
        """Likewise, once nobody seems to be writing it."""
        return settled(self._target, self.fs)

    def written(self) -> bytes:
        """What the file holds unless someone else changed it."""
        if self.twin.fd < 0:
            return self.document + self._entries
        return self.twin.written()

    # -- appending

    def open(self, document: bytes, entries: bytes) -> None:
        """Append from now on to the file, which holds `document` and `entries`.

        Entries have a twin from the beginning: an editor may have read the file before they came.
        """
        with translated(self.path, "open"):
            fd = self.fs.open(self._target, _APPEND)
        self._go_on(fd, document, entries)
        if entries:
            self._create_twin()
        else:
            self.twin.remove()

    def _go_on(self, fd: int, document: bytes, entries: bytes) -> None:
        old, self._fd = self._fd, fd
        self.document, self._entries, self.size = document, entries, len(entries)
        self.is_beside = False
        self._is_special = True
        if old >= 0:
            close(self.fs, old)

    def append(self, data: bytes) -> None:
        """Append the bytes of one entry, durably as `sync` says.

        Raises DiskError or FullError; then nothing was appended.
        """
        if self._is_special:
            self._append_specially(data)
            return
        size = len(data)
        done = copied = 0
        try:
            done = self._write(self._fd, data)
            copied = self._write(self.twin.fd, data)
        except OSError as error:
            self._take_back(done, error)
        if done != size or copied != size:
            self._write_rest(data, done, copied)
        self.size += size

    def _append_specially(self, data: bytes) -> None:
        """Append, but refuse, make the twin, flush, or append to the twin alone."""
        self.check()
        if self.twin.fd < 0:
            self._create_twin()
        size = 0 if self.is_beside else len(data)
        self._write_rest(data, 0, 0)
        if self._sync == "full":
            try:
                self._flush(size)
            except DiskError as error:
                self._take_back(size, error)
        self.size += len(data)
        self._is_special = self.is_beside or self._sync == "full"

    def check(self) -> None:
        """Raise what `append` would raise before it writes."""
        if self.refusal:
            raise self.refusal()

    def _create_twin(self) -> None:
        self.twin.create(self.document, self._entries, self._fd)

    def _refuse(self, refusal: Callable[[], OutliveError]) -> None:
        self.refusal = refusal
        self._is_special = True

    def _break(self, error: DiskError) -> DiskError:
        """Refuse from now on: nobody knows what the disk holds."""
        number = error.errno or errno.EIO
        message = (
            f"{self.path}: the disk failed before ({error.operation}), and may have lost what it "
            "was given; check the disk, then open the state again"
        )
        self._refuse(lambda: DiskError(number, message, self.path, "write"))
        return error

    def _write_rest(self, data: bytes, done: int, copied: int) -> None:
        """Go on where write(2) took a part."""
        try:
            while done < len(data) and not self.is_beside:
                done += self._write_more(self._fd, data[done:])
            while copied < len(data):
                copied += self._write_more(self.twin.fd, data[copied:])
        except OSError as error:
            self._take_back(done, error)

    def _write_more(self, fd: int, data: bytes) -> int:
        written = self._write(fd, data)
        if not written:
            raise OSError(errno.EIO, "write took nothing")
        return written

    def _take_back(self, done: int, error: OSError) -> NoReturn:
        """Cut off the entry, of which `done` bytes are in the file; nothing may follow a half."""
        try:
            if done:
                end = self.fs.seek(self._fd, 0, os.SEEK_CUR)
                self.fs.truncate(self._fd, end - done)
            self.fs.truncate(self.twin.fd, self.twin.base + self.size)
        except OSError as second:
            self._break(translate(second, self.path, "truncate"))
        fail(error, self.path, "write")

    # -- flushing

    def sync(self) -> None:
        """Make all so far durable."""
        self.check()
        self._flush(0)

    def _flush(self, more: int) -> None:
        """Flush the file, and the twin if an editor changed the file or put another in its place.

        `more` is the number of bytes that were just appended.
        """
        try:
            if not self.is_beside:
                self.fs.fdatasync(self._fd)
            if self.twin.fd >= 0 and (self.is_beside or not self._is_ours(more)):
                self.fs.fdatasync(self.twin.fd)
                self._is_named = False
            if not self._is_named:
                self._sync_directory()
        except OSError as error:
            raise self._break(translate(error, self.path, "fsync")) from error

    def _is_ours(self, more: int) -> bool:
        """Whether the file seems to be what we wrote."""
        try:
            there, ours = self.fs.stat(self._target), self.fs.fstat(self._fd)
        except FileNotFoundError:
            return False
        size = len(self.document) + self.size + more
        return there.st_ino == ours.st_ino and there.st_size == size

    def _sync_directory(self) -> None:
        sync_directory(self._target, self.path, self.fs)
        self._is_named = True

    # -- replacing

    def replace(
        self,
        document: bytes,
        expected: bytes | None,
        *,
        is_ours: bool = False,
        is_last: bool = False,
    ) -> bytes | None:
        """Put `document` in the place of the file and its entries, durably.

        `is_ours` says that what is `expected` in the file is what `written` gave.
        Returns what somebody wrote into the old file in that very moment, None if nobody did.
        Unless it is the last time, a twin begins at once that knows what was there before.
        Raises ConflictError, and changes nothing, if the file no longer holds `expected`; DiskError
        or FullError, and then the file is what it was.
        """
        twin, late = self.twin, None
        try:
            with Replacement(self.path, sync="full", target=self._target, fs=self.fs) as new:
                if new.old_content() != expected:
                    raise ConflictError(f"{self.path} was changed in this moment; try again")
                new.create()
                new.write(document)
                if expected is None and self._fd >= 0:  # somebody deleted it
                    new.copy_metadata(self._fd)
                if twin.fd >= 0:
                    self._retire_twin(document, expected if is_ours else None)
                self._finish(new, document)
                late = late_content(new)
        except DiskError as error:
            if error.operation == "fsync":
                self._break(error)
            elif twin.fd >= 0:
                with suppress(OSError):  # a note that remains is passed over
                    self.fs.truncate(twin.fd, twin.base + self.size)
            raise
        if twin.earlier and not is_last:
            with suppress(DiskError):  # else the next change needs one, and says so
                self._create_twin()
        return late

    def _retire_twin(self, document: bytes, same: bytes | None) -> None:
        """See to it that the twin is never taken for newer than the `document` that comes now.

        If the file holds the `same`, the twin goes: its pages need never reach the disk. The
        directory is synced, or a power cut could leave the new file beside an older twin.
        """
        if same is not None:
            self._entries = same[len(self.document) :]
            self._is_special = True
            self.twin.remove()
        else:
            self.twin.note_successor(document)
        self._sync_directory()

    def _finish(self, new: Replacement, document: bytes) -> None:
        if WINDOWS:
            self._finish_on_windows(new, document)
            return
        fd = new.open_again(_APPEND)
        try:
            new.finish()
        finally:
            if new.is_done():  # also if a Ctrl-C came between
                try:
                    self._go_on(fd, document, b"")
                finally:
                    self.twin.remove()
            else:
                close(self.fs, fd)
        self._is_named = True

    def _finish_on_windows(self, new: Replacement, document: bytes) -> None:
        """There an open file cannot be replaced; if it fails, we have none any more."""
        close(self.fs, self._fd)
        self._fd = -1
        try:
            new.finish()
        except DiskError as error:
            raise self._break(error) from None
        self.open(document, b"")

    def remove_twin(self) -> None:
        """Delete, durably, a twin that does not count."""
        self.twin.remove()
        self._sync_directory()

    def go_beside(self) -> None:
        """Leave the file alone from now on, and append to the twin."""
        self.is_beside = self._is_special = True

    def give_up(self) -> None:
        """Refuse from now on: what is in memory may not be what is in the file."""
        message = f"{self.path}: a change was interrupted; open the state again"
        self._refuse(lambda: ClosedError(message))

    def repair(self) -> bytes:
        """Undo what an `append` that was broken off did to the file alone; returns `written`."""
        data = self.written()
        if self.twin.fd >= 0:
            self.size = len(data) - len(self.document)
            there = self.read()
            if there is not None and there != data and there.startswith(data):
                with translated(self.path, "truncate"):
                    self.fs.truncate(self._fd, len(data))
        return data

    def close(self, refusal: Callable[[], OutliveError] | None = None) -> None:
        """Close the files as they are; `refusal` makes the error for later writes."""
        self._refuse(refusal or self._closed)
        fd, self._fd = self._fd, -1
        if fd >= 0:
            close(self.fs, fd)
        self.twin.close()

    def _closed(self) -> OutliveError:
        return ClosedError(f"{self.path}: the state is closed; open it again")
