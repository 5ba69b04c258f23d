"""A State and its file: opening, one writer, closing, the end of a process, fork, threads, sync."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import stat
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State
from outlive.disk.fs import FileSystem
from outlive.disk.journal_text import split
from outlive.state.state import attach

from ..files import names_beside, run_python
from ..test_processes import line, running
from .test_live import kept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a directory of its own."""
    return tmp_path / "a.state"


def entries(path: Path) -> int:
    """How many entries the file has."""
    return len(split(path.read_bytes()).entries)


def look(path: Path) -> tuple[int, int, bytes]:
    """What shows that a file was touched."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()


# -- opening


def test_the_first_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """What the issue shows works as it is written, over several runs of the program."""
    monkeypatch.chdir(tmp_path)
    worked: list[int] = []
    for stop in (40, 100):
        state = State("a.state", last_id=0, processed=[])
        for current in range(state.last_id + 1, stop + 1):
            worked.append(current)
            state.last_id = current
        state.close()
    assert worked == list(range(1, 101))
    state = State("a.state", last_id=0, processed=[], balance=100)
    state.setdefault("server", {})["port"] = 8080
    state.server.tags = ["a", "b"]
    state.processed[2:5] = ["x"]
    state.server.paid = 0
    with state.transaction():
        state.balance -= 10
        state.server.paid += 10
    expected = {
        "last_id": 100,
        "processed": ["x"],
        "balance": 90,
        "server": {"port": 8080, "tags": ["a", "b"], "paid": 10},
    }
    assert state == kept(path) == expected
    state.close()
    assert path.read_text() == (
        "last_id: 100\nprocessed:\n- x\nbalance: 90\n"
        "server:\n  port: 8080\n  tags:\n  - a\n  - b\n  paid: 10\n"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.state", "copies"]


def test_a_change_is_in_the_file_when_the_statement_returns(path: Path) -> None:
    """Entries follow the document, one for each change; other programs see them at once."""
    state = State(path, k=0)
    assert path.read_text() == "k: 0\n"
    for number in range(1, 4):
        state.k = number
        assert path.read_text().endswith(f'\n["set",[],"k",{number}]\n')
        assert kept(path) == {"k": number}
    assert entries(path) == 3
    state.close()
    assert path.read_text() == "k: 3\n"
    assert names_beside(path) == ["a.state", "copies"]


def test_defaults_count_where_the_file_has_nothing(path: Path) -> None:
    """What is in the file stands, None too; what is new is kept at once; nested is not merged."""
    path.write_text("a: null\nd:\n  x: 1\n")
    given: list[int] = []
    with State(path, a=5, b=given, d={"y": 2}) as state:
        assert state == {"a": None, "b": [], "d": {"x": 1}}
        assert kept(path) == state
        state.b.append(1)
        assert given == []
    with State(path, b=7) as state:
        assert state.b == [1]


def test_defaults_that_are_names_of_methods(path: Path) -> None:
    """`items=` is a key as any other."""
    with State(path, items=[1], update=2) as state:
        assert (state["items"], state["update"]) == ([1], 2)
        assert list(state.items()) == [("items", [1]), ("update", 2)]
    with State(path, items=[5]) as state:
        assert state == {"items": [1], "update": 2}


def test_opening_and_closing_without_a_change(path: Path) -> None:
    """The file is not touched, whoever wrote it, and nothing is left beside it."""
    path.write_text("# mine\nb:   1\na: [1,  2]\n\n")
    before = look(path)
    with State(path, a=[]) as state:
        assert state == {"b": 1, "a": [1, 2]}
        state.update()
        state.a.extend([])
        state.setdefault("a", 5)
        with contextlib.suppress(KeyError):
            del state["missing"]
        assert names_beside(path) == [".a.state.outlive-lock", "a.state"]
    assert look(path) == before
    assert names_beside(path) == ["a.state"]


@pytest.mark.parametrize(
    "text", ["", "\n", "# a comment alone\n", "null\n", "{}", "---\n", "\ufeff"]
)
def test_an_empty_file_is_an_empty_state(path: Path, text: str) -> None:
    """Also one with a comment alone, which stays."""
    path.write_text(text)
    with State(path) as state:
        assert state == {}
        state.k = 1
        assert kept(path) == {"k": 1}
    with State(path) as state:
        assert state == {"k": 1}
    assert ("a comment alone" in text) == ("a comment alone" in path.read_text())


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- 1\n- 2\n", "line 1, column 1"),
        ("just text", "line 1, column 1"),
        ("a: 1\nb: [1, 2\nc: 3\n", "line 3, column 2"),
        ("a: 1\na: 2\n", "line 2, column 1"),
        ("a: !!python/object:os.system {}\n", "line 1, column 4"),
        ("a: !!set {b, c}\n", "line 1, column 4"),
        ("? [1]\n: 2\n", "line 1, column 3"),
        ("a: \x01\n", "line 1"),
    ],
)
def test_a_file_that_is_no_state(path: Path, text: str, where: str) -> None:
    """CorruptError with line and column, in both modes; the file is left as it is."""
    path.write_text(text)
    before = look(path)
    for mode in ("rw", "r"):
        with pytest.raises(outlive.CorruptError) as caught:
            State(path, mode=mode)
        assert str(path) in str(caught.value)
        assert where in str(caught.value)
    assert look(path) == before
    assert names_beside(path) == ["a.state"], "and nobody holds it"


def test_bytes_that_are_no_text(path: Path) -> None:
    """A file that is no UTF-8 is refused with the place, and left as it is."""
    path.write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(outlive.CorruptError, match="line 2, column 4"):
        State(path)
    assert path.read_bytes() == b"a: 1\nb: \xff\xfe\n"


@pytest.mark.parametrize("tail", [b'\n--- #6ab3f1c0\n["set",[],"k",', b"\n--- #0", b"\n-"])
def test_a_torn_last_entry(path: Path, tail: bytes) -> None:
    """All before it counts; what is left of it is kept in NAME.lost, or raises with strict."""
    with State(path, k=0) as state:
        state.k = 1
        state.k = 2
        torn = path.read_bytes() + tail
    path.write_bytes(torn)
    if tail.strip(b"\n-"):
        with pytest.raises(outlive.CorruptError, match="line 9"):
            State(path, strict=True)
        assert path.read_bytes() == torn
    with pytest.warns(outlive.RecoveryWarning, match=r"line \d+ .*a\.state\.lost"):
        state = State(path)
    assert state == {"k": 2}
    state.k += 1
    state.close()
    assert path.read_text() == "k: 3\n"
    assert path.with_name("a.state.lost").read_bytes() in tail
    with State(path, strict=True) as state:
        assert state == {"k": 3}


def test_the_file_may_be_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    """A relative path means the directory of the opening, whatever chdir does later."""
    monkeypatch.chdir(tmp_path)
    state = State("a.state", k=0)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    state.k = 1
    assert kept(path) == {"k": 1}
    state.close()
    assert path.read_text() == "k: 1\n"
    assert list((tmp_path / "sub").iterdir()) == []


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    """The file that it leads to is changed, and its lock is the same by either name."""
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "b.state", tmp_path / "a.state"
    link.symlink_to(real)
    with State(link, k=0) as state:
        state.k = 1
        with pytest.raises(outlive.LockedError):
            State(real)
        assert kept(real) == {"k": 1}
    assert link.is_symlink()
    assert real.read_text() == "k: 1\n"
    assert names_beside(link) == ["a.state", "real"]
    assert names_beside(real) == ["b.state", "copies"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_of_the_file_is_kept(path: Path, mode: int) -> None:
    """Over a vacuum; and who may not read the file may not read what is beside it."""
    path.write_text("k: 0\n")
    path.chmod(mode)
    with State(path) as state:
        state.k = 1
        for beside in path.parent.iterdir():
            if "lock" not in beside.name:
                assert stat.S_IMODE(beside.stat().st_mode) & ~mode == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "k: 1\n"


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    """A directory that is not there, a directory itself, a file as a directory: all named."""
    (tmp_path / "file").write_text("x: 1\n")
    os.mkfifo(tmp_path / "pipe")
    for place in (
        tmp_path / "no" / "a.state",
        tmp_path,
        tmp_path / "file" / "a",
        tmp_path / "pipe",
    ):
        for mode in ("rw", "r"):
            with pytest.raises(outlive.DiskError) as caught:
                State(place, mode=mode)
            assert str(place) in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "pipe"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(path: Path) -> None:
    """A directory or a file that we may not write is named, and nothing is changed."""
    path.write_text("k: 1\n")
    path.chmod(0)
    with pytest.raises(outlive.DiskError, match=r"a\.state.*permissions"):
        State(path)
    path.chmod(0o600)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(outlive.DiskError, match=r"a\.state.*permissions"):
            State(path)
    finally:
        path.parent.chmod(0o700)


def test_arguments_that_mean_nothing(path: Path) -> None:
    """Each is refused with one of our errors before anything is made."""
    attempts: list[Callable[[], Any]] = [
        lambda: State(path, mode="w"),  # type: ignore[call-overload]  # what is tested
        lambda: State(path, sync="always"),  # type: ignore[call-overload]  # likewise
        lambda: State(path, timeout=-1),
        lambda: State(path, timeout="1"),  # type: ignore[call-overload]  # likewise
        lambda: State(path, type=int),
        lambda: State(5),  # type: ignore[call-overload]  # likewise
        lambda: State(f"{path}\0"),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.FormatError):
            attempt()
    assert names_beside(path) == []


def test_repr_names_the_file(path: Path) -> None:
    """The representation shows the file and the value, shortened; str() is the same."""
    with State(path, k=1, long="x" * 1000) as state:
        assert repr(state).startswith(f"<outlive.State {str(path)!r}: {{'k': 1, 'long': 'xxx")
        assert len(repr(state)) < 250 + len(str(path))
        assert str(state) == repr(state)


# -- one writer


def test_a_second_opener_is_told_who_has_it(path: Path) -> None:
    """LockedError with the pid, in the same process; the first goes on; then it is free."""
    with State(path, k=0) as first:
        with pytest.raises(outlive.LockedError, match=str(os.getpid())) as caught:
            State(path)
        assert caught.value.pid == os.getpid()
        first.k = 1
        assert kept(path) == {"k": 1}
    with State(path) as second:
        assert second.k == 1


HOLDER = """
import sys, time
from outlive import State
state = State(sys.argv[1], k=0)
state.k += 1
state.list = [1]
state.list.append(2)
print("in", flush=True)
if sys.stdin.readline() == "close":
    state.close()
