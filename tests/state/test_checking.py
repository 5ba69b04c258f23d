"""A check of a state's file tells what is wrong with it, and a repair mends it, after a copy."""

from __future__ import annotations

import copy
import errno
import json
import re
import resource
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

import outlive
from outlive import State
from outlive.disk import litter
from outlive.disk.fs import FileSystem
from outlive.state.checking import check, repair

from ..disk.faulty import FaultyFileSystem
from ..files import names
from .children import in_a_killed_process, kill, was_killed
from .left_behind import CHANGES, DOCUMENT, LOST, NAME, STATES, TWIN, starts
from .stand_ins import AtCall, NoFlush
from .test_original import EXPECTED, FILES, VACUUMS

COPY = f"{NAME}.before-repair"
LOCK = f".{NAME}.outlive-lock"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a directory of its own."""
    (tmp_path / "own").mkdir()
    return tmp_path / "own" / NAME


@pytest.fixture
def _sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take nobody for being about to lock a file, which in these tests nobody is."""
    monkeypatch.setattr(litter, "_YOUNG", 0)


def held(directory: Path) -> dict[str, bytes]:
    """All files of a directory."""
    return {entry.name: entry.read_bytes() for entry in directory.iterdir()}


def value(path: Path) -> dict[Any, Any]:
    """What the file says to one who reads it, without a warning."""
    with State(path, mode="r", strict=True) as state:
        return copy.deepcopy(dict(state))


def faults(path: Path) -> list[str]:
    """What a check finds, without the directory; it changes nothing."""
    before = held(path.parent)
    found = check(path)
    assert held(path.parent) == before
    return [str(fault).replace(f"{path.parent}/", "") for fault in found]


def repaired(path: Path, fs: FileSystem | None = None) -> list[str]:
    """What a repair did, without the directory; no warning of it reaches the program."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lines = repair(path, fs=fs or NoFlush())
    return [line.replace(f"{path.parent}/", "") for line in lines]


def leave(path: Path, changes: int = len(CHANGES)) -> None:
    """Let a program make changes, and be killed."""
    path.write_text(DOCUMENT)

    def body() -> None:
        state = State(path)
        for change in CHANGES[:changes]:
            change(state)

    in_a_killed_process(body)


# -- all is well


@pytest.mark.parametrize("text", ["", DOCUMENT, "# nothing\n", "a: [1, 2]\n...\n", "{}"])
def test_an_intact_file_has_no_faults(path: Path, text: str) -> None:
    """Nothing is told of it, and a repair does nothing and makes no copy."""
    path.write_text(text)
    assert faults(path) == []
    before = held(path.parent)
    assert repaired(path) == []
    assert held(path.parent) == before


def test_entries_of_a_program_that_runs_are_in_order(path: Path) -> None:
    """Its lock, its entries and its hidden journal are no litter."""
    with State(path, n=0) as state:
        state.n = 1
        assert len(names(path.parent)) == 3
        assert faults(path) == []


BUSY = """
import sys, outlive
from outlive.state import recorder
recorder._LEAST = 2000  # vacuums come often
print("there", flush=True)
"""
WRITES = """
state = outlive.State(sys.argv[1], n=0, list=[])
while True:
    state.n += 1
    state.list.append("x" * (state.n % 700))
    with state.transaction():
        state.a = state.n
        state.list[:] = state.list[-3:]
"""
OPENS = """
n = 0
while True:
    with outlive.State(sys.argv[1], n=0) as state:
        state.n = n = n + 1
