"""What a reader sees of a file that only became longer, and its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import Change, State


def test_a_vacuum_that_only_adds_a_key(tmp_path: Path) -> None:
    """A longer document is read anew, though it begins as before."""
    path = tmp_path / "a.state"
    path.write_text("a: 1\n")
    reader = State(path, mode="r")
    with State(path) as writer:
        writer.b = 2
    assert path.read_text() == "a: 1\nb: 2\n"
    assert list(reader.follow(timeout=0)) == [Change("set", (), "b", 2)]
    with path.open("a") as file:
        file.write("c: 3\n")
    assert reader.refresh()
    assert reader == {"a": 1, "b": 2, "c": 3}


def test_defaults_of_a_reader(tmp_path: Path) -> None:
    """They are what a file would give, and no news; what a state cannot hold is refused."""
    path = tmp_path / "a.state"
    with State(path, a=1) as writer:
        reader = State(path, mode="r", t=(1, 2))
        assert reader == {"a": 1, "t": [1, 2]}
        writer.a = 2
    assert list(reader.follow(timeout=0)) == [Change("set", (), "a", 2)]
    assert reader == {"a": 2, "t": [1, 2]}
    with pytest.raises(outlive.FormatError, match="bad"):
        State(path, mode="r", bad={1})


@pytest.mark.parametrize("arguments", [{"interval": -1}, {"interval": "x"}, {"timeout": -1}])
def test_times_that_are_none(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """They are refused when the following is asked for, not later."""
    State(tmp_path / "a.state", a=1).close()
    reader = State(tmp_path / "a.state", mode="r")
    with pytest.raises(outlive.FormatError, match="no time"):
        reader.follow(**arguments)


def test_many_entries_that_do_not_fit(tmp_path: Path) -> None:
    """A file with many of them opens as quickly as one with few."""
    half = '---\n["batch", [["set", [], "b", 1], ["delete", [], "zz"]]]\n'
    (tmp_path / "a.state").write_text("a: 1\n" + half * 40 + '---\n["set", [], "c", 3]\n')
    with pytest.warns(outlive.RecoveryWarning):
        state = State(tmp_path / "a.state")
    assert state == {"a": 1, "c": 3}
    state.close()
