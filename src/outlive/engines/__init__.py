"""Engines: ordered maps of bytes to bytes, with snapshots and atomic transactions.

`Engine` is the contract; `MemoryEngine` the reference, for tests and docs; `LMDBEngine`, in
`outlive.engines.lmdb`, keeps a file.
"""

from .base import Buffer, Engine, Entry, Limits, Range, Snapshot
from .memory import MemoryEngine

__all__ = ["Buffer", "Engine", "Entry", "Limits", "MemoryEngine", "Range", "Snapshot"]