"""


@pytest.mark.parametrize("body", [WRITES, OPENS], ids=["writes", "opens"])
def test_a_busy_writer_has_no_faults(path: Path, body: str) -> None:
    """However often it is checked beside a program that writes, opens and closes: all is well."""
    path.write_text("n: 0\n")
    command = [sys.executable, "-c", BUSY + body, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        try:
            for _ in range(200):
                assert check(path) == []
            assert program.poll() is None  # the checks did not disturb it
            assert value(path)["n"] > 0
        finally:
            program.kill()


# -- entries


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_tail_goes_to_lost(path: Path, data: bytes, cut: int) -> None:
    """What a power cut tore is told with its line, and a repair keeps it in NAME.lost."""
    torn = data[:-cut]
    path.write_bytes(torn)
    ends = [*starts(data)[1:-1], len(data) - 1]  # where only a line break is missing, nothing is
    whole = sum(end <= len(torn) for end in ends)
    is_torn = len(torn) not in ends
    assert len(faults(path)) == is_torn
    lines = repaired(path)
    assert value(path) == STATES[whole]
    if not is_torn:
        assert lines == []
        return
    assert lines[0] == f"copied {NAME} to {COPY}"
    assert path.with_name(COPY).read_bytes() == torn
    lost = path.with_name(LOST).read_bytes()
    assert torn.endswith(lost)
    assert lost.strip()
    assert f"{len(lost)} bytes" in lines[1]
    assert LOST in lines[1]
    assert [fault.partition(":")[0] for fault in faults(path)] == [COPY, LOST]
    assert repaired(path) == []


def test_entries_after_a_damaged_one_go_to_lost(path: Path, data: bytes) -> None:
    """From an entry whose checksum is wrong on, nothing counts, and nothing is thrown away."""
    start = starts(data)[2]
    damaged = data[: start + 20] + b"#" + data[start + 21 :]
    path.write_bytes(damaged)
    line = data.count(b"\n", 0, start) + 2
    assert faults(path)[0].startswith(f"{NAME}, line {line}: {len(data) - start - 1} bytes from")
    repaired(path)
    assert value(path) == STATES[2]
    assert path.with_name(LOST).read_bytes() == damaged[start + 1 :]
    assert path.read_text().startswith("# by hand\n")


def test_an_entry_that_does_not_fit_goes_to_lost(path: Path) -> None:
    """An entry of the right form that means nothing here is told and put aside."""
    path.write_text('a: 1\n\n---\n["set", ["b"], "c", 1]\n\n---\n["set", [], "a", 2]\n')
    assert "do not fit the state" in faults(path)[0]
    repaired(path)
    assert path.read_text() == "a: 2\n"
    assert b'["b"]' in path.with_name(LOST).read_bytes()


@pytest.mark.parametrize("name", VACUUMS)
def test_what_persistedstate_left_is_written_anew(path: Path, name: str) -> None:
    """A vacuum of the original that was killed loses nothing in a repair."""
    shutil.copy(FILES / name, path)
    found = check(path)
    repaired(path)
    assert value(path) == EXPECTED[name]["state"]
    left = {entry.name for entry in path.parent.iterdir()} - {NAME}
    assert left == ({COPY} if found else set())
    assert [fault.where for fault in check(path)] == [str(path.with_name(each)) for each in left]


# -- the document, and the journal of a program that was killed


@pytest.mark.parametrize("text", ["a: [1\n", "", "\0\0\0\0", "a: 1\na: 2\n", "- 1\n", "\xff: 1"])
def test_a_damaged_document_comes_back_from_the_journal(path: Path, text: str) -> None:
    """Where the hidden journal of a killed program is whole, a repair puts back what it wrote."""
    leave(path)
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o640)
    before = path.read_bytes()
    assert TWIN in faults(path)[0]
    lines = repaired(path)
    assert value(path) == STATES[-1]
    assert path.read_text().startswith("# by hand\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.with_name(COPY).read_bytes() == before
    assert names(path.parent) == [NAME, COPY]
    assert lines[0] == f"copied {NAME} to {COPY}"
    assert "journal" in lines[1]
    assert LOCK in lines[2]


def test_a_damaged_document_without_a_journal_is_a_persons(path: Path) -> None:
    """The fault names line and column; a repair changes nothing, and says so."""
    path.write_text("a: 1\nb: [1,\n")
    path.with_name(f"{NAME}.version-1").write_text("a: 0\n")
    (found,) = faults(path)
    assert re.match(rf"{NAME}, line \d+, column \d+: [^;]+; mend it there", found)
    assert f"{NAME}.version-1" in found
    before = held(path.parent)
    assert repaired(path) == [f"not mended: {found}"]
    assert held(path.parent) == before


def test_a_journal_that_says_the_same_is_litter(path: Path) -> None:
    """What a killed program left, and the file has, goes; the file stays as it is, entries too."""
    leave(path)
    text = path.read_bytes()
    assert [fault.partition(":")[0] for fault in faults(path)] == [TWIN, LOCK]
    assert len(repaired(path)) == 2
    assert held(path.parent) == {NAME: text}
    assert value(path) == STATES[-1]


def test_litter_of_a_killed_program_goes(path: Path) -> None:
    """A temporary file that nobody writes any more is told, and removed; nothing else happens."""
    path.write_text(DOCUMENT)
    path.with_name(f".{NAME}.outlive-3.tmp").write_text("half")
    assert faults(path)[0].startswith(f".{NAME}.outlive-3.tmp: was left by a program")
    (line,) = repaired(path)
    assert line.startswith(f"removed .{NAME}.outlive-3.tmp")
    assert held(path.parent) == {NAME: DOCUMENT.encode()}


def test_a_damaged_journal_is_litter(path: Path) -> None:
    """A hidden journal that a power cut spoiled goes, where the file can be read without it."""
    path.write_text(DOCUMENT)
    path.with_name(TWIN).write_text("# What outlive wrote")
    assert "damaged journal" in faults(path)[0]
    assert len(repaired(path)) == 1
    assert names(path.parent) == [NAME]


def test_a_damaged_journal_stays_where_it_may_be_of_use(path: Path) -> None:
    """If the document is damaged, too, a person may find in the journal what they need."""
    path.write_text("a: [")
    path.with_name(TWIN).write_text("# What outlive wrote")
    assert not any(fault.is_repairable for fault in check(path))
    repaired(path)
    assert names(path.parent) == [TWIN, NAME]


def test_changes_that_the_file_lacks_are_taken_in(path: Path) -> None:
    """An editor wrote over the changes of a program that was killed: a repair merges both."""
    leave(path)
    path.write_text(DOCUMENT.replace("list: [x]", "list: [x]\nmine: 1"))
    assert f"{TWIN}: was left by a program that was killed, and has changes" in faults(path)[0]
    repaired(path)
    assert value(path) == {**STATES[-1], "mine": 1}
    assert names(path.parent) == [NAME, COPY]


def test_a_person_who_changed_the_same_is_told_so(path: Path) -> None:
    """Where both changed the same, the program's value stands, and the edit is kept."""
    leave(path)
    path.write_text(DOCUMENT.replace("a: 1 ", "a: 7 "))
    edited = path.read_bytes()
    lines = repaired(path)
    assert value(path) == STATES[-1]
    assert any(f"{NAME}.edited" in line for line in lines)
    assert path.with_name(f"{NAME}.edited").read_bytes() == edited


