"""The group of commands. Each is loaded when it is asked for, and all errors end here."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeGuard

import click

from ..errors import (
    ConflictError,
    DiskError,
    FullError,
    LockedError,
    OutliveError,
)
from . import streams
from .inside import NoKeyError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NO, BUSY, UNFIT, DISK, INTERRUPTED = 1, 3, 4, 5, 130

_COMPLETE = "_OUTLIVE_COMPLETE"  # the variable by which a shell asks

# name: where it is, and what `outlive --help` says of it.
COMMANDS = {
    "show": ("show", "Show what a store holds, or a part of it."),
    "get": ("get", "Print one value, for scripts."),
    "set": ("change", "Put a value under a key."),
    "delete": ("change", "Take away what is under a key."),
    "append": ("change", "Add a value to a list, or a row to a table."),
    "edit": ("edit", "Change it in your editor; checked before it is kept."),
    "log": ("log", "Show the journal of a State, entry by entry."),
    "watch": ("watch", "Print changes as they happen."),
    "check": ("check", "Verify all that can be verified."),
    "repair": ("check", "Mend what a check found, after a copy."),
    "compact": ("compact", "Give back the room of what is no more."),
    "stat": ("stat", "Sizes, keys, rows, revisions, readers, holder."),
    "history": ("history", "List the former contents that a Store kept."),
    "restore": ("history", "Bring a former content back."),
    "convert": ("convert", "Copy between formats and kinds of stores."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module, short = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f".{module}", __package__), cmd_name)
        command.short_help = short
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, without loading them; options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=short)
            for name, (_, short) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands with a line each, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


EPILOG = """\b
Exit codes:
  0    done
  1    the answer is no: there is no such key, a check found faults
  2    the command was not understood
  3    another program holds it, or changed it: try again
  4    the file or the value does not fit
  5    the disk refused, or is full
  130  interrupted by Ctrl-C
  128+ told to end by a signal, which `edit` is: 143 by SIGTERM, 129 by a hang-up
"""


def _print_completion(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, "the option takes only the shells that click knows"  # noqa: S101
    click.echo(made(ctx.command, {}, "outlive", _COMPLETE).source())
    ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--completion",
    type=click.Choice(["bash", "zsh", "fish"]),
    callback=_print_completion,
    expose_value=False,
    is_eager=True,
    help='Print the shell\'s completion script: eval "$(outlive --completion bash)".',
)
@click.version_option(package_name="outlive", message="%(version)s")
def outlive(debug: bool) -> None:
    """Look at state, change it, check it and mend it.

    PATH is a file of any of outlive's four kinds (Store, State, Safe, Storage), which is known by
    what is in it.

    \b
    Example:
      outlive show jobs.state queue[0].url
    """
    del debug  # `run` looks for it: an error may come before options are read


def run() -> NoReturn:
    """Run the command with the arguments of the program; ends it with an exit code."""
    sys.set_int_max_str_digits(0)  # a store holds integers of any size
    warnings.showwarning = _warn
    code = 0
    try:
        _complete()
        # Not `main` of click, which ends with 1 when a pipe is closed.
        with outlive.make_context("outlive", streams.arguments()) as context:
            outlive.invoke(context)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  # the end of the program: each gets its code
        code = _failed(error, is_debug=_is_debug(sys.argv[1:]))
    _end(code)


def _complete() -> None:
    """Answer the shell, if it is the one who asks."""
    instruction = os.environ.get(_COMPLETE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(outlive, {}, "outlive", _COMPLETE, instruction))


def _is_debug(arguments: list[str]) -> bool:
    """Whether --debug stands before the command."""
    for each in arguments:
        if each == "--debug":
            return True
        if not each.startswith("-"):
            return False
    return False


def _end(code: int) -> NoReturn:
    """End the program; quietly if nobody reads what it prints any more."""
    try:
        sys.stdout.flush()
    except OSError:  # said already, where there is something to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _failed(error: BaseException, *, is_debug: bool) -> int:
    """Say what is wrong, in one line; the exit code for it."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return 0
    if is_debug:
        with suppress(OSError):
            traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    return _said(error)


def _said(error: BaseException) -> int:
    """Print the line of an error; the exit code for it."""
    if type(error).__name__ == "NoArgsIsHelpError" and isinstance(error, click.ClickException):
        with suppress(OSError):
            error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "outlive"
        say(f"{error.format_message().rstrip('.')}; {command} --help says how")
        return error.exit_code
    if _is_of_output(error):
        say(f"standard output: {error.strerror}; see to where it goes")
        return DISK
    if not isinstance(error, OutliveError | NoKeyError):
        say(f"{type(error).__name__}: {error}; this is an error in outlive: --debug shows where")
        return UNFIT
    say(str(error))
    return exit_code(error)


def exit_code(error: OutliveError | NoKeyError) -> int:
    """The exit code that an error ends the command with."""
    if isinstance(error, NoKeyError):
        return NO
    if isinstance(error, LockedError | ConflictError):
        return BUSY
    return DISK if isinstance(error, DiskError | FullError) else UNFIT


def _is_of_output(error: BaseException) -> TypeGuard[OSError]:
    """Whether what is printed could not be written: errors of files are ours, or name the file."""
    return isinstance(error, OSError) and not isinstance(error, OutliveError) and not error.filename


# What the library's errors advise, and what that is at a prompt.
_ADVICE = (
    (' in "<unicode string>", line', " in line"),  # what PyYAML calls the text
    (' in "<byte string>", line', " in line"),
    ("pass a longer timeout=", "pass a longer --timeout"),
    (", read it with mode='r', or pass timeout=", ", or pass --timeout"),
    ("pass trust=True", "pass --trust"),
    ("pass the format= that", "pass the --format that"),
    (", delete it to begin with the default, or pass format= if it is in another format", ""),
    ("pass format=", "pass --format"),
    ("leave format= away", "leave --format away"),
    ("Change the value or choose another format=", "Change the value"),
    ("; open it without strict=True to go on without them", ""),
    ("; open it for writing to make it", "; check its name"),
    ('. Open it with mode="rw" to make it', "; check its name"),
)


def at_prompt(message: str) -> str:
    """An error of the library in one line, with options in the place of Python's arguments.

    >>> at_prompt("jobs.state is held by another process: let it finish, or pass a longer timeout=")
    'jobs.state is held by another process: let it finish, or pass a longer --timeout'
    """
    message = " ".join(message.split())
    for in_python, here in _ADVICE:
        message = message.replace(in_python, here)
    return message


def say(message: str) -> None:
    """One line on standard error; nowhere if that is closed, or the terminal is gone."""
    with suppress(OSError):
        sys.stderr.write(f"outlive: {at_prompt(message)}\n")
        sys.stderr.flush()


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    say(f"warning: {message}")
