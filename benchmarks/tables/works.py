"""What is measured of `outlive.Storage`, and what is wanted."""

from __future__ import annotations

import functools
from pathlib import Path

from ..harness import Target, Work, race
from ..targets import at_least, at_most, compared
from . import asks, cells, content, loads
from .databases import Duck, Sqlite, SqliteDefault
from .storage import Outlive

_OURS, _SQLITE, _DUCK = Outlive.name, Sqlite.name, Duck.name
_WAL, _DEFAULT = (f"{_SQLITE}, {kind.how}" for kind in (Sqlite, SqliteDefault))
_SELECTS = 3  # works that select

# Everything but the first run of each pays its own debts to the disk.
_once = functools.partial(race, warm_up=1, twice=False)


def works(folder: Path) -> list[Work]:
    """All works of tables; their files are below `folder`.

    What is flushed by the most is last: what the system writes of it later slows down the others.
    """
    folder.mkdir()
    peers = asks.filled(folder / "asks")
    size = asks.sizes(folder / "asks")
    rows = f"{content.COUNT:,} rows"
    asking = [
        _once("select(i=…), one row", asks.numbers(peers), 9),
        _once("select(name=…), one row", asks.names(peers), 9),
        _once("select of a range, 1 % of the rows", asks.ranges(peers), 9),
        _once("Sort by name", asks.sorts(peers), 4),
        _once(f"Iterate over {rows}, reading two attributes", asks.loops(peers), 4),
    ]
    asks.fill_others(peers)
    asking += [
        _once(f"Count the rows of {content.GROUPS:,} groups", asks.counts(peers), 9),
        _once("Group, with the rows of each group", asks.groups(peers), 4),
        _once(f"Join {content.JOINED:,} × {content.JOINED:,} rows", asks.joins(peers), 9),
    ]
    opening = _once("Open, and sum two columns", asks.openings(peers, folder / "asks"), 15)
    setting = race("Set a cell, durable", cells.settings(folder / "cells"), 9, 1)
    title = f"Append {loads.APPENDED:,} rows one by one, durable"
    appending = _once(title, loads.one_by_one(folder / "append"), 5)
    filling = _once(f"Append {rows} at once, durable", loads.bulk(folder / "bulk"), 5)
    return [filling, appending, opening, *asking, setting, size]


def targets(works: list[Work]) -> list[Target]:
    """What is wanted of those works."""
    filling, appending, opening, *asking, setting, size = works
    selects, (sort, loop, *grouping) = asking[:_SELECTS], asking[_SELECTS:]
    count, group, join = grouping
    return [
        _faster("append columns at once", 10, filling, _best(filling, _SQLITE)),
        _faster("the same", 2, filling, _best(filling, _DUCK)),
        _faster("append row by row", 1, appending, _best(appending, _SQLITE)),
        _faster("open, sum two columns", 20, opening, _SQLITE),
        _faster("the same", 5, opening, _DUCK),
        *(_faster(each.title, 10, each, _SQLITE) for each in selects),
        *_both("sort by name", sort),
        *_both("count the rows of groups", count),
        *_both("the same by len() of live subviews", count, asks.LENGTHS),
        *_both("group, with all rows", group),
        *_both("join", join),
        *_settings(setting),
        _faster("iterate", 1, loop, _SQLITE),
        at_most(f"file, size over {_SQLITE}", 1, size.ratio(_OURS, _SQLITE)),
        compared(f"the same over {_DUCK}", size.ratio(_OURS, _DUCK)),
    ]


def _settings(work: Work) -> list[Target]:
    """Those of setting a cell: not much slower, and as fast in a large table as in a small one."""
    few, many, most = (cells.named(_OURS, each) for each in (cells.FEW, cells.MANY, cells.MOST))
    medians = [work.median(each) for each in (few, many, most)]
    wal, default = (cells.named(each, cells.MANY) for each in (_WAL, _DEFAULT))
    return [
        at_most(f"set a cell, time over {_WAL}", 2, work.ratio(many, wal)),
        compared(f"the same over {_DEFAULT}", work.ratio(many, default)),
        at_most(
            f"the same, {cells.FEW:,} to {cells.MOST:,} rows, slowest over fastest",
            2,
            max(medians) / min(medians),
        ),
    ]


def _best(work: Work, begins: str) -> str:
    """The fastest of those whose names begin so."""
    peers = [each for each in work.series if each.name.startswith(begins)]
    return min(peers, key=lambda each: each.median).name


def _both(what: str, work: Work, ours: str = _OURS) -> list[Target]:
    return [_faster(what, 4, work, _SQLITE, ours), _faster("the same", 0.5, work, _DUCK, ours)]


def _faster(what: str, wanted: float, work: Work, peer: str, ours: str = _OURS) -> Target:
    return at_least(f"{what}, speed over {peer}", wanted, work.ratio(peer, ours))
