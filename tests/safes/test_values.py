"""format=, type=, and values that do not fit or can no longer be read."""

from __future__ import annotations

import json
import math
import pickle
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from outlive import CorruptError, FormatError, UntrustedError
from outlive.engines import Engine, MemoryEngine
from outlive.formats.keys import pack
from outlive.safes.safe import Safe

from ..test_types import mypy
from .stores import Point, Stubborn

NOW = datetime(2026, 11, 21, 7, 42, tzinfo=UTC)


@dataclass
class Job:
    """A value with parts, most of which have defaults."""

    name: str
    at: datetime = NOW
    points: list[Point] = field(default_factory=list)
    seen: dict[int, Point] = field(default_factory=dict)


class Text:
    """A format of one's own, whose functions give and take str."""

    dumps = staticmethod(json.dumps)
    loads = staticmethod(json.loads)


class Keeps:
    """A format of one's own, whose values refer to what they are given."""

    def dumps(self, value: bytes) -> bytes:
        """As it is."""
        return value or b""

    def loads(self, data: bytes) -> memoryview:
        """Not a copy."""
        return memoryview(data)


class ToFile:
    """A format of one's own that writes text to files."""

    @staticmethod
    def dump(value: object, file: Any) -> None:
        """As JSON."""
        file.write(json.dumps(value))

    @staticmethod
    def load(file: Any) -> object:
        """As JSON."""
        return json.loads(file.read())


ANY: list[object] = [
    *(None, 5, 2**70, -1.5, math.inf, "é\0", b"\0", (1, (2,)), {1: {2.5: None}}, {1, 2}),
    *(Decimal("1.0"), NOW, date(2026, 1, 1), UUID(int=5), Point(1), range(5), len, Point),
    [Point(1), bytearray(b"a")],
]


@pytest.mark.parametrize("value", ANY, ids=repr)
def test_any_object_comes_back(safe: Safe[Any, Any], value: object) -> None:
    """What pickle takes comes back equal, and of its type."""
    safe["a"] = value
    assert safe["a"] == value
    assert type(safe["a"]) is type(value)


@pytest.mark.parametrize("format", ["json", "JSON", json, Text, Text(), ToFile, "msgpack", "yaml"])
def test_formats(engine: Engine, format: Any) -> None:
    """Values can be written in any format, by name, module, class or object."""
    with Safe[str, Any](engine, format=format) as safe:
        safe["a"] = {"n": [1, "é", None, 2.5]}
        safe.update(b=1)
        assert dict(safe) == {"a": {"n": [1, "é", None, 2.5]}, "b": 1}
    with Safe[str, Any](engine, format=format) as safe:
        assert safe.modify("b", lambda n: n + 1) == 2
        with pytest.raises(FormatError, match="'c'"):
            safe["c"] = {"deep": object()}
        assert "c" not in safe


def test_a_value_may_refer_to_its_data(engine: Engine) -> None:
    """What a format makes of the data it got stays valid when the snapshot is gone."""
    with Safe[str, Any](engine, format=Keeps()) as safe:
        safe["a"] = b"abc"
        there = safe["a"]
        safe["a"] = b"xyz"
        assert bytes(there) == b"abc"


def test_a_file_remembers_its_format(engine: Engine) -> None:
    """Opened without format= it has its own; another one is refused by name."""
    with Safe[str, Any](engine, format="json") as safe:
        safe["a"] = (1, 2)
    with Safe[str, Any](engine) as safe:
        safe["a"] = {"b": safe["a"]}
    with engine.snapshot() as snapshot:
        entry = snapshot.get(pack("a"))
        assert entry is not None
        assert json.loads(bytes(entry.value)) == {"b": [1, 2]}
    for options in ({"format": "pickle"}, {"format": Text}, {"type": int}):
        with pytest.raises(FormatError, match=r"as json, not .*format='json'"):
            Safe(engine, **options)
    with Safe(engine, type=dict[str, list[int]], format="json") as typed:
        assert typed["a"] == {"b": [1, 2]}


def test_a_format_of_ones_own_is_named() -> None:
    """A safe of a class's format says which, to those who open it without."""
    engine = MemoryEngine()
    Safe(engine, format=Text)["a"] = 1
    with pytest.raises(FormatError, match=r"test_values\.Text"):
        Safe(engine)
    assert Safe(engine, format=Text())["a"] == 1


# -- type=


TYPES: list[tuple[Any, Any]] = [
    (Job, Job("a", points=[Point(1)], seen={5: Point(2)})),
    (Point | None, None),
    (list[Point], [Point(1), Point(2, 5.0)]),
    (dict[str, Point], {"a": Point(1)}),
    (dict[date, int], {date(2026, 1, 1): 1}),
    (tuple[int, str], (1, "a")),
    (set[int], {1, 2}),
    (Decimal, Decimal("1.50")),
    (Any, {"a": [1]}),
    (float, math.inf),
]


