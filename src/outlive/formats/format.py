"""A format: how the values of one file become bytes, and how they come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import CorruptError, FormatError
from .equality import same

Rewrite: TypeAlias = Callable[[str, object, object, Callable[[str], object]], str]

BOM = b"\xef\xbb\xbf"  # some editors begin an UTF-8 file with it


@dataclass
class Format:
    """How the values of one file become bytes, and how they come back."""

    name: str
    dumps: Callable[..., object]
    loads: Callable[..., object]
    is_binary: bool = True
    runs_code: bool = False  # reading a file of this format runs what is in it
    types: tuple[type, ...] = ()  # what it holds as such, beyond what JSON does
    any_keys: bool = False  # whether keys of a dict may be something else than str
    rewrite: Rewrite | None = None  # change a text in place, for those that people edit
    dump_kwargs: Mapping[str, object] = field(default_factory=dict)
    load_kwargs: Mapping[str, object] = field(default_factory=dict)
    _own: bytes | None = None  # the last bytes that are known to be as we write them

    def decode(self, data: bytes, path: str) -> object:
        """The value in `data`. Raises CorruptError, which names the file at `path`."""
        try:
            return self._loads(data)
        except MemoryError:
            raise
        except Exception as error:  # a format may raise anything at all
            raise CorruptError(
                f"{path} is {'empty' if not data else f'no valid {self.name}'}: "
                f"{type(error).__name__}: {error}. Mend it, put a good copy in its place, delete "
                "it to begin with the default, or pass format= if it is in another format"
            ) from error

    def encode(self, value: object, previous: bytes | None, path: str) -> bytes:
        """The bytes to write. Raises FormatError, which names the file at `path`.

        `previous` is what the file holds. Where a person wrote it, only what changed is changed.
        """
        try:
            data = self._dumps(value)
            if previous is None or self.rewrite is None or previous == self._own:
                self._own = data
            else:
                data = self._edit(previous, data, self.rewrite)
        except MemoryError:
            raise
        except Exception as error:  # a format may raise anything at all
            raise FormatError(
                f"{path}: the value cannot be written as {self.name}: "
                f"{type(error).__name__}: {error}. Change the value or choose another format="
            ) from error
        return data

    def _edit(self, previous: bytes, data: bytes, rewrite: Rewrite) -> bytes:
        old, new = self._loads(previous), self._loads(data)
        if self._dumps(old) == previous:  # nobody edited it
            self._own = data
            return data
        if same(old, new):
            return previous
        text = rewrite(_text(previous), old, new, self._text_loads)
        return (BOM if previous.startswith(BOM) else b"") + text.encode()

    def _loads(self, data: bytes) -> object:
        if self.is_binary:
            return self.loads(data, **self.load_kwargs)
        return self._text_loads(_text(data))

    def _text_loads(self, text: str) -> object:
        return self.loads(text, **self.load_kwargs)

    def _dumps(self, value: object) -> bytes:
        data = self.dumps(value, **self.dump_kwargs)
        if isinstance(data, str) and not self.is_binary:
            return data.encode()
        if isinstance(data, bytes | bytearray | memoryview) and self.is_binary:
            return bytes(data)
        hint = "False" if isinstance(data, str) else "True"
        raise TypeError(f"the format gave {type(data).__name__}; pass is_binary={hint}")


def _text(data: bytes) -> str:
    return data.removeprefix(BOM).decode()
