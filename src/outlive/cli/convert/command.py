"""`outlive convert`: what its arguments mean, and how one file becomes another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from ...errors import OutliveError
from ..arguments import PathName
from ..kinds import Kind, recognise
from ..output import note, progress
from ..target import Options
from . import names
from .losses import Losses

if TYPE_CHECKING:
    from .items import Ways

_DEEP = 5000  # calls in each other: documents may be nested 500 deep


@click.command()
@click.argument("src", type=PathName())
@click.argument("dst", type=PathName())
@click.option(
    "--from",
    "given",
    type=click.Choice(names.SOURCES),
    help="What SRC is, where neither its content nor its name says it.",
)
@click.option(
    "--to",
    "wanted",
    type=click.Choice(names.TARGETS),
    help="What DST is to be, where its name does not say it.",
)
@click.option(
    "--table",
    metavar="NAME",
    help="Which table of SRC, if it has several; of a CSV, Parquet or JSON Lines file, what the "
    "table is to be called.",
)
@click.option("--force", "-f", is_flag=True, help="Replace DST if it is there.")
@click.option(
    "--lossy", is_flag=True, help="Convert also what DST cannot hold, and say what was lost."
)
@click.option(
    "--trust",
    is_flag=True,
    help="Read pickles although other users could have written them (that runs what is in them).",
)
@click.option(
    "--values",
    type=click.Choice(["pickle", "json", "raw"]),
    default="pickle",
    help="How a shelf or a sqlitedict keeps its values: pickle (the default), json, or raw to take "
    "them as they are.",
)
@click.option(
    "--encoding",
    default="utf-8",
    metavar="NAME",
    help="The encoding of the texts in a CSV or Metakit file; utf-8 without it.",
)
def convert(
    src: str,
    dst: str,
    given: str | None,
    wanted: str | None,
    table: str | None,
    force: bool,
    lossy: bool,
    trust: bool,
    values: str,
    encoding: str,
) -> None:
    """Make DST of SRC, in another format or as another kind of store.

    \b
    Documents   State, JSON, YAML, TOML, MessagePack, BSON, pickle: each to each
    Keys        Safe and JSON Lines ({"key": …, "value": …}); shelve, sqlitedict and diskcache
                to these
    Tables      Storage, CSV, Parquet and JSON Lines (a row each); Metakit to these

    What SRC is, its content says (JSON Lines and CSV: its name); what DST is to be, its name says:
    .state .json .yaml .toml .msgpack .bson .pickle .safe .storage .jsonl .csv .parquet, and .db.

    SRC is only read, as it is at one moment, and programs may go on with it. DST is made whole or
    not at all. What DST cannot hold (comments, tuples, dates, …) is refused and named; with
    --lossy it is converted all the same, and what was lost is said.

    \b
    Examples:
      outlive convert settings.json settings.state
      outlive convert old.shelf jobs.safe
      outlive convert --table people people.db people.csv
    """
    ends = _ends(src, dst, given, wanted, force=force)
    losses = Losses(ends.source, ends.target, is_allowed=lossy)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        from .items import Ways

        ways = Ways(trust, table, values, encoding)
        what = _convert(ends, ways, losses, force=force)
    finally:
        sys.setrecursionlimit(limit)
    losses.said()
    note(f"{ends.target}: {what}")


def _ends(src: str, dst: str, given: str | None, wanted: str | None, *, force: bool) -> names.Ends:
    """The two ends. Raises what reading SRC raises, FormatError if DST cannot be made of it."""
    source, target = os.path.abspath(src), os.path.abspath(dst)
    kind = names.source(source, given)
    made = names.target(target, wanted, kind)
    names.check_place(source, target, force=force)
    return names.Ends(source, target, kind, made)


def _convert(ends: names.Ends, ways: Ways, losses: Losses, *, force: bool) -> str:
    """Make DST; what it holds now, for a person."""
    from ...store_placing import placing

    with (
        _let_go(ends.target),
        placing(ends.target, replace=force) as name,
        progress("convert") as step,
    ):
        if ends.given in names.DOCUMENTS:
            from . import documents

            document = documents.read(ends.source, ends.given, Options(trust=ways.trust), losses)
            documents.write(document, ends, name, losses)
            what = f"a {ends.wanted} document"
        elif ends.given in names.TABLES and (ends.given != "jsonl" or ends.wanted != "safe"):
            from . import tables

            what = f"{tables.convert(ends, ways, name, losses, step):,} rows"
        else:
            from . import items

            with items.opened(ends, ways, losses) as source:
                make = items.to_safe if ends.wanted == "safe" else items.to_lines
                what = f"{make(source, name, ends, losses, step):,} keys"
        losses.settle()
    return what


@contextmanager
def _let_go(path: str) -> Iterator[None]:
    """A block in which no program has the safe open that is to be replaced. Raises LockedError."""
    kind = None
    if os.path.exists(path):
        with suppress(OutliveError):  # of whatever it is, no program can have it open as a safe
            kind = recognise(path)
    if kind is not Kind.SAFE:
        yield
        return
    from ...safes.checking import in_no_program

    with in_no_program(path):
        yield
