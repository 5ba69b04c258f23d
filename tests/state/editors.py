"""How a person edits the file of a running program, what each changes, and what has to come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from outlive import State

from ..files import names_beside

START = """\
# The settings of the demo.
name: demo   # as ever
counter: 1
server:
  host: "localhost"  # not the address
  ports: [80, 443]

jobs:
- id: 1
  state: new
- id: 2   # the long one
  state: new

# the end
"""
COMMENTS = [
    "# The settings of the demo.",
    "   # as ever",
    "# not the address",
    "- id: 2   # the long one",
    "# the end",
    "# a person was here",
]
Step = Callable[[Any], None]
Save = Callable[[Path, str], None]


# -- what the program changes, and when


def before(state: Any) -> None:
    """Changes before the editor reads the file."""
    state["counter"] = 10
    state["jobs"][0]["state"] = "running"


def between(state: Any) -> None:
    """Changes between the editor's reading and its saving."""
    state["counter"] = 11
    state["server"]["ports"].append(8080)
    state["jobs"].append({"id": 3, "state": "new"})


def after(state: Any) -> None:
    """Changes after the editor has saved."""
    state["counter"] = 12
    state.setdefault("late", {})["x"] = 1
    state["server"]["ports"].append(9090)


def by_hand(state: Any) -> None:
    """What the person does, as changes of a value."""
    state["server"]["host"] = "example.org"
    state["server"]["ports"].append(22)
    state["jobs"][1]["state"] = "held"
    state["person"] = [1, 2]


def typed_in(text: str) -> str:
    """The same in the text."""
    text = text.replace('"localhost"', '"example.org"').replace("[80, 443]", "[80, 443, 22]")
    text = text.replace("# the long one\n  state: new", "# the long one\n  state: held")
    return text.replace("# the end\n", "# a person was here\nperson:\n- 1\n- 2\n# the end\n", 1)


# -- how an editor saves


def in_place(path: Path, text: str) -> None:
    """As nano does."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def by_rename(path: Path, text: str) -> None:
    """As vim and most others do."""
    new = path.with_name("4913~")
    in_place(new, text)
    new.replace(path)


def by_backup(path: Path, text: str) -> None:
    """The old file goes to another name, a new one comes in its place."""
    path.rename(path.with_name("backup~"))
    in_place(path, text)
    path.with_name("backup~").unlink()


def without_last_newline(path: Path, text: str) -> None:
    """An editor that strips what is blank at the end."""
    in_place(path, text.rstrip("\n"))


def without_entries(path: Path, text: str) -> None:
    """A person who takes the entries for rubbish."""
    by_rename(path, text.partition("\n---")[0])


def without_entries_nor_newline(path: Path, text: str) -> None:
    """Both at once."""
    in_place(path, text.partition("\n---")[0].rstrip("\n"))


def with_windows_line_ends(path: Path, text: str) -> None:
    """An editor that converts all line ends."""
    by_rename(path, text.replace("\n", "\r\n"))


def without_blank_lines(path: Path, text: str) -> None:
    """A formatter that takes out blank lines, also those before the entries."""
    in_place(path, text.replace("\n\n", "\n"))


def with_bom(path: Path, text: str) -> None:
    """An editor that marks UTF-8."""
    by_rename(path, "\ufeff" + text)


def twice(path: Path, text: str) -> None:
    """A person who saves in the middle of the work."""
    in_place(path, text.replace("- 2\n# the end", "# the end"))
    by_rename(path, text)


SAVES: list[Save] = [
    in_place,
    by_rename,
    by_backup,
    without_last_newline,
    without_entries,
    without_entries_nor_newline,
    with_windows_line_ends,
    without_blank_lines,
    with_bom,
    twice,
]
NOTHING: Step = lambda _: None  # noqa: E731  # a step that is left out
TIMES: dict[str, tuple[Step, Step, Step]] = {
    "before": (before, NOTHING, NOTHING),
    "between": (NOTHING, between, NOTHING),
    "after": (NOTHING, NOTHING, after),
    "always": (before, between, after),
}


def expected(*steps: Step) -> Any:
    """The value that the steps make of the first document."""
    value = yaml.safe_load(START)
    for step in steps:
        step(value)
    return value


def edit(state: State, path: Path, save: Save, steps: tuple[Step, Step, Step]) -> None:
    """The program's steps, with an editor that reads after the first and saves before the last."""
    steps[0](state)
    text = path.read_bytes().decode()
    steps[1](state)
    save(path, typed_in(text))
    steps[2](state)


def check_file(path: Path, value: Any) -> None:
    """The file is a plain document with `value` and all that a person wrote; nothing else."""
    text = path.read_text()
    assert yaml.safe_load(text) == value
    for comment in COMMENTS:
        assert comment in text
    assert names_beside(path) == [path.name]


def notice_refresh(state: State) -> None:
    """The program asks."""
    assert state.refresh() is True


def notice_vacuum(state: State) -> None:
    """The entries outweigh the document."""
    root: Any = state._live_root
    root._limit = 0
    state["tick"] = 1
    del state["tick"]


def notice_close(state: State) -> None:
    """The program ends."""
    state.close()


NOTICES = [notice_refresh, notice_vacuum, notice_close]
