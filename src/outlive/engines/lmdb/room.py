"""Is there room, on the disk and in the memory that a process may map?"""

from __future__ import annotations

import errno
import mmap
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import lmdb

from ...disk.fs import translate
from ...errors import DiskError, FullError

PAGE = 4096  # bytes, LMDB's; a write takes at least one
_BESIDE = 1 << 20  # bytes that a commit takes at most beside the values


def no_room(env: lmdb.Environment, path: str, size: int) -> DiskError | None:
    """A FullError if there is no room for a commit of `size` bytes at the end of the file.

    LMDB calls it EIO when a part could be written, as it does for a disk that fails. So it is
    tried out, while nobody else can write.
    """
    try:
        txn = env.begin(None, None, True)
    except lmdb.Error:
        return None
    try:
        return lacking(path, path, 2 * size)
    finally:
        txn.commit()  # of nothing; an abort would wait for those who read


def lacking(name: str, path: str, size: int) -> DiskError | None:
    """A FullError if the file `name`, which nobody writes to, cannot grow; it names `path`."""
    try:
        with reserved(name, _BESIDE + size):
            raise _Tried
    except _Tried:
        return None
    except OSError as error:
        ours = translate(error, path, "write")
        return ours if isinstance(ours, FullError) else None


class _Tried(Exception):  # noqa: N818  # no error: so that what was reserved is given back
    pass


@contextmanager
def reserved(path: str, size: int) -> Iterator[None]:
    """A block before which the file is made longer, so that LMDB finds room there.

    Whatever else fills the disk. Where the block raises, the file is cut again; nobody else may
    write to it meanwhile. Raises OSError.
    """
    with open(path, "r+b") as file:
        end = os.fstat(file.fileno()).st_size
        try:
            _fill(file, end, size)
            yield
        except BaseException:
            os.ftruncate(file.fileno(), end)
            raise


def _fill(file: IO[bytes], start: int, size: int) -> None:
    if sys.platform == "linux":
        os.posix_fallocate(file.fileno(), start, size)
        return
    file.seek(start)
    for _ in range(size // _BESIDE + 1):
        file.write(bytes(_BESIDE))
    file.flush()


def try_to_map(size: int, path: str) -> None:
    """Raise FullError unless this process may map `size` bytes more."""
    try:
        mmap.mmap(-1, size, access=mmap.ACCESS_READ).close()
    except (OSError, OverflowError) as error:
        raise FullError(
            errno.ENOMEM,
            f"{path} has to grow, and this process may map no more memory: {error}. Raise its "
            "limit (ulimit -v)",
            path,
            "map",
        ) from error
