"""`State(path, type=…)`: a dataclass gives the defaults, and the file is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from ..files import names_beside
from .on_disk import kept, look
from .progress import EMPTY, Limits, Progress, Server, open_progress


def test_the_fields_give_the_defaults(path: Path) -> None:
    """All of them are in the file from the first moment, in the order of the class."""
    with open_progress(path) as progress:
        assert progress == kept(path) == EMPTY
        assert list(progress) == list(EMPTY)
        assert isinstance(progress, State)
        assert (progress.server.port, progress.name) == (80, None)
        progress.rows.append(Server())
        progress.rows[0].tags.append("x")
    with open_progress(path) as progress:
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
    with open_progress(path) as progress:
        assert progress == kept(path) == expected
        progress.rows[2].tags.append("y")
        expected["rows"][2]["tags"].append("y")
        assert kept(path) == expected
    with open_progress(path) as progress:
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
    open_progress(path).close()
    path.write_text("# mine\n" + path.read_text().replace("0.5", "1"))
    before = look(path)
    with open_progress(path) as progress:
        assert type(progress.ratio) is int
    assert look(path) == before
    assert names_beside(path) == ["a.state", "copies"] or names_beside(path) == ["a.state"]


def test_arguments_come_before_the_fields(path: Path) -> None:
    """Defaults given as keywords count more than those of the class, less than the file."""
    with open_progress(path, last_id=7, server={"port": 1}) as progress:
        assert progress == EMPTY | {"last_id": 7, "server": {"port": 1, "tags": []}}
    with open_progress(path, last_id=9) as progress:
        assert progress.last_id == 7
    for wrong in ({"last_id": "x"}, {"server": {"port": None}}):
        with pytest.raises(outlive.FormatError):
            open_progress(path.with_name("b.state"), **wrong)
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
            open_progress(path, mode=mode)
        assert str(path) in str(caught.value)
        assert where in str(caught.value)
    assert look(path) == before
    assert names_beside(path) == ["a.state"]


# -- types


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
    with open_progress(path, mode="r") as reader:
        assert reader == EMPTY | {"last_id": 1}
        with open_progress(path) as progress:
            progress.last_id = 2
            assert reader.refresh()
            assert reader == EMPTY | {"last_id": 2}
    path.write_bytes(before[2])


def test_a_persons_edit_that_does_not_fit(path: Path) -> None:
    """The program goes on with right values; the error names the place; the edit is not lost."""
    progress = open_progress(path)
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
    with open_progress(path) as again:
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
