"""A program that takes steps with a safe and notes each that was acknowledged."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from outlive import Safe

STEPS: list[Callable[[Any], object]] = [
    lambda safe: safe.update(dict.fromkeys(range(100), "x" * 100) | {"large": "y" * 300_000}),
    lambda safe: safe.__setitem__("a", 1),
    lambda safe: safe.modify("a", lambda n: n + 1),
    lambda safe: safe.pop("large", None),
    lambda safe: safe.compact(),
    lambda safe: safe.transact(lambda t: t.update(dict.fromkeys(range(50), "z" * 100))),
    lambda safe: safe.compact(),
    lambda safe: safe.__setitem__("large", "x" * 2_000_000),
    lambda safe: safe.clear(),
    lambda safe: safe.__setitem__("end", True),
]

if __name__ == "__main__":
    noted = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
    with Safe[Any, Any](sys.argv[1]) as opened:
        for step in STEPS:
            step(opened)
            os.write(noted, b".")
