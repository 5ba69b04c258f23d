"""What all durable dicts have in common, and how their work is checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..harness import WrongError
from ..state.peers import killed
from .items import Items

# What is flushed to the disk before a set returns.
NOTHING = "nothing"
AT_CHECKPOINTS = "at checkpoints"
FILE = "file"


class Peer(ABC):
    """A durable dict, open, in a folder of its own; its methods are the loops that users write."""

    name: str
    how = ""  # how it was told to write
    syncs = FILE

    @abstractmethod
    def __init__(self, folder: Path) -> None:
        """Open what is in the folder, or make it."""

    @property
    def writing(self) -> str:
        """What it is called where it writes."""
        return f"{self.name}, {self.how}" if self.how else self.name

    @abstractmethod
    def read(self, keys: Iterable[str]) -> Any:
        """Read one after the other, each as it is now, and return the last."""

    @abstractmethod
    def write(self, items: Items) -> None:
        """Set one after the other, each in a transaction of its own."""

    @abstractmethod
    def update(self, items: Mapping[str, Any]) -> None:
        """Set them all, the way the documentation has for many."""

    @abstractmethod
    def close(self) -> None:
        """End."""


class Dict(Peer):
    """One that is used as a dict; a subclass opens it."""

    kept: Any

    def read(self, keys: Iterable[str]) -> Any:
        """Read by subscript."""
        kept = self.kept
        for key in keys:
            value = kept[key]
        return value

    def write(self, items: Items) -> None:
        """Set by subscript."""
        kept = self.kept
        for key, value in items:
            kept[key] = value

    def update(self, items: Mapping[str, Any]) -> None:
        """Set by update()."""
        self.kept.update(items)

    def close(self) -> None:
        """Close it."""
        self.kept.close()


def opened(kind: type[Peer], folder: Path, items: Mapping[str, Any]) -> Peer:
    """A new one in that folder, which holds the items."""
    folder.mkdir(parents=True)
    peer = kind(folder)
    peer.update(items)
    return peer


def check_killed(peer: Peer, folder: Path, items: Items) -> None:
    """Raise WrongError unless what a kill would leave in the folder holds the items."""
    copy = type(peer)(killed(folder))
    check_read(copy, items)
    copy.close()
    peer.close()


def check_read(peer: Peer, items: Items) -> None:
    """Raise WrongError unless the peer holds the items."""
    if any(peer.read([key]) != value for key, value in items):
        raise WrongError(f"{peer.name}: does not hold what was set")
