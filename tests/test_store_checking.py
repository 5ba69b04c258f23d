"""A check of a store's file tells what is wrong with it, and a repair puts back what is whole."""

from __future__ import annotations

import errno
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

import outlive
from outlive.disk import litter
from outlive.disk.fs import FileSystem
from outlive.store_checking import check, repair
from outlive.store_inspecting import stat

from .disk.faulty import FaultyFileSystem
from .files import names, names_beside
from .state.children import kill, was_killed
from .state.stand_ins import AtCall, NoFlush

VALUES: dict[str, object] = {
    "json": {"a": [1, None]},
    "yaml": {"a": [1, None]},
    "toml": {"a": [1, 2.5]},
    "msgpack": {"a": [1, b"x"]},
    "bson": {"a": [1, b"x"]},
    "pickle": {"a": (1, {2})},
}
BROKEN = {
    "json": b'{"a": [1,',
    "yaml": b"a: [1,\n",
    "toml": b"a = [1,",
    "msgpack": b"\x81\xa1a\x92",
    "bson": b"\x20\0\0\0\x04a\0",
    "pickle": b"\x80\x05}",
}
COPY = "before-repair"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that nobody else may write."""
    (tmp_path / "place").mkdir(mode=0o700)
    return tmp_path / "place"


def made(place: Path, format: str = "json", commits: int = 3) -> Path:
    """A store with versions: its value was made of 0, 1, 2 …"""
    path = place / f"a.{format}"
    for number in range(commits):
        with outlive.open(path, default=dict, keep=9, sync="os") as store:
            store.value = {"n": number, "value": VALUES[format]}
    return path


def held(directory: Path) -> dict[str, bytes]:
    """All files of a directory."""
    return {entry.name: entry.read_bytes() for entry in directory.iterdir()}


def faults(path: Path, **options: Any) -> list[str]:
    """What a check finds, without the directory; it changes nothing."""
    before = held(path.parent)
    found = check(path, **options)
    assert held(path.parent) == before
    return [str(fault).replace(f"{path.parent}/", "") for fault in found]


def repaired(path: Path, fs: FileSystem | None = None, **options: Any) -> list[str]:
    """What a repair did, without the directory."""
    lines = repair(path, fs=fs or NoFlush(), **options)
    return [line.replace(f"{path.parent}/", "") for line in lines]


@pytest.mark.parametrize("format", VALUES)
def test_an_intact_file_has_no_faults(place: Path, format: str) -> None:
    """Nothing is told of it and of its versions, and a repair does nothing and makes no copy."""
    path = made(place, format)
    assert faults(path) == []
    before = held(place)
    assert repaired(path) == []
    assert held(place) == before


@pytest.mark.parametrize("format", VALUES)
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_damaged_file_gets_its_newest_version_back(
    place: Path, format: str, is_empty: bool
) -> None:
    """It is told with the format; a repair copies it and puts back the newest that is whole."""
    path = made(place, format)
    bad = b"" if is_empty and format != "yaml" else BROKEN[format]
    path.with_name(f"{path.name}.version-2").write_bytes(bad)
    path.write_bytes(bad)
    mine, version = faults(path)
    assert mine.startswith(f"{path.name}: is {'empty' if not bad else 'no valid'}")
    assert "a repair puts back version 1, of " in mine
    assert version.startswith(f"{path.name}.version-2: is ")
    first, second, third = repaired(path)
    assert first == f"copied {path.name} to {path.name}.{COPY}"
    assert second.startswith("put version 1, of ")
    assert third == f"not mended: {version}"
    assert outlive.open(path).value["n"] == 0
    assert path.with_name(f"{path.name}.{COPY}").read_bytes() == bad
    assert [fault.partition(":")[0] for fault in faults(path)] == [
        f"{path.name}.version-2",
        f"{path.name}.{COPY}",
    ]


def test_the_mode_is_that_of_the_file(place: Path) -> None:
    """What comes back is no more, and no less, to be read by others than what was there."""
    path = made(place)
    path.write_bytes(b"")
    path.chmod(0o640)
    repair(path)
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.with_name(f"a.json.{COPY}").stat().st_mode & 0o777 == 0o640


def test_without_a_version_a_repair_says_so(place: Path) -> None:
    """Nothing is changed and no copy made; the line says what is wrong, and where."""
    path = place / "a.json"
    path.write_bytes(BROKEN["json"])
    (found,) = faults(path)
    assert "line 1 column 10" in found
    assert "there is no version to put back" in found
    assert repaired(path) == [f"not mended: {found}"]
    assert names(place) == ["a.json"]


def test_the_format_is_that_of_the_argument(place: Path) -> None:
    """A file with another extension is read as `format=` says; else as `outlive.open` would."""
    path = place / "a.conf"
    path.write_text("a: 1\n")
    assert faults(path, format="yaml") == []
    assert "no valid JSON" in faults(path)[0]
    with pytest.raises(outlive.FormatError, match=r"a\.conf: format 'odd' is unknown"):
        check(path, format="odd")


def test_a_pickle_of_a_class_that_is_not_here_is_no_damage(place: Path) -> None:
    """It may be whole, so no version takes its place."""
    path = made(place, "pickle")
    path.write_bytes(b"cnowhere\nThing\n.")
    (found,) = check(path)
    assert "No module named 'nowhere'" in found.what
    assert "PYTHONPATH" in found.remedy
    assert not found.is_repairable
    assert len(repaired(path)) == 1
    assert path.read_bytes() == b"cnowhere\nThing\n."


def test_no_older_version_passes_one_that_may_be_whole(place: Path) -> None:
    """If it cannot be told whether the newest version is whole, a repair puts none back."""
    path = made(place, "pickle")
    path.write_bytes(BROKEN["pickle"])
    newest = path.with_name("a.pickle.version-2")
    newest.unlink()
    newest.write_bytes(b"cnowhere\nThing\n.")
    found = check(path)
    assert [fault.is_repairable for fault in found] == [False, False]
    assert "why a version cannot be read" in found[0].remedy
    repair(path)
    assert names(place) == ["a.pickle", "a.pickle.version-1", "a.pickle.version-2"]
    assert path.read_bytes() == BROKEN["pickle"]


def test_the_work_is_told(place: Path) -> None:
    """A check tells the files that are done, and all."""
    told: list[tuple[int, int]] = []
    check(made(place), progress=lambda *both: told.append(both))
    assert told == [(1, 3), (2, 3), (3, 3)]


# -- pickles that others could have written


class Bomb:
    """What must not be unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize("is_version", [False, True])
