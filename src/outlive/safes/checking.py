"""`check` and `repair` of a safe's file."""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..disk import copies, litter, permissions
from ..disk.described import check_there
from ..disk.fs import OS, absolute
from ..disk.kept import keep_lost
from ..engines import Engine
from ..engines.examining import OfEngine, Progress, stage
from ..engines.lmdb.checking import examined, tries
from ..engines.lmdb.repairing import Place, alone_with, end_compaction
from ..errors import CorruptError, DiskError, LockedError
from ..faults import Fault
from ..formats import FormatLike
from .content import SHOWN, Content, shown, trusted

_UNREADABLE = {errno.EACCES, errno.EPERM, errno.EIO}
_LOOK, _COPY, _WRITE = 0, 1, 2  # the stages of a repair


def check(
    path: str | os.PathLike[str] | Engine,
    *,
    trust: bool = False,
    format: FormatLike | None = None,
    progress: Progress | None = None,
) -> list[Fault]:
    """All that is wrong with the safe at `path`, [] if nothing is. Reads only, and disturbs nobody.

    Looked at are the structure of the file, page by page, each key and each value, the permissions,
    and what killed programs left beside it; all as of one moment, beside any number of writers.
    Damaged pages and values cannot end the program. What no check can see is a value that was
    changed into another one that can be read: there are no checksums.

    Values that are pickles are loaded, in a child process, which runs what is in them; so only if
    nobody else could have written the file, or with `trust`. `format` is needed where the values
    are of a format of your own. `progress` is called with how much is done, and how much there is.
    An engine that works can be given, too: then its content is looked at.

    Raises DiskError if there is no such file, LockedError while it is compacted for longer than a
    minute, FormatError if it is something else than a safe.

    >>> with outlive.Safe("checked.safe") as safe:
    ...     safe["first"] = {"tries": 0}
    >>> check("checked.safe")
    []
    """
    if not isinstance(path, (str, os.PathLike)):
        with path.snapshot() as snapshot:
            content = Content(
                OfEngine(path, snapshot),
                may_run=(lambda: None) if trust else path.check_trust,
                format=format,
                progress=progress,
            )
            return content.faults()
    name = absolute(path)
    check_there(name)
    try:
        return _of_file(name, trust, format, progress)
    except DiskError as error:
        if error.errno not in _UNREADABLE:
            raise
        remedy = "check its permissions, or the disk"
        return [Fault(name, f"cannot be read: {error.strerror}", remedy, is_repairable=False)]


def _of_file(
    name: str, trust: bool, format: FormatLike | None, progress: Progress | None
) -> list[Fault]:
    for hold in tries():
        with examined(name, hold=hold, progress=stage(progress, 0, 2)) as file:
            if not file.can_be_read:
                return file.faults
            content = Content(
                file, may_run=trusted(name, trust), format=format, progress=stage(progress, 1, 2)
            )
            if file.is_so():
                break
    loose = permissions.faults(name, runs_code=content.runs_code)
    return [*content.faults(), *file.left, *loose, *litter.faults(name)]


