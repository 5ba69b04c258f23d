"""What can be said of an LMDB file in numbers, beside whoever writes to it."""

from __future__ import annotations

import os
import subprocess
import sys

from ...disk.fs import OS, absolute, follow
from .checking import Examined
from .lock_file import READERS
from .opening import alone
from .still import users

# A process of its own, since this one may have the file open already.
_TABLE = """
import sys
path, readers, sys.path[:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
import lmdb
print(lmdb.open(path, subdir=False, create=False, readonly=True, max_readers=readers).readers())
"""

_COLUMNS = 3  # pid, thread, and the commit as of which it reads; "-" for none


def numbers(file: Examined) -> dict[str, object]:
    """`entries` of the face, without its header; `revision`; `free`, bytes that commits use next.

    Nothing if the file cannot be read at all.
    """
    found = file.revised()
    if found:
        found["entries"] = max(file.expected - len(file.heads), 0)
    return found


def users_of(path: str) -> dict[str, object]:
    """`open_in` and `readers`: pids of who has the file open, and of who holds a snapshot now.

    Raises DiskError, LockedError.
    """
    target = follow(OS, absolute(path))
    with alone(target, OS):
        open_in = users(target)
        return {"open_in": open_in, "readers": _readers(target) if open_in else []}


def _readers(target: str) -> list[int]:
    command = [sys.executable, "-I", "-c", _TABLE, target, str(READERS), *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    rows = [line.split() for line in done.stdout.splitlines()]
    found = {int(row[0]) for row in rows if len(row) == _COLUMNS and row[-1].isdecimal()}
    return sorted(pid for pid in found if _lives(pid))


def _lives(pid: int) -> bool:
    """Whether there is such a process; one that was killed stays in the table for a while."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
