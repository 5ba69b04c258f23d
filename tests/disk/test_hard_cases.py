"""Cases that are easy to get wrong: several users, forks, Ctrl-C, a disk that fails twice."""

from __future__ import annotations

import errno
import json
import os
import stat
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive.disk.fs import FileSystem
from outlive.disk.lock import Lock
from outlive.formats import resolve
from outlive.store import Store

from ..files import names, run_python
from .faulty import FaultyFileSystem, crash_images

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to be other users"
)


def store_on(path: Path, fs: FileSystem, **options: Any) -> Store[Any]:
    """A store on a file system that is stood in for."""
    return Store(str(path), {}, resolve(None, str(path)), fs=fs, **options)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory that a group shares, reachable for every user."""
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o111)
    os.chown(tmp_path, 0, 2000)
    tmp_path.chmod(0o770)
    return tmp_path


def as_user(uid: int, program: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a Python program as a member of the group 2000."""
    become = (
        "import os, sys, time, outlive; outlive.open, outlive.replace\n"
        f"os.setgroups([2000]); os.setgid({uid}); os.setuid({uid})"
    )
    command = [sys.executable, "-c", f"{become}\n{program}", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def output(process: subprocess.Popen[str]) -> str:
    """What the program printed."""
    return process.communicate()[0].strip()


# -- several users


@as_root
def test_a_shared_file_stays_shared(shared: Path) -> None:
    """Where the group could be kept, its permissions are, whoever of it writes."""
    path = shared / "a.json"
    path.write_text("0")
    os.chown(path, 1001, 2000)
    path.chmod(0o660)
    program = "outlive.open(sys.argv[1]).update(lambda n: n + 1)"
    for uid in (1002, 1001, 1002):
        assert output(as_user(uid, program, path)) == ""
    status = path.stat()
    assert (path.read_text(), status.st_gid, stat.S_IMODE(status.st_mode)) == ("3", 2000, 0o660)


HOLD = """
with outlive.open(sys.argv[1], default=0):
    print("in", flush=True)
    time.sleep(60)
"""
TRY = """
try: outlive.open(sys.argv[1], default=0, timeout=0.1).update(lambda n: n)
except outlive.OutliveError as error: print(type(error).__name__, error)
"""


@as_root
def test_users_wait_for_each_other(shared: Path) -> None:
    """A lock that another user holds is waited for; one that a killed user left is taken over."""
    for uid, other in ((1001, 1002), (1002, 1001)):  # the second takes over what the first left
        holder = as_user(uid, HOLD, shared / "a.json")
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "in\n"
            found = output(as_user(other, TRY, shared / "a.json"))
            assert found.startswith("LockedError")
            assert str(holder.pid) in found
        finally:
            holder.kill()
            holder.communicate()
    assert output(as_user(1002, TRY, shared / "a.json")) == ""
    assert names(shared) == ["a.json"]


@as_root
def test_another_users_litter_is_not_in_the_way(shared: Path) -> None:
    """A temporary file that we may not remove is left, and the next number taken."""
    (shared / ".a.outlive-0.tmp").write_text("half")
    (shared / ".a.outlive-0.tmp").chmod(0o600)
    shared.chmod(0o1777)
    assert output(as_user(1001, "outlive.replace(sys.argv[1], 'new')", shared / "a")) == ""
    assert names(shared) == [".a.outlive-0.tmp", "a"]
    for number in range(100):
        (shared / f".a.outlive-{number}.tmp").write_text("half")
        (shared / f".a.outlive-{number}.tmp").chmod(0o600)
    program = "try: outlive.replace(sys.argv[1], 'x')\nexcept outlive.DiskError as e: print(e)"
    assert "remove" in output(as_user(1001, program, shared / "a"))


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="this system has no extended attributes")
def test_a_default_access_list_widens_nothing(tmp_path: Path) -> None:
    """A file without an access list has none after a commit, whatever its directory gives."""
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    # As `setfacl -d -m u:1003:rwx`: owner, user 1003, group, mask, others, each (tag, bits, id).
    entries = ((1, 7, -1), (2, 7, 1003), (4, 5, -1), (16, 7, -1), (32, 5, -1))
    packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", struct.pack("<I", 2) + packed)
    except OSError as error:
        pytest.skip(f"no access lists on this file system: {error}")
    (tmp_path / "new").touch()
    assert "system.posix_acl_access" in os.listxattr(tmp_path / "new")
    outlive.replace(path, "new")
    assert "system.posix_acl_access" not in os.listxattr(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


# -- what is not a file


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    """A named pipe, or a device, does not turn into a file."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(outlive.DiskError, match="pipe"):
        outlive.replace(tmp_path / "pipe", "x")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


# -- forks and threads


def test_a_child_cannot_end_the_replacement_of_its_parent(tmp_path: Path) -> None:
    """Forked inside `replacing`, a child neither replaces the file nor removes the parent's."""
    program = (
        "import os, outlive, sys\n"
        "try:\n"
        "    with outlive.replacing(sys.argv[1], 'w') as file:\n"
        "        file.write('half')\n"
        "        file.flush()\n"
        "        child = os.fork()\n"
        "        if child:\n"
        "            print(os.waitpid(child, 0)[1], flush=True)\n"
        "            file.write(' and half')\n"
        "except outlive.LockedError:\n"
        "    os._exit(7)\n"
    )
    printed = run_python(program, tmp_path / "a")
    assert os.waitstatus_to_exitcode(int(printed)) == 7
    assert (tmp_path / "a").read_text() == "half and half"
    assert names(tmp_path) == ["a"]


def test_reload_waits_for_a_block_of_another_thread(tmp_path: Path) -> None:
    """Nobody takes the value away under a block: reload and rollback raise LockedError."""
    store = outlive.open(tmp_path / "a.json", default=list, timeout=0.05)
    errors: list[outlive.LockedError] = []

    def meddle() -> None:
        for method in (store.reload, store.rollback):
            try:
                method()
            except outlive.LockedError as error:
                errors.append(error)

    with store:
        store.value.append(1)
        thread = threading.Thread(target=meddle)
        thread.start()
        thread.join()
        store.reload()  # its own thread may
        store.value.append(2)
    assert len(errors) == 2
    assert (tmp_path / "a.json").read_text() == "[2]"


# -- the lock


def test_who_takes_the_lock_again_and_again_starves_nobody(tmp_path: Path) -> None:
    """A holder that hardly ever leaves lets those who wait have their turn."""
    stop = threading.Event()

    def hog() -> None:
        held = Lock(str(tmp_path / "a"), timeout=None)
        while not stop.is_set():
            with held:
                time.sleep(0.05)

    thread = threading.Thread(target=hog)
    thread.start()
    try:
        for _ in range(5):
            with Lock(str(tmp_path / "a"), timeout=5):
                pass
    finally:
        stop.set()
        thread.join()
    assert names(tmp_path) == []


def test_a_queue_that_a_killed_waiter_left_is_taken_over(tmp_path: Path) -> None:
    """Its file neither blocks the others nor stays."""
    (tmp_path / ".a.outlive-queue").write_text("")
    with Lock(str(tmp_path / "a"), timeout=1):
        assert names(tmp_path) == [".a.outlive-lock"]
    assert names(tmp_path) == []


def test_a_holder_removes_no_lock_but_its_own(tmp_path: Path) -> None:
    """If someone deletes the lock file by hand, the harm does not spread to those who follow."""
    first, second = (Lock(str(tmp_path / "a"), timeout=0.05) for _ in range(2))
    first.acquire()
    (tmp_path / ".a.outlive-lock").unlink()
    second.acquire()
    first.release()
    with pytest.raises(outlive.LockedError):
        Lock(str(tmp_path / "a"), timeout=0.05).acquire()
    second.release()


# -- durable, or not


def test_a_commit_of_what_is_there_already_is_durable_too(tmp_path: Path) -> None:
    """A commit that was cut before its last fsync is not taken for done by the next one."""
    live = tmp_path / "live"
    live.mkdir()
    (live / "a.json").write_text('{"n": 1}')
    fs = FaultyFileSystem(live)
    store_on(live / "a.json", fs, sync="os").update(lambda _: {"n": 2})
    store = store_on(live / "a.json", fs)
    store.commit()
    (image,) = crash_images(fs, len(fs.log), "nothing")
    image.write_to(tmp_path / "after")
    assert (tmp_path / "after" / "a.json").read_text() == '{"n": 2}'
    calls = len(fs.calls)
    store.commit()
    assert "fsync" not in fs.calls[calls:]


class FailsTwice(FaultyFileSystem):
    """Cannot sync the directory, and then has no room to put the old file back."""

    syncs = 0

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        self.syncs += 1
        if self.syncs == 2:
            raise OSError(errno.EIO, "")

    def write(self, fd: int, data: bytes | memoryview) -> int:
        if self.syncs == 2:
            self.syncs += 1
            raise OSError(errno.ENOSPC, "")
        return super().write(fd, data)


def test_a_disk_that_fails_twice(tmp_path: Path) -> None:
    """If the old file cannot be put back the error says so, and its version stays."""
    (tmp_path / "a.json").write_text('{"n": 1}')
    store = store_on(tmp_path / "a.json", FailsTwice(tmp_path), keep=1)
    store.value = {"n": 2}
    with pytest.raises(outlive.DiskError, match=r"fsync failed.*could not be put back") as caught:
        store.commit()
    assert not isinstance(caught.value, outlive.FullError)
    assert (tmp_path / "a.json").read_text() == '{"n": 2}'
    assert (tmp_path / "a.json.version-1").read_text() == '{"n": 1}'
    with pytest.raises(outlive.DiskError, match="open the store again"):
        store.commit()


class Interrupted(FaultyFileSystem):
    """Is interrupted by Ctrl-C after one of its calls."""

    interrupt_after = -1

    def _call(self, name: str) -> None:
        super()._call(name)
        if len(self.calls) - 1 == self.interrupt_after:
            raise KeyboardInterrupt

    def rename(self, source: str, target: str) -> None:
        self.interrupt_after, wanted = -1, self.interrupt_after
        super().rename(source, target)
        if len(self.calls) - 1 == wanted:  # not before: the file is replaced, and nobody noted it
            raise KeyboardInterrupt
        self.interrupt_after = wanted


@pytest.mark.parametrize("keep", [0, 1])
def test_ctrl_c_in_a_commit(tmp_path: Path, keep: int) -> None:
    """Wherever it comes, value and file agree, and a last commit on the way out succeeds."""
    path = tmp_path / "a.json"
    stood = 0
    for call in range(200):
        path.write_text('{"n": 1}')
        fs = Interrupted(tmp_path)
        store = store_on(path, fs, keep=keep, timeout=0.5)
        fs.interrupt_after = len(fs.calls) + call
        try:
            store.update(lambda value: {"n": value["n"] + 1})
        except KeyboardInterrupt:
            pass
        else:
            break
        fs.interrupt_after = -1
        assert store.value == json.loads(path.read_text())
        stood += store.value == {"n": 2}
        if keep and store.value == {"n": 2}:
            assert Path(store.history()[0].path).read_text() == '{"n": 1}'
        store.value["stopped"] = True
        store.commit()
        assert outlive.open(path, timeout=0.5).value["stopped"]
        for name in names(tmp_path):
            assert name.startswith("a.json"), name
            (tmp_path / name).unlink()
    assert stood > 2
    assert call > 20


def test_a_lock_that_only_its_maker_may_write(shared: Path) -> None:
    """A lock file whose maker was killed before everyone was let in shuts nobody out."""
    if os.geteuid() != 0:
        pytest.skip("needs root to be another user")
    (shared / ".a.json.outlive-lock").touch(mode=0o644)
    assert output(as_user(1001, TRY, shared / "a.json")) == ""
    assert names(shared) == ["a.json"]


class NoDescriptors(FaultyFileSystem):
    """Has no descriptor left for what is opened while `full` is set."""

    full = False

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        if self.full and path.endswith("a.json") and not flags & os.O_NONBLOCK:
            raise OSError(errno.EMFILE, "")
        return super().open(path, flags, mode)


def test_a_sync_that_never_began_does_not_shut_the_store(tmp_path: Path) -> None:
    """Only an fsync that failed leaves the disk in doubt, not a file that could not be opened."""
    (tmp_path / "a.json").write_text('{"n": 1}')
    fs = NoDescriptors(tmp_path)
    store = store_on(tmp_path / "a.json", fs)
    fs.full = True
    with pytest.raises(outlive.DiskError, match="close some files"):
        store.commit()
    fs.full = False
    store.value["n"] = 2
    store.commit()
    assert (tmp_path / "a.json").read_text() == '{"n": 2}'
