"""A format: how the values of one file become bytes, and how they come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..errors import CorruptError, FormatError
from .equality import same

Rewrite: TypeAlias = Callable[[str, object, object, Callable[[str], object]], str]

BOM = b"\xef\xbb\xbf"  # some editors begin an UTF-8 file with it


class Format:
    """How the values of one file become bytes, and how they come back."""

    def __init__(
        self,
        name: str,
        dumps: Callable[..., object],
        loads: Callable[..., object],
        *,
        is_binary: bool = True,
        runs_code: bool = False,
        types: tuple[type, ...] = (),
        any_keys: bool = False,
        has_null: bool = True,
        rewrite: Rewrite | None = None,
        always_loads: bool = False,
    ) -> None:
        self.name = name
        self.dumps = dumps
        self.loads = loads
        self.is_binary = is_binary
        self.runs_code = runs_code  # reading a file of this format runs what is in it
        self.types = types  # what it holds as such, beyond what JSON does
        self.any_keys = any_keys  # whether keys of a dict may be something else than str
        self.has_null = has_null  # whether it holds None
        self.rewrite = rewrite  # change a text in place, for those that people edit
        self.always_loads = always_loads  # whether all that is dumped is sure to load again
        self.dump_kwargs: dict[str, object] = {}
        self.load_kwargs: dict[str, object] = {}
        self.lost_comments = False  # whether `encode` wrote an edited text anew, without comments
        self._own: bytes | None = None  # the last bytes that are known to be as we write them

    def decode(self, data: bytes, path: str) -> object:
        """The value in `data`. Raises CorruptError, which names the file at `path`."""
        try:
            return self._loads(data)
        except Exception as error:  # a format may raise anything at all
            if isinstance(error, TypeError) and self.load_kwargs:
                raise FormatError(
                    f"{path} cannot be read as {self.name} with load_kwargs={self.load_kwargs}: "
                    f"{error}. Pass what the format's load function takes"
                ) from error
            raise CorruptError(
                f"{path} is {'empty' if not data else f'no valid {self.name}'}: "
                f"{type(error).__name__}: {error}. Mend it, put a good copy in its place, delete "
                "it to begin with the default, or pass format= if it is in another format"
            ) from error

    def encode(self, value: object, previous: bytes | None, path: str) -> bytes:
        """The bytes to write. Raises FormatError, which names the file at `path`.

        `previous` is what the file holds. Where a person wrote it, only what changed is changed.
        """
        self.lost_comments = False
        try:
            data = self._dumps(value)
            new = None if self.always_loads else self._loads(data)
            if self.rewrite is None:
                return data
            if previous is None or previous == self._own:
                self._own = data
            else:
                data = self._edit(previous, data, new, self.rewrite)
        except Exception as error:  # a format may raise anything at all
            kwargs = f" with dump_kwargs={self.dump_kwargs}" if self.dump_kwargs else ""
            raise FormatError(
                f"{path}: the value cannot be written as {self.name}{kwargs}: "
                f"{type(error).__name__}: {error}. Change the value or choose another format="
            ) from error
        return data

    def _edit(self, previous: bytes, data: bytes, new: object, rewrite: Rewrite) -> bytes:
        try:
            old = self._loads(previous)
        except Exception:  # noqa: BLE001  # damaged, and to be written over
            return data
        ours = self._dumps(old)
        if ours == previous:  # nobody edited it
            self._own = data
            return data
        if same(old, new) or same(self._loads(ours), new):  # a tuple becomes a list
            return previous
        try:
            text = rewrite(_text(previous), old, new, self._text_loads)
        except Exception:  # noqa: BLE001  # the value counts more than its form; the store warns
            self.lost_comments = True
            return data
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
