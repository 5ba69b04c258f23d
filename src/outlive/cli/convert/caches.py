"""The directory of a diskcache as keys and stored values, none of which is run.

A cache keeps small values in its database, and large ones in files beside it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from ...errors import CorruptError
from .losses import Losses
from .shelves import Raw

_RAW, _BINARY, _TEXT, _PICKLE = 1, 2, 3, 4  # how a value is kept
_PAGE = 1000
_COLUMNS = "key, raw, expire_time, tag, mode, filename, value"


class Cache:
    """What has not expired; that the others will is a loss."""

    def __init__(
        self, base: sqlite3.Connection, directory: str, losses: Losses, *, is_raw: bool
    ) -> None:
        self._base, self._losses = base, losses
        self._directory = os.path.realpath(directory)
        self._now = time.time()
        self._path = os.path.join(directory, "cache.db")
        self._is_json = not is_raw and _is_json_disk(base)
        self.count: int = base.execute("SELECT COUNT(*) FROM Cache").fetchone()[0]

    def __iter__(self) -> Iterator[Raw]:
        found = self._base.execute(f"SELECT {_COLUMNS} FROM Cache ORDER BY rowid")  # noqa: S608  # ours
        while part := found.fetchmany(_PAGE):
            for key, is_raw, expires, tag, mode, name, value in part:
                if expires is not None and expires < self._now:
                    continue
                raw = self._raw(key, bool(is_raw), mode, name, value)
                if expires is not None:
                    self._losses.add(f"{raw.key!r:.80} would no longer expire")
                if tag is not None:
                    self._losses.add(f"{raw.key!r:.80} would lose its tag {tag!r:.40}")
                yield raw

    def _raw(self, key: Any, is_raw: bool, mode: int, name: str | None, value: Any) -> Raw:
        path = self._path if name is None else self._file(name, key)
        if name is not None:
            value = _content(path)
        if self._is_json:
            return Raw(_from_json(key, self._path), _from_json(value, path), path, is_pickled=False)
        if not is_raw:
            key = Pickled(key)
        if mode == _TEXT and isinstance(value, bytes):
            value = value.decode()
        if mode not in (_RAW, _BINARY, _TEXT, _PICKLE):
            raise CorruptError(f"{self._path}: the value of {key!r:.80} is kept in no known way")
        return Raw(key, value, path, is_pickled=mode == _PICKLE)

    def _file(self, name: str, key: Any) -> str:
        path = os.path.realpath(os.path.join(self._directory, name))
        if os.path.commonpath([path, self._directory]) != self._directory:
            raise CorruptError(
                f"{self._path}: the value of {key!r:.80} is in {path}, outside of the cache; put a "
                "good copy in its place"
            )
        return path


def _is_json_disk(base: sqlite3.Connection) -> bool:
    """Whether the cache keeps compressed JSON, of which its settings say nothing."""
    first = base.execute("SELECT key FROM Cache LIMIT 1").fetchone()
    if first is None or not isinstance(first[0], bytes):
        return False
    try:
        _from_json(first[0], "")
    except CorruptError:
        return False
    return True


class Pickled(bytes):
    """A key that was pickled."""


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CorruptError(
            f"{path}, a part of the cache, cannot be read: {error.strerror}; let its program rest, "
            "or put a good copy in its place"
        ) from error


def _from_json(data: Any, path: str) -> Any:
    import json
    import zlib

    if not isinstance(data, bytes):
        return data
    try:
        return json.loads(zlib.decompress(data))
    except (ValueError, zlib.error) as error:
        raise CorruptError(f"{path} holds no JSON of diskcache's: {error}") from error
