"""The lock that keeps writers apart."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

import outlive
from outlive.disk.lock import Lock


def lock(path: Path, timeout: float | None = 0.05) -> Lock:
    """A lock of the file at `path`."""
    return Lock(str(path), timeout=timeout)


def test_the_lock_file_is_hidden_and_goes_with_its_holder(tmp_path: Path) -> None:
    """While held there is one hidden file with the pid in it; afterwards there is none."""
    with lock(tmp_path / "a"):
        (file,) = tmp_path.iterdir()
        assert file.name == ".a.outlive-lock"
        assert file.read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_reentrant(tmp_path: Path) -> None:
    """Its thread may enter it again; it is free after the last exit."""
    held = lock(tmp_path / "a")
    with held, held:
        assert held.depth == 2
        with pytest.raises(outlive.LockedError):
            lock(tmp_path / "a").acquire()
    with lock(tmp_path / "a"):
        pass


def test_two_names_of_one_file_have_one_lock(tmp_path: Path) -> None:
    """A symbolic link and its target are locked together."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("sub/a")
    with lock(tmp_path / "link"):
        assert [file.name for file in (tmp_path / "sub").iterdir()] == [".a.outlive-lock"]
        with pytest.raises(outlive.LockedError):
            lock(tmp_path / "sub" / "a").acquire()


def test_who_waits_without_limit_gets_it(tmp_path: Path) -> None:
    """timeout=None waits until the holder leaves; an endless number does as well."""
    held = lock(tmp_path / "a")
    held.acquire()
    got: list[float | None] = []

    def wait(timeout: float | None) -> None:
        with lock(tmp_path / "a", timeout):
            got.append(timeout)

    threads = [threading.Thread(target=wait, args=(limit,)) for limit in (None, float("inf"))]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    assert got == []
    held.release()
    for thread in threads:
        thread.join()
    assert len(got) == 2


def test_a_lock_file_of_a_killed_holder_is_taken_over(tmp_path: Path) -> None:
    """What a killed process left says nothing, however long the pid in it."""
    (tmp_path / ".a.outlive-lock").write_text("999999999999\n")
    with lock(tmp_path / "a"):
        assert (tmp_path / ".a.outlive-lock").read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def add_often(directory: str, times: int) -> None:
    """Count in a plain file, read and written apart, as only a lock makes right."""
    path = Path(directory, "count")
    for _ in range(times):
        with lock(path, 60):
            path.write_text(str(int(path.read_text()) + 1))


def test_a_waiter_never_holds_a_removed_lock_file(tmp_path: Path) -> None:
    """Holders come and go, each removing the file: still there is one at a time."""
    (tmp_path / "count").write_text("0")
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=add_often, args=(str(tmp_path), 300)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "count").read_text() == "1200"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]
