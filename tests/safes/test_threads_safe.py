"""Many threads on one safe: exact outcomes, nobody is held up, and Ctrl-C harms nobody."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import Safe

from ..state.threads import in_threads
from .children import PATIENCE, add_one


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize("sync", ["full", "os"])
def test_16_threads(tmp_path: Path, sync: Any) -> None:
    """Sets, deletes, pops and `modify` on own and on shared keys come out exactly."""
    path = tmp_path / "a.safe"
    models: list[dict[Any, Any]] = [{} for _ in range(16)]
    with Safe[Any, Any](path, sync=sync) as safe:

        def work(number: int) -> None:
            moments, model = random.Random(number), models[number]
            for step in range(40):
                key = number, moments.randrange(8)
                act = moments.randrange(5)
                if act < 2:
                    safe[key] = model[key] = (step, "x" * moments.randrange(3000))
                elif act == 2:
                    assert safe.pop(key, None) == model.pop(key, None)
                elif act == 3:
                    assert safe.get(key) == model.get(key)
                else:
                    model[key] = safe.modify(key, lambda old: (*old, "m"), default=())
                safe.modify(("shared", step % 3), add_one, default=0)
                with safe.transaction() as t:
                    t[number, "pair", 0] = t[number, "pair", 1] = step
                assert list(safe.items(start=(number, 0), stop=(number, 9))) == sorted(
                    model.items()
                )

        in_threads(16, work)
        expected: dict[Any, Any] = {("shared", n): 16 * len(range(n, 40, 3)) for n in range(3)}
        for number, model in enumerate(models):
            expected |= model | {(number, "pair", 0): 39, (number, "pair", 1): 39}
        assert dict(safe) == expected
    with Safe[Any, Any](path) as safe:
        assert dict(safe) == expected


@pytest.mark.timeout(40)
def test_conflicts_beside_reading_threads(tmp_path: Path) -> None:
    """Threads that read without a pause do not hold up those whose writes meet conflicts."""
    with Safe[Any, Any](tmp_path / "a.safe") as safe:
        safe.update({n: n for n in range(200)})
        writing = {0, 1, 2}

        def write(number: int) -> None:
            for step in range(40):
                safe.modify("n", add_one, default=0)
                with contextlib.suppress(outlive.ConflictError), safe.transaction() as t:
                    t[number, t["n"]] = step

        def work(number: int) -> None:
            try:
                if number in writing:
                    write(number)
            finally:
                writing.discard(number)
            while writing:
                assert safe[7] == 7
                assert list(safe.values(start=0, stop=200)) == list(range(200))

        in_threads(7, work)
        assert safe["n"] == 120


def test_two_safes_of_one_file_in_one_process(tmp_path: Path) -> None:
    """They see each other's changes, threads use both at once, and each is closed for itself."""
    path = tmp_path / "a.safe"
    with Safe[str, int](path) as second:
        first = Safe[str, int](path)
        first["a"] = 1
        assert second["a"] == 1
        second["a"] = 2
        with first.snapshot() as then:
            second["a"] = 3
            assert (then["a"], first["a"]) == (2, 3)

        def work(number: int) -> None:
            for _ in range(25):
                (first, second)[number % 2].modify("n", add_one, default=0)

        in_threads(6, work)
        assert first["n"] == second["n"] == 150
        with second.snapshot() as then:
            first.close()
            assert then["n"] == 150
            with pytest.raises(outlive.ClosedError):
                first["n"]
            second["n"] = 0
            assert (then["n"], second["n"]) == (150, 0)
        with Safe[str, int](path, mode="r") as third:
            assert third["n"] == 0
        second["n"] = 1
        assert second["n"] == 1


INTERRUPTED = """
import contextlib, os, signal, sys, threading, time
import outlive

safe = outlive.Safe(sys.argv[1])
armed = False
interrupts = []
counts = [0] * 4
ends = threading.Event()

def handler(*_):
    global armed
    if armed:
        armed = False  # one at a time, so that none comes while the last is being handled
        interrupts.append(tried)
        raise KeyboardInterrupt

def work(number):
    while not ends.is_set():
        safe["thread", number] = counts[number] + 1
        counts[number] += 1

signal.signal(signal.SIGINT, handler)
threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
for thread in threads:
    thread.start()
tried = kept = 0
print("ready", flush=True)
while len(interrupts) < int(sys.argv[2]):
    try:
        armed = True
        while True:
            tried += 1
            safe["main"] = tried
            kept = tried
            assert safe["main"] == kept, "an older write came after it"
    except KeyboardInterrupt:
        pass
armed = False
before = list(counts)
deadline = time.monotonic() + 30
while any(new <= old for new, old in zip(counts, before)):
    assert time.monotonic() < deadline, "a thread is blocked"
    time.sleep(0.001)
ends.set()
for thread in threads:
    thread.join(30)
    assert not thread.is_alive(), "a thread hangs"
assert kept <= safe["main"] <= tried, (kept, safe["main"], tried)
assert [safe["thread", number] for number in range(4)] == counts, counts
safe["main"] = "end"
assert safe["main"] == "end"
safe.close()
print("good", len(set(interrupts)), flush=True)
"""


@pytest.mark.parametrize("times", [50, pytest.param(200, marks=pytest.mark.slow)])
def test_ctrl_c_in_a_thread_that_writes(tmp_path: Path, times: int) -> None:
    """Interrupts of the main thread's writes: no thread is blocked, no write is lost."""
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "a.safe"), str(times)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            moments, end = random.Random(5), time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < end:
                time.sleep(moments.random() * 0.006)
                process.send_signal(signal.SIGINT)
            said = process.stdout.read().split()
        finally:
            process.kill()
    assert said[:1] == ["good"]
    assert int(said[1]) > times // 4  # so they came to different writes
