"""How an environment commits: those who wait together, in one transaction of LMDB."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING

import lmdb

from ...disk.fs import translate
from ...errors import ConflictError, DiskError, FullError, LockedError, OutliveError
from ..group_commit import GroupCommit, Request
from . import lock_file
from .errors import translate_lmdb
from .room import PAGE, no_room
from .transaction import MOVED, Work, WriteTransaction

if TYPE_CHECKING:
    from .environment import Environment

_CHECK_READERS = 256  # commits between two searches for readers that were killed


class Moved(Exception):  # noqa: N818  # no error: the engine goes on with the file that is there now
    """Another file has taken the place of this one."""


class Writer:
    """The commits of an environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._path = environment.path
        self._broken: tuple[int, str, str, str] | None = None  # the arguments of a DiskError
        self._commits = 0
        self._group: GroupCommit[Work] = GroupCommit(environment.path, self._commit_all)

    def commit(self, work: Work) -> int:
        """Commit `work`, together with what other threads want committed now. Raises Moved."""
        try:
            return self._group.run(work)
        finally:
            if not self._environment.is_held:  # a signal handler closed it meanwhile
                self._environment.close_unless_held()

    def _commit_all(self, requests: Sequence[Request[Work]]) -> None:
        try:
            while not self._commit_together(requests):
                self._environment.map.grow()
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
        gate = self._environment.gate
        together = WriteTransaction(self._environment.lmdb, self._environment.epoch, self._path)
        me = get_ident()
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            if self._broken:
                raise DiskError(*self._broken)
            if self._environment.is_closed:
                raise Moved
            together.begin()
            self.check_place(together)
            self._do(together, requests)
        except (lmdb.MapFullError, lmdb.MapResizedError):
            return False
        except lmdb.Error as error:
            together.end()
            raise self._failed(error, requests) from error
        finally:
            together.end()
            gate.inside.remove(me)
        return True

    def _do(self, together: WriteTransaction, requests: Sequence[Request[Work]]) -> None:
        outcomes: list[int | ConflictError] = []
        for request in requests:
            try:
                outcomes.append(together.do(request.work))
            except ConflictError as error:
                outcomes.append(error)
        try:
            together.txn.commit()  # and no method of ours, in which a signal could come before it
            if not self._environment.is_full and any(request.work.is_full for request in requests):
                self._environment.lmdb.sync(True)
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
            self._environment.lmdb.reader_check()

    @contextmanager
    def writing(self) -> Iterator[WriteTransaction]:
        """A write transaction of one's own; undone unless the block commits it. Raises Moved."""
        gate = self._environment.gate
        while True:
            together = WriteTransaction(self._environment.lmdb, self._environment.epoch, self._path)
            me = get_ident()
            try:
                gate.inside.append(me)
                if gate.is_shut:
                    gate.wait()
                if self._environment.is_closed:
                    raise Moved
                if self._begins(together):
                    yield together
                    return
            finally:
                together.end()
                gate.inside.remove(me)
            self._environment.map.grow()

    def _begins(self, together: WriteTransaction) -> bool:
        """False if the map has to grow first."""
        try:
            together.begin()
        except lmdb.MapResizedError:
            return False
        return True

    def check_place(self, together: WriteTransaction) -> None:
        """Raise Moved unless the file is still what its path leads to.

        No compaction can put another one there as long as the write transaction lives. Raises
        DiskError if the file is gone, or its lock file was exchanged.
        """
        try:
            status = os.stat(self._path)
        except FileNotFoundError as error:
            raise DiskError(
                errno.ENOENT,
                f"{self._path} was moved or deleted while it was open; nothing was written. Put it "
                "back, or close it and open it again",
                self._path,
                "find",
            ) from error
        except OSError as error:
            raise translate(error, self._path, "find") from error
        if self._environment.identity != (status.st_dev, status.st_ino):
            raise Moved
        if self._environment.lock != lock_file.identity(self._path):
            raise DiskError(
                errno.EBUSY,
                f"{self._path}: {lock_file.name(self._path)}, its lock, was removed or replaced; "
                "nothing was written. Close all programs that use it, and open it again",
                self._path,
                "find",
            )
        if self._environment.is_moved(together.txn.get(MOVED)):
            raise Moved

    def _failed(self, error: lmdb.Error, requests: Sequence[Request[Work]]) -> OutliveError:
        """A write failed; unless there was no room, what the disk has is not known any more."""
        if getattr(error, "code", 0) == errno.EBUSY:
            return LockedError(
                f"{self._path}: this thread is in the middle of a write. Let signal handlers and "
                "destructors leave writing to the program",
                os.getpid(),
            )
        ours = translate_lmdb(error, self._path, "write")
        if not isinstance(ours, DiskError) or isinstance(ours, FullError):
            return ours
        if ours.errno == errno.EIO and (
            full := no_room(self._environment.lmdb, self._path, _sizes(requests))
        ):
            return full
        what = (
            f"{ours}. No more is written until all who have it open closed it; then open it again"
        )
        self._broken = (ours.errno or errno.EIO, what, self._path, "write")
        return DiskError(*self._broken)


def _sizes(requests: Sequence[Request[Work]]) -> int:
    return sum(
        PAGE + len(value)
        for request in requests
        for value in request.work.writes.values()
        if value is not None
    )
