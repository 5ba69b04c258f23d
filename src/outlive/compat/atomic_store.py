"""atomic_store 0.0.1, on outlive: ``from outlive.compat import atomic_store``.

Names, arguments and behaviour are those of https://github.com/BenWiederhake/atomic_store: no
lock, the last writer wins, the outer ``with`` writes over what an inner store committed, a
mutable default is used as it is, and pickles are read whoever wrote them. Where its README
promises more than its code does, the promise is kept: a block that raises keeps the old state,
and mode and symbolic links survive a commit.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, Self

from ..disk import atomic
from ..disk.atomic import PathLike, replace
from ..disk.fs import absolute
from ..errors import CorruptError, FormatError
from ..formats import AbstractFormatBstr, AbstractFormatFile, FormatLike, HasDumps, resolve

__all__ = ["AbstractFormatBstr", "AbstractFormatFile", "AtomicStore", "WrapBinaryFormat", "open"]


class WrapBinaryFormat:
    """Gives a format that has only ``dumps`` and ``loads`` the functions ``dump`` and ``load``."""

    def __init__(self, format_bstr: HasDumps) -> None:
        self.format_bstr = format_bstr

    def dump(self, obj: object, fp: IO[Any], **kwargs: object) -> None:
        """Encode the value, and write it to the file."""
        fp.write(self.format_bstr.dumps(obj, **kwargs))

    def load(self, fp: IO[Any], **kwargs: object) -> object:
        """Read the file, and decode what it holds."""
        return self.format_bstr.loads(fp.read(), **kwargs)


class AtomicStore:
    """One value in one file; `open` makes it."""

    def __init__(
        self,
        path: PathLike,
        default: Any,  # as in the original, which has no types
        format: FormatLike,
        is_binary: bool | None,
        load_kwargs: Mapping[str, object] | None,
        dump_kwargs: Mapping[str, object] | None,
        ignore_inner_exits: bool | None,
    ) -> None:
        self.path = path
        self.format = format
        self.ignore_inner_exits = ignore_inner_exits
        self.level = 0
        self._format = resolve(
            format,
            absolute(path),
            is_binary=is_binary,
            load_kwargs=load_kwargs,
            dump_kwargs=dump_kwargs,
        )
        self.is_binary = self._format.is_binary
        self.load_kwargs = self._format.load_kwargs
        self.dump_kwargs = self._format.dump_kwargs
        try:
            self._untouched = copy.deepcopy(default)
        except Exception:  # noqa: BLE001  # the original never copies it, so it may be anything
            self._untouched = default
        self.value: Any = self._read(default)

    def commit(self) -> None:
        """Replace the file with the current value."""
        path = absolute(self.path)
        there = atomic.read(path) if self._format.rewrite else None
        with _as_the_format_raises():
            data = self._format.encode(self.value, there and there.data, path)
        replace(path, data)

    def __enter__(self) -> Self:
        self.level += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.level -= 1
        if self.level and self.ignore_inner_exits:
            return
        if error is None:
            self.commit()
        else:
            self.value = self._read(copy.deepcopy(self._untouched))

    def _read(self, default: Any) -> Any:
        path = absolute(self.path)
        content = atomic.read(path)
        with _as_the_format_raises():
            return default if content is None else self._format.decode(content.data, path)


@contextmanager
def _as_the_format_raises() -> Iterator[None]:
    """Let the format's own error out, as the original does: a TypeError, a JSONDecodeError, …"""
    try:
        yield
    except (CorruptError, FormatError) as error:
        raise (error.__cause__ or error) from None


def open(
    path: PathLike,
    default: Any = None,
    format: FormatLike | None = None,
    is_binary: bool | None = None,
    load_kwargs: Mapping[str, object] | None = None,
    dump_kwargs: Mapping[str, object] | None = None,
    ignore_inner_exits: bool | None = False,
) -> AtomicStore:
    """Open a store as ``atomic_store.open`` does; JSON unless `format` says otherwise.

    >>> with atomic_store.open("runs.json", default=[]) as store:
    ...     store.value.append("now")
    """
    return AtomicStore(
        path,
        default,
        "json" if format is None else format,
        is_binary,
        load_kwargs,
        dump_kwargs,
        ignore_inner_exits,
    )
