"""`State(path, type=…)`: a dataclass gives the defaults, and what comes in is checked."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest

import outlive
from outlive import State

from ..files import names_beside
from ..test_types import mypy
from .test_live import kept, types_in
from .test_state import look


class Limits(TypedDict):
    """A mapping with known keys."""

    cpu: int


@dataclass
class Server:
    """A container with defaults, in another one."""

    port: int = 80
    tags: list[str] = field(default_factory=list)


@dataclass
class Progress:
    """What most tests hold."""

    last_id: int = 0
    name: str | None = None
    ratio: float = 0.5
    server: Server = field(default_factory=Server)
    rows: list[Server] = field(default_factory=list)
    by_name: dict[str, Server] = field(default_factory=dict)
    by_day: dict[date, int] = field(default_factory=dict)
    free: Any = None
    mode: Literal["a", "b"] = "a"
    limits: Limits | None = None
    matrix: list[list[int]] = field(default_factory=list)
    at: datetime | None = None


EMPTY: dict[str, Any] = {
    "last_id": 0,
    "name": None,
    "ratio": 0.5,
    "server": {"port": 80, "tags": []},
    "rows": [],
    "by_name": {},
    "by_day": {},
    "free": None,
    "mode": "a",
    "limits": None,
    "matrix": [],
    "at": None,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a directory of its own."""
    return tmp_path / "a.state"


def opened(path: Path, **options: Any) -> Any:
    """A State of Progress, with the methods that a type checker does not know in a Progress."""
    return State(path, type=Progress, **options)


def test_the_fields_give_the_defaults(path: Path) -> None:
    """All of them are in the file from the first moment, in the order of the class."""
    with opened(path) as progress:
        assert progress == kept(path) == EMPTY
        assert list(progress) == list(EMPTY)
        assert isinstance(progress, State)
        assert (progress.server.port, progress.name) == (80, None)
        progress.rows.append(Server())
        progress.rows[0].tags.append("x")
    with opened(path) as progress:
        assert progress == EMPTY | {"rows": [{"port": 80, "tags": ["x"]}]}
    assert Progress() == Progress(), "the defaults of the class are nobody's"


def test_a_file_gets_the_fields_that_it_lacks(path: Path) -> None:
    """At every depth, in each way a program can have been killed; what it has stands."""
    path.write_text("# mine\nlast_id: 5\nserver:\n  tags: [x]\nrows:\n- {}\n- port: 1\n- {}\n")
    expected = EMPTY | {
        "last_id": 5,
        "server": {"port": 80, "tags": ["x"]},
        "rows": [{"port": 80, "tags": []}, {"port": 1, "tags": []}, {"port": 80, "tags": []}],
    }
    with opened(path) as progress:
        assert progress == kept(path) == expected
        progress.rows[2].tags.append("y")
        expected["rows"][2]["tags"].append("y")
        assert kept(path) == expected
    with opened(path) as progress:
        assert progress == expected
    assert path.read_text().startswith("# mine\nlast_id: 5\n")


@dataclass
class Point:
    """One field, with a default."""

    y: float = 0.0


@dataclass
class Log:
    """A list of what may be empty in the file."""

    points: list[Point] = field(default_factory=list)


@pytest.mark.parametrize(
    "points",
    [
        [{}, {"y": 0.0}, {}],
        [{"y": 0.0}, {}, {"y": 0.0}, {}, {}],
        [{}, {}, {"y": 1.0}, {"y": 0.0}],
        [{}] * 50 + [{"y": 2.0}] + [{}] * 50,
    ],
)
def test_items_that_become_equal_to_others(path: Path, points: list[dict[str, float]]) -> None:
    """Defaults come into each item in its place, whatever its neighbours are."""
    with State(path, points=points):
        pass
    expected = {"points": [{"y": 0.0} | point for point in points]}
    typed: Any = State(path, type=Log)
    with typed as log:
        assert log == kept(path) == expected


def test_opening_a_complete_file_changes_nothing(path: Path) -> None:
    """Also where an int stands for a float, and where a person wrote it."""
    opened(path).close()
    path.write_text("# mine\n" + path.read_text().replace("0.5", "1"))
    before = look(path)
    with opened(path) as progress:
        assert type(progress.ratio) is int
    assert look(path) == before
    assert names_beside(path) == ["a.state", "copies"] or names_beside(path) == ["a.state"]


