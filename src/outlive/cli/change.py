"""`outlive set`, `delete` and `append`."""

from __future__ import annotations

import re
import sys

import click

from . import arguments, streams
from .target import Options, open_target
from .values import TYPES, Type, read

STDIN = "-"
_NEGATIVE = re.compile(r"-(\.?\d|Infinity$)")


class _TakesNumbers(click.Command):
    """A command whose VALUE, the last argument, may begin with a number below 0: no option does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such a VALUE behind all options, and -- before it."""
        if "--" not in args:
            options = (each for each in self.params if isinstance(each, click.Option))
            taking = {name for each in options if not each.is_flag for name in each.opts}
            values = [
                at
                for at, each in enumerate(args)
                if _NEGATIVE.match(each) and (at == 0 or args[at - 1] not in taking)
            ]
            rest = [each for at, each in enumerate(args) if at not in values]
            args = [*rest, "--", *(args[at] for at in values)] if values else args
        return super().parse_args(ctx, args)


_type = click.option(
    "--type",
    "-t",
    "type_",
    type=click.Choice(TYPES),
    default="json",
    help="How VALUE is written: json (the default), yaml or text.",
)


def _value(text: str | None, type_: Type) -> object:
    """The value of the argument, or of standard input."""
    if text is None and sys.stdin.isatty():
        raise click.UsageError("there is no VALUE; give one, or pipe it in")
    if text is None or text == STDIN:
        text = streams.read()
        text = text.removesuffix("\n") if type_ == "text" else text
    return read(text, type_)


@click.command("set", cls=_TakesNumbers)
@arguments.path
@arguments.key()
@click.argument("value", required=False)
@_type
@click.option("--parents", "-p", is_flag=True, help="Make the mappings on the way to KEY.")
@arguments.key_type
@arguments.trust
@arguments.timeout
def set(
    path: str,
    key: str,
    value: str | None,
    type_: Type,
    parents: bool,
    key_type: str,
    trust: bool,
    timeout: float | None,
) -> None:
    """Put VALUE under KEY; without VALUE, or with -, it is read from standard input.

    KEY is a path into a document (server.port; . is the whole), the key of a Safe, or TABLE[3] or
    TABLE[3].column. A State or Storage that a program has open cannot be set: it ends with 3, and
    says the program's pid.

    \b
    Examples:
      outlive set jobs.state server.port 8080
      outlive set --type text jobs.state server.host example.org
      outlive set jobs.safe first '{"url": "https://example.org", "tries": 0}'
    """
    new = _value(value, type_)
    options = Options(trust=trust, key_type=key_type, timeout=timeout)
    with open_target(path, write=True, options=options) as target:
        target.set(key, new, parents=parents)


@click.command()
@arguments.path
@arguments.key()
@arguments.key_type
@arguments.trust
@arguments.timeout
def delete(path: str, key: str, key_type: str, trust: bool, timeout: float | None) -> None:
    """Take away KEY and its value, a row (TABLE[3]) or a whole table (TABLE).

    Ends with 1 if there is no such key; nothing is changed then.

    \b
    Example:
      outlive delete jobs.state queue[0]
    """
    options = Options(trust=trust, key_type=key_type, timeout=timeout)
    with open_target(path, write=True, options=options) as target:
        target.delete(key)


@click.command(cls=_TakesNumbers)
@arguments.path
@arguments.key()
@click.argument("value", required=False)
@_type
@arguments.key_type
@arguments.trust
@arguments.timeout
def append(
    path: str,
    key: str,
    value: str | None,
    type_: Type,
    key_type: str,
    trust: bool,
    timeout: float | None,
) -> None:
    """Add VALUE to the end of the list under KEY, or a row to a table.

    Without VALUE, or with -, it is read from standard input. A row is an object of its columns, or
    a list of its values; columns that are not given get their defaults.

    \b
    Examples:
      outlive append jobs.state queue '{"url": "https://example.org"}'
      outlive append people.db people '{"first": "Ann", "shoesize": 38}'
    """
    new = _value(value, type_)
    options = Options(trust=trust, key_type=key_type, timeout=timeout)
    with open_target(path, write=True, options=options) as target:
        target.append(key, new)
