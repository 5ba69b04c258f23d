"""Measure, print, and write RESULTS.md beside this file: `make bench`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import by_hand, commits, loads
from .harness import Work, race
from .machine import facts
from .report import report
from .values import megabyte, small

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parent / "build"  # on a disk, where the system's folder for such files may be memory


def main() -> None:
    """Run everything."""
    _BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as name:
        folder = Path(name)
        works = _works(folder)
        text = report(facts(folder), works, _targets(*works))
    (_HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


def _works(folder: Path) -> tuple[Work, Work, Work, Work]:
    return (
        race("Commit of a counter", commits.commits(folder / "a", small()), 400, 50),
        race("Commit of 1 MB", commits.commits(folder / "b", megabyte()), 30, 3),
        race("Load of a counter", loads.loads(folder / "c", small()), 2000, 200),
        race("Load of 1 MB", loads.loads(folder / "d", megabyte()), 60, 5),
    )


def _targets(small_commit: Work, commit: Work, small_load: Work, load: Work) -> list[list[str]]:
    """What is wanted, and what was measured: for people to judge, not for a test."""
    ours = small_commit.median(commits.OUTLIVE)
    atomic_store = small_commit.median(commits.ATOMIC_STORE) / ours
    bare = ours / small_commit.median(by_hand.BARE)
    large = commit.median(commits.ATOMIC_STORE) / commit.median(commits.OUTLIVE)
    rows = [
        ["durable commit of a counter, speed over atomic_store's", "≥ 1.00", atomic_store],
        ["the same, time over the bare system calls'", "≤ 1.15", bare],
        ["durable commit of 1 MB, speed over atomic_store's", "≥ 3.00", large],
        ["load of a counter, time over json.load's", "≤ 1.00", _load(small_load)],
        ["load of 1 MB, time over json.load's", "≤ 1.00", _load(load)],
    ]
    return [[str(what), str(wanted), f"{measured:.2f}"] for what, wanted, measured in rows]


def _load(work: Work) -> float:
    return work.median(loads.OUTLIVE) / work.median(loads.JSON)


if __name__ == "__main__":
    main()
