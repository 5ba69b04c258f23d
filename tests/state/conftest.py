"""What several tests of a state ask for."""

from __future__ import annotations

import copy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlive import State
from outlive.disk import settling

from . import editors, left_behind
from .samples import BASE
from .stand_ins import new_directory


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a file for settled at once, which in these tests it is; some thousand times."""
    monkeypatch.setattr(settling, "_SETTLED", 0)


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory, in memory if possible."""
    directory = new_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a directory of its own."""
    return tmp_path / "a.state"


@pytest.fixture
def demo(path: Path) -> None:
    """A person has written the file, which is that of `editors`."""
    path.write_text(editors.START)


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """A state that holds BASE, open."""
    with State(path, **copy.deepcopy(BASE)) as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    """What a program that is killed after all changes of `left_behind` leaves in its file."""
    return left_behind.whole(tmp_path / "whole")


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
