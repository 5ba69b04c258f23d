"""What is printed: plain into a pipe, readable and in colour on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from ..errors import FormatError
from .values import as_json, as_text, is_printable

if TYPE_CHECKING:
    from rich.console import Console

# Without tab and line feed.
_CONTROLS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]")
Progress = Callable[[int, int], object]


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person reads it."""
    return (sys.stdout if stream is None else stream).isatty()


def console(stream: TextIO | None = None) -> Console:
    """A console on standard output, without colour if it is no terminal or NO_COLOR is set."""
    from rich.console import Console

    stream = sys.stdout if stream is None else stream
    is_plain = bool(os.environ.get("NO_COLOR")) or not is_terminal(stream)
    return Console(
        file=stream,
        no_color=is_plain,
        color_system=None if is_plain else "auto",
        force_terminal=is_terminal(stream),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not is_terminal(stream),
    )


def line(text: str) -> None:
    """Print a line on standard output."""
    sys.stdout.write(f"{visible(text) if is_terminal() else text}\n")


def visible(text: str) -> str:
    """A text without what a terminal would obey: what is kept may come from anybody.

    >>> visible("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def note(text: str) -> None:
    """Say something beside the result: on standard error, and only to a person."""
    if is_terminal(sys.stderr):
        sys.stderr.write(f"{text}\n")


def value(content: object, *, as_json_: bool = False) -> None:
    """Print a value: plain text or JSON in a pipe, JSON with `as_json_`, indented on a terminal."""
    if as_json_:
        line(as_json(content, indent=2 if is_terminal() else None))
    elif is_terminal() and isinstance(content, dict | list):
        line(as_json(content, indent=2))
    else:
        text = as_text(content)
        if not is_terminal() and not is_printable(text):
            raise FormatError(
                "the text holds half a pair of surrogates, which UTF-8 has not; --json prints it"
            )
        line(text)


def rows(
    names: Sequence[str], content: Iterable[Mapping[str, object]], *, as_json_: bool = False
) -> None:
    """Print rows: a table on a terminal, lines of JSON with `as_json_`, else tab-separated."""
    if as_json_:
        for row in content:
            line(as_json(row))
    elif is_terminal():
        from .trees import draw, table

        draw(table(names, ([row[name] for name in names] for row in content)))
    else:
        for row in content:
            line("\t".join(as_text(row[name]) for name in names))


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on standard error while the block runs; nothing where no person reads it.

    What is given takes how much is done and how much there is.
    """
    if not is_terminal(sys.stderr):
        yield lambda _done, _all: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)