@pytest.mark.parametrize("format", [None, "json", "yaml", "pickle"])
@pytest.mark.parametrize(("type", "value"), TYPES, ids=lambda case: repr(case)[:30])
def test_values_are_of_the_type(engine: Engine, type: Any, value: Any, format: str | None) -> None:
    """What was written comes back as the type, by whatever way it is read."""
    with Safe[str, Any](engine, type=type, format=format) as safe:
        safe["a"] = value
        safe.update(b=value)
        with safe.transaction() as t:
            read = [t["a"], t.setdefault("c", value)]
        for there in [safe["a"], *safe.values(), *read, safe.pop("c")]:
            assert repr(there) == repr(value)


@pytest.mark.parametrize("format", ["msgpack", "json", "yaml"])
@pytest.mark.parametrize(
    ("type", "bad"),
    [
        (Point, Point("1")),  # type: ignore[arg-type]  # that is what is tried
        (Point, 5),
        (Job, Job("a", points=[5])),  # type: ignore[list-item]  # likewise
        (dict[str, int], {1: 1}),
        (int, "1"),
        (str, 1),
        (list[int], [1, None]),
        (Any, object()),
    ],
)
def test_a_value_that_does_not_fit(engine: Engine, type: Any, bad: Any, format: str) -> None:
    """It is refused before anything is written, by a message with the file and the key."""
    with Safe[str, Any](engine, type=type, format=format) as safe:
        for write in (safe.__setitem__, safe.setdefault, lambda k, v: safe.update({k: v})):
            with pytest.raises(FormatError, match="'bad'") as caught:
                write("bad", bad)
            assert safe.path in str(caught.value)
        assert len(safe) == 0


def test_a_value_that_is_of_another_type() -> None:
    """What an earlier version of the type wrote is refused on reading, and stays."""
    engine = MemoryEngine()
    Safe(engine, type=dict[str, Any])["a"] = {"x": "one"}
    safe = Safe(engine, type=Point)
    for read in (lambda: safe["a"], lambda: list(safe.items()), lambda: safe.pop("a")):
        with pytest.raises(FormatError, match=r"'a'.*\$\.x"):
            read()
    assert "a" in safe


def test_defaults_of_the_type_are_written() -> None:
    """A field that was filled in when it was read is in the file when it is written again."""
    engine = MemoryEngine()
    Safe(engine, type=dict[str, int])["a"] = {"x": 1}
    typed = Safe(engine, type=Point)
    typed.modify("a", lambda point: point)
    assert Safe(engine)["a"] == {"x": 1, "y": 0.0}


class Row(msgspec.Struct):
    """A class of msgspec."""

    id: int
    rest: list[Point] = []


def test_structs(safe: Safe[Any, Any]) -> None:
    """A msgspec.Struct is a type like a dataclass, and pickles like one."""
    safe["a"] = Row(1, [Point(2)])
    assert safe["a"] == Row(1, [Point(2)])
    typed = Safe(MemoryEngine(), type=Row)
    with typed.edit("a", default=Row(1)) as row:
        row.rest.append(Point(3))
    assert typed["a"] == Row(1, [Point(3)])


# -- values that cannot be read


@pytest.fixture
def gone() -> Iterator[types.ModuleType]:
    """A module with a class `Gone`, importable for the time of a test."""
    module = types.ModuleType("module_that_goes")
    exec("class Gone: pass", vars(module))  # noqa: S102  # the class has to be of that module
    sys.modules[module.__name__] = module
    yield module
    sys.modules.pop(module.__name__, None)


def test_a_class_that_is_gone(safe: Safe[Any, Any], gone: types.ModuleType) -> None:
    """Where a class was moved away, the error says how to go on, and the value stays."""
    safe["a"] = gone.Gone()
    kept = gone.Gone
    del gone.Gone
    with pytest.raises(FormatError, match=r"'a'.*importable"):
        safe["a"]
    del sys.modules[gone.__name__]
    with pytest.raises(FormatError, match=r"'a'.*importable"):
        safe.pop("a")
    gone.Gone = kept  # type: ignore[attr-defined]  # it is there again
    sys.modules[gone.__name__] = gone
    assert isinstance(safe["a"], kept)


def test_an_object_that_raises_when_it_is_loaded(safe: Safe[Any, Any]) -> None:
    """The error names the safe and the key, and has the object's own as its cause."""
    safe.update(a=Stubborn("word"), b=1)
    uses: list[Callable[[], object]] = [
        lambda: safe["a"],
        lambda: dict(safe),
        lambda: list(safe.values()),
        lambda: safe.pop("a"),
        lambda: safe.popitem(last=False),
        lambda: safe.modify("a", str),
        lambda: safe.transact(lambda t: t["a"]),
    ]
    for use in uses:
        with pytest.raises(CorruptError, match=r"'a'.*not again") as caught:
            use()
        assert safe.path in str(caught.value)
        assert isinstance(caught.value.__cause__, LookupError)
    with safe.snapshot() as then, pytest.raises(CorruptError):
        then["a"]
    assert list(safe) == ["a", "b"]
    del safe["a"]
    assert dict(safe) == {"b": 1}


