"""What a State cannot hold: it is refused with its place, and nothing is changed."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from .exact import shown
from .on_disk import kept
from .samples import BASE, NOON, Ints, Strings


class _Text(str):
    __slots__ = ()


class _Broken(tzinfo):
    def utcoffset(self, _: datetime | None, /) -> timedelta:
        raise ValueError("no idea")

    dst = utcoffset

    def tzname(self, _: datetime | None, /) -> str:
        return "nowhere"


class _Day(date):
    pass


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
REFUSED: list[Any] = [
    {1, 2},
    frozenset(),
    object(),
    1j,
    bytearray(b"x"),
    memoryview(b"x"),
    range(3),
    Path(),
    _Text("x"),
    Strings.A,
    Ints.ONE,
    _Day(2026, 11, 21),
    NOON.time(),
    timedelta(1),
    ValueError,
    len,
    (n for n in [1]),
    "\ud800",
    "ok \udfff",
    NOON.replace(tzinfo=_Broken()),
    datetime.min.replace(tzinfo=timezone(timedelta(seconds=59))),
    {(1, 2): 3},
    {b"bytes": 1},
    {Strings.A: 1},
    {Ints.ONE: 1},
    {math.nan: 1},
    {NOON: 1},
    {"\ud800": 1},
]


@pytest.mark.parametrize("value", REFUSED, ids=map(shown, REFUSED))
def test_what_a_state_cannot_hold(state: State, path: Path, value: Any) -> None:
    """It is refused with its path, wherever it comes in; memory and file are as before."""
    before = path.read_bytes()
    attempts: list[tuple[str, Callable[[], Any]]] = [
        ("state.x", lambda: setattr(state, "x", value)),
        ("state.server.port", lambda: state.server.__setitem__("port", value)),
        ("state.server.new.a[1]", lambda: state.server.setdefault("new", {"a": [0, value]})),
        ("state.server.tags[2]", lambda: state.server.tags.append(value)),
        ("state.server.tags[0]", lambda: state.server.tags.insert(0, value)),
        ("state.server.tags[1]", lambda: state.server.tags.__setitem__(-1, value)),
        ("state.server.tags[3]", lambda: state.server.tags.extend(["x", value])),
        ("state.server.tags[1]", lambda: state.server.tags.__setitem__(slice(1, 2), [value])),
        ("state.deep[1].x[1].y", lambda: state.deep[1].x[1].update(z=1, y=value)),
        ("state['my key']", lambda: state.__ior__({"my key": value})),
    ]
    for where, attempt in attempts:
        with pytest.raises(outlive.FormatError) as caught:
            attempt()
        assert f"{path}: {where}" in str(caught.value)
        assert state == BASE
        assert path.read_bytes() == before
    with pytest.raises(outlive.FormatError, match=r"b\.state: state\.x"):
        State(path.with_name("b.state"), x=value)
    assert not path.with_name("b.state").exists()


def test_keys_that_a_dict_cannot_have(state: State, path: Path) -> None:
    """A bad key is refused whichever way it comes, and the place is named."""
    before = path.read_bytes()
    keys: list[Any] = [(1, 2), b"x", math.nan, NOON, Strings.A, "\ud800", 1j, frozenset()]
    for key in keys:
        attempts: list[Callable[[Any], Any]] = [
            lambda k: state.server.__setitem__(k, 1),
            lambda k: state.server.__setitem__(k, []),
            lambda k: state.server.setdefault(k, 1),
            lambda k: state.server.update({"ok": 1, k: 1}),
            lambda k: state.__setitem__("server", {k: 1}),
        ]
        for attempt in attempts:
            with pytest.raises(outlive.FormatError, match=r"a\.state: state\.server"):
                attempt(key)
            assert state == BASE
            assert path.read_bytes() == before


def test_a_cycle_is_refused(state: State, path: Path) -> None:
    """A value that is in itself has no end; the error says where it is."""
    before = path.read_bytes()
    loop: dict[str, Any] = {}
    loop["again"] = [loop]
    for value in (CYCLE, loop):
        with pytest.raises(outlive.FormatError, match=r"state\.x"):
            state.x = value
        with pytest.raises(outlive.FormatError, match=r"state\.server\.tags\[2\]"):
            state.server.tags.append(value)
    assert path.read_bytes() == before
    assert state == BASE


# -- depth


def nested(depth: int, kind: type) -> Any:
    """So many containers in each other."""
    value: Any = kind()
    for _ in range(depth - 1):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [dict, list])
def test_the_deepest_value_at_once(path: Path, kind: type) -> None:
    """500 levels, the state itself among them, can be kept, copied, vacuumed and opened."""
    with State(path) as state:
        with pytest.raises(outlive.FormatError, match=r"state\.x.*500"):
            state.x = nested(500, kind)
        assert kept(path) == {}
        state.x = nested(499, kind)
        assert kept(path) == state
        assert json.dumps(copy.deepcopy(state)) == json.dumps({"x": nested(499, kind)})
    with State(path) as state:
        assert state.pop("x") == nested(499, kind)


@pytest.mark.parametrize("kind", [dict, list])
def test_the_deepest_value_step_by_step(path: Path, kind: type) -> None:
    """Level for level the same end is reached, and whatever was reached can be opened."""
    with State(path, x=kind()) as state:
        here, depth = state.x, 2
        with pytest.raises(outlive.FormatError, match="500"):
            while depth < 600:
                if kind is list:
                    here.append([])
                    here = here[0]
                else:
                    here.a = {}
                    here = here.a
                depth += 1
        assert depth == 500
        assert kept(path) == {"x": nested(499, kind)}
    with State(path) as state:
        assert state == {"x": nested(499, kind)}
