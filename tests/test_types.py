"""`type=`: the file is checked on reading, the value on writing, and the value is of that type."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import msgspec
import pytest

import outlive
from outlive import FormatError

NAMES = ["json", "yaml", "toml", "msgpack", "bson", "pickle"]
NOW = datetime(2026, 11, 21, 7, 42)


@dataclass
class Point:
    """Where a run was."""

    x: int
    y: float = 0.0


@dataclass
class Run:
    """One run of a program; all but its name has a default."""

    name: str
    time: datetime = NOW
    points: list[Point] = field(default_factory=list)
    note: str | None = None


@dataclass
class Log:
    """What a file holds at the top."""

    runs: list[Run] = field(default_factory=list)
    seen: dict[str, Point] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A dataclass that keeps its values in slots."""

    a: int
    b: str = "b"


class Limits(TypedDict):
    """A dict with known keys."""

    cpu: int
    note: NotRequired[str]


class Job(msgspec.Struct):
    """A Struct of msgspec."""

    id: int
    points: list[Point] = []


class Color(Enum):
    """Two names."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Odd:
    """Types that no format but pickle holds all of."""

    color: Color
    day: date
    data: bytes
    numbers: set[int]
    pair: tuple[int, str]


LOG = Log([Run("a", datetime(2026, 1, 2, 3, 4, 5), [Point(1, 2.5)], "n"), Run("b", note="m")])
AT_TOP: list[tuple[Any, Any]] = [
    (Log, LOG),
    (Limits, {"cpu": 4}),
    (Job, Job(2**40, [Point(3)])),
    (Frozen, Frozen(1)),
    (dict[str, Run], {"first": Run("a", note="n")}),
    (dict[int, Point], {1: Point(2), 2**40: Point(3)}),
    (Odd, Odd(Color.BLUE, date(2026, 11, 21), b"\0", {1, 2}, (1, "a"))),
]
LISTS: list[tuple[Any, Any]] = [
    (list[Run], [Run("a", note="n"), Run("b")]),
    (int, 5),
    (int | None, None),
    (tuple[int, str], (1, "a")),
]
CASES = [(name, *case) for name in NAMES for case in AT_TOP]
CASES += [(name, *case) for name in NAMES if name not in ("toml", "bson") for case in LISTS]


def reopened(path: Path, type: Any, value: Any) -> Any:
    """`value` after a commit, as another program of the same type reads it."""
    outlive.open(path, value, type=type).commit()
    return outlive.open(path, type=type).value


@pytest.mark.parametrize(("name", "type", "value"), CASES)
def test_the_value_is_of_the_type(tmp_path: Path, name: str, type: Any, value: Any) -> None:
    """In every format the value comes back as it was, of the types down to the last leaf."""
    there = reopened(tmp_path / f"state.{name}", type, value)
    assert there == value
    assert repr(there) == repr(value)


@pytest.mark.parametrize("name", NAMES)
def test_an_optional_field_may_be_none(tmp_path: Path, name: str) -> None:
    """None in a field that allows it is kept, also in TOML, which has no word for it."""
    assert reopened(tmp_path / f"state.{name}", Log, Log([Run("a")])) == Log([Run("a")])


@pytest.mark.parametrize("name", NAMES)
def test_a_typed_value_is_changed_in_place(tmp_path: Path, name: str) -> None:
    """Attributes are set as on any object, within a with block or an update."""
    path = tmp_path / f"state.{name}"
    outlive.open(path, LOG, type=Log).commit()
    with outlive.open(path, type=Log) as store:
        store.value.runs[1].points.append(Point(7))
    outlive.open(path, type=Log).update(lambda log: log.runs.append(Run("c", note="n")))
    assert outlive.open(path, type=Log).value == Log(
        [LOG.runs[0], Run("b", NOW, [Point(7)], "m"), Run("c", note="n")]
    )


@pytest.mark.parametrize("name", ["yaml", "toml", "bson", "pickle"])
def test_dates_are_dates_in_the_file(tmp_path: Path, name: str) -> None:
    """Where a format has dates, a program without the type finds them, not text."""
    path = tmp_path / f"state.{name}"
    outlive.open(path, LOG, type=Log).commit()
    assert outlive.open(path).value["runs"][1]["time"] == NOW


def test_comments_stay_around_typed_values(tmp_path: Path) -> None:
    """A person may comment a YAML file whose value has a type."""
    path = tmp_path / "state.yaml"
    path.write_text("# limits\ncpu: 4   # cores\nnote: x\n")
    with outlive.open(path, type=Limits) as store:
        store.value["cpu"] = 8
    assert path.read_text() == "# limits\ncpu: 8   # cores\nnote: x\n"


def test_defaults_are_filled_in_and_kept(tmp_path: Path) -> None:
    """A field that the file lacks gets its default, and is in the file after the next commit."""
    path = tmp_path / "state.json"
    path.write_text('[{"x": 1}]')
    with outlive.open(path, type=list[Point]) as store:
        assert store.value == [Point(1, 0.0)]
    assert path.read_text() == '[{"x": 1, "y": 0.0}]'


# -- what does not fit


@pytest.mark.parametrize(
    ("name", "text", "type", "where"),
    [
        ("json", '{"runs": [{"name": "a"}, {"name": 5}]}', Log, "$.runs[1].name"),
        ("json", '{"runs": [{"time": "2026-11-21"}]}', Log, "$.runs[0]"),
        ("json", '[{"name": "a", "points": [{"x": 1.5}]}]', list[Run], "$[0].points[0].x"),
        ("json", '{"seen": {"k": {"x": "1"}}}', Log, "$.seen[...].x"),
        ("json", '{"a": {"x": 1}}', dict[int, Point], "`key` in `$`"),
        ("json", '{"cpu": null}', Limits, "$.cpu"),
        ("json", '{"id": 1, "points": 2}', Job, "$.points"),
        ("json", "[1]", Log, "got `array`"),
        ("yaml", "runs:\n- name: a\n  time: soon\n", Log, "$.runs[0].time"),
        ("toml", '[[runs]]\nname = "a"\ntime = 5\n', Log, "$.runs[0].time"),
    ],
)
def test_a_file_that_does_not_fit(
    tmp_path: Path, name: str, text: str, type: Any, where: str
) -> None:
    """The error names the file and the place in it; the file stays for a person to mend."""
    path = tmp_path / f"state.{name}"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        outlive.open(path, type=type)
    assert str(path) in str(caught.value)
    assert where in str(caught.value)
    assert path.read_text() == text


@pytest.mark.parametrize("name", NAMES)
def test_the_place_is_told_in_every_format(tmp_path: Path, name: str) -> None:
    """A wrong leaf in a binary file is found as easily as one in a text."""
    path = tmp_path / f"state.{name}"
    runs: list[dict[str, object]] = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    outlive.open(path, {"runs": [*runs, {"name": "d", "time": "soon"}]}).commit()
    before = path.read_bytes()
    with pytest.raises(FormatError) as caught:
        outlive.open(path, type=Log)
    assert str(path) in str(caught.value)
    assert "$.runs[3].time" in str(caught.value)
    assert path.read_bytes() == before


def _wrong_name(log: Any) -> None:
    log.runs[0].name = 5


def _wrong_item(log: Any) -> None:
    log.runs.append(5)


def _wrong_object(log: Any) -> None:
    log.seen["a"] = object()


def _wrong_key(log: Any) -> None:
    log.seen[5] = Point(1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spoil", [_wrong_name, _wrong_item, _wrong_object, _wrong_key])
def test_a_value_that_does_not_fit(tmp_path: Path, name: str, spoil: Callable[[Any], None]) -> None:
    """A commit checks the value first: the file keeps its content, the program its value."""
    path = tmp_path / f"state.{name}"
    store = outlive.open(path, LOG, type=Log)
    store.commit()
    before = path.read_bytes()
    value = store.value
    spoil(value)
    with pytest.raises(FormatError) as caught:
        store.commit()
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert store.value is value
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


# -- no file yet


@pytest.mark.parametrize(
    ("type", "empty"),
    [
        (Log, Log()),
        (list[Run], []),
        (dict[int, Point], {}),
        (set[int], set()),
        (int | None, None),
        (Any, None),
    ],
)
def test_the_empty_value_is_the_default(tmp_path: Path, type: Any, empty: object) -> None:
    """Where there is no file and no default, the value is the empty one of the type."""
    store = outlive.open(tmp_path / "state.json", type=type)
    assert store.value == empty
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("type", [Run, Limits, Job, int, str, Color, tuple[int, str]])
def test_a_type_without_an_empty_value(tmp_path: Path, type: Any) -> None:
    """Where the type has no empty value, the error asks for default=."""
    with pytest.raises(FormatError, match="default="):
        outlive.open(tmp_path / "state.json", type=type)


def test_a_default_is_of_the_type_too(tmp_path: Path) -> None:
    """A default may be a value or a function, and is checked as the file is."""
    path = tmp_path / "state.json"
    given = Run("a")
    store = outlive.open(path, given, type=Run)
    store.value.points.append(Point(1))
    assert given == Run("a")
    assert outlive.open(path, Log, type=Log).value == Log()
    assert outlive.open(path, lambda: [given], type=list[Run]).value == [given]
    wrong: Any = [5]
    with pytest.raises(FormatError, match=r"\$\[0\]"):
        outlive.open(path, wrong, type=list[Run])


class _Plain:
    """A class whose attributes nobody declared."""


@pytest.mark.parametrize("type", ["Run", 5, Point | Job, list["Nowhere"], _Plain, list[_Plain]])  # type: ignore[name-defined]  # noqa: F821
def test_a_type_that_cannot_be_checked(tmp_path: Path, type: Any) -> None:
    """It is refused by open(), whether there is a file or not."""
    path = tmp_path / "state.json"
    with pytest.raises(FormatError) as caught:
        outlive.open(path, type=type)
    assert str(path) in str(caught.value)
    path.write_text("[]")
    with pytest.raises(FormatError):
        outlive.open(path, type=type)


# -- what a type checker sees

PROGRAM = """
from dataclasses import dataclass
import outlive