@pytest.mark.parametrize("data", [b"", b"\x80", b"cos\nnowhere\n.", pickle.dumps([1, 2])[:-3]])
def test_damaged_values(engine: Engine, data: bytes) -> None:
    """Bytes that are no value are an error of ours, in every format, and can be overwritten."""
    with Safe[str, Any](engine) as safe:
        engine.commit({pack("a"): data})
        with pytest.raises((CorruptError, FormatError), match="'a'"):
            safe["a"]
        safe["a"] = 1
        assert safe["a"] == 1


def test_values_that_are_nested_too_deeply(safe: Safe[Any, Any]) -> None:
    """A value that pickle cannot write is refused, and nothing breaks."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FormatError, match="RecursionError"):
        safe["a"] = deep
    while deep:
        deep = deep[0]
    assert len(safe) == 0


def test_no_room_in_memory(safe: Safe[Any, Any]) -> None:
    """A MemoryError is nobody's damage."""

    class Large:
        def __reduce__(self) -> Any:
            raise MemoryError

    with pytest.raises(MemoryError):
        safe["a"] = Large()


# -- trust


def test_pickles_that_others_could_have_written(tmp_path: Path) -> None:
    """They are refused before one is read, unless trust=True; other formats run nothing."""
    for name, format in (("a.safe", "pickle"), ("b.safe", "json")):
        with Safe[str, Any](tmp_path / name, format=format) as safe:
            safe["a"] = 1
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        (tmp_path / name).chmod(0o666)
    for options in ({}, {"format": "pickle"}, {"mode": "r"}):
        with pytest.raises(UntrustedError, match="trust=True"):
            Safe(tmp_path / "a.safe", **options)  # type: ignore[call-overload]  # mypy sees a dict
    with Safe[str, Any](tmp_path / "a.safe", trust=True) as safe:
        assert safe["a"] == 1
    for options in ({}, {"format": "json"}, {"mode": "r"}):
        with Safe(tmp_path / "b.safe", **options) as safe:  # type: ignore[call-overload]  # likewise
            assert safe["a"] == 1


# -- what a type checker sees

PROGRAM = """
from dataclasses import dataclass
from outlive.safes.safe import Safe

@dataclass
class Job:
    n: int

jobs = Safe("a", type=Job)
reveal_type(jobs)
reveal_type(jobs["a"].n)
plain = Safe("b")
reveal_type(plain)
plain[1] = {"a": plain["b"]}
plain.update(a=1)
numbers: Safe[str, int] = Safe("c", format="json", sync="os")
reveal_type(numbers)
reveal_type(Safe[str, int]("d"))
reveal_type(numbers.modify("n", lambda n: n + 1, default=0))
with numbers.edit("n", default=0) as n:
    reveal_type(n)
reveal_type(numbers.transact(lambda t: str(t["n"])))
with numbers.transaction() as t, numbers.snapshot() as then:
    reveal_type(t)
    t["n"] = then["n"] + t.setdefault("m", 0)
    reveal_type(list(then.items(("a",), start=None, reverse=True)))
numbers |= {"a": 1}
numbers.update({"a": 1}, b=2)
reveal_type(numbers.pop("a", None))
reveal_type(numbers.popitem(last=False))
reveal_type(numbers.keys("a") | {"b"})
def use(safe: Safe[str, int]) -> None: ...
use(plain)
use(Safe("e"))
with Safe[str, int]("f") as inner:
    reveal_type(inner.get("a"))
"""
REVEALED = [
    "outlive.safes.safe.Safe[Any, program.Job]",
    "int",
    "outlive.safes.safe.Safe[Any, Any]",
    *["outlive.safes.safe.Safe[str, int]"] * 2,
    "int",
    "int",
    "str",
    "outlive.safes.transaction.Transaction[str, int]",
    "list[tuple[str, int]]",
    "int | None",
    "tuple[str, int]",
    "set[str]",
    "int | None",
]
MISTAKES = """
from outlive.safes.safe import Safe
safe = Safe[str, int]("a")
safe["a"] = "x"
safe[1] = 1
safe.update(a="x")
safe.modify("a", lambda n: str(n))
safe.transact(lambda t: t.update(a="x"))
Safe("a", mode="w")
Safe("a", sync="always")
Safe("a", type=int)["a"] = "x"
Safe("a", formatt="json")
Safe(5)
"""


def test_a_type_checker_knows_keys_and_values(tmp_path: Path) -> None:
    """type= or an annotation says what the values are; without, they are anything."""
    lines = mypy(tmp_path, PROGRAM)
    assert [line.split('"')[1] for line in lines if "Revealed type is" in line] == REVEALED
    assert lines[-1].startswith("Success"), lines


def test_a_type_checker_finds_mistakes(tmp_path: Path) -> None:
    """Wrong keys, values and options are errors before the program runs."""
    errors = [line for line in mypy(tmp_path, MISTAKES) if ": error:" in line]
    assert sorted({int(line.split(":")[1]) for line in errors}) == [*range(4, 14)]
