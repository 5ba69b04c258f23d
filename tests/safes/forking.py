"""A program that forks 100 times while its threads write and read a safe."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import outlive
from outlive import Safe

FORKS = 100

safe = Safe[Any, Any](sys.argv[1])
ends = threading.Event()
errors = list[str]()


def watched(work: Any) -> threading.Thread:
    """Begin a thread; its error ends the program with a message."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # said at the end
            errors.append(f"{work}: {error!r}")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


written = [0, 0]


def write(number: int) -> None:
    """Count, in a transaction with a second key."""
    while not ends.is_set():
        n = written[number] + 1
        safe.update({("thread", number): n, ("same", number): n})
        written[number] = n


def read() -> None:
    """Read in every way."""
    while not ends.is_set():
        with safe.snapshot() as then:
            for number in range(2):
                assert then["thread", number] == then["same", number]
        assert safe["fixed"] == list(range(100))
        assert [n for _, n in safe.items(start=("row", 0), stop=("row", 50))] == list(range(50))


def child(number: int) -> None:
    """Read what was there, write, see it; leave by one of the ways that there are."""
    try:
        then["fixed"]
    except outlive.ClosedError:
        pass
    else:
        raise AssertionError("an inherited snapshot was read")
    assert safe["fixed"] == list(range(100))
    assert len(safe.keys(start=("row", 0), stop=("row", 50))) == 50
    safe["child", number] = os.getpid()
    assert safe["child", number] == os.getpid()
    safe.modify("children", lambda n: n + 1, default=0)
    with safe.transaction() as t:
        t["row", number % 50] = t["row", number % 50]
    if number % 10 == 3:  # a child of the child
        pid = os.fork()
        safe.modify("children", lambda n: n + 1, default=0)
        if not pid:
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    if number % 4 == 0:
        safe.close()
    if number % 2:
        os._exit(0)
    sys.exit(0)


def ended(pid: int, end: float) -> None:
    """Wait for a child."""
    while not (done := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError("a child hangs")
        time.sleep(0.001)
    if done[1]:
        errors.append(f"a child ended with {done[1]}")


safe.update({"fixed": list(range(100)), "children": 0} | {("row", n): n for n in range(50)})
safe.update({(what, n): 0 for what in ("thread", "same") for n in range(2)})
then = safe.snapshot()
iteration = iter(safe.items(start=("row", 0), stop=("row", 50)))
assert next(iteration) == (("row", 0), 0)
threads = [watched(lambda: write(0)), watched(lambda: write(1)), watched(read), watched(read)]
pids = dict[int, int]()
for number in range(FORKS):
    pid = os.fork()
    if not pid:
        child(number)
    pids[number] = pid
    safe["parent"] = number
    if number % 3 == 0:  # sometimes three at once
        for pid in pids.values():
            ended(pid, time.monotonic() + 30)
        pids.clear()
    assert (then["children"], then["thread", 0]) == (0, 0)
    if number % 20 == 0:
        assert next(iteration)[1] == number // 20 + 1
before = list(written)
deadline = time.monotonic() + 30
while not errors and any(new <= old for new, old in zip(written, before, strict=True)):
    assert time.monotonic() < deadline, "a thread of the parent is blocked"
    time.sleep(0.001)
ends.set()
for thread in threads:
    thread.join(30)
    assert not thread.is_alive(), "a thread of the parent hangs"
assert not errors, errors
assert [n for _, n in iteration] == list(range(6, 50))
assert (then["fixed"], then["children"], "parent" in then) == (list(range(100)), 0, False)
assert sum(1 for key in then if isinstance(key, tuple) and key[0] == "child") == 0
then.close()
assert safe["children"] == FORKS + 2 * len(range(3, FORKS, 10))
assert [safe["thread", n] for n in range(2)] == written
assert len(safe.keys(start=("child", 0), stop=("child", FORKS))) == FORKS
assert len({safe["child", n] for n in range(FORKS)}) > FORKS // 2
safe.close()
sys.stdout.write("good")
