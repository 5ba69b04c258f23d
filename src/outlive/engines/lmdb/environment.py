"""An LMDB file that this process has open, for all engines and threads that use it."""

from __future__ import annotations

import errno
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident

import lmdb

from ...disk.fs import translate
from ...errors import ConflictError, DiskError, FullError, OutliveError
from ..group_commit import GroupCommit, Request
from . import lock_file
from .errors import translate_lmdb, translated_lmdb
from .gate import Gate
from .room import no_room, try_to_map
from .snapshot import LMDBSnapshot
from .transaction import MOVED, Work, WriteTransaction

_PATIENCE = 5.0  # seconds to wait for snapshots that keep the map from being exchanged
_PAGE = 4096  # bytes that a write takes at least
_COURTESY = 0.1  # seconds that a new snapshot waits while others are to end
_CHECK_READERS = 256  # commits between two searches for readers that were killed

Identity = tuple[int, int]  # of a file: device and inode


class Moved(Exception):  # noqa: N818  # no error: the engine goes on with the file that is there now
    """Another file has taken the place of this one."""


class Environment:
    """Made by `opening.open_environment`; closed when the last who uses it leaves.

    LMDB allows a file to be open once in a process, so engines share it. `path` has no symbolic
    link at its end; `epoch` is what LMDB's numbers of transactions count from.
    """

    def __init__(
        self,
        path: str,
        identity: Identity,
        env: lmdb.Environment,
        *,
        lock: Identity | None,
        epoch: int,
        is_full: bool,
        is_put_back: bool,
        forget: Callable[[Environment], None],
    ) -> None:
        self.path = path
        self.identity = identity
        self.lmdb = env
        self.lock = lock  # its lock file
        self.epoch = epoch
        self.gate = Gate()
        # Who keeps it open. Engines weakly: one that was lost from sight is of no account, but the
        # file stays open until another that is here leaves, or the program ends.
        self._engines: weakref.WeakSet[object] = weakref.WeakSet()
        self._snapshots: set[LMDBSnapshot] = set()
        self.is_closed = False
        self._is_full = is_full  # whether LMDB itself sees to it that a power cut loses nothing
        self._is_put_back = is_put_back  # moved once, and back in its place: of no account
        self._broken: tuple[int, str, str, str] | None = None  # the arguments of a DiskError
        self._remapped: threading.Event | None = None  # while the map is about to be exchanged
        self._commits = 0
        self._forget = forget  # called once it is closed
        self._group: GroupCommit[Work] = GroupCommit(path, self._commit_all)

    # -- reading

    def snapshot(self, owner: object) -> LMDBSnapshot:
        """A view of this moment. Raises Moved."""
        gate = self.gate
        try:
            gate.inside.append(get_ident())
            if gate.is_shut:
                gate.wait()
            if self._remapped is not None:
                self._step_back(self._remapped)
            if self.is_closed:
                raise Moved
            txn = self.lmdb.begin(None, None, False, True)
            if txn.get(MOVED) is not None and not self._is_put_back:
                txn.abort()
                raise Moved
            snapshot = LMDBSnapshot(self, txn, owner)
            self._snapshots.add(snapshot)
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
            gate.inside.remove(get_ident())
        self._remap()
        return self.snapshot(owner)

    def _step_back(self, remapped: threading.Event) -> None:
        """Let the map grow first; but not for ever, as this thread may hold a snapshot itself."""
        self.gate.inside.remove(get_ident())
        try:
            remapped.wait(_COURTESY)
        finally:
            self.gate.inside.append(get_ident())
            if self.gate.is_shut:
                self.gate.wait()

    # -- who uses it

    @property
    def is_held(self) -> bool:
        """Whether an engine or a snapshot uses it."""
        return bool(self._snapshots or self._engines)

    def join(self, engine: object) -> bool:
        """Count an engine among those who keep it open; False if it is closed already."""
        gate = self.gate
        try:
            gate.inside.append(get_ident())
            if gate.is_shut:
                gate.wait()
            if not self.is_closed:
                self._engines.add(engine)
            return not self.is_closed
        finally:
            gate.inside.remove(get_ident())

    def leave(self, engine: object) -> None:
        """Count an engine no more; the last one closes the file."""
        self._engines.discard(engine)
        self._close_unless_held()

    def drop(self, snapshot: LMDBSnapshot) -> None:
        """Count a snapshot no more, which has ended."""
        self._snapshots.discard(snapshot)
        if not self._engines:
            self._close_unless_held()

    def _close_unless_held(self) -> None:
        """In a signal handler within an access of this thread, the access does it at its end."""
        if not self.is_held and not self.gate.is_mine:
            with self.gate.shut():
                if not self.is_held:
                    self.close()

    def end(self, owner: object) -> None:
        """Let an engine leave. Its snapshots end, and hold the file until they are closed."""
        for snapshot in self.snapshots():
            if snapshot.owner is owner:
                snapshot.end()
        self.leave(owner)

    def is_used_by(self, engine: object) -> bool:
        """Whether an engine, or a snapshot of it, keeps it open."""
        return engine in self._engines or any(each.owner is engine for each in self.snapshots())

    def snapshots(self) -> list[LMDBSnapshot]:
        """Those that are open."""
        return list(self._snapshots)

    def inherit(self) -> None:
        """Be closed in a forked child; the gate is shut.

        The transactions are dropped, not ended, as their places in LMDB's table of readers are the
        parent's; then LMDB may close the file. It may not if the fork came in a signal handler.
        """
        for snapshot in self.snapshots():
            snapshot.forget()
        self._snapshots.clear()
        self._engines.clear()
        if self.gate.is_mine:
            self.is_closed = True
        self.gate.inside.clear()
        self.close()

    def close(self) -> None:
        """Close the file; the gate is shut."""
        if not self.is_closed:
            self.is_closed = True
            self.lmdb.close()
            self._forget(self)

    # -- writing

    def commit(self, work: Work) -> int:
        """Commit `work`, together with what other threads want committed now. Raises Moved."""
        try:
            return self._group.run(work)
        finally:
            if not self._engines:  # a signal handler closed it meanwhile
                self._close_unless_held()

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
        together = None
        try:
            gate.inside.append(get_ident())
            if gate.is_shut:
                gate.wait()
            if self._broken:
                raise DiskError(*self._broken)
            if self.is_closed:
                raise Moved
            together = WriteTransaction(self.lmdb, self.epoch, self.path)
            self.check_place(together)
            self._do(together, requests)
        except (lmdb.MapFullError, lmdb.MapResizedError):
            return False
        except lmdb.Error as error:
            if together is not None:
                together.end()
                together = None
            raise self._failed(error, requests) from error
        finally:
            if together is not None:
                together.end()
            gate.inside.remove(get_ident())
        return True

    def _do(self, together: WriteTransaction, requests: Sequence[Request[Work]]) -> None:
        outcomes: list[int | ConflictError] = []
        for request in requests:
            try:
                outcomes.append(together.do(request.work))
            except ConflictError as error:
                outcomes.append(error)
        try:
            together.commit()
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
    def writing(self) -> Iterator[WriteTransaction]:
        """A write transaction of one's own; undone unless the block commits it. Raises Moved."""
        gate = self.gate
        while True:
            try:
                gate.inside.append(get_ident())
                if gate.is_shut:
                    gate.wait()
                if (together := self._begin()) is not None:
                    try:
                        yield together
                    finally:
                        together.end()
                    return
            finally:
                gate.inside.remove(get_ident())
            self._remap()

    def _begin(self) -> WriteTransaction | None:
        """None if the map has to grow first."""
        if self.is_closed:
            raise Moved
        try:
            return WriteTransaction(self.lmdb, self.epoch, self.path)
        except lmdb.MapResizedError:
            return None

    def check_place(self, together: WriteTransaction) -> None:
        """Raise Moved unless the file is still what its path leads to.

        Nobody can put another one there as long as the write transaction lives: see `compaction`.
        """
        try:
            status = os.stat(self.path)
        except FileNotFoundError as error:
            raise DiskError(
                errno.ENOENT,
                f"{self.path} was moved or deleted while it was open; nothing was written. Put it "
                "back, or close it and open it again",
                self.path,
                "find",
            ) from error
        except OSError as error:
            raise translate(error, self.path, "find") from error
        if self.identity != (status.st_dev, status.st_ino):
            raise Moved
        if self.lock != lock_file.identity(self.path):
            raise DiskError(
                errno.EBUSY,
                f"{lock_file.name(self.path)} was removed or replaced while {self.path} was open; "
                "nothing was written. Close all programs that use it, and open it again",
                self.path,
                "find",
            )
        if together.txn.get(MOVED) is not None and not self._is_put_back:
            raise Moved

    def _failed(self, error: lmdb.Error, requests: Sequence[Request[Work]]) -> OutliveError:
        """A write failed; unless there was no room, what the disk has is not known any more."""
        ours = translate_lmdb(error, self.path, "write")
        if not isinstance(ours, DiskError) or isinstance(ours, FullError):
            return ours
        if ours.errno == errno.EIO and (full := no_room(self.lmdb, self.path, _sizes(requests))):
            return full
        what = (
            f"{ours}. No more is written until all who have it open closed it; then open it again"
        )
        self._broken = (ours.errno or errno.EIO, what, self.path, "write")
        return DiskError(*self._broken)

    # -- the map

    def make_room(self, size: int) -> None:
        """See to it that the map has `size` bytes more than the file. Raises FullError, Moved."""
        while self._lacks(size):
            self._remap()

    def _lacks(self, size: int) -> bool:
        with self.writing():
            info = self.lmdb.info()
            return info["map_size"] - (info["last_pgno"] + 1) * _PAGE < size

    def _remap(self) -> None:
        """Map the file anew, larger, or as large as another process made it.

        That takes a moment without a snapshot in this process. Raises FullError if none comes.
        """
        deadline = time.monotonic() + _PATIENCE
        remapped = self._remapped = threading.Event()
        try:
            while not self._remap_now():
                if time.monotonic() > deadline:
                    error = lmdb.MapFullError("snapshots of this process are open")
                    raise translate_lmdb(error, self.path, "write")
                time.sleep(0.001)
        finally:
            remapped.set()
            if self._remapped is remapped:  # and not that of another thread
                self._remapped = None

    def _remap_now(self) -> bool:
        with self.gate.shut():
            if self.snapshots():
                return False
            if not self.is_closed:
                self._map(2 * max(self.lmdb.info()["map_size"], os.path.getsize(self.path)))
            return True

    def _map(self, size: int) -> None:
        try_to_map(size, self.path)  # where LMDB's own attempt fails, there is no map left
        try:
            with translated_lmdb(self.path, "map"):
                self.lmdb.set_mapsize(size)
        except BaseException:
            self.close()  # to be opened anew by the next who uses it
            raise


def _sizes(requests: Sequence[Request[Work]]) -> int:
    return sum(
        _PAGE + len(value)
        for request in requests
        for value in request.work.writes.values()
        if value is not None
    )
