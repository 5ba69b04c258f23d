"""What can be said of the file of a state."""

from __future__ import annotations

from ..disk import atomic, litter, versions
from ..disk.atomic import PathLike
from ..disk.described import described
from ..disk.fs import OS, FileSystem, absolute
from ..disk.journal import Journal
from ..disk.journal_text import split
from ..errors import CorruptError
from .recovery import recover


def stat(path: PathLike, *, fs: FileSystem = OS) -> dict[str, object]:
    """Sizes, keys, entries and the holder of the state in the file at `path`, ready for JSON.

    "kind" ("state"), "path", "size" (bytes), "modified" (ISO 8601, UTC), "mode", "beside" (names of
    the files that belong to it), "format" ("yaml"), "document" and "journal" (bytes of each part),
    "entries" (since the last vacuum), "keys" (of the top), "is_edited" (whether a person gave the
    document its form), "lost" (bytes at the end that are no part of it), "versions" (numbers) and
    "holder" (the pid of the program that has it open to write, 0 if that cannot be known, None if
    there is none). Those who only read it leave no trace. Of a document that cannot be read "keys"
    and "is_edited" are None, and "problem" says why. Reads beside a program that writes; changes
    nothing. Raises DiskError if there is no such file, or it cannot be read.

    >>> import os
    >>> from outlive.state.inspecting import stat
    >>> with outlive.State("stat.state", a=1, b=2) as state:
    ...     state.a = 3
    ...     found = stat("stat.state")
    >>> found["keys"], found["entries"], found["holder"] == os.getpid()
    (2, 1, True)
    """
    name = absolute(path)
    said = described(name, "state", fs)
    content = atomic.read(name, fs)
    data = content.data if content else b""
    twin = Journal(name, sync="os", fs=fs).twin.read()
    parts = split(data)
    said |= {
        "size": len(data),
        "format": "yaml",
        "document": len(parts.document),
        "journal": parts.end - len(parts.document),
        "entries": len(parts.entries),
        "keys": None,
        "is_edited": None,
        "lost": len(data) - parts.end,
        "versions": [each.number for each in versions.listed(name, fs)],
        "holder": litter.holder(name, fs),
    }
    try:
        found = recover(data, twin, name)
    except CorruptError as error:
        return said | {"problem": str(error)}
    said |= {"keys": len(found.value), "is_edited": not found.file.is_plain}
    return said | {"lost": len(found.file.lost)}
