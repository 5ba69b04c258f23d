"""What all ways to commit a changed value have in common."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from .harness import Contestant, WrongError
from .values import COUNTER, Value, with_counter

BOTH = "file, directory"


class Commit(Contestant):
    """One that keeps `value` in the file `path`."""

    name: str = ""
    syncs = BOTH

    def __init__(self, folder: Path, value: Value) -> None:
        folder.mkdir()
        self.path = folder / "state.json"
        self.value = copy.deepcopy(value)

    def prepare(self, turn: int) -> None:
        """Change the value in memory."""
        self.value[COUNTER] = turn

    def check(self, turn: int) -> None:
        """Compare the file with the value of the last turn."""
        if self.stored() != with_counter(self.value, turn):
            raise WrongError(f"{self.name}: the file does not hold the last value")

    def stored(self) -> object:
        """The value in the file."""
        return json.loads(self.path.read_bytes())


class Ready(Commit):
    """One that is given the bytes to write."""

    def prepare(self, turn: int) -> None:
        """Change the value and encode it."""
        super().prepare(turn)
        self.data = json.dumps(self.value).encode()
