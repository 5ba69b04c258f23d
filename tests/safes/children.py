"""Other processes of a test: clean ones, which go step by step, and forked ones."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from outlive import Safe
from outlive.engines.lmdb import LMDBEngine

PATIENCE = 60  # seconds; what takes longer hangs

# A server that has imported everything, and nothing open, forks them: that is quick and clean.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["outlive", "outlive.safes.safe", "outlive.engines.lmdb", "pytest"])


class KilledError(Exception):
    """The other process was killed before it said anything."""


class Other:
    """Another process, that goes from one `yield` of a generator to the next when it is told to.

    It has inherited nothing of this process. `steps` is a function of a module.
    """

    def __init__(self, steps: Callable[..., Iterator[Any]], *arguments: Any) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(
            target=_run, args=[theirs, steps, arguments], daemon=True, name=str(steps)
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid
        return self._process.pid

    def go(self) -> None:
        """Let it go to its next `yield`, and do not wait for it."""
        self._pipe.send(None)

    def got(self) -> Any:
        """What it yielded, waited for; its error, if it raised one; None after its end."""
        assert self._pipe.poll(PATIENCE), f"{self._process.name} hangs"
        try:
            value, error = self._pipe.recv()
        except (EOFError, ConnectionResetError) as ended:
            raise KilledError(self._process.name) from ended
        assert not error, error
        return value

    def next(self) -> Any:
        """Let it go to its next `yield`; what it yielded."""
        self.go()
        return self.got()

    def is_silent(self) -> bool:
        """Whether it has not yet come to where it was sent."""
        return not self._pipe.poll(0)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


@contextlib.contextmanager
def other(steps: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Other]:
    """An `Other` that is killed at the end of the block."""
    process = Other(steps, *arguments)
    try:
        yield process
    finally:
        process.kill()


def _run(pipe: Connection, steps: Callable[..., Iterator[Any]], arguments: list[Any]) -> None:
    _end_in_time()
    try:
        generator = steps(*arguments)
        pipe.recv()
        for value in generator:
            pipe.send((value, None))
            pipe.recv()
    except BaseException:  # noqa: BLE001  # the test is told
        pipe.send((None, traceback.format_exc()))
    else:
        pipe.send((None, None))


def _end_in_time() -> None:
    """Say where this process hangs, if it does, and end."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(PATIENCE - 5)


def forked(act: Callable[[], object]) -> int:
    """Fork a child that runs `act` and ends without any clean-up; its pid."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            _end_in_time()
            act()
            code = 0
        except BaseException:  # noqa: BLE001  # the parent sees the exit code, a person the text
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def ended_well(pid: int) -> bool:
    """Wait for a forked child; False if it failed. One that hangs is killed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def in_fork(act: Callable[[], object]) -> None:
    """Run `act` in a forked child, which has to end well."""
    assert ended_well(forked(act)), "the child failed or hung; see its traceback"


def program(text: str, *arguments: object) -> str:
    """What a Python program prints; it has to end well, and soon."""
    command = [sys.executable, "-c", text, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it is still not so"
        time.sleep(0.001)


@contextlib.contextmanager
def writing(safe: Safe[Any, Any], key: Any) -> Iterator[list[int]]:
    """In the block, another thread counts under `key`; what it was told is kept, so far."""
    counted, ends, errors = [0], threading.Event(), list[BaseException]()

    def work() -> None:
        try:
            while not ends.is_set():
                n = counted[-1] + 1
                safe[key] = n
                counted.append(n)
                assert safe[key] == n
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        ends.set()
        thread.join(PATIENCE)
        for error in errors:
            raise error
    assert not thread.is_alive(), "the writing thread hangs"
    assert safe[key] == counted[-1]


def opened_small(path: Path, map_size: int = 1 << 18, **options: Any) -> Safe[Any, Any]:
    """A safe whose file is mapped into little memory at first."""
    return Safe(LMDBEngine(str(path), map_size=map_size, **options))


def add_one(number: int) -> int:
    """One more."""
    return number + 1


def safe_of(path: Path) -> dict[Any, Any]:
    """All that is in it."""
    with Safe[Any, Any](path) as safe:
        return dict(safe)


def size(path: Path) -> int:
    """How large the file is."""
    return path.stat().st_size


def made_elsewhere(path: Path, content: dict[Any, Any], changes: int = 0) -> None:
    """A safe, with a number of transactions of its own; in a process of its own."""

    def work() -> None:
        with Safe[Any, Any](path) as safe:
            for n in range(changes):
                safe["changes"] = n
            safe.pop("changes", None)
            safe.update(content)

    in_fork(work)
