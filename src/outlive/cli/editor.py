"""The editor, and the copy that a person works on."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from ..errors import DiskError, FullError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_KEEPS = "/var/tmp"  # noqa: S108  # only a directory of our own is made in it
_PATIENCE = 3.0  # seconds that an editor has to end itself
_INTERRUPTED = (-signal.SIGINT, 128 + signal.SIGINT)
_NEEDS_SHELL = re.compile(r"[|&;<>()$`*?\[#~=\n]")
_LONGEST = 100  # characters of a name

Signals = (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class Killed(BaseException):
    """The command was told to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.is_open = False  # whether the editor did not end with us


@contextmanager
def told_to_end() -> Iterator[None]:
    """While the block runs, SIGTERM and a hang-up raise `Killed`, so that all is tidied up."""

    def raise_killed(number: int, _: FrameType | None) -> None:
        for each in Signals:
            signal.signal(each, signal.SIG_IGN)  # once is enough
        raise Killed(number)

    # What is ignored (nohup) stays so.
    caught = [each for each in Signals if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, raise_killed) for each in caught}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def chosen() -> str:
    """The command line of the editor, found as git does. Raises UsageError if there is none."""
    is_dumb = os.environ.get("TERM", "dumb") == "dumb"
    given = ("" if is_dumb else os.environ.get("VISUAL")) or os.environ.get("EDITOR")
    if given:
        return given
    if is_dumb:
        raise click.UsageError("the terminal is dumb, and EDITOR is not set; set it")
    if not shutil.which("vi"):
        raise click.UsageError("there is no editor; set VISUAL or EDITOR to the command of one")
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal for vi; set EDITOR to another editor")
    return "vi"


def run(editor: str, path: str) -> int:
    """Let a person edit the file; the exit code of the editor.

    Ctrl-C is the editor's; if it ends by it, KeyboardInterrupt is raised.
    """
    command = _direct(editor)
    with _left_to_the_editor():
        # The person's own choice.
        process = subprocess.Popen([*command, path] if command else _through_shell(editor, path))  # noqa: S603
        try:
            code = process.wait()
        except Killed as killed:
            killed.is_open = not command  # a shell does not hand signals on
            process.send_signal(killed.number)
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                killed.is_open = True
            raise
    if code in _INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _direct(editor: str) -> list[str]:
    """The words of a command that needs no shell, so that signals reach the editor; else []."""
    if os.name == "nt" or _NEEDS_SHELL.search(editor):
        return []
    try:
        command = shlex.split(editor)
    except ValueError:
        return []  # the shell will say what is wrong with its quotes
    return command if command and shutil.which(command[0]) else []


def _through_shell(editor: str, path: str) -> str | list[str]:
    if os.name == "nt":
        return f"{editor} {subprocess.list2cmdline([path])}"
    # Ctrl-C is the editor's: a shell without a trap would end by it after the editor.
    return ["/bin/sh", "-c", f'trap : INT QUIT; {editor} "$@"', editor, path]


@contextmanager
def _left_to_the_editor() -> Iterator[None]:
    """Ctrl-C and Ctrl-\\ reach the editor alone; a handler, since what is ignored is inherited."""
    quiet = [signal.SIGINT, *([signal.SIGQUIT] if hasattr(signal, "SIGQUIT") else [])]
    before = {each: signal.signal(each, lambda *_: None) for each in quiet}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class Copy:
    """The text that a person edits, in a directory that nobody else can enter.

    `name` ends with the extension by which editors know the language.
    """

    def __init__(self, name: str, text: bytes) -> None:
        name = re.sub(r"[^\w.-]", "_", name)
        stem, dot = os.path.splitext(name)
        directory = _place()
        with refused(directory or tempfile.gettempdir()):
            self.directory = tempfile.mkdtemp(prefix="outlive-edit-", dir=directory)
        self.path = os.path.join(self.directory, stem[:_LONGEST] + dot)
        self._given: list[bytes] = []
        self._asides: list[str] = []
        try:
            self.write(text)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def write(self, text: bytes) -> None:
        """Give the person this text. Raises FullError, DiskError."""
        with refused(self.path):
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(fd, "wb") as file:
                file.write(text)
        self._given.append(text)

    def read(self) -> bytes | None:
        """What the person made of it; None if they deleted it. Raises DiskError."""
        with refused(self.path):
            try:
                with open(self.path, "rb") as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def aside(self) -> str:
        """Give what the person wrote another name, to make room for a new text; returns it."""
        stem, dot = os.path.splitext(self.path)
        number = 1
        while os.path.exists(name := f"{stem}.yours{f'-{number}' if number > 1 else ''}{dot}"):
            number += 1
        with refused(self.path):
            os.rename(self.path, name)
        self._asides.append(name)
        return name

    def remains(self) -> list[str]:
        """The files with something that the person wrote: the text, or what an editor rescued."""
        with refused(self.directory):
            with os.scandir(self.directory) as entries:
                found = sorted(each.path for each in entries if each.is_file())
            return [each for each in found if _content(each) not in (b"", *self._given)]

    def remove(self) -> None:
        """Remove all but what `aside` named."""
        if not self._asides:
            shutil.rmtree(self.directory, ignore_errors=True)
            return
        with suppress(OSError):
            os.unlink(self.path)


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _place() -> str | None:
    """Where to make the directory: TMPDIR, or what survives that the machine is started anew."""
    if os.environ.get("TMPDIR") or not os.access(_KEEPS, os.W_OK | os.X_OK):
        return None
    return _KEEPS


@contextmanager
def refused(path: str) -> Iterator[None]:
    """Raise what the system refuses as FullError or DiskError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, DiskError):
            raise
        number = error.errno or 0
        if number in _NO_ROOM:
            message = f"{path}: {error.strerror}; make room, or set TMPDIR to where there is some"
            raise FullError(number, message, path, "write") from error
        message = f"{path}: {error.strerror}; see to it, or set TMPDIR to another directory"
        raise DiskError(number, message, path, "open") from error


def words(editor: str) -> str:
    """The name of the editor, for a message."""
    try:
        return shlex.split(editor)[0]
    except (ValueError, IndexError):
        return editor