time.sleep(60)
"""


def test_another_process_is_told_who_has_it(path: Path) -> None:
    """LockedError with the pid; timeout= waits; who is killed frees it at once, with all kept."""
    with running(HOLDER.replace("sys.stdin.readline()", "''"), path) as holder:
        assert line(holder) == "in"
        began = time.monotonic()
        with pytest.raises(outlive.LockedError, match=str(holder.pid)) as caught:
            State(path, timeout=0.2)
        assert 0.2 <= time.monotonic() - began < 5
        assert caught.value.pid == holder.pid
        holder.kill()
        holder.wait()
        with State(path, strict=True) as state:
            assert state == {"k": 1, "list": [1, 2]}
    assert names_beside(path) == ["a.state"]


@pytest.mark.parametrize("timeout", [10, None])
def test_who_waits_gets_it_when_it_is_closed(path: Path, timeout: float | None) -> None:
    """With what the first one left."""
    first = State(path, k=0)

    def end() -> None:
        first.k = 5
        first.close()

    threading.Timer(0.15, end).start()
    with State(path, timeout=timeout) as second:
        assert second.k == 5
        assert entries(path) == 0


def test_nobody_holds_a_file_that_could_not_be_opened(path: Path) -> None:
    """After any error of the opening the file is free, and no descriptor stays open."""
    fds = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    path.write_text("a: [\n")
    for _ in range(3):
        with pytest.raises(outlive.CorruptError):
            State(path)
    path.write_text("a: 1\n")
    with pytest.raises(outlive.FormatError):
        State(path, b={1})
    assert path.read_text() == "a: 1\n"
    with State(path) as state:
        state.b = 1
    assert not fds or len(os.listdir("/proc/self/fd")) == fds


# -- closing


def test_after_close_it_can_be_read_and_not_changed(path: Path) -> None:
    """ClosedError for each way to change it, and nothing in the file; close() again is harmless."""
    state = State(path, k=1, list=[1], d={"a": 1})
    state.k = 2
    items, inner = state.list, state.d
    state.close()
    before = look(path)
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(state, "k", 3),
        lambda: state.update(k=3),
        lambda: state.pop("k"),
        state.clear,
        state.popitem,
        lambda: items.append(1),
        lambda: items.insert(0, 0),
        lambda: inner.__setitem__("b", "text"),
        lambda: inner.__setitem__("b", [1]),
        state.sync,
        state.refresh,
        lambda: state.transaction().__enter__(),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.ClosedError, match=r"a\.state"):
            attempt()
    state.close()
    with state, state.lock:
        pass
    assert state == {"k": 2, "list": [1], "d": {"a": 1}}
    assert look(path) == before
    with State(path) as again:
        state.close()
        again.k = 7
        assert kept(path)["k"] == 7, "the old one does not disturb the new one"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_with_block_that_raises_keeps_what_was_changed(
    path: Path, error: type[BaseException]
) -> None:
    """Each statement counts for itself; the block closes the state all the same."""
    with pytest.raises(error), State(path, k=0) as state:
        state.k = 1
        raise error
    assert path.read_text() == "k: 1\n"
    assert names_beside(path) == ["a.state"]


def test_many_states_open_and_closed(tmp_path: Path) -> None:
    """No descriptor, thread or file is left behind."""
    fds = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    threads = threading.active_count()
    for number in range(30):
        with State(tmp_path / f"{number}.state", k=0) as state:
            state.k = number
    assert not fds or len(os.listdir("/proc/self/fd")) == fds
    assert threading.active_count() == threads
    assert len(list(tmp_path.iterdir())) == 30


# -- the end of a process

ENDS = """
import os, signal, sys, threading, time
from outlive import State
def make():
    lost_from_sight = State(sys.argv[1], k=0, list=[])
    lost_from_sight.k = 1
    lost_from_sight.list.append(1)
    globals()["other"] = State(sys.argv[1] + "2", k=0)
    other.k = 2
