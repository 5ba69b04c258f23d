"""How many rows go into a group: fewer than usual where they are large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .coerce import Values
from .group import SIZE
from .schema import TEXTS, Kind, Property

HEAVY = 1 << 22  # bytes of one column of a group: to append a row writes its last group anew
LARGE = 1 << 16  # bytes of a value after which to look how heavy its group is
_TEXTS = TEXTS | {Kind.BYTES}


def portions(structure: Sequence[Property], rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """Runs of rows that make no column of a group too heavy."""
    columns = [index for index, prop in enumerate(structure) if prop.kind in _TEXTS]
    for at in range(0, len(rows), SIZE):
        yield from _halved(columns, rows[at : at + SIZE])


def _halved(columns: Sequence[int], rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    if len(rows) > 1 and any(sum(len(row[each]) for row in rows) > HEAVY for each in columns):
        middle = len(rows) // 2
        yield from _halved(columns, rows[:middle])
        yield from _halved(columns, rows[middle:])
    else:
        yield rows


def light(content: Any) -> Iterator[Any]:
    """An Arrow table of new rows, cut where it is too heavy."""
    if len(content) > 1 and content.nbytes > HEAVY:
        middle = len(content) // 2
        yield from light(content[:middle])
        yield from light(content[middle:])
    else:
        yield content
