"""`dump`: a view as a table of text."""

from __future__ import annotations

import sys
from typing import Any

from .views import Common

_WIDEST = 20
_NUMBERS = ("I", "F", "D", "V")  # what stands to the right


def dump(view: Common, title: str | None = None) -> None:
    """Print a view as a table, with a title above it if one is given.

    >>> from outlive.compat import metakit
    >>> vw = metakit.storage().getas("people[name:S,shoesize:I]")
    >>> vw.append(("John", 44))
    0
    >>> metakit.dump(vw)
     name  shoesize
     ----  --------
     John        44
     ----  --------
     Total: 1 rows
    """
    props = view.structure()
    columns = [[_text(getattr(row, each.name)) for row in view] for each in props]
    widths = [
        max([len(each.name), *map(len, cells)]) for each, cells in zip(props, columns, strict=True)
    ]
    line = ["-" * width for width in widths]
    rows = [
        [
            cell.rjust(width) if each.type in _NUMBERS else cell.ljust(width)
            for each, cell, width in zip(props, cells, widths, strict=True)
        ]
        for cells in zip(*columns, strict=True)
    ]
    head = [each.name.ljust(width) for each, width in zip(props, widths, strict=True)]
    lines = [] if title is None else [title]
    lines += [" " + "  ".join(cells) for cells in (head, line, *rows, line)]
    sys.stdout.write("".join(f"{each}\n" for each in (*lines, f" Total: {len(view)} rows")))


def _text(value: Any) -> str:
    text = f"{len(value)} rows" if isinstance(value, Common) else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
