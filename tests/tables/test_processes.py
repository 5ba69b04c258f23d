"""Several processes on one storage: readers beside a writer, a writer that is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outlive.errors import LockedError
from outlive.tables import Storage

from .programs import DESCRIPTION, check, step


def start(what: str, path: Path) -> subprocess.Popen[bytes]:
    """Start one of the programs."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tables.programs", what, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("commits", [80, pytest.param(500, marks=pytest.mark.slow)])
def test_readers_see_whole_commits_while_a_writer_commits_and_compacts(
    tmp_path: Path, commits: int
) -> None:
    """In 4 processes every snapshot stays the commit that it opened on."""
    path = tmp_path / "a.db"
    with Storage(path) as storage:
        table = storage.getas(DESCRIPTION)
        step(table, 1, 0)
        storage.commit()
        readers = [start("read", path) for _ in range(4)]
        for number in range(2, commits + 2):
            step(table, number, 2000)
            storage.commit()
            if number % (commits // 5) == 0:
                storage.compact()
        answers = [reader.communicate(timeout=60)[0].split() for reader in readers]
        assert [reader.returncode for reader in readers] == [0] * 4
        assert all(int(rounds) > 5 for rounds, _ in answers)
        assert check(storage) == commits + 1


def kill(path: Path, times: int) -> None:
    """Kill a writer so many times; what is there then is the last commit, or the one after it."""
    moments = random.Random(2)
    acknowledged = 0
    for _ in range(times):
        writer = start("write", path)
        assert writer.stdout
        first = writer.stdout.readline()
        time.sleep(moments.random() * 0.1)
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = int((first + writer.communicate()[0]).split()[-1])
        with Storage(path, mode="r") as storage:
            assert acknowledged <= check(storage) <= acknowledged + 1
    assert acknowledged > times


def test_a_killed_writer_loses_nothing(tmp_path: Path) -> None:
    """After each kill the storage opens on the last commit that was acknowledged, or the next."""
    kill(tmp_path / "a.db", 10)


@pytest.mark.slow
def test_a_writer_that_is_killed_200_times_loses_nothing(tmp_path: Path) -> None:
    """The same, as often as it takes to meet the rare moments."""
    kill(tmp_path / "a.db", 200)


def test_a_second_writer_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    """LockedError has the pid of the process that writes."""
    writer = start("write", tmp_path / "a.db")
    assert writer.stdout
    writer.stdout.readline()
    with pytest.raises(LockedError) as caught:
        Storage(tmp_path / "a.db")
    writer.kill()
    writer.communicate()
    assert caught.value.pid == writer.pid
    Storage(tmp_path / "a.db").close()
