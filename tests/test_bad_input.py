"""Bad input gives one of our errors, says what to do, and changes nothing."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive.store import Store

from .files import names_beside

library: Any = outlive  # for arguments that a type checker would refuse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A JSON file that does not exist yet, in a directory of its own."""
    return tmp_path / "state.json"


class TwoArgumentsError(Exception):
    """Can be pickled, but not unpickled."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first + second)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"sync": "none"}, "sync"),
        ({"on_conflict": "merge"}, "on_conflict"),
        ({"keep": -1}, "keep"),
        ({"keep": "5"}, "keep"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"format": "xml"}, "xml"),
        ({"format": 5}, "5"),
    ],
)
def test_arguments_that_mean_nothing(path: Path, arguments: dict[str, Any], word: str) -> None:
    """A wrong argument raises FormatError that names it, and touches nothing."""
    with pytest.raises(outlive.FormatError, match=word):
        outlive.open(path, **arguments)
    assert names_beside(path) == []


@pytest.mark.parametrize("bad", [5, None, "a\0b", b"\xff\x00"])
def test_a_path_that_is_none(bad: Any) -> None:
    """What cannot be a path raises FormatError."""
    with pytest.raises(outlive.FormatError, match=r"path|null"):
        outlive.open(bad)
    with pytest.raises(outlive.FormatError):
        outlive.replace(bad, b"")


def test_a_directory_and_a_missing_directory(tmp_path: Path) -> None:
    """A path that can hold no file is refused when the store is opened, with the next step."""
    with pytest.raises(outlive.DiskError, match="name a file"):
        outlive.open(tmp_path)
    with pytest.raises(outlive.DiskError, match="create its directory"):
        outlive.open(tmp_path / "missing" / "a.json")
    with pytest.raises(outlive.DiskError):
        outlive.open(tmp_path / ("x" * 300))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """Opening a named pipe does not wait for its writer."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(outlive.DiskError, match="pipe"):
        outlive.open(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b'{"a": [1, 2', b"\xff\xfe\x00", b"null null"])
def test_a_damaged_file_is_left_as_it_is(path: Path, content: bytes) -> None:
    """An empty, cut or foreign file raises CorruptError that names it and changes nothing."""
    path.write_bytes(content)
    with pytest.raises(outlive.CorruptError, match=r"state\.json"):
        outlive.open(path, default={})
    assert path.read_bytes() == content
    assert names_beside(path) == ["state.json"]


def test_reload_of_a_damaged_file_keeps_the_value(path: Path) -> None:
    """A file that became damaged does not take the program's value with it."""
    store = outlive.open(path, default={"n": 1})
    path.write_bytes(b"{")
    with pytest.raises(outlive.CorruptError):
        store.reload()
    assert store.value == {"n": 1}


def test_a_value_that_does_not_fit(path: Path) -> None:
    """FormatError (a ValueError) names file and reason; the file and the value stay."""
    path.write_text('{"n": 1}')
    store = outlive.open(path)
    store.value["when"] = unfit = object()
    with pytest.raises(ValueError, match=r"state\.json.*object"):
        store.commit()
    assert store.value == {"n": 1, "when": unfit}
    assert path.read_text() == '{"n": 1}'
    assert names_beside(path) == ["state.json"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.yaml", {(1, 2): 3}),
        ("a.yaml", {"a": {(1, 2)}}),
        ("a.yaml", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5, seconds=15)))),
        ("a.pickle", {"e": UnicodeDecodeError("utf-8", b"", 0, 1, "")}),
        ("a.pickle", TwoArgumentsError(1, 2)),
    ],
)
def test_what_cannot_be_read_back_is_not_written(tmp_path: Path, name: str, value: Any) -> None:
    """A value that its format writes, but cannot read, is refused while the old file is whole."""
    tmp_path.chmod(0o700)
    store: Store[Any] = outlive.open(tmp_path / name, default=1)
    store.commit()
    store.value = value
    with contextlib.suppress(outlive.FormatError):
        store.commit()
        assert repr(outlive.open(tmp_path / name).value) == repr(value)
    outlive.open(tmp_path / name)


def test_text_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """YAML that would overflow the parser's stack is damage, not the end of the program."""
    for text in ("[" * 30_000 + "]" * 30_000, "- " * 30_000, "{a: " * 30_000):
        (tmp_path / "a.yaml").write_text(text)
        with pytest.raises(outlive.CorruptError):
            outlive.open(tmp_path / "a.yaml")
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(outlive.CorruptError):
        outlive.open(tmp_path / "a.json")


@pytest.mark.parametrize(
    "call",
    [
        lambda _: library.open("\ud800"),
        lambda _: library.replace("\ud800", b""),
        lambda path: library.replace(path, "\ud800"),
        lambda path: library.replace(path, 5),
        lambda path: library.replacing(path, "w", encoding="nope"),
        lambda path: library.replacing(path, "w", newline="x"),
        lambda path: library.open(path, load_kwargs=5),
        lambda path: library.open(path, default=threading.Lock()),
        lambda path: library.open(path).restore("1"),
        lambda path: library.open(path, type=list["Missing"]),  # type: ignore[name-defined]  # noqa: F821
    ],
)
def test_bad_input_gives_one_of_our_errors(path: Path, call: Callable[[Path], Any]) -> None:
    """Whatever is wrong with an argument, `except OutliveError` catches it."""
    with pytest.raises(outlive.OutliveError):
        call(path)
    assert names_beside(path) == []


def test_a_name_too_long_for_its_lock_is_refused_at_once(path: Path) -> None:
    """Not only at the first commit, when the work is done."""
    with pytest.raises(outlive.DiskError, match="shorter"):
        outlive.open(path.with_name("x" * 245))


def test_a_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path in a directory that was deleted gives a DiskError."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(outlive.DiskError):
        outlive.open("a.json")
