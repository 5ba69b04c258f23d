"""Write what can be read of a damaged LMDB file into a new one, which takes its place."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import lmdb

from ...disk import metadata
from ...disk.fs import OS, absolute, close, follow, translated
from ...disk.replacement import sync_directory
from ...disk.temporary import Temporary
from ...errors import LockedError
from ..base import Buffer
from ..examining import Progress
from . import lock_file, registry
from .checking import Examined
from .errors import translated_lmdb
from .opening import alone, finish_compaction, write_header
from .room import lacking
from .still import is_in_use, still_alone, users
from .transaction import REV, SHARED

_TOGETHER = 1 << 25  # bytes in a transaction
_ID = 16  # bytes


class Place:
    """A file that nobody else has open, nor can open."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.target = follow(OS, path)

    @contextmanager
    def examined(
        self, *, former: bool = False, progress: Progress | None = None
    ) -> Iterator[Examined | None]:
        """The file as of its last commit, or of the `former` one; None if there is none."""
        with still_alone(self.target) as file, translated(self.path, "read"):
            if former and file.former is None:
                yield None
            else:
                yield Examined(self.path, file, is_former=former, progress=progress)

    def replace(self, examined: Examined, entries: Iterable[tuple[bytes, Buffer, int]]) -> None:
        """Put a file in its place that holds these: key, value, and revision, 0 for a new one.

        A crash leaves the one or the other. Raises FullError, DiskError; nothing was changed then.
        """
        epoch = (examined.latest() >> SHARED) + 1
        id = examined.id or os.urandom(_ID)
        with registry.claiming(Temporary(OS)) as new:
            try:
                with registry.opening.passing(), translated_lmdb(self.path, "write"):
                    new.create(self.target, 0o600)
                    write_header(new.path, epoch=epoch, id=id, path=self.path)
                    _fill(new.path, self.path, entries, REV.pack(epoch << SHARED))
                self._finish(new)
            finally:
                new.remove()  # which leaves it if it has another name by now

    def _finish(self, new: Temporary) -> None:
        with translated(self.path, "rename"):
            old = OS.open(self.target, os.O_RDONLY)
            try:
                metadata.copy(OS, old, new.fd)
            finally:
                close(OS, old)
            OS.fsync(new.fd)
            OS.rename(new.path, self.target)
            # Its table of readers and its last commit are those of the damaged file.
            lock_file.remove(self.target)
        sync_directory(self.target, self.path, OS)


def _fill(
    name: str, path: str, entries: Iterable[tuple[bytes, Buffer, int]], latest: bytes
) -> None:
    env = lmdb.open(name, subdir=False, lock=False, max_dbs=1, map_size=_map_size(path), sync=False)
    try:
        txn, size = env.begin(write=True), 0
        for key, value, rev in entries:
            txn.put(key, (REV.pack(rev) if rev else latest) + value, overwrite=False)
            size += len(value)
            if size > _TOGETHER:
                txn.commit()
                txn, size = env.begin(write=True), 0
        txn.commit()
        env.sync(True)
    except lmdb.Error as error:
        if isinstance(error, lmdb.DiskError) or getattr(error, "code", 0) == errno.EIO:
            raise lacking(name, path, 0) or error from error
        raise
    finally:
        env.close()


def _map_size(path: str) -> int:
    return 4 * os.path.getsize(path) + (1 << 26)


@contextmanager
def alone_with(path: str) -> Iterator[Place]:
    """A block in which no other has the file open. Raises LockedError if one has; DiskError."""
    place = Place(absolute(path))
    with alone(place.target, OS):
        if is_in_use(place.target):
            pids = users(place.target)
            who = f"the process with pid {pids[0]}" if pids else "another process"
            if pids == [os.getpid()]:
                who = f"this process itself (pid {pids[0]})"
            raise LockedError(
                f"{place.path} is open in {who}: close it everywhere, and repair it then",
                pids[0] if pids else None,
            )
        yield place


def end_compaction(path: str) -> None:
    """End what a killed compaction has begun. Raises DiskError, LockedError."""
    target = follow(OS, absolute(path))
    with alone(target, OS):
        finish_compaction(target, OS)
