"""Values to bytes and back, with errors that name the safe and the key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..engines import Buffer
from ..errors import CorruptError, FormatError, OutliveError
from ..formats import Format, FormatLike, resolve
from ..formats.keys import pack, unpack
from ..formats.named import NAMES

if TYPE_CHECKING:
    from .typed import Typed

Dumps: TypeAlias = Callable[[Any], Buffer]
Loads: TypeAlias = Callable[[Buffer], Any]

PICKLE = "pickle"
_PROTOCOL = 5
_TOML = ("tomlkit", "tomllib")
_SHOWN = 99  # characters of a key in a message


class Codec:
    """How the keys and values of one safe become bytes and come back.

    `dumps` and `loads` are for those who have no time for a frame in between, and raise whatever
    they raise: `cannot_write` and `cannot_read` say what it means.
    """

    def __init__(
        self, where: str, format: str, dumps: Dumps, loads: Loads, *, runs_code: bool = False
    ) -> None:
        self.where = where  # the safe, in messages
        self.format = format  # as the header has it
        self.dumps = dumps
        self.loads = loads
        self.runs_code = runs_code

    def become(self, other: Codec) -> None:
        """Do as `other` does: for those who hold this one already."""
        self.format, self.runs_code = other.format, other.runs_code
        self.dumps, self.loads = other.dumps, other.loads

    def pack(self, key: object) -> bytes:
        """The bytes of a key. Raises FormatError."""
        try:
            return pack(key)
        except FormatError as error:
            raise self.no_key(error) from error

    def encode(self, key: object, value: object) -> Buffer:
        """The bytes of a value. Raises FormatError."""
        try:
            return self.dumps(value)
        except Exception as error:
            raise self.cannot_write(key, error) from error

    def decode(self, key: object, data: Buffer) -> Any:
        """The value in `data`. Raises CorruptError or FormatError."""
        try:
            return self.loads(data)
        except Exception as error:
            raise self.cannot_read(key, error) from error

    def key(self, packed: bytes, _: Buffer = b"") -> Any:
        """The key in `packed`."""
        try:
            return unpack(packed)
        except CorruptError as error:
            raise CorruptError(f"{self.where}: {error}") from error

    def value(self, packed: bytes, data: Buffer) -> Any:
        """The value of an entry."""
        try:
            return self.loads(data)
        except Exception as error:
            raise self.cannot_read(self.key(packed), error) from error

    def item(self, packed: bytes, data: Buffer) -> tuple[Any, Any]:
        """The key and the value of an entry."""
        key = self.key(packed)
        try:
            return key, self.loads(data)
        except Exception as error:
            raise self.cannot_read(key, error) from error

    def encode_all(self, other: Any, more: Mapping[str, object]) -> dict[bytes, Buffer | None]:
        """What `dict.update` takes, as bytes; no dict in between, to which 1 and True are one."""
        dumps, encoded = self.dumps, dict[bytes, Buffer | None]()
        for pairs in (_pairs(other), more.items()):
            for key, value in pairs:
                try:
                    packed = pack(key)
                except FormatError as error:
                    raise self.no_key(error) from error
                try:
                    encoded[packed] = dumps(value)
                except Exception as error:
                    raise self.cannot_write(key, error) from error
        return encoded

    def no_key(self, error: FormatError) -> FormatError:
        """The same, naming the safe."""
        return FormatError(f"{self.where}: {error}")

    def cannot_write(self, key: object, error: Exception) -> Exception:
        """What to raise when `dumps` raised `error`."""
        if isinstance(error, MemoryError):
            return error
        return FormatError(
            f"{self.where}: the value of {_shown(key)} cannot be written as {self.format}: "
            f"{_reason(error)}. Nothing was written; change the value or choose another format="
        )

    def cannot_read(self, key: object, error: Exception) -> Exception:
        """What to raise when `loads` raised `error`."""
        if isinstance(error, MemoryError):
            return error
        what = f"{self.where}: the value of {_shown(key)}"
        if isinstance(error, FormatError):  # of a type=
            return FormatError(f"{what} {error}")
        if self.runs_code and isinstance(error, ImportError | AttributeError):
            return FormatError(
                f"{what} cannot be loaded here: {_reason(error)}. If its class was moved or "
                "renamed, make it importable by its old name; it is kept as it is"
            )
        if isinstance(error, RecursionError):
            return FormatError(
                f"{what} is nested too deeply to be read here; see sys.setrecursionlimit"
            )
        return CorruptError(
            f"{what} is no valid {self.format}: {_reason(error)}. Write it anew, delete it, or "
            "put a good copy of the file in its place"
        )


def codec(where: str, format: FormatLike, type: Any) -> Codec:
    """The codec that `format=` and `type=` mean. Raises FormatError."""
    name = format_name(format)
    if type is not None:
        from .typed import Typed  # which imports msgspec

        typed: Typed = Typed(type, _resolved(format, where), where)
        return Codec(where, name, typed.dumps, typed.loads, runs_code=typed.format.runs_code)
    if name == PICKLE:
        return _pickle(where)
    found = _resolved(format, where)

    def dumps(value: Any) -> bytes:
        return found.encode(value, None, where)

    def loads(data: Buffer) -> Any:
        # A copy: what a format of one's own makes of a buffer may refer to it for ever.
        return found.decode(bytes(data), where)

    return Codec(where, name, dumps, loads, runs_code=found.runs_code)


def _pickle(where: str) -> Codec:
    import pickle
    from functools import partial

    dumps = partial(pickle.dumps, protocol=_PROTOCOL)
    return Codec(where, PICKLE, dumps, pickle.loads, runs_code=True)  # see `trust=`


def format_name(format: FormatLike) -> str:
    """What the header calls a format: its name, or where the code of one's own is."""
    if isinstance(format, str):
        return format.lower()
    if isinstance(format, ModuleType):
        name = format.__name__
        return "toml" if name in _TOML else name
    cls = format if isinstance(format, type) else type(format)
    return f"{cls.__module__}.{cls.__qualname__}"


def _resolved(format: FormatLike, where: str) -> Format:
    found = resolve(format, where)
    if format_name(format) not in NAMES:
        found.is_binary = _is_binary(found, where)
    return found


def _is_binary(format: Format, where: str) -> bool:
    """Whether a format of one's own works on bytes, found by trying."""
    probes: tuple[object, ...] = (None, {}, "")
    for value in probes:
        for format.is_binary in (True, False):
            try:
                format.encode(value, None, where)
            except FormatError:
                continue
            return format.is_binary
    return True


def _pairs(other: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(other, Mapping):
        return other.items()
    if hasattr(other, "keys"):
        return ((key, other[key]) for key in other.keys())  # noqa: SIM118  # as dict.update does
    return other  # type: ignore[no-any-return]  # pairs, or the loop over it says what is wrong


def _shown(key: object) -> str:
    return f"{key!r:.{_SHOWN}}"


def _reason(error: BaseException) -> str:
    """What a user's code or a format's said, without what `formats` says of files."""
    if isinstance(error, OutliveError) and error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"
