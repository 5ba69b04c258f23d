"""`outlive watch`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import click

from . import arguments, output
from .kinds import Kind, recognise
from .target import Options, foreign
from .values import as_json as json_of


class News(NamedTuple):
    """Something that changed: the line for a person, and what it is for JSON."""

    line: str
    plain: dict[str, Any]


Look = Callable[[], list[News]]


class Pace(NamedTuple):
    """How often to look, and how long without news; None waits for ever."""

    interval: float
    timeout: float | None


@click.command()
@arguments.path
@click.option(
    "--interval",
    type=click.FloatRange(min=0.001),
    default=0.1,
    metavar="S",
    help="Look every S seconds; 0.1 without it.",
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after N changes.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    metavar="S",
    help="End when nothing came for S seconds.",
)
@arguments.trust
@arguments.as_json
def watch(
    path: str,
    interval: float,
    count: int | None,
    timeout: float | None,
    trust: bool,
    as_json: bool,
) -> None:
    """Print changes as they happen, until Ctrl-C.

    Of a State each change of its program; of a Store what differs each time that the file was
    replaced; of a Safe the keys that were set or deleted; of a Storage how many rows each table
    has won or lost with a commit. What came and went between two looks is not seen.

    \b
    Example:
      outlive watch jobs.state
    """
    path = arguments.existing(path)
    all_news = _news(path, Pace(interval, timeout), Options(trust=trust))
    for seen, news in enumerate(all_news, 1):
        output.line(json_of(news.plain) if as_json else news.line)
        sys.stdout.flush()
        if seen == count:
            return


def _news(path: str, pace: Pace, options: Options) -> Iterator[News]:
    kind = recognise(path)
    if kind is Kind.STATE:
        from .watching import in_state

        return in_state(path, pace.interval, pace.timeout)
    if kind is Kind.STORE:
        from .watching import in_store as made
    elif kind is Kind.SAFE:
        from .watching import in_safe as made
    elif kind is Kind.STORAGE:
        from .watching import in_storage as made
    else:
        raise foreign(path, kind)
    return _poll(made(path, options), pace)


def _poll(look: Look, pace: Pace) -> Iterator[News]:
    """Look again and again."""
    last = time.monotonic()
    while True:
        news = look()
        yield from news
        now = time.monotonic()
        if news:
            last = now
        elif pace.timeout is not None and now - last >= pace.timeout:
            return
        time.sleep(pace.interval)
