"""Whether two plain values are the same, to the type, and how one list becomes another."""

from __future__ import annotations

from collections.abc import Iterable

_SMALL = 1_000_000  # pairs of items that are compared to find which stay; more takes too long


def same(a: object, b: object) -> bool:
    """Equal and of equal types at every depth; 1, 1.0 and True differ, and a NaN is itself.

    >>> same([1], [True])
    False
    """
    pairs = [(a, b)]  # not by recursion, which documents of 500 levels would end
    while pairs:
        a, b = pairs.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, dict) and isinstance(b, dict):
            if len(a) != len(b) or {(type(key), key) for key in a} != {(type(k), k) for k in b}:
                return False
            pairs += [(value, b[key]) for key, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif repr(a) != repr(b) if isinstance(a, float) else a != b:
            return False
    return True


def aligned(old: list[object], new: list[object]) -> tuple[list[int], list[tuple[int, int, int]]]:
    """How one list becomes another: which old items stay, and what comes in between.

    The first is, for each old item, the index of the new item that it is or turns into, -1 if it
    goes. The second is (before, begin, end) for each run of new items that comes before the old
    item of index `before`.

    >>> aligned(["a", "b", "c"], ["b", "x"])
    ([-1, 0, 1], [])
    """
    partners, runs = [-1] * len(old), []
    for tag, a, b, c, d in _operations(old, new):
        common = 0 if tag in ("insert", "delete") else min(b - a, d - c)
        for i in range(common):
            partners[a + i] = c + i
        if d - c > common:
            runs.append((a + common, c + common, d))
    return partners, runs


def _operations(old: list[object], new: list[object]) -> Iterable[tuple[str, int, int, int, int]]:
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if not same(old[i], new[i])), shorter)
    most = shorter - head
    tail = next((i for i in range(most) if not same(old[-1 - i], new[-1 - i])), most)
    a, b, c, d = head, len(old) - tail, head, len(new) - tail
    middle: Iterable[tuple[str, int, int, int, int]] = [("replace", 0, b - a, 0, d - c)]
    if (b - a) * (d - c) <= _SMALL:
        before, after = list(map(repr, old[a:b])), list(map(repr, new[c:d]))
        from difflib import SequenceMatcher  # most who ask whether two are the same need none

        middle = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    yield "equal", 0, head, 0, head
    for tag, i, j, k, m in middle:
        yield tag, a + i, a + j, c + k, c + m
    yield "equal", b, len(old), d, len(new)