make()
"""
CLEAN = {
    "end": "",
    "exit": "sys.exit(3)",
    "exception": "raise ValueError('on purpose')",
    "interrupt": "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)",
    "in a with block": "with other: sys.exit(1)",
    "daemon": "threading.Thread(target=time.sleep, args=[60], daemon=True).start()",
    "in a transaction": "with other.transaction():\n    other.k = 7\n    sys.exit(1)",
    "thread": "t = threading.Timer(0.1, lambda: setattr(other, 'k', 2)); t.start()",
}
HARD = {
    "_exit": "os._exit(0)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL); time.sleep(5)",
    "abort": "os.abort()",
}


def ended(program: str, path: Path) -> str:
    """What a program that may end badly prints."""
    with running(program, path) as process:
        assert process.stdout is not None
        return process.stdout.read()


@pytest.mark.parametrize("end", CLEAN)
def test_a_program_that_ends_closes_its_states(path: Path, end: str) -> None:
    """Without a close(): plain documents, nothing beside them, also after an exception."""
    ended(ENDS + CLEAN[end], path)
    assert path.read_text() == "k: 1\nlist:\n- 1\n"
    assert path.with_name("a.state2").read_text() == "k: 2\n"
    assert names_beside(path) == ["a.state", "a.state2"]


@pytest.mark.parametrize("end", HARD)
def test_a_program_that_is_ended_has_lost_nothing(path: Path, end: str) -> None:
    """The entries are there, and are replayed; nothing was buffered in the process."""
    ended(ENDS + HARD[end], path)
    assert entries(path) == 2
    with State(path, strict=True) as state, State(f"{path}2", strict=True) as other:
        assert (state, other) == ({"k": 1, "list": [1]}, {"k": 2})
    assert path.read_text() == "k: 1\nlist:\n- 1\n"
    assert names_beside(path) == ["a.state", "a.state2"]


STUCK = """
import sys, threading, time
from outlive import State
state = State(sys.argv[1], k=0)
state.k = 1
held = threading.Event()
def hold():
    with state.lock:
        held.set()
        time.sleep(600)
