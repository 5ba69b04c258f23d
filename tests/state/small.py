"""A small state for tests on a stand-in file system, and what there may be of it beforehand."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal, get_args

import outlive
from outlive.disk.fs import FileSystem
from outlive.disk.replacement import Sync
from outlive.live import plain

from .stand_ins import opened

NAME = "small.state"
DEFAULTS = {"n": 0, "list": [], "deep": {"er": {}}}
COMMENTED = b"""\
# What a person wrote.
n: 0   # counts
list: []

deep:
  er: {}  # filled later
'more': "of it"
"""
Left = Literal["nothing", "commented", "entries", "torn"]
LEFT: tuple[Left, ...] = get_args(Left)


def open_state(directory: Path | str, fs: FileSystem | None = None, sync: Sync = "os") -> Any:
    """The state under test, on the given file system."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", outlive.RecoveryWarning)  # what is lost has no effect
        return opened(Path(directory, NAME), fs, defaults=DEFAULTS, sync=sync)


def value_in(directory: Path) -> Any:
    """What the state is that the files in a directory mean."""
    state = open_state(directory)
    value = plain(state)
    state.close()
    return value


def prepare(directory: Path, left: Left, sync: Sync) -> None:
    """What there is before the program starts."""
    directory.mkdir()
    if left == "commented":
        (directory / NAME).write_bytes(COMMENTED)
    if left in ("entries", "torn"):  # by a program that was killed
        state = open_state(directory, sync=sync)
        state.update(n=5, list=["old"])
        state.deep.er["x" * 300] = ["y" * 300]
        files = [(path, path.read_bytes()) for path in directory.iterdir()]
        state.close()
        for path, data in files:
            path.write_bytes(data)
    if left == "torn":
        with (directory / NAME).open("ab") as file:
            file.write(b'\n--- #12345678\n["set",[],"n",9')
