"""A call that fails gives one of our errors; the old file stays whole, with nothing beside it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

import outlive
from outlive.disk.atomic import _replacing_bytes
from outlive.disk.fs import FileSystem, translate
from outlive.disk.replacement import rename_patiently
from outlive.formats import resolve
from outlive.store import Store

from .faulty import FaultyFileSystem

Error = int | Literal["short"]
ERRORS: list[Error] = [errno.ENOSPC, errno.EIO, errno.EINTR, "short"]
NAME = "state.json"
OLD, NEW = b'{"n": 1}', b'{"n": 2}'


def open_store(directory: Path, fs: FileSystem, keep: int = 0) -> Store[dict[str, int]]:
    """The store under test."""
    path = str(directory / NAME)
    return Store(path, {}, resolve(None, path), keep=keep, timeout=0.05, fs=fs)


def calls_of_a_commit(tmp_path: Path, keep: int = 0, existing: bool = True) -> range:
    """The numbers of the calls that a commit makes when nothing fails."""
    directory = fresh(tmp_path / "count", existing)
    fs = FaultyFileSystem(directory)
    store = open_store(directory, fs, keep)
    first = len(fs.calls)
    store.value = {"n": 2}
    store.commit()
    return range(first, len(fs.calls))


def fresh(directory: Path, existing: bool = True) -> Path:
    """The directory, empty but for the file."""
    directory.mkdir(exist_ok=True)
    for path in directory.iterdir():
        path.unlink()
    if existing:
        (directory / NAME).write_bytes(OLD)
    return directory


def content(directory: Path) -> bytes | None:
    """What the file holds, None if there is none."""
    return (directory / NAME).read_bytes() if (directory / NAME).exists() else None


def failing_commits(
    tmp_path: Path, error: Error, keep: int, existing: bool
) -> Iterator[tuple[FaultyFileSystem, Store[dict[str, int]], outlive.OutliveError | None]]:
    """Let each call of a commit fail in turn."""
    for call in calls_of_a_commit(tmp_path, keep, existing):
        directory = fresh(tmp_path / "live", existing)
        fs = FaultyFileSystem(directory, fail=call, error=error)
        store = open_store(directory, fs, keep)
        store.value = {"n": 2}
        raised = None
        try:
            store.commit()
        except outlive.OutliveError as caught:
            raised = caught
        yield fs, store, raised


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("error", ERRORS)
def test_a_failed_call_changes_nothing(
    tmp_path: Path, error: Error, keep: int, existing: bool
) -> None:
    """Whichever call of a commit fails: the error is ours, the old file is whole."""
    failures = 0
    for fs, store, raised in failing_commits(tmp_path, error, keep, existing):
        directory, failed = Path(fs.directory), fs.calls[fs.fail]
        assert store.value == {"n": 2}, failed
        if raised is None:
            assert content(directory) == NEW, failed
        else:
            failures += 1
            assert NAME in str(raised), failed
            assert content(directory) == (OLD if existing else None), failed
            assert isinstance(raised, outlive.FullError) == (error == errno.ENOSPC), failed
        # Whether a lock file is in use can only be told by who has the lock: the next one does.
        lock_failed = (
            failed in ("unlink", "stat", "fstat")
            if raised is None
            else "lock failed" in str(raised)
        )
        harmless = {".state.json.outlive-lock"} if lock_failed else set()
        allowed = {NAME, f"{NAME}.version-1", *harmless} if raised is None else {NAME, *harmless}
        assert {path.name for path in directory.iterdir()} <= allowed, failed
        assert not fs.open_files, failed
    assert (failures > 8) == (error != "short")  # a short write is written on, not an error


@pytest.mark.parametrize("error", ERRORS)
def test_the_commit_after_a_failed_one(tmp_path: Path, error: Error) -> None:
    """After a failure the same store commits, unless an fsync failed: then only one opened anew."""
    for fs, store, raised in failing_commits(tmp_path, error, 0, existing=True):
        if raised is not None and fs.calls[fs.fail] == "fsync":
            with pytest.raises(outlive.DiskError, match="open the store again"):
                store.commit()
            assert content(Path(fs.directory)) == OLD
            store = open_store(Path(fs.directory), fs)  # noqa: PLW2901  # that is what one has to do
            store.value = {"n": 2}
        store.commit()
        assert content(Path(fs.directory)) == NEW
        assert [path.name for path in Path(fs.directory).iterdir()] == [NAME]


@pytest.mark.parametrize("error", ERRORS)
def test_a_failed_call_while_opening(tmp_path: Path, error: Error) -> None:
    """Whichever call of opening fails: the error is ours, no descriptor stays open."""
    directory = fresh(tmp_path)
    whole = FaultyFileSystem(directory)
    open_store(directory, whole)
    for call in range(len(whole.calls)):
        fs = FaultyFileSystem(directory, fail=call, error=error)
        try:
            assert open_store(directory, fs).value == {"n": 1}
        except outlive.DiskError as raised:
            assert NAME in str(raised)
        assert not fs.open_files
        assert [path.name for path in directory.iterdir()] == [NAME]


@pytest.mark.parametrize("error", ERRORS)
def test_a_failed_call_while_replacing(tmp_path: Path, error: Error) -> None:
    """`replacing` keeps the old file too, whichever call fails."""
    call = 0
    while True:
        directory = fresh(tmp_path)
        fs = FaultyFileSystem(directory, fail=call, error=error)
        raised = None
        try:
            with _replacing_bytes(str(directory / NAME), "full", fs) as file:
                file.write(b"new " * 10_000)
                file.seek(0)
                file.write(b"NEW ")
        except outlive.DiskError as caught:
            raised = caught
        expected = b"NEW " + b"new " * 9_999 if raised is None else OLD
        assert content(directory) == expected
        assert [path.name for path in directory.iterdir()] == [NAME]
        assert not fs.open_files
        if call >= len(fs.calls):
            break
        call += 1
    assert call > 8


def test_every_errno_becomes_an_error_with_a_next_step() -> None:
    """Each errno of this system gives a DiskError that names the file and what to do."""
    for number in errno.errorcode:
        error = translate(OSError(number, "x"), "/a/b.json", "write")
        assert isinstance(error, OSError)
        assert error.errno == number
        assert error.filename == "/a/b.json"
        assert "/a/b.json" in str(error)
        assert "; " in str(error)
        assert isinstance(error, outlive.FullError) == (
            number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        )


class BusyFileSystem(FileSystem):
    """Refuses to rename as Windows does while another program holds the file open."""

    def __init__(self, times: int) -> None:
        self.times = times

    def rename(self, source: str, target: str) -> None:
        self.times -= 1
        if self.times >= 0:
            raise PermissionError(errno.EACCES, "in use")
        super().rename(source, target)


def test_a_file_that_another_program_holds_open_is_waited_for(tmp_path: Path) -> None:
    """The rename is tried again a bounded number of times, then the refusal is told."""
    (tmp_path / "a").write_text("new")
    with pytest.raises(PermissionError):
        rename_patiently(BusyFileSystem(3), str(tmp_path / "a"), str(tmp_path / "b"), (0, 0))
    rename_patiently(BusyFileSystem(2), str(tmp_path / "a"), str(tmp_path / "b"), (0, 0))
    assert (tmp_path / "b").read_text() == "new"


def test_an_undone_commit_keeps_mode(tmp_path: Path) -> None:
    """If the directory cannot be synced, the old file comes back with its mode."""
    directory = fresh(tmp_path)
    os.chmod(directory / NAME, 0o640)
    store = open_store(directory, whole := FaultyFileSystem(directory))
    store.value = {"n": 2}
    store.commit()
    last = max(i for i, call in enumerate(whole.calls) if call == "fsync")
    fresh(directory)
    os.chmod(directory / NAME, 0o640)
    store = open_store(directory, FaultyFileSystem(directory, fail=last, error=errno.EIO))
    store.value = {"n": 2}
    with pytest.raises(outlive.DiskError, match="fsync"):
        store.commit()
    assert content(directory) == OLD
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o640


def test_the_error_of_a_block_is_not_hidden(tmp_path: Path) -> None:
    """What a failed block had written is thrown away, not flushed to a disk that may be full."""
    directory = fresh(tmp_path)
    whole = FaultyFileSystem(directory)
    with _replacing_bytes(str(directory / NAME), "full", whole) as file:
        file.write(b"new")
    write = whole.calls.index("write")
    fresh(directory)
    fs = FaultyFileSystem(directory, fail=write, error=errno.ENOSPC)
    with pytest.raises(KeyError), _replacing_bytes(str(directory / NAME), "full", fs) as file:
        file.write(b"new")
        raise KeyError
    assert content(directory) == OLD
