"""`outlive convert`: between formats, kinds of stores, and the files of others."""

from __future__ import annotations

from .command import convert

__all__ = ["convert"]
