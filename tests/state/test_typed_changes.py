"""`State(path, type=…)`: what comes in is checked."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

import outlive
from outlive import State

from .exact import types_in
from .on_disk import kept
from .progress import EMPTY, Server, open_progress

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
RIGHT: list[tuple[Callable[[Any], object], dict[str, Any]]] = [
    (lambda p: setattr(p, "last_id", 2**80), {"last_id": 2**80}),
    (lambda p: setattr(p, "name", "x"), {"name": "x"}),
    (lambda p: p.update(name="x", mode="b"), {"name": "x", "mode": "b"}),
    (lambda p: setattr(p, "ratio", 1), {"ratio": 1}),
    (lambda p: setattr(p, "ratio", math.inf), {"ratio": math.inf}),
    (lambda p: setattr(p, "at", NOW), {"at": NOW}),
    (lambda p: setattr(p, "free", {1: [None, b"x"]}), {"free": {1: [None, b"x"]}}),
    (lambda p: setattr(p, "server", Server(1, ["t"])), {"server": {"port": 1, "tags": ["t"]}}),
    (
        lambda p: setattr(p, "server", {"port": 2, "tags": ("a",)}),
        {"server": {"port": 2, "tags": ["a"]}},
    ),
    (lambda p: p.rows.append(Server()), {"rows": [{"port": 80, "tags": []}]}),
    (
        lambda p: p.rows.extend([Server(1), {"port": 2, "tags": []}]),
        {"rows": [{"port": 1, "tags": []}, {"port": 2, "tags": []}]},
    ),
    (lambda p: p.by_name.update(a=Server(1)), {"by_name": {"a": {"port": 1, "tags": []}}}),
    (lambda p: p.by_day.setdefault(DAY, 5), {"by_day": {DAY: 5}}),
    (lambda p: setattr(p, "limits", {"cpu": 1}), {"limits": {"cpu": 1}}),
    (lambda p: setattr(p, "matrix", [[1], [2, 3]]), {"matrix": [[1], [2, 3]]}),
    (lambda p: p.server.tags.append("x"), {"server": {"port": 80, "tags": ["x"]}}),
]


@pytest.mark.parametrize(("change", "expected"), RIGHT)
def test_right_values_come_in(
    path: Path, change: Callable[[Any], object], expected: dict[str, Any]
) -> None:
    """Plain values and instances of the dataclasses; they are dicts and lists in the state."""
    with open_progress(path) as progress:
        change(progress)
        assert progress == kept(path) == EMPTY | expected
        assert types_in(progress) == types_in(EMPTY | expected)
    with open_progress(path) as progress:
        assert progress == EMPTY | expected


WRONG: list[tuple[str, Callable[[Any], object]]] = [
    ("state.last_id", lambda p: setattr(p, "last_id", "x")),
    ("state.last_id", lambda p: setattr(p, "last_id", 1.5)),
    ("state.last_id", lambda p: setattr(p, "last_id", True)),
    ("state.last_id", lambda p: setattr(p, "last_id", None)),
    ("state.last_id", lambda p: p.__setitem__("last_id", [])),
    ("state.last_id", lambda p: p.update(name="ok", last_id="x")),
    ("state.lost_id", lambda p: setattr(p, "lost_id", 1)),
    ("state.lost_id", lambda p: p.setdefault("lost_id", 1)),
    ("state.lost_id", lambda p: p.update(name="ok", lost_id=1)),
    ("state.last_id", lambda p: p.__delattr__("last_id")),
    ("state.name", lambda p: p.pop("name")),
    ("state.at", lambda p: p.popitem()),
    ("state", lambda p: p.clear()),
    ("state.server", lambda p: p.server.clear()),
    ("state.server", lambda p: setattr(p, "server", None)),
    ("state.server", lambda p: setattr(p, "server", {"port": "x"})),
    ("state.server.port", lambda p: setattr(p.server, "port", "x")),
    ("state.server.prot", lambda p: setattr(p.server, "prot", 1)),
    ("state.server.tags", lambda p: p.server.tags.append(1)),
    ("state.server.tags", lambda p: p.server.tags.extend(["ok", 1])),
    ("state.server.tags", lambda p: p.server.__setitem__("tags", "abc")),
    ("state.rows", lambda p: p.rows.append(1)),
    ("state.rows", lambda p: p.rows.append(Server("x"))),  # type: ignore[arg-type]  # as users err
    ("state.rows", lambda p: setattr(p, "rows", [Server(), {"port": "x"}])),
    ("state.rows[0].port", lambda p: setattr(p.rows[0], "port", [1])),
    ("state.rows[0].tags", lambda p: p.rows[0].tags.__setitem__(slice(0, 9), [1])),
    ("state.by_name", lambda p: p.by_name.update({5: Server()})),
    ("state.by_name", lambda p: p.by_name.update(a={"port": None})),
    ("state.by_day", lambda p: p.by_day.update({"monday": 1})),
    ("state.by_day", lambda p: p.by_day.update({DAY: "x"})),
    ("state.mode", lambda p: setattr(p, "mode", "c")),
    ("state.limits", lambda p: setattr(p, "limits", {})),
    ("state.limits", lambda p: setattr(p, "limits", {"cpu": "x"})),
    ("state.matrix", lambda p: setattr(p, "matrix", [1])),
    ("state.matrix", lambda p: p.matrix.append(["x"])),
    ("state.at", lambda p: setattr(p, "at", DAY)),
    ("state.free", lambda p: setattr(p, "free", {1, 2})),
    ("state.free", lambda p: setattr(p, "free", object())),
]


@pytest.mark.parametrize(("where", "change"), WRONG)
def test_wrong_values_are_refused(path: Path, where: str, change: Callable[[Any], object]) -> None:
    """FormatError that names file and place; memory and file are as before, and it goes on."""
    with open_progress(path, rows=[Server()]) as progress:
        model = copy.deepcopy(dict(progress))
        before = path.read_bytes()
        with pytest.raises(outlive.FormatError) as caught:
            change(progress)
        assert str(path) in str(caught.value)
        assert where in str(caught.value)
        assert progress == model
        assert path.read_bytes() == before
        progress.last_id += 1
        assert kept(path) == model | {"last_id": 1}


def test_a_dict_that_lacks_fields(path: Path) -> None:
    """It gets the defaults on its way in, as a file does: no field is ever missing."""
    with open_progress(path) as progress:
        progress.server = {"port": 1}
        progress.rows.append({"tags": ["x"]})
        progress.by_name.a = {}
        progress.update(by_name={"b": {"port": 2}})
        expected = {
            "server": {"port": 1, "tags": []},
            "rows": [{"port": 80, "tags": ["x"]}],
            "by_name": {"b": {"port": 2, "tags": []}},
        }
        assert progress == kept(path) == EMPTY | expected


def test_a_transaction_that_does_not_fit(path: Path) -> None:
    """The wrong statement raises, and the block with it."""
    with open_progress(path) as progress:
        before = path.read_bytes()
        with pytest.raises(outlive.FormatError), progress.transaction():
            progress.last_id = 1
            progress.server.port = "x"
        assert progress == EMPTY
        assert path.read_bytes() == before


@dataclass
class Ordered:
    """Fields that have to fit each other, and one with limits."""

    low: int = 0
    high: int = 10
    few: Annotated[list[int], msgspec.Meta(max_length=2)] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


def test_what_a_class_checks_itself(path: Path) -> None:
    """__post_init__ and annotated limits hold for each change, update() being one change."""
    opened: Any = State(path, type=Ordered)
    with opened as state:
        with pytest.raises(outlive.FormatError, match="low is above high"):
            state.low = 11
        state.update(high=20, low=11)
        with pytest.raises(outlive.FormatError, match="low is above high"):
            state.high = 1
        state.few.append(1)
        state.few.append(2)
        with pytest.raises(outlive.FormatError, match="few"):
            state.few.append(3)
        assert state == kept(path) == {"low": 11, "high": 20, "few": [1, 2]}
    path.write_text("low: 5\nhigh: 4\n")
    with pytest.raises(outlive.FormatError, match="low is above high"):
        State(path, type=Ordered)


@dataclass
class Tree:
    """A class that holds its own kind."""

    value: int = 0
    children: list[Tree] = field(default_factory=list)


def test_a_class_that_holds_its_own_kind(path: Path) -> None:
    """Checked at every depth."""
    opened: Any = State(path, type=Tree)
    with opened as tree:
        here = tree
        for depth in range(20):
            here.children.append(Tree(depth))
            here = here.children[0]
        with pytest.raises(outlive.FormatError, match=r"value"):
            here.value = "x"
        here.value = 5
        assert kept(path) == tree
