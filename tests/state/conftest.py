"""What several tests of a state ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stand_ins import new_directory

pytest.register_assert_rewrite("tests.state.machine")


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory, in memory if possible."""
    directory = new_directory()
    yield directory
    shutil.rmtree(directory)
