"""Open an LMDB file, or make a new one, so that no crash leaves half of it."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import lmdb

from ...disk.claim import Claim
from ...disk.fs import NONBLOCK, FileSystem, beside, close, follow, regular, translated
from ...disk.replacement import Sync, sync_directory
from ...disk.temporary import Temporary, sweep
from ...errors import CorruptError, DiskError, LockedError
from . import binding, lock_file, registry
from .environment import Environment
from .errors import translated_lmdb
from .length import check_length
from .room import lacking
from .transaction import DELETED, HEADER, MOVED, REV, SHARED

_VERSION = 1
_ID = 16  # bytes by which a file is known again when it was compacted
_MAGIC_AT = 16  # bytes; LMDB's first page begins with what all its pages do
_MAGIC = (0xBEEFC0DE).to_bytes(4, sys.byteorder)
_WAIT = 60.0  # seconds: an opener waits for a compaction
_PAUSE = 0.002
_GROWTHS = 9  # tries to open a file that others make larger

OLD = "old"  # the suffix of a file that a compaction has replaced, until all know


@contextmanager
def alone(path: str, fs: FileSystem) -> Iterator[None]:
    """A block in which no other process or thread opens or compacts the file, which is there.

    It is a lock on the file itself: that needs no room on the disk, and no right to write. Raises
    LockedError after a minute; DiskError if the file is not there.
    """
    deadline = time.monotonic() + _WAIT
    with registry.claiming(Claim(fs)) as claim:
        with translated(path, "open"):
            if not fs.exists(path) and os.path.isdir(os.path.dirname(path)):
                raise DiskError(
                    errno.ENOENT,
                    f'{path} is not there. Open it with mode="rw" to make it',
                    path,
                    "open",
                )
            while not _take(claim, path):
                if time.monotonic() > deadline:
                    raise LockedError(
                        f"{path}: another process compacts it, or stopped while it opened it. "
                        "Let it finish"
                    )
                time.sleep(_PAUSE)
        yield


def _take(claim: Claim, path: str) -> bool:
    with (
        registry.opening.passing()
    ):  # or a child might be forked with a lock that it does not know of
        return claim.take(path, os.O_RDONLY | NONBLOCK)


def open_environment(
    path: str, engine: object, *, mode: str, sync: Sync, map_size: int | None, fs: FileSystem
) -> Environment:
    """The environment of the file at `path`, with `engine` among those who use it.

    A missing file is made if `mode` is "rw". Raises CorruptError, FormatError, LockedError,
    DiskError, FullError.
    """
    target = follow(fs, path)
    if mode == "rw" and not fs.exists(target):
        with translated(path, "open"), registry.opening.passing(), binding.turn():
            lock_file.refuse_ours(target, _locks())
        _make(target, path, fs)
    with registry.opening.passing():
        sweep(fs, target)  # before: it may be a second name of the file, which the lock is on
    with alone(target, fs):
        finish_compaction(target, fs)
        identity = _check_file(target, path, fs)
        shared = registry.environments.get(identity)
        if shared is not None and shared.join(engine):
            return shared
        with registry.opening.passing():
            environment = _open(target, identity, sync, map_size)
            environment.join(engine)
            registry.note(environment)
        return environment


def _make(target: str, path: str, fs: FileSystem) -> None:
    """Make the file under another name, and link it to its own when it is whole and durable.

    Of several who do so, the first to link it wins, and the others take that file.

    LMDB does not sync a new file's name: a power cut soon after would take all that was written.
    """
    with registry.claiming(Temporary(fs)) as temporary:
        try:
            with registry.opening.passing():
                with translated(path, "open"):
                    temporary.create(target, 0o600)
                write_header(temporary.path, epoch=0, id=os.urandom(_ID), path=path)
            with translated(path, "fsync"):
                fs.fsync(temporary.fd)
            with translated(path, "link"), suppress(FileExistsError):  # another made it first
                fs.link(temporary.path, target)
            sync_directory(target, path, fs)
        finally:
            with registry.opening.passing():
                temporary.remove()  # the name; the file has another by now


def write_header(name: str, *, epoch: int, id: bytes, path: str) -> None:
    """Make the file `name`, that nobody else knows of, one of ours; errors name `path`.

    A fork waits for it: called within `registry.opening`.
    """
    try:
        with translated_lmdb(path, "write"):
            _write_header(name, REV.pack(_VERSION) + REV.pack(epoch) + id)
    except DiskError as error:
        raise (error.errno == errno.EIO and lacking(name, path, 0)) or error from error


def _write_header(name: str, header: bytes) -> None:
    size = binding.SMALL + 2 * os.path.getsize(name)
    with binding.turn():
        env = lmdb.open(name, subdir=False, lock=False, max_dbs=1, map_size=size, lib_version=0)
    try:
        env.open_db(DELETED)  # made, where it is not there
        with env.begin(write=True) as txn:
            txn.put(HEADER, header)
            txn.delete(MOVED)
    finally:
        binding.close(env)


def _check_file(target: str, path: str, fs: FileSystem) -> tuple[int, int]:
    """What tells the file from others.

    Raises CorruptError for one that is empty or not LMDB's, DiskError for one with several names.
    """
    with translated(path, "open"):
        fd = fs.open(target, os.O_RDONLY | NONBLOCK)
    try:
        status = regular(fs, fd, path)
        if status.st_nlink > 1:
            raise DiskError(
                errno.EMLINK,
                f"{path} has {status.st_nlink} names (hard links), and each would have a lock file "
                "of its own. Remove the others, or copy the file",
                path,
                "open",
            )
        start = fs.read(fd, _MAGIC_AT + len(_MAGIC))
    finally:
        close(fs, fd)
    if not start:
        raise CorruptError(
            f"{path} is empty. Put a good copy in its place, or delete it to begin anew"
        )
    if start[_MAGIC_AT:] != _MAGIC:  # looked for before LMDB makes a lock file beside it
        raise CorruptError(
            f"{path} is no safe, or damaged: its first page is not one of LMDB. Choose another "
            "path, or put a good copy in its place"
        )
    return status.st_dev, status.st_ino


def _open(target: str, identity: tuple[int, int], sync: Sync, map_size: int | None) -> Environment:
    with translated_lmdb(target, "open"):
        for _ in range(_GROWTHS):
            env = None
            try:
                env = _open_with_lock(target, sync, map_size)
                env.reader_check()
                check_length(env, target)
                with env.begin() as txn:
                    epoch, id = _header(txn.get(HEADER), txn.id(), target)
                    is_put_back = txn.get(MOVED) is not None
                break
            except lmdb.MapResizedError:  # others made the file larger since it was mapped
                map_size = 4 * os.path.getsize(target)
                if env is not None:
                    binding.close(env)
            except BaseException:
                if env is not None:
                    binding.close(env)
                raise
        else:
            raise lmdb.MapResizedError("mdb_txn_begin")
    return Environment(
        target,
        identity,
        env,
        lock=lock_file.match(target),
        epoch=epoch,
        id=id,
        is_full=sync == "full",
        is_put_back=is_put_back,
        forget=registry.forget,
    )


def _open_with_lock(target: str, sync: Sync, map_size: int | None) -> lmdb.Environment:
    """With a lock file that is this file's, and not that of another which had its name."""
    is_writable = os.access(target, os.W_OK)
    if not is_writable and lock_file.is_out_of_reach(target):
        raise DiskError(
            errno.EROFS,
            f"{target} cannot be read safely: somebody may write to it elsewhere, and its lock "
            f"file {lock_file.name(target)} cannot be written here. Mount it to be written, or "
            "copy the file",
            target,
            "open",
        )
    if lock_file.is_anothers_to_make(target):
        raise DiskError(
            errno.EACCES,
            f"{target} has no lock file {lock_file.name(target)} yet, and whoever may not write "
            "the one may not make the other. Let its owner open it once, or copy the file",
            target,
            "open",
        )
    for _ in range(2):
        if is_writable:
            with binding.turn():
                lock_file.prepare(target, _locks())
        env = binding.open_mapped(target, sync, map_size)
        try:
            if not is_writable or lock_file.belongs(env):
                return env
        except BaseException:
            binding.close(env)
            raise
        binding.close(env)
        lock_file.remove(target)
    raise CorruptError(f"{target} and {lock_file.name(target)} do not agree. Remove the latter")


def _locks() -> set[lock_file.Identity]:
    """The lock files that this process uses; called in a `binding.turn`.

    Else there could be one that was just closed, and whose inode is another file's by now.
    """
    return {each.lock for each in list(registry.environments.values()) if each.lock}


def _header(header: bytes | None, txn_id: int, target: str) -> tuple[int, bytes]:
    if header is None or len(header) != 2 * REV.size + _ID:
        raise CorruptError(
            f"{target} is a file of LMDB, but not one that outlive wrote. Choose another path"
        )
    version: int = REV.unpack_from(header)[0]
    if version != _VERSION:
        raise CorruptError(f"{target} was written by a later version of outlive. Update outlive")
    epoch: int = REV.unpack_from(header, REV.size)[0]
    if epoch + txn_id >= 1 << (8 * REV.size - SHARED):
        raise CorruptError(f"{target} is damaged in its first pages. Put a good copy in its place")
    return epoch, header[-_ID:]


def finish_compaction(target: str, fs: FileSystem) -> None:
    """Clear up after a compaction that was killed; see `compaction`. Called `alone`."""
    old = beside(target, OLD)
    if fs.exists(old):
        from .compaction import retire

        retire(target, old, fs)
