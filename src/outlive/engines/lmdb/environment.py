"""An LMDB file that this process has open, for all engines and threads that use it."""

from __future__ import annotations

import errno
import mmap
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import lmdb

from ...disk.fs import translate
from ...errors import ConflictError, DiskError, FullError, OutliveError
from ..group_commit import GroupCommit, Request
from .errors import translate_lmdb, translated_lmdb
from .gate import Gate
from .snapshot import LMDBSnapshot
from .transaction import MOVED, Work, WriteTransaction

_PATIENCE = 5.0  # seconds to wait for snapshots that keep the map from being exchanged
_CHECK_READERS = 256  # commits between two searches for readers that were killed

Identity = tuple[int, int]  # of a file: device and inode


class Moved(Exception):  # noqa: N818  # no error: the engine goes on with the file that is there now
    """Another file has taken the place of this one."""


class Environment:
    """Made by `opening.open_environment`; closed when the last of its `holders` leaves.

    LMDB allows a file to be open once in a process, so engines share it. `path` has no symbolic
    link at its end; `epoch` is what LMDB's numbers of transactions count from.
    """

    def __init__(
        self,
        path: str,
        identity: Identity,
        env: lmdb.Environment,
        *,
        epoch: int,
        is_full: bool,
        is_put_back: bool,
        forget: Callable[[Environment], None],
    ) -> None:
        self.path = path
        self.identity = identity
        self.lmdb = env
        self.epoch = epoch
        self.gate = Gate()
        self.holders: set[object] = set()  # the engines and the open snapshots
        self.is_closed = False
        self._is_full = is_full  # whether LMDB itself sees to it that a power cut loses nothing
        self._is_put_back = is_put_back  # moved once, and back in its place: of no account
        self._broken: tuple[int, str, str, str] | None = None  # the arguments of a DiskError
        self._commits = 0
        self._forget = forget  # called once it is closed
        self._group: GroupCommit[Work] = GroupCommit(self._commit_all)

    # -- reading

    def snapshot(self, owner: object) -> LMDBSnapshot:
        """A view of this moment. Raises Moved."""
        gate = self.gate
        try:
            gate.inside.append(None)
            if gate.is_shut:
                gate.wait()
            if self.is_closed:
                raise Moved
            txn = self.lmdb.begin(None, None, False, True)
            if txn.get(MOVED) is not None and not self._is_put_back:
                txn.abort()
                raise Moved
            snapshot = LMDBSnapshot(self, txn, owner)
            self.holders.add(snapshot)
            return snapshot
        except lmdb.MapResizedError:
            pass  # another process made the file larger than our map
        except lmdb.ReadersFullError as error:
            if not self.lmdb.reader_check():  # which counts those it cleared
                raise translate_lmdb(error, self.path, "read") from error
            return self.snapshot(owner)
        except lmdb.Error as error:
            raise translate_lmdb(error, self.path, "read") from error
        finally:
            gate.inside.pop()
        self._remap(follow=True)
        return self.snapshot(owner)

    # -- holders

    def join(self, holder: object) -> bool:
        """Count `holder` among those who keep it open; False if it is closed already."""
        gate = self.gate
        try:
            gate.inside.append(None)
            if gate.is_shut:
                gate.wait()
            if not self.is_closed:
                self.holders.add(holder)
            return not self.is_closed
        finally:
            gate.inside.pop()

    def leave(self, holder: object) -> None:
        """Count `holder` no more; the last one closes the file."""
        self.holders.discard(holder)
        if not self.holders:
            with self.gate.shut():
                if not self.holders:
                    self.close()

    def end(self, owner: object) -> None:
        """Let an engine leave. Its snapshots end, and hold the file until they are closed."""
        with self.gate.shut():
            for snapshot in self.snapshots():
                if snapshot.owner is owner:
                    snapshot.end()
        self.leave(owner)

    def snapshots(self) -> list[LMDBSnapshot]:
        """Those that are open."""
        return [each for each in list(self.holders) if isinstance(each, LMDBSnapshot)]

    def close(self) -> None:
        """Close the file; the gate is shut."""
        if not self.is_closed:
            self.is_closed = True
            self.lmdb.close()
            self._forget(self)

    # -- writing

    def commit(self, work: Work) -> int:
        """Commit `work`, together with what other threads want committed now. Raises Moved."""
        return self._group.run(work)

    def _commit_all(self, requests: Sequence[Request[Work]]) -> None:
        try:
            while not self._commit_together(requests):
                self._remap()
        except Moved:
            for request in requests:
                request.error = Moved()
        except OutliveError as error:
            if len(requests) == 1:
                requests[0].error = error
                return
            for request in requests:  # so that one that is too large fails alone
                self._commit_all([request])

    def _commit_together(self, requests: Sequence[Request[Work]]) -> bool:
        """Commit in one transaction; False if the map has to grow first."""
        gate = self.gate
        txn = None
        try:
            gate.inside.append(None)
            if gate.is_shut:
                gate.wait()
            if self._broken:
                raise DiskError(*self._broken)
            if self.is_closed:
                raise Moved
            txn = self.lmdb.begin(None, None, True, True)
            self.check_place(txn)
            self._do(txn, requests)
        except (lmdb.MapFullError, lmdb.MapResizedError):
            return False
        except lmdb.Error as error:
            raise self._failed(error) from error
        finally:
            if txn is not None:
                txn.abort()  # which is nothing after a commit
            gate.inside.pop()
        return True

    def _do(self, txn: lmdb.Transaction[memoryview], requests: Sequence[Request[Work]]) -> None:
        together = WriteTransaction(self.lmdb, txn, self.epoch, self.path)
        outcomes: list[int | ConflictError] = []
        for request in requests:
            try:
                outcomes.append(together.do(request.work))
            except ConflictError as error:
                outcomes.append(error)
        try:
            if together.has_written:
                txn.commit()
                if not self._is_full and any(request.work.is_full for request in requests):
                    self.lmdb.sync(True)
        except lmdb.Error:
            outcomes = []  # there are none
            raise
        finally:  # and if a signal comes, which is when the call has returned
            for request, outcome in zip(requests, outcomes, strict=False):
                if isinstance(outcome, ConflictError):
                    request.error = outcome
                else:
                    request.result = outcome
        self._commits += 1
        if self._commits % _CHECK_READERS == 0:
            self.lmdb.reader_check()

    @contextmanager
    def writing(self) -> Iterator[lmdb.Transaction[memoryview]]:
        """A write transaction of one's own; undone unless the block commits it. Raises Moved."""
        gate = self.gate
        try:
            gate.inside.append(None)
            if gate.is_shut:
                gate.wait()
            if self.is_closed:
                raise Moved
            txn = self.lmdb.begin(None, None, True, True)
            try:
                yield txn
            finally:
                txn.abort()  # which is nothing after a commit
        finally:
            gate.inside.pop()

    def check_place(self, txn: lmdb.Transaction[memoryview]) -> None:
        """Raise Moved unless the file is still what its path leads to.

        Nobody can put another one there as long as the write transaction lives: see `compaction`.
        """
        try:
            status = os.stat(self.path)
        except OSError as error:
            raise translate(error, self.path, "find") from error
        if self.identity != (status.st_dev, status.st_ino):
            raise Moved
        if txn.get(MOVED) is not None and not self._is_put_back:
            raise Moved

    def _failed(self, error: lmdb.Error) -> OutliveError:
        """A write failed; unless there was no room, what the disk has is not known any more."""
        ours = translate_lmdb(error, self.path, "write")
        if not isinstance(ours, DiskError) or isinstance(ours, FullError):
            return ours
        what = (
            f"{ours}. No more is written until all who have it open closed it; then open it again"
        )
        self._broken = (ours.errno or errno.EIO, what, self.path, "write")
        return DiskError(*self._broken)

    # -- the map

    def _remap(self, *, follow: bool = False) -> None:
        """Map the file anew, larger, or as large as another process made it.

        That takes a moment without a snapshot in this process. Raises FullError if none comes.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            with self.gate.shut():
                if self.is_closed:
                    return
                if not self.snapshots():
                    size = self.lmdb.info()["map_size"]
                    self._map(0 if follow else 2 * size)
                    return
            if time.monotonic() > deadline:
                error = lmdb.MapFullError("snapshots of this process are open")
                raise translate_lmdb(error, self.path, "write")
            time.sleep(0.001)

    def _map(self, size: int) -> None:
        with translated_lmdb(self.path, "map"):
            if size:
                _try_to_map(size, self.path)  # where LMDB's own attempt fails, there is no map left
            self.lmdb.set_mapsize(size)


def _try_to_map(size: int, path: str) -> None:
    try:
        mmap.mmap(-1, size, access=mmap.ACCESS_READ).close()
    except (OSError, OverflowError) as error:
        raise FullError(
            errno.ENOMEM,
            f"{path} has to grow, and this process may map no more memory: {error}. Raise its "
            "limit (ulimit -v)",
            path,
            "map",
        ) from error
