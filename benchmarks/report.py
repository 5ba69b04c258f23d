"""Tables of what was measured, as Markdown that is also easy to read as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .harness import Series, Target, Work

_UNITS = (1, "s", 2), (1e-3, "ms", 2), (1e-6, "µs", 1), (1e-9, "ns", 1)  # and digits of each
_TENTH = 0.1
_MEGABYTE = 1e6
_HOW_TO_READ = """\
All contestants of a table took turns, in an order shuffled each round, so that whatever else the \
machine did hit all alike. "Ratio" is a median divided by that of the first in the table, which is \
outlive: above 1 is slower than outlive. "10 %" is what a tenth of the runs stayed below. "Runs" \
is how many were timed, and × how often each of them did the work; times are those of doing it \
once. Compare ratios rather than times, which are this disk's; what a slower fsync adds is the \
same for all who sync as much. Files that are read are in the system's cache.

Of `outlive.open`: "flushed" says what was on the disk when a contestant returned. Only with \
"file, directory" does the new value survive a power cut: the others do less work, and their times \
are no fair comparison. tinydb overwrites its file in place, where a crash leaves a mixture of old \
and new. Only outlive's stores take a lock and look whether someone else changed the file; \
whatever is outlive's keeps mode, owner and attributes. "Ready bytes" were encoded before the \
clock started. pickledb encodes by orjson, the others by the standard library's json.

Of `outlive.State`: every contestant has handed each change to the system before it makes the \
next, so that a kill loses none. Unless "file" is flushed each time, a power cut may lose the last \
changes, or more with those that overwrite what they have (persistedstate, sqlitedict, shelve, \
lmdb without sync, SQLite with synchronous=OFF). At the end the files of each are copied as they \
are, as a kill would leave them, opened again, and must hold the last change. lmdb makes one \
transaction a change, SQLite one UPDATE. sqlitedict has no way to flush, ZODB none not to. \
persistedstate rewrites its file in place after 2,000 changes and whenever it is closed. The bare \
loops write the bytes that State writes, encoded before the clock started: to one file, or to two \
as State does, or over bytes that were there, as SQLite and lmdb do. A file that is opened is a \
fresh copy each time of one that the contestant wrote itself."""


def report(facts: Mapping[str, str], works: Sequence[Work], targets: Sequence[Target]) -> str:
    """The whole of RESULTS.md."""
    parts = ["# Results of `make bench`", "\n".join(f"- {key}: {facts[key]}" for key in facts)]
    rows = [[one.what, one.wanted, _ratio(one.measured)] for one in targets]
    parts += [_HOW_TO_READ, "## Targets", _table(["work", "wanted", "measured"], rows)]
    for work in works:
        parts += [f"## {work.title}", _work(work)]
    return "\n\n".join(parts) + "\n"


def _work(work: Work) -> str:
    """One row for each contestant; the first of them is the measure of all."""
    base = work.series[0].median
    columns = {
        "contestant": [one.name for one in work.series],
        "flushed": [one.syncs for one in work.series],
        "runs": [_runs(one) for one in work.series],
        "median": [_time(one.median) for one in work.series],
        "10 %": [_time(one.tenth) for one in work.series],
        "ratio": [_ratio(one.median / base) for one in work.series],
    }
    if not any(columns["flushed"]):
        del columns["flushed"]
    if work.unit == "bytes":
        sizes = [f"{one.median / _MEGABYTE:.1f} MB" for one in work.series]
        columns = {"of": columns["contestant"], "size": sizes, "ratio": columns["ratio"]}
    return _table(list(columns), list(zip(*columns.values(), strict=True)))


def _runs(one: Series) -> str:
    """How many were timed, and how often each of them did the work."""
    runs = f"{len(one.times)}"
    return runs if one.changes == 1 else f"{runs} × {one.changes:,}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= _TENTH else f"{ratio:.4f}"


def _time(seconds: float) -> str:
    """In the largest unit of which there is a whole one."""
    size, unit, digits = next(one for one in _UNITS if seconds >= one[0])
    return f"{seconds / size:.{digits}f} {unit}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with even columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
