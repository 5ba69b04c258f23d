"""A file system that notes the calls that decide what a power cut leaves."""

from __future__ import annotations

import os

from outlive.disk.fs import FileSystem


class Recording(FileSystem):
    """The real file system, which notes the calls that decide what a power cut leaves."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fails_at = ""

    def note(self, call: str, path: str) -> None:
        """Remember a call; fail at the one that was asked for."""
        self.calls.append((call, os.path.basename(path)))
        if call == self.fails_at:
            raise OSError(5, "as asked for")

    def fsync(self, fd: int) -> None:
        self.note("fsync", os.readlink(f"/proc/self/fd/{fd}"))
        super().fsync(fd)

    def link(self, source: str, target: str) -> None:
        self.note("link", target)
        super().link(source, target)

    def rename(self, source: str, target: str) -> None:
        self.note("rename", target)
        super().rename(source, target)
