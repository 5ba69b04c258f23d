"""Whatever moment the power goes, a store opens to a value that it really had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import pytest

import outlive
from outlive.disk.atomic import _replacing_bytes
from outlive.disk.fs import OS, FileSystem
from outlive.disk.replacement import Sync
from outlive.formats import resolve
from outlive.store import Store

from .faulty import FaultyFileSystem, Image, Model, crash_images

Value = dict[str, object]
NAME = "state.json"
MODELS: tuple[Model, ...] = get_args(Model)


def value(number: int) -> Value:
    """A value of several 512-byte blocks, each different in each version."""
    return {"number": number, "text": f"{number} " * 800}


def open_store(path: Path, fs: FileSystem = OS, sync: Sync = "full", keep: int = 0) -> Store[Value]:
    """The store under test, on the given file system."""
    return Store(str(path), value(0), resolve(None, str(path)), sync=sync, keep=keep, fs=fs)


def commit(fs: FaultyFileSystem, numbers: range, sync: Sync = "full", keep: int = 0) -> None:
    """Commit one value after another, noting each in the log when it is acknowledged."""
    store = open_store(Path(fs.directory, NAME), fs, sync, keep)
    for number in numbers:
        store.value = value(number)
        store.commit()
        fs.note(str(number))


def every_image(fs: FaultyFileSystem, seeds: range = range(20)) -> Iterator[tuple[Image, int]]:
    """Each distinct image after a cut at any event, with the last acknowledged number."""
    seen = set()
    for cut in range(len(fs.log) + 1):
        notes = [int(event.path) for event in fs.log[:cut] if event.kind == "note"]
        for model in MODELS:
            for image in crash_images(fs, cut, model, seeds):
                key = (image.fingerprint(), tuple(notes))
                if key not in seen:
                    seen.add(key)
                    yield image, notes[-1] if notes else 0


def litter(directory: Path) -> list[str]:
    """What is in the directory beside the file and its versions."""
    return sorted(p.name for p in directory.iterdir() if not p.name.startswith(NAME))


def faults(
    tmp_path: Path,
    *,
    existing: bool = True,
    sync: Sync = "full",
    keep: int = 0,
    ignore: Literal["", "file", "directory"] = "",
    recovery: bool = True,
) -> list[str]:
    """Commit twice, cut at every event under every model, and say what was lost or left."""
    directory = tmp_path / "live"
    directory.mkdir()
    if existing:
        open_store(directory / NAME).commit()
    fs = FaultyFileSystem(directory, ignore=ignore)
    commit(fs, range(1, 3), sync, keep)
    found = []
    for image, acknowledged in every_image(fs):
        image.write_to(tmp_path / "after")
        least = acknowledged if sync == "full" else 0
        found += problems(tmp_path / "after", least, 2)
        if recovery:
            found += recovery_problems(tmp_path, image, sync, keep)
    return found


def problems(directory: Path, least: int, most: int) -> list[str]:
    """What is wrong with what the store says after the cut."""
    try:
        number = open_store(directory / NAME).value["number"]
    except outlive.OutliveError as error:
        return [f"unreadable: {error}"]
    if number not in range(least, most + 1):
        return [f"{number} after {least} was acknowledged"]
    return []


def recovery_problems(tmp_path: Path, image: Image, sync: Sync, keep: int) -> list[str]:
    """Commit once more, cutting that as well; in the end no litter may be left."""
    directory, found = tmp_path / "after", []
    fs = FaultyFileSystem(directory)
    found_number = open_store(directory / NAME).value["number"]
    commit(fs, range(9, 10), sync, keep)
    found += [f"litter: {name}" for name in litter(directory)]
    for again, acknowledged in every_image(fs, range(4)):
        again.write_to(tmp_path / "again")
        number = open_store(tmp_path / "again" / NAME).value["number"]
        if number != 9 and (number != found_number or (acknowledged and sync == "full")):
            found.append(f"{number} after a second cut, between {found_number} and 9")
    image.write_to(directory)
    return found


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("sync", ["full", "os"])
def test_a_power_cut_leaves_a_value_that_was_committed(
    tmp_path: Path, existing: bool, sync: Sync
) -> None:
    """At any cut a value is there; with "full" it is the last acknowledged one or a later."""
    assert faults(tmp_path, existing=existing, sync=sync) == []


def test_a_power_cut_with_history(tmp_path: Path) -> None:
    """Keeping versions weakens nothing, and a version holds a whole former value."""
    assert faults(tmp_path, keep=1) == []
    kept = [open_store(p).value for p in tmp_path.rglob(f"{NAME}.version-*")]
    assert kept
    assert all(version == value(int(str(version["number"]))) for version in kept)


@pytest.mark.parametrize("left_out", ["file", "directory"])
def test_each_fsync_is_needed(tmp_path: Path, left_out: Literal["file", "directory"]) -> None:
    """Without either fsync these tests find losses, so they would notice if one went missing."""
    assert faults(tmp_path, ignore=left_out, recovery=False) != []


def test_replacing_in_pieces_survives_a_power_cut(tmp_path: Path) -> None:
    """A file written in many pieces through `replacing` is the old one or the new one."""
    live, after = tmp_path / "live", tmp_path / "after"
    live.mkdir()
    (live / NAME).write_bytes(b"old" * 1000)
    fs = FaultyFileSystem(live)
    with _replacing_bytes(str(live / NAME), "full", fs) as file:
        for _ in range(5):
            file.write(b"new" * 3000)
    fs.note("1")
    for image, acknowledged in every_image(fs):
        image.write_to(after)
        expected = [b"new" * 15000] if acknowledged else [b"old" * 1000, b"new" * 15000]
        assert (after / NAME).read_bytes() in expected


def test_the_model_of_the_disk_loses_what_it_should(tmp_path: Path) -> None:
    """The stand-in forgets unsynced bytes and names, each apart from the other."""
    fs = FaultyFileSystem(tmp_path)
    path = str(tmp_path / "a")
    fd = fs.open(path, 0o102)  # O_RDWR | O_CREAT
    fs.write(fd, b"x" * 1000)

    def held(model: Model) -> list[bytes | None]:
        images = crash_images(fs, len(fs.log), model, range(200))
        return [
            image.contents.get(image.names["a"], b"") if image.names else None for image in images
        ]

    assert held("nothing") == [None]
    fs.fsync(fd)
    assert held("nothing") == [None]
    assert set(held("random")) == {None, b"x" * 1000}
    directory = fs.open(str(tmp_path), 0)
    fs.fsync(directory)
    assert set(held("nothing") + held("prefix") + held("random")) == {b"x" * 1000}
    fs.write(fd, b"y" * 1000)
    assert held("nothing") == [b"x" * 1000]
    assert b"x" * 1000 + b"y" * 500 in held("prefix")
    assert b"x" * 1000 + b"\0" * 24 + b"y" * 976 in held("random")
    fs.close(fd)
    fs.close(directory)