def test_arguments_come_before_the_fields(path: Path) -> None:
    """Defaults given as keywords count more than those of the class, less than the file."""
    with opened(path, last_id=7, server={"port": 1}) as progress:
        assert progress == EMPTY | {"last_id": 7, "server": {"port": 1, "tags": []}}
    with opened(path, last_id=9) as progress:
        assert progress.last_id == 7
    for wrong in ({"last_id": "x"}, {"server": {"port": None}}):
        with pytest.raises(outlive.FormatError):
            opened(path.with_name("b.state"), **wrong)
    assert not path.with_name("b.state").exists()


@dataclass
class Required:
    """A field without a default."""

    name: str
    count: int = 0


def test_a_field_without_a_default(path: Path) -> None:
    """It has to be in the file or given; else nothing is made, and the error names it."""
    with pytest.raises(outlive.FormatError, match="name"):
        State(path, type=Required)
    assert names_beside(path) == []
    made: Any = State(path, type=Required, name="x")
    with made as state:
        assert state == {"name": "x", "count": 0}
    assert State(path, type=Required, mode="r").name == "x"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("last_id: x\n", "$.last_id"),
        ("server:\n  port: 80.5\n", "$.server.port"),
        ("rows:\n- {}\n- tags: [a, 1]\n", "$.rows[1].tags[1]"),
        ("by_name:\n  a: 1\n", "$.by_name"),
        ("by_day:\n  monday: 1\n", "$.by_day"),
        ("mode: c\n", "$.mode"),
        ("limits: {}\n", "cpu"),
        ('last_id: 1\n\n---\n["set",[],"name",5]\n', "$.name"),
    ],
)
def test_a_file_that_does_not_fit(path: Path, text: str, where: str) -> None:
    """FormatError with the place, in both modes; the file is as it was, and nobody holds it."""
    path.write_text(text)
    before = look(path)
    for mode in ("rw", "r"):
        with pytest.raises(outlive.FormatError) as caught:
            opened(path, mode=mode)
        assert str(path) in str(caught.value)
        assert where in str(caught.value)
    assert look(path) == before
    assert names_beside(path) == ["a.state"]


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
    with opened(path) as progress:
        change(progress)
        assert progress == kept(path) == EMPTY | expected
        assert types_in(progress) == types_in(EMPTY | expected)
    with opened(path) as progress:
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
    with opened(path, rows=[Server()]) as progress:
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
    with opened(path) as progress:
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
    with opened(path) as progress:
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


@dataclass
class HoldsSet:
    """A type that YAML cannot hold."""

    names: set[str] = field(default_factory=set)


@dataclass
class HidesItems:
    """A field that could not be reached."""

    items: int = 0


class _NoDataclass:
    x: int = 0


@pytest.mark.parametrize(
    "type", [HoldsSet, HidesItems, _NoDataclass, int, dict, Limits, "Progress"]
)
def test_types_that_no_state_can_have(path: Path, type: Any) -> None:
    """They are refused before the file is made, with what to do about it."""
    with pytest.raises(outlive.FormatError, match=r"a\.state"):
        State(path, type=type)
    assert names_beside(path) == []


def test_a_typed_reader(path: Path) -> None:
    """It checks the file, and has the defaults in memory alone."""
    path.write_text("last_id: 1\n")
    before = look(path)
    with opened(path, mode="r") as reader:
        assert reader == EMPTY | {"last_id": 1}
        with opened(path) as progress:
            progress.last_id = 2
            assert reader.refresh()
            assert reader == EMPTY | {"last_id": 2}
    path.write_bytes(before[2])


def test_a_persons_edit_that_does_not_fit(path: Path) -> None:
    """The program goes on with right values; the error names the place; the edit is not lost."""
    progress = opened(path)
    progress.last_id = 1
    text = path.read_text()
    path.write_text(text.replace("ratio: 0.5", "ratio: much"))
    with pytest.raises(outlive.FormatError, match=r"a\.state.*ratio"):
        progress.refresh()
    progress.last_id = 2
    assert progress == EMPTY | {"last_id": 2}
    path.write_text(path.read_text().replace("ratio: much", "ratio: 0.75"))
    progress.refresh()
    progress.close()
    with opened(path) as again:
        assert again == EMPTY | {"last_id": 2, "ratio": 0.75}


