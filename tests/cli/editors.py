"""Editors that are scripts, and what is left of the copies that they were given."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from .running import Ended, Terminal, environment, in_terminal, run

SCRIPT = """#!{python}
import json, os, pathlib, resource, signal, subprocess, sys, time
import outlive
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))  # what limits the command is not for it
turns, log, path = {turns!r}, pathlib.Path({log!r}), pathlib.Path(sys.argv[-1])
seen = json.loads(log.read_text()) if log.exists() else []
text = path.read_bytes().decode()
status = os.stat(path.parent), os.stat(path)
seen.append({{
    "arguments": sys.argv[1:-1], "path": str(path), "text": text,
    "modes": [oct(each.st_mode & 0o777) for each in status],
}})
def note(what):
    seen[-1]["note"] = what
    log.write_text(json.dumps(seen))
def save():
    path.write_bytes(text.encode())
note("")
exec(turns[len(seen) - 1])
save()
"""


class Editor:
    """An editor whose turns are lines of Python, which change `text`."""

    def __init__(self, directory: Path, *turns: str, name: str = "editor") -> None:
        self.directory = directory
        self.script = directory / name
        self._log = directory / f"{name}.log"
        self._log.unlink(missing_ok=True)
        self.script.write_text(
            SCRIPT.format(python=sys.executable, turns=turns, log=str(self._log))
        )
        self.script.chmod(0o755)
        self.copies = directory / "copies"
        self.copies.mkdir(exist_ok=True)

    @property
    def seen(self) -> list[dict[str, Any]]:
        """What it was given, turn by turn; [] if it was not started."""
        made: list[dict[str, Any]] = json.loads(self._log.read_text()) if self._log.exists() else []
        return made

    @property
    def variables(self) -> dict[str, str]:
        """The variables that make it the editor."""
        return {"VISUAL": "", "EDITOR": f"'{self.script}'", "TMPDIR": str(self.copies)}

    def edit(self, *arguments: object, **env: str) -> Ended:
        """Run `outlive edit` in pipes."""
        return run("edit", *arguments, env=environment(**{**self.variables, **env}))

    def in_terminal(self, *arguments: object, keys: str = "", **env: str) -> Terminal:
        """Run `outlive edit` in a terminal, with `keys` typed in advance."""
        return in_terminal("edit", *arguments, keys=keys, **{**self.variables, **env})

    def left(self) -> list[str]:
        """The texts that are still there."""
        found = [Path(at) / name for at, _, names in os.walk(self.copies) for name in names]
        return [each.read_text() for each in sorted(found)]


def edited(directory: Path, turn: str, *arguments: object) -> Ended:
    """Edit in pipes with that one turn; it has to end well, and leave nothing behind."""
    editor = Editor(directory, turn)
    ended = editor.edit(*arguments)
    assert (ended.code, ended.err) == (0, ""), ended
    assert os.listdir(editor.copies) == []
    return ended


def refused(directory: Path, code: int, turn: str, *arguments: object) -> str:
    """Edit in pipes; it has to end with `code` and a line, which names the file with the text."""
    editor = Editor(directory, turn)
    ended = editor.edit(*arguments)
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.err.count("\n") == 1, ended.err
    (text,) = editor.left()
    name = ended.err.rpartition("your text is in ")[2].strip()
    assert Path(name).read_text() == text
    for each in (Path(name), Path(name).parent):
        each.unlink() if each.is_file() else each.rmdir()
    return ended.err
