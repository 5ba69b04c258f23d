"""A State with mode="r": it reads beside the program that writes, and changes nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import RecoveryWarning, State

from ..files import names_beside
from ..test_processes import line, running
from .children import in_child
from .on_disk import look
from .threads import meanwhile


def test_reading_needs_a_file(path: Path) -> None:
    """Without one the error says so, and none is made."""
    with pytest.raises(outlive.DiskError, match=r"a\.state.*open it for writing"):
        State(path, mode="r", k=0)
    assert names_beside(path) == []


def test_reading_leaves_no_trace(path: Path) -> None:
    """No lock, nothing beside the file, defaults in memory alone; also of entries left behind."""
    path.write_text('# mine\nk: 1\n\n---\n["set",[],"list",[1,{"a":2}]]\n')
    before = look(path)
    with State(path, mode="r", more=5, k=7) as reader, State(path, mode="r") as other:
        assert reader == {"k": 1, "list": [1, {"a": 2}], "more": 5}
        assert (reader.list[1].a, reader.more) == (2, 5)
        assert not reader.refresh()
        assert other == {"k": 1, "list": [1, {"a": 2}]}
        assert names_beside(path) == ["a.state"]
    assert look(path) == before


def test_a_reader_cannot_write(path: Path) -> None:
    """ReadOnlyError for every way to change it, at every depth; memory and file stay."""
    State(path, k=1, list=[2, 1], d={"a": {}}).close()
    before = look(path)
    with State(path, mode="r") as reader:
        attempts: list[Callable[[], Any]] = [
            lambda: setattr(reader, "k", 2),
            lambda: setattr(reader, "new", "text"),
            lambda: reader.__setitem__("new", [1]),
            lambda: reader.__delitem__("k"),
            lambda: reader.update(k=2, m=3),
            lambda: reader.pop("k"),
            lambda: reader.setdefault("new", 1),
            reader.popitem,
            reader.clear,
            lambda: reader.__ior__({"k": 5}),
            lambda: reader.list.append(1),
            reader.list.sort,
            reader.list.reverse,
            reader.list.clear,
            lambda: reader.list.__setitem__(slice(0, 1), [7]),
            lambda: reader.list.__imul__(2),
            lambda: setattr(reader.d.a, "x", 1),
            lambda: reader.d.update(x=1, y=[2]),
            reader.sync,
            lambda: reader.transaction().__enter__(),
        ]
        for attempt in attempts:
            with pytest.raises(outlive.ReadOnlyError, match=r"a\.state.*mode='r'"):
                attempt()
        assert reader == {"k": 1, "list": [2, 1], "d": {"a": {}}}
    assert look(path) == before


def test_refresh_takes_in_what_came(path: Path) -> None:
    """Nothing comes without it; it says whether anything did; handles stay the same objects."""
    with State(path, k=0, list=[[1]], d={}) as state, State(path, mode="r") as reader:
        inner, d = reader.list[0], reader.d
        state.k = 1
        state.list.insert(0, "first")
        state.list[1].append(2)
        state.d.update(a=[1], b="text")
        state["items"] = 1
        assert reader == {"k": 0, "list": [[1]], "d": {}}
        assert reader.refresh() is True
        assert reader == state
        assert reader.list[1] is inner
        assert reader.d is d
        assert inner == [1, 2]
        assert list(reader.items()) == list(state.items())
        assert reader.refresh() is False


def test_refresh_over_a_vacuum(path: Path) -> None:
    """The file is another one, and the reader neither misses nor doubles anything."""
    with State(path, log=[], text="") as state, State(path, mode="r") as reader:
        log = reader.log
        for number in range(200):
            state.log.append(number)
            state.text = "x" * 5000
            if number % 3 == 0:
                assert reader.refresh()
                assert reader == state
        reader.refresh()
        state.log.append("last")
        state.close()
        assert reader.refresh()
        assert reader == state
        assert reader.log is log
        with State(path) as again:
            again.log.clear()
            assert reader.refresh()
            assert reader.log == []


def test_refresh_after_a_persons_edit(path: Path) -> None:
    """Whether the editor writes in place or renames; also when the file was cut short."""
    path.write_text("# mine\nk: 1\nlist:\n- a\n- b: 1\n")
    with State(path, mode="r") as reader:
        b = reader.list[1]
        path.write_text("# mine\nlist:\n- new\n- a\n- b: 2\n")
        assert reader.refresh()
        assert reader == {"list": ["new", "a", {"b": 2}]}
        assert reader.list[2] is b
        path.with_name("new").write_text("list: []\n")
        path.with_name("new").replace(path)
        assert reader.refresh()
        assert reader == {"list": []}
        path.write_text("")
        assert reader.refresh()
        assert reader == {}


def test_refresh_with_a_file_that_cannot_be_read(path: Path) -> None:
    """The error names the place, the reader keeps what it had, and goes on when it is mended."""
    path.write_text("k: 1\n")
    with State(path, mode="r") as reader:
        path.write_text("k: [1\n")
        with pytest.raises(outlive.CorruptError, match=r"a\.state, line \d+"):
            reader.refresh()
        path.unlink()
        with pytest.raises(outlive.DiskError, match=r"a\.state"):
            reader.refresh()
        assert reader == {"k": 1}
        path.write_text("k: 2\n")
        assert reader.refresh()
        assert reader == {"k": 2}


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_a_reader_sees_whole_entries_only(path: Path, step: int) -> None:
    """However far a write has come: the state before it or the state after it, in silence."""
    with State(path, k=0, list=[]) as state:
        head = path.read_bytes()
        models = [dict(state) | {"list": []}]
        for number in range(3):
            with state.transaction():
                state.k = number + 1
                state.list.append(number)
            models.append({"k": state.k, "list": list(state.list)})
        data = path.read_bytes()
    copied = path.with_name("b.state")
    copied.write_bytes(head)
    reader = State(copied, mode="r")
    seen: list[Any] = []
    for end in range(len(head), len(data) + 1, step):
        copied.write_bytes(data[:end])
        reader.refresh()
        assert reader in models
        assert State(copied, mode="r") == reader
        if {**reader} not in seen:
            seen.append({"k": reader.k, "list": list(reader.list)})
    copied.write_bytes(data)
    reader.refresh()
    assert seen[:4] == models[: len(seen)]
    assert reader == models[-1]


def test_damage_in_the_middle(path: Path) -> None:
    """A reader goes as far as all is well, and warns; strict=True raises; nothing is written."""
    with State(path, k=0) as state:
        for number in range(1, 4):
            state.k = number
        data = path.read_bytes().replace(b'"k",2]', b'"k",7]')
    path.write_bytes(data)
    with pytest.warns(outlive.RecoveryWarning, match="line 6"):
        assert State(path, mode="r") == {"k": 1}
    with pytest.raises(outlive.CorruptError, match="line 6"):
        State(path, mode="r", strict=True)
    assert path.read_bytes() == data
    assert names_beside(path) == ["a.state"]


def test_after_close(path: Path) -> None:
    """It can be read; refresh() raises ClosedError; close() again is harmless."""
    State(path, k=1).close()
    with State(path, mode="r") as reader:
        pass
    reader.close()
    assert reader == {"k": 1}
    with pytest.raises(outlive.ClosedError):
        reader.refresh()
    assert list(reader.follow()) == []


# -- beside processes and threads

WRITER = """
import sys
from outlive import State
state = State(sys.argv[1], k=0, twice=0, list=[], pad="")
print("open", flush=True)
while True:
    with state.transaction():
        state.k += 1
        state.twice = state.k
        state.list.append(state.k)
        if len(state.list) > 10:
            del state.list[0]
    if state.k % 50 == 0:
        state.pad = "x" * (state.k * 97 % 30_000)
