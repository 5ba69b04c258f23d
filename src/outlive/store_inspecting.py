"""What can be said of the file of a store."""

from __future__ import annotations

from .disk import atomic, litter, versions
from .disk.atomic import PathLike
from .disk.described import described
from .disk.fs import OS, FileSystem, absolute
from .disk.trust import check as check_trust
from .errors import OutliveError
from .formats import FormatLike, resolve


def stat(
    path: PathLike,
    *,
    format: FormatLike | None = None,
    trust: bool = False,
    fs: FileSystem = OS,
) -> dict[str, object]:
    """Size, format, versions and the holder of the store in the file at `path`, ready for JSON.

    "kind" ("store"), "path", "size" (bytes), "modified" (ISO 8601, UTC), "mode", "beside" (names of
    the files that belong to it), "format", "type" (of the value), "keys" (how many it has, None if
    it is no dict, list or text), "versions" (number, time, size and path of each, the newest first)
    and "holder" (the pid of the program that is in a block of it, 0 if that cannot be known, None
    if there is none). Of a file that cannot be read "type" and "keys" are None, and "problem" says
    why. `format` and `trust` are as in `outlive.open`. Changes nothing. Raises DiskError if there
    is no such file.

    >>> from outlive.store_inspecting import stat
    >>> outlive.replace("ports.json", '{"web": 80, "ssh": 22}')
    >>> found = stat("ports.json")
    >>> found["format"], found["type"], found["keys"], found["size"]
    ('JSON', 'dict', 2, 22)
    """
    name = absolute(path)
    codec = resolve(format, name)
    said = described(name, "store", fs) | {
        "format": codec.name,
        "type": None,
        "keys": None,
        "versions": [
            {
                "number": each.number,
                "time": each.time.isoformat(),
                "size": each.size,
                "path": each.path,
            }
            for each in versions.listed(name, fs)
        ],
        "holder": litter.holder(name, fs),
    }
    try:
        content = atomic.read(name, fs)
        if content is None:
            return said
        if codec.runs_code and not trust:
            check_trust(name, content.status, fs)
        value = codec.decode(content.data, name)
    except OutliveError as error:
        return said | {"problem": str(error)}
    keys = len(value) if isinstance(value, dict | list | str) else None
    return said | {"type": type(value).__name__, "keys": keys}
