"""`placing`: a file that is made aside, and is in its place whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import outlive
from outlive.disk.fs import FileSystem
from outlive.disk.placing import placing


def test_a_new_file(tmp_path: Path) -> None:
    """It is there at the end of the block, and nothing else; the directory of the block is ours."""
    path = tmp_path / "a.json"
    with placing(path) as name:
        Path(name).write_text("1")
        Path(f"{name}-lock").write_text("litter")
        assert not path.exists()
        assert os.stat(os.path.dirname(name)).st_mode & 0o777 == 0o700
    assert path.read_text() == "1"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_block_that_raises(tmp_path: Path) -> None:
    """What was there stays, and the error names the file that was to be made."""
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(outlive.CorruptError) as caught, placing(path, replace=True) as name:
        Path(name).write_text("{")
        outlive.open(name)
    assert str(caught.value).startswith(f"{path} is no valid JSON")
    with pytest.raises(outlive.DiskError) as failed, placing(path, replace=True) as name:
        outlive.replace(f"{name}/b", "1")
    assert str(failed.value).startswith(f"{path}/b")
    assert failed.value.filename == f"{path}/b"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_file_that_comes_meanwhile(tmp_path: Path) -> None:
    """It is not replaced: ConflictError, at the start or at the end."""
    path = tmp_path / "a.json"
    with pytest.raises(outlive.ConflictError, match="is there"), placing(path) as name:
        Path(name).write_text("ours")
        path.write_text("theirs")
    with pytest.raises(outlive.ConflictError, match="is there"), placing(path):
        raise AssertionError("the block was entered")
    assert path.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_a_killed_process_left(tmp_path: Path) -> None:
    """It is removed by the next."""
    left = tmp_path / ".a.json.outlive-new"
    left.mkdir()
    (left / "a.json").write_text("half")
    with placing(tmp_path / "a.json") as name:
        assert os.listdir(left) == []
        Path(name).write_text("whole")
    assert os.listdir(tmp_path) == ["a.json"]


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second gets LockedError, and so does a State that is opened under that name."""
    path = tmp_path / "a.state"
    with placing(path) as name:
        with pytest.raises(outlive.LockedError, match=str(path)), placing(path):
            raise AssertionError("the block was entered")
        with pytest.raises(outlive.LockedError):
            outlive.State(path)
        Path(name).write_text("a: 1\n")
    with outlive.State(path) as state, pytest.raises(outlive.LockedError, match=str(path)):
        assert state == {"a": 1}
        with placing(path, replace=True):
            raise AssertionError("the block was entered")


class Failing(FileSystem):
    """A disk whose fsync of a file fails."""

    def fsync(self, fd: int) -> None:  # noqa: ARG002  # as the real one
        """Fail."""
        raise OSError(errno.EIO, "the medium")


def test_a_disk_that_fails(tmp_path: Path) -> None:
    """A file that may not survive does not take the place of one that does."""
    path = tmp_path / "a.json"
    path.write_text("old")
    with (
        pytest.raises(outlive.DiskError, match="fsync failed"),
        placing(path, replace=True, fs=Failing()) as name,
    ):
        Path(name).write_text("new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]
