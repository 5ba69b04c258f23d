"""Trees and tables on a terminal; rich draws them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from . import inside
from .output import console, visible
from .values import as_json, as_text, to_plain

_LONG = 200  # characters of a value in a table
_COLOURS = {str: "green", bool: "magenta", int: "cyan", float: "cyan", type(None): "magenta"}


def draw(drawn: RenderableType) -> None:
    """Print it."""
    console(sys.stdout).print(drawn)


def tree(title: str, value: object, limit: int) -> RenderableType:
    """A value with what is in it, at most `limit` items of each list or dict."""
    if not isinstance(value, Mapping | list | tuple) or not value:
        return scalar(value)
    made = Tree(Text(visible(title), style="bold"), guide_style="dim")
    _grow(made, value, limit)
    return made


def _grow(branch: Tree, value: Any, limit: int) -> None:
    for key, each in islice(inside.items(value), limit):
        label = Text(visible(inside.write([key])), style="bold" if isinstance(key, str) else "dim")
        if isinstance(each, Mapping | list | tuple) and each:
            _grow(branch.add(label), each, limit)
        else:
            branch.add(Text.assemble(label, ": ", scalar(each)))
    if len(value) > limit:
        branch.add(Text(more(len(value) - limit), style="dim"))


def scalar(value: object) -> Text:
    """A value in one line, in the colour of its type."""
    text = as_json(value) if isinstance(value, str | Mapping | list | tuple) else as_text(value)
    return Text(visible(text), style=_COLOURS.get(type(value), "yellow"))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, rest: int = 0
) -> RenderableType:
    """Rows below the names of their columns; `rest` is how many there are that are not shown."""
    made = Table(
        show_edge=False,
        pad_edge=False,
        header_style="bold",
    )
    for each in columns:
        made.add_column(Text(visible(each)), overflow="fold")
    for row in rows:
        made.add_row(*(_cell(each) for each in row))
    return Group(made, Text(more(rest), style="dim")) if rest else made


def facts(found: Mapping[str, object]) -> RenderableType:
    """Names and values, one a line."""
    made = Table.grid(padding=(0, 2))
    for name, value in found.items():
        made.add_row(Text(visible(name), style="bold"), scalar_or_text(value))
    return made


def scalar_or_text(value: object) -> Text:
    """A text as it is, another value in its colour."""
    return Text(visible(value)) if isinstance(value, str) else scalar(value)


def _cell(value: object) -> Text:
    made = scalar_or_text(value)
    made.truncate(_LONG, overflow="ellipsis")
    if isinstance(value, int | float) and type(to_plain(value)) is type(value):
        made.justify = "right"
    return made


def more(count: int) -> str:
    """What stands in the place of those that are not shown."""
    return f"… and {count:,} more; --limit 0 shows all"
