"""A crash or a full disk in a transaction: both or neither."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from outlive import State

from ..files import names_beside, run_python
from .samples import ACCOUNTS

CRASH = """
import os, sys
from outlive import State
state = State(sys.argv[1])
state.ann = 7
with state.transaction():
    state.ann -= 5
    state.bob += 5
    with state.transaction():
        state.log.clear()
    if sys.argv[2] == "within":
        os._exit(0)
if sys.argv[2] == "after":
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("moment", "expected"),
    [("within", (7, 0, 3)), ("after", (2, 5, 0)), ("never", (2, 5, 0))],
)
def test_a_crash_leaves_all_of_it_or_nothing(path: Path, moment: str, expected: object) -> None:
    """A process that ends within the block leaves what was before it, and no half."""
    State(path, **copy.deepcopy(ACCOUNTS)).close()
    run_python(CRASH, path, moment)
    with State(path, strict=True) as state:
        assert (state.ann, state.bob, len(state.log)) == expected
    assert names_beside(path) == ["a.state"]


FULL = """
import resource, signal, sys
import outlive
from outlive import State
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
state = State(sys.argv[1])
log = state.log
inner = log[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
try:
    with state.transaction():
        state.ann -= 5
        inner.append("x" * 5000)
        log.reverse()
        del state.bob
except outlive.FullError as error:
    print("full", error.errno)
assert list(state) == ["ann", "bob", "log", "server"], list(state)
print(dict(state))
inner.append("small")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with state.transaction():
    log[2].k = 4
    state.bob += 1
if sys.argv[2] == "crash":
    import os
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.parametrize("end", ["crash", "close"])
def test_a_full_disk_at_the_end_of_the_block(path: Path, end: str) -> None:
    """FullError; memory and file are what they were before the block, and the state goes on."""
    State(path, **copy.deepcopy(ACCOUNTS)).close()
    printed = run_python(FULL, path, end).splitlines()
    assert printed[0].startswith("full")
    assert printed[1] == repr(ACCOUNTS)
    with State(path, strict=True) as state:
        assert state == ACCOUNTS | {"bob": 1, "log": [1, [2, "small"], {"k": 4}]}
    assert names_beside(path) == ["a.state"]
