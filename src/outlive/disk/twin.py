"""The twin of a state file: all that a program wrote, out of the reach of an editor.

An editor that saves a state file which a program has open writes what it read before: changes that
the program made since are gone from the file, whether the editor writes in place or puts a new
file under the name. They are in the twin, `.NAME.outlive-journal`: a line about the document, then
the document and the entries as the program wrote them. It exists from a program's first change
until its entries have become part of the document. When a program was killed in between, the next
one compares the two: what is in the file and not in the twin is a person's work.

The twin is for the death of a process. After a power cut it may be damaged or old; then it is
recognised as such and the file counts.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple
from zlib import crc32

from . import atomic
from .fs import NOFOLLOW, FileSystem, beside, close, fail, translated
from .replacement import write_all

_HEADER = b"# What outlive wrote into the file beside this one: %d bytes, %08x.\n"
_READ_HEADER = re.compile(_HEADER.replace(b"%d", rb"(\d+)").replace(b"%08x", rb"([0-9a-f]{8})"))
_VACUUM = b"\n--- # vacuumed into %d bytes, %08x\n"
_READ_VACUUM = re.compile(rb"\n--- # vacuumed into (\d+) bytes, ([0-9a-f]{8})\n\Z")


class Text(NamedTuple):
    """What a twin says."""

    data: bytes  # what the program wrote: a whole state file
    document: bytes  # its first part
    successor: tuple[int, int] | None  # size and CRC of the document that replaces it

    def is_replaced_by(self, document: bytes) -> bool:
        """Whether the program put `document` in the place of all this."""
        return self.successor == (len(document), crc32(document))


class Twin:
    """The open twin of a program. The owner calls `close` or `remove`."""

    def __init__(self, target: str, fs: FileSystem) -> None:
        self.path = beside(target, "journal")
        self.fd = -1
        self.base = 0  # the size of all but the entries
        self._fs = fs

    def read(self) -> Text | None:
        """What is in the file of this name, None if it is not there or was not written whole."""
        content = atomic.read(self.path, self._fs)
        header = _READ_HEADER.match(content.data) if content else None
        if content is None or header is None:
            return None
        start, size = header.end(), int(header[1])
        document = content.data[start : start + size]
        if len(document) != size or crc32(document) != int(header[2], 16):
            return None
        vacuum = _READ_VACUUM.search(content.data, start + size)
        end = vacuum.start() if vacuum else len(content.data)
        successor = (int(vacuum[1]), int(vacuum[2], 16)) if vacuum else None
        return Text(content.data[start:end], document, successor)

    def create(self, document: bytes, entries: bytes, mode: int) -> None:
        """Begin with what the file holds; `mode` is that of the file."""
        data = _HEADER % (len(document), crc32(document)) + document
        self.base = len(data)
        # A new file: in an old one a power cut may leave a mixture of both.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | NOFOLLOW
        self.remove()
        with translated(self.path, "open"):
            self.fd = self._fs.open(self.path, flags, 0o600)
        try:
            if sys.platform != "win32":
                self._fs.chmod(self.fd, mode & 0o777)
            write_all(self._fs, self.fd, data + entries)
        except OSError as error:
            self.remove()
            fail(error, self.path, "write")
        except BaseException:
            self.remove()
            raise

    def reopen(self) -> None:
        """Go on with the file that a killed program left."""
        with translated(self.path, "open"):
            self.fd = self._fs.open(self.path, os.O_RDWR | os.O_APPEND | NOFOLLOW)
            self.base = self._fs.fstat(self.fd).st_size

    def note_successor(self, document: bytes) -> None:
        """Say, durably, which document is about to replace the file and this twin."""
        note = _VACUUM % (len(document), crc32(document))
        with translated(self.path, "write"):
            write_all(self._fs, self.fd, note)
        with translated(self.path, "fsync"):
            self._fs.fsync(self.fd)

    def remove(self) -> None:
        """Close and delete it; if that fails, it is recognised as old when it is read."""
        self.close()
        try:
            self._fs.unlink(self.path)
        except OSError:
            return

    def close(self) -> None:
        """Close it, and leave it where it is."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            close(self._fs, fd)
