"""Views for the tests, with what is hard in them."""

from __future__ import annotations

import math
import struct
from typing import Any

from .writer import Structure, Views

ALL: Structure = [
    ("i", "I"),
    ("l", "L"),
    ("f", "F"),
    ("d", "D"),
    ("s", "S"),
    ("b", "B"),
    ("v", [("j", "I"), ("t", "S"), ("w", [("k", "L"), ("u", "B")])]),
]
INTS = [0, 1, -1, 15, 16, -128, 127, 128, 40_000, (1 << 31) - 1, -(1 << 31)]
LONGS = [0, -1, 1 << 40, (1 << 63) - 1, -(1 << 63)]
DOUBLES = [0.0, -0.0, 1.5, -0.1, 5e-324, 1e308, math.inf, -math.inf]
TEXTS = ["", "a", "hello world", "é€😀", "x" * 300, "", "tab\tline\n"]
BYTES = [b"", b"\0", b"a\0b\0", bytes(range(256)), b"", b"\xff" * 3]


def single(value: float) -> float:
    """The nearest number that an F column can hold."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found


FLOATS = [0.0, 1.5, single(-0.1), single(1e-44), single(3e38), -math.inf]


def row(number: int) -> list[Any]:
    """A row of `ALL`, whose values no two columns repeat at one pace."""
    subrows = [
        [INTS[(number + place) % 11], TEXTS[(number + place) % 7], deeper(number, place)]
        for place in range(number % 3)
    ]
    return [
        INTS[number % 11],
        LONGS[number % 5],
        FLOATS[number % 6],
        DOUBLES[number % 8],
        TEXTS[number % 7],
        BYTES[number % 6],
        subrows,
    ]


def deeper(number: int, place: int) -> list[list[Any]]:
    """The rows of a subview in a subview."""
    return [[LONGS[(number + i) % 5], BYTES[(place + i) % 6]] for i in range((number + place) % 4)]


def tree(depth: int) -> list[list[Any]]:
    """The rows of a view that holds itself."""
    return [[f"{depth}.{place}", tree(depth - 1)] for place in range(2)] if depth else []


def mixed(count: int = 11) -> Views:
    """Every type, subviews, a view that holds itself, one without rows and one without columns."""
    return {
        "all": (ALL, [row(number) for number in range(count)]),
        "none": ([("i", "I"), ("s", "S")], []),
        "tree": ([("name", "S"), ("kids", "^")], tree(3)),
        "bare": ([], [[], [], []]),
    }


def expected(views: Views) -> dict[str, Any]:
    """What `content` gives for a file of these views."""
    return {name: [list(row) for row in rows] for name, (_, rows) in views.items()}
