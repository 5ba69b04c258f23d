"""Reading a nested value."""

from __future__ import annotations

import timeit
from pathlib import Path
from typing import Any

from ..harness import Contestant, WrongError
from .peers import PERSISTED, STATE, Kind

DICT = "dict"
_SUBCLASS = "empty subclass of dict"

_STATEMENTS = 10  # in the body of the loop, so that the loop itself weighs little
_LOOPS = 10_000


class _Dict(dict[str, Any]):
    """The least that a dict can be which reports its changes."""


class Read(Contestant):
    """One that reads the same value again and again."""

    changes = _STATEMENTS * _LOOPS
    syncs = ""

    def __init__(self, name: str, holder: Any) -> None:
        self.name = name
        self.holder = holder
        body = "\n".join(['s["a"]["b"]["c"]'] * _STATEMENTS)
        self.timer = timeit.Timer(body, globals={"s": holder})

    def prepare(self, turn: int) -> None:
        """Change the value."""
        self.holder["a"]["b"]["c"] = turn

    def run(self) -> None:
        """Read the value."""
        self.timer.timeit(_LOOPS)

    def check(self, turn: int) -> None:
        """Look whether it is the value of the last turn."""
        if self.holder["a"]["b"]["c"] != turn:
            raise WrongError(f"{self.name}: not the value that was set")


class _Kept(Read):
    def __init__(self, kind: Kind, path: Path) -> None:
        super().__init__(kind.name, kind.open(path, a={"b": {"c": 0}}))

    def check(self, turn: int) -> None:
        super().check(turn)
        self.holder.close()


def reads(folder: Path) -> list[Contestant]:
    """Everyone, with their files in `folder`."""
    folder.mkdir()
    return [
        *(_Kept(kind, folder / kind.name) for kind in (STATE, PERSISTED)),
        Read(DICT, {"a": {"b": {"c": 0}}}),
        Read(_SUBCLASS, _Dict(a=_Dict(b=_Dict(c=0)))),
    ]
