"""Opening a state: after a kill, and after a clean close."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ..harness import Contestant, WrongError
from .peers import FILE_NAME, PERSISTED, STATE, Kind, held, killed

YAML = "yaml.CSafeLoader alone"

_ENTRIES = 1_900
_KEYS = 10_000
_SLOW = 5


class Opening(Contestant):
    """One that opens the same file each time: a copy of what `folder`/prepared has."""

    syncs = ""

    def __init__(self, kind: Kind, folder: Path, expected: Any) -> None:
        self.kind = kind
        self.name = kind.name
        self.every = _SLOW if kind is PERSISTED else 1
        self.prepared = folder / "prepared"
        self.folder = folder / "opened"
        self.expected = expected
        self.state: Any = None

    def prepare(self, turn: int) -> None:
        """Copy the file."""
        self.turn = turn
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.prepared, self.folder)

    def run(self) -> None:
        """Open the state, and leave it open."""
        self.state = self.kind.open(self.folder / FILE_NAME)

    def check(self, turn: int) -> None:
        """Compare what a kill would leave with what was prepared."""
        folder = killed(self.folder)
        self.close()
        if held(self.kind, folder) != self.wanted(turn):
            raise WrongError(f"{self.name}: not what was in the file")

    def wanted(self, turn: int) -> Any:  # noqa: ARG002  # to open changes nothing
        """What the state should hold after that turn."""
        return self.expected

    def close(self) -> None:
        """Close what the last run left open."""
        if self.state is not None:
            self.state.close()
            self.state = None


class _OpenClose(Opening):
    def run(self) -> None:
        self.kind.open(self.folder / FILE_NAME).close()


class _OpenChangeClose(Opening):
    def run(self) -> None:
        state = self.kind.open(self.folder / FILE_NAME)
        state["counter"] = self.turn
        state.close()

    def wanted(self, turn: int) -> Any:
        return {**self.expected, "counter": turn}


class _Yaml(Contestant):
    """The parser alone, on the file that State left."""

    name = YAML
    syncs = ""

    def __init__(self, path: Path, expected: Any) -> None:
        self.text = path.read_bytes()
        self.expected = expected

    def prepare(self, turn: int) -> None:
        """Nothing."""

    def run(self) -> object:
        return yaml.load(self.text, yaml.CSafeLoader)

    def check(self, turn: int) -> None:  # noqa: ARG002  # a load changes nothing
        if self.run() != self.expected:
            raise WrongError(f"{self.name}: not what was in the file")


def after_kill(folder: Path) -> list[Contestant]:
    """Each with a file of so many entries, which nobody closed."""
    folder.mkdir()
    return [_killed(kind, folder / kind.name) for kind in (STATE, PERSISTED)]


def _killed(kind: Kind, folder: Path) -> Opening:
    """Entries as a program makes them that counts and keeps what it has done."""
    folder.mkdir()
    writing = folder / "writing"
    writing.mkdir()
    state = kind.open(writing / FILE_NAME)
    state["last_id"], state["processed"] = 0, []
    numbers = range(1, _ENTRIES // 2)
    for number in numbers:
        state["processed"].append(number)
        state["last_id"] = number
    killed(writing).rename(folder / "prepared")
    state.close()
    entries = (folder / "prepared" / FILE_NAME).read_bytes().count(b"\n---")
    if entries != _ENTRIES:
        raise WrongError(f"{kind.name}: {entries} entries in the journal, not {_ENTRIES}")
    return Opening(kind, folder, {"last_id": numbers[-1], "processed": list(numbers)})


def large(folder: Path) -> tuple[Sequence[Contestant], Sequence[Contestant]]:
    """Those that open and close a large file, and those that also change it."""
    folder.mkdir()
    value = _large()
    for kind in (STATE, PERSISTED):
        prepared = folder / kind.name / "prepared"
        prepared.mkdir(parents=True)
        kind.open(prepared / FILE_NAME, **value).close()
        shutil.copytree(folder / kind.name, folder / f"{kind.name}-changed")
    closed = [_OpenClose(kind, folder / kind.name, value) for kind in (STATE, PERSISTED)]
    changed = [
        _OpenChangeClose(kind, folder / f"{kind.name}-changed", value)
        for kind in (STATE, PERSISTED)
    ]
    parser = _Yaml(closed[0].prepared / FILE_NAME, value)
    return [*closed, parser], changed


def _large() -> dict[str, dict[str, Any]]:
    """As large as YAML (387 kB) as the file whose opening the targets are about."""
    return {f"key-{number:05}": {"id": number, "name": f"row {number}"} for number in range(_KEYS)}
