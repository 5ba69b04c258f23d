"""Check the file of a state, without changing it; repair it, after a copy."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Literal, NamedTuple

from ..disk import atomic, litter, permissions, versions
from ..disk.atomic import PathLike
from ..disk.copies import before_repair
from ..disk.described import check_there
from ..disk.fs import OS, FileSystem, absolute
from ..disk.journal import Journal
from ..disk.kept import keep_edited
from ..disk.repairing import repairing
from ..disk.twin import Text
from ..errors import CorruptError, DiskError
from ..faults import Fault
from .document import Document
from .recovery import Found, recover
from .replay import Replayed, replay

_LOOKS = 10  # to see the same twice, while a program may be writing
_PAUSE = 0.01  # seconds
_LEFT = "was left by a program that was killed"

Progress = Callable[[int, int], object]
_Act = Literal["rewrite", "restore", "drop the twin", ""]


class _Look(NamedTuple):
    """What is there at one moment."""

    data: bytes
    twin: Text | None  # if it is whole
    has_twin: bool
    is_held: bool  # whether a living program has it open


class _Finding(NamedTuple):
    """A fault, and what a repair does about it."""

    fault: Fault
    act: _Act


def check(path: PathLike, *, progress: Progress | None = None, fs: FileSystem = OS) -> list[Fault]:
    """What is wrong with the file of a state, and with what lies beside it; [] if all is well.

    The document is parsed, each entry's checksum compared, each entry decoded and applied; the
    journal that a killed program left is compared with the file. Takes no lock and changes nothing;
    a program may have the state open and write. `progress` is told the bytes that are read, and
    all. Raises DiskError if there is no such file.

    >>> from outlive.state.checking import check
    >>> with open("torn.state", "w") as file:
    ...     _ = file.write("n: 1\\n\\n--- #d0ac3c9")
    >>> for fault in check("torn.state"):
    ...     print(fault.what)
    13 bytes from here on are no whole entry, or do not fit the state
    """
    name = absolute(path)
    size = check_there(name, fs).st_size
    try:
        findings = _steady(name, fs)
    except DiskError as error:
        what, _, remedy = str(error).removeprefix(f"{name}: ").partition("; ")
        findings = [_Finding(Fault(name, what, remedy, is_repairable=False), "")]
    if progress is not None:
        progress(size, size)
    found = [each.fault for each in findings]
    return found + permissions.faults(name, runs_code=False, fs=fs) + litter.faults(name, fs)


def _steady(path: str, fs: FileSystem) -> list[_Finding]:
    """What is wrong, seen twice: a program that writes is seen in the middle of it once."""
    look = _look(path, fs)
    found = _findings(look, path, fs)
    for _ in range(_LOOKS):
        if not found:
            return []
        time.sleep(_PAUSE)
        before, were, look = look, found, _look(path, fs)
        found = _findings(look, path, fs)
        is_same = look == before or (look.is_held and before.is_held)
        if is_same and [each.fault.where for each in found] == [each.fault.where for each in were]:
            return found
    return []  # never the same twice: programs come and go


def _look(path: str, fs: FileSystem, *, is_ours: bool = False) -> _Look:
    """The file and its twin at one moment; `is_ours` says that the lock is."""
    twin = Journal(path, sync="os", fs=fs).twin
    for _ in range(_LOOKS):
        data = _read(path, fs)
        text, has_twin = twin.read(), fs.exists(twin.path)
        is_held = not is_ours and litter.holder(path, fs) is not None
        if data == _read(path, fs):
            return _Look(data, text, has_twin, is_held)
    # A program writes all the time: then the file has all that the twin has.
    return _Look(data, None, has_twin=True, is_held=True)


def _read(path: str, fs: FileSystem) -> bytes:
    content = atomic.read(path, fs)
    if content is None:
        check_there(path, fs)
        return b""  # it was away for a moment
    return content.data


def _findings(look: _Look, path: str, fs: FileSystem) -> list[_Finding]:
    if look.twin is not None and not look.data.strip() and not look.is_held:
        problem = CorruptError(f"{path}: it is empty, and should not be. ")
        return [_document_fault(problem, look, path, fs)]
    try:
        found = recover(look.data, look.twin, path)
    except CorruptError as error:
        return [_document_fault(error, look, path, fs)]
    return _entry_faults(found.file, path) + (
        [] if look.is_held else _twin_faults(found, look, path, fs)
    )


def _document_fault(error: CorruptError, look: _Look, path: str, fs: FileSystem) -> _Finding:
    place, _, rest = str(error).removeprefix(path).partition(": ")
    what = rest.rpartition(". ")[0] or rest
    if look.twin is not None and _is_readable(look.twin, path):
        remedy = (
            f"mend it there; or a repair puts back what a program wrote, from {_twin(path, fs)}"
        )
        return _Finding(Fault(path + place, what, remedy, is_repairable=True), "restore")
    kept = versions.listed(path, fs)
    good = f", such as {kept[0].path}," if kept else ""
    remedy = f"mend it there, or put a good copy{good} in its place"
    return _Finding(Fault(path + place, what, remedy, is_repairable=False), "")


def _twin(path: str, fs: FileSystem) -> str:
    return Journal(path, sync="os", fs=fs).twin.path


def _is_readable(twin: Text, path: str) -> bool:
    try:
        replay(twin.data, path)
    except CorruptError:
        return False
    return True


def _entry_faults(file: Replayed, path: str) -> list[_Finding]:
    if file.lost:
        where = f"{path}, line {file.lost_line}"
        what = f"{len(file.lost)} bytes from here on are no whole entry, or do not fit the state"
        fault = Fault(where, what, f"a repair moves them to {path}.lost", is_repairable=True)
        return [_Finding(fault, "rewrite")]
    if not file.is_whole:
        what = "is what PersistedState left when it was killed in its vacuum"
        fault = Fault(path, what, "a repair writes it anew, with all that it says", True)
        return [_Finding(fault, "rewrite")]
    return []


def _twin_faults(found: Found, look: _Look, path: str, fs: FileSystem) -> list[_Finding]:
    """What a dead program left in the twin."""
    name = _twin(path, fs)
    if not look.has_twin:
        return []
    if look.twin is None:
        what = "is the damaged journal of a program that was killed; the file stands without it"
        return [_Finding(Fault(name, what, "a repair removes it", True), "drop the twin")]
    if found.is_file:
        remedy = "a repair removes it, for the file has all of it"
        return [_Finding(Fault(name, _LEFT, remedy, is_repairable=True), "drop the twin")]
    what = f"{_LEFT}, and has changes that the file lacks"
    remedy = "a repair takes them into the file, as the next program that opens it would"
    return [_Finding(Fault(name, what, remedy, is_repairable=True), "rewrite")]


# -- repair


def repair(path: PathLike, *, progress: Progress | None = None, fs: FileSystem = OS) -> list[str]:
    """Apply the remedies of the faults that `check` finds; says line by line what was done.

    Before the file is changed, it is copied, durably, as NAME.before-repair. What could not be read
    goes to NAME.lost. A damaged document is replaced with what the program wrote, where its journal
    is still there. Litter goes. A line "not mended: …" tells what nobody but a person can mend. An
    intact file is left alone, without a copy, and the list is empty. `progress` is told the bytes
    that are copied, and all.

    Raises LockedError, with the pid, if a program has the state open; DiskError if there is no
    such file, or if the disk fails, FullError if it is full. Nothing is changed then. A crash
    leaves the file as it was, or repaired.

    >>> import os
    >>> from outlive.state.checking import repair
    >>> with open("cut.state", "w") as file:
    ...     _ = file.write("n: 1\\n\\n--- #d0ac3c9")
    >>> for line in repair("cut.state"):
    ...     print(line.replace(os.getcwd() + "/", ""))
    copied cut.state to cut.state.before-repair
    cut.state: 13 bytes from line 3 on are no whole entry, or do not fit the state; they are kept \
