"""outlive: state that outlives the process.

Easier than a database, safer than a file::

    with outlive.open("runs.json", default=[]) as store:
        store.value.append(time.time())

Start at `outlive.open`; the errors are in `outlive.errors`.
"""

from typing import TYPE_CHECKING

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
from .state import lifetime as _lifetime  # noqa: F401  # now: or what a program registers with atexit would find its states closed

if TYPE_CHECKING:
    from .disk.atomic import replace, replacing
    from .disk.versions import Version
    from .formats.custom import AbstractFormatBstr, AbstractFormatFile
    from .live.change import Change
    from .opening import open
    from .safes.private import safe
    from .safes.safe import Safe
    from .safes.snapshot import SafeSnapshot
    from .safes.transaction import Transaction
    from .state.state import State, StateMethods
    from .store import Store
    from .tables.row import Row
    from .tables.schema import Kind, Property
    from .tables.storage import Storage
    from .tables.table import Table
    from .tables.view import View
    from .tables.wrapped import wrap

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
    "Kind",
    "LockedError",
    "OutliveError",
    "Property",
    "ReadOnlyError",
    "RecoveryWarning",
    "Row",
    "Safe",
    "SafeSnapshot",
    "State",
    "StateMethods",
    "Storage",
    "Store",
    "Table",
    "Transaction",
    "UntrustedError",
    "Version",
    "View",
    "open",
    "replace",
    "replacing",
    "safe",
    "wrap",
]

# Loaded when they are asked for: most of what there is to load, and most programs need one face.
_LATE = {
    "AbstractFormatBstr": "formats.custom",
    "AbstractFormatFile": "formats.custom",
    "Change": "live.change",
    "Kind": "tables.schema",
    "Property": "tables.schema",
    "Row": "tables.row",
    "Safe": "safes.safe",
    "SafeSnapshot": "safes.snapshot",
    "State": "state.state",
    "StateMethods": "state.state",
    "Storage": "tables.storage",
    "Store": "store",
    "Table": "tables.table",
    "Transaction": "safes.transaction",
    "Version": "disk.versions",
    "View": "tables.view",
    "open": "opening",
    "replace": "disk.atomic",
    "replacing": "disk.atomic",
    "safe": "safes.private",
    "wrap": "tables.wrapped",
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from importlib import import_module

    found: object = getattr(import_module(f".{_LATE[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
