"""What makes tests of a state quick: no waiting for a disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from outlive.disk.fs import FileSystem

_IN_MEMORY = "/dev/shm"  # noqa: S108  # for files of tests, in directories with random names


class NoFlush(FileSystem):
    """The real file system, for a power that stays on."""

    def fsync(self, fd: int) -> None:
        """Do nothing."""

    def fdatasync(self, fd: int) -> None:
        """Do nothing."""


def new_directory() -> Path:
    """An empty directory, in memory where there is such a place; whoever asks removes it."""
    return Path(tempfile.mkdtemp(dir=_IN_MEMORY if os.path.isdir(_IN_MEMORY) else None))
