"""What a test finds in the file of a state: its value, its entries, and whether it was touched."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from outlive import State
from outlive.disk.journal_text import split


def kept(path: Path) -> dict[Any, Any]:
    """What a program that opens the file now finds, as after a crash of the one that has it open.

    The copy is read for writing, so that entries, and not memory, are what counts.
    """
    copied = path.parent / "copies" / path.name
    copied.parent.mkdir(exist_ok=True)
    copied.write_bytes(path.read_bytes())
    with State(copied, strict=True) as again:
        return copy.deepcopy(dict(again))


def entries(path: Path) -> int:
    """How many entries the file has."""
    return len(split(path.read_bytes()).entries)


def look(path: Path) -> tuple[int, int, bytes]:
    """What shows that a file was touched."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()
