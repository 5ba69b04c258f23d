"""A shell in a terminal, which runs what stands in the pages of `docs/command`.

``python -m tests.cli.prompt docs/command/*.md`` runs the examples again, and writes what they print
into the pages.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

PAGES = Path(__file__).parent.parent.parent / "docs" / "command"
HOME = "/home/ann"  # what the pages call the directory in which the examples ran
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BAR = re.compile(r"\x1b\[\?25l.*?\x1b\[1A\x1b\[2K", re.DOTALL)  # a progress bar, until it is gone
_QUESTION = "(x) abandon: "  # what `edit` asks
_LONG = 60.0  # seconds, on a machine that has much else to do
# What differs each time.
_CHANGING: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|[+-]\d\d:?\d\d)?"), "<moment>"),
    (re.compile(r"\b(pid|process|worker) \d+"), r"\1 <pid>"),
    (re.compile(r"^\[(\d)\] \d+$", re.MULTILINE), r"[\1] <pid>"),
    (re.compile(r"\b(holder|open_in|readers)\b\W+\d+"), r"\1 <pid>"),
    (re.compile(r"\b\d[\d,]* bytes before, \d[\d,]* now"), "<size> bytes before, <size> now"),
    (re.compile(r"\b(size|revision|free|modified)\b\W+\d\d+"), r"\1 <number>"),
    # The shell says so before this prompt, or before the next.
    (re.compile(r"^\[\d\][+-] +Killed .*\n", re.MULTILINE), ""),
    (re.compile(r"^\d+\t", re.MULTILINE), "<line>\t"),
    (re.compile(r"outlive-edit-\w+"), "outlive-edit-<name>"),
    (re.compile(r"page \d+"), "page <number>"),
    (re.compile(r"━{2,}| {2,}"), lambda found: found[0][:2]),  # as wide as what changes
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
]


class Example(NamedTuple):
    """A command of a page, and what it printed."""

    command: str
    printed: str

    @property
    def answers(self) -> list[str]:
        """What the person typed where the command asked."""
        return re.findall(rf"{re.escape(_QUESTION)}(\w)$", self.printed, re.MULTILINE)


def examples(text: str) -> list[Example]:
    """The commands of a page: lines after ``$ ``, with those after ``> `` that go on with them."""
    found = []
    for block in _CONSOLE.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            count = next(
                (n for n, line in enumerate(lines) if n and not _goes_on(line)), len(lines)
            )
            command = [lines[0], *(line[2:] or "\n" for line in lines[1:count])]
            found.append(Example("".join(command), "".join(lines[count:])))
    return found


def _goes_on(line: str) -> bool:
    return line.startswith("> ") or line == ">\n"


def same_each_time(text: str) -> str:
    """What was printed, without what differs each time."""
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text


class Prompt:
    """A bash in a terminal of 100 columns, without colours."""

    _PROMPT = b"\x1e"

    def __init__(self, directory: Path) -> None:
        self._screen, its = pty.openpty()
        self._directory = os.path.realpath(directory)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "HOME": self._directory, "TERM": "xterm", "LANG": "C.UTF-8"}
        columns = 100 + len(self._directory) - len(HOME)
        env |= {"NO_COLOR": "1", "COLUMNS": str(columns), "TMPDIR": self._directory}
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            stdin=its,
            stdout=its,
            stderr=its,
            cwd=self._directory,
            env=env,
            start_new_session=True,
        )
        os.close(its)
        self.run(f"stty -echo -onlcr; PS1={self._PROMPT.decode()} PS2=\n")

    def run(self, command: str, answers: Sequence[str] = ()) -> str:
        """What a command prints, with `HOME` for the directory; what it asks is answered."""
        left = list(answers)
        os.write(self._screen, command.encode())
        data = b""
        deadline = time.monotonic() + _LONG
        while not data.endswith(self._PROMPT):
            wait = max(0.0, deadline - time.monotonic())
            if not select.select([self._screen], [], [], wait)[0]:
                raise AssertionError(f"{command} did not end; it printed {data.decode()}")
            data += os.read(self._screen, 65536)
            if data.endswith(_QUESTION.encode()) and left:
                answer = f"{left.pop(0)}\n".encode()
                os.write(self._screen, answer)
                data += answer  # the terminal shows nothing of what is typed
        text = _BAR.sub("", data.removesuffix(self._PROMPT).decode()).replace("\r", "")
        return text.replace(self._directory, HOME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._bash.pid, signal.SIGKILL)  # the shell, and what it has started
        self._bash.wait()
        os.close(self._screen)


@contextmanager
def prompt(directory: Path, *, is_filled: bool) -> Iterator[Prompt]:
    """A shell in a directory, with the stores of the pages if they are wanted."""
    if is_filled:
        (program,) = _PYTHON.findall((PAGES / "README.md").read_text())
        subprocess.run([sys.executable, "-c", program], cwd=directory, check=True)
    with Prompt(directory) as made:
        yield made


def is_filled(page: Path) -> bool:
    """Whether the examples of a page use the stores of README.md; the session makes its own."""
    return page.name != "session.md"


def _rewrite(page: Path) -> None:
    """Run the examples of a page, and write into it what they print."""
    text = page.read_text()
    with (
        tempfile.TemporaryDirectory() as directory,
        prompt(Path(directory), is_filled=is_filled(page)) as shell,
    ):

        def again(block: re.Match[str]) -> str:
            parts = ["```console\n"]
            for each in examples(block[0]):
                printed = each.printed
                first, *rest = each.command.splitlines()
                parts += [f"$ {first}\n", *(f"> {line}".rstrip() + "\n" for line in rest)]
                new = re.sub(
                    r"[ \t]+$", "", shell.run(each.command, each.answers), flags=re.MULTILINE
                )
                parts.append(printed if same_each_time(printed) == same_each_time(new) else new)
            return "".join([*parts, "```"])

        page.write_text(_CONSOLE.sub(again, text))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _rewrite(Path(name))
