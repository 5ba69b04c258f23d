"""`outlive.open` and `Store`: commit, roll back, two writers, bad input."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive.store import Store

from .files import names_beside


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A JSON file that does not exist yet, in a directory of its own."""
    return tmp_path / "state.json"


# -- commit


def test_a_with_block_writes_once_at_its_end(path: Path) -> None:
    """Nothing intermediate is written; the clean end of the block writes the value."""
    with outlive.open(path, default=[]) as store:
        store.value.append(1)
        assert not path.exists()
    assert path.read_text() == "[1]"
    assert names_beside(path) == ["state.json"]


def test_commit_by_hand(path: Path) -> None:
    """Only commit() writes; a commit may follow a commit."""
    store = outlive.open(path, default=dict)
    store.value["state"] = "running"
    assert not path.exists()
    store.commit()
    store.value["state"] = "done"
    assert json.loads(path.read_text()) == {"state": "running"}
    store.commit()
    assert outlive.open(path).value == {"state": "done"}


def test_a_commit_replaces_the_file_as_a_whole(path: Path) -> None:
    """A program that has the old file open goes on reading the old content."""
    path.write_text('{"n": 1}')
    with path.open() as reader:
        with outlive.open(path) as store:
            store.value["n"] = 2
        assert reader.read() == '{"n": 1}'
    assert path.read_text() == '{"n": 2}'


def test_a_commit_of_the_same_bytes_writes_nothing(path: Path) -> None:
    """The file keeps its inode and its time if its bytes would not change."""
    path.write_text('{"n": 1}')
    before = path.stat()
    with outlive.open(path) as store:
        store.value["n"] = 1
    outlive.open(path).commit()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_inner_exits_commit(path: Path) -> None:
    """The end of an inner block of the same store writes, as the end of the outer one does."""
    store: Store[Any] = outlive.open(path, default="before")
    with store:
        store.value = "outer"
        with store:
            store.value = "inner"
        assert path.read_text() == '"inner"'
        store.value = "last"
    assert path.read_text() == '"last"'


def test_inner_exits_can_be_ignored(path: Path) -> None:
    """With ignore_inner_exits=True only the outermost block writes, and only it rolls back."""
    store: Store[Any] = outlive.open(path, default="before", ignore_inner_exits=True)
    with store:
        with contextlib.suppress(KeyError), store:
            store.value = "inner"
            raise KeyError
        assert store.value == "inner"
        assert not path.exists()
    assert path.read_text() == '"inner"'


# -- rollback


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_raises_keeps_the_old_state(path: Path, error: type[BaseException]) -> None:
    """The file is untouched, and the value is the last committed one, also nested deep in it."""
    store = outlive.open(path, default={"list": [1]})
    store.commit()
    with pytest.raises(error), store:
        store.value["list"].append(2)
        raise error
    assert store.value == {"list": [1]}
    assert path.read_text() == '{"list": [1]}'
    assert names_beside(path) == ["state.json"]


def test_an_inner_block_that_raises_goes_back_to_the_last_commit(path: Path) -> None:
    """What an inner block committed stays; what came after it does not."""
    store = outlive.open(path, default=list)
    with store:
        with store:
            store.value.append("kept")
        with contextlib.suppress(KeyError), store:
            store.value.append("lost")
            raise KeyError
    assert outlive.open(path).value == ["kept"]


@pytest.mark.parametrize("default", [[[1]], lambda: [[1]]])
def test_a_changed_default_never_leaks(path: Path, default: Any) -> None:
    """The default is copied deeply, or called, each time it is needed."""
    store = outlive.open(path, default=default)
    store.value[0].append(2)
    store.rollback()
    assert store.value == [[1]]
    store.value[0].append(3)
    assert outlive.open(path, default=default).value == [[1]]


def test_rollback_and_reload(path: Path) -> None:
    """rollback() goes back to what this store knows; reload() to what is in the file now."""
    store = outlive.open(path, default={"n": 0})
    store.commit()
    path.write_text('{"n": 7}')
    store.value["n"] = 1
    store.rollback()
    assert store.value == {"n": 0}
    store.reload()
    assert store.value == {"n": 7}
    path.unlink()
    store.reload()
    assert store.value == {"n": 0}


# -- two writers


def test_two_stores_that_append_both_succeed(path: Path) -> None:
    """A block reads the file again on entry, so nobody's addition is lost."""
    first, second = outlive.open(path, default=[]), outlive.open(path, default=[])
    for number in range(3):
        for store in (first, second):
            with store:
                store.value.append(number)
    assert outlive.open(path).value == [0, 0, 1, 1, 2, 2]


