"""The fixtures of the safes."""

from .stores import engine, safe

__all__ = ["engine", "safe"]