@dataclass
class Run:
    name: str

def make() -> set[int]:
    return set()

reveal_type(outlive.open("f", default=[]).value)
reveal_type(outlive.open("f", []).value)
reveal_type(outlive.open("f", default=list).value)
reveal_type(outlive.open("f", default=dict).value)
reveal_type(outlive.open("f", default={}).value)
reveal_type(outlive.open("f", default={"a": 1}, format="yaml", keep=3).value)
reveal_type(outlive.open("f", default=0).update(lambda n: n + 1))
reveal_type(outlive.open("f", default=make).value)
reveal_type(outlive.open("f", type=Run).value)
reveal_type(outlive.open("f", default=Run("a"), type=Run).value)
reveal_type(outlive.open("f", type=list[Run]).value)
reveal_type(outlive.open("f", default=[], type=list[Run]).value)
reveal_type(outlive.open("f").value)
with outlive.open("f", type=Run) as store:
    reveal_type(store.value.name)
"""
REVEALED = [
    *["list[Any]"] * 3,
    *["dict[Any, Any]"] * 2,
    "dict[str, int]",
    "int",
    "set[int]",
    *["program.Run"] * 2,
    *["list[program.Run]"] * 2,
    "Any",
    "str",
]
MISTAKES = """
import outlive
outlive.open("f", default={"a": 1}).value["a"] = "b"
outlive.open("f", type=list[int]).value.append("b")
outlive.open("f", on_conflict="ignore")
outlive.open("f", keeep=3)
"""


def mypy(directory: Path, program: str) -> list[str]:
    """What mypy --strict says about a program that uses outlive as it is installed."""
    (directory / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "../mypy", "program.py"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout.splitlines()


def test_a_type_checker_knows_the_value(tmp_path: Path) -> None:
    """The default or type= says what Store.value is, without an annotation in the program."""
    lines = mypy(tmp_path, PROGRAM)
    assert [line.split('"')[1] for line in lines if "Revealed type is" in line] == REVEALED
    assert lines[-1].startswith("Success")


def test_a_type_checker_finds_mistakes(tmp_path: Path) -> None:
    """Values of another type and options that do not exist are errors before the program runs."""
    errors = [line for line in mypy(tmp_path, MISTAKES) if ": error:" in line]
    assert sorted({int(line.split(":")[1]) for line in errors}) == [3, 4, 5, 6]


@pytest.mark.parametrize("name", ["a.json", "a.toml", "a.yaml"])
def test_keys_and_values_that_are_dates(tmp_path: Path, name: str) -> None:
    """Dates may be keys, and `object` stands for anything."""
    day = date(2026, 11, 21)
    dates = outlive.open(tmp_path / name, type=dict[date, date])
    dates.value[day] = day
    dates.commit()
    assert outlive.open(tmp_path / name, type=dict[date, date]).value == {day: day}
    anything = outlive.open(tmp_path / f"b{name}", type=dict[str, object])
    anything.value["a"] = [1, "b"]
    anything.commit()
    assert outlive.open(tmp_path / f"b{name}").value == {"a": [1, "b"]}
