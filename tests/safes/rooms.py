"""Places where one can run out of room."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Protocol

from .children import size


class Room(Protocol):
    """A place for a safe; FullError comes where `fill` was called, until `make` is."""

    path: Path

    def fill(self, left: int) -> None:
        """Leave so many bytes of room for the safe to grow in."""

    def make(self) -> None:
        """Make room again."""


class FileSizeLimit:
    """A process that may not make a file larger."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, left: int) -> None:
        """Leave so much room in the safe's file."""
        limit_file_size(size(self.path) + left)

    def make(self) -> None:
        """Take the limit away."""
        limit_file_size(None)


class SmallDisk:
    """A file system of some megabytes, which another file fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.other = path.with_name("other")

    def fill(self, left: int) -> None:
        """Leave so much room."""
        space = os.statvfs(self.path.parent)
        with self.other.open("ab", buffering=0) as file:
            file.write(bytes(max(0, space.f_bavail * space.f_frsize - left)))

    def make(self) -> None:
        """Remove the other file."""
        self.other.unlink(missing_ok=True)


def limit_file_size(limit: int | None) -> None:
    """Let this process write no file larger than that; None takes the limit away."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if limit is None else limit, hard))
