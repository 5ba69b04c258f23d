"""What is wrong with an LMDB file, and all that can be read of it, without LMDB."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...disk.fs import OS, absolute, beside, follow, translated
from ...errors import DiskError, FormatError
from ...faults import Fault
from ..base import RESERVED, Entry
from ..examining import Hole, Progress
from .opening import OLD
from .pages import Found, Walk
from .still import Still, still
from .transaction import HEADER, MOST, REV, SHARED

_VERSION = 1
_ID = 16  # bytes
_HEADS = b"\xfe"  # a face keeps its data before, and its header from here on
_TOLD = 3  # faults of pages
_TRIES = 5
_REMEDY = "a repair keeps all that can be read, after a copy"
_NEWEST = "a repair keeps the newest of each key; what was deleted or replaced may be there again"
_COPY = "put a good copy in its place"


class Examined:
    """A file as of one commit, or of the one before; `faults` says what is wrong with its pages.

    `scan` gives its entries; then `holes` says where some may be missing, and `lost` of how many
    that is known. `rev` is the highest revision that there can be, `epoch` what revisions count
    from, `id` what tells the file from others; both None where that is damaged.
    """

    def __init__(
        self, path: str, file: Still, *, is_former: bool = False, progress: Progress | None = None
    ) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.left: list[Fault] = []  # what is wrong beside the file
        self.holes: list[Hole] = []
        self.odd: dict[bytes, str] = {}  # entries that no engine wrote
        self.is_so = file.is_so
        # Whether a later commit may have been there, of which nothing is known.
        self.is_last_unsure = False
        self._file = file
        self._walk = self._walked(file, file.former if is_former else file.meta, progress)
        self.found = 0
        own = dict(self._tail())
        self.engine = {key: value for key, value in own.items() if key >= RESERVED}
        # What the face keeps behind its data: a header.
        self.heads = {key: value[REV.size :] for key, value in own.items() if key < RESERVED}
        self._read_header()
        if file.is_left:
            old = beside(follow(OS, path), OLD)
            what = "was left by a compaction that was killed"
            self.left.append(Fault(old, what, "a repair ends it", is_repairable=True))

    def _walked(self, file: Still, meta: Any, progress: Progress | None) -> Walk | None:
        if file.faults:
            what = f"its first pages are damaged: {'; '.join(file.faults)}"
            remedy = _REMEDY if meta is not None else _COPY
            self.faults.append(Fault(self.path, what, remedy, is_repairable=meta is not None))
        walk = _best(file, progress) if file.faults else None
        self.is_last_unsure = bool(file.faults) and (walk is None or not _is_last(walk, file))
        if walk is None:
            if meta is None:
                return None
            walk = _walk(file, meta, progress)
        if walk.errors:
            told = "; ".join(walk.errors[:_TOLD])
            more = f"; and {len(walk.errors) - _TOLD} more" if len(walk.errors) > _TOLD else ""
            what = f"its pages are damaged: {told}{more}"
            self.faults.append(Fault(self.path, what, _REMEDY, is_repairable=True))
            if not walk.is_free_known:
                what = "it is not known which of its pages are free"
                self.faults.append(Fault(self.path, what, _NEWEST, is_repairable=True))
        return walk

    @property
    def can_be_read(self) -> bool:
        """Whether anything can."""
        return self._walk is not None

    @property
    def is_whole(self) -> bool:
        """Whether no page is damaged."""
        return not self.faults

    @property
    def lost(self) -> int:
        """How many entries the file should have beside those that `scan` gave; 0 if unknown."""
        if self._walk is None or not self.holes:
            return 0
        return max(self.expected - self.found, 0)

    @property
    def expected(self) -> int:
        """How many entries there should be beside the engine's own, one of which is a table."""
        return 0 if self._walk is None else int(self._walk.meta.main.entries) - len(self.engine) - 1

    # -- what the engine itself keeps

    def _tail(self) -> Iterator[tuple[bytes, bytes]]:
        """The engine's own entries, and the face's header, which are the last."""
        for found in self._all(backwards=True):
            if found.value is not None:
                yield found.key, found.value

    def _all(self, *, backwards: bool = False) -> Iterator[Found]:
        if self._walk is None:
            return
        if backwards:
            yield from self._walk.last(_HEADS)
            if self._walk.errors:
                yield from (each for each in self._walk.strays(_rank) if each.key >= _HEADS)
            return
        yield from self._walk.entries(self.holes)
        if self._walk.errors:  # else nothing is astray
            for found in self._walk.strays(_rank):
                if found.value is None or len(found.value) > REV.size:  # else it is of a deletion
                    yield found

    def _read_header(self) -> None:
        header = self.engine.get(HEADER, b"")
        self.epoch: int | None = None
        self.id: bytes | None = None
        is_ours = len(header) == 2 * REV.size + _ID
        if is_ours and REV.unpack_from(header)[0] == _VERSION:
            self.epoch = REV.unpack_from(header, REV.size)[0]
            self.id = header[-_ID:]
        elif self._walk is not None:
            if not self._walk.errors and not self.engine and not self.heads:
                raise FormatError(
                    f"{self.path} is a file of LMDB, but not one that outlive wrote; open it with "
                    "what wrote it"
                )
            what = "the engine's own first entry cannot be read"
            self.faults.append(Fault(self.path, what, _REMEDY, is_repairable=True))
        number = 0 if self._walk is None else self._walk.meta.txnid
        self.rev = ((self.epoch or 0) + number << SHARED) + MOST - 1

    # -- the entries

    def scan(self) -> Iterator[tuple[bytes, Entry | None]]:
        """All entries that can be read, in order, then those to which no branch leads any more.

        None stands for a value whose pages cannot be read. An entry that no engine wrote goes to
        `odd`; it is given if it has a value, with the revision 0.
        """
        self.holes, self.odd, self.found = [], {}, 0
        seen: set[bytes] = set()
        for found in self._all():
            if found.key >= RESERVED:
                continue
            if self.holes:
                if found.key in seen:
                    continue
                seen.add(found.key)
            self.found += 1
            yield found.key, self._entry(found)
        if self.found >= self.expected:
            self.holes = []

    def _entry(self, found: Found) -> Entry | None:
        if found.value is None:
            self.odd[found.key] = "its pages cannot be read"
            return None
        if len(found.value) < REV.size:
            self.odd[found.key] = "it is too short for an entry"
            return None
        rev: int = REV.unpack_from(found.value)[0]
        if self.epoch is not None and not 0 < rev <= self.rev:
            self.odd[found.key] = f"it says that it is of the revision {rev}, which was never"
            rev = 0
        return Entry(found.value[REV.size :], rev)

    def latest(self) -> int:
        """A revision that is higher than any in the file."""
        if self.epoch is not None:
            return self.rev
        return max([self.rev, *(entry.rev for _, entry in self.scan() if entry is not None)])

    def missed(self, key: bytes) -> bool:
        """Whether an entry of this key may be missing, after a `scan`."""
        return any(hole.holds(key) for hole in self.holes)

    def revised(self) -> dict[str, object]:
        """The numbers that `stat` shows."""
        if self._walk is None:
            return {}
        meta = self._walk.meta
        return {
            "revision": self.rev,
            "free": self._walk.free_pages() * int(meta.psize),
        }


