"""`outlive stat`."""

from __future__ import annotations

from typing import Any

import click

from . import arguments, output
from .faces import face, how_to_stat
from .values import as_text


@click.command()
@arguments.path
@arguments.trust
@arguments.as_json
def stat(path: str, trust: bool, as_json: bool) -> None:
    """Print what there is to know of a store without reading its values.

    Kind, size, format, keys or rows, entries since the last vacuum, the revision, who reads it and
    who has it open.

    \b
    Example:
      outlive stat jobs.safe
    """
    path = arguments.existing(path)
    found: dict[str, Any] = face(path, "inspecting", "stat")(path, **how_to_stat(path, trust=trust))
    if as_json:
        output.value(found, as_json_=True)
    elif output.is_terminal():
        from .trees import draw, facts

        draw(facts(found))
    else:
        for name, value in found.items():
            output.line(f"{name}: {as_text(value)}")
