"""Whichever call fails, a state is what it was before the statement, or what it is after it."""

from __future__ import annotations

import errno
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

import outlive
from outlive.disk.replacement import Sync
from outlive.formats.equality import same
from outlive.live import plain

from ..disk.faulty import FaultyFileSystem
from ..files import names
from .small import NAME, Left, open_state, prepare, value_in


class FullDisk(FaultyFileSystem):
    """Takes no byte from a call number on; if it is stuck, the half, and cuts nothing off."""

    full_from = -1
    is_full = False
    is_stuck = False

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Fail once it is full."""
        self.is_full = self.is_full or len(self.calls) >= self.full_from >= 0
        if not self.is_full:
            return super().write(fd, data)
        if self.is_stuck:
            super().write(fd, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def truncate(self, fd: int, size: int) -> None:
        """Fail if it is stuck."""
        if self.is_stuck:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(fd, size)


def in_transaction(state: Any) -> None:
    """Several changes that count together."""
    with state.transaction():
        state.n = 3
        state.list.insert(0, {"n": 3})


def vacuumed(state: Any) -> None:
    """A change after which a vacuum is due."""
    state._live_root._limit = 0
    state.deep.er.more = True


STATEMENTS: list[Callable[[Any], object]] = [
    lambda state: state.update(n=1),
    lambda state: state.list.append("x" * 50),
    lambda state: setattr(state, "n", 2),
    in_transaction,
    vacuumed,
    lambda state: state.sync(),
    lambda state: state.list.extend([1, 2, 3]),
    lambda state: state.close(),
]
ERRORS: list[int | Literal["short"]] = [errno.EIO, errno.ENOSPC, "short"]


def after_a_kill(directory: Path) -> Any:
    """What the next program finds if this one is killed now."""
    copy = directory.parent / "copy"
    shutil.copytree(directory, copy)
    try:
        return value_in(copy)
    finally:
        shutil.rmtree(copy)


def fresh(place: Path, left: Left) -> Path:
    """The directory under test, as it is in the beginning."""
    shutil.rmtree(place / "live", ignore_errors=True)
    prepare(place / "live", left, "os")
    return place / "live"


def run_statements(fs: FaultyFileSystem, sync: Sync) -> Iterator[tuple[str, Any]]:
    """Make all changes; after each, the error that it raised, and the state."""
    directory = Path(fs.directory)
    try:
        state = open_state(directory, fs, sync)
    except outlive.OutliveError as error:
        assert NAME in str(error)
        state = open_state(directory, sync=sync)
    refuses = False
    for statement in STATEMENTS:
        before, failed = plain(state), ""
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                statement(state)
            except outlive.OutliveError as error:
                assert NAME in str(error)
                assert same(plain(state), before)
                failed = str(error)
        assert {warning.category for warning in warned} <= {RuntimeWarning}  # a vacuum failed
        assert not refuses or failed or statement is STATEMENTS[-1]
        flush = failed or "".join(str(warning.message) for warning in warned)
        refuses = refuses or "fsync" in flush
        assert same(after_a_kill(directory), plain(state))
        yield failed, state


@pytest.mark.parametrize(
    ("left", "sync"), [("nothing", "os"), ("commented", "full"), ("torn", "full")]
)
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_a_failed_call_changes_nothing(
    place: Path, left: Left, sync: Sync, error: int | Literal["short"], every: int
) -> None:
    """Whichever call fails: the error is ours, memory and file are as before or as after."""
    whole = FaultyFileSystem(fresh(place, left))
    assert {failed for failed, _ in run_statements(whole, sync)} == {""}
    failures = 0
    for call in range(ERRORS.index(error) % every, len(whole.calls), every):
        fs = FaultyFileSystem(fresh(place, left), fail=call, error=error)
        for failed, state in run_statements(fs, sync):  # noqa: B007  # the last one is what counts
            failures += bool(failed)
        assert not fs.open_files, fs.calls[call]
        assert same(value_in(Path(fs.directory)), plain(state))
        assert names(Path(fs.directory)) in ([NAME], [NAME, f"{NAME}.lost"])
    assert (failures > 20 // every) == (error != "short")


@pytest.mark.parametrize("sync", ["os", "full"])
@pytest.mark.parametrize("every", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_a_disk_that_stays_full(place: Path, sync: Sync, every: int) -> None:
    """Each change raises FullError and changes nothing, until there is room again."""
    whole = FaultyFileSystem(fresh(place, "entries"))
    list(run_statements(whole, sync))
    for call in range(0, len(whole.calls), every):
        fs = FullDisk(fresh(place, "entries"))
        fs.full_from = call
        for _, state in run_statements(fs, sync):
            journal = state._live_session.journal
            if journal.fs is fs and journal.refusal is None and fs.is_full:
                before = plain(state)
                with pytest.raises(outlive.FullError):
                    state.n = "new"
                assert same(plain(state), before)
                assert same(after_a_kill(Path(fs.directory)), before)
        fs.full_from, fs.is_full = -1, False
        state = open_state(fs.directory, fs, sync)
        state.n = "new"
        assert same(after_a_kill(Path(fs.directory)), plain(state))
        state.close()
        assert not fs.open_files


def test_a_half_entry_that_cannot_be_cut_off(place: Path) -> None:
    """Then the state refuses all, and opening it again finds what was acknowledged."""
    fs = FullDisk(fresh(place, "entries"))
    state = open_state(fs.directory, fs)
    state.n = "kept"
    fs.is_full = fs.is_stuck = True
    with pytest.raises(outlive.FullError):
        state.n = "half"
    fs.is_full = fs.is_stuck = False
    for statement in STATEMENTS[:-1]:
        with pytest.raises(outlive.DiskError, match="open the state again"):
            statement(state)
    assert state.n == after_a_kill(Path(fs.directory))["n"] == "kept"
    state.close()
    assert value_in(Path(fs.directory))["n"] == "kept"