@dataclass
class Jobs(outlive.StateMethods):
    """As the docstring of StateMethods shows it."""

    done: int = 0


def test_a_class_that_inherits_the_methods(path: Path) -> None:
    """It makes no difference at run time; all methods are those of a State."""
    with State(path, type=Jobs) as jobs:
        with jobs.lock, jobs.transaction():
            jobs.done += 1
        jobs.sync()
        assert not jobs.refresh()
        assert kept(path) == {"done": 1}
    assert path.read_text() == "done: 1\n"


# -- what a type checker sees

PROGRAM = """
from dataclasses import dataclass, field
import outlive
from outlive import State

@dataclass
class Server:
    port: int = 80

@dataclass
class Progress(outlive.StateMethods):
    last_id: int = 0
    server: Server = field(default_factory=Server)
    tags: list[str] = field(default_factory=list)

@dataclass
class Bare:
    last_id: int = 0

progress = State("a", type=Progress, sync="full")
reveal_type(progress)
reveal_type(progress.last_id)
reveal_type(progress.server.port)
reveal_type(progress.tags)
reveal_type(State("b", type=Bare))
reveal_type(State("c", last_id=0))
reveal_type(State("c").last_id)
reveal_type(State("c")["last_id"])
progress.last_id += 1
progress.server = Server(port=81)
progress.tags.append("x")
with State("d", type=Progress) as inner:
    reveal_type(inner)
    with inner.transaction(), inner.lock:
        inner.server.port -= 1
    inner.sync()
    inner.close()
for change in State("e", mode="r", timeout=None).follow():
    reveal_type(change.value)
reveal_type(progress.refresh())
"""
REVEALED = [
    "program.Progress",
    "int",
    "int",
    "list[str]",
    "program.Bare",
    "outlive.state.state.State",
    "Any",
    "Any",
    "program.Progress",
    "object",
    "bool",
]
PLAIN = """
from outlive import State
state = State("a", counter=0, server={})
state.counter += 1
state.counter -= 5
state.server.tags = ["a"]
state.server.tags.append("b")
state.server |= {"port": 80}
state.server.port += 1
state.new = {"a": {}}
state.new.a.b = 1
state.rows = []
state.rows.append({"id": 1})
state.rows[0].id += 1
state.processed[2:5] = ["x"]
state.setdefault("list", {})["port"] = 8080
del state.counter
def show(values: dict[str, int]) -> None: ...
show(state)
with State("b") as other, other.transaction():
    other.balance -= 10
    other.server.paid += 10
"""
MISTAKES = """
from dataclasses import dataclass
from outlive import State
@dataclass
class Progress:
    last_id: int = 0
progress = State("a", type=Progress)
progress.last_id = "x"
progress.lost_id = 1
print(progress.lost_id)
State("a", mode="w")
State("a", sync="always")
State("a", type=5)
State(5)
"""


def test_a_type_checker_knows_the_fields(tmp_path: Path) -> None:
    """type= says what the attributes are, without an annotation in the program."""
    lines = mypy(tmp_path, PROGRAM)
    revealed = [line.split('"')[1] for line in lines if "Revealed type is" in line]
    assert [one.replace("builtins.", "") for one in revealed] == REVEALED
    assert lines[-1].startswith("Success"), lines


def test_a_plain_state_takes_everything(tmp_path: Path) -> None:
    """What can be written with a plain State is no error to a type checker."""
    assert mypy(tmp_path, PLAIN)[-1].startswith("Success"), mypy(tmp_path, PLAIN)


def test_a_type_checker_finds_mistakes(tmp_path: Path) -> None:
    """Wrong values, fields that do not exist and wrong options, before the program runs."""
    errors = [line for line in mypy(tmp_path, MISTAKES) if ": error:" in line]
    assert sorted({int(line.split(":")[1]) for line in errors}) == [*range(8, 15)]
