"""The values that are kept: a counter, and a nested one of a megabyte."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

Value = dict[str, Any]  # as in JSON

COUNTER = "counter"  # the key of what changes each time
_MEGABYTE = 1_000_000  # bytes as JSON
_WORDS = ("state", "commit", "crash", "power", "disk", "lock", "value", "Zürich", "naïve", "λ")


def small() -> Value:
    """A counter alone."""
    return {COUNTER: 0}


def megabyte() -> Value:
    """A counter and many records."""
    return records(_MEGABYTE)


def records(least: int) -> Value:
    """A counter and records of nested dicts, lists, strings and numbers; always the same.

    Their size as JSON is `least` bytes, or up to one record more.
    """
    dice = random.Random(1)
    runs: Value = {}
    value: Value = {COUNTER: 0, "runs": runs}
    size = 0
    while size < least:
        name, run = f"run-{len(runs):05}", _run(dice)
        runs[name] = run
        size += len(json.dumps({name: run}))
    return value


def with_counter(value: Mapping[str, Any], turn: int) -> Value:
    """The value as it should be after that turn."""
    return {**value, COUNTER: turn}


def _run(dice: random.Random) -> Value:
    return {
        "started": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02} 07:42:00",
        "seconds": dice.uniform(0, 1000),
        "exit": dice.randint(0, 255),
        "ok": dice.choice((True, True, False)),
        "host": None,
        "note": " ".join(dice.choices(_WORDS, k=8)),
        "samples": [dice.randint(0, 1_000_000) for _ in range(8)],
        "limits": {"memory": {"soft": dice.random(), "hard": 1}, "tags": dice.sample(_WORDS, 3)},
    }
