"""`type=`: check what a file holds, and give it as that type."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from ..errors import FormatError
from .format import Format

T = TypeVar("T")


class Schema(Generic[T]):
    """A type that the value of a store must have: dataclass, TypedDict, Struct, `list[Run]`, …

    What is in the file is plain (dicts, lists, scalars) in every format; msgspec turns it into
    the type and back. Raises FormatError with the path inside the document (`$.runs[3].time`).
    """

    def __init__(self, type: type[T], format: Format, path: str) -> None:
        self.type = type
        self.format = format
        self.path = path
        try:
            msgspec.json.Decoder(type)
        except TypeError as error:
            raise FormatError(f"{path}: type={type!r} cannot be checked: {error}") from error

    def load(self, plain: object, path: str) -> T:
        """The typed value that `plain`, from the file at `path`, stands for."""
        try:
            value = msgspec.convert(plain, self.type, str_keys=not self.format.any_keys)
        except msgspec.ValidationError as error:
            raise FormatError(
                f"{path} does not fit {self.type!r}: {error}. Mend the file or change type="
            ) from error
        _fill_in_defaults(value)
        return value

    def dump(self, value: T) -> object:
        """`value` as plain data, that is sure to load again."""
        try:
            plain: object = msgspec.to_builtins(
                value, builtin_types=self.format.types, str_keys=not self.format.any_keys
            )
            msgspec.convert(plain, self.type, str_keys=not self.format.any_keys)
        except (TypeError, ValueError, RecursionError) as error:
            raise FormatError(
                f"{self.path}: the value does not fit {self.type!r}: {error}. Mend the value"
            ) from error
        return plain

    def default(self) -> T:
        """The empty value of the type: null, an object of defaults, or an empty array."""
        empties: tuple[object, ...] = (None, {}, [])
        for empty in empties:
            try:
                return self.load(empty, self.path)
            except FormatError:
                continue
        raise FormatError(f"{self.path}: {self.type!r} has no empty value; pass default=")


def _fill_in_defaults(value: object) -> None:
    """Set the defaults of dataclasses that msgspec 0.22 leaves in the class.

    `to_builtins` does not see them there, so they would be missing in the file, and a new default
    in a later version of the program would change what was kept.
    """
    children: Iterable[object] = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        children = value
    elif isinstance(value, msgspec.Struct):
        children = [getattr(value, name) for name in value.__struct_fields__]
    elif dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        own = getattr(value, "__dict__", {})  # empty where the class has slots, which are filled
        for field in fields:
            if field.default is not dataclasses.MISSING:
                own.setdefault(field.name, field.default)
        children = [getattr(value, field.name) for field in fields]
    for child in children:
        _fill_in_defaults(child)
