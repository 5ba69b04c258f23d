"""An LMDB file that this process has open, for all engines and threads that use it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from struct import error as StructError  # noqa: N812  # a class, whatever its name
from threading import get_ident

import lmdb

from ..base import RESERVED, Entry
from . import binding
from .errors import translate_lmdb
from .gate import Gate
from .map import Map
from .snapshot import LMDBSnapshot
from .transaction import MOVED, REV
from .writer import Moved, Writer

Identity = tuple[int, int]  # of a file: device and inode

NOT_NOW = Entry(b"", 0)  # no entry of any file: none has the revision 0
_REV_SIZE = REV.size
_unpack = REV.unpack_from
_new_entry = tuple.__new__  # half the time of Entry()


class Environment:
    """Made by `opening.open_environment`; closed when the last who uses it leaves.

    LMDB allows a file to be open once in a process, so engines share it. `path` has no symbolic
    link at its end; `epoch` is what LMDB's numbers of transactions count from; `id` is the same
    in the file that a compaction puts in its place.
    """

    def __init__(
        self,
        path: str,
        identity: Identity,
        env: lmdb.Environment,
        *,
        lock: Identity | None,
        epoch: int,
        id: bytes,
        is_full: bool,
        is_put_back: bool,
        forget: Callable[[Environment], None],
    ) -> None:
        self.path = path
        self.identity = identity
        self.lmdb = env
        self.lock = lock  # its lock file
        self.epoch = epoch
        self.id = id
        self.gate = Gate()
        # Who keeps it open. Engines weakly: one that was lost from sight is of no account, but the
        # file stays open until another that is here leaves, or the program ends.
        self._engines: dict[int, weakref.ref[object]] = {}
        self._snapshots: set[LMDBSnapshot] = set()
        self.is_closed = False
        self.is_full = is_full  # whether LMDB itself sees to it that a power cut loses nothing
        self.map = Map(self)
        self.writer = Writer(self)
        self._is_put_back = is_put_back  # moved once, and back in its place: of no account
        self._forget = forget  # called once it is closed

    # -- reading

    def get(self, key: bytes) -> Entry | None:
        """What a snapshot has under `key`, without making one; NOT_NOW where that will not do.

        In one frame, as this is what a safe does most. Whatever is unusual is left to `snapshot`.
        """
        gate = self.gate
        me = get_ident()
        txn = value = None
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            if self.is_closed or self.map.changed is not None or self._is_put_back:
                return NOT_NOW
            txn = self.lmdb.begin(None, None, False, True)
            if txn.get(MOVED) is not None:
                return NOT_NOW
            value = txn.get(key)
            if value is None or key >= RESERVED:
                return None
            return _new_entry(Entry, (value[_REV_SIZE:].tobytes(), _unpack(value)[0]))
        except (lmdb.Error, StructError):
            return NOT_NOW
        finally:
            if txn is not None:
                txn.abort()
            txn = value = None  # before a fork can find them
            gate.inside.remove(me)

    def snapshot(self, owner: object) -> LMDBSnapshot:
        """A view of this moment. Raises Moved."""
        gate = self.gate
        me = get_ident()
        try:
            gate.inside.append(me)
            if gate.is_shut:
                gate.wait()
            if self.map.changed is not None:
                self.map.step_back()
            if self.is_closed:
                raise Moved
            txn = self.lmdb.begin(None, None, False, True)
            if self.is_moved(txn.get(MOVED)):
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
            gate.inside.remove(me)
        self.map.grow()
        return self.snapshot(owner)

    def is_moved(self, mark: memoryview | None) -> bool:
        """Whether a compaction has put another file in the place of this one, and so marked it."""
        return mark is not None and not self._is_put_back

    # -- who uses it

    @property
    def is_held(self) -> bool:
        """Whether an engine or a snapshot uses it."""
        return bool(self._snapshots or self._engines)

    def join(self, engine: object) -> bool:
        """Count an engine among those who keep it open; False if it is closed already."""
        with self.gate.passing():
            if not self.is_closed:
                forget = partial(_forget_engine, self._engines, id(engine))
                self._engines[id(engine)] = weakref.ref(engine, forget)
            return not self.is_closed

    def leave(self, engine: object) -> None:
        """Count an engine no more; the last one closes the file."""
        self._engines.pop(id(engine), None)
        self.close_unless_held()

    def drop(self, snapshot: LMDBSnapshot) -> None:
        """Count a snapshot no more, which has ended."""
        self._snapshots.discard(snapshot)
        if not self._engines:
            self.close_unless_held()

    def close_unless_held(self) -> None:
        """Close the file if nobody uses it.

        In a signal handler within an access of this thread, the access does it at its end.
        """
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
        return id(engine) in self._engines or any(each.owner is engine for each in self.snapshots())

    def snapshots(self) -> list[LMDBSnapshot]:
        """Those that are open."""
        return list(self._snapshots)

    def inherit(self) -> None:
        """Be closed in a forked child; the gate is shut.

        The transactions are dropped, not ended, as their places in LMDB's table of readers are the
        parent's; then LMDB may close the file. Where somebody can still read what a snapshot gave
        out, it is abandoned. If the fork came in a signal handler, nothing may be done with it, and
        the child cannot open it again: it could wait for a lock that its parent has.
        """
        is_read = bool(self._snapshots)
        for snapshot in self.snapshots():
            snapshot.forget()
        self._snapshots.clear()
        self._engines.clear()
        self.map, self.writer = Map(self), Writer(self)  # no thread is in them here
        if self.gate.is_mine:  # the parent's access waits for its handler, and so for the child
            self.is_closed = True
        elif is_read and not self.is_closed:
            binding.abandon(self.lmdb, self.identity, self.lock)
            self.is_closed = True
        self.gate.inside.clear()
        self.close()

    def close(self) -> None:
        """Close the file; the gate is shut."""
        if not self.is_closed:
            with binding.turn():
                self.is_closed = True
                self.lmdb.close()
                self._forget(self)


def _forget_engine(engines: dict[int, weakref.ref[object]], key: int, _: object) -> None:
    engines.pop(key, None)
