"""What is measured of `outlive.open`, and what is wanted."""

from __future__ import annotations

from pathlib import Path

from . import by_hand, commits, loads
from .harness import Target, Work, race
from .values import megabyte, small


def works(folder: Path) -> list[Work]:
    """Commits and loads of a small value and of a large one; their files are below `folder`."""
    folder.mkdir()
    return [
        race("Commit of a counter", commits.commits(folder / "a", small()), 400, 50),
        race("Commit of 1 MB", commits.commits(folder / "b", megabyte()), 30, 3),
        race("Load of a counter", loads.loads(folder / "c", small()), 2000, 200),
        race("Load of 1 MB", loads.loads(folder / "d", megabyte()), 60, 5),
    ]


def targets(works: list[Work]) -> list[Target]:
    """What is wanted of those works."""
    small_commit, commit, small_load, load = works
    durable = small_commit.ratio(commits.ATOMIC_STORE, commits.OUTLIVE)
    bare = small_commit.ratio(commits.OUTLIVE, by_hand.BARE)
    large = commit.ratio(commits.ATOMIC_STORE, commits.OUTLIVE)
    return [
        Target("durable commit of a counter, speed over atomic_store's", "≥ 1.00", durable),
        Target("the same, time over the bare system calls'", "≤ 1.15", bare),
        Target("durable commit of 1 MB, speed over atomic_store's", "≥ 3.00", large),
        Target("load of a counter, time over json.load's", "≤ 1.00", _load(small_load)),
        Target("load of 1 MB, time over json.load's", "≤ 1.00", _load(load)),
    ]


def _load(work: Work) -> float:
    return work.ratio(loads.OUTLIVE, loads.JSON)
