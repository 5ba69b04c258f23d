"""What a State can hold, as a value and as a key: it comes back as it was."""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict, namedtuple
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from outlive import State

from .exact import exactly, shown, types_in
from .on_disk import kept
from .samples import NOON, Ints, Strings

Pair = namedtuple("Pair", "a b")
BERLIN = ZoneInfo("Europe/Berlin")

VALUES: list[Any] = [
    "",
    "plain",
    "ünïcödé 漢字 🎉",
    "two\nlines\n",
    " \t\r\n\x00\x07\x85\u2028\ufeff\x7f\uffff",
    '--- #6ab3f1c0\n["set",[],"n",42]',
    "\n---\n",
    "null",
    "1.0",
    "yes",
    "2026-11-21",
    "<<",
    "=",
    "x" * 5000,
    0,
    -1,
    2**63,
    -(2**64),
    10**4500,
    -(10**4500),
    True,
    False,
    None,
    0.0,
    -0.0,
    0.1,
    1e16,
    1e300,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
    b"",
    bytes(range(256)),
    date(2026, 11, 21),
    date.min,
    date.max,
    NOON,
    datetime.min,
    datetime.max,
    NOON.replace(microsecond=1),
    NOON.replace(second=59, microsecond=120_000),
    NOON.replace(tzinfo=UTC),
    NOON.replace(tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    NOON.replace(tzinfo=timezone(timedelta(hours=14))),
    {},
    [],
    [[], {}, [[]]],
    {"a": {"b": {}}, "c": [[1, {"d": [None]}]]},
    [1, 1.0, True, "1", None, [True], {"1": 1, 1: "1"}],
    {2: "int", 2.5: "float", True: "bool"} | {None: "none", date(2026, 11, 21): "date", "": 0},
    {math.inf: 1, -1: 2, 10**900: 3, "k" * 2000: 4, "a: b": 5, "ключ": 6, "\x85": 7, "true": 8},
    {10**4500: 1},
]


@pytest.mark.parametrize("value", VALUES, ids=map(shown, VALUES))
def test_a_value_comes_back_as_it_was(path: Path, value: Any) -> None:
    """Equal and of the same type, as an item, in a list, in a dict; after a crash and a close."""
    with State(path, before=value, box={}) as state:
        state.x = value
        state.list = [value]
        state.list.append(value)
        state.list[:1] = [value, value]
        state.box.update(a=value, b={"c": [value]})
        expected = exactly({"x": value, "list": [value] * 3})
        for found in (state, kept(path)):
            assert exactly({"x": found["x"], "list": found["list"]}) == expected
            assert exactly(found["box"]) == exactly({"a": value, "b": {"c": [value]}})
            assert exactly(found["before"]) == exactly(value)
        assert not list(path.parent.glob("copies/*.lost"))
    with State(path) as state:
        assert exactly({"x": state.x, "list": state.list}) == expected
        assert exactly(state.box.b.c) == exactly([value])
        state.other = 1
    assert exactly(kept(path)["x"]) == exactly(value)


KEYS: list[Any] = [
    "a",
    "",
    "with blank",
    "ключ",
    "emoji 🎉",
    'quote"s\\',
    "a: b",
    "new\nline",
    "null",
    "1",
    "\x85\u2028",
    "k" * 3000,
    0,
    1,
    -7,
    2**70,
    10**900,
    10**4500,
    1.5,
    1e16,
    -math.inf,
    True,
    False,
    None,
    date(2026, 11, 21),
]


@pytest.mark.parametrize("key", KEYS, ids=map(shown, KEYS))
def test_a_key_comes_back_as_it_was(path: Path, key: Any) -> None:
    """As a key, and on the path to what is below it; set, deleted, popped and set anew."""
    with State(path) as state:
        state[key] = {key: [1]}
        state[key][key].append(2)
        state.gone = {key: 1, "stays": 2}
        del state.gone[key]
        state.update({"u": {}})
        state.u.update({key: 1, "v": 2})
        expected = exactly({key: {key: [1, 2]}, "gone": {"stays": 2}, "u": {key: 1, "v": 2}})
        assert exactly(state) == exactly(kept(path)) == expected
        state.close()
        assert exactly(kept(path)) == expected
    with State(path) as state:
        assert state.pop(key) == {key: [1, 2]}
        assert key not in kept(path)
        state[key] = 5
        assert kept(path)[key] == 5


def test_keys_that_python_finds_equal_are_one(path: Path) -> None:
    """1, 1.0 and True are one key, and the first stays, in memory and in the file."""
    with State(path) as state:
        state[True] = "first"
        state[1] = {"a": 1}
        state[1.0]["b"] = 2
        state.update({1: {"c": 3}})
        state[True].d = 4
        assert exactly(state) == exactly({True: {"c": 3, "d": 4}})
        assert exactly(kept(path)) == exactly(state)
        del state[1.0]
        state[1.0] = "anew"
        assert exactly(kept(path)) == exactly({1.0: "anew"})


def test_an_equal_key_of_another_type_takes_out_what_a_dict_would(path: Path) -> None:
    """`del state[Color.RED]` finds the item "red" as a dict does, and the file says so."""
    with State(path, a=1, b={"a": 1}) as state:
        state[1] = "one"
        assert state.pop(Strings.A) == 1
        del state[Ints.ONE]
        del state.b[Strings.A]
        assert state == kept(path) == {"b": {}}


CONVERTED: list[tuple[Any, Any]] = [
    ((1, (2, ())), [1, [2, []]]),
    (Pair(1, [2]), [1, [2]]),
    (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    (defaultdict(list, a=[1]), {"a": [1]}),
    ({"a": (Pair(1, 2),)}, {"a": [[1, 2]]}),
]


@pytest.mark.parametrize(("value", "expected"), CONVERTED)
def test_relatives_of_dict_and_list(state: State, path: Path, value: Any, expected: Any) -> None:
    """Tuples become lists, subclasses plain ones, in memory as in the file."""
    state.x = value
    state["items"][1:1] = (value, value)
    state.server |= {"v": value}
    for found in (state.x, state["items"][1], state.server.v, kept(path)["x"]):
        assert found == expected
        assert types_in(found) == types_in(expected)
    assert kept(path) == state


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(tzinfo=BERLIN),
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0),
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
        NOON.replace(tzinfo=timezone(timedelta(minutes=53, seconds=28))),
        NOON.replace(tzinfo=timezone(-timedelta(hours=7, seconds=1, microseconds=5))),
        datetime(1880, 1, 1, tzinfo=BERLIN),
        NOON.replace(fold=1),
    ],
)
def test_moments_with_other_zones(state: State, path: Path, moment: datetime) -> None:
    """The same moment, in memory as after a crash and a close; YAML knows offsets alone."""
    state.x = moment
    state["items"].append(moment)
    state[str(moment)] = [moment]
    for found in (state, kept(path)):
        for again in (found["x"], found["items"][-1], found[str(moment)][0]):
            assert again.isoformat() == state.x.isoformat()
            assert again.fold == 0
            if moment.tzinfo is None:
                assert again == moment
            else:
                assert again.timestamp() == moment.timestamp()
                assert again.utcoffset() == again.utcoffset() // timedelta(minutes=1) * timedelta(
                    minutes=1
                )
    state.close()
    assert kept(path) == state
