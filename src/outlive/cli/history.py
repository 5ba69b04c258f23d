"""`outlive history` and `restore`."""

from __future__ import annotations

import os

import click

from . import arguments, output
from .kinds import Kind, recognise
from .target import Options


@click.command()
@arguments.path
@arguments.as_json
def history(path: str, as_json: bool) -> None:
    """List the former contents that a Store, opened with keep=, has kept; the newest first.

    Each line has the number, when that content was written, its size in bytes, and where it is.

    \b
    Example:
      outlive history notes.json
    """
    from .on_store import versions

    path = arguments.existing(path)
    _require_store(path)
    rows = [
        {
            "number": each.number,
            "time": each.time.isoformat(timespec="seconds"),
            "size": each.size,
            "path": each.path,
        }
        for each in versions(path)
    ]
    output.rows(["number", "time", "size", "path"], rows, as_json_=as_json)


@click.command()
@arguments.path
@click.argument("number", type=int)
@arguments.timeout
def restore(path: str, number: int, timeout: float | None) -> None:
    """Bring the former content NUMBER back; what is in the file now becomes a version itself.

    Works, too, where what is in the file now cannot be read.

    \b
    Example:
      outlive restore notes.json 3
    """
    from .on_store import restored

    path = arguments.existing(path)
    _require_store(path)
    restored(path, number, Options(timeout=timeout))


def _require_store(path: str) -> None:
    from glob import escape, glob

    if not os.path.exists(path) and glob(f"{escape(path)}.version-*"):
        return  # it was deleted: the more it wants to be brought back
    kind = recognise(path)
    if kind is not Kind.STORE:
        raise click.UsageError(
            f"{path} is a {kind.capitalize()}; only a Store, opened with keep=, has a history"
        )
