"""Real processes on one file: they wait for each other, are killed, and lose nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import outlive

from .files import names_beside

UPDATES = """
import outlive, sys
store = outlive.open(sys.argv[1], default={"n": 0}, timeout=60)
def count(value):
    value["n"] += 1
for _ in range(50):
    store.update(count)
"""

# The pad makes a commit long enough to be killed in the middle.
WRITER = """
import outlive, sys
store = outlive.open(sys.argv[1], default=lambda: {"n": 0, "pad": "x" * 200_000})
while True:
    with store:
        store.value["n"] += 1
    print(store.value["n"], flush=True)
"""

HOLDER = """
import outlive, sys, time
with outlive.open(sys.argv[1], default=0):
    print("in", flush=True)
    time.sleep(60)
"""

FORKING_HOLDER = """
import outlive, os, sys, time
with outlive.open(sys.argv[1], default=0):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
    time.sleep(60)
"""

LEAVES_IN_CHILD = """
import outlive, os, sys
store = outlive.open(sys.argv[1], default=0)
try:
    with store:
        parent = os.getpid()
        store.value = 1
        if os.fork() == 0:
            store.value = 2
        else:
            os.wait()
except outlive.LockedError as error:
    print("child:", error, flush=True)
    os._exit(0)
print("parent:", outlive.open(sys.argv[1]).value, flush=True)
"""


@contextlib.contextmanager
def running(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python program, killed at the end of the block at the latest."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that the program prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_updates_of_four_processes_are_all_there(tmp_path: Path) -> None:
    """Four processes that count 50 times each on one file come to exactly 200."""
    path = tmp_path / "count.json"
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(running(UPDATES, path)) for _ in range(4)]
        assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert json.loads(path.read_text()) == {"n": 200}
    assert names_beside(path) == ["count.json"]


def kill_at_a_random_moment(path: Path, rng: random.Random) -> int:
    """Start a writer, kill it while it writes, return the last number that it acknowledged."""
    with running(WRITER, path) as process:
        last = int(line(process))
        time.sleep(rng.random() * 0.01)
        process.kill()
        assert process.stdout is not None
        complete = process.stdout.read().rpartition("\n")[0]
    return int(complete.rpartition("\n")[2] or last)


READER = """
import json, sys
seen = 0
while True:
    with open(sys.argv[1]) as file:
        value = json.load(file)
    assert len(value["pad"]) == 200_000 and value["n"] >= seen
    seen = value["n"]
"""


@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_writers_lose_nothing(tmp_path: Path, kills: int) -> None:
    """kill -9 of a writing process, and a reader beside them that never sees half a file."""
    path = tmp_path / "state.json"
    outlive.open(path, default={"n": 0, "pad": "x" * 200_000}).commit()
    with running(READER, path) as reader:
        rng = random.Random(2)
        for _ in range(kills):
            acknowledged = kill_at_a_random_moment(path, rng)
            store = outlive.open(path)
            assert acknowledged <= store.value["n"] <= acknowledged + 1
            assert store.value["pad"] == "x" * 200_000
            store.value["n"] += 1
            store.commit()
            assert names_beside(path) == ["state.json"]
        assert reader.poll() is None, "the reader saw half a file"


def test_a_killed_holder_frees_its_lock_at_once(tmp_path: Path) -> None:
    """Who waits for a process that is killed goes on at once, and its lock file does not stay."""
    path = tmp_path / "state.json"
    with running(HOLDER, path) as holder:
        assert line(holder) == "in"
        with pytest.raises(outlive.LockedError, match=str(holder.pid)) as caught:
            outlive.open(path, default=0, timeout=0.05).commit()
        assert caught.value.pid == holder.pid
        holder.kill()
        holder.wait()
        outlive.open(path, default=5, timeout=1).commit()
    assert path.read_text() == "5"
    assert names_beside(path) == ["state.json"]


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    """A child that was forked inside the block does not hold the lock when its parent is killed."""
    path = tmp_path / "state.json"
    with running(FORKING_HOLDER, path) as holder:
        child = int(line(holder))
        try:
            holder.kill()
            holder.wait()
            outlive.open(path, default=5, timeout=1).commit()
        finally:
            os.kill(child, signal.SIGKILL)
    assert path.read_text() == "5"


def test_a_forked_child_cannot_commit_the_block_of_its_parent(tmp_path: Path) -> None:
    """The end of the block in a forked child raises; the parent's commit is not disturbed."""
    with running(LEAVES_IN_CHILD, tmp_path / "state.json") as process:
        assert process.stdout is not None
        output = process.stdout.read()
    assert "child:" in output
    assert "fork" in output
    assert "parent: 1" in output
