"""A web application that opens its safe when it is imported, before the server forks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import outlive

SAFE = outlive.Safe[Any, Any](os.environ["HITS"])
SAFE.setdefault("opened", os.getpid())
BEGINNING = SAFE.snapshot()  # one that each worker inherits, as a careless program has it


def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """Count the hit; the answer is the worker's pid and the count."""
    hits = SAFE.modify("hits", lambda n: n + 1, default=0)
    with SAFE.transaction() as t:
        t["path", hits] = environ["PATH_INFO"]
    assert SAFE["path", hits] == environ["PATH_INFO"]
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"%d %d" % (os.getpid(), hits)]