in cut.state.lost
    wrote cut.state anew, with all that is whole in it
    >>> outlive.State("cut.state")["n"]
    1
    """
    name = absolute(path)
    check_there(name, fs)
    with repairing(name, fs, timeout=0.0) as done:
        done.extend(_mended(name, fs, progress))
    return done


def _mended(path: str, fs: FileSystem, progress: Progress | None) -> list[str]:
    look = _look(path, fs, is_ours=True)
    findings = _findings(look, path, fs)
    acts = {each.act for each in findings}
    done = [f"not mended: {each.fault}" for each in findings if not each.fault.is_repairable]
    if "restore" in acts or "rewrite" in acts:
        with before_repair(path, fs, progress=progress) as copy:
            done.append(f"copied {path} to {copy}")
            done += _restored(look, path, fs) if "restore" in acts else _rewritten(look, path, fs)
    elif "drop the twin" in acts:
        with closing(Journal(path, sync="full", fs=fs)) as journal:
            journal.remove_twin()
            done.append(f"removed {journal.twin.path}, which a program that was killed had left")
    return done


def _restored(look: _Look, path: str, fs: FileSystem) -> list[str]:
    """Put the state that the twin tells in the place of a file that cannot be read."""
    assert look.twin is not None  # noqa: S101  # or there were no such remedy
    ours = replay(look.twin.data, path)
    found = Found(ours.value, ours, is_file=False, is_edited=False, conflicts=[])
    done = _replaced(found, look, path, fs)
    return [*done, f"put into {path} what a program wrote, from the journal that it had left"]


def _rewritten(look: _Look, path: str, fs: FileSystem) -> list[str]:
    """Write what file and twin mean together."""
    found = recover(look.data, look.twin, path)
    done = _replaced(found, look, path, fs)
    if not found.is_file:
        done.append("took in the changes of a program that was killed, from its journal")
    return [*done, f"wrote {path} anew, with all that is whole in it"]


def _replaced(found: Found, look: _Look, path: str, fs: FileSystem) -> list[str]:
    """Put the document of what was found in the place of the file, and remove the twin."""
    with (
        closing(Journal(path, sync="full", fs=fs)) as journal,
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")  # they say what goes where, in the words that users know
        document = Document(journal, None, sort_keys=False)
        document.keep(found)
        text = document.make(document.shape(found.file), found.value)
        if look.twin is not None:
            journal.twin.reopen()
        elif look.has_twin:
            journal.remove_twin()
        try:
            late = journal.replace(text, look.data, is_last=True)
        except DiskError as error:
            if error.operation != "read" or _read(path, fs) != text:
                raise
            late = None  # it is done; what could not be read again is the copy's content
    done = [str(each.message) for each in told]
    if late is not None:
        kept = keep_edited(path, late, fs)
        done.append(f"{path} was saved by someone in this moment; what they wrote is in {kept}")
    return done
