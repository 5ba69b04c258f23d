"""`outlive log`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from . import arguments, output
from .changes import change_line, change_plain
from .kinds import Kind, recognise
from .values import as_json as json_of

if TYPE_CHECKING:
    from ..state.log import LogEntry


@click.command()
@arguments.path
@arguments.as_json
def log(path: str, as_json: bool) -> None:
    """Show the journal of a State: the changes since its last vacuum, the oldest first.

    Each line has the line of the file and what was changed; the changes of one transaction are
    marked with +. An entry that is not whole, or that counts no more because one before it is not,
    is shown with a !. Works beside a program that writes.

    \b
    Example:
      outlive log jobs.state
    """
    path = arguments.existing(path)
    kind = recognise(path)
    if kind is not Kind.STATE:
        raise click.UsageError(f"{path} is a {kind.capitalize()}; only a State has a journal")
    from ..state.log import log as entries

    for entry in entries(path):
        if as_json:
            output.line(json_of(_plain(entry)))
        else:
            for text in _lines(entry):
                output.line(text)


def _plain(entry: LogEntry) -> dict[str, object]:
    return {
        "line": entry.line,
        "text": entry.text,
        "changes": [change_plain(each) for each in entry.changes],
        "is_whole": entry.is_whole,
        "counts": entry.counts,
        "is_checked": entry.is_checked,
    }


def _lines(entry: LogEntry) -> Iterator[str]:
    if not entry.is_whole:
        yield f"{entry.line}\t! not whole: {entry.text}"
        return
    mark = "" if entry.counts else "! does not count: "
    for number, change in enumerate(entry.changes):
        yield f"{entry.line}\t{'+ ' if number else ''}{mark}{change_line(change)}"
