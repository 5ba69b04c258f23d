"""The first entry of every safe, which says that it is one and how its values are written."""

from __future__ import annotations

import json

from ..engines import Engine, Snapshot
from ..errors import ConflictError, CorruptError, FormatError

# Keys of data are less: no type of the tuple layer has this code.
DATA_END = b"\xfe"
_KEY = b"\xfesafe"
_VERSION = 1


def read(snapshot: Snapshot, where: str) -> str | None:
    """The name of the format; None where there is nothing yet.

    Raises CorruptError for what is no header, and FormatError for what is no safe.
    """
    entry = snapshot.get(_KEY)
    if entry is None:
        for key, _ in snapshot.scan():
            raise FormatError(
                f"{where} is not a safe, but holds something else (the key {key!r:.60}); choose "
                "another path"
            )
        return None
    try:
        content = json.loads(bytes(entry.value))
        version, format = content["version"], content["format"]
        if not isinstance(format, str):
            raise TypeError(f"the format is {format!r}")
    except (ValueError, TypeError, LookupError) as error:
        raise CorruptError(
            f"{where}: the header of the safe cannot be read: {error}; put a good copy of the file "
            "in its place"
        ) from error
    if version != _VERSION:
        raise FormatError(
            f"{where} is a safe of the version {version!r}, which this version of outlive does not "
            "know; use a newer one: python -m pip install --upgrade outlive"
        )
    return format


def write(engine: Engine, format: str) -> None:
    """Make a new safe, unless someone else has made it meanwhile."""
    content = json.dumps({"version": _VERSION, "format": format}).encode()
    try:
        engine.commit({_KEY: content}, expect={_KEY: 0})
    except ConflictError:
        return
