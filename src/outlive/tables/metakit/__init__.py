"""Metakit's own files, of release 2.x: read whole, and copied into a storage."""

from .opening import read
from .reader import MetakitFile, MetakitView
from .structure import Field

__all__ = ["Field", "MetakitFile", "MetakitView", "read"]
