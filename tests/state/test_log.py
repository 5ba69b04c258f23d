"""The log of a state gives its journal, entry by entry, and says which of them count."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import outlive
from outlive import Change, State
from outlive.state.log import LogEntry, log

from .left_behind import CHANGES, DOCUMENT, starts
from .test_original import FILES


def test_each_entry_is_given_with_its_line_and_its_changes(path: Path) -> None:
    """What a program changed since the last vacuum, in its order; a transaction is one entry."""
    path.write_text("a: 1\nlist: []\n")
    with State(path) as state:
        state.a = 2
        state.list.append("é")
        with state.transaction():
            state.a = 3
            del state["list"]
        found = list(log(path))
    assert [entry.line for entry in found] == [4, 7, 10]
    assert [entry.changes for entry in found] == [
        (Change("set", (), "a", 2),),
        (Change("insert", ("list",), 0, "é"),),
        (Change("set", (), "a", 3), Change("delete", (), "list")),
    ]
    assert found[1].text == '["insert",["list"],0,"é"]'
    assert all(entry.is_whole and entry.counts and entry.is_checked for entry in found)
    assert list(log(path)) == []  # they are part of the document now


def test_a_damaged_entry_is_given_and_nothing_after_it_counts(path: Path, data: bytes) -> None:
    """It is not whole; those behind it are, but are no part of the state."""
    start = starts(data)[2]
    path.write_bytes(data[: start + 20] + b"#" + data[start + 21 :])
    found = list(log(path))
    assert len(found) == len(CHANGES)
    assert [entry.is_whole for entry in found] == [True, True, False, True, True, True]
    assert [entry.counts for entry in found] == [True, True, False, False, False, False]
    assert found[2].changes == ()
    lines = path.read_bytes().split(b"\n")
    for entry in found:
        assert lines[entry.line - 1].startswith(b"--- #")
        assert lines[entry.line].decode() == entry.text


@pytest.mark.parametrize("cut", range(2, 30))
def test_a_torn_tail_is_an_entry_that_is_not_whole(path: Path, data: bytes, cut: int) -> None:
    """What a power cut left of the last entry is shown, too."""
    torn = data[: starts(data)[-2] + cut]
    path.write_bytes(torn)
    *whole, last = log(path)
    assert len(whole) == len(CHANGES) - 1
    assert all(entry.counts for entry in whole)
    assert not last.is_whole
    assert not last.counts
    assert torn.decode().split("\n")[last.line - 1].startswith("-")


def test_entries_of_a_person_count_without_a_checksum(path: Path) -> None:
    """One that does not fit does not count, though it is whole, and those after it do."""
    path.write_text('a: 1\n---\n["set", ["b"], "c", 1]\n---\n- set\n- []\n- a\n- 2\n')
    first, second = log(path)
    assert first == LogEntry(
        2, '["set", ["b"], "c", 1]', (Change("set", ("b",), "c", 1),), True, False, False
    )
    assert (second.line, second.changes) == (4, (Change("set", (), "a", 2),))
    assert second.counts
    assert not second.is_checked


@pytest.mark.parametrize("name", sorted(each.name for each in FILES.glob("*journal*")))
def test_files_of_persistedstate_have_a_log(path: Path, name: str) -> None:
    """Entries as the original wrote them are given, too."""
    path.write_bytes((FILES / name).read_bytes())
    assert sum(entry.counts for entry in log(path)) > 0


def test_a_damaged_document_has_a_log(path: Path, data: bytes) -> None:
    """The entries are given, to see what they say; without a document none of them counts."""
    path.write_bytes(data.replace(DOCUMENT.encode(), b"a: [1\n"))
    found = list(log(path))
    assert [entry.is_whole for entry in found] == [True] * len(CHANGES)
    assert not any(entry.counts for entry in found)


def test_beside_a_writer_all_entries_are_whole(path: Path) -> None:
    """However often the log is read while a program writes, it holds no half of an entry."""
    path.write_text("n: 0\n")
    program = (
        "import outlive, sys\n"
        "state = outlive.State(sys.argv[1])\n"
        "while True:\n"
        "    state.n += 1\n"
        "    if state.n == 3: print('there', flush=True)\n"
        "    state.text = 'x' * (state.n % 5000)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        try:
            halves = 0
            for _ in range(50):
                found = list(log(path))
                if found and not found[-1].counts:  # the writer was made to wait in that moment
                    del found[-1]
                    halves += 1
                assert all(entry.counts for entry in found)
            assert halves < 3
        finally:
            running.kill()


def test_no_file_no_log(path: Path) -> None:
    """A file that is not there is an error at once, not when the first entry is asked for."""
    with pytest.raises(outlive.DiskError, match=r"a\.state: there is no such file"):
        log(path)
