"""What a program leaves that is killed after some changes, and what that means."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

from outlive.live import plain

from .stand_ins import opened

DOCUMENT = """\
# by hand
a: 1   # one
list: [x]
deep:
  er: {}
"""
CHANGES: list[Callable[[Any], object]] = [
    lambda state: state.__setitem__("a", 2),
    lambda state: state["list"].append("é\n---\n"),
    lambda state: state["deep"]["er"].__setitem__("new", {"b": [1, None, True]}),
    lambda state: state.update(c=1, d=2),
    lambda state: state["list"].__delitem__(0),
    lambda state: state["deep"].__setitem__("when", 1.5e300),
]
NAME, LOST = "a.state", "a.state.lost"
TWIN = f".{NAME}.outlive-journal"


def states() -> list[Any]:
    """The state after none, one, two … of the changes."""
    found = [yaml.safe_load(DOCUMENT)]
    for change in CHANGES:
        value = plain(found[-1])
        change(value)
        found.append(value)
    return found


STATES = states()


def whole(directory: Path) -> bytes:
    """What a program that is killed after all changes leaves in the file."""
    directory.mkdir()
    path = directory / "whole.state"
    path.write_text(DOCUMENT)
    with opened(path) as state:
        for change in CHANGES:
            change(state)
        return path.read_bytes()


def starts(data: bytes) -> list[int]:
    """Where the entries begin, with the line break before them; and the end."""
    return [found.start() for found in re.finditer(rb"\n--- #[0-9a-f]{8}\n", data)] + [len(data)]


def entry(text: str) -> bytes:
    """An entry as a program writes it."""
    line = text.encode()
    return b"\n--- #%08x\n%b\n" % (crc32(line), line)


ORIGINAL = """\
a: 1
deep:
  er: {}
list:
- x
text: one two
...
"""
ORIGINAL_ENTRIES = [
    '["set", [], "a", 2]',
    '["insert", ["list"], 1, "é"]',
    '["set", ["deep", "er"], "new", {"b": [1, null, true]}]',
    '["delete", ["list"], 0]',
    '["set", [], "x", "y"]',
]


def original() -> bytes:
    """What PersistedState leaves when it is killed."""
    return (ORIGINAL + "".join("\n---\n" + line for line in ORIGINAL_ENTRIES)).encode()
