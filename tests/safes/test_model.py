"""A safe does what a dict does, in the order of its keys."""

from __future__ import annotations

from pathlib import Path

from outlive.engines import Engine, MemoryEngine
from outlive.engines.lmdb import LMDBEngine

from .check_mapping import check_mapping


def test_in_memory() -> None:
    """On the reference."""
    check_mapping(MemoryEngine, lambda engine: engine, examples=150)


def test_in_a_file(tmp_path: Path) -> None:
    """On LMDB, where it is closed and opened again."""
    made = 0

    def make() -> LMDBEngine:
        nonlocal made
        made += 1
        return LMDBEngine(tmp_path / f"{made}.safe", sync="os")

    def reopen(engine: Engine) -> LMDBEngine:
        engine.close()
        return LMDBEngine(engine.name, sync="os")

    check_mapping(make, reopen, examples=120)
