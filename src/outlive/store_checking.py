"""Check the file of a store, without changing it; repair it, after a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .disk import atomic, litter, permissions, versions
from .disk.atomic import PathLike
from .disk.copies import before_repair
from .disk.described import check_there
from .disk.fs import OS, FileSystem, absolute
from .disk.repairing import repairing
from .disk.replacement import Replacement
from .disk.versions import Version
from .errors import CorruptError, DiskError
from .faults import Fault
from .formats import Format, FormatLike, resolve

_PATIENCE = 1.0  # seconds: a commit takes less; a block may take longer
_NO_VERSION = "mend it, or put a good copy in its place; there is no version to put back"
_UNCLEAR = "mend it, or put a good copy in its place; first see why a version cannot be read"
_NOT_IMPORTED = "look again where what it names can be imported (set PYTHONPATH)"

Progress = Callable[[int, int], object]


class _Contents(NamedTuple):
    """What is wrong with the file and its versions."""

    faults: list[Fault]  # the file's own is the first
    good: Version | None  # what can take its place


class _Reading(NamedTuple):
    """What was read of one file."""

    fault: Fault | None
    data: bytes  # if there is no fault


def check(
    path: PathLike,
    *,
    format: FormatLike | None = None,
    trust: bool = False,
    progress: Progress | None = None,
    fs: FileSystem = OS,
) -> list[Fault]:
    """What is wrong with the file of a store, and with what lies beside it; [] if all is well.

    The file and its versions are decoded. `format` and `trust` are as in `outlive.open`: without
    trust a pickle that others could have written is not read, since reading it runs it. Takes no
    lock and changes nothing; programs may write meanwhile. `progress` is told the files that are
    done, and all. Raises DiskError if there is no such file, FormatError for an unknown format.

    >>> from outlive.store_checking import check
    >>> with open("torn.json", "w") as file:
    ...     _ = file.write('{"runs": [1, 2')
    >>> for fault in check("torn.json"):
    ...     print(fault.what, "->", fault.remedy)
    is no valid JSON: JSONDecodeError: Expecting ',' delimiter: line 1 column 15 (char 14) -> \
mend it, or put a good copy in its place; there is no version to put back
    """
    name = absolute(path)
    codec = resolve(format, name)
    check_there(name, fs)
    kept = versions.listed(name, fs)
    found = _loose(name, codec, kept, fs)
    is_read = trust or not found or not codec.runs_code
    if is_read:
        found += _contents(name, codec, kept, progress, fs).faults
    return found + litter.faults(name, fs)


def _loose(path: str, codec: Format, kept: list[Version], fs: FileSystem) -> list[Fault]:
    """What is too loose about the file, its directory and its versions."""
    found = permissions.faults(path, runs_code=codec.runs_code, fs=fs)
    for version in kept if codec.runs_code else ():
        found += [
            fault
            for fault in permissions.faults(version.path, runs_code=True, fs=fs)
            if fault not in found
        ]
    return found


def _contents(
    path: str, codec: Format, kept: list[Version], progress: Progress | None, fs: FileSystem
) -> _Contents:
    """What is wrong with the contents, the file's own first, and the version to put back."""
    total = len(kept) + 1
    own = _reading(path, codec, fs).fault
    good: Version | None = None
    is_clear = True  # whether no newer version might be whole as well
    bad = []
    for number, version in enumerate(kept, 1):
        _tell(progress, number, total)
        fault = _reading(version.path, codec, fs).fault
        if fault is None:
            good = good or (version if is_clear else None)
        elif fs.exists(version.path):  # or a commit has removed it just now
            is_clear = is_clear and fault.is_repairable
            bad.append(_with_remedy(fault, None, "it cannot be restored; delete it"))
    _tell(progress, total, total)
    if own is not None:
        otherwise = _NO_VERSION if is_clear else _UNCLEAR
        return _Contents([_with_remedy(own, good, otherwise), *bad], good)
    return _Contents(bad, None)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _reading(path: str, codec: Format, fs: FileSystem) -> _Reading:
    """What a file holds, or why it cannot be read."""
    try:
        content = atomic.read(path, fs)
        if content is None:
            return _Reading(Fault(path, "is gone", "", is_repairable=True), b"")
        codec.decode(content.data, path)
    except CorruptError as error:
        what = str(error).removeprefix(path).lstrip().rpartition(". Mend it")[0] or str(error)
        if isinstance(error.__cause__, ImportError | AttributeError):  # it may be whole
            return _Reading(Fault(path, what, _NOT_IMPORTED, is_repairable=False), b"")
        return _Reading(Fault(path, what, "", is_repairable=True), b"")
    except DiskError as error:
        what, _, remedy = str(error).removeprefix(f"{path}: ").partition("; ")
        return _Reading(Fault(path, what, remedy, is_repairable=False), b"")
    return _Reading(None, content.data)