threading.Thread(target=hold, daemon=True).start()
held.wait()
"""


@pytest.mark.slow
def test_a_thread_in_the_middle_does_not_hold_up_the_end(path: Path) -> None:
    """A program whose daemon thread holds the lock ends in some seconds, with its entries."""
    began = time.monotonic()
    ended(STUCK, path)
    assert time.monotonic() - began < 30
    with State(path) as state:
        assert state.k == 1


# -- fork


def in_child(act: Callable[[], object]) -> list[str]:
    """What `act` in a forked child gives: its result, or the error; never waits for ever."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            try:
                text = repr(act())
            except BaseException as error:  # noqa: BLE001  # the parent is told
                text = f"{type(error).__name__}\n{error}"
            os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    assert os.waitpid(pid, 0)[1] == 0, "the child hung"
    return text.split("\n")


def changes_in_child(state: Any) -> list[str]:
    """The errors that a child gets for what it tries, and what it reads in the end."""
    errors = []
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(state, "k", 99),
        lambda: state.list.append(99),
        lambda: state.update(k=99, m=99),
        lambda: state.transaction().__enter__(),
        state.sync,
        state.refresh,
    ]
    for attempt in attempts:
        try:
            attempt()
            errors.append("none")
        except outlive.ReadOnlyError as error:
            assert str(os.getppid()) in str(error)
            errors.append("read only")
    state.close()
    return [*errors, repr(dict(state))]


