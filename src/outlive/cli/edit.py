"""`outlive edit`."""

from __future__ import annotations

from contextlib import ExitStack

import click

from . import arguments
from .target import Options


@click.command()
@arguments.path
@arguments.key(required=False)
@arguments.key_type
@arguments.trust
@arguments.timeout
def edit(path: str, key: str | None, key_type: str, trust: bool, timeout: float | None) -> None:
    """Change a document, the value under KEY or the rows of a TABLE in your editor.

    The editor is $VISUAL, else $EDITOR, else vi; it gets a copy. What you leave it with is checked:
    if it cannot be kept, the fault is shown, and you may edit again or give up. If it can, it takes
    the place of the former at once, and what changed is printed. Comments, order and quoting stay
    as you write them in a State, JSON, YAML or TOML; all else is shown as YAML, or as JSON with
    $tuple and the like for types that YAML has not, the rows of a table one in a line.

    Meanwhile a State, Store or Storage is locked, and programs that want to write wait; one that a
    program has open cannot be edited so: it ends with 3, and says the program's pid. A Safe is not
    locked; if the KEY was changed meanwhile, you are asked. A text that is not kept is never lost:
    you are told the name of the file that has it.

    \b
    Examples:
      outlive edit jobs.state
      outlive edit jobs.safe first
      EDITOR='code --wait' outlive edit people.db people
    """
    from .editing import edit as let_edit
    from .editor import Killed, chosen, told_to_end
    from .picking import pick

    path = arguments.existing(path)
    options = Options(trust=trust, key_type=key_type, timeout=timeout)
    editor = chosen()
    try:
        with told_to_end(), ExitStack() as stack:
            let_edit(pick(stack, path, key, options), editor)
    except Killed as killed:
        raise click.exceptions.Exit(128 + killed.number) from killed
