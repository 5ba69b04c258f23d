"""A forked child uses the safe that it inherited, and disturbs nobody."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import Safe

from ..state.threads import in_threads, meanwhile
from .children import PATIENCE, add_one, ended_well, forked, in_fork, opened_small, writing

# Python says so from 3.12 on; it is what these tests are about.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A safe that does not exist yet."""
    return tmp_path / "a.safe"


def test_100_forks_while_threads_write_and_read(path: Path) -> None:
    """Children read, write and end in every way; threads and snapshots of the parent go on."""
    command = [sys.executable, str(Path(__file__).with_name("forking.py")), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout) == (0, "good"), done.stderr
    assert not done.stderr


def test_a_child_uses_the_safe(path: Path) -> None:
    """It reads, writes, iterates and takes snapshots, and so does the parent, at the same time."""
    with Safe[Any, Any](path) as safe:
        safe["n"] = 0

        def act() -> None:
            assert safe.path == str(path)
            for _ in range(50):
                safe.modify("n", add_one)
            safe["child"] = list(safe)
            with safe.snapshot() as then, safe.edit("child") as found:
                found.append(then["n"] >= 50)
            del safe["gone"]

        safe["gone"] = 1
        pids = [forked(act)]
        for _ in range(50):
            safe.modify("n", add_one)
        assert all(map(ended_well, pids))
        assert safe["n"] == 100
        assert "gone" not in safe
        assert safe["child"][-1] is True


def test_children_of_children(path: Path) -> None:
    """Six generations write, each while its parent waits for it and afterwards."""
    with Safe[Any, Any](path) as safe:

        def live(generation: int) -> None:
            safe[generation, "before"] = os.getpid()
            if generation < 6:
                in_fork(lambda: live(generation + 1))
            safe[generation, "after"] = os.getpid()
            assert safe[generation, "before"] == os.getpid()

        live(0)
        assert len(safe) == 14
        assert len(set(safe.values())) == 7


def test_a_childs_snapshots_and_transactions_are_not_the_parents(path: Path) -> None:
    """Those it inherited raise ClosedError and keep nothing; the parent's see what they saw."""
    with Safe[str, int](path) as safe:
        safe.update({"a": 1, "b": 2})
        items = iter(safe.items())
        assert next(items) == ("a", 1)
        with safe.snapshot() as then, safe.transaction() as t:
            t["a"] = 5
            assert then["a"] == 1
            keys = iter(then)

            def act() -> None:
                attempts: list[Callable[[], object]] = [
                    lambda: then["a"],
                    lambda: list(then),
                    lambda: len(then),
                    lambda: next(keys),
                    lambda: t["a"],
                    lambda: t.update(a=6),
                    lambda: list(t.items()),
                ]
                for attempt in attempts:
                    with pytest.raises(outlive.ClosedError, match=r"a\.safe"):
                        attempt()
                then.close()
                assert safe["a"] == 1
                safe["b"] = 3

            in_fork(act)
            assert (then["a"], then["b"], len(then)) == (1, 2, 2)
            assert list(keys) == ["a", "b"]
        assert list(items) == [("b", 2)]
        assert dict(safe) == {"a": 5, "b": 3}


def test_the_end_of_a_transaction_in_a_child(path: Path) -> None:
    """A block that a fork came into is kept by the parent, once; its end in the child raises."""
    with Safe[str, int](path) as safe:
        safe["n"] = 0
        pid, parent = 0, os.getpid()
        try:
            with safe.transaction() as t:
                t["n"] += 1
                pid = os.fork()
        except BaseException as error:
            if os.getpid() == parent:
                raise
            os._exit(0 if isinstance(error, outlive.ClosedError) else 1)
        if not pid:
            os._exit(2)
        assert ended_well(pid)
        assert safe["n"] == 1


def test_a_child_closes_and_opens(path: Path) -> None:
    """Close in the child closes the child's; a safe that it opens anew is its own."""
    with Safe[str, int](path) as safe, safe.snapshot() as then, writing(safe, "w"):
        safe["a"] = 1

        def act() -> None:
            with Safe[str, int](path) as anew:
                anew["b"] = 2
                assert safe["b"] == 2
                safe.close()
                assert anew["b"] == 2
                with pytest.raises(outlive.ClosedError):
                    safe["b"]
            with Safe[str, int](path) as anew:
                anew["c"] = 3

        for _ in range(5):
            in_fork(act)
            assert (safe["a"], safe["b"], safe.pop("c")) == (1, 2, 3)
            assert len(then) <= 1


def test_a_safe_that_is_closed_before_the_fork_stays_closed(path: Path) -> None:
    """So does one that the parent closes afterwards, for the parent alone."""
    safe = Safe[str, int](path)
    safe["a"] = 1
    read, write = os.pipe()

    def act() -> None:
        assert os.read(read, 1) == b"c"
        safe["a"] += 1

    pid = forked(act)
    safe.close()
    os.write(write, b"c")
    assert ended_well(pid)
    os.close(read)
    os.close(write)

    def closed() -> None:
        with pytest.raises(outlive.ClosedError):
            safe["a"]

    in_fork(closed)
    with Safe[str, int](path) as safe:
        assert safe["a"] == 2


