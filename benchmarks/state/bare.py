"""The least that can be done: to write the bytes that State writes."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

from .counter import FILE, NOTHING, Counter

WRITE = "bare os.write, ready bytes"
WRITE_TWICE = "the same, to two files"
SYNCED = "bare os.write and fdatasync"
PREFILLED = "the same, over bytes that were there"

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_NAMES = "example.state", "twin"


class Bare(Counter):
    """Nothing but system calls, on entries that were encoded before the clock started."""

    def __init__(self, folder: Path, name: str, syncs: str, changes: int) -> None:
        super().__init__(folder, name, syncs, changes)
        self.file, self.twin = (os.open(folder / one, _FLAGS, 0o600) for one in _NAMES)

    def prepare(self, turn: int) -> None:
        """Encode what is to be written, of numbers of equal length."""
        self.entries = [_entry(turn + 1 + number) for number in range(self.changes)]

    def run(self) -> None:
        """Write entry by entry."""
        write, file = os.write, self.file
        for entry in self.entries:
            write(file, entry)

    def stored(self, folder: Path) -> int:
        """The count in the last entry."""
        return int(json.loads((folder / _NAMES[0]).read_bytes().splitlines()[-1])[-1])

    def close(self) -> None:
        """Close the files."""
        os.close(self.file)
        os.close(self.twin)


class _Twice(Bare):
    def run(self) -> None:
        write, file, twin = os.write, self.file, self.twin
        for entry in self.entries:
            write(file, entry)
            write(twin, entry)


class _Synced(Bare):
    def run(self) -> None:
        write, flush, file = os.write, os.fdatasync, self.file
        for entry in self.entries:
            write(file, entry)
            flush(file)


class _Prefilled(Bare):
    """Its file keeps its size, so that a flush need not wait for the file system's journal."""

    def prepare(self, turn: int) -> None:
        super().prepare(turn)
        os.truncate(self.file, 0)
        os.write(self.file, b"\n" * sum(map(len, self.entries)))
        os.fsync(self.file)
        self.over = os.open(self.folder / _NAMES[0], os.O_WRONLY)

    def run(self) -> None:
        write, flush, file = os.write, os.fdatasync, self.over
        for entry in self.entries:
            write(file, entry)
            flush(file)
        os.close(file)


def _entry(count: int) -> bytes:
    line = b'["set",[],"counter",%d]' % count
    return b"\n--- #%08x\n%b\n" % (zlib.crc32(line), line)


def unsynced(folder: Path, changes: int) -> list[Counter]:
    """Those that leave the rest to the system."""
    return [
        Bare(folder / "bare", WRITE, NOTHING, changes),
        _Twice(folder / "bare-twice", WRITE_TWICE, NOTHING, changes),
    ]


def synced(folder: Path, changes: int) -> list[Counter]:
    """Those that wait for the disk."""
    return [
        _Synced(folder / "bare", SYNCED, FILE, changes),
        _Prefilled(folder / "bare-prefilled", PREFILLED, FILE, changes),
    ]
