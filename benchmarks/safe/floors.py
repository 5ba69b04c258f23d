"""The least that can be done: to read pickles from memory, and to flush what a commit flushes."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..harness import Contestant, WrongError
from .items import Items
from .peer import FILE, NOTHING, Peer

_PAGE = 4096
_PAGES = 1_000
_CHANGED = 4  # pages of an LMDB commit that changes one of 10,000 items
_META = 120  # bytes at its end
_FRAME = 24  # bytes before a page in SQLite's log


class Memory(Peer):
    """Not durable: a dict of pickles."""

    name = "dict of pickles in memory"
    syncs = NOTHING

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pickles"
        self.kept: dict[str, bytes] = {}
        if self.path.exists():
            self.kept = pickle.loads(self.path.read_bytes())

    def read(self, keys: Iterable[str]) -> Any:
        """Unpickle."""
        kept, loads = self.kept, pickle.loads
        for key in keys:
            value = loads(kept[key])
        return value

    def write(self, items: Items) -> None:
        """Pickle."""
        kept, dumps = self.kept, pickle.dumps
        for key, value in items:
            kept[key] = dumps(value, pickle.HIGHEST_PROTOCOL)

    def update(self, items: Mapping[str, Any]) -> None:
        """Pickle all, and keep them for another process."""
        self.write(list(items.items()))
        self.path.write_bytes(pickle.dumps(self.kept))

    def close(self) -> None:
        """Nothing."""


class Flush(Contestant):
    """The system calls of a commit in SQLite's log: a page and what is before it, and a flush."""

    name = "bare system calls of a SQLite commit"
    syncs = FILE

    def __init__(self, folder: Path, changes: int) -> None:
        folder.mkdir()
        self.path = folder / "pages"
        self.changes = changes
        self.path.write_bytes(bytes(_PAGES * (_PAGE + _FRAME)))
        self.file = os.open(self.path, os.O_RDWR)
        os.fsync(self.file)

    def prepare(self, turn: int) -> None:
        """Make other pages."""
        self.page = str(turn).zfill(_PAGE).encode()
        self.frame = self.page[-_FRAME:]

    def run(self) -> None:
        """Write and flush."""
        write, flush, file = os.pwrite, os.fdatasync, self.file
        frame, page = self.frame, self.page
        for number in range(self.changes):
            place = number * (_PAGE + _FRAME)
            write(file, frame, place)
            write(file, page, place + _FRAME)
            flush(file)

    def check(self, turn: int) -> None:
        """Look for the page in the file."""
        if str(turn).zfill(_PAGE).encode() not in self.path.read_bytes():
            raise WrongError(f"{self.name}: the file does not hold the last page")
        os.close(self.file)


class FlushTwice(Flush):
    """Those of a commit in LMDB: some pages, a flush, and a small write that is flushed as well."""

    name = "bare system calls of an LMDB commit"

    def __init__(self, folder: Path, changes: int) -> None:
        super().__init__(folder, changes)
        self.synced = os.open(self.path, os.O_WRONLY | os.O_DSYNC)

    def prepare(self, turn: int) -> None:
        """Make other pages."""
        super().prepare(turn)
        self.meta = self.page[-_META:]

    def run(self) -> None:
        """Write and flush, write and flush."""
        write, flush, file, synced = os.pwrite, os.fdatasync, self.file, self.synced
        meta, page = self.meta, self.page
        for number in range(self.changes):
            for at in range(_CHANGED):
                write(file, page, (2 + number * _CHANGED + at) % _PAGES * _PAGE)
            flush(file)
            write(synced, meta, number % 2 * _PAGE)

    def check(self, turn: int) -> None:
        """Look for the page in the file."""
        super().check(turn)
        os.close(self.synced)