# -- who may, and when it fails


def test_a_file_that_a_program_has_open_is_not_repaired(path: Path, data: bytes) -> None:
    """A repair is refused with the pid of the program, and nothing is changed."""
    path.write_bytes(data[:-3])
    program = f"import outlive, sys; outlive.State({str(path)!r}); print(); sys.stdin.read()"
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "ignore", "-c", program]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as running:
        assert running.stdout is not None
        running.stdout.readline()
        before = held(path.parent)
        with pytest.raises(outlive.LockedError, match=str(running.pid)) as caught:
            repair(path)
        assert caught.value.pid == running.pid
        assert held(path.parent) == before
        running.kill()


@pytest.mark.parametrize("act", [check, repair])
def test_no_file_no_check(path: Path, act: Callable[[Path], object]) -> None:
    """A file that is not there is an error, and none is made."""
    with pytest.raises(outlive.DiskError, match=r"a\.state: there is no such file"):
        act(path)
    assert names(path.parent) == []


class Unreadable(FileSystem):
    """A disk that gives nothing back."""

    def read(self, fd: int, size: int) -> bytes:
        """Fail."""
        raise OSError(errno.EIO, f"{size} bytes of {fd}")


def test_a_file_that_cannot_be_read_is_a_fault(path: Path) -> None:
    """A disk that fails is told as a fault, with what helps."""
    path.write_text(DOCUMENT)
    (found,) = check(path, fs=Unreadable())
    assert (found.where, found.is_repairable) == (str(path), False)
    assert "read failed" in found.what
    assert "check the disk" in found.remedy


