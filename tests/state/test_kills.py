"""A program that is killed, at any moment, loses nothing that it was told is kept."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive

from ..files import names

NAME = "kills.state"

# One process that has everything imported forks a child for each life: that is quick. The child
# says "3" when the statements of the third round are kept; the parent says the pid, and "end".
PROGRAM = """
import itertools, os, sys
import outlive
from outlive.state import recorder

recorder._LEAST = recorder._EDITED = 300  # bytes: a vacuum every few changes
recorder._PLAIN = 1

def live(path, sync):
    state = outlive.State(path, sync=sync)
    for n in itertools.count(state.done + 1):
        state.n = n
        if n not in state.log:
            state.log.append(n)
        with state.transaction():
            state.done = n
            state.ann -= n
            state.people["bob"][0] += n
            state.people[f"p{n % 7}"] = [n]
        if len(state.log) > 20:
            del state.log[:10]
        os.write(1, b"%d\\n" % n)
        if n % 50 == 0:
            state.close()
            state = outlive.State(path, sync=sync)

for line in sys.stdin.buffer:
    pid = os.fork()
    if not pid:
        live(sys.argv[1], line.decode().strip())
    os.write(1, b"pid %d\\n" % pid)
    os.waitpid(pid, 0)
    os.write(1, b"end\\n")
"""


class Lives:
    """The process that lives and is killed, again and again."""

    def __init__(self, path: Path) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.program.stdin
        assert self.program.stdout
        self.orders, self.answers = self.program.stdin, self.program.stdout

    def one(self, sync: str, seconds: float) -> int:
        """Live for some time; the last number that was acknowledged."""
        self.orders.write(sync.encode() + b"\n")
        self.orders.flush()
        last, line = 0, b""
        while not line.startswith(b"pid"):
            line = self.answers.readline()
            last = int(line) if line.strip().isdigit() else last
        time.sleep(seconds)
        os.kill(int(line.split()[1]), signal.SIGKILL)
        while (line := self.answers.readline()) != b"end\n":
            last = int(line)
        return last

    def end(self) -> None:
        """Let the parent end by itself."""
        self.orders.close()
        assert self.program.wait(10) == 0
        self.answers.close()


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    """Lives on a file that a person wrote."""
    text = "# Counts.\nn: 0  # so far\n\ndone: 0\nlog: []\nann: 0\npeople:\n  bob: [0]\n"
    (tmp_path / NAME).write_text(text)
    lives = Lives(tmp_path / NAME)
    yield lives
    lives.end()


def check(state: Any, acknowledged: int) -> int:
    """All that has to hold; returns how many rounds were made."""
    done, log = state.done, list(state.log)
    assert acknowledged <= done <= acknowledged + 1
    assert state.people["bob"] == [done * (done + 1) // 2] == [-state.ann]
    assert all(state.people[f"p{n % 7}"] == [n] for n in range(max(1, done - 6), done + 1))
    end = log[-1] if log else 0
    assert done <= end <= state.n <= done + 1
    assert log == list(range(end + 1 - len(log), end + 1))
    return int(done)


def kill(directory: Path, lives: Lives, times: int) -> None:
    """Kill so many times; now and then read, or go on with, what is left."""
    moments, seen = random.Random(1), set[str]()
    reached = 0
    for number in range(times):
        sync = moments.choice(["os", "os", "full"])
        reached = max(reached, lives.one(sync, moments.random() ** 2 * 0.05))
        seen.update(names(directory))
        with warnings.catch_warnings():
            # A signal may end a write at the border of two pages; that entry was not acknowledged.
            warnings.simplefilter("ignore", outlive.RecoveryWarning)
            if number % 3:
                reached = check(outlive.State(directory / NAME, mode="r"), reached)
                continue
            with outlive.State(directory / NAME) as state:
                reached = check(state, reached)
        assert set(names(directory)) <= {NAME, f"{NAME}.lost"}
    assert reached > times
    hidden = {f".{NAME}.outlive-{what}" for what in ("lock", "journal", "0.tmp")}
    assert seen >= hidden  # so some were killed while they replaced the file
    assert (directory / NAME).read_text().startswith("# Counts.\nn: ")


@pytest.mark.parametrize("times", [150, pytest.param(500, marks=pytest.mark.slow)])
def test_kills(tmp_path: Path, lives: Lives, times: int) -> None:
    """After each kill the file opens, nothing acknowledged is lost, no litter stays for long."""
    kill(tmp_path, lives, times)
