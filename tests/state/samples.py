"""What several tests put into a state."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

BASE: dict[Any, Any] = {
    "n": 1,
    "server": {"port": 80, "tags": ["a", "b"]},
    "items": [3, 1, 2],
    "deep": [[0], {"x": [1, {"y": 2}]}, [3]],
    "empty": {},
}
ACCOUNTS: dict[str, Any] = {
    "ann": 10,
    "bob": 0,
    "log": [1, [2], {"k": 3}],
    "server": {"port": 80, "tags": ["a"]},
}
NOON = datetime(2026, 11, 21, 12, 0)


class Strings(enum.StrEnum):
    """A text that is none to a state."""

    A = "a"


class Ints(enum.IntEnum):
    """A number that is none to a state."""

    ONE = 1