def test_what_others_could_have_written_is_not_run(place: Path, is_version: bool) -> None:
    """Neither a check nor a repair reads it; the repair takes the right to write from them."""
    path = made(place, "pickle")
    loose = path.with_name("a.pickle.version-1") if is_version else path
    loose.unlink()  # a version may be a second name
    loose.write_bytes(pickle.dumps(Bomb()))
    loose.chmod(0o664)
    assert "problem" not in stat(path) or not is_version
    (found,) = check(path)
    assert (found.where, found.is_repairable) == (str(loose), True)
    assert "can be written by its group" in found.what
    before = held(place)
    (line,) = repaired(path)
    assert line.startswith("took the right to write")
    assert held(place) == before
    assert loose.stat().st_mode & 0o777 == 0o644


def test_trust_is_as_in_open(place: Path) -> None:
    """With it the pickle is read, and repaired, although others could have written it."""
    path = made(place, "pickle")
    path.write_bytes(BROKEN["pickle"])
    path.chmod(0o666)
    assert len(faults(path)) == 1
    assert len(faults(path, trust=True)) == 2
    assert len(repaired(path, trust=True)) == 3
    assert outlive.open(path).value["n"] == 1


def test_a_directory_of_others_is_told_and_left(place: Path) -> None:
    """Who may write in the directory may put another pickle there: that is a person's to mend."""
    path = made(place, "pickle")
    place.chmod(0o777)
    (found,) = check(path)
    assert (found.where, found.is_repairable) == (str(place), False)
    assert repaired(path) == [f"not mended: {str(found).replace(f'{place}/', '')}"]
    assert place.stat().st_mode & 0o777 == 0o777


# -- beside programs, dead and alive

BLOCK = """
import sys, outlive
with outlive.open(sys.argv[1], default=dict) as store:
    print("there", flush=True)
    sys.stdin.read()
"""
BUSY = """
import sys, outlive
while True:
    store = outlive.open(sys.argv[1], default=dict, keep=3, sync="os")
    if store.update(lambda value: {"n": value["n"] + 1})["n"] == 1:
        print("there", flush=True)
"""


