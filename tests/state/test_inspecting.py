"""What is said of a state's file is so, and is plain."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import outlive
from outlive import State
from outlive.state.inspecting import stat

from .left_behind import CHANGES, DOCUMENT, NAME, starts


def test_sizes_keys_and_entries_of_a_state_that_is_open(path: Path) -> None:
    """Also while a program has it open, whose pid is told; and once it is closed."""
    path.write_text(DOCUMENT)
    with State(path) as state:
        for change in CHANGES:
            change(state)
        found = stat(path)
        assert json.loads(json.dumps(found)) == found
        assert found["kind"] == "state"
        assert found["path"] == str(path)
        assert found["size"] == path.stat().st_size
        assert found["document"] == len(DOCUMENT)
        assert found["journal"] == path.stat().st_size - len(DOCUMENT)
        assert found["entries"] == len(CHANGES)
        assert found["keys"] == len(state)
        assert found["holder"] == os.getpid()
        assert found["is_edited"] is True
        assert found["beside"] == [f".{NAME}.outlive-journal", f".{NAME}.outlive-lock"]
    found = stat(path)
    assert (found["entries"], found["holder"], found["beside"]) == (0, None, [])


def test_what_is_lost_and_kept_is_told(path: Path, data: bytes) -> None:
    """The bytes at the end that are no part of the state, and versions."""
    path.write_bytes(data[:-3])
    path.with_name(f"{NAME}.version-2").write_text("")
    path.chmod(0o604)
    found = stat(path)
    assert found["lost"] == len(data) - 3 - starts(data)[-2] - 1
    assert (found["versions"], found["mode"]) == ([2], "0604")
    assert found["entries"] == len(CHANGES)  # as they stand in the file, the torn one too


def test_of_a_damaged_document_the_problem_is_told(path: Path) -> None:
    """Sizes are known all the same."""
    path.write_text("a: [1\n")
    found = stat(path)
    assert found["keys"] is None
    assert "line 2, column 1" in str(found["problem"])
    assert found["size"] == 6


def test_no_file_nothing_to_tell(path: Path) -> None:
    """A file that is not there is an error."""
    with pytest.raises(outlive.DiskError, match=r"a\.state: there is no such file"):
        stat(path)