def torn(path: Path, data: bytes) -> None:
    """A torn tail."""
    path.write_bytes(data[:-3])


def broken(path: Path, _: bytes) -> None:
    """A damaged document, and the journal of a killed program."""
    leave(path)
    path.write_text("a: [1\n")


def edited(path: Path, _: bytes) -> None:
    """An edit over the changes of a killed program, in conflict with them."""
    leave(path)
    path.write_text(DOCUMENT.replace("a: 1 ", "a: 7 "))


DAMAGES = [torn, broken, edited]


@pytest.mark.usefixtures("_sure")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, "short"])
def test_whichever_call_fails_nothing_is_changed_or_all(
    tmp_path: Path,
    data: bytes,
    damage: Callable[[Path, bytes], None],
    error: int | Literal["short"],
) -> None:
    """An error leaves every file as it was, but for litter; no error, and all is done."""
    first = tmp_path / "first"
    first.mkdir()
    damage(first / NAME, data)
    place = tmp_path / "live"
    failed = number = 0
    is_over = False
    while not is_over:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(first, place)
        before = held(place)
        fs = FaultyFileSystem(place, fail=number, error=error)
        try:
            repair(place / NAME, fs=fs)
        except outlive.DiskError as problem:
            failed += 1
            assert NAME in str(problem)
            after = held(place)
            assert after[NAME] == before[NAME], (number, fs.calls[-5:])
            assert set(after) <= set(before) | {LOCK}, (number, fs.calls[-5:])
            # Perhaps with a note behind it that means nothing.
            assert after.get(TWIN, b"").startswith(before.get(TWIN, b"")), (number, fs.calls[-5:])
        else:
            assert held(place)[COPY] == before[NAME]
            assert set(value(place / NAME)) >= {"a", "list", "deep"}
        number += 1
        is_over = number > len(fs.calls)
    assert failed > 10 or error == "short"


def test_a_file_that_may_not_grow_changes_nothing(path: Path, data: bytes) -> None:
    """A limit of the size of files is as a full disk: a repair fails, and all is as it was."""
    path.write_bytes(data[:-3])
    before = held(path.parent)
    program = (
        "import resource, sys, outlive\n"
        "from outlive.state.checking import repair\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "try: repair(sys.argv[1])\n"
        "except outlive.FullError as error: print(error.filename)\n"
    )
    for limit in (0, 1, 100, len(data) - 4):
        command = [sys.executable, "-c", program, str(path), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert NAME in done.stdout
        assert held(path.parent) == before
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0


@pytest.mark.usefixtures("_sure")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_any_call_there_is_the_file_or_its_copy(
    tmp_path: Path, data: bytes, damage: Callable[[Path, bytes], None], every: int
) -> None:
    """Before anything changes, the copy is there; the next repair comes to its end."""
    first, place = tmp_path / "first", tmp_path / "live"
    first.mkdir()
    damage(first / NAME, data)
    before = held(first)
    shutil.copytree(first, place)
    repair(place / NAME, fs=NoFlush())
    result = value(place / NAME)
    number, seen = 0, {"file": 0, "copy": 0}
    while True:
        shutil.rmtree(place)
        shutil.copytree(first, place)
        fs = AtCall(kill)
        fs.at = number

        def body(fs: FileSystem = fs) -> None:
            repair(place / NAME, fs=fs)

        if not was_killed(body):
            break
        after = held(place)
        if after[NAME] == before[NAME]:
            seen["file"] += 1
        else:
            assert after[COPY] == before[NAME]
            seen["copy"] += 1
        repair(place / NAME, fs=NoFlush())
        assert value(place / NAME) == result
        number += every
    assert seen["file"] > 20 // every
    assert seen["copy"] > 3 // every
    assert json.dumps(result, default=str)