def test_a_child_lives_longer_than_its_parent(path: Path) -> None:
    """The inherited safe goes on working after the parent closed it and others opened it."""
    text = """
import os, sys, time, outlive
safe = outlive.Safe(sys.argv[1])
safe["a"] = 1
then = safe.snapshot()
if os.fork() == 0:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.005)
    time.sleep(0.05)
    for n in range(30):
        safe["a"] += 1
    os.write(1, b"child\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", text, path], capture_output=True, timeout=PATIENCE, check=True
    )
    assert done.stdout == b"child\n"  # the pipe closes when the child has ended
    with Safe[str, int](path) as safe:
        assert safe["a"] == 31


def test_a_fork_while_another_thread_is_in_the_middle_of_it(path: Path) -> None:
    """A thread in `modify`, in a transaction, or waiting its turn, holds nothing in the child."""
    with Safe[str, Any](path) as safe:
        safe.update({"a": 0, "b": 0})

        def stay(t: Any) -> Iterator[None]:
            t["a"] = 1
            yield

        def in_transact() -> Iterator[None]:
            with safe.transaction() as t, safe.snapshot(), safe.edit("b") as _:
                yield from stay(t)

        def act() -> None:
            assert safe["a"] in (0, 1)
            safe["child"] = 1
            safe.modify("child", add_one)
            safe.transact(lambda t: t.update(child=t["child"] + 1))

        with writing(safe, "w"), meanwhile(in_transact):
            for _ in range(10):
                in_fork(act)
                assert safe["child"] == 3
        assert safe["a"] == 1


def test_forks_while_the_file_grows(path: Path) -> None:
    """A child that was forked while the parent's map was small follows, and the other way round."""
    with opened_small(path, map_size=1 << 17) as safe:

        def grow(number: int) -> None:
            safe.update({(number, n): "x" * 10_000 for n in range(40)})
            assert safe[number, 0] == "x" * 10_000

        for number in range(0, 10, 2):
            pid = forked(lambda number=number: grow(number))  # type: ignore[misc]  # a default
            grow(number + 1)
            assert ended_well(pid)
        assert len(safe) == 400
        assert all(len(value) == 10_000 for value in safe.values())


@pytest.mark.timeout(240)
def test_forks_while_it_is_compacted_and_reopened(path: Path) -> None:
    """A child never finds the door shut by a thread that only the parent has."""
    with Safe[str, int](path, sync="os") as safe:
        ends = threading.Event()

        def reopen() -> None:
            with Safe[str, int](path, sync="os") as second:
                second.modify("reopened", add_one, default=0)

        def until_then(act: Callable[[], object]) -> None:
            try:
                while not ends.is_set():
                    act()
            finally:
                ends.set()

        def fork_80_times() -> None:
            try:
                for _ in range(80):
                    in_fork(lambda: safe.modify("forks", add_one, default=0))
            finally:
                ends.set()

        acts: list[Callable[[], object]] = [
            fork_80_times,
            lambda: until_then(safe.compact),
            lambda: until_then(reopen),
            lambda: until_then(lambda: count(safe, 1)),
        ]
        in_threads(len(acts), lambda number: acts[number]())
        assert safe["forks"] == 80


def count(safe: Safe[str, int], times: int) -> int:
    """What workers do."""
    for _ in range(times):
        safe.modify("n", add_one, default=0)
    return os.getpid()


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(path: Path, method: str) -> None:
    """A safe that is passed to a process, in whatever way that is started, is the same safe."""
    context: Any = multiprocessing.get_context(method)
    with Safe[str, int](path) as safe, safe.snapshot() as then:
        processes = [context.Process(target=count, args=[safe, 25]) for _ in range(2)]
        for process in processes:
            process.start()
        count(safe, 25)
        for process in processes:
            process.join(PATIENCE)
            assert process.exitcode == 0
        assert safe["n"] == 75
        assert len(then) == 0


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_pool(path: Path, method: str) -> None:
    """Tasks that carry the safe, in workers that stay."""
    context: Any = multiprocessing.get_context(method)
    with (
        Safe[str, int](path) as safe,
        concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool,
    ):
        pids = list(pool.map(count, [safe] * 20, [5] * 20, timeout=PATIENCE))
        assert os.getpid() not in pids
        assert safe["n"] == 100


def test_threads_of_a_child(path: Path) -> None:
    """Many threads of parent and children write at once, as if each had opened the safe."""
    with Safe[str, int](path) as safe:

        def act() -> None:
            in_threads(4, lambda _: count(safe, 15))

        pids = [forked(act) for _ in range(3)]
        act()
        assert all(map(ended_well, pids))
        assert safe["n"] == 4 * 4 * 15


def test_forks_from_several_threads(path: Path) -> None:
    """Each thread forks children of its own, at the same time."""
    with Safe[Any, int](path) as safe:
        lock = threading.Lock()

        def work(number: int) -> None:
            for n in range(8):
                with lock:  # Python's own locks are not what is under test
                    pid = forked(lambda n=n: safe.__setitem__((number, n), n))  # type: ignore[misc]
                safe[number] = n
                assert ended_well(pid)

        in_threads(4, work)
        assert len(safe) == 4 * 9
