"""A State file is written anew: when it has grown, when that failed, and when it is gone."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from outlive import State
from outlive.disk.fs import FileSystem

from ..files import names_beside
from .on_disk import kept
from .stand_ins import opened


def test_entries_that_outweigh_the_document_are_vacuumed(path: Path) -> None:
    """The file does not grow for ever, and there are far fewer vacuums than changes."""
    with State(path, k=0, text="") as state:
        largest = vacuums = 0
        inode = path.stat().st_ino
        for number in range(30_000):
            state.k = number
            if number % 50 == 0:
                status = path.stat()
                largest = max(largest, status.st_size)
                vacuums += status.st_ino != inode
                inode = status.st_ino
        assert 1 <= vacuums < 30
        assert largest < 2_000_000
        assert kept(path) == state
        assert [p for p in names_beside(path) if "outlive-journal" not in p] == [
            ".a.state.outlive-lock",
            "a.state",
            "copies",
        ]


def test_a_vacuum_that_fails_is_tried_again(path: Path) -> None:
    """The change counts all the same, with a warning that tells why the file grows."""

    class Failing(FileSystem):
        is_failing = True

        def rename(self, source: str, target: str) -> None:
            if self.is_failing and "a.state" in target:
                raise OSError(30, "Read-only file system")
            super().rename(source, target)

    path.write_text("k: 0\nlist: []\n")
    fs = Failing()
    with opened(path, fs, defaults={"k": 0, "list": []}) as state:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for number in range(120):
                state.k = "x" * 10_000 + str(number)
        assert caught
        assert all("a.state" in str(warning.message) for warning in caught)
        assert len(caught) < 5
        assert kept(path) == state
        fs.is_failing = False
        for number in range(400):
            state.k = "x" * 10_000 + str(number)
        assert path.stat().st_size < 3_000_000
        assert kept(path) == state


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_file_that_somebody_removes_comes_back(path: Path, kind: str) -> None:
    """Deleted while the program runs: at close it is there again, with all changes."""
    with State(path, k=0) as state:
        state.k = 1
        if kind == "file":
            path.unlink()
        else:
            for name in names_beside(path):
                if "lock" not in name:
                    path.with_name(name).unlink()
        state.k = 2
    assert path.read_text() == "k: 2\n"
