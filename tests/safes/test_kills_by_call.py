"""A kill -9 before each single call that changes a file, those of LMDB among them."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from ..files import names
from .children import PATIENCE
from .steps import STEPS

CALLS = [  # of which some do not occur
    *("write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "msync", "ftruncate"),
    *("fallocate", "sendfile", "fchmod", "fchown", "rename", "link", "unlink", "flock"),
]


def was_killed(path: Path, call: str, number: int) -> bool:
    """Run the steps until the call of that name and number; False if they come to their end."""
    command = [
        *("strace", "-f", "-qqq", "-o", os.devnull, "-e", f"trace={call}"),
        *("-e", f"inject={call}:signal=KILL:when={number}"),
        *(sys.executable, str(Path(__file__).with_name("steps.py"))),
        *(str(path), str(path.with_name("log"))),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode in (0, -9, 137), done.stderr
    return done.returncode != 0


def check(path: Path, moments: list[dict[Any, Any]], when: str) -> None:
    """What is there is what was there after the last step that was noted, or after the next."""
    with Safe[Any, Any](path) as safe:
        found = dict(safe)
        found.pop("beside", None)
        assert found in moments, when
        safe["after"] = when
    left = set(names(path.parent)) - {"a.safe", "a.safe-lock", "log"}
    assert not left, f"{left} before {when}"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("beside", [True, False])
def test_a_kill_before_each_call(tmp_path: Path, beside: bool) -> None:
    """Nothing acknowledged is lost, and who has the safe open all the time goes on in it."""
    moments: list[dict[Any, Any]] = [{}]
    with Safe[Any, Any](tmp_path / "model.safe") as model:
        for step in STEPS:
            step(model)
            moments.append(dict(model))
    kills = 0
    for call in CALLS:
        for number in itertools.count(1):
            path = tmp_path / f"{call} {number}" / "a.safe"
            path.parent.mkdir()
            if not one_kill(path, call, number, moments, beside):
                break
            kills += 1
    assert kills > 60


def one_kill(
    path: Path, call: str, number: int, moments: list[dict[Any, Any]], beside: bool
) -> bool:
    """Kill, and look at what is left; False if there was no such call."""
    when, log = f"{call} {number}", path.with_name("log")
    log.touch()
    with contextlib.ExitStack() as stack:
        if beside:
            other = stack.enter_context(Safe[Any, Any](path))
            then = stack.enter_context(other.snapshot())
        killed = was_killed(path, call, number)
        reached = log.stat().st_size
        possible = moments[reached : reached + 2]
        if beside:
            assert dict(other) in possible, when
            other["beside"] = when
            assert other["beside"] == when
        check(path, possible, when)
        if beside:
            assert (other["after"], other["beside"], len(then)) == (when, when, 0)
    assert killed or reached == len(STEPS)
    return killed