def repair(
    path: str | os.PathLike[str],
    *,
    trust: bool = False,
    format: FormatLike | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Mend what `check` finds and can be mended; a line for each thing done, and each lost.

    Where pages or values are damaged, a file `NAME.before-repair` is made first, a copy. What can
    be read is written to a new file, which takes the place of the damaged one. Of values that
    cannot be decoded the bytes are added to `NAME.lost`: a line each, the key, a tab, and the value
    in base64. If the file is whole, nothing is made, and [] comes back. A crash at any moment
    leaves the damaged file or the mended one. `trust` and `format` as for `check`; what was not
    looked into is kept as it is.

    Raises LockedError if any program has the file open, CorruptError if it cannot be mended,
    FormatError, FullError or DiskError; nothing was changed then.

    >>> with outlive.Safe("mended.safe") as safe:
    ...     safe["first"] = {"tries": 0}
    >>> repair("mended.safe")
    []
    """
    name = absolute(path)
    before = check(name, trust=trust, format=format, progress=stage(progress, _LOOK, 3))
    beside = litter.faults(name)
    loose = permissions.faults(name, runs_code=True)
    other = {*beside, *loose}
    lines: list[str] = []
    content = [fault for fault in before if fault not in other]
    if any(fault.is_repairable for fault in content):
        if any(fault.where != name and ".outlive-old" in fault.where for fault in content):
            end_compaction(name)
            lines.append(f"{name}: ended a compaction that was killed")
        with alone_with(name) as place:
            lines += _mended(place, trust, format, progress)
        # What was true of the damaged file need not be of the one that is in its place.
        other |= {*litter.faults(name)}
        found = check(name, trust=trust, format=format)
        content = [fault for fault in found if fault not in other]
    lines += [f"not mended: {fault}" for fault in content if not fault.is_repairable]
    if any(fault.is_repairable for fault in loose if fault in before):
        lines += permissions.tighten(name)
    litter.sweep(name)
    return lines + litter.gone(beside)


@contextmanager
def in_no_program(path: str | os.PathLike[str]) -> Iterator[None]:
    """A block in which no program has the safe at `path` open, nor can open it.

    For those who put another file in its place. Raises LockedError if one has it, DiskError if it
    is not there.

    >>> from outlive.safes.checking import in_no_program
    >>> with outlive.Safe("to-replace.safe") as safe:
    ...     safe["first"] = 1
    >>> with in_no_program("to-replace.safe"):
    ...     pass
    """
    try:
        with alone_with(absolute(path)):
            yield
    except LockedError as error:
        message = str(error).replace("repair it then", "replace it then")
        raise LockedError(message, error.pid) from error


def _mended(
    place: Place, trust: bool, format: FormatLike | None, progress: Progress | None
) -> list[str]:
    name = place.path
    with place.examined() as file, place.examined(former=True) as former:
        assert file is not None  # noqa: S101  # there always is a last commit
        chosen = content = Content(file, may_run=trusted(name, trust), format=format)
        if not any(fault.is_repairable for fault in content.faults()):
            return []
        if former is not None and former.is_whole and file.lost:
            other = Content(former, may_run=trusted(name, trust), format=format)
            if other.entries > content.entries and not other.bad:
                chosen = other
        if chosen.format is None:
            raise CorruptError(
                f"{name}: the format of its values is not known any more; pass format=, or put a "
                "good copy in its place"
            )
        with copies.before_repair(name, progress=stage(progress, _COPY, 3)) as copy:
            lines = [f"{name}: copied to {copy}"]
            if file.is_last_unsure:
                lines.append(f"{name}: the last commit may be lost: what led to it cannot be read")
            lines += _lost(chosen, is_former=chosen is not content)
            place.replace(file, chosen.good())
    stage(progress, _WRITE, 3)(1, 1)
    return [*lines, f"{name}: written anew with the {chosen.entries} entries that can be read"]


def _lost(content: Content, *, is_former: bool) -> Iterator[str]:
    """A line for each loss; the bytes of values are kept, durably."""
    name = content.examined.path
    if is_former:
        yield f"{name}: lost the last commit, of which too little can be read"
    lost = list(content.lost())
    kept = [
        f"{shown(packed)}\t{base64.b64encode(value).decode()}\n"
        for packed, value, _ in lost
        if value is not None
    ]
    where = keep_lost(name, "".join(kept).encode(), OS) if kept else ""
    for packed, value, why in lost[:SHOWN]:
        there = f"; its bytes are in {where}" if value is not None else ""
        yield f"{name}: lost the value of the key {shown(packed)}: {why}{there}"
    if len(lost) > SHOWN:
        yield f"{name}: lost the values of {len(lost) - SHOWN} more keys"
    for hole in content.holes()[:SHOWN]:
        yield f"{name}: lost what there was {hole}"
    if content.examined.lost:
        yield f"{name}: lost {content.examined.lost} entries whose keys are not known"
