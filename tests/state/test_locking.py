"""A State has one writer: who comes second is told, or waits."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

import outlive
from outlive import State

from ..files import names_beside
from ..test_processes import line, running
from .on_disk import entries, kept


def test_a_second_opener_is_told_who_has_it(path: Path) -> None:
    """LockedError with the pid, in the same process; the first goes on; then it is free."""
    with State(path, k=0) as first:
        with pytest.raises(outlive.LockedError, match=str(os.getpid())) as caught:
            State(path)
        assert caught.value.pid == os.getpid()
        first.k = 1
        assert kept(path) == {"k": 1}
    with State(path) as second:
        assert second.k == 1


HOLDER = """
import sys, time
from outlive import State
state = State(sys.argv[1], k=0)
state.k += 1
state.list = [1]
state.list.append(2)
print("in", flush=True)
if sys.stdin.readline() == "close":
    state.close()
time.sleep(60)
"""


def test_another_process_is_told_who_has_it(path: Path) -> None:
    """LockedError with the pid; timeout= waits; who is killed frees it at once, with all kept."""
    with running(HOLDER.replace("sys.stdin.readline()", "''"), path) as holder:
        assert line(holder) == "in"
        began = time.monotonic()
        with pytest.raises(outlive.LockedError, match=str(holder.pid)) as caught:
            State(path, timeout=0.2)
        assert 0.2 <= time.monotonic() - began < 5
        assert caught.value.pid == holder.pid
        holder.kill()
        holder.wait()
        with State(path, strict=True) as state:
            assert state == {"k": 1, "list": [1, 2]}
    assert names_beside(path) == ["a.state"]


@pytest.mark.parametrize("timeout", [10, None])
def test_who_waits_gets_it_when_it_is_closed(path: Path, timeout: float | None) -> None:
    """With what the first one left."""
    first = State(path, k=0)

    def end() -> None:
        first.k = 5
        first.close()

    threading.Timer(0.15, end).start()
    with State(path, timeout=timeout) as second:
        assert second.k == 5
        assert entries(path) == 0


def test_nobody_holds_a_file_that_could_not_be_opened(path: Path) -> None:
    """After any error of the opening the file is free, and no descriptor stays open."""
    fds = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    path.write_text("a: [\n")
    for _ in range(3):
        with pytest.raises(outlive.CorruptError):
            State(path)
    path.write_text("a: 1\n")
    with pytest.raises(outlive.FormatError):
        State(path, b={1})
    assert path.read_text() == "a: 1\n"
    with State(path) as state:
        state.b = 1
    assert not fds or len(os.listdir("/proc/self/fd")) == fds
