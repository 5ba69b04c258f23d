"""What a Metakit file holds, as plain values."""

from __future__ import annotations

from typing import Any

from outlive.tables.metakit import MetakitFile, MetakitView


def content(file: MetakitFile) -> dict[str, list[list[Any]]]:
    """The rows of each view."""
    return {name: rows(view) for name, view in file.views.items()}


def rows(view: MetakitView) -> list[list[Any]]:
    """The rows of a view, and those of its subviews within them."""
    columns = [view.column(name) for name in view.names]
    if not columns:
        return [[] for _ in range(len(view))]
    return [list(map(value, row)) for row in zip(*columns, strict=True)]


def value(cell: Any) -> Any:
    """A cell as a plain value."""
    if isinstance(cell, MetakitView):
        return rows(cell)
    return cell if isinstance(cell, str | bytes) else cell.item()
