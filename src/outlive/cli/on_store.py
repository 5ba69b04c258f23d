"""A Store as the commands see it: one document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Self

from .. import Version
from ..errors import CorruptError, FormatError
from ..opening import open as open_store
from ..store import Store
from . import inside
from .inside import NoKeyError
from .kinds import Kind, format_of, is_whole
from .target import Options
from .values import check_kept, is_plain


class Raw:
    """A format that takes a document as it is, damaged or not."""

    @staticmethod
    def dumps(value: bytes) -> bytes:
        """The bytes."""
        return value

    @staticmethod
    def loads(data: bytes) -> bytes:
        """The bytes."""
        return data


def opened(path: str, options: Options, format: Any = None) -> Store[Any]:
    """The store in that file, in the format that its bytes are in, for writing.

    If former contents are kept beside it, so will be the one that a commit replaces.
    """
    waits: dict[str, Any] = {} if options.timeout is None else {"timeout": options.timeout}
    count = _count(path)
    return open_store(
        path,
        format=format_of(path) if format is None else format,
        trust=options.trust,
        keep=count + 1 if count else 0,
        **waits,
    )


def _count(path: str) -> int:
    """How many former contents there are."""
    directory, name = os.path.split(os.path.realpath(path))
    return sum(each.startswith(f"{name}.version-") for each in os.listdir(directory))


def versions(path: str) -> list[Version]:
    """The former contents, the newest first."""
    return open_store(path, format=Raw).history()


def restored(path: str, number: int, options: Options) -> None:
    """Put a former content in the place of what there is now. Raises NoKeyError, CorruptError."""
    store = opened(path, options, Raw)
    for each in store.history():
        if each.number == number:
            if not is_whole(each.path, path):
                raise CorruptError(f"{each.path} is damaged, too; restore another version")
            store.restore(each)
            return
    known = ", ".join(str(each.number) for each in store.history()) or "none"
    raise NoKeyError(f"{path} has no version {number}; there are {known}")


class StoreTarget:
    """A `Target`; each change holds the lock of the file, reads it again, and replaces it."""

    kind = Kind.STORE

    def __init__(self, path: str, write: bool, options: Options) -> None:
        self.path = path
        if write:
            self._store = opened(path, options)
        else:
            self._store = open_store(path, format=format_of(path), trust=options.trust)

    def get(self, key: str | None = None) -> Any:
        """The value, or what the path leads to in it."""
        with inside.named(self.path):
            steps = inside.parse(inside.WHOLE if key is None else key)
            return inside.find(self._store.value, steps)

    def set(self, key: str, value: object, *, parents: bool = False) -> None:
        """Put a value where the path leads to; ``.`` is the whole value."""
        steps = inside.parse(key)
        self.check(value)
        with inside.named(self.path), self._store:
            if steps:
                inside.assign(self._store.value, steps, value, parents=parents)
            else:
                self._store.value = value

    def delete(self, key: str) -> None:
        """Take away what the path leads to."""
        steps = inside.parse(key)
        with inside.named(self.path), self._store:
            inside.remove(self._store.value, steps)

    def append(self, key: str, value: object) -> None:
        """Add a value to the list that the path leads to."""
        steps = inside.parse(key)
        self.check(value)
        with inside.named(self.path), self._store:
            inside.extend(self._store.value, steps, value, self.path)

    def check(self, value: object) -> None:
        """Raise FormatError if the format would lose a type of the value."""
        if not is_plain(value):
            from tempfile import TemporaryDirectory  # slow to load, and few values need it

            with TemporaryDirectory() as directory:
                trial = open_store(
                    os.path.join(directory, "trial"),
                    default={"value": value},
                    format=format_of(self.path),
                    sync="os",
                )
                try:
                    trial.commit()
                    trial.reload()
                except FormatError as error:
                    raise FormatError(str(error).replace(trial.path, self.path)) from error
                check_kept(value, trial.value["value"], self.path)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """The items of a dict; a list by its indices; another value under ``.``."""
        return inside.items(self._store.value)

    def keys(self) -> Iterator[str]:
        """Paths of the first level."""
        return (inside.write([key]) for key, _ in self.items() if key is not inside.WHOLE)

    def close(self) -> None:
        """Nothing is open between calls."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