def test_a_bare_commit_notices_another_writer(path: Path) -> None:
    """A commit over a file that someone else changed raises, and writes nothing."""
    store = outlive.open(path, default={"n": 0})
    store.commit()
    path.write_text('{"n": 5}')
    store.value["n"] = 1
    with pytest.raises(outlive.ConflictError, match=r"state\.json.*reload"):
        store.commit()
    assert path.read_text() == '{"n": 5}'
    assert store.value == {"n": 1}
    assert names_beside(path) == ["state.json"]
    store.reload()
    store.value["n"] += 1
    store.commit()
    assert path.read_text() == '{"n": 6}'


@pytest.mark.parametrize("change", [lambda p: p.unlink(), lambda p: p.write_text('{"n": 9}')])
def test_a_conflict_is_noticed_whatever_happened(path: Path, change: Callable[[Path], Any]) -> None:
    """Also a file that is gone, or that has the same size and time as before, is another one."""
    path.write_text('{"n": 0}')
    status = path.stat()
    store = outlive.open(path)
    change(path)
    if path.exists():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    store.value["n"] = 1
    with pytest.raises(outlive.ConflictError):
        store.commit()


def test_overwrite_lets_the_last_writer_win(path: Path) -> None:
    """on_conflict="overwrite" is the old behaviour: no error, the later commit stands."""
    store = outlive.open(path, default={"n": 0}, on_conflict="overwrite")
    path.write_text('{"n": 5}')
    store.value["n"] = 1
    store.commit()
    assert path.read_text() == '{"n": 1}'


def test_uncommitted_changes_are_not_dropped_by_a_block(path: Path) -> None:
    """Entering a block over someone else's change raises if the program changed the value too."""
    store = outlive.open(path, default={"n": 0})
    store.commit()
    store.value["mine"] = 1
    path.write_text('{"theirs": 1}')
    with pytest.raises(outlive.ConflictError), store:
        pytest.fail("the block must not run")
    assert store.value == {"n": 0, "mine": 1}
    assert path.read_text() == '{"theirs": 1}'
    with outlive.open(path, default={}, on_conflict="overwrite"):
        pass


def test_uncommitted_changes_are_kept_when_nobody_else_wrote(path: Path) -> None:
    """A change before the block is part of what the block commits."""
    store = outlive.open(path, default={"n": 0})
    store.value["n"] = 1
    with store:
        store.value["m"] = 2
    assert outlive.open(path).value == {"n": 1, "m": 2}


def test_a_block_shuts_others_out(path: Path) -> None:
    """While a block runs, another store waits, then tells who holds the file."""
    with outlive.open(path, default=[]):
        other = outlive.open(path, default=[], timeout=0.05)
        began = time.monotonic()
        with pytest.raises(outlive.LockedError, match=str(os.getpid())) as caught, other:
            pytest.fail("the block must not run")
        assert time.monotonic() - began >= 0.05
        assert caught.value.pid == os.getpid()
        with pytest.raises(outlive.LockedError):
            other.commit()
        with pytest.raises(outlive.LockedError):
            other.update(lambda value: value)
    assert names_beside(path) == ["state.json"]


def test_threads_share_one_store(path: Path) -> None:
    """A block of one thread shuts out the other threads of the same store."""
    store = outlive.open(path, default=0)

    def count() -> None:
        for _ in range(25):
            with store:
                before = store.value
                time.sleep(0.0001)
                store.value = before + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outlive.open(path).value == 100


def test_a_thread_that_waits_too_long_is_told(path: Path) -> None:
    """A store that another thread holds raises LockedError with our own pid."""
    store = outlive.open(path, default=0, timeout=0.05)
    failures: list[outlive.LockedError] = []

    def enter() -> None:
        try:
            store.commit()
        except outlive.LockedError as error:
            failures.append(error)

    with store:
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert [error.pid for error in failures] == [os.getpid()]


# -- update


def test_update_takes_what_the_function_returns(path: Path) -> None:
    """A function that returns a value sets it; update() returns the new value."""
    store = outlive.open(path, default=0)
    assert store.update(lambda n: n + 1) == 1
    assert store.update(lambda n: n + 1) == 2
    assert path.read_text() == "2"


def test_update_takes_a_change_in_place(path: Path) -> None:
    """A function that changes the value and returns None is as good."""
    store = outlive.open(path, default=list)
    assert store.update(lambda items: items.append("x")) == ["x"]
    assert path.read_text() == '["x"]'


