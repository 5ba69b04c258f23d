"""`outlive show`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click

from ..errors import OutliveError
from . import arguments, inside, output
from .kinds import Kind
from .target import Options, Target, open_target
from .values import as_json as json_of

_LIMIT = 100  # items that are shown on a terminal
_ALL = 1 << 62


@click.command()
@arguments.path
@arguments.key(required=False)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=0),
    metavar="N",
    help="Show at most N items of each list, mapping or table; 0 is all. Without it 100 on a "
    "terminal, all in a pipe.",
)
@arguments.key_type
@arguments.trust
@arguments.as_json
def show(
    path: str, key: str | None, limit: int | None, key_type: str, trust: bool, as_json: bool
) -> None:
    """Show what the store at PATH holds, or what is under KEY.

    On a terminal it is a tree or a table. In a pipe, and with --json, it is JSON (a text under KEY
    is printed as it is without --json): a document in one line; of a Safe a line for each key; of
    a Storage a line for each table, and of a table one for each row. Works beside a program that
    writes.

    \b
    Examples:
      outlive show jobs.state
      outlive show jobs.safe first.url
      outlive show people.db 'people[0]'
    """
    with open_target(path, options=Options(trust=trust, key_type=key_type)) as target:
        is_drawn = output.is_terminal() and not as_json
        most = (_LIMIT if is_drawn else 0) if limit is None else limit
        if target.kind is Kind.SAFE and key is None:
            _show_safe(target, most, is_drawn)
        elif target.kind is Kind.STORAGE:
            _show_storage(target, key, most, is_drawn, as_json)
        else:
            _show_value(target.get(key), key or os.path.basename(path), most, is_drawn, as_json)


def _show_value(value: Any, title: str, most: int, is_drawn: bool, as_json: bool) -> None:
    if is_drawn and not isinstance(value, str):
        from .trees import draw, tree

        draw(tree(title, value, most or _ALL))
    else:
        output.value(value, as_json_=as_json)


def _cut(items: Iterable[Any], most: int) -> Iterator[Any]:
    return itertools.islice(items, most or None)


def _show_safe(target: Target, most: int, is_drawn: bool) -> None:
    from .on_safe import SafeTarget

    assert isinstance(target, SafeTarget)  # noqa: S101  # what its kind says
    failed: list[OutliveError] = []

    def read() -> Iterator[tuple[Any, Any]]:
        for key, value in _cut(target.entries(), most):
            if isinstance(value, OutliveError):
                failed.append(value)
            else:
                yield key, value

    if is_drawn:
        from .trees import draw, table

        rest = max(0, target.count() - most) if most else 0
        draw(
            table(
                ["key", "value"], ((_key(key), json_of(value)) for key, value in read()), rest=rest
            )
        )
    else:
        for key, value in read():
            output.line(json_of({"key": key, "value": value}))
    if failed:
        from .main import exit_code, say

        for error in failed:
            say(str(error))
        raise click.exceptions.Exit(exit_code(failed[0]))


def _key(key: object) -> str:
    return key if isinstance(key, str) else json_of(key)


def _show_storage(
    target: Target, key: str | None, most: int, is_drawn: bool, as_json: bool
) -> None:
    from ..tables.description import describe
    from ..tables.view import View
    from .on_storage import StorageTarget, plain

    assert isinstance(target, StorageTarget)  # noqa: S101  # what its kind says
    if key is None or key == inside.WHOLE:
        lines = [
            {"table": name, "rows": len(view), "description": describe(name, view.structure)}
            for name, view in target.items()
        ]
        _show_lines(["table", "rows", "description"], lambda _: lines, len(lines), most, is_drawn)
        return
    found = target.find(inside.parse(key))
    if not isinstance(found, View):
        _show_value(plain(found), key, most, is_drawn, as_json)
        return
    names = [each.name for each in found.structure]
    _show_lines(names, lambda stop: _rows(found, stop), len(found), most, is_drawn)


def _rows(view: Any, stop: int) -> Iterator[dict[str, Any]]:
    """The first rows of a view, read some thousands at a time."""
    several = 10_000
    for start in range(0, stop, several):
        yield from view[start : min(stop, start + several)].to_arrow().to_pylist()


def _show_lines(
    names: Sequence[str],
    rows: Callable[[int], Iterable[dict[str, Any]]],
    count: int,
    most: int,
    is_drawn: bool,
) -> None:
    stop = min(count, most or count)
    if not is_drawn:
        for row in _cut(rows(stop), stop):
            output.line(json_of(row))
        return
    from .trees import draw, table

    cells = ([row[name] for name in names] for row in _cut(rows(stop), stop))
    draw(table(names, cells, rest=count - stop))
