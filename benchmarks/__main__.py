"""Measure, print, and write RESULTS.md beside this file: `make bench`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import stores
from .machine import facts
from .report import report
from .state import works as states

_HERE = Path(__file__).resolve().parent
_BUILD = _HERE.parent / "build"  # on a disk, where the system's folder for such files may be memory


def main() -> None:
    """Run everything."""
    _BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as name:
        folder = Path(name)
        of_store = stores.works(folder / "store")
        of_state = states.works(folder / "state")
        targets = stores.targets(of_store) + states.targets(of_state)
        text = report(facts(folder), of_store + of_state, targets)
    (_HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
