"""Measure, print, and write RESULTS.md beside this file: `make bench`.

`python -m benchmarks safe` (or store, state, tables) measures that part alone, and prints it only.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import stores
from .harness import Target, Work
from .machine import facts
from .report import report
from .safe import notes as safe_notes
from .safe import works as safes
from .state import works as states
from .tables import notes as tables_notes
from .tables import works as tables

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parent / "build"  # on a disk, where the system's folder for such files may be memory
_PARTS: dict[str, tuple[Callable[[Path], list[Work]], Callable[[list[Work]], Sequence[Target]]]] = {
    "store": (stores.works, stores.targets),
    "state": (states.works, states.targets),
    "safe": (safes.works, safes.targets),
    "tables": (tables.works, tables.targets),
}
_NOTES = {"safe": safe_notes.notes, "tables": tables_notes.notes}


def main() -> None:
    """Run everything, or the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(_PARTS)}; all, unless given")
    wanted = parser.parse_args().part
    if unknown := [part for part in wanted if part not in _PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    text = _measured(wanted or list(_PARTS))
    if not wanted:
        (_HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


def _measured(parts: Sequence[str]) -> str:
    works: list[Work] = []
    targets: list[Target] = []
    _BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as name:
        folder = Path(name)
        for part in parts:
            measure, judge = _PARTS[part]
            of_part = measure(folder / part)
            works += of_part
            targets += judge(of_part)
        text = report(facts(folder), works, targets)
    return "\n".join([text, *(_NOTES[part]() for part in parts if part in _NOTES)])


if __name__ == "__main__":
    main()
