"""Whether two plain values are the same, to the type."""

from __future__ import annotations


def same(a: object, b: object) -> bool:
    """Equal and of equal types at every depth; 1, 1.0 and True differ, and a NaN is itself.

    >>> same([1], [True])
    False
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        if len(a) != len(b) or {(type(key), key) for key in a} != {(type(key), key) for key in b}:
            return False
        return all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return repr(a) == repr(b)
    return bool(a == b)


def common_tail(old: list[object], new: list[object]) -> int:
    """How many items at the end are the same, beyond those at the beginning."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if not same(old[i], new[i])), shorter)
    most = shorter - head
    return next((i for i in range(most) if not same(old[-1 - i], new[-1 - i])), most)
