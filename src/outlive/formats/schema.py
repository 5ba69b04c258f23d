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
            _refuse_unknown(msgspec.inspect.type_info(type), set())
        except Exception as error:  # TypeError, or what an annotation raises
            raise FormatError(f"{path}: type={type!r} cannot be checked: {error}") from error

    def load(self, plain: object, path: str, *, exact: bool = False) -> T:
        """The typed value that `plain`, from the file at `path`, stands for.

        `exact` refuses a str for what the format holds as such, a date, say.
        """
        try:
            value = msgspec.convert(
                plain,
                self.type,
                str_keys=not self.format.any_keys,
                builtin_types=self.format.types if exact else None,
            )
        except Exception as error:  # ValidationError, or what a __post_init__ raises
            raise FormatError(
                f"{path} does not fit {self.type!r}: {error}. Mend the file or change type="
            ) from error
        fill_in_defaults(value)
        return value

    def dump(self, value: T) -> object:
        """`value` as plain data, that is sure to load again."""
        try:
            # Checked before keys become str: a dict[str, X] must not take the key 1 for "1".
            plain = checked = self._plain(value)
            msgspec.convert(checked, self.type)
            if not self.format.any_keys:
                plain = _string_keys(plain)
            if not self.format.has_null:
                plain = self._without_nulls(plain)
            if plain is not checked:
                self.load(plain, self.path)
        except Exception as error:  # likewise
            raise FormatError(
                f"{self.path}: the value does not fit {self.type!r}: {error}. Mend the value"
            ) from error
        return plain

    def _plain(self, value: object) -> object:
        plain: object = msgspec.to_builtins(value, builtin_types=self.format.types)
        return plain

    def _without_nulls(self, plain: object) -> object:
        """Leave out fields that are null, where a field that is missing means the same."""
        fewer = _drop_nulls(plain)
        try:
            same = _string_keys(self._plain(self.load(fewer, self.path))) == plain
        except FormatError:
            same = False
        return fewer if same else plain

    def default(self) -> T:
        """The empty value of the type: null, an object of defaults, or an empty array."""
        empties: tuple[object, ...] = (None, {}, [])
        for empty in empties:
            try:
                return self.load(empty, self.path)
            except FormatError:
                continue
        raise FormatError(f"{self.path}: {self.type!r} has no empty value; pass default=")


def fill_in_defaults(value: object) -> None:
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
        fill_in_defaults(child)


def _string_keys(plain: object) -> object:
    """The same with keys that are str, also where the format holds dates and the like as values."""
    if isinstance(plain, dict):
        return {_string_key(key): _string_keys(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_string_keys(value) for value in plain]
    return plain


def _string_key(key: object) -> str:
    return key if isinstance(key, str) else next(iter(msgspec.to_builtins({key: 0}, str_keys=True)))


def _drop_nulls(plain: object) -> object:
    if isinstance(plain, dict):
        return {key: _drop_nulls(value) for key, value in plain.items() if value is not None}
    if isinstance(plain, list):
        return [_drop_nulls(value) for value in plain]
    return plain


def _refuse_unknown(info: object, seen: set[int]) -> None:
    """Raise TypeError if a class within the type is none that msgspec can make."""
    if isinstance(info, msgspec.inspect.CustomType) and info.cls is not object:
        raise TypeError(f"{info.cls!r} is no type that msgspec knows")
    if isinstance(info, tuple):
        for part in info:
            _refuse_unknown(part, seen)
    elif isinstance(info, msgspec.Struct) and id(info) not in seen:
        seen.add(id(info))
        for name in info.__struct_fields__:
            _refuse_unknown(getattr(info, name), seen)
