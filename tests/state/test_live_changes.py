"""Every change of a dict or list in a State: it does what it does to a real one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from .exact import types_in
from .on_disk import kept
from .samples import BASE

CHANGES: dict[str, Callable[[Any], Any]] = {
    "set": lambda s: s.__setitem__("n", 2),
    "set new": lambda s: s.__setitem__("new", {"a": [1]}),
    "add to": lambda s: s.__setitem__("n", s["n"] + 1),
    "del": lambda s: s.__delitem__("n"),
    "del missing": lambda s: s.__delitem__("missing"),
    "pop": lambda s: s.pop("server"),
    "pop missing": lambda s: s.pop("missing"),
    "pop default": lambda s: s.pop("missing", 7),
    "popitem": lambda s: s.popitem(),
    "popitem empty": lambda s: s["empty"].popitem(),
    "setdefault": lambda s: s.setdefault("new", []),
    "setdefault there": lambda s: s.setdefault("n", 5),
    "setdefault None": lambda s: s.setdefault("new"),
    "update": lambda s: s.update({"n": 5, "new": {}}, more=1),
    "update pairs": lambda s: s["server"].update([("port", 1), ("host", "h")]),
    "update nothing": lambda s: s.update(),
    "|=": lambda s: s.__ior__({"n": 9, "z": None}),
    "|= nested": lambda s: s["server"].__ior__([("a", 1)]),
    "clear": lambda s: s.clear(),
    "clear nested": lambda s: s["server"].clear(),
    "clear empty": lambda s: s["empty"].clear(),
    "unhashable": lambda s: s.__setitem__([], 1),
    "nested set": lambda s: s["server"].__setitem__("port", 81),
    "nested del": lambda s: s["deep"][1].__delitem__("x"),
    "deep set": lambda s: s["deep"][1]["x"][1].__setitem__("y", None),
    "append": lambda s: s["items"].append([1]),
    "extend": lambda s: s["items"].extend(iter([4, {"a": 1}])),
    "extend empty": lambda s: s["items"].extend([]),
    "extend itself": lambda s: s["deep"].extend(s["deep"]),
    "extend str": lambda s: s["items"].extend("ab"),
    "extend no iterable": lambda s: s["items"].extend(5),
    "insert 0": lambda s: s["items"].insert(0, "x"),
    "insert -1": lambda s: s["items"].insert(-1, "x"),
    "insert far": lambda s: s["items"].insert(99, "x"),
    "insert far below": lambda s: s["items"].insert(-99, "x"),
    "insert no index": lambda s: s["items"].insert("x", "x"),
    "list pop": lambda s: s["deep"].pop(),
    "list pop 0": lambda s: s["deep"].pop(0),
    "list pop -2": lambda s: s["deep"].pop(-2),
    "list pop out": lambda s: s["deep"].pop(3),
    "list pop far below": lambda s: s["deep"].pop(-4),
    "remove": lambda s: s["items"].remove(1),
    "remove equal": lambda s: s["deep"].remove([3]),
    "remove missing": lambda s: s["items"].remove(99),
    "list clear": lambda s: s["items"].clear(),
    "sort": lambda s: s["items"].sort(),
    "sort reverse": lambda s: s["items"].sort(reverse=True),
    "sort key": lambda s: s["deep"].sort(key=lambda item: -len(item)),
    "sort str": lambda s: s["server"]["tags"].sort(key=str.upper, reverse=True),
    "sort unlike": lambda s: s["deep"].sort(),
    "reverse": lambda s: s["deep"].reverse(),
    "list +=": lambda s: s["items"].__iadd__([7]),
    "list *= 3": lambda s: s["deep"].__imul__(3),
    "list *= 1": lambda s: s["items"].__imul__(1),
    "list *= 0": lambda s: s["items"].__imul__(0),
    "list *= -1": lambda s: s["items"].__imul__(-1),
    "list set": lambda s: s["items"].__setitem__(1, {"a": 1}),
    "list set -1": lambda s: s["items"].__setitem__(-1, 0),
    "list set out": lambda s: s["items"].__setitem__(3, 0),
    "list set str": lambda s: s["items"].__setitem__("0", 0),
    "list set float": lambda s: s["items"].__setitem__(0.0, 0),
    "list set True": lambda s: s["items"].__setitem__(True, 0),
    "list del": lambda s: s["items"].__delitem__(0),
    "list del -1": lambda s: s["deep"].__delitem__(-1),
    "list del out": lambda s: s["items"].__delitem__(-4),
}


def outcome(change: Callable[[Any], Any], value: Any) -> Any:
    """What a change returns or raises."""
    try:
        return change(value)
    except LookupError as error:
        return type(error), str(error)
    except (TypeError, ValueError) as error:  # whose words differ from method to method
        return type(error)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_does_what_it_does_to_a_dict_or_list(state: State, path: Path, name: str) -> None:
    """It returns and raises the same, and memory, file and a vacuumed file hold the same."""
    model = copy.deepcopy(BASE)
    before = path.read_bytes()
    expected = outcome(CHANGES[name], model)
    assert outcome(CHANGES[name], state) == expected
    assert state == model
    assert list(state) == list(model)
    assert kept(path) == model
    if model == BASE and list(model) == list(BASE):
        assert path.read_bytes() == before, "a change of nothing left a trace"
    state.close()
    assert types_in(kept(path)) == types_in(model)


BOUNDS = [None, 0, 1, 3, 7, 99, -1, -3, -99]
STEPS = [None, 2, -1, -3]
GIVEN: list[list[Any]] = [[], ["x"], ["x", {"y": 1}], ["a", "b", "c", "d", "e"]]


def test_every_slice_does_what_it_does_to_a_list(path: Path) -> None:
    """Assignment and deletion with any start, stop and step; the wrong size raises the same."""
    with State(path, a={"l": []}) as state, State(path, mode="r") as reader:
        for slice_ in (slice(a, b, c) for a in BOUNDS for b in BOUNDS for c in STEPS):
            for given in [None, *GIVEN]:
                model: list[Any] = [0, [1], 2, {"k": 3}, *range(4, 11)]
                state.a.l = model

                def change(items: Any, given: Any = given, slice_: Any = slice_) -> None:
                    if given is None:
                        del items[slice_]
                    else:
                        items[slice_] = given

                assert outcome(change, state.a.l) == outcome(change, model)
                assert state.a.l == model, (slice_, given)
                reader.refresh()  # by the entries alone
                assert reader == state, (slice_, given)
        assert kept(path) == state


def test_operators_that_end_with_an_assignment(state: State, path: Path) -> None:
    """`state.x += …` and the like change once, and the container stays the same."""
    items, server = state["items"], state.server
    state["items"] += [4]
    state.server |= {"host": "h"}
    state.deep[0] += [1]
    state.deep[0] *= 2
    state.n += 1
    state.n -= 5
    state.server.port *= 2
    assert state["items"] is items
    assert state.server is server
    assert state["items"] == [3, 1, 2, 4]
    assert state.deep[0] == [0, 1, 0, 1]
    assert (state.n, state.server) == (-3, {"port": 160, "tags": ["a", "b"], "host": "h"})
    assert path.read_bytes().count(b"\n--- #") == 7
    assert kept(path) == state


def test_what_raises_leaves_no_trace(state: State, path: Path) -> None:
    """A failing change of a run of changes is not in the file, nor in memory, not even half."""
    before = path.read_bytes()
    attempts: list[Callable[[], Any]] = [
        lambda: state.update({"n": 2, "bad": {1, 2}}),
        lambda: state.server.update(port=1, bad=object()),
        lambda: state["items"].extend([1, 2, object()]),
        lambda: state["items"].extend(1 // (2 - n) for n in range(4)),
        lambda: state["items"].__setitem__(slice(0, 2), [5, {1}]),
        lambda: state["items"].sort(key=lambda item: 1 // (item - 2)),
        lambda: state.setdefault("bad", [{1}]),
        lambda: state.__ior__({"n": 5, ("a", "b"): 1}),
        lambda: state.__delattr__("missing"),
    ]
    for attempt in attempts:
        with pytest.raises((outlive.FormatError, ZeroDivisionError, AttributeError)):
            attempt()
        assert state == BASE
        assert path.read_bytes() == before


def test_changing_while_iterating_raises(state: State, path: Path) -> None:
    """Iteration is that of dict: a dict that changes its size meanwhile raises."""
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        for key in state:
            state[f"{key}!"] = 1
    assert kept(path) == state


def test_a_mutator_may_be_given_live_values(state: State, path: Path) -> None:
    """A comprehension over the list itself, a dict updated with itself, a value moved by hand."""
    state["items"][:] = [item for item in state["items"] if item > 1]
    state.update(state)
    state.server.update(state.server)
    state.again = state
    state.deep[0], state.deep[2] = state.deep[2], state.deep[0]
    assert state["items"] == [3, 2]
    assert state.deep == [[3], {"x": [1, {"y": 2}]}, [0]]
    first = state.deep[0]
    state.deep[1:] = [first, first]
    state.deep[:2] = [first, first]
    first.append("once")
    assert state.deep == [[3, "once"], [3], [3]]
    assert state.again.server == state.server
    assert kept(path) == state
