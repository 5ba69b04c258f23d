"""What is measured of `outlive.Safe`, and what is wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..harness import Target, Work, race
from ..targets import at_least, at_most, compared
from . import openings, processes, reads, sets, updates
from .databases import Lmdb, Sqlite
from .dicts import DiskCache, Outlive
from .floors import FlushTwice, Memory
from .peer import FILE

OUTLIVE = Outlive.name

_MILLISECOND = 1e-3
_SQLITE_FULL = f"{Sqlite.name}, {Sqlite.how}"


def works(folder: Path) -> list[Work]:
    """All of Safe's works; their files are below `folder`.

    The large file is last: what the system writes of it later would slow down the flushes.
    """
    folder.mkdir()
    with ThreadPoolExecutor(sets.THREADS) as pool:
        setting = [
            race("safe[k] = object, durable", sets.alone(folder / "alone"), 12, 1),
            race(
                f"safe[k] = object, durable, {sets.THREADS} threads",
                sets.together(folder / "together", pool),
                rounds=5,
                warm_up=1,
                twice=False,
            ),
        ]
    reading = [
        race("safe[k] of a small object", reads.of_objects(folder / "objects"), 15, 1),
        race("safe[k] of an int", reads.of_ints(folder / "ints"), 15, 1),
    ]
    with processes.readings(folder / "processes") as contestants:
        title = f"safe[k] in {processes.READERS} processes at once"
        beside = race(title, contestants, rounds=7, warm_up=1, twice=False)
    title = f"safe.update() of {updates.COUNT:,} items in a new file"
    update = race(
        title, updates.updates(folder / "updates"), updates.ROUNDS, warm_up=1, twice=False
    )
    title = f"Open {openings.COUNT:,} keys and read one"
    opening = race(title, openings.openings(folder / "openings"), 30, warm_up=2, twice=False)
    return [*reading, *setting, update, opening, beside]


def targets(works: list[Work]) -> list[Target]:
    """What is wanted of those works."""
    read, _, alone, together, update, opening, beside = works
    best = _best(together)
    once = opening.median(OUTLIVE) / _MILLISECOND
    kept, of_memory = (
        beside.ratio(processes.alone(kind), processes.beside(kind)) for kind in (Outlive, Memory)
    )
    many = f"durable set, {sets.THREADS} threads"
    return [
        _faster("safe[k] of a small object", 6, read, Sqlite.name),
        _faster("the same", 6, read, DiskCache.name),
        _no_slower("the same", 4, read, Lmdb.name),
        compared(f"{Lmdb.name}, speed over {Sqlite.name}", read.ratio(Sqlite.name, Lmdb.name)),
        _faster("durable set, one thread", 1, alone, _SQLITE_FULL),
        _no_slower("the same", 1.2, alone, Lmdb.name),
        compared(
            f"{FlushTwice.name}, speed over SQLite", alone.ratio(_SQLITE_FULL, FlushTwice.name)
        ),
        _faster(many, 4, together, best),
        _no_slower(f"update() of {updates.COUNT:,} items", 2, update, Lmdb.name),
        at_most(f"open {openings.COUNT:,} keys and read one, ms", 5, once),
        at_least(f"{processes.READERS} readers beside a writer, speed over alone", 0.8, kept),
        compared(f"{Memory.name}, beside a writer elsewhere, likewise", of_memory),
    ]


def _best(work: Work) -> str:
    """The fastest of the peers that flush."""
    peers = [one for one in work.series if one.name != OUTLIVE and one.syncs == FILE]
    return min(peers, key=lambda one: one.median).name


def _faster(what: str, wanted: float, work: Work, peer: str) -> Target:
    return at_least(f"{what}, speed over {peer}", wanted, work.ratio(peer, OUTLIVE))


def _no_slower(what: str, wanted: float, work: Work, least: str) -> Target:
    return at_most(f"{what}, time over {least}", wanted, work.ratio(OUTLIVE, least))