def test_a_forked_child_may_read_and_not_write(path: Path) -> None:
    """Each write raises with the parent's pid; its end neither vacuums nor frees the lock."""
    with State(path, k=0, list=[]) as state:
        state.k = 1
        before = look(path)
        names = names_beside(path)
        reported = in_child(lambda: changes_in_child(state))
        assert reported == [repr([*["read only"] * 6, "{'k': 1, 'list': []}"])]
        assert look(path) == before
        assert names_beside(path) == names
        with pytest.raises(outlive.LockedError):
            State(path)
        state.k += 1
        state.list.append(state.k)
        assert kept(path) == {"k": 2, "list": [2]}
    assert path.read_text() == "k: 2\nlist:\n- 2\n"


def test_a_forked_child_may_have_a_state_of_its_own(path: Path) -> None:
    """Another file to write, and the parent's to read; or the parent's when that has closed it."""
    own = path.with_name("own.state")
    state = State(path, k=0)
    state.k = 1

    def act() -> object:
        with State(own, child=os.getpid() > 0) as mine, State(path, mode="r") as theirs:
            mine.k = theirs.k + 1
        return own.read_text()

    assert in_child(act) == [repr("child: true\nk: 2\n")]
    state.close()

    def write() -> object:
        with State(path) as anew:
            anew.k += 1
        return "done"

    assert in_child(write) == ["'done'"]
    with State(path) as state:
        assert state.k == 2


CHILD_EXITS = """
import os, sys
from outlive import State
state = State(sys.argv[1], k=0)
state.k = 1
if os.fork() == 0:
    sys.exit(0)
os.wait()
print(open(sys.argv[1]).read().count("--- #"), flush=True)
state.k = 2
try:
    State(sys.argv[1])
except Exception as error:
    print(type(error).__name__)
"""


def test_a_child_that_ends_as_programs_do(path: Path) -> None:
    """Its atexit closes nothing of the parent's, which goes on and closes at its own end."""
    assert run_python(CHILD_EXITS, path) == "1\nLockedError\n"
    assert path.read_text() == "k: 2\n"
    assert names_beside(path) == ["a.state"]


def test_fork_while_a_thread_changes_the_state(path: Path) -> None:
    """A lock that another thread held at the fork does not make the child wait for ever."""
    with State(path, k=0, list=[]) as state:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with state.lock:
                held.set()
                done.wait(30)
                state.k = 5

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        try:
            (reported,) = in_child(lambda: changes_in_child(state))
        finally:
            done.set()
            thread.join()
        assert reported.count("read only") == 6
        assert kept(path)["k"] == 5


@pytest.mark.parametrize("where", ["this thread", "another thread"])
def test_a_child_forked_in_a_transaction(path: Path, where: str) -> None:
    """It reads the state as it was before the block, and may not write; the parent's counts."""
    with State(path, k=0, list=[]) as state:
        inside, done = threading.Event(), threading.Event()

        def block() -> None:
            with state.transaction():
                state.k = 1
                state.list.append(1)
                inside.set()
                done.wait(30)

        reported: list[str] = []
        if where == "this thread":
            with state.transaction():
                state.k = 1
                state.list.append(1)
                reported = in_child(lambda: changes_in_child(state))
        else:
            thread = threading.Thread(target=block)
            thread.start()
            inside.wait()
            reported = in_child(lambda: changes_in_child(state))
            done.set()
            thread.join()
        assert reported == [repr([*["read only"] * 6, "{'k': 0, 'list': []}"])]
        assert kept(path) == state == {"k": 1, "list": [1]}


