"""One writer at a time, under whatever name; and what a block that failed leaves in the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outlive.errors import LockedError
from outlive.tables import Storage

HOLD = """
import sys
from outlive.tables import Storage
with Storage(sys.argv[1]) as storage:
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A storage with one row."""
    (tmp_path / "real").mkdir()
    with Storage(tmp_path / "real" / "a.db", sync="os") as storage:
        storage.getas("t[a:I]").append(a=1)
        storage.commit()
    return tmp_path / "real" / "a.db"


def names_of(path: Path) -> list[Path]:
    """Other names of a file: a link, a link to that, by a linked directory, and not absolute."""
    there = path.parent.parent
    (there / "link.db").symlink_to(path)
    (there / "second.db").symlink_to("link.db")
    (there / "directory").symlink_to(path.parent)
    return [
        there / "link.db",
        there / "second.db",
        there / "directory" / "a.db",
        Path(os.path.relpath(path)),
        path,
    ]


def test_a_second_writer_by_another_name_is_refused(path: Path) -> None:
    """At once, not when it commits and has to throw its work away; whichever name came first."""
    names = names_of(path)
    for first in names:
        with Storage(first) as storage:
            for name in names:
                with pytest.raises(LockedError, match=r"\.db is open for writing in this program"):
                    Storage(name)
                Storage(name, mode="r").close()
            storage["t"].append(a=2)
            storage.commit()
    with Storage(path, mode="r") as storage:
        assert len(storage["t"]) == 1 + len(names)


def test_a_second_process_by_another_name_is_refused(path: Path) -> None:
    """The error has the pid of the process that writes."""
    *names, _ = names_of(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        for name in names:
            with pytest.raises(LockedError, match=f"in the process {process.pid}") as refused:
                Storage(name)
            assert refused.value.pid == process.pid
        process.communicate()
    Storage(names[0]).close()


def test_a_block_that_raises_commits_nothing(path: Path) -> None:
    """Also after `autocommit`: half of a change is worse than none."""
    with pytest.raises(ZeroDivisionError), Storage(path) as storage:
        storage.autocommit()
        storage["t"].append(a=2)
        storage.commit()
        storage["t"].append(a=3)
        storage.getas("half[a:I]")
        _ = 1 / 0
    with Storage(path) as storage:
        assert [row.a for row in storage["t"]] == [1, 2]
        assert list(storage) == ["t"]
        storage.autocommit()
        storage["t"].append(a=4)
    with Storage(path, mode="r") as storage:
        assert [row.a for row in storage["t"]] == [1, 2, 4]
