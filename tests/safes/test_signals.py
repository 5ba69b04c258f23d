"""Signal handlers that use the safe which their own thread is in the middle of using."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .children import program, safe_of

SOON = 20  # seconds; what takes longer hangs

BEGIN = """
import itertools, os, signal, sys, threading, time, traceback
import outlive
safe = outlive.Safe(sys.argv[1])
safe.update({n: n for n in range(1000)}, n=0, handled=0)
handled, refused = [0], [0]
def send(is_done):
    while not is_done.is_set():
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.002)
def under_signals(handle, work):
    def handler(*_):
        if busy:
            return
        busy.append(1)
        try:
            handle()
            handled[0] += 1
        except outlive.LockedError:
            refused[0] += 1
        finally:
            busy.clear()
    busy = []
    signal.signal(signal.SIGUSR1, handler)
    is_done = threading.Event()
    thread = threading.Thread(target=send, args=[is_done])
    thread.start()
    try:
        work()
    finally:
        is_done.set()
        thread.join()
def handle_write(): safe.modify('handled', lambda n: n + 1)
def handle_compact(): safe.compact()
def handle_read():
    assert safe[5] == 5 and len(safe) >= 1002
    assert list(safe.items(start=0, stop=900)) == [(n, n) for n in range(900)]
    with safe.snapshot() as then: assert then['n'] >= 0
def handle_reopen():
    with outlive.Safe(sys.argv[1]) as second:
        assert second[5] == 5
def handle_fork():
    pid = os.fork()
    if not pid:
        code = 1
        try:
            assert safe[5] == 5
            safe['child'] = 1
            code = 0
        except outlive.OutliveError: code = 0
        except BaseException: traceback.print_exc()
        finally: os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
def count(name='n', times=100):
    for _ in range(times): safe.modify(name, lambda n: n + 1, default=0)
def read():
    for _ in range(60):
        assert [n for _, n in safe.items(start=0, stop=1000)] == list(range(1000))
"""


def test_a_handler_that_writes(tmp_path: Path) -> None:
    """In the middle of a commit it is refused at once; elsewhere it writes; no write is lost."""
    path = tmp_path / "a.safe"
    text = """
under_signals(handle_write, count)
assert safe['n'] == 100
assert refused[0] > 0, (handled, refused)
under_signals(handle_write, read)
assert handled[0] > 0
print(handled[0])
"""
    handled = int(program(BEGIN + text, path))
    assert safe_of(path)["handled"] == handled


def test_what_the_error_says(tmp_path: Path) -> None:
    """It names the file, and what to do instead."""
    text = """
told = []
def handle():
    try: safe['h'] = 1
    except outlive.LockedError as error: told.append(str(error))
while not told: under_signals(handle, lambda: count(times=10))
print(told[0])
"""
    path = tmp_path / "a.safe"
    told = program(BEGIN + text, path)
    assert str(path) in told
    assert "Let signal handlers" in told


@pytest.mark.parametrize("handle", ["read", "reopen"])
def test_a_handler_that_does_not_write(tmp_path: Path, handle: str) -> None:
    """It works in the middle of a commit or of a read of its own thread, and disturbs neither."""
    text = f"""
under_signals(handle_{handle}, count)
under_signals(handle_{handle}, read)
assert handled[0] > 5 and not refused[0], (handled, refused)
assert safe['n'] == 100
"""
    program(BEGIN + text, tmp_path / "a.safe")


def test_a_handler_that_forks(tmp_path: Path) -> None:
    """It should not, but the child does not hang, and the parent goes on as if nothing was."""
    text = """
under_signals(handle_fork, lambda: count(times=30))
under_signals(handle_fork, read)
assert handled[0] > 5, handled
assert safe['n'] == 30
"""
    program(BEGIN + text, tmp_path / "a.safe")


def test_the_others_go_on(tmp_path: Path) -> None:
    """Threads that wait for the same flush get their outcome, whatever the handler met."""
    text = """
def others(number):
    count(('thread', number))
    count('all')
threads = [threading.Thread(target=others, args=[n]) for n in range(4)]
for thread in threads: thread.start()
under_signals(handle_write, lambda: (count('all'), [thread.join() for thread in threads]))
assert refused[0]
assert [safe['thread', n] for n in range(4)] == [100] * 4
assert safe['all'] == 500
assert safe['handled'] == handled[0]
"""
    program(BEGIN + text, tmp_path / "a.safe")


def test_a_handler_that_raises(tmp_path: Path) -> None:
    """What returned is kept; the safe can be used afterwards, and its other threads can."""
    text = """
class Stop(Exception): pass
told = [0]
def raise_it(*_): raise Stop
thread = threading.Thread(target=count, args=['thread'])
thread.start()
for _ in range(25):
    signal.signal(signal.SIGUSR1, raise_it)
    before = told[0]
    timer = threading.Timer(0.005, os.kill, [os.getpid(), signal.SIGUSR1])
    timer.start()
    try:
        for told[0] in itertools.count(before + 1): safe['n'] = told[0]
    except Stop:
        assert told[0] - 1 <= safe['n'] <= told[0], (told, safe['n'])
        safe['n'] = told[0]
    timer.join()
thread.join()
assert safe['thread'] == 100
"""
    program(BEGIN + text, tmp_path / "a.safe")


ENDING = """
def end(*_):
    %s
    sys.exit()
signal.signal(signal.SIGTERM, end)
%s
for n in itertools.count(1):
    safe['n'] = n
    os.write(1, b'%%d\\n' %% n)
"""
WITH_THREADS = """
def write(number):
    for n in itertools.count(): safe['thread', number] = n
for number in range(3): threading.Thread(target=write, args=[number], daemon=True).start()
"""


@pytest.mark.parametrize("others", ["", WITH_THREADS], ids=["alone", "with threads"])
@pytest.mark.parametrize("closing", ["safe.close()", "pass"])
def test_a_handler_that_closes_and_exits(tmp_path: Path, closing: str, others: str) -> None:
    """SIGTERM at any moment ends the program soon and well; what was acknowledged is kept."""
    path = tmp_path / "a.safe"
    command = [sys.executable, "-c", BEGIN + ENDING % (closing, others), str(path)]
    for number in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            time.sleep(0.001 * number)
            process.send_signal(signal.SIGTERM)
            try:
                told, errors = process.communicate(timeout=SOON)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert process.returncode == 0, errors.decode()
        last = int((b"1\n" + told).splitlines()[-1])
        assert last <= safe_of(path)["n"] <= last + 1


def test_a_handler_that_closes(tmp_path: Path) -> None:
    """The access that it came into ends well, or says that the safe was closed; so do the next."""
    text = """
for number in range(30):
    safe = outlive.Safe(sys.argv[1])
    safe['n'] = told = 0
    signal.signal(signal.SIGUSR1, lambda *_: safe.close())
    timer = threading.Timer(0.002 + number * 0.0001, os.kill, [os.getpid(), signal.SIGUSR1])
    timer.start()
    try:
        for n in itertools.count(1):
            if number % 2:
                safe['n'] = n
                told = n
            elif number % 4: assert len(list(safe)) >= 1002
            else: assert safe[5] == 5
    except outlive.ClosedError:
        assert safe.closed
    timer.join()
    if number % 2:
        with outlive.Safe(sys.argv[1]) as safe: assert told <= safe['n'] <= told + 1
"""
    program(BEGIN + text, tmp_path / "a.safe")
