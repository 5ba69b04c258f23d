"""What is measured of `outlive.State`, and what is wanted."""

from __future__ import annotations

from pathlib import Path

from ..harness import Target, Work, race
from . import bare, engines, growth, inserts, objects, openings, reads
from .peers import PERSISTED, STATE

_COUNTS = 10_000  # as in the benchmark of persistedstate
_SYNCED_COUNTS = 200


def works(folder: Path) -> list[Work]:
    """All of State's works; their files are below `folder`."""
    folder.mkdir()
    return [*_counting(folder), *_others(folder)]


def _counting(folder: Path) -> list[Work]:
    unsynced, synced = folder / "counter", folder / "synced"
    unsynced.mkdir()
    synced.mkdir()
    return [
        race(
            'state.counter += 1, sync="os"',
            [
                *objects.unsynced(unsynced, _COUNTS),
                *engines.unsynced(unsynced, _COUNTS),
                *bare.unsynced(unsynced, _COUNTS),
            ],
            rounds=7,
            warm_up=1,
        ),
        race(
            'state.counter += 1, sync="full"',
            [
                *objects.synced(synced, _SYNCED_COUNTS),
                *engines.synced(synced, _SYNCED_COUNTS),
                *bare.synced(synced, _SYNCED_COUNTS),
            ],
            rounds=25,
            warm_up=1,
        ),
    ]


def _others(folder: Path) -> list[Work]:
    closed, changed = openings.large(folder / "large")
    return [
        race('Read of s["a"]["b"]["c"]', reads.reads(folder / "reads"), 10, 1),
        race("insert(0, row) into a list of 4,000", inserts.inserts(folder / "inserts"), 10, 1),
        race(
            "Open with 1,900 entries in the journal",
            openings.after_kill(folder / "journal"),
            rounds=15,
            warm_up=1,
            twice=False,
        ),
        race("Open and close 10,000 nested keys", closed, 15, 1, twice=False),
        race("Open, one change, close", changed, 10, 1, twice=False),
        race(
            "state.counter += 1 beside much or little",
            growth.growth(folder / "growth"),
            rounds=3,
            warm_up=0,
            twice=False,
        ),
    ]


def targets(works: list[Work]) -> list[Target]:
    """What is wanted of those works."""
    counter, synced, read, insert, journal, closing, _, growing = works
    ours, full = objects.OUTLIVE, objects.OUTLIVE_FULL
    state, peer = STATE.name, PERSISTED.name
    return [
        _faster('counter, sync="os"', 3, counter, objects.PERSISTED, ours),
        _faster("the same", 1.5, counter, engines.LMDB, ours),
        _no_slower("the same", 2.5, counter, ours, bare.WRITE),
        _faster('counter, sync="full"', 1.3, synced, engines.SQLITE_FULL, full),
        _faster("the same", 1.3, synced, engines.LMDB_SYNCED, full),
        _no_slower("the same", 1.15, synced, full, bare.SYNCED),
        _no_slower('s["a"]["b"]["c"]', 1.3, read, state, reads.DICT),
        _faster("insert(0, row) into a list of 4,000", 50, insert, peer, state),
        _faster("open with 1,900 entries in the journal", 20, journal, peer, state),
        _faster("open and close 10,000 nested keys", 3, closing, peer, state),
        _no_slower("a change in 100,000", 1.5, growing, growth.LARGE, growth.SMALL),
    ]


def _faster(what: str, wanted: float, work: Work, peer: str, ours: str) -> Target:
    return Target(f"{what}, speed over {peer}", f"≥ {wanted:.2f}", work.ratio(peer, ours))


def _no_slower(what: str, wanted: float, work: Work, ours: str, least: str) -> Target:
    return Target(f"{what}, time over {least}", f"≤ {wanted:.2f}", work.ratio(ours, least))
