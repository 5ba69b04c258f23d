"""`stat` of a safe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive import DiskError, Safe
from outlive.safes.inspecting import stat

from ..files import names_beside
from .children import other


def hold(path: Path) -> Iterator[str]:
    """Have a snapshot open."""
    with Safe[Any, Any](path) as safe, safe.snapshot():
        yield "ready"
        yield "done"


def test_what_is_said_of_a_safe(tmp_path: Path) -> None:
    """Format, keys, sizes, revision and who has it open; all of it fits into JSON."""
    path = tmp_path / "a.safe"
    with Safe[Any, Any](path, format="json") as safe:
        safe.update(dict.fromkeys(range(100), "x" * 5000))
        first = stat(path)
        for n in range(50):
            del safe[n]
    found = stat(path)
    assert json.loads(json.dumps(found)) == found
    assert (found["kind"], found["path"], found["format"]) == ("safe", str(path), "json")
    assert (first["keys"], found["keys"]) == (100, 50)
    assert (found["size"], found["mode"]) == (path.stat().st_size, "0600")
    assert int(str(found["free"])) > 50 * 4096
    assert int(str(found["revision"])) > int(str(first["revision"]))
    assert (first["open_in"], found["open_in"], found["readers"]) == ([os.getpid()], [], [])
    assert found["holder"] is None


def test_who_reads(tmp_path: Path) -> None:
    """The pids of those that hold a snapshot, and of those that have it open."""
    path = tmp_path / "a.safe"
    with Safe[Any, Any](path) as safe, other(hold, path) as reader:
        reader.next()
        safe["a"] = 1
        found = stat(path)
        assert found["readers"] == [reader.pid]
        assert found["open_in"] == sorted([reader.pid, os.getpid()])


def test_a_damaged_safe(tmp_path: Path) -> None:
    """What can be said is said."""
    path = tmp_path / "a.safe"
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    path.write_bytes(path.read_bytes()[:4096])
    assert stat(path)["size"] == 4096
    path.write_bytes(b"")
    assert stat(path)["keys"] == 0


def test_a_safe_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is made."""
    with pytest.raises(DiskError, match=r"a\.safe"):
        stat(tmp_path / "a.safe")
    assert names_beside(tmp_path / "a.safe") == []
