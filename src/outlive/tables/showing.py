"""How a view looks: its first rows as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .view import View

_ROWS = 10
_WIDTH = 24  # characters of a cell


def text(view: View) -> str:
    """For a terminal."""
    lines = [[repr(each) for each in view.structure], *_cells(view)]
    lines[0] = [cell if len(cell) <= _WIDTH else cell[: _WIDTH - 1] + "…" for cell in lines[0]]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    shown = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([*shown, _summary(view)])


def html(view: View) -> str:
    """For a notebook."""
    heads = "".join(f"<th>{escape(repr(each))}</th>" for each in view.structure)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>"
        for line in _cells(view)
    )
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{escape(_summary(view))}</p>"
    )


def _cells(view: View) -> list[list[str]]:
    columns = range(len(view.structure))
    return [
        [_cell(view._cell(row, column)) for column in columns]
        for row in range(min(len(view), _ROWS))
    ]


def _cell(value: Any) -> str:
    from .view import View

    shown = brief(value) if isinstance(value, (View, bytes)) else str(value)
    shown = shown if shown.isprintable() else repr(shown)[1:-1]
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"


def brief(value: Any) -> str:
    """A value in a line; a subview by its number of rows."""
    from .view import View

    return _counted(len(value)) if isinstance(value, View) else repr(value)


def _counted(rows: int) -> str:
    return f"<{rows:,} row{'' if rows == 1 else 's'}>"


def _summary(view: View) -> str:
    return f"{view._where}: {len(view):,} row{'' if len(view) == 1 else 's'}"
