"""Whenever the power goes, a state is one that the program was in, and no older than it said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import pytest

import outlive
from outlive.disk.replacement import Sync
from outlive.formats.equality import same
from outlive.live import plain

from ..disk.faulty import Event, FaultyFileSystem, Image, Model, crash_images
from ..files import names
from .small import COMMENTED, LEFT, NAME, Left, open_state, prepare, value_in

MODELS: tuple[Model, ...] = get_args(Model)


class Program:
    """Changes a state, and says in the log of the file system what it does.

    "begin 3" comes before what makes the third value, "done 3" after it, "durable 3" when it may
    not be lost. `values` are those that the state had after each statement.
    """

    def __init__(self, fs: FaultyFileSystem, sync: Sync) -> None:
        self.fs = fs
        self.sync: Sync = sync
        self.state = open_state(fs.directory, fs, sync)
        self.values = [plain(self.state)]

    def statements(self) -> Iterator[Callable[[], None]]:
        """One change of the state after the other."""
        state, pad = self.state, "x" * 700  # more than a block of the disk
        yield lambda: state.update(n=state.n + 1)
        yield lambda: state.list.append(state.n)
        yield lambda: state.deep.er.update(a=[1, pad], b=2)
        state._live_root._limit = 0
        yield lambda: state.list.extend(["vacuumed", 1])
        yield self.transaction
        yield lambda: state.update(pad=pad)
        state.sync()
        self.note("durable")
        yield state.deep.er.popitem
        yield lambda: state.list.insert(0, {"n": 1})

    def transaction(self) -> None:
        """Several changes that count together."""
        with self.state.transaction():
            self.state.n += 10
            del self.state.list[0]
            self.state.deep.er.c = self.state.n

    def note(self, what: str, number: int = -1) -> None:
        """Say something about a value, the newest unless a number is given."""
        number = number if number >= 0 else len(self.values) - 1
        self.fs.note(f"{what} {number}")

    def run(self) -> None:
        """Make all changes, close the state, open it again, and make one more."""
        for statement in self.statements():
            self.make(statement)
        self.state.close()
        self.note("durable")
        self.state = open_state(self.fs.directory, self.fs, self.sync)
        assert same(plain(self.state), self.values[-1])
        self.make(lambda: self.state.update(n="last"))
        self.state.close()
        self.note("durable")

    def make(self, statement: Callable[[], None]) -> None:
        """Make one change."""
        self.note("begin", len(self.values))
        statement()
        self.values.append(plain(self.state))
        self.note("durable" if self.sync == "full" else "done")


class Cut(NamedTuple):
    """What the disk may hold after a cut, and which values are right then."""

    image: Image
    least: int
    most: int


def cuts(fs: FaultyFileSystem, models: tuple[Model, ...], seeds: range) -> Iterator[Cut]:
    """Each distinct image after a cut at any event."""
    seen = set()
    for cut in range(len(fs.log) + 1):
        least, most = known(fs.log[:cut])
        for model in models:
            for image in crash_images(fs, cut, model, seeds):
                key = image.fingerprint(), least, most
                if key not in seen:
                    seen.add(key)
                    yield Cut(image, least, most)


def known(log: list[Event]) -> tuple[int, int]:
    """The number of the last durable value, and of the last one that was begun."""
    notes = [event.path.split() for event in log if event.kind == "note"]
    least = max((int(number) for what, number in notes if what == "durable"), default=0)
    return least, max((int(number) for _, number in notes), default=0)


def problem(found: Any, values: list[Any], least: int, most: int) -> str:
    """What is wrong with the value that was found after a cut."""
    which = [number for number, value in enumerate(values) if same(found, value)]
    if any(least <= number <= most for number in which):
        return ""
    return f"found number {which} ({found}) where {least} to {most} are right"


def losses(
    place: Path,
    left: Left,
    sync: Sync,
    *,
    ignore: Literal["", "file", "directory"] = "",
    seeds: range = range(4),
    every: int = 0,
    is_new: bool = False,
) -> list[str]:
    """Cut the program everywhere; every so many cuts are cut again while the state is opened."""
    prepare(place / "live", left, sync)
    fs = FaultyFileSystem(place / "live", ignore=ignore)
    if is_new:
        write_without_flush(fs, place / "live" / NAME)
    program = Program(fs, sync)
    program.run()
    found: list[str] = []
    for number, (image, least, most) in enumerate(cuts(fs, MODELS, seeds)):
        if is_new and not least:
            continue  # that was not ours to keep yet
        image.write_to(place / "after")
        try:
            value = value_in(place / "after")
        except (outlive.OutliveError, Warning) as error:
            found.append(f"between {least} and {most}: {error}")
            continue
        if wrong := problem(value, program.values, least, most):
            found.append(wrong)
        elif every and number % every == 0:
            found += second_losses(place, image, value, sync)
    return found


def write_without_flush(fs: FaultyFileSystem, path: Path) -> None:
    """Make the file as an editor does."""
    fd = fs.open(str(path), os.O_WRONLY | os.O_CREAT)
    fs.write(fd, COMMENTED)
    fs.close(fd)


def second_losses(place: Path, image: Image, value: Any, sync: Sync) -> list[str]:
    """Cut what comes after a cut: that no longer loses what was found, nor what was put aside."""
    directory, again = place / "after", place / "again"
    image.write_to(directory)
    fs = FaultyFileSystem(directory)
    program = Program(fs, sync)
    assert same(program.values, [value])
    lost = directory / f"{NAME}.lost"
    aside = lost.read_bytes() if lost.exists() else b""
    program.make(lambda: program.state.update(n="second"))
    program.state.close()
    program.note("durable")
    # A model in which half a rename is kept leaves NAME.lost under both its names.
    allowed = {NAME, lost.name, f".{lost.name}.outlive-0.tmp"}
    found = [f"litter: {name}" for name in names(directory) if name not in allowed]
    for second, least, most in cuts(fs, MODELS, range(2)):
        second.write_to(again)
        if wrong := problem(value_in(again), program.values, least, most):
            found.append(f"after a second cut: {wrong}")
        if aside and not (again / lost.name).read_bytes().startswith(aside):
            found.append("what was put aside is gone")
    return found


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("sync", ["os", "full"])
def test_a_power_cut_leaves_a_state_that_the_program_was_in(
    place: Path, left: Left, sync: Sync
) -> None:
    """Nothing newer than the cut, nothing that was durable is lost, also by a second cut."""
    assert losses(place, left, sync, seeds=range(2), every=40) == []


def test_a_file_that_somebody_else_made_just_now(place: Path) -> None:
    """Nothing of it is lost once a change was acknowledged, though nobody had flushed it."""
    assert losses(place, "nothing", "full", is_new=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("sync", ["os", "full"])
def test_more_power_cuts(place: Path, left: Left, sync: Sync) -> None:
    """The same with more that a disk may hold, and with many more second cuts."""
    assert losses(place, left, sync, seeds=range(20), every=5) == []


@pytest.mark.parametrize("sync", ["os", "full"])
@pytest.mark.parametrize("left_out", ["file", "directory"])
def test_each_flush_is_needed(
    place: Path, sync: Sync, left_out: Literal["file", "directory"]
) -> None:
    """Without either these tests find losses, so they would notice if one went missing."""
    assert losses(place, "nothing", sync, ignore=left_out, seeds=range(1)) != []
