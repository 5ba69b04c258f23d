"""Open an LMDB file, or make a new one, so that no crash leaves half of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import lmdb

from ...disk.fs import FileSystem, beside, close, follow, regular, translated
from ...disk.lock import Lock
from ...disk.replacement import Sync, sync_directory
from ...disk.temporary import Temporary
from ...errors import CorruptError
from . import registry
from .environment import Environment
from .errors import translated_lmdb
from .transaction import DELETED, HEADER, MOVED, REV

if sys.platform != "win32":
    import resource

_VERSION = 1
# What is mapped of the address space, which costs nothing until it is used; the file is as long as
# what it holds. Where a process may not map so much, or would make the file so large, the map
# begins small and grows.
_RESERVED = 1 << 36
_SMALL = 1 << 26
_READERS = 4096  # open snapshots in all processes
_WAIT = 60.0  # seconds: an opener waits for a compaction

OLD = "old"  # the suffix of a file that a compaction has replaced, until all know


@contextmanager
def alone(path: str, fs: FileSystem) -> Iterator[None]:
    """A block in which no other process or thread opens, makes or compacts the file.

    Nobody can in a directory where we may not write, so there is no lock.
    """
    with ExitStack() as stack:
        if os.access(os.path.dirname(path), os.W_OK):
            stack.enter_context(Lock(path, timeout=_WAIT, fs=fs))
        yield


def open_environment(
    path: str, holder: object, *, mode: str, sync: Sync, map_size: int | None, fs: FileSystem
) -> Environment:
    """The environment of the file at `path`, with `holder` among its holders.

    A missing file is made, unless `mode` is "r". Raises CorruptError, DiskError, LockedError.
    """
    target = follow(fs, path)
    with alone(target, fs):
        finish_compaction(target, fs)
        if mode != "r" and not fs.exists(target):
            _make(target, path, fs)
        identity = _check_file(target, path, fs)
        shared = registry.environments.get(identity)
        if shared is not None and shared.join(holder):
            return shared
        with registry.pass_opening():
            environment = _open(target, identity, sync, map_size)
            environment.holders.add(holder)
            registry.environments[identity] = environment
        return environment


def _make(target: str, path: str, fs: FileSystem) -> None:
    """Make the file under another name, and give it its own when it is whole and durable.

    LMDB does not sync a new file's name: a power cut soon after would take all that was written.
    """
    temporary = Temporary(fs)
    with translated(path, "open"):
        temporary.create(target, 0o600)
    try:
        write_header(temporary.path, epoch=0, path=path)
        with translated(path, "fsync"):
            fs.fsync(temporary.fd)
        with translated(path, "rename"):
            fs.rename(temporary.path, target)
        sync_directory(target, path, fs)
    finally:
        temporary.remove()  # which leaves a file that has another name by now


def write_header(name: str, *, epoch: int, path: str) -> None:
    """Make the file `name`, that nobody else knows of, one of ours; errors name `path`."""
    with translated_lmdb(path, "write"), registry.pass_opening():
        env = lmdb.open(name, subdir=False, lock=False, max_dbs=1, map_size=_SMALL, lib_version=0)
        try:
            env.open_db(DELETED)  # made, where it is not there
            with env.begin(write=True) as txn:
                txn.put(HEADER, REV.pack(_VERSION) + REV.pack(epoch))
                txn.delete(MOVED)
        finally:
            env.close()


def _check_file(target: str, path: str, fs: FileSystem) -> tuple[int, int]:
    """What tells the file from others. Raises DiskError, or CorruptError where it is cut short."""
    with translated(path, "open"):
        fd = fs.open(target, os.O_RDONLY)
    try:
        status = regular(fs, fd, path)
    finally:
        close(fs, fd)
    if not status.st_size:
        raise CorruptError(
            f"{path} is empty. Put a good copy in its place, or delete it to begin anew"
        )
    return status.st_dev, status.st_ino


def _open(target: str, identity: tuple[int, int], sync: Sync, map_size: int | None) -> Environment:
    with translated_lmdb(target, "open"):
        env = _open_mapped(target, sync, map_size)
        try:
            env.reader_check()
            _check_length(env, target)
            with env.begin() as txn:
                header = txn.get(HEADER)
                is_put_back = txn.get(MOVED) is not None
                if header is None or len(header) != 2 * REV.size:
                    raise _foreign(target)
                version, epoch = REV.unpack_from(header)[0], REV.unpack_from(header, REV.size)[0]
                if version != _VERSION:
                    raise CorruptError(
                        f"{target} was written by a later version of outlive. Update outlive"
                    )
        except BaseException:
            env.close()
            raise
    return Environment(
        target,
        identity,
        env,
        epoch=epoch,
        is_full=sync == "full",
        is_put_back=is_put_back,
        forget=registry.forget,
    )


def _foreign(path: str) -> CorruptError:
    return CorruptError(
        f"{path} is a file of LMDB, but not one that outlive wrote. Choose another path"
    )


def _open_mapped(target: str, sync: Sync, map_size: int | None) -> lmdb.Environment:
    size = map_size or _map_size(target)
    try:
        return _open_lmdb(target, sync, size)
    except lmdb.MemoryError:
        if size <= _SMALL:
            raise
        return _open_lmdb(target, sync, _SMALL)


def _open_lmdb(target: str, sync: Sync, map_size: int) -> lmdb.Environment:
    return lmdb.open(
        target,
        subdir=False,
        create=False,
        readonly=not os.access(target, os.W_OK),
        metasync=sync == "full",
        mode=0o600,
        map_size=map_size,
        max_dbs=1,
        max_readers=_READERS,
        # A spare one would be the parent's in a forked child, which could not close the file then.
        max_spare_txns=0,
    )


def _map_size(target: str) -> int:
    least = _SMALL if _is_scarce() else _RESERVED
    return max(least, 2 * os.path.getsize(target))


def _is_scarce() -> bool:
    """Whether the process has little room for addresses."""
    if sys.platform != "win32" and sys.maxsize > 1 << 32:
        return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return True


def _check_length(env: lmdb.Environment, target: str) -> None:
    """A file that was cut short would kill the process when the part that is missing is read."""
    expected = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
    actual = os.path.getsize(target)
    if actual < expected:
        raise CorruptError(
            f"{target} was cut short: it has {actual:,} bytes of {expected:,}. Put a good copy in "
            "its place"
        )


def finish_compaction(target: str, fs: FileSystem) -> None:
    """Finish what a compaction that was killed has begun; see `compaction`. Called `alone`."""
    old = beside(target, OLD)
    if fs.exists(old):
        from .compaction import retire

        retire(target, old, fs)
