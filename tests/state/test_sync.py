"""What of a State is durable, and when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .editors import (
    Save,
    by_hand,
    by_rename,
    check_file,
    expected,
    in_place,
    typed_in,
    without_entries,
)
from .stand_ins import Counting, opened

BEGINNING: dict[str, Any] = {"k": 0, "list": []}


def test_full_sync_flushes_each_change(path: Path) -> None:
    """With sync="full" the file is flushed before the statement returns; a transaction once."""
    fs = Counting()
    with opened(path, fs, defaults=BEGINNING, sync="full") as state:
        inode = path.stat().st_ino
        changes: list[Callable[[], Any]] = [
            lambda: setattr(state, "k", 1),
            lambda: state.list.append(1),
            lambda: state.update(a=1, b=2),
            lambda: state.list.extend([2, 3]),
            lambda: state.pop("a"),
        ]
        for change in changes:
            fs.flushed.clear()
            change()
            assert fs.flushed.count(inode) == 1
        fs.flushed.clear()
        with state.transaction():
            state.k = 2
            state.list.clear()
            assert fs.flushed == []
        assert fs.flushed == [inode]


def test_os_sync_flushes_when_asked(path: Path) -> None:
    """With sync="os" no change is flushed; state.sync() flushes all so far."""
    fs = Counting()
    with opened(path, fs, defaults=BEGINNING) as state:
        inode = path.stat().st_ino
        fs.flushed.clear()
        for number in range(20):
            state.k = number
            state.list.append(number)
        assert fs.flushed == []
        state.sync()
        assert inode in fs.flushed


def test_a_vacuum_is_flushed_before_it_takes_the_place(path: Path) -> None:
    """At close the new document and its directory entry are durable, whatever sync= says."""
    fs = Counting()
    state = opened(path, fs, defaults=BEGINNING)
    state.k = 1
    fs.flushed.clear()
    state.close()
    assert path.stat().st_ino in fs.flushed
    assert path.parent.stat().st_ino in fs.flushed


# -- with an editor


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("save", [in_place, by_rename, without_entries])
def test_full_sync_makes_entries_durable_where_they_will_be_found(path: Path, save: Save) -> None:
    """After an editor's save each entry is flushed in the twin, and its name in the directory."""
    fs = Counting()
    twin = path.with_name(".a.state.outlive-journal")
    state = opened(path, fs, sync="full")
    state.counter = 2
    fs.flushed.clear()
    state.counter = 3
    assert fs.flushed == [path.stat().st_ino], "one flush for a change is enough while nobody edits"
    text = path.read_text()
    save(path, typed_in(text))
    for number in (4, 5):
        fs.flushed.clear()
        state.counter = number
        assert twin.stat().st_ino in fs.flushed
    assert state.refresh()
    state.counter = 6
    fs.flushed.clear()
    state.counter = 7
    assert fs.flushed == [path.stat().st_ino]
    state.close()
    check_file(path, expected(by_hand) | {"counter": 7})
