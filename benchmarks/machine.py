"""What the numbers depend on: the machine, and the versions of all that was measured."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

# What is measured, and what the work of the peers is done by.
_PACKAGES = (
    "outlive",
    "atomic_store",
    "atomicwrites",
    "tinydb",
    "pickledb",
    "orjson",
    "aiofiles",
    "persistedstate",
    "diskcache",
    "sqlitedict",
    "lmdb",
    "ZODB",
    "PyYAML",
    "duckdb",
    "pyarrow",
    "numpy",
)


def facts(folder: Path) -> dict[str, str]:
    """What to know about this run, whose files were below `folder`."""
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "CPU": f"{os.cpu_count()} × {_cpu()}",
        "Kernel": f"{platform.system()} {platform.release()}",
        "File system": _file_system(folder),
        "Packages": ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES),
        "SQLite": sqlite3.sqlite_version,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []  # not Linux
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _file_system(folder: Path) -> str:
    """The type of what is mounted where `folder` is, as /proc/self/mounts gives it."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return "unknown"  # not Linux
    mounts = {fields[1]: fields[2] for fields in map(str.split, lines)}
    here = folder.resolve()
    return next((mounts[str(up)] for up in (here, *here.parents) if str(up) in mounts), "unknown")
