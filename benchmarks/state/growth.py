"""Many changes to a small document and to a large one."""

from __future__ import annotations

from pathlib import Path

from ..harness import Contestant
from ..values import COUNTER, Value, megabyte, records
from .counter import AT_VACUUMS, NOTHING, Counter
from .peers import FILE_NAME, PERSISTED, STATE, Kind, held

SMALL = "outlive.State, 1 KB"
LARGE = "outlive.State, 1 MB"

_KILOBYTE = 1_000
_CHANGES = 100_000
_PERSISTED_CHANGES = 2_000  # it rewrites its file once in so many


class _Document(Counter):
    def __init__(self, kind: Kind, folder: Path, name: str, changes: int, value: Value) -> None:
        super().__init__(folder, name, AT_VACUUMS if kind is STATE else NOTHING, changes)
        self.kind = kind
        self.state = kind.open(folder / FILE_NAME, **value)

    def prepare(self, turn: int) -> None:
        self.state[COUNTER] = turn

    def run(self) -> None:
        state = self.state
        for _ in range(self.changes):
            state.counter += 1

    def stored(self, folder: Path) -> int:
        return int(held(self.kind, folder)[COUNTER])

    def close(self) -> None:
        self.state.close()


def growth(folder: Path) -> list[Contestant]:
    """Everyone, each in a folder of its own below `folder`."""
    folder.mkdir()
    small, large = records(_KILOBYTE), megabyte()
    peer, fewer = PERSISTED.name, _PERSISTED_CHANGES
    return [
        _Document(STATE, folder / "small", SMALL, _CHANGES, small),
        _Document(STATE, folder / "large", LARGE, _CHANGES, large),
        _Document(PERSISTED, folder / "peer-small", f"{peer}, 1 KB", fewer, small),
        _Document(PERSISTED, folder / "peer-large", f"{peer}, 1 MB", fewer, large),
    ]
