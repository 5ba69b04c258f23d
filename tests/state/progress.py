"""A class that gives a typed state its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypedDict

from outlive import State


class Limits(TypedDict):
    """A mapping with known keys."""

    cpu: int


@dataclass
class Server:
    """A container with defaults, in another one."""

    port: int = 80
    tags: list[str] = field(default_factory=list)


@dataclass
class Progress:
    """What most tests hold."""

    last_id: int = 0
    name: str | None = None
    ratio: float = 0.5
    server: Server = field(default_factory=Server)
    rows: list[Server] = field(default_factory=list)
    by_name: dict[str, Server] = field(default_factory=dict)
    by_day: dict[date, int] = field(default_factory=dict)
    free: Any = None
    mode: Literal["a", "b"] = "a"
    limits: Limits | None = None
    matrix: list[list[int]] = field(default_factory=list)
    at: datetime | None = None


EMPTY: dict[str, Any] = {
    "last_id": 0,
    "name": None,
    "ratio": 0.5,
    "server": {"port": 80, "tags": []},
    "rows": [],
    "by_name": {},
    "by_day": {},
    "free": None,
    "mode": "a",
    "limits": None,
    "matrix": [],
    "at": None,
}


def open_progress(path: Path, **options: Any) -> Any:
    """A State of Progress, with the methods that a type checker does not know in a Progress."""
    return State(path, type=Progress, **options)