"""


def test_beside_a_writing_process(path: Path) -> None:
    """Never half a transaction, never back in time, over many vacuums, and at the writer's end."""
    with running(WRITER, path) as writer:
        assert line(writer) == "open"
        reader = State(path, mode="r")
        last, inodes, fresh = 0, set(), 0
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            reader.refresh()
            for seen in (reader, State(path, mode="r")) if fresh % 5 == 0 else (reader,):
                assert seen.k == seen.twice
                assert seen.list == list(range(max(seen.k - 9, 1), seen.k + 1))
                assert seen.k >= last
                last = seen.k
            fresh += 1
            inodes.add(path.stat().st_ino)
        assert last > 100
        assert len(inodes) > 1, "no vacuum came in the time"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        reader.refresh()
        with warnings.catch_warnings():
            # A signal may end a write at the border of two pages; that entry was not acknowledged.
            warnings.simplefilter("ignore", RecoveryWarning)
            with State(path) as state:
                assert state == reader


def test_a_forked_child_may_go_on_reading(path: Path) -> None:
    """Also if a thread of the parent was reading in the moment of the fork."""
    with State(path, k=0) as state, State(path, mode="r") as reader:

        def hold() -> Iterator[None]:
            with reader.lock:
                yield

        with meanwhile(hold):
            state.k = 1
            reported = in_child(lambda: (reader.refresh(), reader.k))
        assert reported == ["(True, 1)"]


@pytest.mark.usefixtures("eager_switching")
def test_some_threads_refresh(path: Path) -> None:
    """Each change is taken in once."""
    with State(path, list=[]) as state, State(path, mode="r") as reader:
        stop = threading.Event()

        def refresh() -> None:
            while not stop.is_set():
                reader.refresh()

        threads = [threading.Thread(target=refresh) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1500):
            state.list.append(number)
        stop.set()
        for thread in threads:
            thread.join()
        reader.refresh()
        assert reader.list == list(range(1500))
