"""A new file, and a compacted one, is flushed before it gets its name, and its name afterwards."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from outlive import DiskError
from outlive.engines.lmdb import LMDBEngine

from ..disk.recording import Recording

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="which file a descriptor is of is read from /proc"
)


def test_a_new_file_is_durable_before_it_is_used(tmp_path: Path) -> None:
    """Content, name, directory: a power cut right after the first commit cannot take the file."""
    fs = Recording()
    LMDBEngine(tmp_path / "a.lmdb", fs=fs).close()
    assert fs.calls == [
        ("fsync", ".a.lmdb.outlive-0.tmp"),
        ("link", "a.lmdb"),
        ("fsync", tmp_path.name),
    ]


def test_a_compacted_file_is_durable_before_it_takes_the_place(tmp_path: Path) -> None:
    """Until the copy is flushed, the name leads to the former file, which keeps a second one."""
    fs = Recording()
    engine = LMDBEngine(tmp_path / "a.lmdb", fs=fs)
    engine.commit({b"key": b"value"})
    fs.calls.clear()
    engine.compact()
    assert fs.calls == [
        ("fsync", ".a.lmdb.outlive-0.tmp"),
        ("link", ".a.lmdb.outlive-old"),
        ("rename", "a.lmdb"),
        ("fsync", tmp_path.name),
        ("rename", ".a.lmdb.outlive-old-lock"),
    ]
    engine.close()


@pytest.mark.parametrize("call", ["fsync", "link", "rename"])
def test_a_step_of_a_compaction_that_fails(tmp_path: Path, call: str) -> None:
    """DiskError; what was there is there, can be changed, and can be compacted afterwards."""
    fs = Recording()
    engine = LMDBEngine(tmp_path / "a.lmdb", fs=fs)
    engine.commit({b"key": b"value"})
    fs.fails_at = call
    with pytest.raises(DiskError):
        engine.compact()
    fs.fails_at = ""
    engine.commit({b"more": b"value"})
    engine.close()
    engine = LMDBEngine(tmp_path / "a.lmdb")
    engine.compact()
    with engine.snapshot() as snapshot:
        assert [key for key, _ in snapshot.scan()] == [b"key", b"more"]
    engine.close()
    assert sorted(os.listdir(tmp_path)) == ["a.lmdb", "a.lmdb-lock"]


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_step_of_making_a_file_that_fails(tmp_path: Path, call: str) -> None:
    """DiskError, and nothing is left; the next who opens it makes it."""
    fs = Recording()
    fs.fails_at = call
    with pytest.raises(DiskError):
        LMDBEngine(tmp_path / "a.lmdb", fs=fs)
    LMDBEngine(tmp_path / "a.lmdb").close()
    assert sorted(os.listdir(tmp_path)) == ["a.lmdb", "a.lmdb-lock"]