def _work(state: Any, queue: Any) -> None:
    queue.put(changes_in_child(state))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_multiprocessing_with_fork(path: Path) -> None:
    """A worker that inherits the state is told, and its end disturbs nothing."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    with State(path, k=0, list=[]) as state:
        state.k = 1
        process = context.Process(target=_work, args=[state, queue])
        process.start()
        reported = queue.get()
        process.join(20)
        assert process.exitcode == 0
        assert reported[:6] == ["read only"] * 6
        state.k = 2
        assert kept(path)["k"] == 2
    assert path.read_text() == "k: 2\nlist: []\n"


# -- threads


def in_threads(count: int, work: Callable[[int], object]) -> None:
    """Run `work(0)` … in so many threads at once; an error of one is raised."""
    errors: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("eager_switching")
def test_threads_that_lock_count_right(path: Path) -> None:
    """8 threads of 500 times `with state.lock: state.k += 1`, and appends, come out exactly."""
    with State(path, k=0, list=[], d={"m": 0}) as state:

        def work(number: int) -> None:
            for step in range(500):
                with state.lock:
                    state.k += 1
                    state.d.m += 1
                if step % 10 == 0:
                    state.list.append(number)

        in_threads(8, work)
        assert (state.k, state.d.m, sorted(state.list)) == (
            4000,
            4000,
            sorted(list(range(8)) * 50),
        )
        assert kept(path) == state
    with State(path, strict=True) as state:
        assert (state.k, len(state.list)) == (4000, 400)


@pytest.mark.usefixtures("eager_switching")
def test_threads_without_a_lock(path: Path) -> None:
    """Changes of all kinds from many threads: entries stay whole, file and memory the same."""
    with State(path, list=[], d={}, rows=[[] for _ in range(8)]) as state:
        rows = list(state.rows)

        def work(number: int) -> None:
            for step in range(60):
                state.d[step % 7] = {"by": number}
                state.list.insert(0, [number, step])
                rows[number].append(step)
                if step % 9 == 0:
                    with contextlib.suppress(IndexError):
                        state.list.pop()
                if step % 11 == 0:
                    state.rows.reverse()
                if step % 13 == 0:
                    state.rows.insert(0, "other")
                state.update({f"t{number}": step, "last": "x" * (step * 50)})
                with contextlib.suppress(KeyError):
                    del state.d[step % 5]
                if step % 10 == 0:
                    state.list[::2] = state.list[::2][::1]

        with contextlib.suppress(ValueError):  # a slice that another thread made shorter
            in_threads(8, work)
        assert all(row == list(range(len(row))) for row in rows)
        assert kept(path) == state
        expected = kept(path)
    with State(path, strict=True) as state:
        assert state == expected


def test_closing_while_threads_change(path: Path) -> None:
    """Each change is either in the file or was refused with ClosedError."""
    state: Any = State(path)
    state.update({f"t{number}": 0 for number in range(4)})
    done = [0] * 4

    def work(number: int) -> None:
        if number == 0:
            time.sleep(0.05)
            state.close()
            return
        with contextlib.suppress(outlive.ClosedError):
            while True:
                state[f"t{number}"] += 1
                done[number] += 1

    in_threads(4, work)
    with State(path, strict=True) as again:
        assert [again[f"t{number}"] for number in range(4)] == done
        assert again == state


# -- signals


class InterruptError(BaseException):
    """What the handler of a signal raises, as that of Ctrl-C does."""


class _Interrupted(FileSystem):
    """The real one, with something that happens just before or just after one of the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at = -1
        self.is_before = False
        self.act: Callable[[], object] = lambda: None

    def _call(self, name: str, *arguments: Any) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.at and self.is_before:
            self.act()
        result = getattr(super(), name)(*arguments)
        if number == self.at and not self.is_before and name != "open":  # or it leaks by our doing
            self.act()
        return result

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        return int(self._call("open", path, flags, mode))

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return int(self._call("write", fd, data))

    def truncate(self, fd: int, size: int) -> None:
        self._call("truncate", fd, size)

    def fsync(self, fd: int) -> None:
        self._call("fsync", fd)

    def fdatasync(self, fd: int) -> None:
        self._call("fdatasync", fd)

    def rename(self, source: str, target: str) -> None:
        self._call("rename", source, target)

    def unlink(self, path: str) -> None:
        self._call("unlink", path)

    def close(self, fd: int) -> None:
        self._call("close", fd)

    def read(self, fd: int, size: int) -> bytes:
        return bytes(self._call("read", fd, size))


def _in_a_transaction(state: Any) -> None:
    with state.transaction():
        state.k += 1
        state.list.append({})


