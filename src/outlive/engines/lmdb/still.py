"""An LMDB file as it was at one moment, as bytes, while others go on writing to it.

What a commit replaces, LMDB overwrites two commits later, unless a reader stands in its table. To
be one takes LMDB, which must not open a file twice in a process, and which a damaged file may end.
So a process of its own is the reader, where anybody has the file open; it looks at nothing but the
two meta pages.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from ...disk.fs import NONBLOCK, OS, beside, close, follow, regular, translated
from ...errors import DiskError
from . import lock_file, registry
from .metas import HEAD, metas, slots
from .opening import OLD, alone

_TRIES = 1000
_PATIENCE = 5.0  # seconds
# Run in a clean process: begin to read, say as of which commit, and read on until told otherwise.
_READER = """
import sys
path, readers, sys.path[:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
import lmdb
env = lmdb.open(
    path, subdir=False, create=False, readonly=True, max_readers=readers, max_spare_txns=0
)
while True:
    try:
        txn = env.begin()
    except lmdb.MapResizedError:
        env.set_mapsize(0)  # as large as others made it
        continue
    print(txn.id(), flush=True)
    if not sys.stdin.readline():
        break
    txn.abort()
txn.abort()
env.close()
"""


class Still:
    """A file that is read as of one commit: `meta` says where all is; None if nothing does.

    `faults` is what is wrong with the meta pages; `former` is the one of the commit before, if it
    is whole. `suspects` are meta pages that may be damaged, and may be the newest all the same.
    """

    def __init__(self, file: IO[bytes], is_held: bool) -> None:
        self.file = file
        self.is_held = is_held  # whether nothing of it can be overwritten
        self.is_left = False  # whether a killed compaction left something
        self._read()

    def _read(self) -> None:
        head, self._slots = _head(self.file)
        self.size = os.fstat(self.file.fileno()).st_size
        found, self.faults, self.suspects = metas(head, self.size)
        self.meta: Any = found[0] if found else None
        self.former: Any = found[1] if len(found) > 1 else None

    def take(self, number: int) -> bool:
        """Be the file as of the commit `number`; False if it is too late."""
        self._read()
        if self.former is not None and self.former.txnid == number:
            self.meta, self.former = self.former, None
        return self.meta is None or bool(self.faults) or self.meta.txnid == number

    def is_so(self) -> bool:
        """Whether it is sure that all that was read is of the one commit."""
        return self.is_held or _head(self.file)[1] == self._slots


def _head(file: IO[bytes]) -> tuple[bytes, bytes]:
    """The beginning, and what of it are the meta pages, not in the midst of a write."""
    before = None
    for _ in range(_TRIES):
        file.seek(0)
        head = file.read(HEAD)
        ours = slots(head)
        if ours == before:
            break
        before = ours
    return head, ours


@contextmanager
def still(path: str, *, hold: bool = False) -> Iterator[Still]:
    """The file at `path` at one moment; if nobody has it open, until somebody commits.

    So whoever has read asks `is_so` at last, and reads again with `hold` if it is not. Changes
    nothing. Raises DiskError; LockedError if the file is being compacted for longer than a minute.
    """
    target = follow(OS, path)
    with ExitStack() as stack:
        with alone(target, OS):
            file = stack.enter_context(_opened(target, path))
            reader = number = None
            if is_in_use(target) or (hold and os.path.exists(lock_file.name(target))):
                reader = stack.enter_context(_reader(target))
                number = _said(reader)
            is_left = OS.exists(beside(target, OLD))
        found = Still(file, is_held=reader is not None and number is not None)
        found.is_left = is_left
        if reader is not None and number is not None:
            for _ in range(_TRIES):
                if found.take(number):
                    break
                number = _asked_again(reader)
            else:
                raise DiskError(
                    errno.EBUSY, f"{path} changes too fast to be read; try again", path, "read"
                )
        yield found


@contextmanager
def still_alone(target: str) -> Iterator[Still]:
    """The file that nobody else has open, nor can open: called `alone`."""
    with _opened(target, target) as file:
        yield Still(file, is_held=True)


@contextmanager
def _opened(target: str, path: str) -> Iterator[IO[bytes]]:
    with translated(path, "open"):
        fd = OS.open(target, os.O_RDONLY | NONBLOCK)
    try:
        regular(OS, fd, path)
        with open(fd, "rb", buffering=0, closefd=False) as file, translated(path, "read"):
            yield file
    finally:
        close(OS, fd)


@contextmanager
def _reader(target: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-I", "-c", _READER, target, str(lock_file.READERS), *sys.path]
    with subprocess.Popen(  # noqa: S603  # our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as reader:
        try:
            yield reader
        finally:
            _end(reader)


def _end(reader: subprocess.Popen[str]) -> None:
    """Let it go in peace: one that is killed stays in the table of readers for a while."""
    assert reader.stdin is not None  # noqa: S101  # it is a pipe
    try:
        reader.stdin.close()
        reader.wait(_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        reader.kill()


def _said(reader: subprocess.Popen[str]) -> int | None:
    """The commit as of which it reads; None if it cannot, as for a file that is no file of LMDB."""
    assert reader.stdout is not None  # noqa: S101  # it is a pipe
    text = reader.stdout.readline()
    return int(text) if text else None


def _asked_again(reader: subprocess.Popen[str]) -> int:
    assert reader.stdin is not None  # noqa: S101  # likewise
    reader.stdin.write("\n")
    reader.stdin.flush()
    return _said(reader) or 0


# -- who has it open


def is_in_use(target: str) -> bool:
    """Whether this or another process has the file open. Called `alone`."""
    identity = os.stat(target)
    if (identity.st_dev, identity.st_ino) in registry.environments:
        return True
    return _is_locked(lock_file.name(target))


def _is_locked(name: str) -> bool:
    """Whether some other process has a lock file of LMDB open: its first byte is locked.

    This one has it not, or its own locks would go with the descriptor.
    """
    if sys.platform == "win32":
        return os.path.exists(name)
    import fcntl

    try:
        fd = os.open(name, os.O_RDWR | os.O_CLOEXEC | NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # not ours to look into
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def users(target: str) -> list[int]:
    """The pids of the processes that have the file open, as far as they can be known. `alone`."""
    if sys.platform == "win32" or not is_in_use(target):
        return []
    try:
        status = os.stat(lock_file.name(target))
        with open("/proc/locks", encoding="ascii") as table:
            lines = [line.split() for line in table]
    except OSError:
        return []
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return sorted(
        {int(words[4]) for words in lines if words[5:] == [place, "0", "0"] and words[4] != "-1"}
    )
