"""The functions of the faces that work on a path: which module has the one for this kind?"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import FormatError
from .kinds import Kind, format_of, recognise
from .target import foreign

_MODULES = {
    Kind.STATE: "..state.{}",
    Kind.STORE: "..store_{}",
    Kind.SAFE: "..safes.{}",
    Kind.STORAGE: "..tables.{}",
}


def face(path: str, module: str, function: str) -> Any:
    """The function `function` of the module `module` ("checking", "inspecting") for this file.

    Raises FormatError for a kind that has to be converted first.
    """
    kind = recognise(path)
    if kind not in _MODULES:
        raise foreign(path, kind)
    return getattr(import_module(_MODULES[kind].format(module), __package__), function)


def how_to_check(path: str, format: str | None, *, trust: bool) -> dict[str, Any]:
    """What `check` and `repair` of this kind are told beside the path.

    Raises FormatError for a format that this kind does not choose.
    """
    kind = recognise(path)
    if kind is Kind.STORE:
        return {"format": format or format_of(path), "trust": trust}
    if kind is Kind.SAFE:
        return {"format": format, "trust": trust}
    if format is not None:
        raise FormatError(f"{path} is a {kind.capitalize()}, of one format; leave --format away")
    return {}


def how_to_stat(path: str, *, trust: bool) -> dict[str, Any]:
    """What `stat` of this kind is told beside the path."""
    return how_to_check(path, None, trust=trust) if recognise(path) is Kind.STORE else {}
