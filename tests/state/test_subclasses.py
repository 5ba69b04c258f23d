"""Classes made of a State, and copies that others make of its dicts and lists."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State


class Jobs(State):
    """A state with a life of its own."""

    limit = 5

    def __init__(self, folder: Path, *, more: int = 0) -> None:
        super().__init__(folder / "jobs.state", done=[], more=more)

    def add(self, name: str) -> None:
        """A method that changes it."""
        self.done.append(name)

    @property
    def count(self) -> int:
        """One that reads it."""
        return len(self.done)

    @cached_property
    def first(self) -> object:
        """One that Python keeps in the ``__dict__``."""
        return object()


def test_a_subclass_has_methods_and_arguments_of_its_own(tmp_path: Path) -> None:
    """They work, their names are no items, and nothing of them gets into the file."""
    with Jobs(tmp_path, more=1) as jobs:
        jobs.add("a")
        assert (jobs.count, jobs.limit, jobs.more) == (1, 5, 1)
        assert jobs.first is jobs.first
        for name in ("add", "count", "limit", "first"):
            with pytest.raises(outlive.FormatError, match=name):
                setattr(jobs, name, 1)
        jobs["count"] = 7
        assert jobs.count == 1
    assert State(tmp_path / "jobs.state", mode="r") == {"done": ["a"], "more": 1, "count": 7}


@dataclasses.dataclass
class Report:
    """Something that holds parts of a state."""

    tags: Any
    server: Any


def test_copies_by_type_are_plain(tmp_path: Path) -> None:
    """What makes a new object of the same type, as dataclasses.asdict does, gets a plain one."""
    with State(tmp_path / "a.state", tags=["a", ["b"]], server={"port": 1, "in": {}}) as state:
        copied = dataclasses.asdict(Report(state.tags, state.server))
        assert copied == {"tags": ["a", ["b"]], "server": {"port": 1, "in": {}}}
        copied["tags"].append("c")
        copied["server"]["in"]["x"] = 1
        assert type(copied["tags"]) is list
        assert type(copied["server"]["in"]) is dict
        assert state == {"tags": ["a", ["b"]], "server": {"port": 1, "in": {}}}
