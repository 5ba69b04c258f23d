"""A forked child can read what its parent read without a copy, and use the file itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from outlive import ClosedError
from outlive.engines.lmdb import LMDBEngine

from ..safes.children import in_fork

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork"),
    # Python says so from 3.12 on; it is what these tests are about.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

LONG = b"v" * 100_000  # in pages of its own


def test_a_child_reads_values_of_the_parents_snapshot(tmp_path: Path) -> None:
    """The values stay what they were, though the snapshot itself is closed in the child."""
    engine = LMDBEngine(tmp_path / "a.lmdb")
    engine.commit({b"key": LONG})
    with engine.snapshot() as snapshot:
        entry = snapshot.get(b"key")
        assert entry is not None

        def act() -> None:
            assert bytes(entry.value) == LONG
            with pytest.raises(ClosedError):
                snapshot.get(b"key")
            assert bytes(entry.value) == LONG

        in_fork(act)
        assert bytes(entry.value) == LONG
    engine.close()


def test_a_child_that_reads_them_uses_the_file_as_well(tmp_path: Path) -> None:
    """It commits, compacts, closes and opens; so does a child of its own, which reads as well."""
    path = tmp_path / "a.lmdb"
    engine = LMDBEngine(path)
    engine.commit({b"key": LONG})
    with engine.snapshot() as snapshot:
        inherited = snapshot.get(b"key")
        assert inherited is not None

        def change(name: bytes) -> None:
            engine.commit({b"key": name * 100_000})
            found = engine.get(b"key")
            assert found is not None
            assert bytes(found.value) == name * 100_000

        def act() -> None:
            change(b"a")
            engine.compact()
            change(b"b")
            with engine.snapshot() as second:
                own = second.get(b"key")
                assert own is not None

                def act_deeper() -> None:
                    assert bytes(own.value) == b"b" * 100_000
                    assert bytes(inherited.value) == LONG
                    change(b"c")

                in_fork(act_deeper)
                assert bytes(own.value) == b"b" * 100_000
            change(b"d")
            engine.close()
            other = LMDBEngine(path)
            other.commit({b"other": b"1"})
            other.close()
            assert bytes(inherited.value) == LONG

        in_fork(act)
        assert bytes(inherited.value) == LONG
        change(b"e")
        assert snapshot.get(b"other") is None
    assert engine.get(b"other") is not None
    engine.close()


def test_the_end_of_a_child_leaves_the_parents_snapshot_its_pages(tmp_path: Path) -> None:
    """Who writes afterwards still sees the parent among the readers, and spares what it reads."""
    path = tmp_path / "a.lmdb"
    engine = LMDBEngine(path)
    engine.commit({b"key": LONG})
    with engine.snapshot() as snapshot:
        entry = snapshot.get(b"key")
        assert entry is not None
        in_fork(lambda: engine.commit({b"child": b"1"}))

        def overwrite() -> None:
            other = LMDBEngine(path)  # which clears away readers that are gone
            for number in range(20):
                other.commit({b"key": bytes([number]) * 100_000})
            other.close()

        in_fork(overwrite)
        assert bytes(entry.value) == LONG
    engine.close()
