"""`stat` of a storage."""

from __future__ import annotations

import json
import os
from pathlib import Path

from outlive import Storage
from outlive.tables.inspecting import stat


def test_what_is_said_of_a_storage(tmp_path: Path) -> None:
    """Tables, rows, sizes, and who has it open; all of it fits into JSON."""
    path = tmp_path / "a.db"
    with Storage(path) as db:
        db.getas("t[n:I,name:S]").extend([(n, "x" * 100) for n in range(20_000)])
        db.getas("empty[a:S]")
        db.commit()
        db.view("t").append(n=1)
        inside = stat(path)
    found = stat(path)
    assert json.loads(json.dumps(found)) == found
    assert (found["kind"], found["path"], found["mode"]) == ("storage", str(path), "0600")
    assert found["tables"] == {"t": "t[n:I,name:S]", "empty": "empty[a:S]"}
    assert found["rows"] == inside["rows"] == {"t": 20_000, "empty": 0}
    weights = found["bytes"]
    assert isinstance(weights, dict)
    assert weights["empty"] == 0
    assert 2_000_000 < weights["t"] < 3_000_000
    assert (inside["holder"], inside["open_in"]) == (os.getpid(), [os.getpid()])
    assert (found["holder"], found["open_in"], found["readers"]) == (None, [], [])
