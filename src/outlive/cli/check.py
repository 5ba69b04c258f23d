"""`outlive check` and `repair`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from . import arguments
from .faces import face, how_to_check
from .main import NO, at_prompt
from .output import line, note, progress
from .values import as_json as json_of

if TYPE_CHECKING:
    from ..faults import Fault

_NOT_MENDED = "not mended: "

_format = click.option(
    "--format",
    type=click.Choice(["json", "yaml", "toml", "msgpack", "bson", "pickle"]),
    help="How the document of a Store, or the values of a Safe, are written, where nothing in the "
    "file says it any more.",
)


@click.command()
@arguments.path
@_format
@arguments.trust
@arguments.as_json
def check(path: str, format: str | None, trust: bool, as_json: bool) -> None:
    """Verify all that can be verified, and print a line for each fault, with its remedy.

    Checksums, the parse of every entry, value and block, permissions, and files that were left
    behind. Nothing is changed, and programs may go on. Ends with 1 if there are faults.

    \b
    Example:
      outlive check jobs.safe && echo intact
    """
    path = arguments.existing(path)
    look: Callable[..., list[Fault]] = face(path, "checking", "check")
    with progress("check") as step:
        faults = look(path, progress=step, **how_to_check(path, format, trust=trust))
    for fault in faults:
        told = {"what": at_prompt(fault.what), "remedy": at_prompt(fault.remedy)}
        plain = {**fault._asdict(), **told}
        line(json_of(plain) if as_json else at_prompt(str(fault)))
    if faults:
        if any(fault.is_repairable for fault in faults):
            note(f"outlive repair {path} makes a copy, and mends what it can")
        raise click.exceptions.Exit(NO)
    if not as_json:
        note(f"{path}: no faults")


@click.command()
@arguments.path
@_format
@arguments.trust
def repair(path: str, format: str | None, trust: bool) -> None:
    """Apply the remedies that `outlive check` names, and say what was done and what was lost.

    A copy of the file is made first (PATH.before-repair). An intact file is left as it is. Ends
    with 1 if something could not be mended; a line says what.

    \b
    Example:
      outlive repair jobs.state
    """
    path = arguments.existing(path)
    mend: Callable[..., list[str]] = face(path, "checking", "repair")
    with progress("repair") as step:
        done = mend(path, progress=step, **how_to_check(path, format, trust=trust))
    for each in done:
        line(at_prompt(each))
    if any(each.startswith(_NOT_MENDED) for each in done):
        raise click.exceptions.Exit(NO)
    if not done:
        note(f"{path}: nothing to repair")
