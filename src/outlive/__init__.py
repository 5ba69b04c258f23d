"""outlive: state that outlives the process.

Easier than a database, safer than a file::

    with outlive.open("runs.json", default=[]) as store:
        store.value.append(time.time())

Start at `outlive.open`; the errors are in `outlive.errors`.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from .safes.private import safe
    from .safes.safe import Safe
    from .safes.snapshot import SafeSnapshot
    from .safes.transaction import Transaction

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

# Loaded when they are asked for: half of what there is to load, and most programs need one face.
_LATE = {
    "Safe": "safe",
    "SafeSnapshot": "snapshot",
    "Transaction": "transaction",
    "safe": "private",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from importlib import import_module

    found: object = getattr(import_module(f".safes.{_LATE[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
