"""A State and its file: what is there after opening, and what is refused."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from ..files import names_beside
from .on_disk import entries, kept, look


def test_the_first_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """What the issue shows works as it is written, over several runs of the program."""
    monkeypatch.chdir(tmp_path)
    worked: list[int] = []
    for stop in (40, 100):
        state = State("a.state", last_id=0, processed=[])
        for current in range(state.last_id + 1, stop + 1):
            worked.append(current)
            state.last_id = current
        state.close()
    assert worked == list(range(1, 101))
    state = State("a.state", last_id=0, processed=[], balance=100)
    state.setdefault("server", {})["port"] = 8080
    state.server.tags = ["a", "b"]
    state.processed[2:5] = ["x"]
    state.server.paid = 0
    with state.transaction():
        state.balance -= 10
        state.server.paid += 10
    expected = {
        "last_id": 100,
        "processed": ["x"],
        "balance": 90,
        "server": {"port": 8080, "tags": ["a", "b"], "paid": 10},
    }
    assert state == kept(path) == expected
    state.close()
    assert path.read_text() == (
        "last_id: 100\nprocessed:\n- x\nbalance: 90\n"
        "server:\n  port: 8080\n  tags:\n  - a\n  - b\n  paid: 10\n"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.state", "copies"]


def test_a_change_is_in_the_file_when_the_statement_returns(path: Path) -> None:
    """Entries follow the document, one for each change; other programs see them at once."""
    state = State(path, k=0)
    assert path.read_text() == "k: 0\n"
    for number in range(1, 4):
        state.k = number
        assert path.read_text().endswith(f'\n["set",[],"k",{number}]\n')
        assert kept(path) == {"k": number}
    assert entries(path) == 3
    state.close()
    assert path.read_text() == "k: 3\n"
    assert names_beside(path) == ["a.state", "copies"]


def test_defaults_count_where_the_file_has_nothing(path: Path) -> None:
    """What is in the file stands, None too; what is new is kept at once; nested is not merged."""
    path.write_text("a: null\nd:\n  x: 1\n")
    given: list[int] = []
    with State(path, a=5, b=given, d={"y": 2}) as state:
        assert state == {"a": None, "b": [], "d": {"x": 1}}
        assert kept(path) == state
        state.b.append(1)
        assert given == []
    with State(path, b=7) as state:
        assert state.b == [1]


def test_defaults_that_are_names_of_methods(path: Path) -> None:
    """`items=` is a key as any other."""
    with State(path, items=[1], update=2) as state:
        assert (state["items"], state["update"]) == ([1], 2)
        assert list(state.items()) == [("items", [1]), ("update", 2)]
    with State(path, items=[5]) as state:
        assert state == {"items": [1], "update": 2}


def test_opening_and_closing_without_a_change(path: Path) -> None:
    """The file is not touched, whoever wrote it, and nothing is left beside it."""
    path.write_text("# mine\nb:   1\na: [1,  2]\n\n")
    before = look(path)
    with State(path, a=[]) as state:
        assert state == {"b": 1, "a": [1, 2]}
        state.update()
        state.a.extend([])
        state.setdefault("a", 5)
        with contextlib.suppress(KeyError):
            del state["missing"]
        assert names_beside(path) == [".a.state.outlive-lock", "a.state"]
    assert look(path) == before
    assert names_beside(path) == ["a.state"]


@pytest.mark.parametrize(
    "text", ["", "\n", "# a comment alone\n", "null\n", "{}", "---\n", "\ufeff"]
)
def test_an_empty_file_is_an_empty_state(path: Path, text: str) -> None:
    """Also one with a comment alone, which stays."""
    path.write_text(text)
    with State(path) as state:
        assert state == {}
        state.k = 1
        assert kept(path) == {"k": 1}
    with State(path) as state:
        assert state == {"k": 1}
    assert ("a comment alone" in text) == ("a comment alone" in path.read_text())


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- 1\n- 2\n", "line 1, column 1"),
        ("just text", "line 1, column 1"),
        ("a: 1\nb: [1, 2\nc: 3\n", "line 3, column 2"),
        ("a: 1\na: 2\n", "line 2, column 1"),
        ("a: !!python/object:os.system {}\n", "line 1, column 4"),
        ("a: !!set {b, c}\n", "line 1, column 4"),
        ("? [1]\n: 2\n", "line 1, column 3"),
        ("a: \x01\n", "line 1"),
    ],
)
def test_a_file_that_is_no_state(path: Path, text: str, where: str) -> None:
    """CorruptError with line and column, in both modes; the file is left as it is."""
    path.write_text(text)
    before = look(path)
    for mode in ("rw", "r"):
        with pytest.raises(outlive.CorruptError) as caught:
            State(path, mode=mode)
        assert str(path) in str(caught.value)
        assert where in str(caught.value)
    assert look(path) == before
    assert names_beside(path) == ["a.state"], "and nobody holds it"


def test_bytes_that_are_no_text(path: Path) -> None:
    """A file that is no UTF-8 is refused with the place, and left as it is."""
    path.write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(outlive.CorruptError, match="line 2, column 4"):
        State(path)
    assert path.read_bytes() == b"a: 1\nb: \xff\xfe\n"


@pytest.mark.parametrize("tail", [b'\n--- #6ab3f1c0\n["set",[],"k",', b"\n--- #0", b"\n-"])
def test_a_torn_last_entry(path: Path, tail: bytes) -> None:
    """All before it counts; what is left of it is kept in NAME.lost, or raises with strict."""
    with State(path, k=0) as state:
        state.k = 1
        state.k = 2
        torn = path.read_bytes() + tail
    path.write_bytes(torn)
    if tail.strip(b"\n-"):
        with pytest.raises(outlive.CorruptError, match="line 9"):
            State(path, strict=True)
        assert path.read_bytes() == torn
    with pytest.warns(outlive.RecoveryWarning, match=r"line \d+ .*a\.state\.lost"):
        state = State(path)
    assert state == {"k": 2}
    state.k += 1
    state.close()
    assert path.read_text() == "k: 3\n"
    assert path.with_name("a.state.lost").read_bytes() in tail
    with State(path, strict=True) as state:
        assert state == {"k": 3}


def test_the_file_may_be_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    """A relative path means the directory of the opening, whatever chdir does later."""
    monkeypatch.chdir(tmp_path)
    state = State("a.state", k=0)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    state.k = 1
    assert kept(path) == {"k": 1}
    state.close()
    assert path.read_text() == "k: 1\n"
    assert list((tmp_path / "sub").iterdir()) == []


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    """The file that it leads to is changed, and its lock is the same by either name."""
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "b.state", tmp_path / "a.state"
    link.symlink_to(real)
    with State(link, k=0) as state:
        state.k = 1
        with pytest.raises(outlive.LockedError):
            State(real)
        assert kept(real) == {"k": 1}
    assert link.is_symlink()
    assert real.read_text() == "k: 1\n"
    assert names_beside(link) == ["a.state", "real"]
    assert names_beside(real) == ["b.state", "copies"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_of_the_file_is_kept(path: Path, mode: int) -> None:
    """Over a vacuum; and who may not read the file may not read what is beside it."""
    path.write_text("k: 0\n")
    path.chmod(mode)
    with State(path) as state:
        state.k = 1
        for beside in path.parent.iterdir():
            if "lock" not in beside.name:
                assert stat.S_IMODE(beside.stat().st_mode) & ~mode == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "k: 1\n"


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    """A directory that is not there, a directory itself, a file as a directory: all named."""
    (tmp_path / "file").write_text("x: 1\n")
    os.mkfifo(tmp_path / "pipe")
    for place in (
        tmp_path / "no" / "a.state",
        tmp_path,
        tmp_path / "file" / "a",
        tmp_path / "pipe",
    ):
        for mode in ("rw", "r"):
            with pytest.raises(outlive.DiskError) as caught:
                State(place, mode=mode)
            assert str(place) in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "pipe"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(path: Path) -> None:
    """A directory or a file that we may not write is named, and nothing is changed."""
    path.write_text("k: 1\n")
    path.chmod(0)
    with pytest.raises(outlive.DiskError, match=r"a\.state.*permissions"):
        State(path)
    path.chmod(0o600)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(outlive.DiskError, match=r"a\.state.*permissions"):
            State(path)
    finally:
        path.parent.chmod(0o700)


def test_arguments_that_mean_nothing(path: Path) -> None:
    """Each is refused with one of our errors before anything is made."""
    attempts: list[Callable[[], Any]] = [
        lambda: State(path, mode="w"),  # type: ignore[call-overload]  # what is tested
        lambda: State(path, sync="always"),  # type: ignore[call-overload]  # likewise
        lambda: State(path, timeout=-1),
        lambda: State(path, timeout="1"),  # type: ignore[call-overload]  # likewise
        lambda: State(path, type=int),
        lambda: State(5),  # type: ignore[call-overload]  # likewise
        lambda: State(f"{path}\0"),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.FormatError):
            attempt()
    assert names_beside(path) == []


def test_repr_names_the_file(path: Path) -> None:
    """The representation shows the file and the value, shortened; str() is the same."""
    with State(path, k=1, long="x" * 1000) as state:
        assert repr(state).startswith(f"<outlive.State {str(path)!r}: {{'k': 1, 'long': 'xxx")
        assert len(repr(state)) < 250 + len(str(path))
        assert str(state) == repr(state)
