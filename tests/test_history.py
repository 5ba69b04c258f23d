"""`keep=`: the former contents of a file, beside it."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import outlive

from .files import names


def filled(path: Path, keep: int, commits: int) -> outlive.Store[int]:
    """A store that has committed 0, 1, 2, …"""
    store = outlive.open(path, default=-1, keep=keep)
    for number in range(commits):
        store.value = number
        store.commit()
    return store


def test_the_last_versions_are_kept(tmp_path: Path) -> None:
    """keep=3 keeps three former contents as numbered backups, the newest first in history()."""
    store = filled(tmp_path / "n.json", keep=3, commits=6)
    assert names(tmp_path) == ["n.json", "n.json.version-3", "n.json.version-4", "n.json.version-5"]
    history = store.history()
    assert [version.number for version in history] == [5, 4, 3]
    assert [Path(version.path).read_text() for version in history] == ["4", "3", "2"]
    assert [version.size for version in history] == [1, 1, 1]
    ago = datetime.now(UTC) - history[0].time
    assert timedelta(0) - timedelta(seconds=1) < ago < timedelta(minutes=1)


def test_no_version_without_a_change(tmp_path: Path) -> None:
    """A first commit, and one that writes nothing, keep nothing."""
    store = filled(tmp_path / "n.json", keep=3, commits=1)
    store.commit()
    assert store.history() == []
    assert names(tmp_path) == ["n.json"]


def test_restore_is_a_new_commit(tmp_path: Path) -> None:
    """A version comes back by its entry or its number; what was there is kept in its turn."""
    store = filled(tmp_path / "n.json", keep=5, commits=4)
    store.restore(store.history()[-1])
    assert (store.value, (tmp_path / "n.json").read_text()) == (0, "0")
    assert [version.number for version in store.history()] == [4, 3, 2, 1]
    store.restore(4)
    assert store.value == 3


def test_restore_of_what_is_not_there(tmp_path: Path) -> None:
    """An unknown number raises FormatError, a damaged version CorruptError; nothing changes."""
    store = filled(tmp_path / "n.json", keep=5, commits=3)
    with pytest.raises(outlive.FormatError, match=r"n\.json has no version 9"):
        store.restore(9)
    Path(store.history()[0].path).write_text("{")
    with pytest.raises(outlive.CorruptError, match="version-2"):
        store.restore(2)
    assert (store.value, (tmp_path / "n.json").read_text()) == (2, "2")


def test_restore_does_not_overwrite_a_stranger(tmp_path: Path) -> None:
    """As any commit, it raises ConflictError if the file is not the one that was read."""
    store = filled(tmp_path / "n.json", keep=5, commits=3)
    (tmp_path / "n.json").write_text("77")
    with pytest.raises(outlive.ConflictError):
        store.restore(1)
    assert (tmp_path / "n.json").read_text() == "77"
    assert store.value == 2
    store.reload()
    store.restore(1)
    assert Path(store.history()[0].path).read_text() == "77"


def test_versions_are_those_of_the_target(tmp_path: Path) -> None:
    """Behind a symbolic link they lie beside the target, with its mode."""
    (tmp_path / "real").mkdir()
    (tmp_path / "n.json").symlink_to("real/n.json")
    store = filled(tmp_path / "n.json", keep=1, commits=1)
    (tmp_path / "real" / "n.json").chmod(0o600)
    store.value = 5
    store.commit()
    assert names(tmp_path / "real") == ["n.json", "n.json.version-1"]
    assert (tmp_path / "real" / "n.json.version-1").stat().st_mode & 0o777 == 0o600
    assert [version.number for version in store.history()] == [1]


def test_keep_nothing_leaves_versions_alone(tmp_path: Path) -> None:
    """A store opened without keep= removes no version; a smaller number prunes at its commit."""
    filled(tmp_path / "n.json", keep=3, commits=5)
    filled(tmp_path / "n.json", keep=0, commits=2)
    assert len(names(tmp_path)) == 4
    filled(tmp_path / "n.json", keep=1, commits=1)
    assert names(tmp_path) == ["n.json", "n.json.version-5"]


def test_names_that_only_look_like_versions_are_left_alone(tmp_path: Path) -> None:
    """A person's own backups are neither listed nor pruned."""
    ends = ("~", ".~1~", ".version-old", ".version-", ".version-007")
    for name in ("xn.json.version-1", *(f"n.json{end}" for end in ends)):
        (tmp_path / name).write_text("")
    store = filled(tmp_path / "n.json", keep=1, commits=3)
    assert [version.number for version in store.history()] == [2]
    assert len(names(tmp_path)) == 8


def test_a_version_is_not_changed_by_who_edits_the_file(tmp_path: Path) -> None:
    """An editor that writes in place changes the file alone."""
    store = filled(tmp_path / "n.json", keep=3, commits=3)
    with (tmp_path / "n.json").open("r+") as file:
        file.write("9")
    assert [Path(version.path).read_text() for version in store.history()] == ["1", "0"]
    assert os.stat(tmp_path / "n.json").st_nlink == 1


def test_a_commit_that_was_cut_keeps_no_version_twice(tmp_path: Path) -> None:
    """Killed between keeping the old content and replacing it: the next commit goes on."""
    store = filled(tmp_path / "n.json", keep=5, commits=3)
    os.link(tmp_path / "n.json", tmp_path / "n.json.version-3")
    store.value = 9
    store.commit()
    assert [Path(version.path).read_text() for version in store.history()] == ["2", "1", "0"]


def test_history_beside_a_writer(tmp_path: Path) -> None:
    """A version that is pruned while the list is made is left out, and restoring it is refused."""
    filled(tmp_path / "n.json", keep=1, commits=1)
    reader = outlive.open(tmp_path / "n.json")
    stop = threading.Event()

    def write() -> None:
        store = outlive.open(tmp_path / "n.json", default=0, keep=1, sync="os")
        while not stop.is_set():
            store.update(lambda n: n + 1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(2000):
            assert len(reader.history()) <= 2
    finally:
        stop.set()
        thread.join()
    with pytest.raises(outlive.FormatError, match="no version 1"):
        reader.restore(1)


def test_comments_that_had_to_go_are_in_a_version(tmp_path: Path) -> None:
    """Also after a cut commit; and bringing that version back warns of nothing."""
    path = tmp_path / "a.toml"
    text = "# c\n[[a]]\nx = 1\n"
    path.write_text(text)
    os.link(path, tmp_path / "a.toml.version-1")
    store = outlive.open(path, default={})
    store.value["a"] = ["text"]
    with pytest.warns(UserWarning, match=r"a\.toml\.version-1"):
        store.commit()
    assert (tmp_path / "a.toml.version-1").read_text() == text
    store.restore(1)
    assert path.read_text() == text
    assert names(tmp_path) == ["a.toml", "a.toml.version-1"]
