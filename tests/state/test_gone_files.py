"""Files that are deleted, and links that are turned, while a program has them open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from outlive import State


@pytest.mark.parametrize("is_changed", [True, False])
@pytest.mark.parametrize("is_refreshed", [True, False])
def test_a_deleted_file_is_written_again(
    tmp_path: Path, is_changed: bool, is_refreshed: bool
) -> None:
    """At close at the latest, also if nothing changed since the last vacuum."""
    path = tmp_path / "a.state"
    with State(path, n=0) as state:
        if is_changed:
            state.n = 1
            path.write_text("n: 0\nmore: 1\n")
            state.refresh()
        path.unlink()
        if is_refreshed:
            state.refresh()
            assert path.exists()
        expected = dict(state)
    assert State(path, mode="r") == expected
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_link_that_is_turned(tmp_path: Path) -> None:
    """The program goes on with the file that it opened."""
    link = tmp_path / "link.state"
    (tmp_path / "one.state").write_text("n: 1\n")
    (tmp_path / "two.state").write_text("n: 2\n")
    link.symlink_to("one.state")
    with State(link) as state:
        state.n += 10
        os.unlink(link)
        link.symlink_to("two.state")
        assert not state.refresh()
        state.more = True
    assert (tmp_path / "one.state").read_text() == "n: 11\nmore: true\n"
    assert (tmp_path / "two.state").read_text() == "n: 2\n"
