"""`LMDBEngine`: the embedded engine, on LMDB."""

from .engine import LMDBEngine

__all__ = ["LMDBEngine"]
