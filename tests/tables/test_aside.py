"""An aside takes every change, and the main file is only read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from outlive.errors import ConflictError, FormatError, ReadOnlyError
from outlive.tables import Storage

Mode = Literal["rw", "r"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A main file with two rows."""
    with Storage(tmp_path / "main.db") as storage:
        storage.getas("t[a:I,s:S]").extend([(1, "one"), (2, "two")])
        storage.getas("other[x:I]").append(x=5)
        storage.commit()
    return tmp_path / "main.db"


@contextmanager
def attached(path: Path, main: Mode = "r", aside: Mode = "rw") -> Iterator[Storage]:
    """The main storage with its aside."""
    with Storage(path, mode=main) as storage, Storage(f"{path}.aside", mode=aside) as other:
        storage.aside(other)
        yield storage


def numbers(storage: Storage) -> list[int]:
    """The column `a`."""
    return [row.a for row in storage["t"]]


def test_the_main_file_is_only_read(path: Path) -> None:
    """Changes of data and structure are in the aside; without it, the main file is as it was."""
    before = path.read_bytes()
    with attached(path) as storage:
        table = storage.getas("t[a:I,s:S,new:D]")
        table.append(a=3)
        table[0].a = 10
        storage.drop("other")
        storage.commit()
        old = numbers(storage)
        table.append(a=99)
        storage.rollback()
        assert numbers(storage) == old == [10, 2, 3]
    assert path.read_bytes() == before
    with attached(path, aside="r") as storage:
        assert storage.description() == "t[a:I,s:S,new:D]"
        assert numbers(storage) == [10, 2, 3]
        with pytest.raises(ReadOnlyError, match="aside"):
            storage["t"].append(a=1)
    with Storage(path, mode="r") as storage:
        assert numbers(storage) == [1, 2]


def test_a_full_commit_merges(path: Path) -> None:
    """The main file has it all then, the aside nothing; both go on."""
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.drop("other")
        storage.commit()
        with pytest.raises(ReadOnlyError, match="merge"):
            storage.commit(full=True)
    with attached(path, "rw") as storage:
        assert numbers(storage) == [1, 2, 3]
        del storage["t"][0]
        storage.commit(full=True)
        storage["t"].append(a=4)
        storage.commit()
    with Storage(path, mode="r") as storage:
        assert numbers(storage) == [2, 3]
        assert list(storage) == ["t"]
    with attached(path) as storage:
        assert numbers(storage) == [2, 3, 4]


def test_a_full_rollback_forgets(path: Path) -> None:
    """The main storage is what its file says, and the aside can be used again."""
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.commit()
        storage.rollback(full=True)
        assert numbers(storage) == [1, 2]
        with pytest.raises(ReadOnlyError):
            storage["t"].append(a=3)
    with attached(path) as storage:
        assert numbers(storage) == [1, 2]


def test_a_reader_of_both_sees_one_commit(path: Path) -> None:
    """As without an aside, until it refreshes; also over a merge."""
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.commit()
        with Storage(path, mode="r") as reader, Storage(f"{path}.aside", mode="r") as aside:
            reader.aside(aside)
            storage["t"].append(a=4)
            storage.commit()
            assert numbers(reader) == [1, 2, 3]
            reader.refresh()
            assert numbers(reader) == [1, 2, 3, 4]
            storage.close()


def test_an_aside_of_another_state_is_refused(path: Path, tmp_path: Path) -> None:
    """Neither is the main file changed below an aside, nor the aside put on another file."""
    shutil.copy(path, tmp_path / "copy.db")
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.commit()
    with Storage(path) as storage:
        storage["t"].append(a=99)
        storage.commit()
    with pytest.raises(ConflictError, match="another state"), attached(path):
        pass
    shutil.copy(tmp_path / "copy.db", path)
    with attached(path) as storage:
        assert numbers(storage) == [1, 2, 3]


def test_killed_between_merging_and_emptying(path: Path) -> None:
    """The aside is known for one that was merged; a reader is told, a writer empties it."""
    aside = Path(f"{path}.aside")
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.commit()
    full = aside.read_bytes()
    with attached(path, "rw") as storage:
        storage.commit(full=True)
    aside.write_bytes(full)
    with pytest.raises(ReadOnlyError, match="not emptied"), attached(path, aside="r"):
        pass
    with attached(path) as storage:
        assert numbers(storage) == [1, 2, 3]
        storage["t"].append(a=4)
        storage.commit()
    with attached(path, aside="r") as storage:
        assert numbers(storage) == [1, 2, 3, 4]


def test_what_cannot_be_an_aside(path: Path, tmp_path: Path) -> None:
    """A storage with tables, one with changes, itself; and an aside is no storage by itself."""
    with Storage(tmp_path / "tables.db") as other:
        other.getas("u[a:I]")
        with Storage(path) as storage:
            with pytest.raises(FormatError, match="changes"):
                storage.aside(other)
            other.commit()
            with pytest.raises(FormatError, match="tables of its own"):
                storage.aside(other)
            with pytest.raises(FormatError):
                storage.aside(storage)
    with attached(path) as storage:
        storage["t"].append(a=3)
        storage.commit()
    with Storage(f"{path}.aside") as aside, pytest.raises(FormatError, match="aside"):
        aside.view("t")
