"""What a store holds while it has no file."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .errors import FormatError

if TYPE_CHECKING:
    from .formats.schema import Schema

T = TypeVar("T")
D = TypeVar("D")
IMMUTABLE = (str, bytes, int, float, type(None))


class Default(Generic[T]):
    """The `default=` of a store: copied deeply, or called, each time that it is needed.

    `as_made` is the value that was handed out last, as it was then. Raises FormatError for a
    default that cannot be copied or does not fit the type.
    """

    def __init__(
        self, default: T | Callable[[], T] | None, schema: Schema[T] | None, path: str
    ) -> None:
        self._path = path
        self._schema = schema
        self._default = default if callable(default) else self._copy(default)

    def make(self) -> T:
        """A value that the caller may change."""
        value = self._fresh()
        self.as_made: T = self._copy(value)
        return value

    def _fresh(self) -> T:
        if self._default is None and self._schema:
            return self._schema.default()
        default = self._default
        value = cast(T, default() if callable(default) else self._copy(default))
        if self._schema:
            return self._schema.load(self._schema.dump(value), self._path)
        return value

    def _copy(self, value: D) -> D:
        if isinstance(value, IMMUTABLE):
            return value
        try:
            return copy.deepcopy(value)
        except Exception as error:  # whatever its class raises
            raise FormatError(
                f"{self._path}: the default cannot be copied ({type(error).__name__}: {error}); "
                "pass one that can"
            ) from error
