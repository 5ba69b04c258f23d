"""`follow()` gives a reader each change."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import Change, State

from .exact import types_in


def test_follow_gives_the_changes(path: Path) -> None:
    """Each as a Change with path, key and value; a transaction's one by one; then it ends."""
    with State(path, k=0, list=[1], d={"e": {}}) as state, State(path, mode="r") as reader:
        state.k = 1
        state.d.e.x = [1, (2,)]
        del state.list[-1]
        state.list.insert(-5, None)
        with state.transaction():
            state.k += 1
            state.d["my key"] = {1: True}
        assert list(reader.follow(interval=0.01, timeout=0.02)) == [
            Change("set", (), "k", 1),
            Change("set", ("d", "e"), "x", [1, [2]]),
            Change("delete", ("list",), 0),
            Change("insert", ("list",), 0, None),
            Change("set", (), "k", 2),
            Change("set", ("d",), "my key", {1: True}),
        ]
        assert reader == state
        assert list(reader.follow(interval=0.01, timeout=0)) == []


def test_what_follow_gives_is_plain(path: Path) -> None:
    """A value that comes is a dict or list of its own: changing it changes nothing else."""
    with State(path, d={}) as state, State(path, mode="r") as reader:
        state.d.x = {"list": [1]}
        (change,) = reader.follow(interval=0.01, timeout=0)
        assert types_in(change.value) == types_in({"list": [1]})
        assert type(change.value) is dict
        change.value["list"].append(2)
        assert reader == {"d": {"x": {"list": [1]}}}


def test_follow_over_vacuums_and_edits(path: Path) -> None:
    """What is given, made in a plain copy, leads to the state, whatever happened to the file."""
    with State(path, list=[], k=0) as state, State(path, mode="r") as reader:
        model: dict[Any, Any] = {"list": [], "k": 0}
        rng = random.Random(3)
        for number in range(60):
            state.list.insert(
                rng.randrange(len(state.list) + 1), {"id": number, "text": "x" * 9000}
            )
            if rng.random() < 0.4:
                del state.list[rng.randrange(len(state.list))]
            state.k = number
            if number % 20 == 10:
                line_by_hand = b"\nby_hand%d: 1\nk: " % number
                path.write_bytes(path.read_bytes().replace(b"\nk: ", line_by_hand, 1))
                state.refresh()
            if number % 4 == 0:
                for kind, keys, key, value in reader.follow(timeout=0):
                    node: Any = model
                    for step in keys:
                        node = node[step]
                    if kind == "set":
                        node[key] = value
                    elif kind == "insert":
                        node.insert(key, value)
                    else:
                        del node[key]
                assert model == reader == state
        assert {"by_hand10", "by_hand30", "by_hand50"} < state.keys()


def test_follow_waits_for_what_comes(path: Path) -> None:
    """A thread that follows gets a change soon after it is made, and ends when it is closed."""
    with State(path, k=0) as state:
        reader = State(path, mode="r")
        seen: list[object] = []
        came = threading.Event()

        def follow() -> None:
            for change in reader.follow(interval=0.01):
                seen.append((change.value, reader.k))
                came.set()

        thread = threading.Thread(target=follow)
        thread.start()
        for number in range(1, 6):
            came.clear()
            state.k = number
            assert came.wait(10)
        reader.close()
        thread.join(10)
        assert not thread.is_alive()
        assert seen == [(number, number) for number in range(1, 6)]


def test_follow_ends_when_nothing_comes(path: Path) -> None:
    """`timeout` counts from the last change."""
    with State(path, k=0) as state, State(path, mode="r") as reader:
        began = time.monotonic()
        state.k = 1
        assert len(list(reader.follow(interval=0.01, timeout=0.1))) == 1
        assert 0.1 <= time.monotonic() - began < 5


def test_follow_is_for_readers(path: Path) -> None:
    """A writer knows its changes; the error says what to do."""
    with State(path, k=0) as state, pytest.raises(outlive.FormatError, match="mode='r'"):
        state.follow()
