"""Open and close a file by LMDB's binding for Python, one at a time.

The binding refuses a file that it has open, which it knows by the inodes of the file and its lock
file; so does `lock_file`. When one is closed, these are forgotten only after the system has closed
it: if that had no name any more, after a compaction, its inode may be another file's by then, which
a second thread would be refused.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lmdb

from ...disk.replacement import Sync
from . import lock_file

if sys.platform != "win32":
    import resource

Key = tuple[str, int, int]  # as the binding knows a file: "ino", device, inode

# What is mapped of the address space, which costs nothing until it is used; the file is as long as
# what it holds. Where a process may not map so much, or would make the file so large, the map
# begins small and grows.
_RESERVED = 1 << 36
SMALL = 1 << 26

_mutex = threading.RLock()
_abandoned: set[Key] = set()


@contextmanager
def turn() -> Iterator[None]:
    """A block that opens or closes a file of LMDB.

    It comes within `registry.opening` or a shut gate, so that no fork comes into it.
    """
    with _mutex:
        if not _abandoned:
            yield
            return
        from lmdb import _envid  # private, so it is not needed before there is no other way

        known: Any = _envid.env_keys
        # There is no public way to open anew what was abandoned.
        _envid.env_keys = lambda path, subdir: tuple(
            key for key in known(path, subdir) if key not in _abandoned
        )
        try:
            yield
        finally:
            _envid.env_keys = known


def open_mapped(target: str, sync: Sync, map_size: int | None) -> lmdb.Environment:
    """Open a file that is there; its map is smaller than it might be where memory is scarce."""
    size = map_size or _map_size(target)
    try:
        return _open_lmdb(target, sync, size)
    except lmdb.MemoryError:
        if size <= SMALL:
            raise
        return _open_lmdb(target, sync, SMALL)


def _open_lmdb(target: str, sync: Sync, map_size: int) -> lmdb.Environment:
    with turn():
        return lmdb.open(
            target,
            subdir=False,
            create=False,
            readonly=not os.access(target, os.W_OK),
            metasync=sync == "full",
            mode=0o600,
            map_size=map_size,
            max_dbs=1,
            max_readers=lock_file.READERS,
            # A spare one would be the parent's in a forked child, which could not close it then.
            max_spare_txns=0,
        )


def _map_size(target: str) -> int:
    least = SMALL if _is_scarce() else _RESERVED
    return max(least, 2 * os.path.getsize(target))


def _is_scarce() -> bool:
    """Whether the process has little room for addresses."""
    if sys.platform != "win32" and sys.maxsize > 1 << 32:
        return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return True


def close(env: lmdb.Environment) -> None:
    """Close a file of LMDB."""
    with turn():
        env.close()


def abandon(env: lmdb.Environment, *files: tuple[int, int] | None) -> None:
    """Leave `env` open for ever in a forked child, and let its `files` be opened anew.

    Its memory stays readable. Nobody may use it otherwise, nor close it, not even at the end of the
    program: closing the lock file would drop the locks that the child has on it by then.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(env))
    _abandoned.update(("ino", *file) for file in files if file is not None)
