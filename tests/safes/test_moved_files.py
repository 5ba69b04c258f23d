"""Files that somebody moves, deletes or replaces while a program has them open."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive import (
    ClosedError,
    DiskError,
    Safe,
)

from .children import in_fork, made_elsewhere, program, safe_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the safe is."""
    return tmp_path / "a.safe"


WRITES: list[Callable[[Any], object]] = [
    lambda safe: safe.__setitem__("a", "new"),
    lambda safe: safe.update(b=2),
    lambda safe: safe.pop("a"),
    lambda safe: safe.modify("a", lambda _: "new", default=0),
    lambda safe: safe.clear(),
    lambda safe: safe.compact(),
]


def refused(safe: Any, said: str, ways: list[Callable[[Any], object]] = WRITES) -> None:
    """All of that is refused, with the file's name."""
    for way in ways:
        with pytest.raises(DiskError, match=said) as caught:
            way(safe)
        assert safe.path in str(caught.value)


@pytest.mark.parametrize("is_replaced", [False, True])
def test_the_lock_file_is_removed_while_it_is_open(path: Path, is_replaced: bool) -> None:
    """Else another writer would not be locked out. It is whole when it is opened again."""
    lock = path.with_name("a.safe-lock")
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
        before = path.read_bytes()
        lock.unlink()
        if is_replaced:
            program("import outlive, sys; print(dict(outlive.Safe(sys.argv[1])))", path)
        refused(safe, "its lock, was removed or replaced")
        assert dict(safe) == {"a": 1}
        assert path.read_bytes() == before
    with Safe[Any, Any](path) as safe:
        assert safe.pop("a") == 1


@pytest.mark.parametrize("way", ["moved", "deleted"])
def test_a_file_that_goes_while_it_is_open(path: Path, way: str) -> None:
    """Reading goes on, writing does not; nothing is made in its place."""
    away = path.with_name("away")
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
        if way == "moved":
            path.rename(away)
        else:
            path.unlink()
        refused(safe, "was moved or deleted|is not there")
        assert dict(safe) == {"a": 1}
        assert not path.exists()
        if way == "moved":
            away.rename(path)
            safe["b"] = 2
            assert dict(safe) == {"a": 1, "b": 2}
    with Safe[Any, Any](path) as anew:
        assert dict(anew) == ({"a": 1, "b": 2} if way == "moved" else {})


@pytest.mark.parametrize(("changes", "is_gone"), [(0, False), (1, True), (2, False), (3, True)])
def test_another_safe_is_put_in_its_place(path: Path, changes: int, is_gone: bool) -> None:
    """What is read is the former, until a write is refused, as it may not fit into the new one."""
    backup = path.with_name("backup")
    made_elsewhere(backup, {"backup": "b"}, changes)
    if is_gone:
        path.with_name("backup-lock").unlink()
    with Safe[Any, Any](path) as safe:
        for n in range(9):
            safe["a"] = n
        backup.rename(path)
        assert safe["a"] == 8
        in_fork(lambda: Safe[Any, Any](path).update(theirs=1))
        refused(safe, "another file was put in its place", [*WRITES, dict, len])
        in_fork(lambda: Safe[Any, Any](path).update(more=2))
    assert safe_of(path) == {"backup": "b", "theirs": 1, "more": 2}
    with Safe[Any, Any](path) as anew:
        anew["after"] = 1
    assert safe_of(path) == {"backup": "b", "theirs": 1, "more": 2, "after": 1}


def test_another_safe_is_put_in_its_place_and_opened(path: Path) -> None:
    """In the program that has the former open it is refused at first; the former can be closed."""
    backup = path.with_name("backup")
    made_elsewhere(backup, {"backup": "b"})
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
        backup.rename(path)
        with pytest.raises(DiskError, match="another file was put in its place") as caught:
            Safe(path)
        assert str(path) in str(caught.value)
        assert dict(safe) == {"a": 1}
    assert safe_of(path) == {"backup": "b"}
    with Safe[Any, Any](path) as anew:
        anew["after"] = 1
    assert safe_of(path) == {"backup": "b", "after": 1}


@pytest.mark.parametrize("changes", [0, 1])
def test_it_is_deleted_and_made_anew(path: Path, changes: int) -> None:
    """The new one has nothing of the former, although the lock file was left; none is lost."""
    with Safe[Any, Any](path) as safe:
        for n in range(changes):
            safe[n] = n
        path.unlink()
        program(
            "import outlive, sys\n"
            "with outlive.Safe(sys.argv[1]) as s: s['a'] = 1; del s['a']; s['child'] = 2",
            path,
        )
        assert dict(safe) == {n: n for n in range(changes)}
        refused(safe, "another file was put in its place")
    assert safe_of(path) == {"child": 2}


def test_it_is_deleted_and_opened_again_in_the_same_program(path: Path) -> None:
    """Once the former is closed at the latest, a new one can be made there."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
        path.unlink()
        try:
            with Safe[Any, Any](path) as second:
                second["b"] = 2
        except DiskError as error:
            assert str(path) in str(error)
        refused(safe, "moved or deleted|not there|put in its place")
    with Safe[Any, Any](path) as anew:
        anew["b"] = 2
        assert dict(anew) == {"b": 2}
    assert safe_of(path) == {"b": 2}


@pytest.mark.parametrize("format", ["json", "pickle"])
def test_another_kind_of_safe_is_put_in_its_place(path: Path, format: str) -> None:
    """Nothing is written to it in a format that it does not have."""
    backup = path.with_name("backup")
    in_fork(lambda: Safe[Any, Any](backup, format="json").update(a=[1]))
    with Safe[Any, Any](path, format=format) as safe:
        safe["b"] = [2]
        backup.rename(path)
        refused(safe, "another file was put in its place")
    assert safe_of(path) == {"a": [1]}


def test_a_directory_is_moved_while_it_is_open(tmp_path: Path) -> None:
    """The same as for the file alone; moved back, it goes on."""
    directory = tmp_path / "directory"
    directory.mkdir()
    with Safe[Any, Any](directory / "a.safe") as safe:
        safe["a"] = 1
        directory.rename(tmp_path / "elsewhere")
        refused(safe, "moved or deleted|not there|No such file")
        (tmp_path / "elsewhere").rename(directory)
        safe["b"] = 2
    assert safe_of(directory / "a.safe") == {"a": 1, "b": 2}


def test_a_copy_of_an_open_file(path: Path) -> None:
    """A copy that was taken while nobody wrote is a safe of its own."""
    copy = path.with_name("copy")
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
        shutil.copy(path, copy)
        with Safe[Any, Any](copy) as second:
            second["b"] = 2
        safe["c"] = 3
    assert (safe_of(path), safe_of(copy)) == ({"a": 1, "c": 3}, {"a": 1, "b": 2})


def test_a_closed_safe_of_a_file_that_is_gone(path: Path) -> None:
    """It says that it is closed, as ever."""
    with Safe[Any, Any](path) as safe:
        path.unlink()
    with pytest.raises(ClosedError):
        safe["a"]
