"""`outlive.safe()`: each module of each program has a safe of its own, and finds it again."""

from __future__ import annotations

import errno
import os
import platform
import stat
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import outlive
from outlive import DiskError, FormatError
from outlive.disk.directories import make_private
from outlive.disk.fs import FileSystem
from outlive.safes import private
from outlive.safes.private import file_name

from ..files import names
from ..state.children import in_child

LONGEST = 255 - len("-lock")  # bytes of a file name, with LMDB's lock beside it

SAY = "import outlive\nprint(outlive.safe().path)\n"
OWN_AND_NAMED = """
import outlive
def own():
    return outlive.safe()
def named():
    return outlive.safe(__name__)
"""
COUNT = "import outlive\nprint(outlive.safe().modify('runs', lambda n: n + 1, 0))\n"

# A program whose main module asks as soon as it is imported, in a spawned process, too.
SPAWNS = """
import os
os.chdir("/")
import multiprocessing, outlive
safe = outlive.safe()
def read(key):
    return safe[key], outlive.safe().path
if __name__ == "__main__":
    safe["key"] = "from the parent"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        value, path = pool.apply(read, ["key"])
    assert (value, path) == ("from the parent", safe.path), (value, path)
"""

# The main module of a package is not imported in a spawned process.
SPAWNS_FROM_A_PACKAGE = """
import multiprocessing, outlive
import place
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(place.where) == place.where()
    print(place.where())
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the private safes of a test are."""
    for name in ("OUTLIVE_APP", "OUTLIVE_NODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OUTLIVE_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    for safe in private._safes.values():
        safe.close()


def run(*arguments: object, cwd: Path, stdin: str = "") -> str:
    """What ``python …`` prints, without its last newline; it must end well."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def write(path: Path, text: str) -> Path:
    """A file, with the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def module(name: str, body: str) -> Any:
    """A module of that name, which nobody imported."""
    made = types.ModuleType(name)
    exec(body, vars(made))  # noqa: S102  # modules are what the test is about
    return made


def test_each_module_has_its_own(home: Path) -> None:
    """What one module keeps, another does not see; each gets one safe, however it asks."""
    one, other = module("pkg.one", OWN_AND_NAMED), module("pkg.other", OWN_AND_NAMED)
    one.own()["key"] = "mine"
    assert "key" not in other.own()
    assert one.own() is one.own() is one.named()
    assert one.own() is not other.own()
    assert outlive.safe() is outlive.safe(__name__)
    found = [name.split(".", 2)[2] for name in names(home / "safe") if not name.endswith("-lock")]
    assert sorted(found) == ["pkg.one", "pkg.other", __name__]


def test_a_function_asks_for_the_module_it_is_from() -> None:
    """A function that is passed on still finds the safe of the module that defined it."""
    asks = module("asks", "import outlive\ndef f(): return outlive.safe()")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asks.f).result() is asks.f()
    assert module("calls", "def g(f): return f()").g(asks.f) is asks.f()


