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

import errno
import os
import re
from collections import deque
from typing import NamedTuple
from zlib import crc32

from ..errors import DiskError
from . import atomic, metadata
from .fs import NOFOLLOW, FileSystem, beside, close, fail, read_all, translated
from .replacement import write_all

# The sizes in bytes of the documents that the file held before, then of its own; a CRC of all.
_HEADER = b"# What outlive wrote into the file beside this one: %b; %08x.\n"
_READ_HEADER = re.compile(_HEADER.replace(b"%b", rb"([\d ]+)").replace(b"%08x", rb"([0-9a-f]{8})"))
_VACUUM = b"\n--- # vacuumed into %d bytes, %08x\n"
_LONGEST_NOTE = 100  # bytes
_READ_VACUUM = re.compile(rb"\n--- # vacuumed into (\d+) bytes, ([0-9a-f]{8})\n\Z")
_REMEMBERED = 3  # former documents
_TOO_LARGE = 1 << 18  # bytes of one that nobody edits by hand


class Text(NamedTuple):
    """What a twin says."""

    data: bytes  # what the program wrote: a whole state file
    document: bytes  # its first part
    earlier: list[bytes]  # documents that were in the file before that
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
        # What the file held before: an editor may still hold it, and save it with a change.
        self.earlier: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._fs = fs

    @property
    def is_open(self) -> bool:
        """Whether there is one at the moment."""
        return self.fd >= 0

    def remember(self, document: bytes) -> None:
        """Note a document that was in the file."""
        if len(document) < _TOO_LARGE and document not in self.earlier:
            self.earlier.append(document)

    def read(self) -> Text | None:
        """What is in the file of this name, None if it is not there or was not written whole."""
        content = atomic.read(self.path, self._fs)
        return None if content is None else _parsed(content.data)

    def written(self) -> bytes:
        """What the program wrote; from the open file, whatever became of its name."""
        with translated(self.path, "read"):
            self._fs.seek(self.fd, 0)
            text = _parsed(read_all(self._fs, self.fd, self._fs.fstat(self.fd).st_size))
        if text is None:
            message = f"{self.path}: someone else changed it; remove it, and open the state anew"
            raise DiskError(errno.EIO, message, self.path, "read")
        return text.data

    def create(self, document: bytes, entries: bytes, file: int) -> None:
        """Begin with what the file holds, and held before.

        Who may read the open `file`, and nobody else, may read the twin.
        """
        documents = [*self.earlier, document]
        sizes = " ".join(str(len(each)) for each in documents).encode()
        body = b"".join(documents)
        data = _HEADER % (sizes, crc32(body)) + body
        self.base = len(data)
        # A new file: in an old one a power cut may leave a mixture of both.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | NOFOLLOW
        self.remove()
        operation = "open"
        try:
            self.fd = self._fs.open(self.path, flags, 0o600)
            operation = "keep the attributes"
            metadata.copy(self._fs, file, self.fd)
            operation = "write"
            write_all(self._fs, self.fd, data + entries)
        except BaseException as error:
            self.remove()
            if isinstance(error, OSError):
                fail(error, self.path, operation)
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


def _parsed(content: bytes) -> Text | None:
    header = _READ_HEADER.match(content)
    if header is None:
        return None
    documents, end = [], header.end()
    for size in map(int, header[1].split()):
        documents.append(content[end : end + size])
        end += size
    if not documents or crc32(content[header.end() : end]) != int(header[2], 16):
        return None
    *earlier, document = documents
    vacuum = _READ_VACUUM.search(content, max(end, len(content) - _LONGEST_NOTE))
    stop = vacuum.start() if vacuum else len(content)
    successor = (int(vacuum[1]), int(vacuum[2], 16)) if vacuum else None
    return Text(content[end - len(document) : stop], document, earlier, successor)
