"""Saves in place that are seen before they are done."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State
from outlive.disk import settling

START: dict[str, Any] = {f"key{number}": number for number in range(20)}
TEXT = "".join(f"key{number}: {number}\n" for number in range(20)) + "edit: 1\n"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch, _impatient: None) -> None:
    """Wait as long as a program does."""
    monkeypatch.setattr(settling, "_SETTLED", 30_000_000)


@pytest.mark.parametrize("kept", [0, 5, 100])
def test_a_save_that_takes_its_time(path: Path, kept: int) -> None:
    """What is seen between the emptying and the writing is not taken for the person's wish."""

    def save() -> None:
        with path.open("w") as file:
            for part in (TEXT[:kept], TEXT[kept:]):
                file.write(part)
                file.flush()
                time.sleep(0.01)

    with State(path, **START) as state:
        state.mine = 1
        editor = threading.Thread(target=save)
        editor.start()
        while editor.is_alive():
            state.refresh()
        state.refresh()
        assert state == START | {"mine": 1, "edit": 1}
    assert State(path, mode="r") == START | {"mine": 1, "edit": 1}


def test_an_emptied_file_is_no_edit(path: Path) -> None:
    """The program's state is written again."""
    with State(path, **START) as state:
        state.mine = 1
        path.write_text("")
        assert state.refresh()
        assert state == START | {"mine": 1}
    assert State(path, mode="r") == START | {"mine": 1}


def test_a_save_in_the_moment_of_a_vacuum(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that had the file open and wrote too late loses nothing: it is kept aside."""
    with State(path, **START) as state:
        state.mine = 1
        with path.open("r+") as file:
            find_late = settling.late

            def write_late(new: object) -> bytes | None:
                file.write(TEXT)
                file.truncate()
                file.flush()
                return find_late(new)  # type: ignore[arg-type]  # what the journal gives

            monkeypatch.setattr("outlive.disk.journal.late_content", write_late)
            with pytest.warns(outlive.ConflictWarning, match="moment of a vacuum"):
                state.close()
    assert path.with_name("a.state.edited").read_text() == TEXT
    assert State(path, mode="r") == START | {"mine": 1}
