"""What all tests have in common: Python's own work is done once, not in each process."""

from __future__ import annotations

import atexit
import gc
import os
import sys

import pytest

# The tests start thousands of processes, and what they assert is rewritten: both is compiled once
# and kept, also where the environment would have it compiled each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was collected stays to the end: no garbage collection and no fork need look at it."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or some packages say that they leak
