"""`check` and `repair` of a storage's file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from ..disk import copies, litter, permissions
from ..disk.described import check_there
from ..disk.fs import absolute
from ..disk.lock import Lock
from ..engines import Engine
from ..engines.examining import OfEngine, Progress, stage
from ..engines.lmdb.checking import examined, tries
from ..engines.lmdb.repairing import Place, alone_with, end_compaction
from ..errors import CorruptError, DiskError
from ..faults import Fault
from .arrow import require
from .moment import closer
from .sound import SHOWN, Sound

_UNREADABLE = {errno.EACCES, errno.EPERM, errno.EIO}


def check(
    path: str | os.PathLike[str] | Engine, *, progress: Progress | None = None
) -> list[Fault]:
    """All that is wrong with the storage at `path`, [] if nothing is. Reads only.

    Looked at are the structure of the file, page by page, the list of tables, each block of each
    column, what belongs to no table, the permissions, and what killed programs left beside it; all
    as of the last commit, beside readers and a writer. Damaged pages and blocks cannot end the
    program. What no check can see is a value that was changed into another one: there are no
    checksums. `progress` is called with how much is done, and how much there is. An engine that
    works can be given, too: then its content is looked at.

    Raises DiskError if there is no such file, LockedError while it is compacted for longer than a
    minute, FormatError if it is something else than a storage, or pyarrow is not installed.

    >>> with outlive.Storage("checked.db") as db:
    ...     people = db.getas("people[name:S,shoesize:I]")
    ...     people.append(name="John", shoesize=44)
    ...     db.commit()
    0
    >>> check("checked.db")
    []
    """
    require()
    if not isinstance(path, (str, os.PathLike)):
        with path.snapshot() as snapshot:
            return Sound(OfEngine(path, snapshot), progress).faults()
    name = absolute(path)
    check_there(name)
    try:
        return _of_file(name, progress) + _beside(name)
    except DiskError as error:
        if error.errno not in _UNREADABLE:
            raise
        remedy = "check its permissions, or the disk"
        return [Fault(name, f"cannot be read: {error.strerror}", remedy, is_repairable=False)]


def _of_file(name: str, progress: Progress | None) -> list[Fault]:
    """What is wrong with the content, and with a compaction of it."""
    for hold in tries():
        with examined(name, hold=hold, progress=stage(progress, 0, 2)) as file:
            if not file.can_be_read:
                return file.faults
            found = Sound(file, stage(progress, 1, 2)).faults() + file.left
            if file.is_so():
                break
    return found


def _beside(name: str) -> list[Fault]:
    """What is wrong with the permissions, and what stands beside the file."""
    return [*permissions.faults(name, runs_code=False), *_litter(name)]


def _litter(name: str) -> list[Fault]:
    return [*litter.faults(name), *litter.faults(_writer(name))]


def _writer(name: str) -> str:
    """What the lock of a storage's one writer is of."""
    return f"{name}.writer"


def repair(path: str | os.PathLike[str], *, progress: Progress | None = None) -> list[str]:
    """Mend what `check` finds and can be mended; a line for each thing done, and each lost.

    Where pages or blocks are damaged, a file `NAME.before-repair` is made first, a copy. The runs
    of rows that are whole in all columns are written to a new file, which takes the place of the
    damaged one; the others are lost, and told by table and number. If the file is whole, nothing
    is made, and [] comes back. A crash at any moment leaves the damaged file or the mended one.

    Raises LockedError if a program has the file open, CorruptError if it is not known any more
    which tables there are, FormatError, FullError or DiskError; nothing was changed then.

    >>> outlive.Storage("mended.db").close()
    >>> repair("mended.db")
    []
    """
    name = absolute(path)
    require()
    check_there(name)
    beside = _litter(name)
    content = [each for each in check(name, progress=stage(progress, 0, 3)) if each not in beside]
    lines: list[str] = []
    if any(fault.is_repairable for fault in content):
        closer.finish()  # of storages that this program has closed, but for their last snapshots
        with Lock(_writer(name), timeout=0):
            if any(".outlive-old" in fault.where for fault in content):
                end_compaction(name)
                lines.append(f"{name}: ended a compaction that was killed")
            with alone_with(name) as place:
                lines += _mended(place, progress)
    lines += [f"not mended: {fault}" for fault in content if not fault.is_repairable]
    for each in (name, _writer(name)):
        litter.sweep(each)
    return lines + litter.gone(beside)


def _mended(place: Place, progress: Progress | None) -> list[str]:
    name = place.path
    with place.examined() as file, place.examined(former=True) as former:
        assert file is not None  # noqa: S101  # there always is a last commit
        chosen = found = Sound(file)
        if not any(fault.is_repairable for fault in found.faults()):
            return []
        if former is not None and former.is_whole and (file.lost or not found.is_usable):
            other = Sound(former)
            if other.is_usable and not other.bad and other.rows > found.rows:
                chosen = other
        if not chosen.is_usable or chosen.is_aside:
            why = "has the changes of another" if chosen.is_aside else chosen.manifest_fault
            raise CorruptError(f"{name} cannot be mended ({why}); put a good copy in its place")
        with copies.before_repair(name, progress=stage(progress, 1, 3)) as copy:
            lines = [f"{name}: copied to {copy}"]
            if file.is_last_unsure:
                lines.append(f"{name}: the last commit may be lost: what led to it cannot be read")
            lines += _lost(chosen, is_former=chosen is not found)
            place.replace(file, chosen.good())
    stage(progress, 2, 3)(1, 1)
    return [*lines, f"{name}: written anew with the {chosen.rows} rows that can be read"]


def _lost(sound: Sound, *, is_former: bool) -> Iterator[str]:
    name = sound.examined.path
    if is_former:
        yield f"{name}: lost the last commit, of which too little can be read"
    lost = list(sound.lost())
    for where, why in lost[:SHOWN]:
        yield f"{name}: lost {where}: {why}"
    if len(lost) > SHOWN:
        yield f"{name}: lost {len(lost) - SHOWN} more runs of rows"
    for where in sound.gaps:
        yield f"{name}: lost up to 512 groups of rows {where}"
    if sound.stray:
        yield f"{name}: left out {len(sound.stray)} entries that belong to no table"