STATEMENTS: dict[str, Callable[[Any], object]] = {
    "set": lambda s: s.update(k=1),
    "set a small value": lambda s: setattr(s, "k", 1),
    "insert": lambda s: s.list.insert(0, [1]),
    "several": lambda s: s.list.extend([1, [2]]),
    "transaction": _in_a_transaction,
    "vacuum": lambda s: setattr(s, "k", "x" * 530_000),
}


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize(
    ("name", "sync"), [*((name, "os") for name in STATEMENTS), ("set", "full"), ("several", "full")]
)
def test_an_interrupt_at_any_call(tmp_path: Path, name: str, is_before: bool, sync: str) -> None:
    """Ctrl-C in the middle of a change: it is made or not, in memory and file alike."""
    for number in range(200):
        path = tmp_path / f"{number}.state"
        fs = _Interrupted()
        fs.is_before = is_before

        def interrupt() -> None:
            raise InterruptError

        fs.act = interrupt
        state = opened(path, fs, sync=sync)
        state.d = {"x": []}
        handle = state.d.x
        before = kept(path)
        after = State(tmp_path / "copies" / "model.state", **before)
        STATEMENTS[name](after)
        fs.at = len(fs.calls) + number
        try:
            STATEMENTS[name](state)
        except InterruptError:
            assert state in (before, after), fs.calls[fs.at]
        else:
            assert state == after
        is_over = fs.at >= len(fs.calls)
        fs.at = -1
        assert kept(path) == state, fs.calls
        handle.append("goes on")
        state.list.append("too")
        state.close()
        assert kept(path) == state
        assert sorted(names_beside(path)) == sorted(["copies", path.name])
        after.close()
        path.unlink()
        (tmp_path / "copies" / "model.state").unlink()
        if is_over:
            break
    assert is_over
    assert number > 1


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("name", [*STATEMENTS, "close"])
def test_a_signal_handler_that_changes_the_state(
    tmp_path: Path, name: str, is_before: bool
) -> None:
    """It is refused while a change or a vacuum is under way; what is not refused is kept."""
    for number in range(200):
        path = tmp_path / f"{number}.state"
        fs = _Interrupted()
        fs.is_before = is_before
        state = opened(path, fs)
        state.by_handler = 0
        state.list.append(0)

        def handler(state: Any = state) -> None:
            with contextlib.suppress(outlive.LockedError, outlive.ClosedError):
                state.by_handler = 1
            with contextlib.suppress(outlive.LockedError, outlive.ClosedError):
                state.list[0] = 1

        fs.act = handler
        fs.at = len(fs.calls) + number
        STATEMENTS.get(name, State.close)(state)
        is_over = fs.at >= len(fs.calls)
        assert kept(path) == state, fs.calls[fs.at]
        fs.at = -1
        state.close()
        assert kept(path) == state
        path.unlink()
        if is_over:
            break
    assert is_over
    assert number > 1


OURS = os.path.dirname(outlive.__file__)


