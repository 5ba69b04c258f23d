"""`outlive convert`: all or nothing, whatever happens on the way, and one file at a time."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import outlive

from .running import COMMAND, LONG, Ended, done, environment, failed, in_terminal, program, run

MANY = 15_000


def with_lines(path: Path, count: int = MANY) -> Path:
    """A file of JSON Lines that takes a while to convert."""
    with path.open("w") as file:
        for number in range(count):
            line = {"key": f"key {number}", "value": f"{number} {'x' * 100}"}
            file.write(f"{json.dumps(line)}\n")
    return path


def limited(size: int, *arguments: object) -> Ended:
    """Run the command, which may not make a file larger than `size` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    ended = subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=LONG,
        env=environment(),
        preexec_fn=limit,
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def a_document(path: Path) -> Path:
    """A document of a megabyte."""
    (path / "a.json").write_text(json.dumps({"t": ["x" * 100] * 10_000}))
    return path / "a.json"


def some_lines(path: Path) -> Path:
    """Items of a few megabytes."""
    return with_lines(path / "a.jsonl", 10_000)


def a_table(path: Path) -> Path:
    """Rows of two megabytes."""
    (path / "a.csv").write_text("n,t\n" + "".join(f"{n},{n:0200}\n" for n in range(10_000)))
    return path / "a.csv"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (a_document, "b.state"),
        (a_document, "b.yaml"),
        (a_document, "b.msgpack"),
        (some_lines, "b.safe"),
        (some_lines, "b.storage"),
        (a_table, "b.db"),
        (a_table, "b.jsonl"),
        (a_table, "b.parquet"),
    ],
)
def test_a_full_disk(make: Callable[[Path], Path], name: str, tmp_path: Path) -> None:
    """It ends with 5, says so in a line that names the file, and leaves nothing behind."""
    source = make(tmp_path)
    ended = limited(1 << 18, "convert", source, tmp_path / name)
    assert ended.code == 5, ended
    assert ended.err.count("\n") == 1
    assert str(tmp_path / name) in ended.err
    assert "make room" in ended.err.lower()
    assert os.listdir(tmp_path) == [source.name]
    (tmp_path / name).write_text("there was something")
    assert limited(1 << 18, "convert", "--force", source, tmp_path / name).code == 5
    assert (tmp_path / name).read_text() == "there was something"
    assert sorted(os.listdir(tmp_path)) == sorted([source.name, name])


@pytest.mark.parametrize("name", ["b.safe", "b.storage"])
def test_kills(name: str, tmp_path: Path) -> None:
    """After a kill at any moment there is no file or a whole one; the next convert tidies up."""
    source, target = with_lines(tmp_path / "a.jsonl"), tmp_path / name
    begin = time.monotonic()
    done("convert", source, target)
    whole = time.monotonic() - begin
    for part in (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97):
        target.unlink(missing_ok=True)
        process = subprocess.Popen(
            [COMMAND, "convert", str(source), str(target)], env=environment()
        )
        time.sleep(whole * part)
        process.kill()
        process.wait()
        if target.exists():
            done("check", target)
            assert len(done("show", "--json", target).lines) == (MANY if "safe" in name else 1)
    done("convert", "--force", source, target)
    left = [each for each in os.listdir(tmp_path) if each not in ("a.jsonl", name, f"{name}-lock")]
    assert left == []
    done("check", target)


def test_ctrl_c(tmp_path: Path) -> None:
    """It ends with 130 and leaves nothing behind."""
    source, target = with_lines(tmp_path / "a.jsonl", 5 * MANY), tmp_path / "b.safe"
    process = subprocess.Popen([COMMAND, "convert", str(source), str(target)], env=environment())
    while not list(tmp_path.glob(".b.safe.outlive-new/b.safe")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(LONG) == 130
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_what_is_there_is_not_replaced(state: Path, store: Path, tmp_path: Path) -> None:
    """Unless --force says so; then with its mode, and nothing of the old is left."""
    before = store.read_bytes()
    assert "--force" in failed(4, "convert", "--to", "yaml", state, store)
    assert store.read_bytes() == before
    store.chmod(0o640)
    done("convert", "--to", "yaml", "--force", state, store)
    assert outlive.open(store, format="yaml").value[2] == "two"
    assert store.stat().st_mode & 0o777 == 0o640
    assert "is a directory" in failed(5, "convert", "--to", "yaml", "--force", state, tmp_path)


def test_src_itself(store: Path, tmp_path: Path) -> None:
    """It is only read, by whatever name, with --force as well."""
    before = store.read_bytes()
    (tmp_path / "link.yaml").symlink_to(store)
    failed(4, "convert", "--force", "--to", "yaml", store, store)
    failed(4, "convert", "--force", store, tmp_path / "link.yaml")
    assert store.read_bytes() == before


def test_a_link(store: Path, tmp_path: Path) -> None:
    """A link stays one, and what it leads to is made or replaced."""
    (tmp_path / "below").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "below" / "b.yaml")
    done("convert", store, tmp_path / "link.yaml")
    assert (tmp_path / "link.yaml").is_symlink()
    assert outlive.open(tmp_path / "below" / "b.yaml").value == outlive.open(store).value
    failed(4, "convert", store, tmp_path / "link.yaml")
    done("convert", "--force", store, tmp_path / "link.yaml")
    assert (tmp_path / "link.yaml").is_symlink()


