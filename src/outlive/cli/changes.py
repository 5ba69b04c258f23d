"""Changes of a document, as they are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import Change
from . import inside
from .values import as_json

_SIGNS = {"set": "=", "insert": "+", "delete": "-"}


def change_line(change: Change) -> str:
    """A change in one line, as ``server.port = 8080``, ``queue[0] + "x"`` or ``- server``.

    >>> change_line(Change("set", ("server",), "port", 8080))
    'server.port = 8080'
    """
    where = inside.write([*change.path, change.key])
    if change.kind == "delete":
        return f"- {where}"
    return f"{where} {_SIGNS[change.kind]} {as_json(change.value)}"


def change_plain(change: Change) -> dict[str, Any]:
    """A change for JSON."""
    made: dict[str, Any] = {
        "kind": change.kind,
        "path": list(change.path),
        "key": change.key,
    }
    return made if change.kind == "delete" else {**made, "value": change.value}


def differences(old: object, new: object, path: tuple[Any, ...] = ()) -> Iterator[Change]:
    """What to change in `old` to get `new`, where they are documents.

    A list is compared item by item from its start.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in old:
            if key not in new:
                yield Change("delete", path, key)
        for key, value in new.items():
            if key not in old:
                yield Change("set", path, key, value)
            else:
                yield from _difference(old[key], value, path, key)
    elif isinstance(old, list) and isinstance(new, list):
        both = min(len(old), len(new))
        for at in range(both):
            yield from _difference(old[at], new[at], path, at)
        for at in range(both, len(new)):
            yield Change("insert", path, at, new[at])
        for at in range(len(old) - 1, both - 1, -1):
            yield Change("delete", path, at)


def _difference(old: object, new: object, path: tuple[Any, ...], key: Any) -> Iterator[Change]:
    if any(isinstance(old, kind) and isinstance(new, kind) for kind in (Mapping, list)):
        yield from differences(old, new, (*path, key))
    elif as_json(old) != as_json(new):
        yield Change("set", path, key, new)
