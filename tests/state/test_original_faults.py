"""Each fault of PersistedState 26.1 that the design lists, shown mended in `outlive.State`."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import outlive
from outlive import RecoveryWarning, State
from outlive.formats.equality import same
from outlive.live import plain

from ..disk.faulty import FaultyFileSystem, Model, crash_images
from ..files import names_beside, run_python
from .stand_ins import opened


def after_a_crash(path: Path) -> Any:
    """The state that is found if the program that has it open is killed now."""
    place = path.parent / "crashed"
    place.mkdir(exist_ok=True)
    for name in names_beside(path):
        if name.startswith((path.name, f".{path.name}.outlive-journal")):
            shutil.copy(path.parent / name, place / name)
    with State(place / path.name) as state:
        found = plain(state)
    shutil.copy(path, place / path.name)  # and the same without the twin
    with State(place / path.name) as state:
        assert plain(state) == found
    assert yaml.safe_load((place / path.name).read_text()) == found
    shutil.rmtree(place)
    return found


# -- "a negative index restores the wrong element"


NEGATIVE: list[Callable[[Any], object]] = [
    lambda items: items.__delitem__(-1),
    lambda items: items.__delitem__(-3),
    lambda items: items.pop(),
    lambda items: items.pop(-2),
    lambda items: items.insert(-1, {"n": 9}),
    lambda items: items.insert(-99, {"n": 9}),
    lambda items: items.insert(99, {"n": 9}),
    lambda items: items.__setitem__(-2, {"n": 9}),
    lambda items: items.__delitem__(slice(-2, None)),
    lambda items: items.__setitem__(slice(-3, -1), [{"n": 9}]),
]


@pytest.mark.parametrize("number", range(len(NEGATIVE)))
def test_a_negative_index_and_then_a_nested_set(path: Path, number: int) -> None:
    """`del lst[-1]` and then a change in another item: after a crash it is in the right one."""
    items = [{"n": i, "in": [{"deep": i}]} for i in range(4)]
    with State(path, items=items) as state:
        handles = list(state["items"])
        NEGATIVE[number](state["items"])
        NEGATIVE[number](items)
        for index, item in enumerate(state["items"]):
            item["n"] = 10 + index
            items[index]["n"] = 10 + index
        handles[0]["in"][-1]["deep"] = "first"
        next(item for item in items if item.get("in") == [{"deep": 0}])["in"] = [{"deep": "first"}]
        assert state["items"] == items
        assert after_a_crash(path) == {"items": items}
    assert State(path, mode="r") == {"items": items}


def test_an_insertion_before_a_container_that_a_program_holds(path: Path) -> None:
    """The original renumbered the paths; ours finds the place when it is asked."""
    with State(path, rows=[{"n": 0}, {"n": 1}]) as state:
        last = state.rows[-1]
        for number in range(5):
            state.rows.insert(0, {"new": number})
            last["n"] += 1
            assert after_a_crash(path)["rows"][-1] == {"n": 2 + number}


# -- "a failed `del` followed by a crash makes the file unopenable"


FAILING: list[tuple[Callable[[Any], object], type[Exception]]] = [
    (lambda state: state.__delitem__("nothing"), KeyError),
    (lambda state: state.pop("nothing"), KeyError),
    (lambda state: state.__delattr__("nothing"), AttributeError),
    (lambda state: state["list"].__delitem__(7), IndexError),
    (lambda state: state["list"].pop(-7), IndexError),
    (lambda state: state["list"].remove("nothing"), ValueError),
    (lambda state: state["list"].__setitem__(7, 1), IndexError),
    (lambda state: state["list"].__setitem__(slice(0, 2, 2), [1, 2]), ValueError),
    (lambda state: state["list"].__setitem__("x", 1), TypeError),
    (lambda state: state["empty"].popitem(), KeyError),
    (lambda state: state["list"].sort(), TypeError),
    (lambda state: state.__setitem__("set", {1, 2}), outlive.FormatError),
    (lambda state: state["list"].append(object()), outlive.FormatError),
    (lambda state: state["list"].extend([1, object()]), outlive.FormatError),
    (lambda state: state.update(a=1, b=object()), outlive.FormatError),
    (lambda state: state.__setitem__(("a", "b"), 1), outlive.FormatError),
    (lambda state: state.__setattr__("items", 1), outlive.FormatError),
]


@pytest.mark.parametrize("number", range(len(FAILING)))
def test_a_change_that_fails_leaves_no_trace(path: Path, number: int) -> None:
    """It raises what a dict or list raises; the file and the memory are as before."""
    change, error = FAILING[number]
    with State(path, list=["a", 1], empty={}) as state:
        state.n = 1
        before, value = path.read_bytes(), plain(state)
        with pytest.raises(error):
            change(state)
        assert path.read_bytes() == before
        assert plain(state) == value
        assert after_a_crash(path) == value
        state.n = 2
        assert after_a_crash(path) == value | {"n": 2}


# -- "a torn last entry raises ScannerError"


def test_a_torn_last_entry_costs_no_more_than_itself(path: Path) -> None:
    """Cut off anywhere, the file opens; the entries before are all there."""
    with State(path, n=0) as state:
        whole = path.stat().st_size
        for number in range(1, 4):
            state.n = number
        data = path.read_bytes()
    for end in range(whole, len(data) + 1):
        torn = path.with_name("torn.state")
        torn.write_bytes(data[:end])
        entries = len(re.findall(rb'\["set",\[\],"n",\d\]', data[:end]))
        try:
            state = State(torn)
        except RecoveryWarning:  # an error in these tests
            with pytest.warns(RecoveryWarning):
                state = State(torn)
        assert state == {"n": entries}
        state.close()


def test_a_torn_entry_of_the_original(path: Path) -> None:
    """Its own files open, too, in the middle of an entry."""
    whole = 'n: 1\n...\n\n---\n["set", [], "n", 2]\n---\n["set", [], "s", "long text"]'
    for end in range(whole.index('"s"'), len(whole)):
        path.write_text(whole[:end])
        with pytest.warns(RecoveryWarning):
            state = State(path)
        assert state == {"n": 2}
        state.close()


# -- "two openers lose writes"


def test_the_second_opener_is_told(path: Path) -> None:
    """In the same process and in another: LockedError with the pid; nothing is lost."""
    program = (
        "import outlive, sys\n"
        "try:\n    outlive.State(sys.argv[1])\n"
        "except outlive.LockedError as error:\n    print(error.pid)\n"
    )
    with State(path, n=1) as state:
        with pytest.raises(outlive.LockedError, match=str(os.getpid())):
            State(path)
        assert run_python(program, path).strip() == str(os.getpid())
        state.n = 2
    assert run_python(program, path).strip() == ""
    assert State(path, mode="r") == {"n": 2}


# -- "comments are dropped"


def test_comments_stay(path: Path) -> None:
    """And order, quoting, blank lines, after as many vacuums as one likes."""
    text = (
        "# top\nzebra: 'x'  # quoted\n\nlist:   # of names\n  - a  # first\n  # last\n\nb: 0x10\n"
    )
    path.write_text(text + "n: 0\n")
    for number in range(1, 4):
        with State(path) as state:
            state.n = number
            state._live_root.vacuum()  # type: ignore[attr-defined]  # the recorder's
            state.n = -number
        assert path.read_text() == f"{text}n: {-number}\n"


# -- "slices raise"


def test_slices(path: Path) -> None:
    """With any index and step, as a list does it, and after a crash as well."""
    plain_list: list[Any] = list(range(10))
    with State(path, items=plain_list) as state:
        live = state["items"]
        for items in (live, plain_list):
            items[2:5] = ["x"]
            items[::3] = ["a", "b", "c"]
            del items[-2:]
            items[1:1] = [[1], {"k": 2}]
            items[5:2] = ["between"]
            del items[::-4]
            items[:] = items[::-1]
        assert live == plain_list
        assert after_a_crash(path) == {"items": plain_list}


# -- "vacuum overwrites in place, without fsync: 100 of 100 power cuts lost or corrupted data"


@pytest.mark.parametrize("model", get_args(Model))
def test_a_power_cut_during_a_vacuum(tmp_path: Path, model: Model) -> None:
    """Whenever it comes, the file opens, and what was durable before the vacuum is there."""
    live, place = tmp_path / "live", tmp_path / "image"
    live.mkdir()
    fs = FaultyFileSystem(live)
    defaults = {"n": 0, "text": "x" * 2000}
    state = opened(live / "example.state", fs, defaults=defaults, sync="full")
    state.n = 41
    begin = len(fs.log)
    state.close()
    assert len(fs.log) > begin + 5
    for cut in range(begin, len(fs.log) + 1):
        for image in crash_images(fs, cut, model, range(5)):
            image.write_to(place)
            with State(place / "example.state") as found:
                assert found == {"n": 41, "text": "x" * 2000}


# -- and from the issue: a vacuum every 2,000 changes, attributes, what a dict can do


def test_the_state_is_a_dict(path: Path) -> None:
    """Comparison, copies, JSON and patterns: the original was a MutableMapping of its own."""
    with State(path, server={"tags": ["a"]}) as state:
        assert isinstance(state, dict)
        assert isinstance(state.server.tags, list)
        assert json.loads(json.dumps(state)) == {"server": {"tags": ["a"]}}
        assert copy.deepcopy(state) == state
        state.server.tags = ("b", "c")  # attributes at every depth
        match state:
            case {"server": {"tags": [first, *_]}}:
                assert first == "b"
        assert after_a_crash(path) == {"server": {"tags": ["b", "c"]}}


def test_what_json_or_yaml_alone_would_change_comes_back(path: Path) -> None:
    """After a crash and after a clean close it is equal, and of the same type."""
    value = {
        "floats": [1e16, 1e-7, 1.0, float("nan"), float("inf"), -0.0],
        "keys": {1: "int", 2.5: "float", None: "none", date(2026, 11, 21): "date", "1": "str"},
        "times": [datetime(2026, 11, 21, 7, 42, tzinfo=UTC), date(2026, 11, 21)],
        "bytes": b"\0\xff",
        "texts": ["yes", "1", "1e3", "null", "---", "# x", "a\r\nb\x85\u2028\x00", " x ", "", "🐍"],
        "int": 10**5000,
    }
    with State(path) as state:
        state.update(value)
        for name, item in value.items():
            state[f"again {name}"] = item
        expected = value | {f"again {name}": item for name, item in value.items()}
        copied = path.with_name("copy.state")
        shutil.copy(path, copied)
        crashed = State(copied)
        assert same(plain(crashed), expected)
        crashed.close()
    with State(path) as state:
        assert same(plain(state), expected)


def test_a_document_that_does_not_parse_is_never_wiped(path: Path) -> None:
    """The original's destructor vacuumed what it could not read: the file was empty after it."""
    path.write_text("a: 1\nb: [2\n")
    for _ in range(2):
        with pytest.raises(outlive.CorruptError, match=r"line \d, column \d"):
            State(path)
        assert path.read_text() == "a: 1\nb: [2\n"
    assert names_beside(path) == ["a.state"]


def test_opening_alone_writes_nothing(path: Path) -> None:
    """The original wrote the file anew at each close."""
    path.write_text("b: 1\na: 2\n")
    status = path.stat()
    with State(path) as state:
        assert state == {"a": 2, "b": 1}
    after = path.stat()
    assert (status.st_ino, status.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
