"""`stat` of a safe's file."""

from __future__ import annotations

import os

from ..disk.described import described
from ..disk.fs import absolute
from ..engines.lmdb import inspecting
from ..engines.lmdb.checking import examined, tries
from .content import format_of


def stat(path: str | os.PathLike[str]) -> dict[str, object]:
    """What can be said of the safe at `path`, ready for JSON; beside whoever writes.

    `kind`, `path`, `size` (bytes), `modified`, `mode`, `beside` (the files beside it), `format`,
    `keys`, `revision`, `free` (bytes in the file that the next commits use), `open_in` and
    `readers` (pids of those that have the file open, and that hold a snapshot), `holder`: None, as
    a safe has no single writer. Of a damaged file, what can be read. Raises DiskError, LockedError.

    >>> with outlive.Safe("sized.safe") as safe:
    ...     safe["first"] = {"tries": 0}
    >>> found = stat("sized.safe")
    >>> found["kind"], found["keys"], found["format"], found["holder"]
    ('safe', 1, 'pickle', None)
    """
    name = absolute(path)
    found = described(name, "safe")
    for hold in tries():
        with examined(name, hold=hold) as file:
            found["format"] = format_of(file)
            numbers = inspecting.numbers(file)
            if file.is_so():
                break
    found["keys"] = numbers.pop("entries", 0)
    return {**found, **numbers, **inspecting.users_of(name), "holder": None}
