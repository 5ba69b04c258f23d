"""`stat` of a storage's file."""

from __future__ import annotations

import os

from ..disk import litter
from ..disk.described import described
from ..disk.fs import absolute
from ..engines.lmdb import inspecting
from ..engines.lmdb.checking import examined, tries
from .arrow import require
from .description import describe
from .sizes import Sizes


def stat(path: str | os.PathLike[str]) -> dict[str, object]:
    """What can be said of the storage at `path`, ready for JSON; beside whoever writes.

    `kind`, `path`, `size` (bytes), `modified`, `mode`, `beside` (the files beside it), `tables`
    (of each its description), `rows` (of each table), `bytes` (of each table), `revision`, `free`
    (bytes in the file that the next commits use), `open_in` and `readers` (pids of those that have
    the file open, and that hold a snapshot), `holder` (the pid of its writer, 0 if it is not
    known, None without). Of a damaged file, what can be read. Raises DiskError, LockedError,
    FormatError.

    >>> with outlive.Storage("sized.db") as db:
    ...     people = db.getas("people[name:S,shoesize:I]")
    ...     people.append(name="John", shoesize=44)
    ...     db.commit()
    0
    >>> found = stat("sized.db")
    >>> found["tables"], found["rows"], found["holder"]
    ({'people': 'people[name:S,shoesize:I]'}, {'people': 1}, None)
    """
    name = absolute(path)
    require()
    found = described(name, "storage")
    for hold in tries():
        with examined(name, hold=hold) as file:
            sizes = Sizes(file)
            numbers = inspecting.numbers(file)
            if file.is_so():
                break
    numbers.pop("entries", None)
    tables = sizes.manifest.tables
    found["tables"] = {each: describe(each, table.structure) for each, table in tables.items()}
    found["rows"] = {each: sum(run.rows for run in sizes.runs[each]) for each in tables}
    found["bytes"] = sizes.weights()
    holder = litter.holder(f"{name}.writer")
    return {**found, **numbers, **inspecting.users_of(name), "holder": holder}
