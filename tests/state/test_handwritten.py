"""Files as people write them: opened rightly or refused clearly, and changed only where changed."""

from __future__ import annotations

import contextlib
import difflib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlive import CorruptError, OutliveError, State
from outlive.formats.equality import same
from outlive.formats.yaml_text import Loader
from outlive.live import plain

from ..files import names_beside
from .corpus import BAD, GOOD, Case
from .stand_ins import opened


@pytest.mark.parametrize("name", GOOD)
def test_it_is_read_rightly_and_left_alone(path: Path, name: str) -> None:
    """The value is what YAML says, to the type; a program that changes nothing writes nothing."""
    case = GOOD[name]
    path.write_bytes(case.data)
    inode = path.stat().st_ino
    assert same(plain(State(path, mode="r")), case.value)
    with State(path) as state:
        assert same(plain(state), case.value)
    assert path.read_bytes() == case.data
    assert path.stat().st_ino == inode
    assert names_beside(path) == ["a.state"]


def test_the_expected_values_are_those_of_yaml() -> None:
    """The corpus says what PyYAML, which PersistedState reads with, says of it."""
    for name, case in GOOD.items():
        if name != "BOM alone":
            assert same(yaml.load(case.data, Loader) or {}, case.value), name  # noqa: S506  # safe


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused(path: Path, name: str) -> None:
    """CorruptError names file, line and column; nothing is changed, nothing lies beside it."""
    text, message = BAD[name]
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(data)
    for options in ({}, {"mode": "r"}, {"strict": True}):
        with pytest.raises(CorruptError, match=rf"(?s)a\.state, {message}"):
            State(path, **options)
        assert path.read_bytes() == data
        assert names_beside(path) == ["a.state"]


