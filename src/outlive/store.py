"""`Store`: one value in one file."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar, cast

from .disk import atomic, trust, versions
from .disk.atomic import PathLike
from .disk.fs import OS, FileSystem, absolute, follow
from .disk.lock import Lock
from .disk.replacement import Replacement, Sync
from .disk.versions import Version
from .errors import ConflictError, DiskError, FormatError, LockedError
from .formats import Format

if TYPE_CHECKING:
    from .formats.schema import Schema

T = TypeVar("T")
OnConflict = Literal["error", "overwrite"]
_IMMUTABLE = (str, bytes, int, float, tuple, frozenset, type(None))
TIMEOUT = 10.0  # seconds: longer than any sane commit, short enough to be noticed


class Store(Generic[T]):
    """A value that lives in a file; made by `outlive.open`.

    `value` is the program's own: change it, or assign another. `path` is the absolute path of the
    file. Nothing is written before `commit`, or the end of a `with` block. A store may be used by
    several threads; a `with` block shuts the others out, as it does other processes.
    """

    value: T

    def __init__(
        self,
        path: PathLike,
        default: T | Callable[[], T] | None,
        format: Format,
        schema: Schema[T] | None = None,
        *,
        ignore_inner_exits: bool = False,
        on_conflict: OnConflict = "error",
        sync: Sync = "full",
        timeout: float | None = TIMEOUT,
        keep: int = 0,
        trust: bool = False,
        fs: FileSystem = OS,
    ) -> None:
        self.path = absolute(path)
        self._default = default if callable(default) else copy.deepcopy(default)
        self._format = format
        self._schema = schema
        self._ignore_inner_exits = ignore_inner_exits
        self._on_conflict = on_conflict
        self._sync = atomic.checked_sync(sync)
        self._keep = keep
        self._trust = trust
        self._fs = fs
        self._lock = Lock(self.path, timeout=timeout, fs=fs)
        self._broken: DiskError | None = None
        self._committed: bytes | None = None  # what the file held when it was last read or written
        self.reload()

    def __repr__(self) -> str:
        return f"<outlive.Store {self.path!r}: {self.value!r:.60}>"

    # -- value and file

    def reload(self) -> None:
        """Read the file again; uncommitted changes are dropped.

        Raises CorruptError, FormatError, UntrustedError or DiskError; `value` is then unchanged.
        """
        data = self._read(self.path)
        self.value, self._committed = self._decode(data), data

    def rollback(self) -> None:
        """Go back to the last committed value (or the default), without reading the file."""
        self.value = self._decode(self._committed)

    def commit(self) -> None:
        """Replace the file with the current value, whole, durable as `sync` says.

        Nothing is written if the file holds just that. Raises ConflictError if someone else
        changed the file since it was read (unless ``on_conflict="overwrite"``), LockedError,
        FormatError for a value that the format or the type cannot hold, FullError or DiskError;
        then the file is what it was and `value` is what the program made it.
        """
        with self._lock:
            self._commit(self._encode(self.value))

    def update(self, change: Callable[[T], T | None]) -> T:
        """Lock, read, change and commit in one; returns the new value.

        `change` is given the current value of the file. It returns the new one, or changes it in
        place and returns None (or the same object). Raises what `commit` raises, FormatError if
        `change` did both, and whatever `change` raises; nothing is written then, and `value` goes
        back to what is in the file.

        >>> outlive.open("hits.json", default=0).update(lambda n: n + 1)
        1
        """
        with self._lock:
            self._refresh()
            try:
                self._apply(change)
                self._commit(self._encode(self.value))
            except BaseException:
                self.rollback()
                raise
            return self.value

    def __enter__(self) -> Self:
        """Shut out other writers, and read the file again if it changed."""
        self._lock.acquire()
        try:
            if self._lock.depth == 1:
                self._refresh()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._lock.depth:
            raise LockedError(
                f"{self.path}: this block was entered before a fork, and its lock stayed with the "
                "parent; leave the child with os._exit, or open the store in the child"
            )
        try:
            if self._lock.depth == 1 or not self._ignore_inner_exits:
                if error is None:
                    self._commit(self._encode(self.value))
                else:
                    self.rollback()
        finally:
            self._lock.release()

    # -- history

    def history(self) -> list[Version]:
        """The former contents that ``keep=`` kept, the newest first."""
        return versions.listed(self.path, self._fs)

    def restore(self, version: Version | int) -> None:
        """Commit a former content, given by its entry in `history` or its number, once more.

        What is in the file becomes a version itself. Raises FormatError if there is no such
        version, CorruptError if it is damaged, and what `commit` raises; `value` is unchanged then.
        """
        number = version if isinstance(version, int) else version.number
        found = [kept for kept in self.history() if kept.number == number]
        if not found:
            raise FormatError(f"{self.path} has no version {number}; see history()")
        with self._lock:
            data = self._read(found[0].path)
            value = self._decode(data, found[0].path)
            if data is not None:
                self._commit(data)
                self.value = value

    # -- inside

    def _read(self, path: str) -> bytes | None:
        content = atomic.read(path, self._fs)
        if content is None:
            return None
        if self._format.runs_code and not self._trust:
            trust.check(follow(self._fs, path), content.status, self._fs)
        return content.data

    def _decode(self, data: bytes | None, path: str = "") -> T:
        if data is None:
            return self._initial()
        value = self._format.decode(data, path or self.path)
        return self._schema.load(value, path or self.path) if self._schema else cast(T, value)

    def _initial(self) -> T:
        default = self._default
        if default is None and self._schema:
            return self._schema.default()
        value = cast(T, default() if callable(default) else copy.deepcopy(default))
        return self._schema.load(self._schema.dump(value), self.path) if self._schema else value

    def _encode(self, value: T) -> bytes:
        plain = self._schema.dump(value) if self._schema else value
        return self._format.encode(plain, self._committed, self.path)

    def _refresh(self) -> None:
        """Read the file again if it changed, under the lock."""
        data = self._read(self.path)
        if data == self._committed:
            return
        if not self._changed():
            self.value, self._committed = self._decode(data), data
        elif self._on_conflict == "overwrite":
            self._committed = data
        else:
            raise self._conflict()

    def _changed(self) -> bool:
        """Whether the program changed the value since the last commit."""
        current = self._encode(self.value)
        # Bytes that someone else wrote, or a pickle with other references, may differ for the
        # same value: what counts is how we would write what was read.
        return current != self._committed and current != self._encode(self._decode(self._committed))

    def _apply(self, change: Callable[[T], T | None]) -> None:
        """Take what `change` returns, or what it made of the value."""
        result = change(self.value)
        if result is None or result is self.value:
            return
        if not isinstance(self.value, _IMMUTABLE) and self._changed():
            raise FormatError(
                f"{self.path}: update() cannot tell which value is meant: the function returned a "
                f"new one ({type(result).__name__}), and the old one was changed too. Return None "
                "after a change in place, and commit() earlier changes before"
            )
        self.value = result

    def _commit(self, data: bytes) -> None:
        """Write `data` in place of the file, under the lock."""
        if self._broken is not None:
            raise DiskError(
                self._broken.errno or 0,
                f"{self.path}: an fsync failed before, and the disk may have lost what it was "
                "given; check the disk, then open the store again",
                self.path,
                "commit",
            ) from self._broken
        content = atomic.read(self.path, self._fs)
        there = content.data if content else None
        if there != data:
            if there != self._committed and self._on_conflict == "error":
                raise self._conflict()
            self._replace(there, data)
        self._committed = data

    def _replace(self, old: bytes | None, data: bytes) -> None:
        private = self._format.runs_code
        kept = ""
        try:
            with Replacement(self.path, sync=self._sync, private=private, fs=self._fs) as new:
                new.write(data)
                if self._keep and old is not None:
                    kept = versions.keep(self.path, old, self._fs)
                new.finish()
        except DiskError as error:
            if error.operation == "fsync":
                self._broken = error
            versions.drop(kept, self._fs)
            raise
        if self._keep:
            versions.prune(self.path, self._keep, self._fs)

    def _conflict(self) -> ConflictError:
        return ConflictError(
            f"{self.path} was changed by someone else since it was read, and nothing was written: "
            "reload() and change it again, use update() or a with block, or pass "
            "on_conflict='overwrite'"
        )