def test_a_program_in_a_block_is_not_disturbed(place: Path) -> None:
    """A check goes on beside it; a repair is refused with its pid, and nothing is changed."""
    path = made(place)
    command = [sys.executable, "-c", BLOCK, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as program:
        assert program.stdout is not None
        program.stdout.readline()
        assert faults(path) == []
        path.write_bytes(b"{")
        before = held(place)
        with pytest.raises(outlive.LockedError, match=str(program.pid)) as caught:
            repair(path)
        assert caught.value.pid == stat(path)["holder"] == program.pid
        assert held(place) == before
        program.kill()
    assert len(repaired(path)) == 3  # the copy, the version, the lock of the dead
    assert names(place) == ["a.json", f"a.json.{COPY}", "a.json.version-1", "a.json.version-2"]


def test_litter_of_a_killed_program_goes(place: Path) -> None:
    """A temporary file that nobody writes any more is told, and removed; nothing else happens."""
    path = made(place)
    path.with_name(".a.json.outlive-0.tmp").write_text("half")
    before = held(place)
    assert faults(path)[0].startswith(".a.json.outlive-0.tmp: was left by a program")
    (line,) = repaired(path)
    assert line.startswith("removed .a.json.outlive-0.tmp")
    assert held(place) == {name: data for name, data in before.items() if name[0] != "."}


def test_a_busy_writer_has_no_faults(place: Path) -> None:
    """However often it is checked beside a program that commits: all is well."""
    path = made(place, commits=1)
    command = [sys.executable, "-c", BUSY, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        try:
            for _ in range(200):
                assert check(path) == []
            assert program.poll() is None  # the checks did not disturb it
            assert outlive.open(path).value["n"] > 1
        finally:
            program.kill()


@pytest.mark.parametrize("act", [check, repair, stat])
def test_no_file_no_check(place: Path, act: Callable[[Path], object]) -> None:
    """A file that is not there is an error, and none is made."""
    with pytest.raises(outlive.DiskError, match=r"a\.json: there is no such file"):
        act(place / "a.json")
    assert names(place) == []


class Unreadable(FileSystem):
    """A disk that gives nothing back."""

    def read(self, fd: int, size: int) -> bytes:
        """Fail."""
        raise OSError(errno.EIO, f"{size} bytes of {fd}")


def test_a_file_that_cannot_be_read_is_a_fault(place: Path) -> None:
    """A disk that fails is told as a fault, with what helps, and no version takes its place."""
    path = made(place, commits=1)
    (found,) = check(path, fs=Unreadable())
    assert "read failed" in found.what
    assert "check the disk" in found.remedy
    assert not found.is_repairable


# -- when it fails


@pytest.fixture
def damaged(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A damaged store with a version; nobody is about to lock it."""
    monkeypatch.setattr(litter, "_YOUNG", 0)
    path = made(place)
    path.write_bytes(b"{")
    return path


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, "short"])
def test_whichever_call_fails_nothing_is_changed_or_all(
    damaged: Path, error: int | Literal["short"]
) -> None:
    """An error leaves every file as it was, but for litter; no error, and all is done."""
    live = damaged.parent.parent / "live"
    failed = number = 0
    is_over = False
    while not is_over:
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(damaged.parent, live)
        before = held(live)
        fs = FaultyFileSystem(live, fail=number, error=error)
        try:
            lines = repair(live / "a.json", fs=fs)
        except outlive.DiskError as problem:
            failed += 1
            assert "a.json" in str(problem)
            after = held(live)
            after.pop(".a.json.outlive-lock", None)
            assert after == before, (number, fs.calls[-5:])
        else:
            if (live / f"a.json.{COPY}").exists():
                assert held(live)[f"a.json.{COPY}"] == before["a.json"]
                assert outlive.open(live / "a.json").value["n"] == 1
            else:  # the file could not be read, which is no damage of it
                assert lines[0].startswith("not mended: ")
                assert "failed" in "".join(lines)
        number += 1
        is_over = number > len(fs.calls)
    assert failed > 10 or error == "short"


def test_a_file_that_may_not_grow_changes_nothing(damaged: Path) -> None:
    """A limit of the size of files is as a full disk: a repair fails, and all is as it was."""
    before = held(damaged.parent)
    program = (
        "import resource, sys, outlive\n"
        "from outlive.store_checking import repair\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "try: repair(sys.argv[1])\n"
        "except outlive.FullError as error: print(error.filename)\n"
    )
    for limit in (0, 10, 20):  # the copy has 1 byte, the version more than 20; the lock 4 or more
        command = [sys.executable, "-c", program, str(damaged), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "a.json" in done.stdout
        assert held(damaged.parent) == before


def test_killed_at_any_call_there_is_the_file_or_its_copy(damaged: Path) -> None:
    """Before anything changes, the copy is there; the next repair comes to its end."""
    live = damaged.parent.parent / "live"
    number, seen = 0, {"file": 0, "copy": 0}
    while True:
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(damaged.parent, live)
        fs = AtCall(kill)
        fs.at = number

        def body(fs: FileSystem = fs) -> None:
            repair(live / "a.json", fs=fs)

        if not was_killed(body):
            break
        after = held(live)
        if after["a.json"] == b"{":
            seen["file"] += 1
        else:
            assert after[f"a.json.{COPY}"] == b"{"
            seen["copy"] += 1
        repair(live / "a.json", fs=NoFlush())
        assert outlive.open(live / "a.json").value["n"] == 1
        left = names_beside(live / "a.json")
        assert not [name for name in left if "outlive" in name]
        number += 1
    assert seen["file"] > 20
    assert seen["copy"] > 3


# -- stat


@pytest.mark.parametrize("format", VALUES)
def test_stat_tells_size_format_and_versions(place: Path, format: str) -> None:
    """What is said is plain, and it is so."""
    import json

    path = made(place, format)
    found = stat(path)
    assert json.loads(json.dumps(found)) == found
    assert found["kind"] == "store"
    assert found["size"] == path.stat().st_size
    assert str(found["format"]).lower() == {"msgpack": "messagepack"}.get(format, format)
    assert (found["type"], found["keys"], found["holder"]) == ("dict", 2, None)
    assert [each["number"] for each in found["versions"]] == [2, 1]  # type: ignore[attr-defined]  # a list
    path.write_bytes(BROKEN[format])
    assert "no valid" in str(stat(path)["problem"])