class _AtPoint:
    """Raises at the point of that number where Python would let a signal in.

    These are the beginning of a function and the return from one that is written in C.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        is_ours = code.co_filename.startswith(OURS) or "contextlib" in code.co_filename
        # To close a generator is a call to the profiler; but Python looks for no signals there.
        is_end = code.co_name == "_hold" and frame.f_lineno > code.co_firstlineno
        if event in ("call", "c_return") and is_ours and not is_end:
            self.left -= 1
            if not self.left:
                raise InterruptError

    def __enter__(self) -> None:
        sys.setprofile(self)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)


def _nested(state: Any) -> None:
    with state.transaction():
        state.k += 1
        with contextlib.suppress(KeyError), state.transaction():
            state.list.clear()
            raise KeyError
        state.list.append(2)


def is_free(lock: Any) -> bool:
    """Whether another thread could take the lock now."""
    taken: list[bool] = []

    def take() -> None:
        taken.append(lock.acquire(timeout=0))
        if taken[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return taken[0]


POINTS = {name: act for name, act in STATEMENTS.items() if name != "vacuum"} | {
    "nested transactions": _nested,
    "refresh": lambda s: s.refresh(),
}


@pytest.mark.parametrize("name", POINTS)
def test_an_interrupt_at_any_point_of_python(tmp_path: Path, name: str) -> None:
    """Ctrl-C between any two steps: the statement counts or not, and the state goes on."""
    path = tmp_path / "a.state"
    before: dict[str, Any] = {"k": 0, "list": [[0]]}
    with State(tmp_path / "model.state", **before) as model:
        POINTS[name](model)
    with State(path, **before) as state:
        held = state.list[0]
        for number in range(1, 2000):
            at = _AtPoint(number)
            with contextlib.suppress(InterruptError), at:
                POINTS[name](state)
            assert state in (before, model), number
            assert is_free(state.lock), number
            state["again"] = number
            assert kept(path) == state, number
            state.k, state.list[:] = 0, [held]
            del state["again"]
            if at.left > 0:
                break
        assert at.left > 0
        assert number > 3
        held.append("still here")
        assert kept(path) == state


# An interrupt that comes in a __del__ or in a callback of a weakref is lost, as Python has it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_real_interrupts(path: Path) -> None:
    """A signal that comes when it wants, some hundred times."""

    def interrupt(*_: object) -> None:
        raise InterruptError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        with State(path, k=0, list=[], d={"x": []}) as state:
            inner = state.d.x
            for _ in range(60):
                with contextlib.suppress(InterruptError):
                    # Again and again, since one may be lost.
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.05)
                    while True:
                        state.k += 1
                        state.list[20:] = [[state.k]]
                        with state.transaction():
                            inner[:] = [state.k, {}]
                            state.d.m = state.k
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                assert state.d.get("m") == (inner[0] if inner else None)
                assert kept(path) == state
            state.k = "still alive"
            assert kept(path) == state
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


# -- sync


class _Counting(FileSystem):
    """The real one, that counts what is flushed."""

    def __init__(self) -> None:
        self.flushed: list[int] = []

    def fsync(self, fd: int) -> None:
        self.flushed.append(os.fstat(fd).st_ino)
        super().fsync(fd)

    def fdatasync(self, fd: int) -> None:
        self.flushed.append(os.fstat(fd).st_ino)
        super().fdatasync(fd)


def opened(path: Path, fs: FileSystem, **options: Any) -> State:
    """A state on a file system of the test."""
    state = State.__new__(State, "")
    attach(state, str(path), {"k": 0, "list": []}, fs=fs, **options)
    return state


def test_full_sync_flushes_each_change(path: Path) -> None:
    """With sync="full" the file is flushed before the statement returns; a transaction once."""
    fs = _Counting()
    with opened(path, fs, sync="full") as state:
        inode = path.stat().st_ino
        changes: list[Callable[[], Any]] = [
            lambda: setattr(state, "k", 1),
            lambda: state.list.append(1),
            lambda: state.update(a=1, b=2),
            lambda: state.list.extend([2, 3]),
            lambda: state.pop("a"),
        ]
        for change in changes:
            fs.flushed.clear()
            change()
            assert fs.flushed.count(inode) == 1
        fs.flushed.clear()
        with state.transaction():
            state.k = 2
            state.list.clear()
            assert fs.flushed == []
        assert fs.flushed == [inode]


def test_os_sync_flushes_when_asked(path: Path) -> None:
    """With sync="os" no change is flushed; state.sync() flushes all so far."""
    fs = _Counting()
    with opened(path, fs) as state:
        inode = path.stat().st_ino
        fs.flushed.clear()
        for number in range(20):
            state.k = number
            state.list.append(number)
        assert fs.flushed == []
        state.sync()
        assert inode in fs.flushed


def test_a_vacuum_is_flushed_before_it_takes_the_place(path: Path) -> None:
    """At close the new document and its directory entry are durable, whatever sync= says."""
    fs = _Counting()
    state = opened(path, fs)
    state.k = 1
    fs.flushed.clear()
    state.close()
    assert path.stat().st_ino in fs.flushed
    assert path.parent.stat().st_ino in fs.flushed


# -- vacuum


def test_entries_that_outweigh_the_document_are_vacuumed(path: Path) -> None:
    """The file does not grow for ever, and there are far fewer vacuums than changes."""
    with State(path, k=0, text="") as state:
        largest = vacuums = 0
        inode = path.stat().st_ino
        for number in range(30_000):
            state.k = number
            if number % 50 == 0:
                status = path.stat()
                largest = max(largest, status.st_size)
                vacuums += status.st_ino != inode
                inode = status.st_ino
        assert 1 <= vacuums < 30
        assert largest < 2_000_000
        assert kept(path) == state
        assert [p for p in names_beside(path) if "outlive-journal" not in p] == [
            ".a.state.outlive-lock",
            "a.state",
            "copies",
        ]


def test_a_vacuum_that_fails_is_tried_again(path: Path) -> None:
    """The change counts all the same, with a warning that tells why the file grows."""

    class Failing(FileSystem):
        is_failing = True

        def rename(self, source: str, target: str) -> None:
            if self.is_failing and "a.state" in target:
                raise OSError(30, "Read-only file system")
            super().rename(source, target)

    path.write_text("k: 0\nlist: []\n")
    fs = Failing()
    with opened(path, fs) as state:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for number in range(60):
                state.k = "x" * 10_000 + str(number)
        assert caught
        assert all("a.state" in str(warning.message) for warning in caught)
        assert len(caught) < 5
        assert kept(path) == state
        fs.is_failing = False
        for number in range(300):
            state.k = "x" * 10_000 + str(number)
        assert path.stat().st_size < 3_000_000
        assert kept(path) == state


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_a_file_that_somebody_removes_comes_back(path: Path, kind: str) -> None:
    """Deleted while the program runs: at close it is there again, with all changes."""
    with State(path, k=0) as state:
        state.k = 1
        if kind == "file":
            path.unlink()
        else:
            for name in names_beside(path):
                if "lock" not in name:
                    path.with_name(name).unlink()
        state.k = 2
    assert path.read_text() == "k: 2\n"
