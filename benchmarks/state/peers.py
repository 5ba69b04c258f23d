"""What State and persistedstate have in common, and what differs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persistedstate import PersistedState
from persistedstate.types import convert_to_json_like

import outlive

FILE_NAME = "example.state"


@dataclass(frozen=True)
class Kind:
    """A class of state: `open` takes a path and defaults."""

    name: str
    open: Callable[..., Any]
    plain: Callable[[Any], Any]  # what a state holds, to be compared


def _itself(state: Any) -> Any:
    return state


STATE = Kind("outlive.State", outlive.State, _itself)
PERSISTED = Kind("persistedstate 26.1", PersistedState, convert_to_json_like)


def killed(folder: Path) -> Path:
    """A copy of the folder as it is now: what a kill would leave."""
    copy = folder.with_name(f"{folder.name}-killed")
    shutil.copytree(folder, copy)
    return copy


def held(kind: Kind, folder: Path) -> Any:
    """What the state in that folder holds."""
    state = kind.open(folder / FILE_NAME)
    plain = kind.plain(state)
    state.close()
    return plain
