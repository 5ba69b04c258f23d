"""A store of each kind."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

import outlive


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A State."""
    path = tmp_path / "jobs.state"
    with outlive.State(path, last=1, queue=[{"url": "x", "tries": 0}], server={"port": 80}) as made:
        made[2] = "two"
        made.day = datetime.date(2026, 11, 21)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A Store in JSON."""
    path = tmp_path / "runs.json"
    outlive.open(path, default={"n": 1, "runs": ["a"], "server": {"port": 80}}).commit()
    return path


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    """A Safe."""
    path = tmp_path / "jobs.safe"
    with outlive.Safe(path) as made:
        made.update({"first": {"url": "x", "tags": ["a"]}, "a.b": [1], ("user", 1): {2, 1}})
    return path


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A Storage with two tables."""
    path = tmp_path / "people.db"
    with outlive.Storage(path) as made:
        people = made.getas("people[first:S,shoesize:I,kids[name:S]]")
        people.extend([("Ann", 38, [("Bob",)]), ("Eve", 41, [])])
        days = made.define("days", day=datetime.date, raw=bytes)
        days.append(day=datetime.date(2026, 11, 21), raw=b"hi")
        made.commit()
    return path
