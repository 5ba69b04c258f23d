"""`LMDBEngine`: an engine in one file, for many threads and processes."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Literal

from ...disk import trust
from ...disk.atomic import checked_sync
from ...disk.fs import OS, FileSystem, absolute, translated
from ...disk.replacement import Sync
from ...errors import ClosedError, DiskError, FormatError, ReadOnlyError
from ..base import Buffer, Entry, Limits, Range
from ..checks import check_expected, check_writes
from . import registry
from .compaction import compact
from .environment import NOT_NOW, Environment
from .opening import open_environment
from .snapshot import LMDBSnapshot
from .transaction import REV, Work
from .writer import Moved

Mode = Literal["rw", "r"]
_LIMITS = Limits(key=511, value=2**32 - 1 - REV.size)


class LMDBEngine:
    """An ordered map of bytes to bytes in the file at `path`, by LMDB.

    Any number of threads and processes use one file; writers wait for each other, readers for
    nobody. A ``kill -9`` at any moment blocks nobody, and loses nothing that `commit` returned for.
    A new file is 0600 and durable, name and all, before it is used. Beside it stands LMDB's lock
    file, `NAME-lock`; a file system that is shared over a network will not do.

    `mode` "r" writes nothing, and needs a file that is there. `sync` "full": what was committed
    survives a power cut; "os": a crash of the process, while a power cut may take back the last
    commit (LMDB's MDB_NOMETASYNC). The file grows by itself: `map_size`, bytes, is only where its
    map of memory begins. A child after `fork` uses an engine that it inherited as its own.

    Raises CorruptError for what is no such file; FormatError for arguments that mean nothing, a
    name that ends in ``-lock``, and a file of another kind in the place of its lock; DiskError, for
    a file with hard links, too, FullError; LockedError while another process compacts it for longer
    than a minute.

    >>> from outlive.engines.lmdb import LMDBEngine
    >>> engine = LMDBEngine("accounts.lmdb")
    >>> rev = engine.commit({b"ann": b"10", b"bob": b"20"})
    >>> with engine.snapshot() as snapshot:
    ...     [key for key, entry in snapshot.scan(b"b")]
    [b'bob']
    >>> engine.close()
    """

    limits = _LIMITS

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        mode: Mode = "rw",
        sync: Sync = "full",
        map_size: int | None = None,
        fs: FileSystem = OS,
    ) -> None:
        self.name = absolute(path)
        if mode not in ("rw", "r"):
            raise FormatError(f"{self.name}: mode={mode!r} is neither rw nor r")
        if self.name.endswith("-lock"):
            raise FormatError(f"{self.name} is the name of a lock file of LMDB. Choose another")
        self._mode = mode
        self._sync = checked_sync(sync)
        self._map_size = map_size
        self._fs = fs
        self._is_closed = False
        self._must_be_trusted = False
        self.reopening = threading.Lock()
        registry.engines.add(self)
        self._environment = self._open(mode)
        self._id = self._environment.id

    def _open(self, mode: str) -> Environment:
        environment = open_environment(
            self.name,
            self,
            mode=mode,
            sync=self._sync,
            map_size=self._map_size,
            fs=self._fs,
        )
        try:
            if self._must_be_trusted:
                self._check_trust(environment)
        except BaseException:
            environment.end(self)
            raise
        return environment

    def _follow(self, former: Environment) -> None:
        """A compacted file stands at the path now, or we are in a child: open what is there.

        Raises DiskError if it is not the same, compacted, but somebody put another one there.
        """
        with self.reopening:
            if self._is_closed:
                raise self._closed()
            if self._environment is former:
                former.leave(self)  # first: LMDB opens no two files with one lock file
                found = self._open("again")
                if found.id != self._id:
                    found.end(self)
                    raise DiskError(
                        errno.EBUSY,
                        f"{self.name}: another file was put in its place while it was open; "
                        "nothing was written. Close it, and open it again",
                        self.name,
                        "open",
                    )
                self._environment = found

    def get(self, key: bytes) -> Entry | None:
        """What is under `key` now, or None. Raises what `snapshot` does."""
        if not self._is_closed:
            found = self._environment.get(key)
            if found is not NOT_NOW:
                return found
        with self.snapshot() as snapshot:
            entry = snapshot.get(key)
            return None if entry is None else Entry(bytes(entry.value), entry.rev)

    def snapshot(self) -> LMDBSnapshot:
        """A view of this moment.

        Raises ClosedError, CorruptError, DiskError, for too many snapshots as well, and what
        opening raises: the file is opened anew when it was compacted, and in a forked child.
        """
        while True:
            if self._is_closed:
                raise self._closed()
            environment = self._environment
            try:
                return environment.snapshot(self)
            except Moved:
                self._follow(environment)

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],
        *,
        expect: Mapping[bytes, int] = {},
        expect_ranges: Sequence[Range] = (),
    ) -> int:
        """Keep all `writes` or none, and return the revision; see `Engine.commit`.

        Raises ConflictError, FormatError, ReadOnlyError, ClosedError, FullError, DiskError, or
        LockedError in a signal handler in the middle of a commit of its thread; nothing is changed
        then. After an error of the disk that is not a lack of room, no more is written until all
        engines of this process that have the file open were closed.
        """
        check_writes(writes, self.limits, self.name)
        if expect or expect_ranges:
            check_expected(expect, expect_ranges, self.limits, self.name)
        if self._mode == "r":
            raise ReadOnlyError(f'{self.name} is open for reading. Open it with mode="rw"')
        work = Work(writes, expect, expect_ranges, self._sync == "full")
        while True:
            if self._is_closed:
                raise self._closed()
            environment = self._environment
            try:
                return environment.writer.commit(work)
            except Moved:
                self._follow(environment)

    def check_trust(self) -> None:
        """Raise UntrustedError if other users could have written the file, now or when it moves."""
        self._must_be_trusted = True
        self._check_trust(self._environment)

    def _check_trust(self, environment: Environment) -> None:
        with translated(self.name, "stat"):
            status = self._fs.stat(environment.path)
        trust.check(self.name, status, self._fs)

    def compact(self) -> None:
        """Give back the room of what is no more: write the file anew, beside readers and writers.

        It needs room for a second copy and a MiB. Writers and those who open the file wait
        meanwhile, readers do not; a snapshot stays what it is. A crash at any moment leaves the
        file whole. Raises ReadOnlyError, ClosedError, LockedError, FullError or DiskError; the
        file is then what it was.
        """
        if self._mode == "r":
            raise ReadOnlyError(f'{self.name} is open for reading. Open it with mode="rw"')
        while True:
            if self._is_closed:
                raise self._closed()
            environment = self._environment
            try:
                compact(environment, self._fs)
            except Moved:
                self._follow(environment)
            else:
                return self._follow(environment)

    def close(self) -> None:
        """Let go of the file; again is nothing. Open snapshots of this engine end."""
        with self.reopening:
            if self._is_closed:
                return
            self._is_closed = True
        for environment in registry.used_by(self):
            environment.end(self)

    def _closed(self) -> ClosedError:
        return ClosedError(f"{self.name} was closed. Open it again")
