"""Make the files beside this script with the real PersistedState, every version that has one.

    python make_files.py

It downloads each version with pip, lets it work on a file in a process of its own, and ends that
process at the moment that the file's name tells: between two entries, in an entry, in a vacuum.
Versions that leave the same bytes share a file, which is named after the newest of them.
`expected.json` says which versions those are and what the program's state was.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
VERSIONS = ["23.4", "23.5", "23.6", "23.8", "23.9", "24.1", "24.2", "25.1", "26.1"]
MARKER = b"\n---\n### LAST VALID STATE ###\n"
DYING = 9

# The moments in which a program can end, in the order in which they come.
MOMENTS = [
    "clean",  # never: the file was closed
    "journal",  # after the last entry
    "torn",  # in the last entry
    "failed",  # after an entry that did not fit: the statement raised, and left it there
    "vacuum-padding",  # a vacuum writes the document behind the last entry,
    "vacuum-marking",  # a marker,
    "vacuum-copying",  # the document once more,
    "vacuum-copied",
    "vacuum-overwriting",  # then over the beginning of the file;
    "vacuum-overwritten",  # last, it would cut off what follows
    "vacuum-unchanged",  # the same where the file has no entries
]


class _Dying(io.FileIO):
    """The file of a state, which ends the process in the middle of a vacuum."""

    moment = ""
    _writes = 0

    def write(self, data: Any) -> int:
        if not self.moment:
            return super().write(data)
        self._writes += 1
        text, mark, _ = bytes(data).partition(MARKER)
        if self._writes == 1:
            ends = {
                "vacuum-padding": len(text) // 2,
                "vacuum-marking": len(text) + len(mark) // 2,
                "vacuum-copying": len(text) + len(mark) + len(text) // 2,
                "vacuum-copied": len(data),
                "vacuum-unchanged": len(data) - 5,
            }
        else:
            ends = {"vacuum-overwriting": len(data) * 2 // 3}
        if self.moment in ends:
            super().write(bytes(data)[: ends[self.moment]])
            os._exit(DYING)
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        if self.moment:
            os._exit(DYING)
        return super().truncate(size)


def _open(path: Path, mode: str = "r", **options: Any) -> IO[Any]:
    if mode == "r+":
        return io.TextIOWrapper(io.BufferedRandom(_Dying(path, "r+")), **options)
    return open(path, mode, **options)


# -- what the program does


def _first_run(state: Any) -> None:
    state.last_id = 41
    state["name"] = "Máté €😀"
    state["text"] = "a: 1\n---\n### LAST VALID STATE ###\n ] end\n"
    state["tiny"] = 1e-07
    state["server"] = {"port": 8080, "tags": ["a", "b"], "open": None}


def _second_run(state: Any, nested: bool) -> None:
    del state["tiny"]
    state["big"] = 1e16
    state["a"] = "]first: key"
    if nested:
        state["server"]["port"] = 8081
        state["server"]["tags"].append("c")
        state["server"]["tags"].insert(0, "z")
        del state["server"]["open"]
        state.processed.append({"id": 1, "ratio": 0.5})
        state.processed[0]["done"] = True
    else:
        state["server"] = {"port": 8081, "tags": ["z", "a", "b", "c"]}
        state["processed"] = [{"id": 1, "ratio": 0.5, "done": True}]
    state.last_id = 42


def _state(nested: bool, *, second: bool) -> dict[str, Any]:
    state: dict[str, Any] = _Plain(last_id=0, processed=[])
    _first_run(state)
    if second:
        _second_run(state, nested)
    return dict(state)


class _Plain(dict[str, Any]):
    """A dict that the programs above can work on, to know what comes out."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def _work(version: str, moment: str, path: Path) -> None:
    """The program: it ends at the moment."""
    import pathlib

    pathlib.Path.open = _open  # type: ignore[assignment,method-assign]  # only in this process
    from persistedstate import PersistedState

    nested = version != "23.4"
    with PersistedState(path, last_id=0, processed=[]) as state:
        _first_run(state)
    if moment == "vacuum-unchanged":
        _Dying.moment = moment
        with PersistedState(path):
            pass
    state = PersistedState(path)
    _second_run(state, nested)
    if moment == "failed":
        _fail(state, nested)
    if moment in ("journal", "torn", "failed"):
        os._exit(DYING)
    _Dying.moment = "" if moment == "clean" else moment
    state.__exit__(None, None, None)  # type: ignore[no-untyped-call]  # the original's


def _fail(state: Any, nested: bool) -> None:
    with contextlib.suppress(KeyError):
        del state["nobody"]
    with contextlib.suppress(IndexError):
        if nested:
            state["processed"][5] = 1
    state.last_id = 43


# -- the files


def _run(package: Path, *arguments: str) -> int:
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    return subprocess.run(
        command, env=environment, check=False, stderr=subprocess.DEVNULL
    ).returncode


def _make(version: str, moment: str, package: Path, path: Path) -> dict[str, Any] | None:
    """Make one file; return the program's state, or None where there is no such file."""
    if version < "23.6" and moment in ("vacuum-marking", "vacuum-copying"):
        return None  # they have no marker and no second copy
    code = _run(package, "work", version, moment, str(path))
    if code != (0 if moment == "clean" else DYING):
        return None
    nested = version != "23.4"
    state = _state(nested, second=moment != "vacuum-unchanged")
    if moment == "torn":
        os.truncate(path, path.stat().st_size - 3)
        state["last_id"] = 41
    if moment == "failed":
        state["last_id"] = 43
    return state


def _download(version: str, where: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"persistedstate=={version}"]
    subprocess.run([*pip, "-d", str(where)], check=True)
    (wheel,) = where.glob(f"persistedstate-{version}-*.whl")
    zipfile.ZipFile(wheel).extractall(where / version)
    return where / version


def main() -> None:
    """Make all files, and `expected.json`."""
    made: dict[bytes, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for version in VERSIONS:
            package = _download(version, scratch)
            for moment in MOMENTS:
                path = scratch / "file"
                path.unlink(missing_ok=True)
                state = _make(version, moment, package, path)
                if state is None:
                    continue
                known = made.setdefault(path.read_bytes(), {"versions": [], "state": state})
                known["versions"].append(version)
                known["name"] = f"{version}-{moment}.state"
    for old in HERE.glob("*.state"):
        old.unlink()
    expected = {}
    for data, known in sorted(made.items(), key=lambda item: str(item[1]["name"])):
        (HERE / known["name"]).write_bytes(data)
        expected[known.pop("name")] = known
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    jobs: dict[str, Callable[[], None]] = {
        "work": lambda: _work(sys.argv[2], sys.argv[3], Path(sys.argv[4])),
    }
    jobs.get(sys.argv[1] if len(sys.argv) > 1 else "", main)()
