"""What stands beside a file: whose it is, what dead programs left, and copies before a repair."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

import outlive
from outlive.disk import copies, litter, permissions
from outlive.disk.fs import FileSystem
from outlive.disk.placing import placing

from ..files import names, names_beside
from .faulty import FaultyFileSystem

BLOCK = "with outlive.open(path, default=0) as store: wait()"
REPLACING = "with outlive.replacing(path) as file: file.write(b'half'); wait()"
WAITING = "outlive.open(path, default=0, timeout=None).update(lambda n: (wait(), n + 1)[1])"
HEAD = """
import sys, outlive
def wait():
    print("there", flush=True)
    sys.stdin.read()
path = sys.argv[1]
"""


@contextmanager
def program(body: str, path: Path, *, is_there: bool = True) -> Iterator[subprocess.Popen[str]]:
    """A program that has come to its `wait()`; it is killed at the end of the block."""
    command = [sys.executable, "-c", HEAD + body, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        if is_there:
            assert process.stdout.readline() == "there\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def left_by(body: str, path: Path) -> None:
    """Let a program come to its `wait()`, and kill it there."""
    with program(body, path):
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that a program wrote."""
    file = tmp_path / "a.json"
    file.write_text("1")
    return file


@pytest.mark.parametrize(("body", "name"), [(BLOCK, "lock"), (REPLACING, "0.tmp")])
def test_what_a_killed_program_left_is_litter(path: Path, body: str, name: str) -> None:
    """While the program lives its files are its own; once it was killed they are told, and go."""
    file = str(path)
    with program(body, path):
        assert litter.faults(file) == []
        litter.sweep(file)
        assert names_beside(path) == [f".a.json.outlive-{name}", "a.json"]
    found = litter.faults(file)
    assert [fault.where for fault in found] == [f"{path.parent}/.a.json.outlive-{name}"]
    assert found[0].is_repairable
    assert litter.gone(found) == []
    litter.sweep(file)
    assert names_beside(path) == ["a.json"]
    assert len(litter.gone(found)) == 1
    assert litter.faults(file) == []


def test_the_queue_of_a_killed_program_is_litter(path: Path) -> None:
    """One who waited for the lock and was killed leaves the queue, which is told only then."""
    queue = path.parent / ".a.json.outlive-queue"
    with program(BLOCK, path), program(WAITING, path, is_there=False):
        while not queue.exists():
            pass
        assert litter.faults(str(path)) == []
    assert {Path(fault.where).name for fault in litter.faults(str(path))} == {
        ".a.json.outlive-lock",
        ".a.json.outlive-queue",
    }
    litter.sweep(str(path))
    assert names_beside(path) == ["a.json"]


def test_the_holder_is_a_process_that_lives(path: Path) -> None:
    """The pid of who holds the lock is known while they do, and not when they are dead."""
    assert litter.holder(str(path)) is None
    with program(BLOCK, path) as process:
        assert litter.holder(str(path)) == process.pid
    assert litter.holder(str(path)) is None


def test_a_pid_that_another_program_has_by_now_holds_nothing(path: Path) -> None:
    """A lock file that names a living program which has it not open is litter all the same."""
    lock = path.parent / ".a.json.outlive-lock"
    lock.write_text(f"{os.getpid()}\n")
    assert litter.holder(str(path)) is None
    assert [fault.where for fault in litter.faults(str(path))] == [str(lock)]
    lock.write_text("1\n")  # a process that nobody may look into, unless they are root
    assert litter.holder(str(path)) == (None if os.geteuid() == 0 else 1)


class NoLocks(FileSystem):
    """The real file system, on which nobody tries a lock."""

    def try_lock(self, fd: int) -> bool:
        """Say what was tried."""
        raise AssertionError(f"the lock of {fd} was tried")


def test_to_look_at_a_live_program_takes_no_lock(path: Path) -> None:
    """Whoever opens the store at that moment, without waiting, is never refused because of it."""
    with program(BLOCK, path) as process:
        path.with_name(".a.json.outlive-0.tmp").write_text("of the one who writes")
        assert litter.faults(str(path), NoLocks()) == []
        assert litter.holder(str(path), NoLocks()) == process.pid


def test_what_is_a_persons_is_told_and_stays(path: Path) -> None:
    """NAME.lost and its like are for a person; versions are in order, and other names others'."""
    for end in ("lost", "edited", "edited-2", "before-repair", "before-repair-2"):
        path.with_name(f"a.json.{end}").write_text("x")
    for other in (
        "a.json.lost-2",
        "a.json.version-1",
        "a.json.version-01",
        "a.json.losts",
        "b.json",
    ):
        path.with_name(other).write_text("x")
    path.with_name(".aXjson.outlive-lock").write_text("1")
    before = names_beside(path)
    found = litter.faults(str(path))
    assert [(Path(fault.where).name, fault.is_repairable) for fault in found] == [
        ("a.json.before-repair", False),
        ("a.json.before-repair-2", False),
        ("a.json.edited", False),
        ("a.json.edited-2", False),
        ("a.json.lost", False),
    ]
    litter.sweep(str(path))
    assert names_beside(path) == before
    kinds = {Path(each.path).name: each[1:] for each in litter.listed(str(path))}
    assert kinds["a.json.version-1"] == ("version", 1)
    assert kinds["a.json.edited-2"] == ("edited", 2)
    assert len(kinds) == 6


