"""`outlive get`."""

from __future__ import annotations

import click

from . import arguments, output
from .target import Options, open_target


@click.command()
@arguments.path
@arguments.key(required=False)
@arguments.key_type
@arguments.trust
@arguments.as_json
def get(path: str, key: str | None, key_type: str, trust: bool, as_json: bool) -> None:
    """Print the value under KEY, or all of it: a text as it is, anything else as JSON.

    KEY is a path into a document (server.port, queue[0].url), a key of a Safe (and a path inside
    its value), or TABLE[3].column. Works beside a program that writes. Ends with 1 if there is no
    such key.

    \b
    Example:
      outlive get jobs.state queue[0].url
    """
    with open_target(path, options=Options(trust=trust, key_type=key_type)) as target:
        output.value(target.get(key), as_json_=as_json)
