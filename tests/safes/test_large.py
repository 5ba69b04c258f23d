"""Large values, and files larger than what LMDB maps at first where memory is scarce."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from .children import in_fork, opened_small, size

MB = 1 << 20


def test_compaction_of_more_than_64_mb(tmp_path: Path) -> None:
    """It is done, whatever the file's size; the room of what was deleted is given back."""
    path = tmp_path / "a.safe"
    content = {n: bytes([n]) * (2 * MB) for n in range(35)}
    with Safe[Any, Any](path, sync="os") as safe:
        safe.update(content)
        before = size(path)
        assert before > 64 * MB
        safe.compact()
        assert 64 * MB < size(path) <= before
        with safe.snapshot() as then:
            assert len(then) == 35
            assert all(then[n] == content[n] for n in (0, 17, 34))
        for n in range(1, 35):
            del safe[n]
        safe.compact()
        assert size(path) < 4 * MB
        assert dict(safe) == {0: content[0]}
        safe["after"] = 1
    with Safe[Any, Any](path, mode="r") as safe:
        assert len(safe) == 2


@pytest.mark.parametrize("is_small", [True, False], ids=["small map", "usual map"])
def test_values_of_several_megabytes(tmp_path: Path, is_small: bool) -> None:
    """They come back as they were, in every way to write and read them, and to another process."""
    path = tmp_path / "a.safe"
    with opened_small(path) if is_small else Safe[Any, Any](path) as safe:
        safe["text"] = "ä" * (2 * MB)
        safe.update({("part", n): bytes([n]) * MB for n in range(3)})
        safe.modify("text", lambda text: text + "!")
        with safe.edit("list", default=[]) as value:
            value.append(b"z" * (3 * MB))
        with safe.transaction() as t:
            t["copy"] = t["list"]
            t["part", 0] += b"end"
        with safe.snapshot() as then:
            assert safe.pop("copy") == then["copy"] == [b"z" * (3 * MB)]
            assert [len(part) for part in then.values(("part",))] == [MB + 3, MB, MB]

        def look() -> None:
            assert safe["text"] == "ä" * (2 * MB) + "!"
            assert [part[:1] for part in safe.values(("part",))] == [b"\0", b"\1", b"\2"]
            assert "copy" not in safe

        in_fork(look)
        look()


def test_many_keys_in_one_transaction(tmp_path: Path) -> None:
    """100,000 of them are written, counted, cleared."""
    with Safe[Any, Any](tmp_path / "a.safe", sync="os") as safe:
        safe.update((n, n) for n in range(100_000))
        assert len(safe) == 100_000
        assert list(safe.keys(start=50_000, stop=50_003)) == [50_000, 50_001, 50_002]
        with safe.snapshot() as then:
            safe.clear()
            assert (len(then), then[99_999], len(safe)) == (100_000, 99_999, 0)
