"""Arguments and options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .target import Options, open_target

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])
_MOST = 200  # keys that a completion offers


class PathName(click.Path):
    """The name of a file, which need not be there, nor be readable: the command says why."""

    def __init__(self) -> None:
        super().__init__(readable=False)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,  # noqa: ARG002  # click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> str:
        """The name as the system writes it; arguments are UTF-8, whatever the locale says."""
        return os.fsdecode(os.fspath(value).encode())


class Key(click.ParamType[str]):
    """A key of the store at PATH; the shell completes it."""

    name = "key"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  # click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """The keys that begin so; none if the file cannot be read."""
        from click.shell_completion import CompletionItem

        path = ctx.params.get("path")
        if not path:
            return []
        options = Options(key_type=ctx.params.get("key_type") or "text")
        found: list[CompletionItem] = []
        try:
            with open_target(path, options=options) as target:
                for key in target.keys():  # noqa: SIM118  # a Target is no dict
                    if key.startswith(incomplete):
                        found.append(CompletionItem(key))
                    if len(found) == _MOST:
                        break
        except Exception:  # noqa: BLE001  # the shell waits for a list; the command will say why
            return []
        return found


def path(function: F) -> F:
    """The argument PATH."""
    return click.argument("path", type=PathName())(function)


def key(*, required: bool = True) -> Callable[[F], F]:
    """The argument KEY."""
    return click.argument("key", type=Key(), required=required)


def key_type(function: F) -> F:
    """--key-type."""
    return click.option(
        "--key-type",
        type=click.Choice(["text", "json"]),
        default="text",
        help="What KEY is in a Safe: text (the default), or JSON for keys of other types; a list "
        "stands for a tuple.",
    )(function)


def trust(function: F) -> F:
    """--trust."""
    return click.option(
        "--trust",
        is_flag=True,
        help="Read pickles although other users could have written them (that runs what is in "
        "them).",
    )(function)


def as_json(function: F) -> F:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def timeout(function: F) -> F:
    """--timeout, for those who write."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0),
        metavar="S",
        help="Seconds to wait for another writer.",
    )(function)


def options_of(**given: Any) -> Options:
    """The `Options` that a command was given."""
    known = ("trust", "key_type", "timeout")
    return Options(**{name: given[name] for name in known if name in given})


def existing(name: str) -> str:
    """The absolute path."""
    return os.path.abspath(name)


__all__ = [
    "PathName",
    "as_json",
    "existing",
    "key",
    "key_type",
    "options_of",
    "path",
    "timeout",
    "trust",
]
