"""What LMDB raises, as our errors. A test proves that none is missing."""

from __future__ import annotations

import errno
import os
from types import TracebackType

import lmdb

from ...disk.fs import translate, translated
from ...errors import (
    ClosedError,
    CorruptError,
    DiskError,
    FormatError,
    FullError,
    LockedError,
    OutliveError,
    ReadOnlyError,
)

_DAMAGED = (
    "is damaged, or no file of LMDB: {error}. Put a good copy in its place; "
    "`python -m lmdb verify` says what is wrong"
)
_BUG = "LMDB refused: {error}. This is an error in outlive; please report it"

# The class of ours, and what follows the name of the file in the message.
MEANINGS: dict[type[lmdb.Error], tuple[type[OutliveError], str]] = {
    lmdb.BadChecksumError: (CorruptError, _DAMAGED),
    lmdb.CorruptedError: (CorruptError, _DAMAGED),
    lmdb.InvalidError: (CorruptError, _DAMAGED),
    lmdb.PageNotFoundError: (CorruptError, _DAMAGED),
    lmdb.ProblemError: (CorruptError, _DAMAGED),
    lmdb.VersionMismatchError: (
        CorruptError,
        "was written by another version of LMDB: {error}. Open it with that one",
    ),
    lmdb.CryptoFailError: (CorruptError, "is encrypted: {error}. Open it with what wrote it"),
    lmdb.EnvEncryptionError: (CorruptError, "is encrypted: {error}. Open it with what wrote it"),
    lmdb.IncompatibleError: (
        CorruptError,
        "is a file of LMDB that outlive did not write: {error}. Open it with what wrote it",
    ),
    lmdb.LockError: (
        LockedError,
        "is held by another process with the pid of this one, as in another container: {error}. "
        "Let them share the pids (--pid=host), or close the other",
    ),
    lmdb.ReadonlyError: (ReadOnlyError, "cannot be written: {error}. Check its permissions"),
    lmdb.BadValsizeError: (FormatError, "a key or a value is too long: {error}. Shorten it"),
    lmdb.BadDbiError: (CorruptError, _DAMAGED),
    lmdb.BadRslotError: (DiskError, _BUG),
    lmdb.BadTxnError: (DiskError, "an earlier error broke this off: {error}. Try again"),
    lmdb.CursorFullError: (CorruptError, _DAMAGED),
    lmdb.DbsFullError: (DiskError, _BUG),
    lmdb.KeyExistsError: (DiskError, _BUG),
    lmdb.NotFoundError: (DiskError, _BUG),
    lmdb.PageFullError: (CorruptError, _DAMAGED),
    lmdb.TlsFullError: (DiskError, _BUG),
    lmdb.InvalidParameterError: (DiskError, _BUG),
    lmdb.DiskError: (FullError, "no room: {error}. What was there is untouched; make room"),
    lmdb.MapFullError: (
        FullError,
        "no room in its map of memory: {error}. What was there is untouched; close snapshots that "
        "are open, so that it can grow, or raise the limit of the process's memory (ulimit -v)",
    ),
    lmdb.MapResizedError: (
        FullError,
        "another process made it larger than this one can map: {error}. Close snapshots that are "
        "open, or raise the limit of the process's memory (ulimit -v)",
    ),
    lmdb.TxnFullError: (FullError, "too much in one transaction: {error}. Make several of it"),
    lmdb.ReadersFullError: (
        DiskError,
        "too many snapshots are open in all processes: {error}. Close some",
    ),
    lmdb.MemoryError: (
        DiskError,
        "cannot be mapped: {error}. Raise the limit of the process's memory (ulimit -v)",
    ),
    lmdb.PanicError: (
        DiskError,
        "an earlier write failed and may have been lost by the disk: {error}. Close it and open it "
        "again, and check the disk",
    ),
}
# What errno says of those that are OSErrors as well.
_NUMBERS = {FullError: errno.ENOSPC, DiskError: errno.EIO}


def translate_lmdb(error: lmdb.Error, path: str, operation: str) -> OutliveError:
    """What LMDB said, as one of our errors that says what to do about it."""
    code = getattr(error, "code", 0)
    meaning = MEANINGS.get(type(error))
    if meaning is None:
        if code > 0:  # an errno of the system, which LMDB passes on
            return translate(OSError(code, os.strerror(code)), path, operation)
        if "closed" in str(error):
            return ClosedError(f"{path} was closed. Open it again")
        meaning = (DiskError, _BUG)
    kind, text = meaning
    message = f"{path} {text.format(error=error)}"
    if issubclass(kind, DiskError):
        number = code if code > 0 else _NUMBERS.get(kind, errno.EIO)
        return kind(number, message, path, operation)
    return kind(message)


def damaged(path: str, key: bytes) -> CorruptError:
    """The error for an entry that no engine wrote."""
    return CorruptError(
        f"{path} is damaged: what is under the key {key!r:.99} is no entry. Put a good copy in "
        "its place"
    )


class translated_lmdb(translated):  # noqa: N801  # reads as the function that it stands for
    """A block from which an error of LMDB, or of the system, comes as ours."""

    __slots__ = ()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, lmdb.Error):
            raise translate_lmdb(error, self.path, self.operation) from error
        super().__exit__(kind, error, traceback)
