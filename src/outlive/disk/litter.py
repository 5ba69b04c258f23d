"""What stands beside a file and belongs to it by its name: in use, litter, or a person's to see.

Nothing here takes the lock of a file whose holder lives, so that a look disturbs nobody.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import time
from contextlib import suppress
from typing import Literal, NamedTuple

from ..errors import DiskError
from ..faults import Fault
from .claim import Claim
from .fs import NOFOLLOW, OS, FileSystem, beside, close, follow, translated

Kind = Literal[
    "lock",
    "queue",
    "journal",
    "temporary",
    "old",
    "old-lock",
    "new",
    "version",
    "lost",
    "edited",
    "copy",
]

_HIDDEN = re.compile(r"(lock|queue|journal|old|old-lock|new)|([0-9]{1,3})\.tmp")
_PLAIN = re.compile(r"\.(?:(lost)|(edited|before-repair)(?:-([1-9][0-9]*))?|version-([1-9][0-9]*))")
_YOUNG = 0.05  # seconds; whoever makes one of these files locks it at once
_LONGEST_PID = 32  # bytes
_YOURS: dict[Kind, tuple[str, str]] = {
    "lost": (
        "holds what could not be read of the file",
        "look what of it you need, then delete it",
    ),
    "edited": (
        "is a person's version, which met changes of a program",
        "put what is missing into the file, then delete it",
    ),
    "copy": (
        "is the file as it was before a repair",
        "delete it when you are content with the repair",
    ),
}


class Beside(NamedTuple):
    """A file that belongs to another, beside it."""

    path: str
    kind: Kind
    number: int = 0  # of a temporary file or a version; of the second copy it is 2


def listed(path: str, fs: FileSystem = OS) -> list[Beside]:
    """All files whose names say that they belong to the file at `path`, sorted by name.

    Raises DiskError if the directory cannot be read.
    """
    target = follow(fs, path)
    directory, name = os.path.split(target)
    with translated(path, "list its directory"):
        entries = sorted(fs.listdir(directory))
    found = [_known(directory, entry, name) for entry in entries]
    return [each for each in found if each is not None]


def _known(directory: str, entry: str, name: str) -> Beside | None:
    path, start = os.path.join(directory, entry), f".{name}.outlive-"
    if entry.startswith(start) and (hidden := _HIDDEN.fullmatch(entry, len(start))):
        if hidden[2]:
            return Beside(path, "temporary", int(hidden[2]))
        return Beside(path, hidden[1])  # type: ignore[arg-type]  # the words of the pattern
    if entry.startswith(name) and (plain := _PLAIN.fullmatch(entry, len(name))):
        if plain[4]:
            return Beside(path, "version", int(plain[4]))
        kind: Kind = "lost" if plain[1] else "edited" if plain[2] == "edited" else "copy"
        return Beside(path, kind, int(plain[3] or 1))
    return None


def holder(path: str, fs: FileSystem = OS) -> int | None:
    """The pid of the living process that holds the lock of the file at `path`, None if none does.

    0 if one does, but does not say which. It is a State that is open for writing, or a Store in a
    block or a commit; a Safe or a Storage needs no such lock.
    """
    name = beside(follow(fs, path), "lock")
    if is_abandoned(name, fs):
        return None
    pid = _pid(name, fs)
    return pid if pid is not None else 0 if fs.exists(name) else None


def is_abandoned(name: str, fs: FileSystem = OS) -> bool:
    """Whether whoever made the hidden file `name` (lock, queue, temporary file) is dead.

    False, too, if there is none, or if it is not ours to open.
    """
    if _is_a_holders(name, fs) or not _is_settled(name, fs) or _is_a_holders(name, fs):
        return False
    found = Claim(fs)
    try:
        # For microseconds, and only if nobody seems to have it: else it could refuse an opener.
        return found.take(name, os.O_RDONLY | NOFOLLOW)
    except OSError:
        return False
    finally:
        found.close()


def _is_a_holders(name: str, fs: FileSystem) -> bool:
    """Whether the file is a lock that names a living process, which has it open."""
    pid = _pid(name, fs) if name.endswith("-lock") else None
    return pid is not None and _has_open(pid, name)


def _is_settled(name: str, fs: FileSystem) -> bool:
    """Whether there is such a file, and not one whose maker may just be about to lock it."""
    try:
        before = fs.lstat(name)
        if not stat.S_ISREG(before.st_mode):
            return False
        if abs(time.time() - before.st_ctime) > _YOUNG:
            return True
        time.sleep(_YOUNG)
        return fs.lstat(name).st_ino == before.st_ino
    except OSError:
        return False


def _pid(name: str, fs: FileSystem) -> int | None:
    """The pid in a lock file, None if there is no such file or it names none."""
    try:
        fd = fs.open(name, os.O_RDONLY | NOFOLLOW)
    except OSError:
        return None
    try:
        return int(fs.read(fd, _LONGEST_PID).partition(b"\n")[0])
    except (OSError, ValueError):
        return None
    finally:
        close(fs, fd)


def _has_open(pid: int, name: str) -> bool:
    """Whether a process lives and, as far as that can be known, has the file open."""
    if sys.platform == "win32":
        return False  # where a signal of 0 would end it; its lock will tell
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # another user's
    except (ProcessLookupError, OverflowError):
        return False
    directory = f"/proc/{pid}/fd"
    try:  # the pid may be another program's by now, as after a restart of the machine
        there, numbers = os.stat(name), os.listdir(directory)
    except OSError:
        return sys.platform != "linux" or os.path.exists(directory)
    for number in numbers:
        with suppress(OSError):  # closed in this moment
            if os.path.samestat(os.stat(f"{directory}/{number}"), there):
                return True
    return False


def faults(path: str, fs: FileSystem = OS) -> list[Fault]:
    """What stands beside the file at `path` and should not, or is for a person to look at.

    A repair takes away what dead programs left: locks, queues, temporary files; see `sweep`. It
    leaves NAME.lost, NAME.edited and NAME.before-repair, which somebody may want. Nothing is said
    of journals and versions, nor of what is there while a living program holds the lock.
    """
    found = [
        Fault(each.path, "was left by a program that was killed", "a repair removes it", True)
        for each in _abandoned(path, fs)
    ]
    return found + [
        Fault(each.path, *_YOURS[each.kind], is_repairable=False)
        for each in listed(path, fs)
        if each.kind in _YOURS
    ]


def _abandoned(path: str, fs: FileSystem) -> list[Beside]:
    if holder(path, fs) is not None:
        return []  # who sweeps by itself at its next commit
    return [each for each in listed(path, fs) if _is_litter(each, fs)]


def _is_litter(each: Beside, fs: FileSystem) -> bool:
    """Whether its maker is dead; nobody holds the lock of the file."""
    if each.kind == "new":
        return True  # whoever makes a file in it has that lock
    return each.kind in ("lock", "queue", "temporary") and is_abandoned(each.path, fs)


def sweep(path: str, fs: FileSystem = OS) -> None:
    """Remove what dead programs left beside the file at `path`; `gone` tells what that was.

    May be called by who holds the lock of the file, which stays. Leaves what it cannot remove.
    """
    try:
        found = listed(path, fs)
    except DiskError:
        return  # it hurts nobody; the next check tells it
    for each in found:
        if each.kind == "new" and holder(path, fs) in (None, os.getpid()):
            shutil.rmtree(each.path, ignore_errors=True)
        if each.kind not in ("lock", "queue", "temporary") or not is_abandoned(each.path, fs):
            continue
        claim = Claim(fs)
        try:
            with suppress(OSError):  # gone in this moment, or not ours
                if claim.take(each.path, os.O_RDWR | NOFOLLOW):
                    claim.remove()
        finally:
            claim.close()


def gone(before: list[Fault], fs: FileSystem = OS) -> list[str]:
    """A line for each piece of litter, of what `faults` gave before, that is there no longer."""
    return [
        f"removed {each.where}, which a program that was killed had left"
        for each in before
        if each.is_repairable and not fs.exists(each.where)
    ]
