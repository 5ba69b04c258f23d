"""The file grows by itself, in every process that has it open, and only where it has to."""

from __future__ import annotations

import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from outlive import FullError, Safe
from outlive.engines.lmdb import map

from ..state.threads import in_threads
from .children import opened_small, other, size, writing

SMALL = 1 << 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A safe that does not exist yet."""
    return tmp_path / "a.safe"


def test_more_than_the_first_map(path: Path) -> None:
    """Item by item, in one transaction and in one value, a safe takes more than was mapped."""
    with opened_small(path, SMALL) as safe:
        for n in range(300):
            safe[n] = "x" * 3000
        safe.update({("many", n): "y" * 3000 for n in range(1000)})
        safe["huge"] = "z" * 20_000_000
        assert len(safe) == 1301
        assert safe["huge"] == "z" * 20_000_000
    with opened_small(path, SMALL) as safe:  # a file that is larger than the map asked for
        assert len(safe["huge"]) == 20_000_000
        assert all(safe[n] == "x" * 3000 for n in range(300))
        safe["more"] = "z" * 20_000_000
        assert len(safe["more"]) == 20_000_000
    with opened_small(path, SMALL, mode="r") as safe:
        assert len(safe["more"]) == 20_000_000
    with Safe[Any, Any](path) as safe:
        assert len(safe) == 1302


def follow(path: Path, mode: Any) -> Iterator[Any]:
    """Say again and again what is there; open a snapshot in between."""
    with opened_small(path, SMALL, mode=mode) as safe:
        before = None
        while True:
            with safe.snapshot() as then:
                yield len(then), before, safe.get("last", "")[-10:]
                before = len(then)
            if mode == "rw":
                safe["follower"] = "f" * 10_000


@pytest.mark.parametrize("mode", ["r", "rw"])
def test_another_process_grows_the_file(path: Path, mode: str) -> None:
    """A process that has a small map follows, reading and writing, with a snapshot of before."""
    with opened_small(path, SMALL) as safe:
        safe["last"] = "start"
        with other(follow, path, mode) as follower:
            assert follower.next() == (1, None, "start")
            for n in range(1, 8):
                safe.update({(n, m): "x" * 20_000 for m in range(n * 20)})
                safe["last"] = str(n).zfill(100_000)
                extra = int("follower" in safe)
                if mode == "rw":
                    extra = 1
                found = follower.next()
                count = 1 + sum(m * 20 for m in range(1, n + 1)) + extra
                earlier = 1 + sum(m * 20 for m in range(1, n)) + (extra if n > 1 else 0)
                assert found == (count, earlier, f"{n:010}")
        assert safe.get("follower") == ("f" * 10_000 if mode == "rw" else None)


def grow(path: Path, number: int) -> Iterator[None]:
    """Grow it by a megabyte, in small steps."""
    with opened_small(path, SMALL) as safe:
        yield
        for n in range(100):
            safe[number, n] = chr(97 + number) * 10_000
            assert safe[number, n - n % 7] == chr(97 + number) * 10_000
        yield


def test_several_processes_grow_it_at_once(path: Path) -> None:
    """Each may find at any moment that another has grown the file."""
    with other(grow, path, 0) as a, other(grow, path, 1) as b, other(grow, path, 2) as c:
        for process in (a, b, c):
            process.next()
        for process in (a, b, c):
            process.go()
        for process in (a, b, c):
            process.got()
    with Safe[Any, str](path) as safe:
        assert len(safe) == 300
        assert all(value == chr(97 + number) * 10_000 for (number, _), value in safe.items())


def test_growth_beside_snapshots(path: Path) -> None:
    """A snapshot, an iteration and a transaction that are open while the safe grows go on."""
    with Safe[Any, Any](path) as safe:
        safe.update(dict.fromkeys(range(100), "x" * 100))
        with safe.snapshot() as then:
            items, more = iter(then.items()), iter(safe.items())
            assert next(items) == next(more) == (0, "x" * 100)
            safe.update(dict.fromkeys(range(100, 500), "y" * 200000))
            safe.update(dict.fromkeys(range(100), "z"))
            assert len(then) == 100
            assert set(then.values()) == {"x" * 100}
            assert list(items) == list(more) == [(n, "x" * 100) for n in range(1, 100)]
        with safe.transaction() as t:
            assert t[0] == "z"
            safe.update({("more", n): "x" * 50_000 for n in range(50)})
            t["t"] = t[1] + "x" * 3_000_000
        assert len(safe["t"]) == 3_000_001


def test_growth_of_a_small_map_waits_for_snapshots(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a moment without a snapshot in the process; if none comes, the write is refused."""
    with opened_small(path, SMALL) as safe:
        safe.update(dict.fromkeys(range(100), "x" * 100))
        with ExitStack() as stack:
            then = stack.enter_context(safe.snapshot())

            def close() -> None:
                assert len(then) == 100
                stack.close()

            closing = threading.Timer(0.1, close)
            closing.start()
            safe["huge"] = "y" * 1_000_000
            closing.join()
        monkeypatch.setattr(map, "_PATIENCE", 0.1)
        with safe.snapshot() as then:
            with pytest.raises(FullError, match="close snapshots that are open"):
                safe["huger"] = "y" * 10_000_000
            assert "huger" not in safe
            assert len(then) == len(safe) == 101
            safe["small"] = "fits"
        safe["huger"] = "y" * 10_000_000
        assert len(safe) == 103