def _with_remedy(fault: Fault, good: Version | None, otherwise: str) -> Fault:
    if not fault.is_repairable:
        return fault
    if good is None:
        return fault._replace(remedy=otherwise, is_repairable=False)
    return fault._replace(remedy=f"mend it; or a repair puts back {_named(good)}")


def _named(version: Version) -> str:
    return f"version {version.number}, of {version.time:%Y-%m-%d %H:%M:%S} UTC"


# -- repair


def repair(
    path: PathLike,
    *,
    format: FormatLike | None = None,
    trust: bool = False,
    progress: Progress | None = None,
    fs: FileSystem = OS,
) -> list[str]:
    """Apply the remedies of the faults that `check` finds; says line by line what was done.

    A file that cannot be decoded is copied, durably, as NAME.before-repair, and replaced with the
    newest version (see ``keep=``) that can; if there is none, a line "not mended: …" says so. Of
    pickles others lose the right to write; such a one is read at the next check, not before you
    could look at it. Litter goes. An intact file is left alone, without a copy, and the list is
    empty. `format` and `trust` are as in `outlive.open`; `progress` is told the bytes that are
    copied, and all.

    Raises LockedError, with the pid, if a program is in a block of the store, DiskError if there
    is no such file, or the disk fails, FullError if it is full. Nothing is changed then. A crash
    leaves the file as it was, or repaired.

    >>> import os
    >>> from outlive.store_checking import repair
    >>> for n in range(3):
    ...     with outlive.open("n.json", default=0, keep=5) as store:
    ...         store.value = n
    >>> outlive.replace("n.json", "")
    >>> for line in repair("n.json"):
    ...     print(line.replace(os.getcwd() + "/", "").partition(",")[0])
    copied n.json to n.json.before-repair
    put version 2
    >>> outlive.open("n.json").value
    1
    """
    name = absolute(path)
    codec = resolve(format, name)
    check_there(name, fs)
    with repairing(name, fs, timeout=_PATIENCE) as done:
        done.extend(_mended(name, codec, progress, fs, trust=trust))
    return done


def _mended(
    path: str, codec: Format, progress: Progress | None, fs: FileSystem, *, trust: bool
) -> list[str]:
    kept = versions.listed(path, fs)
    loose = _loose(path, codec, kept, fs)
    done = [f"not mended: {fault}" for fault in loose if not fault.is_repairable]
    if trust or not loose or not codec.runs_code:
        done += _put_back(path, codec, kept, progress, fs)
    for fault in loose:
        if fault.is_repairable:
            done += permissions.tighten(fault.where, fs)
    return done


def _put_back(
    path: str, codec: Format, kept: list[Version], progress: Progress | None, fs: FileSystem
) -> list[str]:
    """Put the newest version that is whole in the place of a file that is not."""
    found, good = _contents(path, codec, kept, None, fs)
    done = [f"not mended: {fault}" for fault in found if not fault.is_repairable]
    if good is None or not found[0].is_repairable:
        return done
    reading = _reading(good.path, codec, fs)
    if reading.fault is not None:
        return [f"not mended: {reading.fault}"]  # the disk fails
    with (
        before_repair(path, fs, progress=progress) as copy,
        Replacement(path, sync="full", private=codec.runs_code, fs=fs) as new,
    ):
        new.create()
        new.write(reading.data)
        new.finish()
    return [
        f"copied {path} to {copy}",
        f"put {_named(good)}, into {path}; what was changed after it is in the copy alone",
        *done,
    ]
