"""`outlive.open`: what its arguments mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Never, TypedDict, TypeVar, Unpack, overload

from .disk.atomic import PathLike, checked_sync
from .disk.fs import absolute
from .disk.replacement import Sync
from .errors import FormatError
from .formats import Format, FormatLike, resolve
from .store import TIMEOUT, OnConflict, Store

if TYPE_CHECKING:
    from .formats.schema import Schema

T = TypeVar("T")


class _Options(TypedDict, total=False):
    format: FormatLike | None
    is_binary: bool | None
    load_kwargs: Mapping[str, object] | None
    dump_kwargs: Mapping[str, object] | None
    ignore_inner_exits: bool
    on_conflict: OnConflict
    sync: Sync
    timeout: float | None
    keep: int
    trust: bool


# Any stands where neither the default nor `type=` says what the file holds.
@overload
def open(
    path: PathLike,
    default: type[dict[Any, Any]] | dict[Never, Never],
    *,
    type: None = None,
    **options: Unpack[_Options],
) -> Store[dict[Any, Any]]: ...
@overload
def open(
    path: PathLike,
    default: type[list[Any]] | list[Never],
    *,
    type: None = None,
    **options: Unpack[_Options],
) -> Store[list[Any]]: ...
@overload
def open(
    path: PathLike,
    default: Callable[[], T],
    *,
    type: None = None,
    **options: Unpack[_Options],
) -> Store[T]: ...
@overload
def open(
    path: PathLike,
    default: None = None,
    *,
    type: None = None,
    **options: Unpack[_Options],
) -> Store[Any]: ...
@overload
def open(
    path: PathLike,
    default: T,
    *,
    type: None = None,
    **options: Unpack[_Options],
) -> Store[T]: ...
@overload
def open(
    path: PathLike,
    default: T | Callable[[], T] | None = None,
    *,
    type: type[T],
    **options: Unpack[_Options],
) -> Store[T]: ...
def open(
    path: PathLike,
    default: Any = None,
    *,
    format: FormatLike | None = None,
    type: Any = None,
    is_binary: bool | None = None,
    load_kwargs: Mapping[str, object] | None = None,
    dump_kwargs: Mapping[str, object] | None = None,
    ignore_inner_exits: bool = False,
    on_conflict: OnConflict = "error",
    sync: Sync = "full",
    timeout: float | None = TIMEOUT,
    keep: int = 0,
    trust: bool = False,
) -> Store[Any]:
    """Open the value that is kept in the file at `path`.

    Nothing is written before `Store.commit` or the clean end of a ``with`` block; then the file is
    replaced as a whole, and a crash, a ``kill -9`` or a power cut leaves the old value or the new.

    `default`
        The value while there is no file; copied deeply, or called if it can be called.
    `format`
        None goes by the extension (.json .yaml .yml .toml .msgpack .bson .pickle .pkl; anything
        else is JSON). Else one of these names, or any module, object or class with ``dump`` and
        ``load`` or ``dumps`` and ``loads``. YAML and TOML keep a person's comments and order.
    `type`
        A dataclass, TypedDict, msgspec.Struct, ``list[Run]``, …: the file is checked on reading,
        the value on writing, and `Store.value` is of that type.
    `is_binary`, `load_kwargs`, `dump_kwargs`
        Whether the format works on bytes or on str; further arguments of its functions.
    `ignore_inner_exits`
        Commit at the end of the outermost ``with`` of this store alone, not of those within it.
    `on_conflict`
        "error": a commit raises ConflictError if someone else changed the file since it was read.
        "overwrite": the last writer wins.
    `sync`
        "full": a commit survives a power cut once it has returned. "os": it survives a crash of
        the process; a power cut may bring an earlier committed value back.
    `timeout`
        Seconds to wait for another writer before LockedError; None waits for ever.
    `keep`
        How many former contents to keep beside the file (``NAME.version-1``); see `Store.history`.
    `trust`
        Read a pickle although other users could have written it (reading it runs what is in it).

    Raises CorruptError for a file that is empty, cut or of another format, FormatError for one
    that does not fit `type` and for arguments that mean nothing, UntrustedError, DiskError.

    >>> with outlive.open("runs.json", default=[]) as store:
    ...     store.value.append("2026-11-21 07:42:00")
    """
    name = absolute(path)
    if on_conflict not in ("error", "overwrite"):
        raise FormatError(f"{name}: on_conflict={on_conflict!r} is neither error nor overwrite")
    if not isinstance(keep, int) or keep < 0:
        raise FormatError(f"{name}: keep={keep!r} is no number of versions; pass 0 or more")
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout >= 0):
        raise FormatError(f"{name}: timeout={timeout!r} is no time to wait; pass seconds or None")
    codec = resolve(
        format, name, is_binary=is_binary, load_kwargs=load_kwargs, dump_kwargs=dump_kwargs
    )
    return Store(
        name,
        default,
        codec,
        _schema(type, codec, name),
        ignore_inner_exits=ignore_inner_exits,
        on_conflict=on_conflict,
        sync=checked_sync(sync),
        timeout=timeout,
        keep=keep,
        trust=trust,
    )


def _schema(type: type[T] | None, format: Format, path: str) -> Schema[T] | None:
    if type is None:
        return None
    from .formats.schema import Schema  # which imports msgspec

    return Schema(type, format, path)
