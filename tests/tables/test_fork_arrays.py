"""A forked child can use the arrays that its parent took from a storage without a copy."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from outlive import ClosedError
from outlive.tables import Storage
from outlive.tables.arrow import pa, pc

from ..safes.children import in_fork

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork"),
    # Python says so from 3.12 on; it is what these tests are about.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ROWS = 50_000


def test_a_child_sums_a_column(tmp_path: Path) -> None:
    """It reads the memory that the parent exported, and opens the storage for itself beside it."""
    path = tmp_path / "a.db"
    with Storage(path) as storage:
        view = storage.getas("t[x:D]")
        view.extend({"x": [0.5] * ROWS})
        storage.commit()
        table = view.to_arrow()

        def total(found: pa.Table) -> float:
            return float(pc.sum(found.column(0)).as_py())

        def act() -> None:
            assert total(table) == ROWS / 2
            with pytest.raises(ClosedError):
                view.to_arrow()
            with Storage(path, mode="r") as own:
                assert total(own.view("t").to_arrow()) == ROWS / 2
            assert total(table) == ROWS / 2

        for _ in range(3):
            in_fork(act)
        assert total(table) == ROWS / 2