# -- changes


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all scalars."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def containers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The paths of all lists and dicts, with them."""
    if isinstance(value, (dict, list)):
        yield path, value
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands there."""
    for key in path:
        value = value[key]
    return value


Change = Callable[[Any], object]


def changed(path: Path, case: Case, change: Change) -> str:
    """The file after the change and a clean close; after a crash in between it is the same."""
    path.write_bytes(case.data)
    copy, with_twin = path.parent / "copy" / "a.state", path.parent / "twin" / "a.state"
    copy.parent.mkdir(exist_ok=True)
    with_twin.parent.mkdir(exist_ok=True)
    value = plain(case.value)
    change(value)
    with opened(path) as state:
        change(state)
        assert same(plain(state), value)
        twin = path.with_name(".a.state.outlive-journal")
        if twin.exists():
            shutil.copy(twin, with_twin.with_name(twin.name))
        shutil.copy(path, with_twin)
        shutil.copy(path, copy)
    data = path.read_bytes()
    for other in (copy, with_twin):
        with opened(other) as state:
            assert same(plain(state), value)
        assert other.read_bytes() == data
    with opened(path) as state:
        assert same(plain(state), value)
    assert path.read_bytes() == data
    return data.decode()


def gone(case: Case, after: str) -> list[str]:
    """The lines of the text that are no longer there."""
    old = case.data.decode().splitlines(keepends=True)
    new = after.splitlines(keepends=True)
    for lines in (old, new):  # to complete the last line is no change
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += "\n"
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = {i + k for i, _, size in matcher.get_matching_blocks() for k in range(size)}
    return [line for i, line in enumerate(old) if i not in kept]


def check_comments(case: Case, after: str, removed: str = "") -> None:
    """Each comment is still there, but for those on the lines of what was taken out."""
    for line in case.data.decode().splitlines():
        comment = line[line.find("#") :] if line.strip().startswith("#") or " #" in line else ""
        if comment.strip("# ") and line not in removed:
            assert comment in after


# Where a lone \r ends lines, no editor of text adds more: those are written anew.
SIMPLE = [name for name, case in GOOD.items() if len(case.data) < 10_000 and "Mac" not in name]


@pytest.mark.parametrize("name", GOOD)
def test_a_new_key_is_all_that_is_new(path: Path, name: str) -> None:
    """All lines are still there, in order."""
    case = GOOD[name]
    after = changed(path, case, lambda state: state.__setitem__("added", 1))
    lines = gone(case, after)
    is_flow = case.data.decode().strip().startswith(("{", "--- {", "# c\n{"))
    if not case.value:
        assert not {"#", "%"}.intersection("".join(lines).lstrip()[:1]), "blank, or the value"
    elif is_flow:
        assert len(lines) <= 1, "the line to which it was added"
    elif name == "no newline after a block":
        assert lines == ["b: |\n"], "it is |- now: the line break that comes is not part of it"
    else:
        assert lines == []
    check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_new_value_is_all_that_is_new(path: Path, name: str) -> None:
    """Whichever value is changed, the other lines stay."""
    case = GOOD[name]
    for number, where in enumerate(list(leaves(case.value))[:10]):
        old = at(case.value, where)

        def change(state: Any, where: Any = where, number: int = number) -> None:
            at(state, where[:-1])[where[-1]] = number if number % 2 else f"changed {number}"

        after = changed(path, case, change)
        own = max(2, str(old).count("\n") + 3) if isinstance(old, str) else 1
        assert len(gone(case, after)) <= own + case.spread, (where, after)
        check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_deleted_key_is_all_that_goes(path: Path, name: str) -> None:
    """Whichever key or item is deleted, the other lines stay."""
    case = GOOD[name]
    for where, container in list(containers(case.value))[:6]:
        keys = list(container)[:8] if isinstance(container, dict) else [0, len(container) - 1]
        for key in keys if len(container) > 1 else []:

            def change(state: Any, where: Any = where, key: Any = key) -> None:
                del at(state, where)[key]

            after = changed(path, case, change)
            lines = gone(case, after)
            text = yaml.safe_dump(container[key], default_flow_style=False)
            assert len(lines) <= text.count("\n") + 4 + case.spread, (where, key, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_an_appended_item_is_all_that_is_new(path: Path, name: str) -> None:
    """Whichever list grows, the other lines stay."""
    case = GOOD[name]
    lists = [where for where, value in containers(case.value) if isinstance(value, list)]
    values = ("new", {"a": 1, "b": [1, 2]}, "two\nlines\n")
    for where, value in zip(lists[:6], values * 2, strict=False):

        def change(state: Any, where: Any = where, value: Any = value) -> None:
            at(state, where).append(value)

        after = changed(path, case, change)
        assert len(gone(case, after)) <= 1 + case.spread, (where, after)
        check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_nested_value_comes_in(path: Path, name: str) -> None:
    """A dict and a list, and then changes in them, are written in blocks of their own."""
    case = GOOD[name]

    def change(state: Any) -> None:
        state["new"] = {"list": [1, {"a": None}], "text": "one\ntwo\n"}
        state["new"]["list"].append(["x"])
        state["new"]["more"] = {}

    after = changed(path, case, change)
    assert len(gone(case, after)) <= 1 or not case.data.strip()
    check_comments(case, after)


# A tab behind what is emptied stays, and then nothing can be put in: written anew, with a warning.
@pytest.mark.parametrize("name", [name for name in SIMPLE if "tabs" not in name])
def test_all_of_it_may_go(path: Path, name: str) -> None:
    """A state that was emptied is empty, and what comes later finds its place."""
    case = GOOD[name]
    path.write_bytes(case.data)
    with State(path) as state:
        state.clear()
    with State(path) as state:
        assert state == {}
        state.a = 1
    assert State(path, mode="r") == {"a": 1}


@pytest.mark.parametrize("name", ["comments", "Windows line ends", "lists", "anchors"])
def test_many_changes_one_after_the_other(path: Path, name: str) -> None:
    """Also with a vacuum after each, comments and line ends stay."""
    case = GOOD[name]
    path.write_bytes(case.data)
    for number in range(8):
        with State(path) as state:
            state["counter"] = number
            state.setdefault("log", []).append(number)
            if number == 5:
                del state["log"][:3]
    with State(path) as state:
        assert same(plain(state), case.value | {"counter": 7, "log": [3, 4, 5, 6, 7]})
    after = path.read_bytes().decode()
    assert gone(case, after) == []
    assert ("\r\n" in after) == ("\r\n" in case.data.decode())
    assert after.count("\n") == after.count("\r\n") or "\r" not in after


def test_an_error_is_ours_for_any_prefix(path: Path) -> None:
    """A hand-written file cut off anywhere is a state or one of our errors; it is left alone."""
    for name in ("comments", "block scalars", "flow", "anchors", "quotes", "types"):
        data = GOOD[name].data
        for end in range(0, len(data), 7):
            path.write_bytes(data[:end])
            with contextlib.suppress(OutliveError):
                State(path).close()
            assert path.read_bytes() == data[:end]
