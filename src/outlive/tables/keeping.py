"""`Keeping`: the engine below a storage; what was committed, and how it is."""

from __future__ import annotations

import os
import weakref
from collections import deque

from ..disk.lock import Lock
from ..engines import Buffer, Engine, Snapshot
from ..errors import ClosedError, ConflictError, FormatError, ReadOnlyError
from . import lifetime, manifest
from .aside import Aside
from .kept import Kept
from .manifest import MANIFEST, Manifest
from .moment import Moment, closer
from .view import forget_computed

_FORMER = 100  # snapshots, from which on derived views are asked to let go


class Keeping:
    """The part of `Storage` that reads and writes. Its tables are `_tables`, those that are used.

    `_manifest` is what was committed; `_now` the moment in which it was read, None if the next
    who needs it has to take one.
    """

    name: str
    _engine: Engine
    _tables: dict[str, Kept]
    _manifest: Manifest
    _now: Moment | None
    _lock: Lock | None = None
    _aside: Aside | None = None
    _other: Keeping | None = None  # the storage that is the aside
    _is_aside = False  # whether it has the changes of another
    _owns = False  # whether the engine is closed with the storage
    _can_write = False
    _is_autocommit = False
    _user: Keeping | None = None  # the storage whose aside it is
    _gone = "the storage was not opened"

    def _begin(self) -> None:
        """Take what was committed last for what there is."""
        self._tables = {}
        self._former: deque[weakref.ref[Moment]] = deque()
        self._dropped: list[int] = []
        self._is_listed = True  # whether the manifest lists the tables that there are
        self._now = Moment(self._engine.snapshot())
        self._manifest = manifest.read(self._now, self.name)

    def _moment(self) -> Moment:
        """What was committed last; it stays open as long as somebody has something of it."""
        self._check()
        if self._now is None or self._now.is_over:
            moment = Moment(self._engine.snapshot())
            entry = moment.get(MANIFEST)
            if (entry.rev if entry else 0) != self._manifest.rev:
                raise self._conflict()
            self._now = moment
        return self._now

    def _conflict(self) -> ConflictError:
        if self._aside is not None:
            return ConflictError(
                f"{self.name}, or its aside {self._aside.name}, was changed by another storage; "
                "close both, and open them again"
            )
        return ConflictError(
            f"{self.name} was changed by another storage; roll back, and do it again"
        )

    def _check(self) -> None:
        if self._gone:
            raise ClosedError(self._gone)

    def _check_writable(self) -> None:
        self._check()
        if self._user is not None:
            raise ReadOnlyError(f"{self.name} is an aside; change the storage that it belongs to")
        if self._aside is not None:
            if not self._aside.is_writable:
                raise ReadOnlyError(
                    f"{self._aside.name} is open for reading; open it with mode='rw'"
                )
        elif not self._can_write:
            raise ReadOnlyError(f"{self.name} is open for reading; open it with mode='rw'")

    def _is_writable(self) -> bool:
        return self._can_write if self._aside is None else self._aside.is_writable

    def _is_changed(self) -> bool:
        return not self._is_listed or any(each._is_changed() for each in self._tables.values())

    def _deletes(self, start: bytes, stop: bytes) -> dict[bytes, Buffer | None]:
        return {key: None for key, _ in self._moment().scan(start, stop)}

    def _release(self) -> None:
        """Let go of what refers to the engine's snapshot."""
        for table in self._tables.values():
            table._release()
        self._leave_moment()
        while self._former and self._former[0]() is None:
            self._former.popleft()
        if len(self._former) > _FORMER:
            # While somebody has something of an old snapshot, the engine cannot use the room
            # again that was freed since. It may be a derived view that nobody looks at.
            forget_computed()
            self._former.clear()

    def _leave_moment(self) -> None:
        """End the snapshot at once if nobody has anything of it: its closer is another thread."""
        if self._now is None:
            return
        former, ended = weakref.ref(self._now), list[Snapshot]()
        self._now.ended = ended.append
        self._now = None
        used = former()
        if used is None:
            for each in ended:  # none where the garbage collector came first
                each.close()
        else:
            used.ended = None
            self._former.append(former)

    # -- commit

    def commit(self, full: bool = False) -> None:
        """Keep all changes, of data and of structure, or none.

        With an aside, they are kept there, and `full` moves all of its changes to the main file.
        When it returns they survive a power cut, as `sync` says. Raises ConflictError,
        ReadOnlyError, FullError or DiskError; nothing was written then, and the changes are still
        there in memory.
        """
        self._check_writable()
        if self._is_changed():
            self._commit()
        if full and self._aside is not None:
            self._merge(self._aside)

    def _commit(self) -> None:
        changed = [each for each in self._tables.values() if each._is_changed()]
        writes: dict[bytes, Buffer | None] = {}
        for id in self._dropped:
            writes |= self._deletes(*manifest.blocks_of(id))
            writes |= self._deletes(*manifest.pages_of(id))
        for table in changed:
            writes |= table._writes()
        new = self._next_manifest()
        writes[MANIFEST] = new.encode()
        if self._lock is not None:
            # Nobody else can commit, so it can be taken anew; and LMDB may have to map its file
            # anew, for which there must be no snapshot.
            self._release()
        try:
            new.rev = self._engine.commit(writes, expect={MANIFEST: self._manifest.rev})
        except ConflictError as error:
            raise self._conflict() from error
        self._manifest, self._dropped, self._is_listed = new, [], True
        for table in changed:
            table._written()
        self._release()

    def _next_manifest(self) -> Manifest:
        tables = dict(self._manifest.tables)
        for table in self._tables.values():
            tables[table._label] = table._entries()
        return Manifest(tables, self._manifest.next_table, manifest.new_token())

    def rollback(self, full: bool = False) -> None:
        """Drop all changes since the last commit, of data and of structure.

        With an aside, `full` drops all that is in it, too, and detaches it. Views and rows from
        before raise ClosedError; take them again with `view` or `getas`.
        """
        self._check()
        if full and self._aside is not None:
            self._detach(self._aside)
        self._end_tables("was rolled back; take it again from the storage")
        self._begin()

    def _end_tables(self, why: str) -> None:
        for table in self._tables.values():
            table._end(f"{table._where} {why}")
            table._release()

    def refresh(self) -> None:
        """Move on to what was committed last, by whomever. Views show it; rows are taken anew.

        Raises ConflictError if there are changes that were not committed, or if the aside belongs
        to another state.
        """
        self._check()
        if self._is_changed():
            raise ConflictError(f"{self.name} has changes; commit or roll back before you refresh")
        if self._aside is not None:
            self._aside.check()
        now = Moment(self._engine.snapshot())
        new = manifest.read(now, self.name)
        is_same, self._manifest = new.token == self._manifest.token, new
        self._release()
        self._now = now
        if not is_same:
            for label, table in list(self._tables.items()):
                self._move_on(label, table)

    def _move_on(self, label: str, table: Kept) -> None:
        entries = self._manifest.tables.get(label)
        if entries is None:
            table._end(f"{table._where} is not there any more")
            del self._tables[label]
        else:
            table._moved_on(entries, manifest.read_pages(self._moment(), entries, self.name))

    # -- the aside

    def _attach(self, other: Keeping) -> None:
        for each in (self, other):
            if each._is_changed() or each._aside is not None or each._user is not None:
                raise FormatError(f"{each.name} has changes or an aside; commit or roll back first")
        if self._engine is other._engine or _are_one_file(self.name, other.name):
            raise FormatError(f"{self.name} cannot be its own aside; pass another storage")
        aside = Aside(self._engine, other._engine, is_writable=other._can_write)
        self._aside, self._engine, self._other = aside, aside.engine, other
        other._user = self
        self._end_tables("has an aside now; take it again from the storage")
        self._begin()

    def _detach(self, aside: Aside) -> None:
        aside.forget()
        other = self._give_back(aside)
        if other is not None:
            other._is_aside = False
            other._begin()

    def _give_back(self, aside: Aside) -> Keeping | None:
        """Be without an aside; what it holds stays there."""
        self._engine, self._aside = aside.engine.lower, None
        other, self._other = self._other, None
        if other is not None:
            other._user = None
            other._is_aside = True
        return other

    def _merge(self, aside: Aside) -> None:
        if not self._can_write:
            raise ReadOnlyError(
                f"{self.name} is open for reading; open it with mode='rw' to merge the aside"
            )
        self._release()
        aside.merge()
        self._now = Moment(self._engine.snapshot())
        self._manifest = manifest.read(self._now, self.name)

    # -- the end

    def close(self) -> None:
        """Let go of the file; again is nothing. What was not committed is lost.

        After `autocommit`, it is committed. Views and rows raise ClosedError from now on; arrays
        that were taken from them stay what they are. With an aside is closed what it belongs to.
        """
        if self._gone:
            return
        try:
            if self._user is not None:
                self._user.close()
            if self._is_autocommit and self._is_changed():
                self.commit()
        finally:
            self._gone = f"{self.name} was closed; open it again"
            self._leave()

    def _leave(self) -> None:
        lifetime.remove(self)
        self._end_tables("was closed with its storage; open it again")
        self._now = None
        if self._aside is not None:
            self._give_back(self._aside)
        closer.finish()  # so that the file is let go of when this returns
        if self._owns:
            self._engine.close()
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.acquire_thread()
            lock.release()

    def _disown(self) -> None:
        """Be one that a forked child has inherited: of the parent's, nothing may be touched."""
        self._gone = f"{self.name} was opened by the parent process; open it again"
        self._lock = None
        for table in self._tables.values():
            table._end(self._gone)
            table._release()
        self._now = None


def _are_one_file(one: str, other: str) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
