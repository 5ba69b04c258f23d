"""A person edits a text: again, until it is right or they give up. Their text is never lost."""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from ..errors import ConflictError, CorruptError, FormatError, OutliveError
from . import diff, editor, output
from .editor import Copy
from .inside import NoKeyError
from .main import NO, exit_code, say
from .pieces import Piece
from .shown import TextError

_ENDS: dict[type[BaseException], str] = {
    KeyboardInterrupt: "interrupted",
    editor.Killed: "told to end",
}
_NOT_STARTED = (126, 127)  # codes of the shell
_AROUND = 3  # lines that are shown before and after the one that is marked


class _EditorError(Exception):
    """The editor ended with an error, or without a text."""


class _AbandonedError(Exception):
    """Nothing is changed, for this reason."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def edit(piece: Piece, command: str) -> None:
    """Let a person edit the piece with that editor, and keep what they made of it.

    Raises click's Exit if they give up, or, where there is no terminal to ask at, if it cannot be
    kept; it was said then, with the name of the file that has their text.
    """
    text = piece.read()
    copy = Copy(piece.name, text)
    session = _Session(piece, command, copy, text)
    try:
        session.run()
    except _AbandonedError as abandoned:
        session.say_kept(f"{abandoned}; nothing is changed")
        raise click.exceptions.Exit(_code(abandoned.reason)) from abandoned
    except BaseException as error:
        session.is_open = isinstance(error, editor.Killed) and error.is_open
        with suppress(OSError):  # the terminal may be gone
            session.say_kept(f"{piece.where}: {_ENDS.get(type(error), 'an error came')}")
        raise
    finally:
        session.tidy_up()


class _Session:
    """One text on its way through the editor and back."""

    def __init__(self, piece: Piece, command: str, copy: Copy, text: bytes) -> None:
        self._piece = piece
        self._command = command
        self._copy = copy
        self._text = text
        self._is_kept = False  # whether the store has what the person wrote
        self.is_open = False  # whether the editor goes on after this command
        self._can_ask = sys.stdin.isatty() and output.is_terminal(sys.stderr)

    def run(self) -> None:
        """Edit until the text is kept. Raises _AbandonedError."""
        fault = self._piece.fault()
        if fault is not None and self._can_ask:
            self._ask(fault, self._text)
        while True:
            text: bytes | None = None
            try:
                text = self._edited()
                self._keep(text)
            except ConflictError as error:
                self._begin_anew(error)
            except (OutliveError, _EditorError) as error:
                if not self._can_ask:
                    raise _AbandonedError(self._named(error)) from error
                self._ask(error, text or b"")
            else:
                return

    def _edited(self) -> bytes:
        """What the person made of the text. Raises _EditorError."""
        name = editor.words(self._command)
        code = editor.run(self._command, self._copy.path)
        if code:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
            hint = "; set VISUAL or EDITOR to one that there is" if code in _NOT_STARTED else ""
            raise _EditorError(f"{self._piece.where}: the editor {name} {how}{hint}")
        text = self._copy.read()
        if text is None:
            self._copy.write(self._text)
            raise _EditorError(f"{self._piece.where}: the editor {name} left no file")
        return text

    def _keep(self, text: bytes) -> None:
        """Check and keep the text; say what changed."""
        where = self._piece.where
        if text == self._text:
            self._is_kept = True
            output.note(f"{where}: nothing is changed")
            return
        if not text.strip() and self._text.strip():
            raise TextError(f"{where}: the text is empty")
        changed = self._piece.keep(text)
        self._is_kept = True
        if changed is None:
            output.note(f"{where}: nothing is changed")
        else:
            diff.show(changed.before, changed.after, where)

    def _begin_anew(self, error: ConflictError) -> None:
        """Others changed it: offer the new text, and keep the person's."""
        if not self._can_ask:
            raise _AbandonedError(error) from error
        try:
            new = self._piece.read()
        except (OutliveError, NoKeyError) as gone:
            raise _AbandonedError(gone) from gone
        name = self._copy.aside()
        say(str(error))
        say(f"your text is in {name}; (e) begins with the text that is there now")
        diff.show(_shown(self._text), _shown(new), self._piece.where)
        self._text = new
        self._copy.write(new)
        self._choose(error)

    def _ask(self, error: Exception, text: bytes) -> None:
        """Show what is wrong, and where. Raises _AbandonedError if the person gives up."""
        say(str(self._named(error)))
        if isinstance(error, TextError) and error.line is not None:
            for line in marked(_shown(text), error.line, error.column):
                sys.stderr.write(f"{output.visible(line)}\n")
        self._choose(error)

    def _named(self, error: Exception) -> Exception:
        """The error with the name of what is edited in it."""
        if self._piece.where not in str(error) and isinstance(error, TextError):
            return TextError(f"{self._piece.where}: {error}", error.line, error.column)
        return error

    def _choose(self, error: Exception) -> None:
        while True:
            sys.stderr.write("(e)dit again, (x) abandon: ")
            sys.stderr.flush()
            answer = sys.stdin.readline()
            if answer.strip().lower() == "e":
                return
            if not answer or answer.strip().lower() == "x":
                raise _AbandonedError(error)

    def say_kept(self, what: str) -> None:
        """Say what happened, and where the text is that the person wrote."""
        if self._is_kept:
            return
        remains = self._copy.remains()
        if self.is_open:
            say(f"{what}; the editor may go on, with {self._copy.path}")
        elif remains:
            say(f"{what}; your text is in {', '.join(remains)}")
        else:
            say(what)

    def tidy_up(self) -> None:
        """Remove the copy, unless there is something in it that is nowhere else."""
        if self._is_kept or (not self.is_open and not self._copy.remains()):
            self._copy.remove()


def _shown(text: bytes) -> str:
    return text.decode(errors="replace")


def _code(reason: Exception) -> int:
    if isinstance(reason, FormatError | CorruptError | _EditorError):
        return NO
    assert isinstance(reason, OutliveError | NoKeyError)  # noqa: S101  # all that is raised here
    return exit_code(reason)


def marked(text: str, line: int, column: int | None = None) -> list[str]:
    """The lines around the one with the fault, which is marked.

    >>> print(*marked("a: 1\\nb: c: d\\n", 2, 5), sep="\\n")
          1 | a: 1
    >     2 | b: c: d
            |     ^
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    line = min(line, len(lines))
    made = []
    for number in range(max(line - _AROUND, 1), min(line + _AROUND, len(lines)) + 1):
        sign = ">" if number == line else " "
        made.append(f"{sign}{number:6} | {lines[number - 1]}".rstrip())
        if number == line and column is not None and column <= len(lines[number - 1]) + 1:
            made.append(f"        | {' ' * (column - 1)}^")
    return made
