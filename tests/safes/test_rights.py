"""Files and directories that this user may not write, or not read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive import (
    DiskError,
    ReadOnlyError,
    Safe,
)

from ..files import names
from .children import in_fork, made_elsewhere

NOBODY = 65534

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="a child gives up its rights")


def as_nobody(act: Callable[[], object]) -> None:
    """Do it in a child that is another user."""

    def work() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        act()

    in_fork(work)


@pytest.fixture
def open_path(tmp_path: Path) -> Path:
    """A path that other users can reach."""
    directory = tmp_path
    while directory.owner() == "root" and directory != directory.parent:
        if not directory.stat().st_mode & 0o001:
            directory.chmod(0o711)
        directory = directory.parent
    (tmp_path / "there").mkdir(mode=0o755)
    return tmp_path / "there" / "a.safe"


@is_root
def test_a_file_that_may_be_read_only(open_path: Path) -> None:
    """It is not written, and mode r either sees all of it or says why it cannot."""
    path = open_path
    with Safe[Any, Any](path, format="json") as safe:
        safe.update({str(n): n for n in range(500)})
        path.chmod(0o644)
    before = path.read_bytes()

    def act() -> None:
        for mode in ("rw", "r"):
            try:
                with Safe[Any, Any](path, mode=mode) as safe:
                    assert len(safe) == 500
                    with pytest.raises((ReadOnlyError, DiskError)):
                        safe["b"] = 2
            except (DiskError, ReadOnlyError) as error:
                assert str(path) in str(error)

    as_nobody(act)
    assert path.read_bytes() == before
    assert sorted(names(path.parent)) == ["a.safe", "a.safe-lock"]
    path.with_name("a.safe-lock").unlink()
    as_nobody(act)
    assert names(path.parent) == ["a.safe"]
    with Safe[Any, Any](path) as safe:
        assert len(safe) == 500


@is_root
def test_a_file_that_may_not_be_read(open_path: Path) -> None:
    """Said with its name, and nothing is made."""
    made_elsewhere(open_path, {"a": 1})
    open_path.with_name("a.safe-lock").unlink()

    def act() -> None:
        for mode in ("rw", "r"):
            with pytest.raises((DiskError, ReadOnlyError)) as caught:
                Safe(open_path, mode=mode)
            assert str(open_path) in str(caught.value)

    as_nobody(act)
    assert names(open_path.parent) == ["a.safe"]


@is_root
def test_a_directory_that_may_not_be_written(open_path: Path) -> None:
    """A new safe is refused; so is one there without a lock file beside it, or it is read alone."""

    def refuse() -> None:
        with pytest.raises(DiskError) as caught:
            Safe(open_path)
        assert str(open_path.parent) in str(caught.value)

    as_nobody(refuse)
    assert not names(open_path.parent)
    made_elsewhere(open_path, {"a": 1})
    os.chown(open_path, NOBODY, NOBODY)
    before = open_path.read_bytes()

    def act() -> None:
        try:
            with Safe[Any, Any](open_path) as safe:
                safe["a"]
                safe["b"] = 2
        except (DiskError, ReadOnlyError) as error:
            assert str(open_path) in str(error)

    open_path.with_name("a.safe-lock").unlink()
    as_nobody(act)
    if names(open_path.parent) == ["a.safe"]:
        assert open_path.read_bytes() == before
    with Safe[Any, Any](open_path, trust=True) as safe:
        assert safe["a"] == 1


@is_root
def test_a_reader_makes_no_lock_file_for_the_owner(open_path: Path) -> None:
    """In a directory that all may write it would be the reader's, and shut the owner out."""
    made_elsewhere(open_path, {"a": 1})
    open_path.with_name("a.safe-lock").unlink()
    open_path.chmod(0o644)
    open_path.parent.chmod(0o777)

    def act() -> None:
        with pytest.raises(DiskError, match="Let its owner open it once"):
            Safe(open_path, mode="r", trust=True)

    as_nobody(act)
    assert names(open_path.parent) == ["a.safe"]


@is_root
def test_nobodys_own_safe(open_path: Path) -> None:
    """The lock file has the rights of the file: who may write the one may write the other."""
    with Safe[Any, Any](open_path, format="json") as safe:
        safe["a"] = 1
    open_path.chmod(0o666)

    def act() -> None:
        with Safe[Any, Any](open_path) as safe:
            safe["b"] = 2

    with Safe[Any, Any](open_path) as safe:
        as_nobody(act)
        assert dict(safe) == {"a": 1, "b": 2}
