"""One change of a document, as it stands in a journal and as `State.follow` gives it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

Key: TypeAlias = "str | int | float | bool | date | None"
Scalar: TypeAlias = "str | int | float | bool | date | datetime | bytes | None"
Value: TypeAlias = "Scalar | dict[Key, Value] | list[Value]"
Kind: TypeAlias = Literal["set", "delete", "insert"]


class Change(NamedTuple):
    """A change of the container (dict or list) that `path` leads to from the top.

    `kind`
        "set": `value` is under `key` now. "delete": nothing is any more. "insert": `value` is in a
        list before what was at `key`.
    `path`
        The keys and list indices from the top to the container; `()` is the state itself.
    `key`
        A key of the dict, or an index of the list, never negative.
    `value`
        A plain value (no live one); None for "delete".

    >>> Change("set", ("server",), "port", 8080)
    Change(kind='set', path=('server',), key='port', value=8080)
    """

    kind: Kind
    path: tuple[Key, ...]
    key: Key
    value: object = None
