"""Write an LMDB file anew without what is free, beside processes that read and write it.

LMDB cannot shrink a file in place, so a copy takes its place, and all who have the former file open
have to notice. With the lock of `opening.alone` on both, in this order:

1. Take LMDB's write lock, so that nobody commits; reserve the room that 4 takes; copy what there
   is to a temporary file.
2. Sync the copy; give the former file a second name, `.NAME.outlive-old`; rename the copy over
   NAME; sync the directory.
3. Move LMDB's lock file to the second name: the new file gets its own.
4. Mark the former file as moved, in a commit; remove its second name and its lock file.

Who commits looks, with LMDB's write lock, whether NAME is still the file that it has open; who
reads looks for the mark. A snapshot of the former file stays what it was until it closes. After a
crash before 2 nothing has happened; after it, the next who opens NAME finds the second name, and
does 3 and 4.
"""

from __future__ import annotations

import os
from contextlib import suppress

import lmdb

from ...disk import metadata
from ...disk.fs import FileSystem, beside, close, translated
from ...disk.replacement import sync_directory
from ...disk.temporary import Temporary
from . import binding, lock_file, registry
from .environment import Environment
from .errors import translated_lmdb
from .opening import OLD, alone, finish_compaction, write_header
from .room import reserved
from .transaction import MOVED
from .writer import Moved

_MARK = 1 << 20  # bytes of the map that marking the former file takes at most


def compact(environment: Environment, fs: FileSystem) -> None:
    """Replace the file of `environment`, which is moved then. Raises Moved if it was already."""
    target, old = environment.path, beside(environment.path, OLD)
    with registry.claiming(Temporary(fs)) as copy, alone(target, fs):
        finish_compaction(target, fs)
        environment.map.make_room(_MARK)
        try:
            # `opening` before the gate of the environment, as a fork shuts them.
            with (
                registry.opening.passing(),
                translated_lmdb(target, "compact"),
                environment.writer.writing() as former,
            ):
                environment.writer.check_place(former)
                former.txn.put(MOVED, b"")
                with reserved(target, _MARK):
                    _replace(environment, copy, former.txn.id(), fs)
                    _take_lock_file(target, old, fs)
                    former.commit()
                _remove_old(target, old, fs)
        finally:
            with registry.opening.passing():
                copy.remove()  # which leaves a file with another name by now, and frees its lock


def _replace(environment: Environment, copy: Temporary, txn_id: int, fs: FileSystem) -> None:
    target = environment.path
    copy.create(target, 0o600)
    environment.lmdb.copyfd(copy.fd, compact=True)
    # In the copy LMDB counts from 1 again; its first transaction is the one of the header.
    epoch = environment.epoch + txn_id
    write_header(copy.path, epoch=epoch, id=environment.id, path=target)
    _copy_metadata(target, copy.fd, fs)
    fs.fsync(copy.fd)
    fs.link(target, beside(target, OLD))
    fs.rename(copy.path, target)
    sync_directory(target, target, fs)


def _copy_metadata(target: str, fd: int, fs: FileSystem) -> None:
    old = fs.open(target, os.O_RDONLY)
    try:
        metadata.copy(fs, old, fd)
    finally:
        close(fs, old)


def retire(target: str, old: str, fs: FileSystem) -> None:
    """Steps 3 and 4, or as much of them as a killed process has left. Called `alone`."""
    with translated(target, "open"):
        former, current = fs.stat(old), fs.stat(target)
        identity = (former.st_dev, former.st_ino)
        if identity == (current.st_dev, current.st_ino):  # killed before the rename
            fs.unlink(old)
            return
        _take_lock_file(target, old, fs)
    if fs.exists(lock_file.name(old)):  # else it was marked before
        _mark(old, identity)
    _remove_old(target, old, fs)


def _mark(old: str, identity: tuple[int, int]) -> None:
    with translated_lmdb(old, "write"):
        here = registry.environments.get(identity)
        if here is not None:
            with suppress(Moved):  # it was closed meanwhile
                return _mark_here(here)
        with registry.opening.passing():
            size = 2 * os.path.getsize(old) + _MARK
            with binding.turn():
                env = lmdb.open(old, subdir=False, create=False, map_size=size, max_spare_txns=0)
            try:
                with env.begin(write=True) as txn:
                    txn.put(MOVED, b"")
            finally:
                binding.close(env)


def _mark_here(here: Environment) -> None:
    """As `_mark`, where this process has the file open. Raises Moved if it is closed."""
    while True:
        try:
            with registry.opening.passing(), here.writer.writing() as former:
                former.txn.put(MOVED, b"")
                former.commit()
                return
        except lmdb.MapFullError:
            here.map.grow()


def _take_lock_file(target: str, old: str, fs: FileSystem) -> None:
    if fs.exists(lock_file.name(target)) and not fs.exists(lock_file.name(old)):
        fs.rename(lock_file.name(target), lock_file.name(old))


def _remove_old(target: str, old: str, fs: FileSystem) -> None:
    with translated(target, "unlink"):
        for name in (lock_file.name(old), old):
            if fs.exists(name):
                fs.unlink(name)
