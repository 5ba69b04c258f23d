"""Run the installed command in pipes, and in a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .starting import server

COMMAND = str(Path(sys.executable).with_name("outlive"))
LONG = 60.0  # seconds, on a machine that has much else to do
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """The variables of a plain terminal, and some more."""
    env = {name: each for name, each in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    return {**env, "TERM": "xterm-256color", **more}


def run(
    *arguments: object, stdin: str | bytes = b"", env: Mapping[str, str] | None = None
) -> Ended:
    """Run the command with pipes for its input, output and errors."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    command, env = [COMMAND, *map(str, arguments)], env or environment()
    if server().can_start(env):
        code, out, err = server().run(command, env, given, LONG)
    else:
        ended = subprocess.run(
            command, input=given, capture_output=True, check=False, timeout=LONG, env=env
        )
        code, out, err = ended.returncode, ended.stdout, ended.stderr
    return Ended(code, out.decode(), err.decode())


def done(*arguments: object, stdin: str | bytes = b"") -> Ended:
    """Run the command; it has to end well, without a word on standard error."""
    ended = run(*arguments, stdin=stdin)
    assert (ended.code, ended.err) == (0, ""), ended
    return ended


def failed(code: int, *arguments: object, stdin: str | bytes = b"") -> str:
    """Run the command; it has to end with `code`. What it said, in one line and no traceback."""
    ended = run(*arguments, stdin=stdin)
    assert ended.code == code, ended
    assert ended.err.count("\n") == 1, ended.err
    assert ended.err.startswith("outlive: ")
    return ended.err


class Terminal(NamedTuple):
    """How a command ended in a terminal, and what stood there."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """Without colours."""
        return COLOUR.sub("", self.raw).replace("\r\n", "\n")


def in_terminal(*arguments: object, keys: str = "", **env: str) -> Terminal:
    """Run the command in a terminal of 100 columns, with `keys` typed in advance."""
    with open_terminal(*arguments, **env) as (process, screen):
        os.write(screen, keys.encode())
        raw = b"".join(_read(screen))
        return Terminal(process.wait(LONG), raw.decode())


@contextmanager
def open_terminal(*arguments: object, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command in a terminal, and the other end of that terminal."""
    screen, its = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment(COLUMNS="100", LINES="40", **env),
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509  # no threads here; or Ctrl-C would reach nobody
    )
    os.close(its)
    try:
        yield process, screen
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(screen)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(screen: int) -> Iterator[bytes]:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        ready, _, _ = select.select([screen], [], [], 0.2)
        if ready:
            try:
                data = os.read(screen, 65536)
            except OSError:  # Linux says so when the other end was closed
                return
            if not data:
                return
            yield data
    raise AssertionError("the command did not end")


@contextmanager
def watching(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, with its output in a pipe."""
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


WRITER = """
import outlive, sys
kind, path = sys.argv[1:]
if kind == "state":
    store = outlive.State(path)
    store.last = 41
elif kind == "storage":
    store = outlive.Storage(path)
elif kind == "safe":
    store = outlive.Safe(path)
print("open", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class Program:
    """Another program that has a store open; `do` lets it run a line, with the store as `store`."""

    def __init__(self, kind: str, path: Path) -> None:
        command = [sys.executable, "-c", WRITER, kind, str(path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self._wait("open")

    def do(self, line: str) -> None:
        """Run the line there, to its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        self._wait("done")

    def _wait(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{word}\n"

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def program(kind: str, path: Path) -> Iterator[Program]:
    """A program with that store open, for as long as the block runs."""
    made = Program(kind, path)
    try:
        yield made
    finally:
        made.kill()
