"""What can be said of any file without reading it, ready for JSON."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime

from ..errors import DiskError
from . import litter
from .fs import OS, FileSystem, translated


def described(path: str, kind: str, fs: FileSystem = OS) -> dict[str, object]:
    """Kind, path, size (bytes), modified (ISO 8601, UTC), mode (as "0600") and the files beside it.

    Raises DiskError if there is no such file.
    """
    status = check_there(path, fs)
    return {
        "kind": kind,
        "path": path,
        "size": status.st_size,
        "modified": datetime.fromtimestamp(status.st_mtime, UTC).isoformat(),
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "beside": [os.path.basename(each.path) for each in litter.listed(path, fs)],
    }


def check_there(path: str, fs: FileSystem = OS) -> os.stat_result:
    """The status of the file at `path`. Raises DiskError if there is none."""
    with translated(path, "stat"):
        try:
            return fs.stat(path)
        except FileNotFoundError as error:
            message = f"{path}: there is no such file; check the path"
            raise DiskError(errno.ENOENT, message, path, "open") from error
