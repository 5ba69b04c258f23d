"""File systems for tests of a state, and a state that is opened on one of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from outlive.disk.fs import FileSystem
from outlive.state.state import State, attach

_IN_MEMORY = "/dev/shm"  # noqa: S108  # for files of tests, in directories with random names


class NoFlush(FileSystem):
    """The real file system, for a power that stays on: no waiting for a disk."""

    def fsync(self, fd: int) -> None:
        """Do nothing."""

    def fdatasync(self, fd: int) -> None:
        """Do nothing."""


class Counting(FileSystem):
    """The real file system, that notes the inodes of what is flushed."""

    def __init__(self) -> None:
        self.flushed: list[int] = []

    def fsync(self, fd: int) -> None:
        """As the system does it."""
        self.flushed.append(os.fstat(fd).st_ino)
        super().fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """As the system does it."""
        self.flushed.append(os.fstat(fd).st_ino)
        super().fdatasync(fd)


class AtCall(FileSystem):
    """The real calls; just before or just after the one of the number `at`, `act` is called."""

    CALLS = (
        *("open", "read", "write", "chmod", "truncate", "fsync", "fdatasync", "close"),
        *("stat", "lstat", "fstat", "exists", "rename", "link", "unlink"),
    )

    def __init__(self, act: Callable[[], object], names: Sequence[str] = CALLS) -> None:
        self.act = act
        self.calls: list[str] = []
        self.at = -1
        self.is_before = True
        for name in names:
            setattr(self, name, self._counted(name))

    def _counted(self, name: str) -> Callable[..., Any]:
        call = getattr(super(), name)

        def counted(*arguments: Any, **more: Any) -> Any:
            is_it = len(self.calls) == self.at
            self.calls.append(name)
            if is_it and self.is_before:
                self.act()
            result = call(*arguments, **more)
            if is_it and not self.is_before and name != "open":  # or it leaks by our doing
                self.act()
            return result

        return counted


def opened(
    path: Path,
    fs: FileSystem | None = None,
    *,
    defaults: Mapping[str, object] | None = None,
    **options: Any,
) -> State:
    """The state of a file, on the given file system; else on one that does not wait for a disk."""
    state = State.__new__(State, "")
    attach(state, str(path), defaults or {}, fs=fs or NoFlush(), **options)
    return state


def new_directory() -> Path:
    """An empty directory, in memory where there is such a place; whoever asks removes it."""
    return Path(tempfile.mkdtemp(dir=_IN_MEMORY if os.path.isdir(_IN_MEMORY) else None))
