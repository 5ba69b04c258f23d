"""Tables of what was measured, as Markdown that is also easy to read as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .harness import Work

_MILLISECOND = 1e-3
_HOW_TO_READ = """\
All contestants of a table took turns, in an order shuffled each round, so that whatever else the \
machine did hit all alike. "Ratio" is a median divided by outlive's in the same table: above 1 is \
slower than outlive. "10 %" is what a tenth of the runs stayed below. Compare ratios rather than \
times, which are this disk's; what a slower fsync adds is the same for all who sync as much.

"Flushed" says what was on the disk when a contestant returned. Only with "file, directory" does \
the new value survive a power cut: the others do less work, and their times are no fair \
comparison. tinydb overwrites its file in place, where a crash leaves a mixture of old and new. \
Only outlive's stores take a lock and look whether someone else changed the file; whatever is \
outlive's keeps mode, owner and attributes. "Ready bytes" were encoded before the clock started. \
pickledb encodes by orjson, the others by the standard library's json. Files that are loaded are \
in the system's cache."""


def report(
    facts: Mapping[str, str], works: Sequence[Work], targets: Sequence[Sequence[str]]
) -> str:
    """The whole of RESULTS.md."""
    parts = ["# Results of `make bench`", "\n".join(f"- {key}: {facts[key]}" for key in facts)]
    parts += [_HOW_TO_READ, "## Targets", _table(["work", "wanted", "measured"], targets)]
    for work in works:
        parts += [f"## {work.title}", _work(work)]
    return "\n\n".join(parts) + "\n"


def _work(work: Work) -> str:
    """One row for each contestant; the first of them is the measure of all."""
    base = work.series[0].median
    rows = [
        [one.name, one.syncs, _time(one.median), _time(one.tenth), f"{one.median / base:.2f}"]
        for one in work.series
    ]
    head = ["contestant", "flushed", "median", "10 %", "ratio"]
    if not any(one.syncs for one in work.series):
        head, rows = head[:1] + head[2:], [row[:1] + row[2:] for row in rows]
    return _table(head, rows)


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= _MILLISECOND else f"{seconds * 1e6:.1f} µs"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with even columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
