"""The engines pass the conformance suite, `CheckEngine`."""

from __future__ import annotations

from pathlib import Path

from outlive.engines import Engine, MemoryEngine
from outlive.engines.lmdb import LMDBEngine
from outlive.engines.lmdb.transaction import DELETED, FORGOTTEN, HEADER, MOVED

from .check_engine import CheckEngine


class TestMemory(CheckEngine):
    """The reference."""

    def make(self, directory: Path) -> Engine:
        """One that is named after the directory."""
        return MemoryEngine(str(directory))


class TestLMDB(CheckEngine):
    """A file of LMDB."""

    examples = 30

    def make(self, directory: Path) -> Engine:
        """A file in the directory."""
        return LMDBEngine(str(directory / "check.lmdb"))

    def reopen(self, engine: Engine) -> Engine:
        """Close the file, and open it again."""
        engine.close()
        return LMDBEngine(engine.name)

    def test_its_own_keys_are_hidden(self, engine: Engine) -> None:
        """Those that it keeps beside the user's."""
        engine.commit(dict.fromkeys((b"%d" % number for number in range(5000)), b""))
        engine.commit(dict.fromkeys(b"%d" % number for number in range(5000)))
        with engine.snapshot() as snapshot:
            for key in (HEADER, DELETED, FORGOTTEN, MOVED):
                assert snapshot.get(key) is None
                assert list(snapshot.scan(key)) == []