def test_a_file_that_a_program_has_open(store: Path, state: Path, storage: Path) -> None:
    """It is not replaced, and the message has the program's pid."""
    rows = store.with_name("rows.jsonl")
    rows.write_text('{"a": 1}\n')
    with program("state", state) as writer:
        said = failed(3, "convert", "--force", store, state)
        assert f"{writer.pid}" in said
        writer.do("store.last = 42")
    with program("storage", storage) as writer:
        said = failed(3, "convert", "--force", "--to", "storage", rows, storage)
        assert f"{writer.pid}" in said
        writer.do("store.view('people').append(first='x'); store.commit()")


def test_a_state_whose_program_was_killed(state: Path, store: Path) -> None:
    """What it left beside the file does not come into the new one."""
    with program("state", state) as writer:
        writer.do("store.queue.append('old')")
        writer.kill()
    assert list(state.parent.glob(".*journal"))
    done("convert", "--force", store, state)
    with outlive.State(state) as now:
        assert dict(now) == outlive.open(store).value
    assert not list(state.parent.glob(".*journal"))


def test_a_safe_that_others_read(safe: Path, tmp_path: Path) -> None:
    """A safe is not replaced while a program has it open, which goes on; afterwards it is."""
    with_lines(tmp_path / "a.jsonl", 3)
    with program("safe", safe) as writer:
        writer.do("store['mine'] = 1")
        assert f"{writer.pid}" in failed(3, "convert", "--force", tmp_path / "a.jsonl", safe)
        writer.do("assert store['mine'] == 1; store['mine'] = 2")
    with outlive.Safe(safe) as now:
        assert (now["mine"], len(now)) == (2, 4)
    done("convert", "--force", tmp_path / "a.jsonl", safe)
    with outlive.Safe(safe) as now:
        assert sorted(now) == ["key 0", "key 1", "key 2"]


def test_two_at_once(tmp_path: Path) -> None:
    """One of them makes the file, and the other says that it is being made, or is there."""
    source = with_lines(tmp_path / "a.jsonl")
    both = [
        subprocess.Popen(
            [COMMAND, "convert", str(source), str(tmp_path / "b.safe")],
            env=environment(),
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = [each.communicate()[1].decode() for each in both]
    assert sorted(each.returncode for each in both)[0] == 0
    assert [each.returncode for each in both] in ([0, 3], [3, 0], [0, 4], [4, 0]), said
    done("check", tmp_path / "b.safe")


def test_a_bar(tmp_path: Path) -> None:
    """On a terminal a bar shows how far it is, and a line what was made; in a pipe nothing."""
    source = with_lines(tmp_path / "a.jsonl")
    shown = in_terminal("convert", source, tmp_path / "a.safe")
    assert shown.code == 0
    assert "convert" in shown.text
    assert f"{tmp_path / 'a.safe'}: {MANY:,} keys" in shown.text
    assert done("convert", source, tmp_path / "b.safe").out == ""


def test_memory(tmp_path: Path) -> None:
    """A large safe is copied in a few megabytes, part by part."""
    source = with_lines(tmp_path / "a.jsonl", 300_000)
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [os.path.join(os.path.dirname(COMMAND), "python"), "-c", script, COMMAND, "convert"]
    used = [
        int(subprocess.check_output([*command, str(each), str(tmp_path / name)]))
        for each, name in ((with_lines(tmp_path / "s.jsonl", 10), "s.safe"), (source, "a.safe"))
    ]
    assert used[1] - used[0] < 64 << 10


def test_usage(store: Path, tmp_path: Path) -> None:
    """What is asked for wrongly ends with 2; what is not there with 5."""
    assert run("convert", store).code == 2
    assert run("convert", "--to", "nope", store, tmp_path / "x").code == 2
    failed(5, "convert", tmp_path / "nope", tmp_path / "x.json")
    failed(5, "convert", "--from", "csv", tmp_path / "nope", tmp_path / "x.db")
    failed(5, "convert", store, tmp_path / "nope" / "x.yaml")
    assert os.listdir(tmp_path) == [store.name]
