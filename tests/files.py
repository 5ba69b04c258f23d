"""What many tests ask: which files are there, and what does a program print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def names(directory: Path) -> list[str]:
    """All names in a directory, sorted."""
    return sorted(entry.name for entry in directory.iterdir())


def names_beside(path: Path) -> list[str]:
    """All names in a file's directory, its own among them."""
    return names(path.parent)


def put_alone(path: Path, data: bytes) -> None:
    """Have this file, for this user alone, and nothing beside it."""
    for name in names_beside(path):
        (path.parent / name).unlink()
    path.write_bytes(data)
    path.chmod(0o600)


def run_python(program: str, *arguments: object) -> str:
    """What a Python program prints; it must end well."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