def _rank(value: bytes) -> int:
    """Which of several values of a key is the newest: the revision that it begins with."""
    return REV.unpack_from(value)[0] if len(value) >= REV.size else 0


def _walk(file: Still, meta: Any, progress: Progress | None) -> Walk:
    pages = max(meta.last_pg + 1, 1)

    def report(done: int) -> None:
        if progress is not None:
            progress(min(done, pages), pages)

    walk = Walk(file.file, file.size, meta, report)
    walk.walk()
    return walk


def _is_last(walk: Walk, file: Still) -> bool:
    """Whether the other meta page, too, was understood, and is of the commit before."""
    numbers = [each.txnid for each in file.suspects]
    return len(numbers) > 1 and walk.meta.txnid == max(numbers) == min(numbers) + 1


def _best(file: Still, progress: Progress | None) -> Walk | None:
    """By the newest meta page that leads to whole trees, if one of them is damaged itself.

    Which commit it is of is told by the list of free pages as well: each commit adds to it.
    """
    found = []
    for meta in file.suspects:
        walk = _walk(file, meta, progress)
        newest = max([number for number, _ in walk.free_records], default=0)
        if newest and newest != meta.txnid:
            meta.txnid = newest
            walk = _walk(file, meta, progress)
        if not walk.errors:
            found.append(walk)
    return max(found, key=lambda walk: int(walk.meta.txnid), default=None)


@contextmanager
def examined(
    path: str, *, hold: bool = False, progress: Progress | None = None
) -> Iterator[Examined]:
    """The file at `path`, looked through as it is at one moment, beside whoever writes to it.

    Without `hold`, ask `is_so` at the end: if it is false, somebody has committed meanwhile, and
    all has to be done again, with `hold`. Raises DiskError, LockedError.
    """
    name = absolute(path)
    with still(name, hold=hold) as file, translated(name, "read"):
        yield Examined(name, file, progress=progress)


def tries() -> Iterator[bool]:
    """What `hold` to try with, until one is good; then raises DiskError."""
    yield False
    for _ in range(_TRIES):
        yield True
    raise DiskError(
        errno.EBUSY, "the file changes while it is read, and cannot be held; try again later"
    )
