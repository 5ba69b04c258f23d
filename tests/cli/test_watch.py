"""`outlive log` and `watch`, beside programs that write."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import outlive

from .running import COLOUR, LONG, done, open_terminal, program, watching


def test_log(state: Path) -> None:
    """Each entry with its line; those of a transaction together; what is not whole is marked."""
    with program("state", state) as writer:
        writer.do("del store['server']")
        writer.do("store.queue.insert(0, 'new')")
        lines = done("log", state).lines
        assert [line.partition("\t")[2] for line in lines] == [
            "last = 41",
            "- server",
            'queue[0] + "new"',
        ]
        number = int(lines[0].partition("\t")[0])
        assert state.read_text().splitlines()[number - 1].startswith("--- #")
    with state.open("a") as file:
        file.write('\n--- #00000000\n["set",[],"last",7]\n')
    entries = [json.loads(line) for line in done("log", "--json", state).lines]
    assert entries[0]["changes"] == [{"kind": "set", "path": [], "key": "last", "value": 41}]
    assert [each["is_whole"] for each in entries] == [True, True, True, False]
    assert "! not whole" in done("log", state).lines[-1]


def test_log_of_a_transaction(state: Path) -> None:
    """The changes of a transaction stand on lines of their own, marked from the second on."""
    with program("state", state) as writer:
        writer.do("exec('with store.transaction():\\n  store.a = 1\\n  store.b = 2')")
        lines = [line.partition("\t")[2] for line in done("log", state).lines]
    assert lines == ["last = 41", "a = 1", "+ b = 2"]


def _wait_until_it_looks(process: subprocess.Popen[str]) -> None:
    """Until the command has read the file: it says nothing, so until it mostly sleeps."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        before = _ticks(process.pid)
        time.sleep(0.5)
        assert process.poll() is None, process.communicate()
        if before > 3 and _ticks(process.pid) - before < 5:
            return
    raise AssertionError("it did not begin to look")


def _ticks(pid: int) -> int:
    """The hundredths of a second of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("state", ["store.last = 50", "del store['server']"], ["last = 50", "- server"]),
        (
            "safe",
            ["store['first'] = 7", "del store['a.b']"],
            ["first = 7", "- a.b"],
        ),
        (
            "storage",
            [
                "t = store.view('people'); t.append(first='Al'); t[0].shoesize = 1; store.commit()",
                "store.getas('new[a:I]'); store.drop('days'); store.commit()",
            ],
            ["people: 3 rows, 1 more, changed: shoesize", "- days", "new: new, 0 rows"],
        ),
    ],
)
def test_watch(
    kind: str, changes: list[str], expected: list[str], request: pytest.FixtureRequest
) -> None:
    """Each change of a program is a line, and with --count it ends after that many."""
    path: Path = request.getfixturevalue(kind)
    command = ("watch", "--count", len(expected), path)
    with program(kind, path) as writer, watching(*command) as process:
        _wait_until_it_looks(process)
        for change in changes:
            writer.do(change)
            time.sleep(0.5)
        out, err = process.communicate(timeout=LONG)
    assert (process.returncode, out.splitlines(), err) == (0, expected, "")


def test_watch_a_store(store: Path) -> None:
    """What differs each time that the file was replaced; --json has it for scripts."""
    with watching("watch", "--count", 3, "--json", store) as process:
        _wait_until_it_looks(process)
        with outlive.open(store) as changed:
            changed.value["n"] = 2
            changed.value["runs"].append("b")
            del changed.value["server"]
        out, _ = process.communicate(timeout=LONG)
    assert [json.loads(line) for line in out.splitlines()] == [
        {"kind": "delete", "path": [], "key": "server"},
        {"kind": "set", "path": [], "key": "n", "value": 2},
        {"kind": "insert", "path": ["runs"], "key": 1, "value": "b"},
    ]


def test_watch_a_safe_that_is_replaced(tmp_path: Path) -> None:
    """The file that takes its place is followed, also after a moment without; no file ends it."""
    path, other = tmp_path / "a.safe", tmp_path / "b.safe"
    _safe(path, a=1, b=2)
    _safe(other, b=3, c=4)
    with watching("watch", path) as process:
        _wait_until_it_looks(process)
        other.replace(path)
        assert [_line(process) for _ in range(3)] == ["- a", "b = 3", "c = 4"]
        with outlive.Safe(path) as safe:
            safe["d"] = 5
            assert _line(process) == "d = 5"
            safe.compact()
            safe["e"] = 6
        assert _line(process) == "e = 6"
        _safe(other, e=7)
        path.unlink()
        time.sleep(0.3)
        other.replace(path)
        assert [_line(process) for _ in range(4)] == ["- b", "- c", "- d", "e = 7"]
        path.unlink()
        _, err = process.communicate(timeout=LONG)
    assert (process.returncode, "is not there; check its name" in err) == (5, True)


def _safe(path: Path, **content: int) -> None:
    with outlive.Safe(path) as safe:
        safe.update(content)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def test_watch_a_storage_that_is_replaced(storage: Path, tmp_path: Path) -> None:
    """What differs between the former tables and those of the new file is told."""
    other = tmp_path / "other.db"
    with outlive.Storage(other) as made:
        made.getas("people[first:S]").append(first="Zoe")
        made.commit()
    with watching("watch", "--count", 2, storage) as process:
        _wait_until_it_looks(process)
        other.replace(storage)
        out, _ = process.communicate(timeout=LONG)
    assert out.splitlines() == ["- days", "people: 1 rows, 1 less, changed: first"]


def test_watch_a_state_that_is_half_written(state: Path) -> None:
    """An editor that writes in place is waited for; damage that stays ends it with 4."""

    def put(text: str) -> None:  # in one step: a file that is empty for a moment is an empty State
        outlive.replace(state, text)

    with watching("watch", state) as process:
        _wait_until_it_looks(process)
        text = state.read_text()
        put('{"a": [')
        time.sleep(0.5)
        put(text.replace("last: 1", "last: 2"))
        assert _line(process) == "last = 2"
        put('{"a": [')
        process.communicate(timeout=LONG)
    assert process.returncode == 4


def test_watch_ends(state: Path, store: Path) -> None:
    """Quietly after --timeout; with 130 at Ctrl-C, also in a terminal."""
    for path in (state, store):
        assert done("watch", "--timeout", 0.2, path).out == ""
    with watching("watch", store) as process:
        _wait_until_it_looks(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
        assert (process.returncode, out, err) == (130, "", "")
    with open_terminal("watch", state) as (running, screen), program("state", state) as writer:
        shown = b""
        for number in range(100):  # until it has begun
            writer.do(f"store.last = {number}")
            time.sleep(0.2)
            os.set_blocking(screen, False)
            try:
                shown += os.read(screen, 65536)
            except BlockingIOError:
                continue
            break
        os.write(screen, b"\x03")
        running.wait(LONG)
    assert "last = " in COLOUR.sub("", shown.decode())
    assert running.returncode == 130
