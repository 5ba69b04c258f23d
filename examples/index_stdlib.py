"""A job that is killed again and again, and loses nothing.

Counts words, lines and the longest line of every .py file of this Python's standard library, and
keeps what it knows in an outlive.State: a file that a person can read and edit. The parent kills
it with SIGKILL at random moments; each time it goes on where it was. In the end the result equals
that of one run without a kill.

    python examples/index_stdlib.py [FILE]
"""

from __future__ import annotations

import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

import outlive

LIBRARY = Path(sysconfig.get_path("stdlib"))
KILLS = 5
console = Console(soft_wrap=True)


def sources() -> list[str]:
    """The .py files of the standard library, without what was installed beside it."""
    paths = (path.relative_to(LIBRARY) for path in LIBRARY.rglob("*.py"))
    return sorted(str(path) for path in paths if "site-packages" not in path.parts)


def measure(name: str) -> dict[str, int]:
    """Words, lines and the length of the longest line of one file."""
    text = (LIBRARY / name).read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    return {
        "words": len(text.split()),
        "lines": len(lines),
        "longest": max(map(len, lines), default=0),
    }


def work(path: Path) -> None:
    """The job: measure what is not in the state yet; print a number when it is kept."""
    with outlive.State(path, words=0, files={}) as state:
        for name in sources():
            if name not in state.files:
                found = measure(name)
                with state.transaction():  # the sum is that of the files, whatever happens
                    state.files[name] = found
                    state.words += found["words"]
                print(len(state.files), flush=True)


@contextmanager
def job(path: Path) -> Iterator[subprocess.Popen[str]]:
    """The job in a process of its own, that does not survive the block."""
    command = [sys.executable, __file__, "--work", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def run_and_kill(path: Path, total: int, progress: Progress) -> None:
    """Run the job to its end, killing it on the way, and check each time that nothing is lost."""
    bar = progress.add_task("", total=total)
    acknowledged = 0
    for kill in range(KILLS + 1):
        kill_after = acknowledged + random.randint(1, total // (KILLS + 1)) if kill < KILLS else -1
        with job(path) as process:
            assert process.stdout is not None
            for line in process.stdout:
                acknowledged = int(line)
                progress.update(bar, completed=acknowledged)
                if acknowledged == kill_after:
                    time.sleep(random.random() / 100)  # into the middle of whatever it does then
                    process.kill()
        check(path, acknowledged)
        if kill < KILLS:
            left = path.read_text().count('["batch"')
            progress.console.print(
                f"killed: {acknowledged} files acknowledged, none lost; {left} entries behind the "
                "document"
            )


def check(path: Path, acknowledged: int) -> None:
    """Read the state that a killed job left, and exit if anything is wrong with it."""
    state = outlive.State(path, mode="r")
    if len(state.files) < acknowledged:
        sys.exit(f"{acknowledged} files were acknowledged, but only {len(state.files)} are kept")
    if state.words != sum(entry["words"] for entry in state.files.values()):
        sys.exit("the sum is not that of the files: half a transaction was kept")


def show(path: Path) -> None:
    """The file that the job wrote, shortened."""
    text = path.read_text()
    console.print(f"\n{path} ({len(text):,} bytes):", highlight=False)
    console.print(text[:300] + "…", highlight=False, markup=False)


def main(path: Path) -> None:
    """Run the job with kills and without, and compare."""
    names = sources()
    console.print(f"Indexing {len(names)} files of {LIBRARY}, killing it {KILLS} times on the way.")
    path.unlink(missing_ok=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=console) as progress:
        run_and_kill(path, len(names), progress)
    result = outlive.State(path, mode="r")
    if result.files != {name: measure(name) for name in names}:
        sys.exit("the result differs from that of a run without kills")
    left = sorted(p.name for p in path.parent.glob(f"*{path.name}*") if p != path)
    if left:
        sys.exit(f"left behind: {left}")
    show(path)
    console.print(
        f"\n{result.words:,} words in {len(result.files)} files: equal to an uninterrupted run."
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(Path(sys.argv[2]))
    elif sys.argv[1:]:
        main(Path(sys.argv[1]).absolute())
    else:
        with tempfile.TemporaryDirectory() as directory:
            main(Path(directory, "stdlib.state"))