def test_the_name_of_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is safe/node.app.module, and the environment may say what node and app are."""
    monkeypatch.setenv("OUTLIVE_NODE", "here")
    monkeypatch.setenv("OUTLIVE_APP", "shop")
    assert outlive.safe("orders").path == str(home / "safe" / "here.shop.orders")
    monkeypatch.delenv("OUTLIVE_NODE")
    first = Path(outlive.safe("orders").path).name.removesuffix(".shop.orders")
    assert first == platform.node().replace(".", "%2e")


def test_another_process_finds_it(tmp_path: Path) -> None:
    """A program that runs again goes on with what it kept."""
    program = write(tmp_path / "counter.py", COUNT)
    assert [run(program, cwd=tmp_path) for _ in range(3)] == ["1", "2", "3"]


def test_however_a_script_is_named(tmp_path: Path) -> None:
    """One script is one program: from any directory, through a link, and with -m."""
    directory = tmp_path / "scripts"
    script = write(directory / "report.py", SAY)
    (tmp_path / "link").symlink_to(script)
    as_debuggers_do = "import runpy; runpy.run_module('report', None, '__main__', True)"
    said = {
        run(script, cwd=tmp_path),
        run("report.py", cwd=directory),
        run("../scripts/report.py", cwd=directory),
        run("-m", "report", cwd=directory),
        run(tmp_path / "link", cwd=tmp_path),
        run("-c", as_debuggers_do, cwd=directory),
    }
    assert len(said) == 1
    assert Path(said.pop()).name.partition(".")[2].startswith("report-")


def test_however_a_package_is_named(tmp_path: Path) -> None:
    """One package is one program: by -m or as a directory, and while it is still imported."""
    place = "import outlive\ndef where(): return outlive.safe().path\nearly = where()\n"
    write(tmp_path / "pkg" / "place.py", place)
    write(tmp_path / "pkg" / "__init__.py", "from . import place\nassert 'pkg-' in place.early")
    write(tmp_path / "pkg" / "__main__.py", SAY)
    said = {
        run("-m", "pkg", cwd=tmp_path),
        run("-W", "ignore:some", "-Wignore:some", "-mpkg", cwd=tmp_path),
        run("pkg", cwd=tmp_path),
        run(tmp_path / "pkg" / "__main__.py", cwd=tmp_path / "pkg"),
    }
    assert len(said) == 1


def test_two_programs_of_one_name(tmp_path: Path) -> None:
    """Two scripts do not share, be they called alike, nor do their modules."""
    for name in ("a", "b"):
        write(tmp_path / name / "main.py", COUNT + "import models")
        write(tmp_path / name / "models.py", COUNT)
    assert run("main.py", cwd=tmp_path / "a") == "1\n1"
    assert run("main.py", cwd=tmp_path / "b") == "1\n1"
    assert run("main.py", cwd=tmp_path / "a") == "2\n2"


def test_an_imported_script_is_another_module(tmp_path: Path) -> None:
    """What a script keeps as a program, another program that imports it does not see."""
    write(tmp_path / "tool.py", COUNT)
    assert run("tool.py", cwd=tmp_path) == "1"
    assert run(write(tmp_path / "user.py", "import tool"), cwd=tmp_path) == "1"


def test_no_file(tmp_path: Path) -> None:
    """Without a file, the program is called python, and all such programs share."""
    assert run("-c", COUNT, cwd=tmp_path) == "1"
    assert run("-", cwd=tmp_path, stdin=COUNT) == "2"
    assert Path(run("-c", SAY, cwd=tmp_path)).name.endswith(".python.__main__")


def test_spawned_processes(tmp_path: Path) -> None:
    """A process that multiprocessing spawns uses the safes of the program that spawned it."""
    write(tmp_path / "spawns.py", SPAWNS)
    run("spawns.py", cwd=tmp_path)
    run("-m", "spawns", cwd=tmp_path)
    write(tmp_path / "pkg" / "__main__.py", SPAWNS_FROM_A_PACKAGE)
    write(tmp_path / "place.py", "import outlive\ndef where(): return outlive.safe().path")
    write(tmp_path / "pkg" / "place.py", "import outlive\ndef where(): return outlive.safe().path")
    assert run("-m", "pkg", cwd=tmp_path) == run("pkg", cwd=tmp_path)


def test_the_user_s_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OUTLIVE_HOME, private safes are where the platform has the state of programs."""
    import platformdirs

    monkeypatch.delenv("OUTLIVE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with outlive.safe("orders") as safe:
        directory = platformdirs.user_state_path("outlive")
        assert Path(safe.path).parent == directory / "safe"
    assert tmp_path in directory.parents


def test_directories_are_private(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else may look into the directories that are made; one that is there is left alone."""
    above = home.parent / "there"
    above.mkdir(mode=0o755)
    monkeypatch.setenv("OUTLIVE_HOME", str(above / "a" / "b"))
    old = os.umask(0)
    try:
        path = Path(outlive.safe("orders").path)
    finally:
        os.umask(old)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in [path, *path.parents[:4]]]
    assert modes == [0o600, 0o700, 0o700, 0o700, 0o755]


def test_directories_are_durable(tmp_path: Path) -> None:
    """Each directory that is made is flushed, in the one above it."""
    flushed = []

    class Watched(FileSystem):
        """Notes which directories are flushed."""

        def fsync(self, fd: int) -> None:
            flushed.append(os.stat(fd).st_ino)
            super().fsync(fd)

    path = tmp_path / "a" / "b" / "c"
    for _ in range(2):  # who finds them there may have come before they were flushed
        flushed.clear()
        make_private(str(path), Watched())
        inodes = [each.stat().st_ino for each in path.parents[2::-1]]
        assert flushed[-3:] == inodes, "from above, so that none is there without a name"


def test_after_close() -> None:
    """A safe that was closed is replaced by a new one, with what was kept."""
    first = outlive.safe()
    first["key"] = 1
    first.close()
    second = outlive.safe()
    assert second is not first
    assert second["key"] == 1
    assert outlive.safe() is second


def test_all_threads_get_one() -> None:
    """Threads that ask in the same moment get the same safe."""
    for number in range(10):
        barrier = threading.Barrier(8)

        def ask(name: str = f"module{number}", wait: Callable[[], int] = barrier.wait) -> Any:
            wait()
            return outlive.safe(name)

        with ThreadPoolExecutor(8) as pool:
            assert len({id(each.result()) for each in [pool.submit(ask) for _ in range(8)]}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child() -> None:
    """A child goes on with the safe of its parent, and opens others, even if a thread was at it."""
    safe = outlive.safe()
    safe["key"] = "before"
    ends = threading.Event()

    def ask() -> None:
        number = 0
        while not ends.is_set():
            outlive.safe(f"asked{number % 7}").close()
            number += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for number in range(10):

            def child(name: str = f"of the child {number}") -> Any:
                outlive.safe(name)["key"] = "own"
                outlive.safe()["child"] = name
                return outlive.safe() is safe, outlive.safe()["key"]

            assert in_child(child) == ["(True, 'before')"]
            assert outlive.safe()["child"] == f"of the child {number}"
    finally:
        ends.set()
        thread.join()


def test_code_without_a_name() -> None:
    """Code that is in no module is told to pass a name."""
    with pytest.raises(FormatError, match=r"outlive\.safe\('name'\)"):
        exec("outlive.safe()", {"outlive": outlive})  # noqa: S102  # the case under test


def test_code_that_nobody_calls(tmp_path: Path) -> None:
    """A thread that begins in `outlive.safe` has no calling module, and is told to pass a name."""
    program = """
import _thread, sys, threading, outlive
done = threading.Event()
def hook(problem):
    print(problem.exc_value)
    done.set()
sys.unraisablehook = hook
_thread.start_new_thread(outlive.safe, ())
assert done.wait(20)
"""
    assert "outlive.safe('name')" in run("-c", program, cwd=tmp_path)


@pytest.mark.parametrize("name", ["", b"bytes", 5, Path("x")])
def test_names_that_are_none(name: Any, home: Path) -> None:
    """A name that is no text, or empty, is refused, and nothing is made."""
    with pytest.raises(FormatError, match="pass a text"):
        outlive.safe(name)
    assert not home.exists()


def test_a_relative_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """OUTLIVE_HOME has to be the same place in every directory."""
    monkeypatch.setenv("OUTLIVE_HOME", "state")
    with pytest.raises(FormatError, match="absolute path"):
        outlive.safe()


def test_a_home_that_cannot_be_made(home: Path) -> None:
    """Where the directory cannot be made, the error says which variable to set."""
    home.write_text("a file")
    with pytest.raises(DiskError, match="OUTLIVE_HOME") as raised:
        outlive.safe()
    assert raised.value.errno == errno.ENOTDIR
    assert home.read_text() == "a file"


HARD = ["a", "a.b", ".", "..", "a-lock", "-lock", "%2e", "%", "%%", "A", "/", "\0", "\ud800"]
part = (
    st.text(min_size=1, max_size=6)
    | st.sampled_from([*HARD, "é", "e\u0301"])
    | st.text("ab.", min_size=200, max_size=300)
)
triple = st.tuples(part, part, part)


@given(triple, triple)
@example(("a", "b", "c."), ("a", "b", "c%2e"))
@example(("a", "b", "c-lock"), ("a", "b", "c%2dlock"))
def test_file_names(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """Any three parts are a name that every file system takes, and no two are the same name."""
    name = file_name(*one)
    assert name.isascii()
    assert name.isprintable()
    assert len(name) <= LONGEST
    assert not set(name) & set('/\\:*?"<>| ')
    assert not name.startswith(".")
    assert not name.endswith((".", "-lock")), "that is a name of another file, or for Windows none"
    assert (file_name(*other) == name) == (one == other)


def test_dots_do_not_move() -> None:
    """A dot in one part is not taken for the one between two parts."""
    assert file_name("a.b", "c", "d") != file_name("a", "b.c", "d") != file_name("a", "b", "c.d")
    assert file_name("node", "app", "pkg.mod") == "node.app.pkg.mod"
