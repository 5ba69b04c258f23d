"""`Safe(…, type=…)`: values are checked before they are written and as they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..engines import Buffer
from ..errors import FormatError, OutliveError
from ..formats import Format
from ..formats.schema import Schema, fill_in_defaults


class Typed:
    """A type and a format; JSON and MessagePack are decoded right into the type."""

    def __init__(self, type: Any, format: Format, where: str) -> None:
        self.format = format
        self._type = type
        self._where = where
        self._schema = Schema[Any](type, format, where)
        self._decode = _decoder(type, format)
        self._has_defaults = _holds_dataclass(msgspec.inspect.type_info(type), set())

    def dumps(self, value: Any) -> bytes:
        """The bytes of a value that fits, and that is sure to load again."""
        if self._decode is None:
            return self.format.encode(self._schema.dump(value), None, self._where)
        # Checked before keys become str: a dict[str, X] must not take the key 1 for "1".
        plain = msgspec.to_builtins(value, builtin_types=self.format.types)
        msgspec.convert(plain, self._type)
        data = self.format.encode(plain, None, self._where)
        self.loads(data)
        return data

    def loads(self, data: Buffer) -> Any:
        """The value, as the type."""
        data = bytes(data)  # a msgspec.Raw or a memoryview in it would refer to the buffer
        if self._decode is None:
            return self._load(data)
        try:
            value = self._decode(data)
        except Exception:  # noqa: BLE001  # the slow way knows more (a NaN), and says it better
            return self._load(data)
        if self._has_defaults:
            fill_in_defaults(value)
        return value

    def _load(self, data: bytes) -> Any:
        plain = self.format.decode(data, self._where)
        try:
            return self._schema.load(plain, self._where)
        except OutliveError as error:
            raise FormatError(
                f"does not fit {self._type!r}: {error.__cause__}. Mend it, or pass the type= that "
                "it was written with"
            ) from error


def _decoder(type: Any, format: Format) -> Callable[[bytes], Any] | None:
    if format.name == "JSON":
        return msgspec.json.Decoder(type).decode
    if format.name == "MessagePack":
        return msgspec.msgpack.Decoder(type).decode
    return None


def _holds_dataclass(info: object, seen: set[int]) -> bool:
    """Whether values may hold a dataclass, whose defaults msgspec may leave in the class."""
    if isinstance(info, msgspec.inspect.DataclassType):
        return True
    if isinstance(info, tuple):
        return any(_holds_dataclass(part, seen) for part in info)
    if isinstance(info, msgspec.Struct) and id(info) not in seen:
        seen.add(id(info))
        parts = [getattr(info, name) for name in info.__struct_fields__]
        return any(_holds_dataclass(part, seen) for part in parts)
    return False
