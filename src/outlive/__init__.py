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
    ConflictWarning,
    CorruptError,
    DiskError,
    FormatError,
    FullError,
    LockedError,
    OutliveError,
    ReadOnlyError,
    RecoveryWarning,
    UntrustedError,
)
from .formats import AbstractFormatBstr, AbstractFormatFile
from .live.change import Change
from .opening import open
from .state.state import State, StateMethods
from .store import Store

__all__ = [
    "AbstractFormatBstr",
    "AbstractFormatFile",
    "Change",
    "ClosedError",
    "ConflictError",
    "ConflictWarning",
    "CorruptError",
    "DiskError",
    "FormatError",
    "FullError",
    "LockedError",
    "OutliveError",
    "ReadOnlyError",
    "RecoveryWarning",
    "State",
    "StateMethods",
    "Store",
    "UntrustedError",
    "Version",
    "open",
    "replace",
    "replacing",
]
