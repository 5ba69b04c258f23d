"""The end of a program: it comes soon, whatever is open, and what was acknowledged is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outlive import Safe

from .children import safe_of

SOON = 20  # seconds; what takes longer hangs

BEGIN = """
import atexit, os, signal, sys, threading, time
def before_all():
    if "bye" in globals():
        bye()
atexit.register(before_all)  # before a safe is imported, so it runs after what the safe registers
import outlive
safe = outlive.Safe(sys.argv[1])
safe.update({n: n for n in range(1000)})
def daemon(work):
    def run():
        while True:
            work()
    threading.Thread(target=run, daemon=True).start()
"""

# What is open or under way when the last line is done.
ENDS = {
    "an iterator": "it = iter(safe.items()); next(it)",
    "an iterator of a snapshot": "it = iter(safe.snapshot().items()); next(it)",
    "a snapshot": "then = safe.snapshot(); safe[0] = 0",
    "a transaction": "t = safe.transaction().__enter__(); t[0] = 'lost'; it = iter(t); next(it)",
    "a block": "e = safe.edit(1000, []); e.__enter__().append(1)",
    "a cycle with an iterator": "c = []; c.append(c); c.append(iter(safe.items())); next(c[1])",
    "two safes of one file": "other = outlive.Safe(sys.argv[1]); it = iter(other); next(it)",
    "a safe that was closed": "it = iter(safe.items()); next(it); safe.close()",
    "a child after a fork": "it = iter(safe); next(it)\nif pid := os.fork(): os.waitpid(pid, 0)",
    "sys.exit in a block": "with safe, safe.snapshot() as then: sys.exit()",
    "a snapshot in a thread that waits": """
def hold():
    with safe.snapshot() as then:
        is_held.set(); time.sleep(1000)
is_held = threading.Event()
daemon(hold)
is_held.wait()""",
}


def run(path: Path, program: str) -> str:
    """What a program prints that ends well, and soon."""
    command = [sys.executable, "-X", "faulthandler", "-c", BEGIN + program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SOON, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("what", ENDS)
def test_what_is_open_at_the_end(tmp_path: Path, what: str) -> None:
    """A program ends with it open, without a word."""
    path = tmp_path / "a.safe"
    assert not run(path, ENDS[what])
    assert safe_of(path) == {n: n for n in range(1000)}


@pytest.mark.parametrize(
    "late",
    [
        "def bye(): act('bye')",
        """
class Last:
    def __del__(self): act('bye')
last = Last()""",
        """
import weakref
class Last: pass
last = Last()
weakref.finalize(last, act, 'bye')""",
    ],
    ids=["atexit", "__del__", "finalize"],
)
def test_what_runs_after_the_end(tmp_path: Path, late: str) -> None:
    """It may still write, iterate and close; and if it cannot, then it is told so and ends."""
    path = tmp_path / "a.safe"
    program = """
def act(key, safe=safe, snapshot=safe.snapshot(), write=os.write):
    with snapshot:
        assert snapshot[5] == 5
    safe[key] = 1
    assert safe.modify(key, lambda n: n + 1) == 2
    assert sum(1 for _ in safe.items()) == 1001
    safe.close()
    write(1, b'written')
"""
    assert run(path, program + late) == "written"
    assert safe_of(path) == {n: n for n in range(1000)} | {"bye": 2}


DAEMONS = """
os.environ['x'] = 'y'
written = [0] * 4
def write(number):
    n = written[number] + 1
    safe['thread', number] = n
    os.write(1, b'%d %d\\n' % (number, n))
    written[number] = n
def read():
    for key, value in safe.items(): pass
    with safe.snapshot() as then: then[5], len(then)
def reopen():
    with outlive.Safe(sys.argv[1] + '2', sync='os') as second: second['a'] = 1
for number in range(4): daemon(lambda number=number: write(number))
"""


@pytest.mark.parametrize("others", ["read", "reopen", "safe.compact"])
def test_daemon_threads_that_go_on(tmp_path: Path, others: str) -> None:
    """The end does not wait for them; each write that one of them was told of is kept."""
    path = tmp_path / "a.safe"
    program = f"daemon({others})\ndaemon(read)\nwhile not all(written): time.sleep(0.01)"
    last = dict(line.split() for line in run(path, DAEMONS + program).splitlines())
    kept = safe_of(path)
    assert len(last) == 4
    for number, n in last.items():
        assert int(n) <= kept["thread", int(number)] <= int(n) + 1
    with Safe[object, object](path) as safe:
        safe["after"] = 1


def test_a_thread_that_lives_longer_than_the_main_one(tmp_path: Path) -> None:
    """The program ends after it, and it writes until then."""
    path = tmp_path / "a.safe"
    program = """
def work():
    main.join()
    for n in range(20): safe['late'] = n
main = threading.main_thread()
threading.Thread(target=work).start()"""
    run(path, program)
    assert safe_of(path)["late"] == 19


def test_a_program_ends_while_another_has_it_open(tmp_path: Path) -> None:
    """A snapshot of its own that it left open is of no account for the others."""
    path = tmp_path / "a.safe"
    with Safe[object, object](path) as safe:
        run(path, "then = safe.snapshot(); it = iter(safe); next(it)")
        before = time.monotonic()
        for n in range(20):
            safe["pad"] = os.urandom(100_000)
            safe["n"] = n
        safe.compact()
        assert time.monotonic() - before < SOON
        assert len(safe) == 1002
