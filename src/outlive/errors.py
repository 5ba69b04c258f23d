"""The errors of outlive: one root, so that ``except OutliveError`` catches them all.

::

    OutliveError
    ├── LockedError        another process or thread holds the store; `pid` says which, where known
    ├── ConflictError      someone else changed it since it was read; nothing was written
    ├── CorruptError       the file cannot be what a store wrote; the message says where
    ├── FormatError        (also a ValueError) a value that does not fit the format or the schema,
    │                      a format that is unknown or not installed, an argument out of range
    ├── UntrustedError     a pickle that other users could have written; see ``trust=``
    ├── ReadOnlyError      a write to a store opened for reading, or to a view that cannot take it
    ├── ClosedError        used after close
    └── DiskError          (also an OSError) the operating system refused; `errno` says why
        └── FullError      no room; what was there is untouched

Every message names the file and what to do next. After any of them the file is what it was.

And two warnings, which say what was put aside so that nothing is lost::

    UserWarning
    ├── RecoveryWarning    a file held bytes that could not be read; they are in ``NAME.lost``
    └── ConflictWarning    a person and a program changed the same; see ``NAME.edited``
"""

from __future__ import annotations

__all__ = [
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
    "UntrustedError",
]


class OutliveError(Exception):
    """The root of every error that outlive raises on purpose."""


class LockedError(OutliveError):
    """Another process or thread holds the store; its pid is in the message and in `pid`."""

    def __init__(self, message: str, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class ConflictError(OutliveError):
    """Someone else changed the file since it was read; nothing was written."""


class CorruptError(OutliveError):
    """The file cannot be what a store wrote; the message says where. Nothing was changed."""


class FormatError(OutliveError, ValueError):
    """The value does not fit the format or the schema, or the format or an argument is unknown."""


class UntrustedError(OutliveError):
    """The file is a pickle, which runs code when read, and other users could have written it."""


class ReadOnlyError(OutliveError):
    """A write to a store that was opened for reading, or to a view that cannot take it."""


class ClosedError(OutliveError):
    """The store was used after it was closed."""


class DiskError(OutliveError, OSError):
    """The operating system refused. `errno` and `filename` are as in OSError.

    `operation` names the call that failed ("open", "write", "fsync", "rename", …).
    """

    def __init__(self, errno: int, message: str, filename: str = "", operation: str = "") -> None:
        super().__init__(errno, message, filename)
        self.operation = operation

    def __str__(self) -> str:
        return str(self.strerror)


class FullError(DiskError):
    """No room on the disk or in the quota, or a file-size limit; what was there is untouched."""


class RecoveryWarning(UserWarning):
    """A file held bytes that could not be read; the message says how many and where they are."""


class ConflictWarning(UserWarning):
    """A person and a program changed the same; the message says what, and where the rest is."""