def test_update_reads_the_file_first(path: Path) -> None:
    """The function is given what another program has written since."""
    store = outlive.open(path, default=0)
    path.write_text("41")
    assert store.update(lambda n: n + 1) == 42


def test_update_that_raises_changes_nothing(path: Path) -> None:
    """The function's error comes through; file and value are as before."""
    store = outlive.open(path, default=[1])

    def change(items: list[int]) -> None:
        items.append(2)
        raise KeyError("x")

    with pytest.raises(KeyError):
        store.update(change)
    assert store.value == [1]
    assert names_beside(path) == []


def test_update_refuses_a_change_with_another_result(path: Path) -> None:
    """`queue.pop()` changes the list and returns an item: neither may win in silence."""
    store: Store[Any] = outlive.open(path, default=["a", "b"])
    with pytest.raises(outlive.FormatError, match="update"):
        store.update(lambda items: items.pop())
    assert store.value == ["a", "b"]
    assert names_beside(path) == []


def test_a_store_stays_with_its_file_after_chdir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path means the directory in which the store was opened."""
    monkeypatch.chdir(tmp_path)
    store = outlive.open("a.json", default=1)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    store.commit()
    assert (tmp_path / "a.json").read_text() == "1"
    assert store.path == str(tmp_path / "a.json")


def test_no_descriptor_stays_open(path: Path) -> None:
    """Stores need no close: between calls they hold nothing open."""
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    stores = [outlive.open(path, default=0) for _ in range(20)]
    for store in stores:
        store.update(lambda n: n + 1)
    assert not before or set(os.listdir("/proc/self/fd")) == before


def test_repr_names_the_file(path: Path) -> None:
    """The representation shows the file and the value, shortened."""
    assert repr(outlive.open(path, default=[1])) == f"<outlive.Store {str(path)!r}: [1]>"


def test_a_default_that_is_never_the_same(path: Path) -> None:
    """A default made anew each time does not count as the program's change."""

    def now() -> dict[str, float]:
        return {"t": time.perf_counter()}

    first, second = outlive.open(path, now), outlive.open(path, now)
    with first:
        first.value["n"] = 1
    with second:
        second.value["m"] = 2
    assert {"n", "m"} <= outlive.open(path).value.keys()
    other = outlive.open(path.with_name("other.json"), now)
    assert "n" in other.update(lambda value: {**value, "n": 1})


def test_update_that_fails_keeps_pending_changes(path: Path) -> None:
    """What the program changed before update() is still there after it failed."""
    store: Store[Any] = outlive.open(path, default={"n": 0})
    store.commit()
    store.value["pending"] = 1
    with pytest.raises(KeyError):
        store.update(lambda value: value["missing"])
    assert store.value == {"n": 0, "pending": 1}
    assert store.update(lambda value: {**value, "n": 1}) == {"n": 1, "pending": 1}


@pytest.mark.parametrize("name", ["a.toml", "a.bson"])
def test_a_default_that_the_format_cannot_hold(tmp_path: Path, name: str) -> None:
    """A store without a default begins with None, also where None is no value to keep."""
    first: Store[Any] = outlive.open(tmp_path / name)
    second: Store[Any] = outlive.open(tmp_path / name)
    with pytest.raises(KeyError):
        first.update(lambda _: dict[str, Any]()["missing"])
    assert first.value is None
    assert first.update(lambda _: {"n": 1}) == {"n": 1}
    with second:
        second.value["n"] += 1
    assert outlive.open(tmp_path / name).value == {"n": 2}


def test_a_warning_that_is_an_error_does_not_undo_the_commit(tmp_path: Path) -> None:
    """Where warnings raise, the store still knows that its commit stands."""
    path = tmp_path / "a.toml"
    path.write_text("# c\n[[a]]\nx = 1\n")
    store: Store[Any] = outlive.open(path)
    store.value["a"] = ["text"]
    with pytest.raises(UserWarning, match="comments"):
        store.commit()
    store.value["m"] = 1
    store.commit()
    assert outlive.open(path).value == {"a": ["text"], "m": 1}


def test_update_never_falls_back_to_the_default(path: Path) -> None:
    """A value that cannot be written is refused before anything happens to it."""
    store: Store[Any] = outlive.open(path, default=[])
    store.value = [1, 2, 3]
    store.commit()
    store.value.append({4})
    with pytest.raises(outlive.FormatError):
        store.update(lambda value: value.append(5))
    assert store.value == [1, 2, 3, {4}]
    assert path.read_text() == "[1, 2, 3]"
