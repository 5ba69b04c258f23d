"""outlive: state that outlives the process.

Easier than a database, safer than a file::

    with outlive.open("runs.json", default=[]) as store:
        store.value.append(time.time())

Start at `outlive.open`; the errors are in `outlive.errors`.
"""

from .disk.atomic import replace, replacing
from .disk.versions import Version
from .errors import (
    ClosedError,
    ConflictError,
    CorruptError,
    DiskError,
    FormatError,
    FullError,
    LockedError,
    OutliveError,
    ReadOnlyError,
    UntrustedError,
)
from .formats import AbstractFormatBstr, AbstractFormatFile
from .opening import open
from .store import Store

__all__ = [
    "AbstractFormatBstr",
    "AbstractFormatFile",
    "ClosedError",
    "ConflictError",
    "CorruptError",
    "DiskError",
    "FormatError",
    "FullError",
    "LockedError",
    "OutliveError",
    "ReadOnlyError",
    "Store",
    "UntrustedError",
    "Version",
    "open",
    "replace",
    "replacing",
]
