"""What is kept beside a file because it would be lost otherwise."""

from __future__ import annotations

import os

from . import atomic
from .fs import FileSystem, close, follow, translated
from .replacement import Replacement


def keep_lost(path: str, data: bytes, fs: FileSystem) -> str:
    """Add bytes that could not be read to `NAME.lost`, durably; the name of that file."""
    name = follow(fs, path) + ".lost"
    before = atomic.read(name, fs)
    if before is None or not before.data.endswith(data):  # a crash may bring us here twice
        _write(name, path, (before.data if before else b"") + data, fs)
    return name


def keep_edited(path: str, data: bytes, fs: FileSystem) -> str:
    """Keep a person's version as `NAME.edited` (`NAME.edited-2`, …), durably; its name."""
    name = first = follow(fs, path) + ".edited"
    number = 1
    while (before := atomic.read(name, fs)) is not None and before.data != data:
        number += 1
        name = f"{first}-{number}"
    if before is None:
        _write(name, path, data, fs)
    return name


def _write(name: str, source: str, data: bytes, fs: FileSystem) -> None:
    """Write a file that nobody may read who could not read `source`."""
    with Replacement(name, sync="full", private=True, fs=fs) as new:
        new.create()
        new.write(data)
        with translated(source, "open"):
            try:
                old = fs.open(source, os.O_RDONLY)
            except FileNotFoundError:
                old = -1
        if old >= 0:
            try:
                new.copy_metadata(old)
            finally:
                close(fs, old)
        new.finish()
