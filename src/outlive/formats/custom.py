"""What a format of one's own has to have."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import IO, Protocol, TypeAlias


class AbstractFormatBstr:
    """A format of one's own that turns a value into bytes (str, with ``is_binary=False``)."""

    def dumps(self, obj: object, **kwargs: object) -> bytes | str:
        """Encode the value; `kwargs` are the store's `dump_kwargs`."""
        raise NotImplementedError(f"{type(self).__name__}.dumps")

    def loads(self, binary_string: bytes | str, **kwargs: object) -> object:
        """Decode what `dumps` gave; `kwargs` are the store's `load_kwargs`."""
        raise NotImplementedError(f"{type(self).__name__}.loads")


class AbstractFormatFile:
    """A format of one's own that writes to a binary file (text, with ``is_binary=False``)."""

    def dump(self, obj: object, fp: IO[bytes] | IO[str], **kwargs: object) -> None:
        """Encode the value into the file; `kwargs` are the store's `dump_kwargs`."""
        raise NotImplementedError(f"{type(self).__name__}.dump")

    def load(self, fp: IO[bytes] | IO[str], **kwargs: object) -> object:
        """Decode what `dump` wrote; `kwargs` are the store's `load_kwargs`."""
        raise NotImplementedError(f"{type(self).__name__}.load")


class HasDumps(Protocol):
    """Anything that encodes to, and decodes from, str or bytes, as the module `json` does."""

    @property
    def dumps(self) -> Callable[..., str | bytes]: ...
    @property
    def loads(self) -> Callable[..., object]: ...


class HasDump(Protocol):
    """Anything that encodes to, and decodes from, a file, as the module `pickle` does."""

    @property
    def dump(self) -> Callable[..., object]: ...
    @property
    def load(self) -> Callable[..., object]: ...


FormatLike: TypeAlias = str | ModuleType | HasDump | HasDumps | type[HasDump] | type[HasDumps]
