"""`append` for one structure: what fits as it is goes in at once, all else the long way.

It is called for each row, so it is written out for the columns that there are, as a dataclass
does it with its `__init__`.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .columns import Columns
from .schema import Kind, Property

_FITS = {
    Kind.INT: "type({0}) is int and -0x80000000 <= {0} <= 0x7FFFFFFF",
    Kind.LONG: "type({0}) is int and -0x8000000000000000 <= {0} <= 0x7FFFFFFFFFFFFFFF",
    Kind.DOUBLE: "type({0}) is float",
    Kind.STRING: "type({0}) is str and {0}.isascii()",
    Kind.TEXT: "type({0}) is str and {0}.isascii()",
    Kind.BYTES: "type({0}) is bytes",
    Kind.BOOL: "type({0}) is bool",
}
_OURS = "_outlive_"  # what the names begin with that are not columns
_USED = frozenset({"type", "int", "float", "str", "bytes", "bool", "tuple", "len"})
_PROGRAM = """
def make(_outlive_columns, _outlive_slow, _outlive_none):
    def append(_outlive_row=_outlive_none, /, {defaults}, **_outlive_more):
        if not _outlive_more:
            if _outlive_row is _outlive_none:
                if {fits}:
                    _outlive_tail = _outlive_columns.tail
                    _outlive_tail.append(({names},))
                    return _outlive_columns.grouped + len(_outlive_tail) - 1
            elif type(_outlive_row) is tuple and len(_outlive_row) == {size} and {absent}:
                {names}, = _outlive_row
                if {fits}:
                    _outlive_tail = _outlive_columns.tail
                    _outlive_tail.append(_outlive_row)
                    return _outlive_columns.grouped + len(_outlive_tail) - 1
                return _outlive_slow(_outlive_row)
        _outlive_given = {{{pairs}}}
        _outlive_rows = () if _outlive_row is _outlive_none else (_outlive_row,)
        return _outlive_slow(*_outlive_rows, **_outlive_more, **{{
            name: value for name, value in _outlive_given.items() if value is not _outlive_none
        }})
    return append
"""
_NONE = object()


def appender(
    structure: tuple[Property, ...], columns: Columns, slow: Callable[..., int]
) -> Callable[..., int] | None:
    """A function that does what `slow` does; None where there is nothing to gain."""
    make = _maker(structure)
    return None if make is None else make(columns, slow, _NONE)


@lru_cache(maxsize=256)
def _maker(structure: tuple[Property, ...]) -> Callable[..., Callable[..., int]] | None:
    names = [each.name for each in structure]
    if not names or any(each.kind not in _FITS for each in structure):
        return None
    if any(
        not name.isidentifier()
        or keyword.iskeyword(name)
        or name.startswith(_OURS)
        or name in _USED
        for name in names
    ):
        return None
    found: dict[str, Any] = {}
    program = _PROGRAM.format(
        defaults=", ".join(f"{name}=_outlive_none" for name in names),
        fits=" and ".join(_FITS[each.kind].format(each.name) for each in structure),
        names=", ".join(names),
        size=len(names),
        absent=" and ".join(f"{name} is _outlive_none" for name in names),
        pairs=", ".join(f"{name!r}: {name}" for name in names),
    )
    exec(program, found)  # noqa: S102  # all that is put into it are identifiers
    make: Callable[..., Callable[..., int]] = found["make"]
    return make
