"""Paths that lead to something else than a safe, and links to one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import pytest

from outlive import (
    CorruptError,
    DiskError,
    FormatError,
    OutliveError,
    Safe,
)

from ..files import names
from .children import in_fork, program, safe_of

TEXT = b"This is a person's text.\n" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the safe would be."""
    return tmp_path / "a.safe"


def seen(directory: Path) -> dict[str, Any]:
    """Everything that is in a directory."""
    return {
        name: (directory / name).read_bytes()
        if stat.S_ISREG((directory / name).lstat().st_mode)
        else (directory / name).lstat().st_mode
        for name in names(directory)
    }


def make_foreign(path: Path) -> None:
    """A file of LMDB that outlive did not write."""
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        txn.put(b"a", b"theirs")
    env.close()
    path.with_name(f"{path.name}-lock").unlink()


def make_of_version(path: Path, version: int) -> None:
    """A safe whose header says that another version wrote it."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        header = txn.get(b"\xffoutlive")
        assert header is not None
        assert header[:8] == (1).to_bytes(8, "big")
        txn.put(b"\xffoutlive", version.to_bytes(8, "big") + header[8:])
    env.close()
    path.with_name(f"{path.name}-lock").unlink()


def make_plain_entry(path: Path) -> None:
    """A file of outlive's engine that is no safe."""
    from outlive.engines.lmdb import LMDBEngine

    engine = LMDBEngine(path)
    engine.commit({b"a": b"1"})
    engine.close()
    path.with_name(f"{path.name}-lock").unlink()


ODD: dict[str, tuple[Callable[[Path], object], type[OutliveError], str]] = {
    "empty": (Path.touch, CorruptError, "is empty"),
    "text": (lambda path: path.write_bytes(TEXT), CorruptError, "no safe"),
    "short text": (lambda path: path.write_bytes(b"x"), CorruptError, "no safe"),
    "zeros": (lambda path: path.write_bytes(bytes(8192)), CorruptError, "no safe"),
    "SQLite": (
        lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(8000)),
        CorruptError,
        "no safe",
    ),
    "directory": (Path.mkdir, DiskError, "directory"),
    "FIFO": (os.mkfifo, DiskError, "a pipe; name a file"),
    "device": (lambda path: path.symlink_to("/dev/null"), DiskError, "a device or"),
    "foreign": (make_foreign, CorruptError, "not one that outlive wrote|did not write"),
    "later version": (lambda path: make_of_version(path, 2), CorruptError, "later version"),
    "version 0": (lambda path: make_of_version(path, 0), CorruptError, "version|damaged"),
    "no header of a safe": (
        make_plain_entry,
        FormatError,
        "is not a safe, but holds something else",
    ),
    "circle of links": (lambda path: path.symlink_to(path.name), DiskError, "is not there"),
}


@pytest.mark.parametrize("mode", ["rw", "r"])
@pytest.mark.parametrize("what", ODD)
@pytest.mark.timeout(20)
def test_what_is_no_safe(path: Path, what: str, mode: Any) -> None:
    """It is refused with the file's name, and nothing is changed, nor left beside it."""
    make, kind, said = ODD[what]
    make(path)
    before = seen(path.parent)
    with pytest.raises(kind, match=said) as caught:
        Safe[Any, Any](path, mode=mode)
    assert str(path) in str(caught.value)
    after = seen(path.parent)
    if what in {"foreign", "later version", "version 0", "no header of a safe"}:
        after.pop("a.safe-lock", None)  # LMDB has to open it, to know what it is
    assert after == before


def test_names_that_are_none(path: Path) -> None:
    """A lock file's name, an empty one, one that is too long, one in a directory that is not."""
    with pytest.raises(FormatError, match="Choose another"):
        Safe(path.with_name("a-lock"))
    with pytest.raises((DiskError, FormatError)):
        Safe("")
    with pytest.raises((DiskError, FormatError)):
        Safe(path.with_name("n" * 300))
    with pytest.raises((DiskError, FormatError)):
        Safe(path.with_name("n" * 252))  # for which the lock file's would be too long
    with pytest.raises(DiskError, match="directory") as caught:
        Safe(path.parent / "none" / "a.safe")
    assert "none" in str(caught.value)
    with pytest.raises((ValueError, OutliveError)):
        Safe("a\0b")
    assert not names(path.parent)


@pytest.mark.parametrize("what", ["missing", "link"])
def test_a_missing_file_that_is_to_be_read(path: Path, what: str) -> None:
    """It is not made, and the message says how it would be."""
    if what == "link":
        path.symlink_to("none.safe")
    before = names(path.parent)
    with pytest.raises(DiskError, match=r'is not there\. Open it with mode="rw"'):
        Safe(path, mode="r")
    assert names(path.parent) == before


def test_links(path: Path) -> None:
    """A symbolic link, even one that leads nowhere yet, is followed: both names are one file."""
    link, chained = path.with_name("link"), path.with_name("chained")
    link.symlink_to(path.name)
    chained.symlink_to(link)
    with Safe[Any, Any](chained) as safe, Safe[Any, Any](path) as same:
        safe["a"] = 1
        same["b"] = 2
        in_fork(lambda: assert_items(link, {"a": 1, "b": 2}))
        program("import outlive, sys; outlive.Safe(sys.argv[1])['c'] = 3", link)
        safe.compact()
        assert dict(same) == dict(safe) == {"a": 1, "b": 2, "c": 3}
    assert link.is_symlink()
    assert chained.is_symlink()
    assert path.is_file()
    assert names(path.parent) == ["a.safe", "a.safe-lock", "chained", "link"]
    assert safe_of(path) == safe_of(link) == {"a": 1, "b": 2, "c": 3}


def assert_items(path: Path, items: dict[Any, Any]) -> None:
    """What is in it."""
    assert safe_of(path) == items


def test_a_link_to_another_directory(tmp_path: Path) -> None:
    """The lock file stands beside the file, where all find it, and not beside the link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "a.safe"
    link.symlink_to("../real/b.safe")
    with Safe[Any, Any](link) as safe:
        safe["a"] = 1
        assert names(tmp_path / "links") == ["a.safe"]
        assert names(tmp_path / "real") == ["b.safe", "b.safe-lock"]


def test_hard_links(path: Path) -> None:
    """With two names there would be two locks: refused, until one is removed."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    second = path.with_name("b.safe")
    second.hardlink_to(path)
    before = seen(path.parent)
    for name in (path, second):
        for mode in ("rw", "r"):
            with pytest.raises(DiskError, match="2 names") as caught:
                Safe(name, mode=mode)
            assert str(name) in str(caught.value)
    assert seen(path.parent) == before
    second.unlink()
    assert safe_of(path) == {"a": 1}


@pytest.mark.parametrize("mode", ["rw", "r"])
@pytest.mark.parametrize("text", [TEXT, b"x", b"\xde\xc0\xef", b"\0\0\0\0\0x"])
def test_a_foreign_file_under_the_name_of_the_lock(path: Path, text: bytes, mode: Any) -> None:
    """It is not overwritten."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    lock = path.with_name("a.safe-lock")
    lock.write_bytes(text)
    with pytest.raises((FormatError, DiskError), match=r"a\.safe-lock is there"):
        Safe(path, mode=mode)
    assert lock.read_bytes() == text
    lock.unlink()
    assert safe_of(path) == {"a": 1}


def test_a_lock_that_an_unlucky_program_left(path: Path) -> None:
    """An empty one, and one of zeros, are as none."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    for content in (b"", bytes(65536)):
        path.with_name("a.safe-lock").write_bytes(content)
        assert safe_of(path) == {"a": 1}
