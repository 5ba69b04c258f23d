"""The dicts and lists in a State are real ones; copies of them are plain."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive import State

from .on_disk import kept
from .samples import BASE


def test_a_state_is_a_dict_and_its_lists_are_lists(state: State) -> None:
    """What works with dicts and lists works: json, ==, |, match, unpacking, dict(), sorted()."""
    assert isinstance(state, dict)
    assert isinstance(state.server, dict)
    assert isinstance(state["items"], list)
    assert json.loads(json.dumps(state)) == BASE
    assert state == BASE
    assert state != {}
    assert state | {"n": 5} == BASE | {"n": 5}
    assert {"n": 5} | state == {"n": 5} | BASE
    assert {**state} == dict(state) == BASE
    assert sorted(state["items"]) == [1, 2, 3]
    assert [*state["items"], *state["server"]["tags"]] == [3, 1, 2, "a", "b"]
    assert state["items"] + [4] == [3, 1, 2, 4]
    assert state["items"] * 2 == [3, 1, 2] * 2
    assert "n" in state
    assert state.get("missing", 3) == 3
    assert list(reversed(state)) == list(reversed(BASE))
    assert state["items"] < [4]
    assert "{n}".format_map(state) == "1"
    assert isinstance(type(state).fromkeys("ab"), dict)
    match state:
        case {"server": {"port": port, "tags": [first, *_]}}:
            assert (port, first) == (80, "a")
        case _:
            pytest.fail("no match")


PLAIN = {dict, list}


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))],
    ids=["deepcopy", "pickle"],
)
def test_copies_are_plain(state: State, path: Path, copied: Callable[[Any], Any]) -> None:
    """copy.deepcopy and pickle give dicts and lists; changing them changes no file."""
    before = path.read_bytes()
    for live in (state, state.server, state.deep):
        plain = copied(live)
        assert plain == live
        assert type(plain) in PLAIN
    plain = copied(state)
    assert {type(plain["server"]), type(plain["deep"][1]["x"])} == PLAIN
    plain["server"]["tags"].append("c")
    assert path.read_bytes() == before
    assert state == BASE


def test_shallow_copies_are_plain_at_the_top(state: State, path: Path) -> None:
    """As for dict and list, what is in a shallow copy is what is in the original: live."""
    for shallow in (copy.copy(state), state.copy(), dict(state), state | {}):
        assert type(shallow) is dict
        shallow["n"] = 5
        assert shallow["server"] is state.server
    for items in (copy.copy(state.deep), state.deep.copy(), state.deep[:], list(state.deep)):
        assert type(items) is list
        items.append(1)
        assert items[0] is state.deep[0]
    assert state == BASE
    state.deep[:][0].append("in the file")
    assert kept(path)["deep"][0] == [0, "in the file"]


def test_what_is_put_in_is_copied(state: State, path: Path) -> None:
    """Changing the original afterwards changes nothing; two places never share a container."""
    given: dict[str, Any] = {"list": [1]}
    state.a = given
    state["items"].append(given)
    state.update(b=given)
    given["list"].append(2)
    assert state.a == state.b == state["items"][-1] == {"list": [1]}
    state.c = state.a
    state.a.list.append(3)
    assert state.c == {"list": [1]}
    shared: list[Any] = []
    state.two = [shared, shared]
    state.two[0].append(1)
    assert state.two == [[1], []]
    assert kept(path) == state


def test_setdefault_gives_what_is_live(state: State, path: Path) -> None:
    """`state.setdefault("server", {})["port"] = 8080` is kept, also where it was not there."""
    state.setdefault("new", {})["port"] = 8080
    state.setdefault("server", {})["port"] = 1
    state.setdefault("list", []).append(1)
    assert kept(path) == state
    assert (state.new, state.server.port, state.list) == ({"port": 8080}, 1, [1])


def test_what_is_taken_out_is_plain(state: State, path: Path) -> None:
    """pop and popitem give dicts and lists of their own, whose changes go nowhere."""
    taken = [
        state.pop("server"),
        state.deep.pop(1),
        state.deep.pop(),
        state.popitem()[1],
        state.pop("deep"),
    ]
    before = path.read_bytes()
    for value in taken:
        assert type(value) in PLAIN
        value.clear()
    assert path.read_bytes() == before
    assert state == {"n": 1, "items": [3, 1, 2]}
