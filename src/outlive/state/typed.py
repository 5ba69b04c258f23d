"""`State(…, type=…)`: check what the file holds, and each change before it is made."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from ..errors import FormatError
from ..formats import resolve
from ..formats.schema import Schema, fill_in_defaults
from ..live import Change, Key, LiveDict, plain, shown
from .merge import changes
from .replay import apply, apply_live

_HELD = (
    inspect.AnyType,
    inspect.NoneType,
    inspect.BoolType,
    inspect.IntType,
    inspect.FloatType,
    inspect.StrType,
    inspect.BytesType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.LiteralType,
)
_BUILTIN = (datetime, date, bytes)  # what a state holds as such: no str stands for one
_SCALARS = (type(None), bool, int, float, str, *_BUILTIN)


class Typed:
    """The dataclass that a state has to fit."""

    def __init__(self, type: type[Any], path: str, reserved: frozenset[str]) -> None:
        self._type = type
        self._path = path
        self._schema = Schema(type, resolve("yaml", path), path)
        if not dataclasses.is_dataclass(type):
            raise FormatError(f"{path}: type={type!r} is no dataclass; pass one")
        info = inspect.type_info(type)
        _refuse_others(info, type.__name__, path, set())
        self._names = {field.name for field in dataclasses.fields(type)}
        _refuse_taken(type, self._names & reserved, path)

    def load(self, value: dict[Any, Any]) -> dict[Any, Any]:
        """`value` with the defaults of the fields that it lacks. Raises FormatError."""
        full = self._schema.dump(self._schema.load(value, self._path, exact=True))
        complete: dict[Any, Any] = _completed(value, full)
        return complete

    def check_defaults(self, defaults: Mapping[str, object]) -> None:
        """Raise FormatError for a default that is no field."""
        for name in defaults:
            if name not in self._names:
                raise self._error(shown((name,)), "is no field")

    def convert(self, value: object) -> object:
        """An instance of a dataclass as a dict; anything else as it is."""
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return value

    def check(self, top: LiveDict, several: Sequence[Change]) -> None:
        """Raise FormatError if the document would not fit after changes of one container."""
        annotation, node, depth = self._reach(top, several[0].path)
        rest = len(several[0].path) - depth
        for change in several:
            if rest or not self._fits_alone(annotation, change):
                self._check_whole(annotation, node, depth, several)
                return

    def _reach(self, top: LiveDict, path: Sequence[Key]) -> tuple[Any, Any, int]:
        """The container on the way whose type is known, and that is furthest down."""
        annotation, node, depth = self._type, top, 0
        for key in path:
            inner = _part(annotation, key)
            if inner is None:
                break
            annotation, node, depth = _of_container(inner), node[key], depth + 1
        return annotation, node, depth

    def _fits_alone(self, annotation: Any, change: Change) -> bool:
        """Check a change by its value alone; False if that cannot be told from it."""
        where = shown([*change.path, change.key])
        if dataclasses.is_dataclass(annotation):
            names = {field.name for field in dataclasses.fields(annotation)}
            if change.kind == "delete" and change.key in names:
                raise self._error(where, "is a field, which cannot be deleted")
            if change.kind != "delete" and change.key not in names:
                raise self._error(where, "is no field")
        if change.kind == "delete":
            return _part(annotation, change.key) is not None or change.key is None
        part = _part(annotation, change.key)
        if part is None:
            return False
        if get_origin(annotation) is dict:
            self._checked(change.key, get_args(annotation)[0], where)
        given = plain(change.value)
        full = self._checked(given, part, where)
        if full != given:
            self._fill_in(change.value, given, full, where)
        return True

    def _fill_in(self, new: Any, given: Any, full: Any, where: str) -> None:
        """Give a value on its way in the defaults of the fields that it lacks."""
        if type(new) is dict:  # `clear`, which leaves nothing
            raise self._error(where, "lacks fields, which cannot be deleted")
        for each in changes({"": given}, {"": full}):
            apply_live({"": new}, each)

    def _check_whole(
        self, annotation: Any, node: Any, depth: int, several: Sequence[Change]
    ) -> None:
        copy = plain(node)
        for change in several:
            inner = change._replace(path=change.path[depth:], value=plain(change.value))
            apply(copy, inner)
        where = shown(several[0].path[:depth])
        if self._checked(copy, annotation, where) != copy:
            raise self._error(where, "lacks fields; give all of them")

    def _checked(self, given: Any, annotation: Any, where: str) -> Any:
        """A plain value with the defaults of the fields that it lacks. Raises FormatError."""
        try:
            converted = msgspec.convert(given, annotation, builtin_types=_BUILTIN)
            fill_in_defaults(converted)
            full = msgspec.to_builtins(converted, builtin_types=_BUILTIN)
        except Exception as error:  # ValidationError, or what a __post_init__ raises
            raise self._error(where, f"cannot be that: {error}") from error
        return _completed(given, full)

    def _error(self, where: str, problem: str) -> FormatError:
        name = self._type.__name__
        return FormatError(f"{self._path}: {where} {problem} in {name}. Nothing changed")


def _part(annotation: Any, key: Key) -> Any:
    """The type of what is under `key` in a value of a type; None if that alone does not tell."""
    if get_origin(annotation) in (list, dict):
        return get_args(annotation)[-1]
    if dataclasses.is_dataclass(annotation) and not hasattr(annotation, "__post_init__"):
        return _hints(annotation).get(key)  # type: ignore[arg-type]  # a class, as hashable as any
    return None


def _of_container(annotation: Any) -> Any:
    """Of a union the one type that a dict or list can have, if it is one; else the type itself."""
    if get_origin(annotation) in (Union, types.UnionType):
        others = [one for one in get_args(annotation) if one not in _SCALARS]
        return others[0] if len(others) == 1 else annotation
    return annotation


@cache
def _hints(cls: type[Any]) -> dict[Any, Any]:
    return get_type_hints(cls, include_extras=True)


def _completed(value: Any, full: Any) -> Any:
    """`value` with what only `full` has."""
    if isinstance(value, dict) and isinstance(full, dict):
        both = {key: _completed(item, full.get(key)) for key, item in value.items()}
        return both | {key: item for key, item in full.items() if key not in value}
    if isinstance(value, list) and isinstance(full, list) and len(value) == len(full):
        return [_completed(*pair) for pair in zip(value, full, strict=True)]
    return value


def _refuse_taken(cls: type[Any], taken: Set[str], path: str) -> None:
    for name in sorted(taken):
        raise FormatError(
            f"{path}: {cls.__name__}.{name} is the name of a method of a state or its dicts, so it "
            "could not be reached as an attribute; rename the field"
        )


def _refuse_others(info: Any, where: str, path: str, seen: set[Any]) -> None:
    """Raise FormatError for a type that a state does not hold as such."""
    if isinstance(info, _HELD):
        return
    if isinstance(info, inspect.DataclassType | inspect.TypedDictType | inspect.StructType):
        if info.cls not in seen:
            seen.add(info.cls)
            _refuse_taken(info.cls, {f.name for f in info.fields} & LiveDict._live_reserved, path)
            for field in info.fields:
                _refuse_others(field.type, f"{where}.{field.name}", path, seen)
    elif isinstance(info, inspect.UnionType):
        for one in info.types:
            _refuse_others(one, where, path, seen)
    elif isinstance(info, inspect.ListType):
        _refuse_others(info.item_type, f"{where}[]", path, seen)
    elif isinstance(info, inspect.DictType):
        _refuse_others(info.key_type, f"the keys of {where}", path, seen)
        _refuse_others(info.value_type, f"{where}[]", path, seen)
    elif isinstance(info, inspect.Metadata):
        _refuse_others(info.type, where, path, seen)
    else:
        kind = type(info).__name__.removesuffix("Type").lower()
        raise FormatError(
            f"{path}: {where} is of the type {kind}, which a state does not hold; use str, int, "
            "float, bool, None, date, datetime, bytes, dict, list or a dataclass of them"
        )
