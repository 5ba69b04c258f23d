"""A Safe as the commands see it: values under keys, which others write at the same time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

from ..errors import FormatError, OutliveError
from ..safes.safe import Safe
from ..safes.snapshot import SafeSnapshot
from . import inside
from .inside import NoKeyError
from .kinds import Kind
from .target import Options
from .values import as_json, check_kept, is_plain, read


def key_of(text: str, key_type: str) -> Any:
    """The key that a user's text stands for: itself, or with "json" what it says.

    >>> key_of('["user", 1]', "json")
    ('user', 1)
    """
    return text if key_type == "text" else _hashable(read(text))


def _hashable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    return value


def key_text(key: object, key_type: str) -> str:
    """A key as `key_of` reads it.

    >>> key_text(("user", 1), "json")
    '["user", 1]'
    """
    if key_type == "text" and isinstance(key, str):
        return key
    return json.dumps(_listed(key), ensure_ascii=False)


def _listed(key: object) -> Any:
    """A key as JSON has it, its tuples as lists."""
    if isinstance(key, tuple):
        return [_listed(each) for each in key]
    return json.loads(as_json(key))


class SafeTarget:
    """A `Target`; each change is a transaction of its own, beside those of others."""

    kind = Kind.SAFE

    def __init__(self, path: str, write: bool, options: Options) -> None:
        self.path = path
        self._key_type = options.key_type
        self.safe: Safe[Any, Any] = Safe(path, mode="rw" if write else "r", trust=options.trust)

    def get(self, key: str | None = None) -> Any:
        """The value under the longest beginning of the text that is a key, or the rest inside it.

        None is the whole, as a dict.
        """
        if key is None:
            return dict(self.items())
        whole = key_of(key, self._key_type)
        with self.safe.snapshot() as then:
            if whole in then:
                return then[whole]
            end = self._end(key, then)
            if end is not None:
                steps = inside.parse(key[end:].removeprefix("."))
                try:
                    return inside.find(then[key[:end]], steps)
                except NoKeyError as error:
                    raise NoKeyError(f"{self.path}, key {key[:end]!r}: {error}") from error
        raise self.no_key(whole)

    def _end(self, key: str, then: SafeSnapshot[Any, Any]) -> int | None:
        """Where the longest beginning that is a key ends; None if none is."""
        if self._key_type != "text":
            return None
        return next((end for end in _ends(key) if key[:end] in then), None)

    def _whole(self, key: str) -> Any:
        """The key, to be changed. Raises FormatError for what leads into the value of another."""
        whole = key_of(key, self._key_type)
        with self.safe.snapshot() as then:
            end = None if whole in then else self._end(key, then)
        if end is None:
            return whole
        raise FormatError(
            f"{self.path}: {key} leads into the value of the key {key[:end]!r}, which is changed "
            f"as a whole; use outlive edit, or mean a key of its own by --key-type json "
            f"'{json.dumps(key, ensure_ascii=False)}'"
        )

    def set(self, key: str, value: object, *, parents: bool = False) -> None:  # noqa: ARG002  # as Target has it
        """Put a value under the key, which is taken whole."""
        self._check(key, value)
        self.safe[self._whole(key)] = value

    def delete(self, key: str) -> None:
        """Take away the key, which is taken whole."""
        whole = self._whole(key)
        try:
            del self.safe[whole]
        except KeyError:
            raise self.no_key(whole) from None

    def append(self, key: str, value: object) -> None:
        """Add a value to the list under the key, which is taken whole."""
        whole = self._whole(key)
        self._check(key, value)

        def longer(there: Any) -> Any:
            if not isinstance(there, list):
                raise FormatError(
                    f"{self.path}: the value of {whole!r} is of the type {type(there).__name__}, "
                    "and no list; use set, or append to a list"
                )
            return [*there, value]

        try:
            self.safe.modify(whole, longer)
        except KeyError:
            raise self.no_key(whole) from None

    def _check(self, key: str, value: object) -> None:
        """Raise FormatError if the safe's format would lose a type of the value."""
        codec = self.safe._codec
        if not is_plain(value) and not codec.runs_code:
            try:
                kept = codec.loads(codec.dumps(value))
            except Exception as error:  # whatever a format raises
                raise codec.cannot_write(key, error) from error
            check_kept(value, kept, f"{self.path}, {key}")

    def items(self) -> Iterator[tuple[Any, Any]]:
        """All keys and values, as of one moment."""
        with self.safe.snapshot() as then:
            yield from then.items()

    def entries(self) -> Iterator[tuple[Any, Any]]:
        """As `items`, with the error in the place of a value that cannot be read."""
        with self.safe.snapshot() as then:
            for key in then:
                try:
                    yield key, then[key]
                except OutliveError as error:
                    yield key, error

    def count(self) -> int:
        """How many keys there are."""
        return len(self.safe)

    def keys(self) -> Iterator[str]:
        """The keys, as of one moment; those that are no text as JSON."""
        with self.safe.snapshot() as then:
            for key in then:
                yield key_text(key, self._key_type)

    def close(self) -> None:
        """Let the file go."""
        self.safe.close()

    def no_key(self, key: object) -> NoKeyError:
        """The error for a key that there is not."""
        hint = "" if self._key_type == "json" else " (--key-type json is for keys that are no text)"
        return NoKeyError(
            f"{self.path} has no key {key!r:.200}{hint}; outlive show {self.path} says which there "
            "are"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ends(text: str) -> Iterator[int]:
    """Where a path inside may begin, the last first."""
    return (at for at in range(len(text) - 1, 0, -1) if text[at] in ".[")
