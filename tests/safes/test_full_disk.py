"""A full disk raises FullError, touches nothing, and is forgotten when there is room again."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import Safe

from ..files import names
from ..state.threads import in_threads
from .children import opened_small, other, size
from .rooms import FileSizeLimit, Room, SmallDisk, limit_file_size

OLD: dict[Any, Any] = {n: ("old", "x" * n * 50) for n in range(40)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a file system of 8 MB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8M", "outlive", str(directory)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount here: {error}")
    if done.returncode:
        pytest.skip(f"may not mount a small file system: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture(params=["a small disk", "a file-size limit"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    """Both kinds."""
    if request.param == "a file-size limit":
        return FileSizeLimit(tmp_path / "a.safe")
    return SmallDisk(request.getfixturevalue("disk") / "a.safe")


def run(steps: Callable[..., Iterator[Any]], room: Room, *arguments: Any) -> None:
    """Another process takes the steps, for its limits are its own.

    Each yields what the safe now holds for any other process, which can write, too.
    """
    with other(steps, room, *arguments) as process:
        while (expected := process.next()) is not None:
            check_anew(room.path, expected)
    check_anew(room.path, OLD)
    assert set(names(room.path.parent)) <= {"a.safe", "a.safe-lock", "disk"}


def check_anew(path: Path, expected: dict[Any, Any]) -> None:
    """What another process finds, that can write, too."""
    with other(read_and_write, path) as process:
        assert process.next() == expected


def read_and_write(path: Path) -> Iterator[dict[Any, Any]]:
    """Read all, and write."""
    with Safe[Any, Any](path) as safe:
        found = dict(safe)
        safe["anew"] = "x" * 300_000
        assert safe.pop("anew") == "x" * 300_000
        yield found


def read(path: Path) -> Iterator[dict[Any, Any]]:
    """Read all."""
    with Safe[Any, Any](path, mode="r") as safe:
        yield dict(safe)


ATTEMPTS: dict[str, Callable[[Any], object]] = {
    "set": lambda safe: safe.__setitem__("new", "x" * 2_000_000),
    "change": lambda safe: safe.__setitem__(3, "x" * 2_000_000),
    "update": lambda safe: safe.update(dict.fromkeys(range(40), "y" * 50000) | {"new": 1}),
    "modify": lambda safe: safe.modify(3, lambda old: [old, "x" * 2_000_000]),
    "transact": lambda safe: safe.transact(
        lambda t: (t.clear(), t.update(dict.fromkeys(range(40), "z" * 50000)))
    ),
}


def attempts(room: Room, attempt: str, sync: Any) -> Iterator[dict[Any, Any]]:
    """Write too much, in one of the ways."""
    with Safe[Any, Any](room.path, sync=sync) as safe:
        safe.update(OLD)
        room.fill(200_000)
        with safe.snapshot() as then:
            for _ in range(3):
                with pytest.raises(outlive.FullError, match="make room") as caught:
                    ATTEMPTS[attempt](safe)
                assert str(room.path) in str(caught.value)
                assert caught.value.errno in (errno.ENOSPC, errno.EFBIG)
                assert dict(safe) == dict(then) == OLD
            safe["small"] = "there is room for this"
            assert safe.pop("small") == "there is room for this"
            room.make()
            yield OLD
            ATTEMPTS[attempt](safe)
            assert dict(then) == OLD
        after = dict(safe)
        assert after != OLD
        yield after
        safe.clear()
        safe.update(OLD)


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("sync", ["full", "os"])
def test_no_room(room: Room, attempt: str, sync: Any) -> None:
    """FullError, nothing of the write is there, all else is; with room the same write works."""
    run(attempts, room, attempt, sync)


def fill(room: Room) -> Iterator[dict[Any, Any]]:
    """Small writes, until 20 did not fit."""
    with Safe[Any, Any](room.path) as safe:
        safe.update(OLD)
        room.fill(150_000)
        kept, fails = dict(OLD), 0
        for n in range(1000, 3000):
            try:
                safe[n] = "x" * (n % 7 * 300)
            except outlive.FullError:
                fails += 1
            else:
                kept[n] = "x" * (n % 7 * 300)
                assert safe[n] == kept[n]
            if fails == 20:
                break
        assert fails == 20
        assert len(kept) > len(OLD) + 20
        assert dict(safe) == kept
        yield kept  # the disk is still full
        with Safe[Any, Any](room.path, mode="r") as reader:
            assert dict(reader) == kept
        room.make()
        safe["more"] = "x" * 500_000
        yield kept | {"more": "x" * 500_000}
        safe.clear()
        safe.update(OLD)


def test_filled_to_the_brim(room: Room) -> None:
    """Small writes until no more fits: what was told is kept is there, in this and any process."""
    with other(fill, room) as process:
        kept = process.next()
        with other(read, room.path) as reader:
            assert reader.next() == kept
        check_anew(room.path, process.next())
        process.next()
    check_anew(room.path, OLD)


def write_huge_and_small(room: Room) -> Iterator[dict[Any, Any]]:
    """One thread writes what does not fit, five others what does."""
    with Safe[Any, Any](room.path) as safe:
        safe.update(OLD)
        room.fill(600_000)
        failed = list[Exception]()

        def work(number: int) -> None:
            for n in range(30):
                if number:
                    safe["small", number] = n
                    assert safe["small", number] == n
                    continue
                with pytest.raises(outlive.FullError) as caught:
                    safe["huge"] = "x" * 2_000_000
                failed.append(caught.value)

        in_threads(6, work)
        assert len(failed) == 30
        small = {("small", number): 29 for number in range(1, 6)}
        assert dict(safe) == OLD | small
        room.make()
        yield OLD | small
        safe["huge"] = "x" * 2_000_000
        for key in [*small, "huge"]:
            del safe[key]


def test_one_huge_value_among_small_ones(room: Room) -> None:
    """The thread that writes it gets FullError; what others write with the same flush is kept."""
    run(write_huge_and_small, room)


def grow(room: Room) -> Iterator[dict[Any, Any]]:
    """Write what does not fit into the memory that is mapped, either."""
    with opened_small(room.path, map_size=1 << 17) as safe:
        safe.update(OLD)
        room.fill(200_000)
        for _ in range(3):
            with pytest.raises(outlive.FullError):
                safe["huge"] = "x" * 2_000_000
            assert dict(safe) == OLD
        room.make()
        safe["huge"] = "x" * 2_000_000
        yield OLD | {"huge": "x" * 2_000_000}
        del safe["huge"]


def test_no_room_while_the_file_grows(room: Room) -> None:
    """The same in a safe that has to map more memory at that moment."""
    run(grow, room)


def compact(room: Room) -> Iterator[dict[Any, Any]]:
    """Compact where there is no room for what is to be left."""
    with Safe[Any, Any](room.path) as safe:
        before = OLD | {("large", n): os.urandom(5000) for n in range(200)}
        safe.update(before)
        length = size(room.path)
        for left in (300_000, 1_300_000):
            if isinstance(room, SmallDisk):
                room.fill(left)
            else:
                limit_file_size(left)
            for _ in range(2):
                with pytest.raises(outlive.FullError, match="make room"):
                    safe.compact()
                assert dict(safe) == before
                assert size(room.path) == length
            room.make()
        assert set(names(room.path.parent)) <= {"a.safe", "a.safe-lock", "disk"}
        yield before
        safe["after"] = 1
        safe.compact()
        yield before | {"after": 1}
        safe.clear()
        safe.update(OLD)


def test_no_room_for_a_compaction(room: Room) -> None:
    """FullError; the safe is as it was and goes on, and nothing is left beside it."""
    run(compact, room)


def be_told(room: Room) -> Iterator[dict[Any, Any]]:
    """Six threads write, and nothing fits."""
    with Safe[Any, Any](room.path) as safe:
        safe.update(OLD)
        room.fill(0)
        told = [0] * 6

        def work(number: int) -> None:
            for _ in range(5):
                with pytest.raises(outlive.FullError):
                    safe["huge", number] = "x" * 500_000
                told[number] += 1

        in_threads(6, work)
        assert told == [5] * 6
        assert dict(safe) == OLD
        room.make()
        large = {("huge", number): "x" * 300_000 for number in range(6)}
        in_threads(6, lambda number: safe.update([list(large.items())[number]]))
        yield OLD | large
        for key in large:
            del safe[key]


def test_waiting_writers_are_told(room: Room) -> None:
    """When there is no room for anybody, each of many threads gets its own FullError."""
    run(be_told, room)


def open_new(room: Room) -> Iterator[None]:
    """Make a safe where there is hardly any room."""
    for left in (0, 4096, 8192, 12288, 20000, 40000, 80000):
        room.fill(left)
        with contextlib.suppress(outlive.FullError), Safe[int, int](room.path) as safe:
            safe[1] = left
            assert safe[1] == left
        room.make()
        yield


def test_a_new_safe_on_a_full_disk(disk: Path) -> None:
    """FullError, or a safe that works; never a signal; and a good one as soon as there is room."""
    room = SmallDisk(disk / "a.safe")
    with other(open_new, room) as process:
        for _ in range(7):
            process.next()
    with Safe[int, int](room.path) as safe:
        assert safe[1] == 80000
        safe[2] = 2
    assert set(names(disk)) <= {"a.safe", "a.safe-lock"}


def open_and_read(path: Path, mode: Any, may_fail: bool) -> Iterator[None]:
    """Read through many snapshots, each of which takes a place among LMDB's readers."""
    with contextlib.ExitStack() as stack:
        try:
            safe = stack.enter_context(Safe[Any, Any](path, mode=mode))
        except outlive.FullError:
            assert may_fail
        else:
            snapshots = [stack.enter_context(safe.snapshot()) for _ in range(120)]
            for then in snapshots:
                assert dict(then) == OLD
        yield


@pytest.mark.parametrize("lock", ["is there", "is gone"])
@pytest.mark.parametrize("mode", ["r", "rw"])
def test_opening_on_a_full_disk(disk: Path, lock: str, mode: Any) -> None:
    """It opens and reads, or says FullError; a process is never ended by a signal for it."""
    room = SmallDisk(disk / "a.safe")
    with Safe[Any, Any](room.path) as safe:
        safe.update(OLD)
    if lock == "is gone":
        room.path.with_name("a.safe-lock").unlink(missing_ok=True)
    room.fill(0)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            process = stack.enter_context(other(open_and_read, room.path, mode, lock == "is gone"))
            process.next()
    room.make()
    check_anew(room.path, OLD)
