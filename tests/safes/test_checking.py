"""`check` and `repair` of a safe: what is wrong is found, and what can be kept is kept."""

from __future__ import annotations

import base64
import os
import pickle
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from outlive import CorruptError, DiskError, FormatError, LockedError, Safe
from outlive.engines import MemoryEngine
from outlive.safes.checking import check, repair

from ..files import names_beside, put_alone
from .children import ended_well, forked, in_fork, other, safe_of, wait_until

PAGE = 4096
CONTENT: dict[Any, Any] = (
    {n: bytes([n % 256]) * [10, 100, 3000, 9000][n % 4] for n in range(60)}
    | {("t", n): {"name": "v" * 50, "n": n} for n in range(400)}
    | {"big": b"y" * 50_000}
)


@pytest.fixture(scope="module", params=["pickle", "msgpack"])
def good(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> bytes:
    """A healthy file, of several commits, with free pages."""
    path = tmp_path_factory.mktemp("good") / "good.safe"
    with Safe[Any, Any](path, sync="os", format=request.param) as safe:
        safe.update(dict.fromkeys(range(100, 140), b"x" * 3000))
        safe.update(CONTENT)
        for n in range(100, 140):
            del safe[n]
        safe["last"] = 1
        del safe["last"]
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the safe is."""
    return tmp_path / "a.safe"


def put_raw(path: Path, entries: dict[bytes, bytes]) -> None:
    """Values that no safe wrote, with the revision of another one."""
    env = lmdb.open(str(path), subdir=False)
    with env.begin(write=True) as txn:
        for key, value in entries.items():
            txn.put(key, (1 << 16).to_bytes(8, "big") + value)
    env.close()


def whole(path: Path) -> dict[Any, Any]:
    """All that is in it, read in a process that may be killed by it."""

    def look() -> None:
        with Safe[Any, Any](path) as safe:
            dict(safe)
            safe["new"] = 1
            del safe["new"]

    in_fork(look)
    return safe_of(path)


def test_an_intact_safe(path: Path) -> None:
    """Nothing is found, nothing is done, and nothing is made."""
    with Safe[Any, Any](path) as safe:
        safe.update(CONTENT)
        assert check(path) == []
    before = path.read_bytes()
    steps: list[tuple[int, int]] = []
    assert check(path, progress=lambda done, of: steps.append((done, of))) == []
    assert repair(path) == []
    assert path.read_bytes() == before
    assert names_beside(path) == ["a.safe", "a.safe-lock"]
    assert steps[-1][0] == steps[-1][1]
    assert steps == sorted(steps)


def test_an_empty_safe(path: Path) -> None:
    """A safe in which nothing was ever put is whole."""
    Safe(path).close()
    assert check(path) == []
    assert repair(path) == []


@pytest.mark.parametrize("count", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_any_bit_may_be_wrong(path: Path, good: bytes, count: int) -> None:
    """A fault is found, or all is there but for one key or value; a repaired safe is whole."""
    moments = random.Random(len(good))
    found = 0
    for _ in range(count):
        page = moments.choice([0, 1, *[moments.randrange(len(good) // PAGE) for _ in range(4)]])
        at = page * PAGE + moments.randrange(moments.choice([16, 160, PAGE]))
        put_alone(path, good[:at] + bytes([good[at] ^ 1 << moments.randrange(8)]) + good[at + 1 :])
        try:
            faults = check(path)
        except FormatError:  # the header says that it is of a later version, or something else
            continue
        if not faults:
            content = safe_of(path)
            assert len([key for key in CONTENT if content.get(key) != CONTENT[key]]) <= 1, at
            continue
        found += 1
        lines = repair(path)
        assert lines, at
        content = whole(path)
        gone = [key for key in CONTENT if content.get(key) != CONTENT[key]]
        assert len(gone) <= 40, (at, lines)
        assert not gone or "lost" in "".join(lines), (at, lines)
        rest = [fault for fault in check(path) if fault.where.startswith(f"{path}:")]
        assert rest == [], at
        assert path.with_name("a.safe.before-repair").exists()
    assert found > count // 6


def test_a_file_that_was_cut(path: Path, good: bytes) -> None:
    """At any length: all is there, or it is said what is lost, and the rest can be read."""
    moments = random.Random(8)
    for length in [0, 1, PAGE, 3 * PAGE, *[moments.randrange(len(good)) for _ in range(12)]]:
        put_alone(path, good[:length])
        faults = check(path)
        if not faults:
            assert safe_of(path) == CONTENT, length
            continue
        try:
            lines = repair(path)
        except CorruptError:  # the header is lost, and all values
            lines = ["not mended"]
        if any("written anew" in line for line in lines):
            assert "lost" in "".join(lines)
            kept = whole(path)
            assert all(kept[key] == CONTENT[key] for key in kept if key in CONTENT), length
        else:
            assert all(line.startswith("not mended") for line in lines)
            assert path.read_bytes() == good[:length]
            assert names_beside(path) == ["a.safe"]


def test_a_file_of_many_commits_that_was_cut(path: Path) -> None:
    """The roots of its trees are gone, and the list of free pages: the newest of each key stays."""
    with Safe[str, str](path, sync="os") as safe:
        for number in range(400):
            safe[f"k{number}"] = "old"
            safe[f"k{number}"] = "x" * (number * 37 % 3000)
        del safe["k0"]
    os.truncate(path, int(path.stat().st_size * 0.9))
    assert any("may be there again" in fault.remedy for fault in check(path))
    assert repair(path)
    with Safe[str, str](path, mode="r") as safe:
        assert len(safe) > 300
        new = {key: "x" * (int(key[1:]) * 37 % 3000) for key in safe}
        assert all(value in ("old", new[key]) for key, value in safe.items())
        assert sum(value == new[key] for key, value in safe.items()) > 300


def test_one_value_that_cannot_be_decoded(path: Path) -> None:
    """It alone is lost; its bytes are kept, and the copy is the file as it was."""
    with Safe[Any, Any](path, format="json") as safe:
        safe.update(a=1, b=[2], c={"d": 3})
    put_raw(path, {b"\x02b\0": b"[2"})
    before = path.read_bytes()
    (fault,) = check(path)
    assert "key 'b'" in fault.where
    assert fault.is_repairable
    lines = repair(path)
    assert any("'b'" in line and "a.safe.lost" in line for line in lines)
    assert safe_of(path) == {"a": 1, "c": {"d": 3}}
    assert path.with_name("a.safe.before-repair").read_bytes() == before
    key, value = path.with_name("a.safe.lost").read_text().rstrip().split("\t")
    assert (key, base64.b64decode(value)) == ("'b'", b"[2")
    with Safe[Any, Any](path) as safe:
        assert safe.modify("a", lambda n: n + 1) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_that_are_none(path: Path) -> None:
    """They are told, and left out."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    put_raw(path, {b"\x01a": b"N."})
    assert "key is none" in str(check(path)[0])
    assert any("lost" in line for line in repair(path))
    assert safe_of(path) == {"a": 1}
    assert [fault for fault in check(path) if fault.is_repairable] == []


class Ends:
    """What ends the process that loads it."""

    def __reduce__(self) -> Any:
        """Be a call."""
        return os._exit, (0,)


class Kills:
    """What is killed when it is loaded."""

    def __reduce__(self) -> Any:
        """Be a call."""
        return signal.raise_signal, (signal.SIGKILL,)


def test_values_that_end_the_process(path: Path) -> None:
    """The check goes on, names each of them, and looks at those that follow, too."""
    with Safe[Any, Any](path) as safe:
        safe.update({1: Ends(), 2: "good", 3: Kills(), 5: "good"})
    put_raw(path, {b"\x15\4": b"\x80\x05r\xff\xff\xff\xfe."})  # a memo of 4 billion places
    faults = check(path)
    assert [fault.where.rpartition(" ")[2] for fault in faults] == ["1", "3", "4"]
    assert "ends the process" in faults[0].what
    assert "SIGKILL" in faults[1].what
    repair(path)
    assert safe_of(path) == {2: "good", 5: "good"}


class Elsewhere:
    """A class that is to be had in one program only."""


def test_classes_that_are_not_here(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a fault which no repair mends, and the values are kept."""
    with Safe[Any, Any](path, format="json") as safe:
        safe["a"] = 1
    path.unlink()
    with Safe[Any, Any](path) as safe:
        safe.update(a=Elsewhere(), b=2)
    monkeypatch.delattr("tests.safes.test_checking.Elsewhere")
    before = path.read_bytes()
    (fault,) = check(path)
    assert "key 'a'" in fault.where
    assert not fault.is_repairable
    assert repair(path) == [f"not mended: {fault}"]
    assert path.read_bytes() == before


def test_pickles_that_others_could_have_written(path: Path) -> None:
    """They are not loaded, unless they are trusted; a repair takes the right from the others."""
    mark = path.with_name("run")
    with Safe[Any, Any](path) as safe:
        safe["a"] = _Touches(str(mark))
    path.chmod(0o660)
    faults = check(path)
    assert any("not looked into" in fault.what and "trust=True" in fault.remedy for fault in faults)
    assert not mark.exists()
    repair(path)
    assert path.stat().st_mode & 0o777 == 0o640
    assert not mark.exists()
    path.chmod(0o660)
    assert not any("not looked into" in fault.what for fault in check(path, trust=True))
    assert mark.exists()
    repair(path, trust=True)
    assert path.stat().st_mode & 0o777 == 0o640


class _Touches:
    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return os.mkdir, (self.name,)


def test_damage_beside_pickles_that_are_not_trusted(path: Path, good: bytes) -> None:
    """Pages are mended; values are kept as they are."""
    put_alone(path, good[: PAGE + 10] + b"\0" + good[PAGE + 11 :])
    path.chmod(0o666)
    lines = repair(path)
    assert any("written anew" in line for line in lines)
    assert {key: safe_of(path)[key] for key in CONTENT} == CONTENT


@pytest.mark.parametrize("format", ["pickle", "json", "msgpack"])
def test_a_header_that_is_lost(path: Path, format: str) -> None:
    """It is written anew, with the format that all values have."""
    with Safe[Any, Any](path, format=format) as safe:
        safe.update(a=[1], b={"x": "text"})
    put_raw(path, {b"\xfesafe": b"{"})
    assert "header" in str(check(path)[0])
    assert repair(path)
    with Safe[Any, Any](path, format=format) as safe:
        assert dict(safe) == {"a": [1], "b": {"x": "text"}}


def test_a_format_of_ones_own(path: Path) -> None:
    """Without `format` the values are not looked into; with it, they are."""
    with Safe[Any, Any](path, format=pickle) as safe:
        safe["a"] = 1

    class Mine:
        @staticmethod
        def dumps(value: object) -> bytes:
            return str(value).encode()

        @staticmethod
        def loads(data: bytes) -> object:
            return int(data)

    path.unlink()
    with Safe[Any, Any](path, format=Mine) as safe:
        safe["a"] = 1
    (fault,) = check(path)
    assert "format=" in fault.remedy
    assert check(path, format=Mine) == []
    with pytest.raises(FormatError, match=r"a\.safe"):
        check(path, format="json")


def test_many_faults_are_told_shortly(path: Path) -> None:
    """The first twenty by name, and how many more there are; all of them are mended."""
    with Safe[Any, Any](path, format="json") as safe:
        safe.update({n: n for n in range(100)})
    put_raw(path, {bytes([0x15, n]): b"{" for n in range(1, 60)})
    faults = check(path)
    assert len(faults) == 21
    assert "39 more" in str(faults[-1])
    repair(path)
    assert safe_of(path) == {0: 0} | {n: n for n in range(60, 100)}


def write_busily(path: Path) -> Iterator[str]:
    """Change keys of all sizes, for ever."""
    moments = random.Random(1)
    with Safe[Any, Any](path, sync="os") as safe:
        yield "ready"
        while True:
            key = moments.randrange(300)
            if key % 3:
                safe[key] = {"n": key, "text": "x" * moments.randrange(9000)}
            else:
                safe.pop(key, None)
            if key == 7:
                safe.compact()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("times", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_beside_a_busy_writer(path: Path, times: int) -> None:
    """No check finds anything, while it writes and compacts; it is not disturbed."""
    with other(write_busily, path) as writer:
        assert writer.next() == "ready"
        writer.go()
        wait_until(lambda: len(safe_of(path)) > 100)
        for number in range(times):
            assert check(path) == [], number
        assert writer.is_silent()
        size = path.stat().st_size
    assert size < 50_000_000
    assert [fault for fault in check(path) if fault.where == str(path)] == []


def hold(path: Path) -> Iterator[str]:
    """Have the safe open."""
    with Safe[Any, Any](path):
        yield "ready"
        yield "done"


def test_a_safe_that_is_open_is_not_repaired(path: Path) -> None:
    """LockedError names the process; nothing is changed, nor copied."""
    with Safe[Any, Any](path, format="json") as safe:
        safe["b"] = 1
    put_raw(path, {b"\x02b\0": b"["})
    before = path.read_bytes()
    with other(hold, path) as holder:
        holder.next()
        with pytest.raises(LockedError, match=str(holder.pid)) as caught:
            repair(path)
        assert caught.value.pid == holder.pid
    with Safe[Any, Any](path, format="json"), pytest.raises(LockedError, match=str(os.getpid())):
        repair(path)
    assert path.read_bytes() == before
    assert not path.with_name("a.safe.before-repair").exists()
    assert repair(path)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("kills", [8, pytest.param(30, marks=pytest.mark.slow)])
def test_a_repair_that_is_killed(path: Path, good: bytes, kills: int) -> None:
    """The damaged file is there, or the mended one; the next repair mends what is left."""
    damaged = good[: PAGE + 10] + b"\0" + good[PAGE + 11 :]
    moments = random.Random(3)
    outcomes = set()
    put_alone(path, damaged)
    began = time.monotonic()
    repair(path)
    took = time.monotonic() - began
    for number in range(kills + 2):
        put_alone(path, damaged)
        child = forked(lambda: repair(path))
        if number == kills:
            assert ended_well(child)  # it was not killed: here, and not at the next, it is mended
        else:
            time.sleep(moments.uniform(0, 1.5 * took) if number < kills else 0)
            os.kill(child, signal.SIGKILL)
            ended_well(child)
        is_old = path.read_bytes() == damaged
        outcomes.add(is_old)
        if not is_old:
            assert [fault for fault in check(path) if fault.where == str(path)] == []
        repair(path)
        content = whole(path)
        assert {key: content[key] for key in CONTENT} == CONTENT
        assert [fault for fault in check(path) if fault.is_repairable] == []
    assert outcomes == {True, False}


def test_what_killed_programs_left(path: Path) -> None:
    """It is found, and removed, and nothing is copied for it."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    litter = path.with_name(".a.safe.outlive-0.tmp")
    litter.write_bytes(b"half")
    os.utime(litter, (0, 0))
    wait_until(lambda: bool(check(path)))
    (fault,) = check(path)
    assert fault.where == str(litter)
    assert any(str(litter) in line for line in repair(path))
    assert names_beside(path) == ["a.safe", "a.safe-lock"]


def test_a_compaction_that_was_killed(path: Path) -> None:
    """Its second name is found, and the repair ends it."""
    with Safe[Any, Any](path) as safe:
        safe["a"] = 1
    os.link(path, path.with_name(".a.safe.outlive-old"))
    assert any("compaction" in fault.what for fault in check(path))
    repair(path)
    assert check(path) == []
    assert safe_of(path) == {"a": 1}


def test_files_that_are_none(path: Path) -> None:
    """What is no safe is refused, or told as it is; nothing is made."""
    with pytest.raises(DiskError, match=r"a\.safe"):
        check(path)
    with pytest.raises(DiskError, match=r"a\.safe"):
        repair(path)
    with pytest.raises(DiskError):
        check(path.parent)
    path.write_bytes(b"This is a person's text.\n" * 1000)
    (fault,) = check(path)
    assert not fault.is_repairable
    assert names_beside(path) == ["a.safe"]


def test_an_engine_of_another_kind() -> None:
    """Its content is checked, too."""
    engine = MemoryEngine()
    Safe[Any, Any](engine, format="json").update(a=1, b=2)
    assert check(engine) == []
    engine.commit({b"\x02b\0": b"["})
    (fault,) = check(engine)
    assert "key 'b'" in fault.where


def test_threads_go_on_during_a_check(path: Path) -> None:
    """A thread of the same program that writes is not disturbed, nor does it disturb."""
    with Safe[Any, Any](path, sync="os") as safe:
        safe.update(CONTENT)
        ends = threading.Event()

        def work() -> None:
            n = 0
            while not ends.is_set():
                n += 1
                safe["n"] = n

        thread = threading.Thread(target=work)
        thread.start()
        try:
            for _ in range(10):
                assert check(path) == []
        finally:
            ends.set()
            thread.join()
        assert safe["n"] > 10
