"""The journal of a state, entry by entry."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ..disk import atomic
from ..disk.atomic import PathLike
from ..disk.described import check_there
from ..disk.fs import OS, FileSystem, absolute
from ..disk.journal_text import Entry, Parts, split
from ..errors import CorruptError
from ..live import Change
from .replay import InvalidEntryError, SecondDocumentError, changes_of, replay

_LOOKS = 3  # at an end that a program may be writing at this moment
_PAUSE = 0.02  # seconds


class LogEntry(NamedTuple):
    """One entry of a state's file.

    `line`
        The line of the file on which it begins.
    `text`
        What it says, as it stands there; bytes that are no UTF-8 as ``\\xff``.
    `changes`
        The changes that it stands for, several for a transaction; none if it cannot be read.
    `is_whole`
        Whether all of it is there: its checksum is right, and it says something.
    `counts`
        Whether it is part of the state. One that is not whole is not, nor is any after it, nor one
        that does not fit the document.
    `is_checked`
        Whether it has a checksum; those of a person, or of PersistedState, have none.
    """

    line: int
    text: str
    changes: tuple[Change, ...]
    is_whole: bool
    counts: bool
    is_checked: bool


def log(path: PathLike, *, fs: FileSystem = OS) -> Iterator[LogEntry]:
    """The entries in the file of a state, the oldest first: the changes since its last vacuum.

    The file is read when this is called, also beside a program that writes it; later entries are
    not among them (see `State.follow`). What is at the end and no whole entry is given as one that
    is not whole. Raises DiskError if there is no such file, or it cannot be read. A file whose
    document is damaged gives its entries all the same; then none of them counts.

    >>> from outlive.state.log import log
    >>> state = outlive.State("log.state", n=0)
    >>> state.n = 1
    >>> for entry in log("log.state"):
    ...     print(entry.line, entry.text, entry.changes[0].value)
    3 ["set",[],"n",1] 1
    """
    name = absolute(path)
    check_there(name, fs)
    for _ in range(_LOOKS):
        data = _read(name, fs)
        if not _rest(data, split(data)).strip():
            break
        time.sleep(_PAUSE)
    return _entries(name, data)


def _read(path: str, fs: FileSystem) -> bytes:
    content = atomic.read(path, fs)
    return b"" if content is None else content.data


def _entries(path: str, data: bytes) -> Iterator[LogEntry]:
    parts = split(data)
    try:
        counting = deque(replay(data, path).lines)
    except CorruptError:
        counting = deque()
    line, seen = 1, 0
    for entry in parts.entries:
        line += data.count(b"\n", seen, entry.start)
        seen = entry.start
        counts = _is_next(entry, counting)
        yield _entry(line, entry, counts=counts)
    rest = _rest(data, parts)
    if rest.strip():
        start = len(data) - len(rest.lstrip(b"\r\n"))
        line += data.count(b"\n", seen, start)
        yield LogEntry(line, _shown(rest), (), is_whole=False, counts=False, is_checked=False)


def _rest(data: bytes, parts: Parts) -> bytes:
    """What is behind the last entry, and none."""
    return data[parts.entries[-1].end if parts.entries else len(parts.document) :]


def _is_next(entry: Entry, counting: deque[bytes]) -> bool:
    """Whether an entry is the next of those that count; takes it from them."""
    if not counting:
        return False
    # Of the last one of PersistedState perhaps the beginning alone.
    is_it = entry.line == counting[0]
    is_it = is_it or (not entry.is_checked and entry.line.startswith(counting[0]))
    if is_it:
        counting.popleft()
    return is_it


def _entry(line: int, entry: Entry, *, counts: bool) -> LogEntry:
    changes: tuple[Change, ...] = ()
    try:
        changes = tuple(changes_of(entry))
    except (InvalidEntryError, SecondDocumentError):
        is_whole = False
    else:
        is_whole = True
    return LogEntry(line, _shown(entry.line), changes, is_whole, counts, entry.is_checked)


def _shown(text: bytes) -> str:
    return text.decode(errors="backslashreplace").strip()
