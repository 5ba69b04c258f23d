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
from .safes.private import safe
from .safes.safe import Safe
from .safes.snapshot import SafeSnapshot
from .safes.transaction import Transaction
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
    "Safe",
    "SafeSnapshot",
    "State",
    "StateMethods",
    "Store",
    "Transaction",
    "UntrustedError",
    "Version",
    "open",
    "replace",
    "replacing",
    "safe",
]
