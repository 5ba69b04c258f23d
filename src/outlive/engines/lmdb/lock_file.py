"""LMDB's lock file, `NAME-lock`: a table of readers that all processes map, and two mutexes.

Whoever closes any descriptor of it loses the locks that this process has on it, as POSIX wants it:
so it is opened here only before LMDB does, and afterwards goes by its name alone.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Set
from contextlib import suppress

import lmdb

from ...disk.media import is_read_only
from ...errors import DiskError, FormatError

_SIZE = 1 << 16  # bytes: the table's head, and 64 for each reader
_LOOKS = 50
READERS = _SIZE // 64 - 2  # open snapshots in all processes

_MAGIC = (0xBEEFC0DE).to_bytes(4, sys.byteorder)

Identity = tuple[int, int]  # device and inode


def name(path: str) -> str:
    """The name of the lock file of the file at `path`."""
    return f"{path}-lock"


def prepare(path: str, ours: Set[Identity]) -> None:
    """Give the lock file its room on the disk, before LMDB maps it.

    LMDB leaves it with holes, and a process that writes into a hole when the disk is full is
    killed. `ours` are the lock files that this process uses. Raises OSError; DiskError if it is
    one of these: another file has taken the place of the one that is open. Raises FormatError if
    something else has its name.
    """
    refuse_ours(path, ours)
    if sys.platform == "win32":
        return
    fd = os.open(name(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        start = os.read(fd, _SIZE)
        if not start.startswith(_MAGIC) and any(start):
            raise FormatError(
                f"{name(path)} is there, and no lock file of LMDB, which {path} needs under that "
                "name. Move it away, or choose another path"
            )
        if sys.platform == "linux":
            os.posix_fallocate(fd, 0, size or _SIZE)
        elif not size:
            os.write(fd, bytes(_SIZE))
    finally:
        os.close(fd)


def refuse_ours(path: str, ours: Set[Identity]) -> None:
    """Raise DiskError if the lock file belongs to a file that this process has open."""
    if identity(path) in ours:
        raise DiskError(
            errno.EBUSY,
            f"{path}: another file was put in its place while this process had it open. Close all "
            "that uses it, and open it again",
            path,
            "open",
        )


def identity(path: str) -> Identity | None:
    """What tells the lock file from others; None if there is none."""
    try:
        status = os.stat(name(path))
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def match(path: str) -> Identity | None:
    """Let those who may open the file have its lock file, too, which was made for us alone."""
    if sys.platform != "win32" and os.access(name(path), os.W_OK):
        lock, file = os.stat(name(path)), os.stat(path)
        if lock.st_uid == os.geteuid():
            if lock.st_gid != file.st_gid:
                os.chown(name(path), -1, file.st_gid)
            if stat.S_IMODE(lock.st_mode) != stat.S_IMODE(file.st_mode):
                os.chmod(name(path), stat.S_IMODE(file.st_mode))
    return identity(path)


def belongs(env: lmdb.Environment) -> bool:
    """Whether the lock file is that of this data file: they agree on the last transaction.

    They do not if a program still has another file open that was replaced or deleted under this
    name.
    """
    if _agree(env):
        return True
    with env.begin(write=True):  # LMDB mends what a writer left that was killed between the two
        pass
    return _agree(env)


def _agree(env: lmdb.Environment) -> bool:
    for _ in range(_LOOKS):
        with env.begin() as txn:
            before = txn.id()
        last = env.info()["last_txnid"]
        with env.begin() as txn:
            after = txn.id()
        if before <= last <= after:
            return True
        time.sleep(0.001)  # a commit updates first the one, then the other
    return False


def is_anothers_to_make(path: str) -> bool:
    """Whether there is none, and one that we made would shut out those who may write the file."""
    if sys.platform == "win32" or os.path.exists(name(path)):
        return False
    if os.access(path, os.W_OK) or os.stat(path).st_uid == os.geteuid():
        return False
    return not os.statvfs(path).f_flag & os.ST_RDONLY  # there LMDB goes without


def remove(path: str) -> None:
    """Remove a lock file that is not the one of the file at `path`. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(name(path))


def is_out_of_reach(path: str) -> bool:
    """Whether there is one that we may not write, though others might, who write the file, too.

    On a medium that nobody can write none is needed; LMDB goes without it there.
    """
    if not os.path.exists(name(path)) or os.access(name(path), os.W_OK):
        return False
    return not is_read_only(path)
