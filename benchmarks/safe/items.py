"""What is kept: small objects under keys that sort as they were made."""

from __future__ import annotations

import random
from typing import Any

Items = list[tuple[str, Any]]

_WORDS = "new", "urgent", "paid", "held", "sent", "lost"


def key(number: int) -> str:
    """The key of that object."""
    return f"user/{number:07}"


def small(number: int, turn: int = 0) -> dict[str, Any]:
    """An object of about 70 bytes as a pickle, which shows in which turn it was made."""
    word, other = _WORDS[number % 6], _WORDS[(number + 3) % 6]
    return {"id": number, "name": f"user {turn}", "tags": [word, other]}


def keys(count: int, seed: int = 1) -> list[str]:
    """The keys of that many objects, in an order that is the same for everyone."""
    order = [key(number) for number in range(count)]
    random.Random(seed).shuffle(order)
    return order


def objects(count: int) -> dict[str, Any]:
    """That many objects, in an order that is the same for everyone."""
    order = list(range(count))
    random.Random(1).shuffle(order)
    return {key(number): small(number) for number in order}


def changes(count: int, among: int, turn: int) -> Items:
    """New objects for `count` of the keys of `among`; the same for everyone in that turn."""
    numbers = random.Random(turn).sample(range(among), count)
    return [(key(number), small(number, turn)) for number in numbers]
