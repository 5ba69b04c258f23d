"""`outlive compact`."""

from __future__ import annotations

import os

import click

from . import arguments
from .kinds import Kind, recognise
from .output import note, progress
from .target import foreign


@click.command()
@arguments.path
@arguments.timeout
def compact(path: str, timeout: float | None) -> None:
    """Give back the room of what is no more.

    A Safe and a Storage are written anew, beside their readers; the journal of a State becomes
    part of its document. Of a Store there is nothing to compact.

    \b
    Example:
      outlive compact jobs.safe
    """
    path = arguments.existing(path)
    kind = recognise(path)
    before = _size(path)
    if kind is Kind.STATE:
        from ..state.state import State

        State(path, timeout=timeout or 0.0).close()
    elif kind is Kind.SAFE:
        from ..safes.safe import Safe

        # Values are copied as they are: none is unpickled.
        with Safe[object, object](path, trust=True) as safe:
            safe.compact()
    elif kind is Kind.STORAGE:
        from ..tables.storage import Storage

        with progress("compact") as step, Storage(path, timeout=timeout or 0) as storage:
            storage.compact(step)
    elif kind is not Kind.STORE:
        raise foreign(path, kind)
    note(f"{path}: {before:,} bytes before, {_size(path):,} now")


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0  # a State whose file a person deleted
