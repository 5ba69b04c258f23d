"""`outlive check`, `repair`, `stat` and `compact` on whole and on damaged files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import outlive

from .running import done, failed, in_terminal, program, run

KINDS = ["state", "store", "safe", "storage"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_intact_file(kind: str, request: pytest.FixtureRequest) -> None:
    """Nothing is printed into a pipe, it ends with 0, and repair leaves all as it is."""
    path: Path = request.getfixturevalue(kind)
    before = path.read_bytes()
    assert done("check", path).out == ""
    assert done("repair", path).out == ""
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*before-repair*"))
    assert "no faults" in in_terminal("check", path).text


def damage(kind: str, path: Path) -> None:
    """Make the file one that cannot be read to its end."""
    data = path.read_bytes()
    if kind == "state":
        path.write_bytes(data + b'\n--- #d0ac3c91\n["set",[],"last"')
    elif kind == "store":
        versions = outlive.open(path, keep=2)
        versions.value["n"] = 2
        versions.commit()
        path.write_bytes(b'{"n": ')
    else:
        size = int.from_bytes(data[40:44], "little")
        last = len(data) // size - 1
        path.write_bytes(data[: last * size] + b"\xff" * size)


@pytest.mark.parametrize("kind", ["state", "store"])
def test_a_damaged_file(kind: str, request: pytest.FixtureRequest) -> None:
    """A line for each fault, with its remedy, and 1; after the repair, which copied it, 0."""
    path: Path = request.getfixturevalue(kind)
    damage(kind, path)
    found = run("check", path)
    assert found.code == 1
    assert all(line.startswith(str(path)) for line in found.lines), found
    faults = [json.loads(line) for line in run("check", "--json", path).lines]
    assert len(faults) == len(found.lines) >= 1
    assert set(faults[0]) == {"where", "what", "remedy", "is_repairable"}
    told = done("repair", path)
    assert "before-repair" in told.out
    assert Path(f"{path}.before-repair").exists()
    assert run("get", path).code == 0
    remaining = [json.loads(line) for line in run("check", "--json", path).lines]
    assert str(path) not in [each["where"].partition(",")[0] for each in remaining], remaining


@pytest.mark.parametrize("kind", ["safe", "storage"])
def test_a_damaged_file_of_lmdb(kind: str, request: pytest.FixtureRequest) -> None:
    """A page that is damaged is a fault, and ends no command by a signal."""
    path: Path = request.getfixturevalue(kind)
    damage(kind, path)
    for command in ("check", "repair", "stat"):
        ended = run(command, path)
        assert ended.code >= 0, ended
        assert "Traceback" not in ended.err
    assert run("check", path).code in (0, 1)


def test_a_safe_whose_format_is_not_known(tmp_path: Path) -> None:
    """Where the header is lost, --format says how the values are written."""
    path = tmp_path / "a.safe"
    with outlive.Safe(path, format="json") as made:
        made.update({str(number): "x" * 500 for number in range(50)})
    path.write_bytes(path.read_bytes()[:9000])
    assert any("--format" in line for line in run("check", path).lines)
    assert "--format" in failed(4, "repair", path)
    assert "entries that can be read" in done("repair", "--format", "json", path).out
    assert not [line for line in run("check", path).lines if line.startswith(f"{path}:")]


def test_check_of_a_format_that_the_name_does_not_say(tmp_path: Path) -> None:
    """The file is checked, and named by stat, in the format that it is in."""
    path = tmp_path / "x.dat"
    path.write_text("- a\n- b\n")
    path.chmod(0o644)
    assert done("check", path).out == ""
    assert done("stat", "--json", path).json["kind"] == "store"


@pytest.mark.parametrize("kind", KINDS)
def test_stat(kind: str, request: pytest.FixtureRequest) -> None:
    """What there is to know, as JSON and as lines; on a terminal in two columns."""
    path: Path = request.getfixturevalue(kind)
    found = done("stat", "--json", path).json
    assert (found["kind"], found["path"]) == (kind, str(path))
    assert found["size"] == path.stat().st_size
    assert f"kind: {kind}" in done("stat", path).lines
    assert f"kind       {kind}"[:4] in in_terminal("stat", path).text


def test_stat_of_an_open_state(state: Path) -> None:
    """It says which program has the state open, and how many entries there are."""
    with program("state", state) as writer:
        found = done("stat", "--json", state).json
    assert (found["holder"], found["entries"]) == (writer.pid, 1)


def test_check_beside_a_live_writer(state: Path, safe: Path, storage: Path) -> None:
    """What a program needs beside its file is no litter, and what it writes no damage."""
    for kind, path in (("state", state), ("safe", safe), ("storage", storage)):
        with program(kind, path):
            assert done("check", path).out == ""


def test_repair_of_an_open_state(state: Path) -> None:
    """A repair waits for nobody: it says who has the file, and changes nothing."""
    with program("state", state) as writer:
        before = state.read_bytes()
        assert f"{writer.pid}" in failed(3, "repair", state)
        assert state.read_bytes() == before


def test_compact(state: Path, safe: Path, storage: Path, store: Path) -> None:
    """Files get smaller and hold what they held; the journal of a killed program goes."""
    with outlive.Safe(safe) as made:
        made.update({str(number): "x" * 1000 for number in range(2000)})
        for number in range(2000):
            del made[str(number)]
    with program("state", state) as writer:
        writer.do("store.last = 9")
    assert b"--- #" in state.read_bytes()
    before = {path: (path.stat().st_size, done("get", path).out) for path in (safe, storage, store)}
    for path in (state, safe, storage, store):
        done("compact", path)
    assert b"--- #" not in state.read_bytes()
    assert done("get", state, "last").out == "9\n"
    assert safe.stat().st_size < before[safe][0] / 10
    for path, (_, content) in before.items():
        assert done("get", path).out == content
    assert "bytes before" in in_terminal("compact", safe).text


def test_history_and_restore(tmp_path: Path) -> None:
    """Former contents are listed, the newest first, and one comes back, also in a damaged file."""
    path = tmp_path / "notes.json"
    store = outlive.open(path, default="first", keep=5)
    store.commit()
    for value in ("second", "third"):
        store.value = value
        store.commit()
    rows = [line.split("\t") for line in done("history", path).lines]
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("2", "8", f"{path}.version-2"),
        ("1", "7", f"{path}.version-1"),
    ]
    assert [json.loads(line)["number"] for line in done("history", "--json", path).lines] == [2, 1]
    assert "number" in in_terminal("history", path).text
    path.write_text('"thi')
    done("restore", path, 1)
    assert done("get", path).out == "first\n"
    assert Path(f"{path}.version-3").read_text() == '"thi'
    assert "there are 3, 2, 1" in failed(1, "restore", path, 9)
    assert "is damaged, too" in failed(4, "restore", path, 3)


def test_what_a_kind_does_not_have(state: Path, safe: Path, store: Path) -> None:
    """A history is a Store's, a journal a State's: for others that is a wrong command."""
    assert "only a Store" in failed(2, "history", state)
    assert "only a Store" in failed(2, "restore", safe, 1)
    assert "only a State" in failed(2, "log", store)


def test_a_store_that_was_deleted(tmp_path: Path) -> None:
    """Its former contents lie beside it, and one comes back."""
    path = tmp_path / "a.json"
    store = outlive.open(path, default=0, keep=2)
    for store.value in (1, 2, 3):
        store.commit()
    path.unlink()
    assert len(done("history", path).out.splitlines()) == 2
    done("restore", path, 1)
    assert outlive.open(path).value in (1, 2)
