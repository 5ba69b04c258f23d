"""Tables for tests, from a description and rows."""

from __future__ import annotations

from typing import Any

from outlive.tables.description import parse
from outlive.tables.table import Table
from outlive.tables.view import View


def made(description: str, *rows: Any) -> Table:
    """A table in memory."""
    name, structure = parse(description)
    table = Table(structure, name=name)
    for each in rows:
        table.append(each)
    return table


def tuples(view: View) -> list[tuple[Any, ...]]:
    """The rows of a view."""
    return [tuple(each) for each in view]
