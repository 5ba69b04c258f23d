"""The live document: dicts and lists that report their own changes by path; no I/O."""

from .adopt import adopt, fill
from .change import Change, Key, Kind
from .changing import restore, set_item
from .mapping import LiveDict
from .node import BROKEN, CHANGING, IDLE, NameTakenError, Node, Root, shown
from .sequence import LiveList
from .values import DEEPEST, UnfitError, check, plain

__all__ = [
    "BROKEN",
    "CHANGING",
    "DEEPEST",
    "IDLE",
    "Change",
    "Key",
    "Kind",
    "LiveDict",
    "LiveList",
    "NameTakenError",
    "Node",
    "Root",
    "UnfitError",
    "adopt",
    "check",
    "fill",
    "plain",
    "restore",
    "set_item",
    "shown",
]