def test_a_transaction_that_makes_a_small_map_grow(path: Path) -> None:
    """What it has read itself does not stand in its way."""
    with opened_small(path, SMALL) as safe:
        safe["n"] = "x" * 1000
        for times in (100, 10, 10):
            safe.modify("n", lambda old, times=times: old * times)  # type: ignore[misc]  # a default
        with safe.edit("n") as value, safe.transaction() as t:
            t["m"] = t["n"] * 2
            assert list(t) == ["m", "n"]
            assert len(value) == 10_000_000
        safe.transact(lambda t: t.update(k=t["m"] * 2))
        assert len(safe["k"]) == 40_000_000


@pytest.mark.timeout(30)
@pytest.mark.parametrize("is_small", [True, False])
def test_growth_beside_reading_threads(path: Path, is_small: bool) -> None:
    """Threads that read without a pause never see anything wrong, and do not hinder it."""
    with opened_small(path, SMALL) if is_small else Safe[Any, Any](path) as safe:
        safe.update({n: (n, "x" * 50) for n in range(200)})
        writing = {0, 1}

        def write(number: int) -> None:
            for n in range(60):
                safe[number, n] = (0, "x" * 30_000)

        def work(number: int) -> None:
            try:
                if number in writing:
                    write(number)
            finally:
                writing.discard(number)
            while writing:
                assert safe[5] == (5, "x" * 50)
                found = list(safe.items(start=0, stop=200))
                assert found == [(m, (m, "x" * 50)) for m in range(200)]

        in_threads(6, work)
        assert len(safe) == 320


def grow_in_little_memory(path: Path) -> Iterator[int]:
    """Open, and grow, where no more than a GiB can be mapped."""
    with Safe[Any, Any](path) as safe:
        then = safe.snapshot()
        for n in range(40):
            safe[n] = bytes([n]) * 1_000_000
        assert all(safe[n] == bytes([n]) * 1_000_000 for n in range(40))
        assert len(then) == 0
        then.close()
        yield len(safe)
        with Safe[Any, Any](path.with_name("second.safe")) as second:
            second.update(safe)
            yield len(second)
        safe.compact()
        yield len(safe)


def limit_memory(path: Path) -> Iterator[int]:
    """The same in a process that may not have more memory."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    yield from grow_in_little_memory(path)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not keep RLIMIT_AS")
def test_little_address_space(path: Path) -> None:
    """A process that may map 1 GiB opens two safes, grows and compacts them."""
    with other(limit_memory, path) as process:
        assert [process.next() for _ in range(3)] == [40, 40, 40]
        with Safe[Any, Any](path) as safe:
            assert safe[7] == bytes([7]) * 1_000_000


def hold(path: Path) -> Iterator[int]:
    """Hold a snapshot."""
    with Safe[Any, Any](path) as safe, safe.snapshot() as then:
        while True:
            yield then["n"]


def rewrite(safe: Any, times: int) -> None:
    """Write the same key again and again: none of it has to grow the file."""
    for n in range(times):
        safe["n"] = n
        safe["pad"] = "x" * 50_000


def check_it_stays(safe: Any) -> None:
    """After a while the file grows no more, whatever is written over what was there."""
    rewrite(safe, 200)
    before = size(Path(safe.path))
    rewrite(safe, 200)
    assert size(Path(safe.path)) <= before + 200_000  # of 10 million bytes that were written


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_reader_does_not_make_the_file_grow(path: Path, number: int) -> None:
    """What its snapshot kept is given free for others to use, without anybody's doing."""
    with Safe[Any, Any](path) as safe:
        rewrite(safe, 20)
        with other(hold, path) as reader:
            assert reader.next() == 19
            rewrite(safe, 20)
            assert reader.next() == 19
            reader.signal(number)
        check_it_stays(safe)


def test_a_stopped_reader(path: Path) -> None:
    """Its snapshot is whole when it goes on; killed, it does not make the file grow any more."""
    with Safe[Any, Any](path) as safe:
        rewrite(safe, 20)
        with other(hold, path) as reader:
            assert reader.next() == 19
            reader.signal(signal.SIGSTOP)
            rewrite(safe, 50)
            reader.signal(signal.SIGCONT)
            assert reader.next() == 19
            reader.signal(signal.SIGSTOP)
            rewrite(safe, 20)
        check_it_stays(safe)


def test_many_killed_readers(path: Path) -> None:
    """The table of readers does not fill up with dead ones, and others find their place."""
    with Safe[Any, Any](path) as safe, writing(safe, "n"):
        safe["n"] = 0
        for _ in range(12):
            with other(hold_many, path) as reader:
                assert reader.next() == 100
    assert size(path) < 5_000_000


def hold_many(path: Path) -> Iterator[int]:
    """Hold a hundred snapshots."""
    safe = Safe[Any, Any](path)
    snapshots = [safe.snapshot() for _ in range(100)]
    yield len(snapshots)


def test_a_forgotten_snapshot_is_let_go(path: Path) -> None:
    """Threads that ended with a snapshot or an iteration open do not keep the file growing."""
    with Safe[Any, Any](path) as safe:
        rewrite(safe, 20)

        def work(_: int) -> None:
            items = iter(safe.items())
            next(items)

        in_threads(4, work)
        check_it_stays(safe)