def test_behind_a_link_it_lies_beside_the_target(path: Path, tmp_path: Path) -> None:
    """What belongs to a file that a link leads to is found from the link."""
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "l.json"
    link.symlink_to(path)
    left_by(BLOCK, path)
    assert len(litter.faults(str(link))) == 1
    with copies.before_repair(str(link)) as name:
        assert name == f"{path}.before-repair"


# -- copies


def test_a_copy_is_the_file_with_its_mode(path: Path) -> None:
    """A copy has bytes and mode of the file; the next has another name; the work is told."""
    path.write_bytes(os.urandom(10_000_000))
    path.chmod(0o640)
    told: list[tuple[int, int]] = []
    with copies.before_repair(str(path), progress=lambda *both: told.append(both)) as name:
        assert Path(name).read_bytes() == path.read_bytes()
        assert Path(name).stat().st_mode == path.stat().st_mode
    with copies.before_repair(str(path)) as second:
        pass
    assert names_beside(path) == ["a.json", "a.json.before-repair", "a.json.before-repair-2"]
    assert second == f"{name}-2"
    assert [each[1] for each in told] == [10_000_000] * len(told)
    assert told[-1][0] == 10_000_000


def test_a_repair_that_fails_leaves_no_copy(path: Path) -> None:
    """The copy goes with what was put aside, if the file is what it was; else it stays."""

    def fail(act: Callable[[], object]) -> None:
        with pytest.raises(ZeroDivisionError), copies.before_repair(str(path)):
            act()
            raise ZeroDivisionError

    path.with_name("a.json.edited").write_text("of before")
    fail(lambda: path.with_name("a.json.lost").write_text("x"))
    assert names_beside(path) == ["a.json", "a.json.edited"]
    fail(lambda: outlive.replace(path, "2"))
    assert path.with_name("a.json.before-repair").read_text() == "1"


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, "short"])
def test_a_copy_that_fails_changes_nothing(path: Path, error: int | Literal["short"]) -> None:
    """Whichever call fails: the block is not entered and nothing is there that was not."""
    calls = -1
    fs = FaultyFileSystem(path.parent)
    with copies.before_repair(str(path), fs):
        calls = len(fs.calls)
    path.with_name("a.json.before-repair").unlink()
    failed = 0
    for number in range(calls):
        fs = FaultyFileSystem(path.parent, fail=number, error=error)
        try:
            with copies.before_repair(str(path), fs) as name:
                assert Path(name).read_text() == "1"  # the error did not matter, as at a close
                Path(name).unlink()
        except outlive.DiskError:
            failed += 1
        assert names_beside(path) == ["a.json"], fs.calls[-1]
    assert failed or error == "short"


# -- permissions


def test_a_pickle_that_others_may_write_is_told_and_tightened(path: Path) -> None:
    """What runs code when it is read must be its owner's alone; text need not."""
    path.chmod(0o664)
    path.parent.chmod(0o755)
    assert permissions.faults(str(path), runs_code=False) == []
    (found,) = permissions.faults(str(path), runs_code=True)
    assert found.is_repairable
    assert "its group" in found.what
    assert len(permissions.tighten(str(path))) == 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert permissions.tighten(str(path)) == []
    assert permissions.faults(str(path), runs_code=True) == []


def test_a_directory_that_others_may_write_is_told(path: Path) -> None:
    """Who may write in it may put another file there, unless the sticky bit forbids it."""
    path.parent.chmod(0o775)
    assert permissions.faults(str(path), runs_code=False) == []
    (found,) = permissions.faults(str(path), runs_code=True)
    assert (found.where, found.is_repairable) == (str(path.parent), False)
    path.parent.chmod(0o777)
    assert len(permissions.faults(str(path), runs_code=False)) == 1
    path.parent.chmod(0o1777)
    assert permissions.faults(str(path), runs_code=True) == []


def test_a_check_and_trust_agree(path: Path) -> None:
    """Where `outlive.open` refuses a pickle, the check tells why, and where not, it is silent."""
    pickle = path.with_name("a.pickle")
    for mode in (0o600, 0o620, 0o602, 0o644, 0o666):
        for directory in (0o700, 0o770, 0o707, 0o1777):
            with outlive.replacing(pickle) as file:
                file.write(b"N.")
            pickle.chmod(mode)
            path.parent.chmod(directory)
            try:
                outlive.open(pickle)
                is_trusted = True
            except outlive.UntrustedError:
                is_trusted = False
            assert is_trusted == (not permissions.faults(str(pickle), runs_code=True))
    path.parent.chmod(0o700)
    assert names(path.parent) == ["a.json", "a.pickle"]


def test_where_a_file_was_being_made(tmp_path: Path) -> None:
    """The directory of a killed maker is litter; that of a living one is left alone."""
    path = tmp_path / "a.json"
    with placing(path) as name:
        Path(name).write_text("[]")
        assert not litter.faults(str(path))
    left = tmp_path / ".a.json.outlive-new"
    left.mkdir()
    (left / "a.json").write_text("[1")
    found = litter.faults(str(path))
    assert [each.where for each in found] == [str(left)]
    litter.sweep(str(path))
    assert litter.gone(found) == [f"removed {left}, which a program that was killed had left"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
