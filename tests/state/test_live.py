"""The dicts and lists in a State: they are real ones, and what is done to them is in the file."""

from __future__ import annotations

import copy
import enum
import json
import math
import pickle
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import outlive
from outlive import State

BASE: dict[Any, Any] = {
    "n": 1,
    "server": {"port": 80, "tags": ["a", "b"]},
    "items": [3, 1, 2],
    "deep": [[0], {"x": [1, {"y": 2}]}, [3]],
    "empty": {},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a directory of its own."""
    return tmp_path / "a.state"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """A state that holds BASE, open."""
    with State(path, **copy.deepcopy(BASE)) as opened:
        yield opened


def kept(path: Path) -> dict[Any, Any]:
    """What a program that opens the file now finds, as after a crash of the one that has it open.

    The copy is read for writing, so that entries, and not memory, are what counts.
    """
    copied = path.parent / "copies" / path.name
    copied.parent.mkdir(exist_ok=True)
    copied.write_bytes(path.read_bytes())
    with State(copied, strict=True) as again:
        return copy.deepcopy(dict(again))


def types_in(value: Any) -> Any:
    """The types of a value and of all in it, live containers taken for what they are."""
    if isinstance(value, dict):
        return dict, [(type(key), types_in(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list, [types_in(item) for item in value]
    return type(value)


# -- every mutator, with what dict and list do as the measure

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


# -- they are dicts and lists


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


# -- copied in, plain out


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


# -- handles


def test_a_handle_stays_right_when_its_place_moves(state: State, path: Path) -> None:
    """Inserting, deleting, reversing and sorting before it moves a container, not the handle."""
    x, last = state.deep[1].x, state.deep[2]
    state.deep.insert(0, "new")
    x.append("after insert")
    del state.deep[0:2]
    last.append("after del")
    state.deep[0:0] = [["a"], ["b"], ["c"]]
    x[1].y = "after slice"
    state.deep.reverse()
    last.append("after reverse")
    x.append("after reverse")
    state.deep.sort(key=str)
    last.append("after sort")
    state.deep *= 2
    last.append("after *=")
    del state.deep[::3]
    state.deep[::2] = state.deep[::-2] if len(state.deep) % 2 else state.deep[-2::-2]
    assert kept(path) == state
    state.close()
    assert kept(path) == state


def test_a_comprehension_keeps_the_handles(state: State, path: Path) -> None:
    """`items[:] = [x for x in items if …]` moves what stays, and does not copy it."""
    state.jobs = [{"id": n} for n in range(6)]
    handles = list(state.jobs)
    state.jobs[:] = [job for job in state.jobs if job.id % 2]
    handles[3].done = True
    state.jobs[::-1] = list(state.jobs)
    handles[5].done = False
    assert [job is handles[n] for job, n in zip(state.jobs, (5, 3, 1), strict=True)] == [True] * 3
    assert state.jobs == [{"id": 5, "done": False}, {"id": 3, "done": True}, {"id": 1}]
    assert kept(path) == state
    with pytest.raises(outlive.ReadOnlyError):
        handles[0].done = True


def test_equal_containers_are_told_apart(state: State, path: Path) -> None:
    """A handle means the very container, not the first that is equal to it."""
    state.rows = [[] for _ in range(50)]
    middle, last = state.rows[25], state.rows[49]
    del state.rows[0:10]
    middle.append("m")
    last.append("l")
    for _ in range(30):
        state.rows.insert(0, [])
    middle.append("m2")
    assert (state.rows[45], state.rows[69]) == (["m", "m2"], ["l"])
    assert kept(path) == state


GONE: dict[str, Callable[[State], Any]] = {
    "replaced": lambda s: s.__setitem__("server", 1),
    "replaced by the same": lambda s: s.__setitem__("server", {"port": 80, "tags": ["a", "b"]}),
    "deleted": lambda s: s.__delitem__("server"),
    "popped": lambda s: s.pop("server"),
    "cleared": lambda s: s.clear(),
}


@pytest.mark.parametrize("name", GONE)
def test_a_handle_of_what_is_gone_refuses(state: State, path: Path, name: str) -> None:
    """A change of a container that is no longer in the state raises, and is in no file."""
    server, tags = state.server, state.server.tags
    GONE[name](state)
    before = path.read_bytes()
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(server, "port", 1),
        lambda: server.update(a=1),
        lambda: server.pop("port"),
        server.clear,
        lambda: server.setdefault("new", 1),
        lambda: tags.append("c"),
        lambda: tags.__setitem__(0, "c"),
        tags.pop,
        lambda: tags.sort(reverse=True),
        tags.clear,
        lambda: tags.__imul__(2),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.ReadOnlyError, match=r"a\.state.*taken out"):
            attempt()
    assert path.read_bytes() == before
    assert server == {"port": 80, "tags": ["a", "b"]}, "it can still be read"
    state.saved = server
    assert kept(path)["saved"] == server


def test_list_items_that_are_gone(state: State) -> None:
    """Deleted from a list, cut off by a slice, or by remove: gone is gone."""
    first, second, third = state.deep
    del state.deep[0]
    state.deep[:1] = [["new"]]
    state.deep.remove(third)
    for gone in (first, second, third):
        with pytest.raises(outlive.ReadOnlyError):
            gone.clear()


def test_handles_survive_an_automatic_vacuum(path: Path) -> None:
    """A vacuum between two changes moves nothing in memory."""
    with State(path, lists=[[], []], d={"e": {}}) as state:
        second, inner = state.lists[1], state.d.e
        big, smallest = "x" * 10_000, path.stat().st_size
        vacuums = 0
        for number in range(200):
            before = path.stat().st_ino
            inner.last = big + str(number)
            second.append(number)
            vacuums += path.stat().st_ino != before
        assert vacuums
        assert smallest < path.stat().st_size < 2_000_000
        assert state.lists[1] is second
        assert second == list(range(200))
        assert kept(path) == state


# -- attributes


def test_attributes_at_every_depth(state: State, path: Path) -> None:
    """Reading, setting and deleting, in dicts in lists too, and after opening again."""
    state.server.tls = {"on": {"since": 2026}}
    state.server.tls.on.until = None
    state.deep[1].x[1].z = "new"
    del state.n
    del state.server.port
    assert not hasattr(state, "n")
    assert hasattr(state, "server")
    assert getattr(state, "n", "gone") == "gone"
    assert kept(path) == state
    state.close()
    with State(path) as again:
        again.deep[1].x[1].z += "er"
        assert again.deep[1].x[1].z == "newer"
        assert again.server == {"tags": ["a", "b"], "tls": {"on": {"since": 2026, "until": None}}}
        assert not hasattr(again, "n")


def test_an_attribute_that_is_not_there(state: State) -> None:
    """Reading and deleting raise AttributeError that names it; hasattr and getattr work."""
    with pytest.raises(AttributeError, match="missing"):
        _ = state.missing
    with pytest.raises(AttributeError, match="missing"):
        del state.server.missing
    with pytest.raises(KeyError):
        del state["missing"]
    assert getattr(state.server, "missing", 0) == 0


@pytest.mark.parametrize("name", ["items", "keys", "update", "pop", "close", "lock", "transaction"])
def test_method_names_stay_methods(state: State, path: Path, name: str) -> None:
    """Setting such an attribute raises with a hint; as a key it works, and hides no method."""
    before = path.read_bytes()
    with pytest.raises(AttributeError, match=rf'state\["{name}"\]'):
        setattr(state, name, 1)
    with pytest.raises(outlive.FormatError):
        setattr(state, name, [])
    with pytest.raises(AttributeError):
        delattr(state, name)
    assert path.read_bytes() == before
    state[name] = {"a": 1}
    state[name]["b"] = 2
    state.after = 1
    with pytest.raises(AttributeError, match=rf'state\["{name}"\]'):
        delattr(state, name)
    assert state[name] == {"a": 1, "b": 2}
    method = getattr(state, name)
    assert method is not state[name]
    assert state.after == 1, "other attributes work as before"
    assert kept(path) == state
    state.close()
    with State(path) as again:
        assert again[name] == {"a": 1, "b": 2}
        assert again.after == again.server.__class__(again).get("after", 1) == 1
        assert getattr(again, name) is not again[name]


@pytest.mark.parametrize("name", ["items", "keys", "update", "get", "pop", "clear", "values"])
def test_method_names_in_nested_dicts(state: State, path: Path, name: str) -> None:
    """The same one level down, whichever way the key came in."""
    with pytest.raises(AttributeError, match=name):
        setattr(state.server, name, 1)
    state.server[name] = 1
    state.a = {name: 1, "b": 2}
    state.b = {}
    state.b.update({name: 1, "b": 2})
    state.c = [{name: 1}]
    for inner in (state.server, state.a, state.b, state.c[0]):
        assert callable(getattr(inner, name))
        assert inner[name] == 1
    assert (state.a.b, state.b.b, list(state.a.items())) == (2, 2, [(name, 1), ("b", 2)])
    assert kept(path) == state


def test_names_of_the_state_alone_are_free_further_down(state: State, path: Path) -> None:
    """`state.server.lock` is an item; a door has a lock, too."""
    state.server.lock = "open"
    state.server.close = 5
    assert (state.server.lock, state.server.close) == ("open", 5)
    assert kept(path) == state


def test_a_file_with_the_names_of_methods(path: Path) -> None:
    """Such keys in a file that a person wrote are there under [], and break nothing."""
    path.write_text(
        "items: 1\nclose: 2\nlock: 3\n__class__: 4\n__dict__: 5\n_live_root: 6\nself: 7\nx: 8\n"
    )
    with State(path) as state:
        assert [state[key] for key in state] == list(range(1, 9))
        assert (state.x, state.self) == (8, 7)
        state.x += 1
        state["__class__"] += 1
        with state.lock:
            state["lock"] += 1
        for name in ("__class__", "__dict__", "_live_root", "__init__"):
            with pytest.raises(outlive.FormatError):
                setattr(state, name, 1)
        assert next(iter(state.items())) == ("items", 1)
        assert isinstance(state, State)
        assert kept(path) == state
    with State(path) as state:
        assert (state.x, state["__class__"], state["lock"]) == (9, 5, 4)


# -- values

Pair = namedtuple("Pair", "a b")
NOON = datetime(2026, 11, 21, 12, 0)
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


def shown(value: Any) -> str:
    """A short name for a test."""
    try:
        return repr(value)[:30].encode("ascii", "backslashreplace").decode()
    except ValueError:  # an int of more digits than Python shows
        return "large"


def exactly(value: Any) -> Any:
    """A value so that only the same one, to the type, is equal to it."""
    if isinstance(value, dict):
        return [(exactly(key), exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    return type(value), repr(value) if isinstance(value, float) else value


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


class _Strings(enum.StrEnum):
    A = "a"


class _Ints(enum.IntEnum):
    ONE = 1


def test_an_equal_key_of_another_type_takes_out_what_a_dict_would(path: Path) -> None:
    """`del state[Color.RED]` finds the item "red" as a dict does, and the file says so."""
    with State(path, a=1, b={"a": 1}) as state:
        state[1] = "one"
        assert state.pop(_Strings.A) == 1
        del state[_Ints.ONE]
        del state.b[_Strings.A]
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
    _Strings.A,
    _Ints.ONE,
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
    {_Strings.A: 1},
    {_Ints.ONE: 1},
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
    keys: list[Any] = [(1, 2), b"x", math.nan, NOON, _Strings.A, "\ud800", 1j, frozenset()]
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
