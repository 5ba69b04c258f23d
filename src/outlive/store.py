"""`Store`: one value in one file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar, cast

from .default import IMMUTABLE, Default
from .disk import atomic, trust, versions
from .disk.fs import OS, FileSystem
from .disk.lock import Lock
from .disk.replacement import Replacement, Sync
from .disk.replacement import sync as sync_file
from .disk.versions import Version
from .errors import ConflictError, DiskError, FormatError, LockedError
from .formats import Format

if TYPE_CHECKING:
    from .formats.schema import Schema

T = TypeVar("T")
OnConflict = Literal["error", "overwrite"]
TIMEOUT = 10.0  # seconds: longer than any sane commit, short enough to be noticed


class Store(Generic[T]):
    """A value that lives in a file; made by `outlive.open`.

    `value` is the program's own: change it, or assign another. `path` is the absolute path of the
    file. Nothing is written before `commit`, or the end of a `with` block. A store may be used by
    several threads: a `with` block shuts the others out, as it does other processes. The tasks of
    one thread (asyncio) are not told apart; let them not meet in a block that awaits.
    """

    value: T

    def __init__(
        self,
        path: str,
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
        self.path = path
        self._default = Default(default, schema, path)
        self._format = format
        self._schema = schema
        self._ignore_inner_exits = ignore_inner_exits
        self._on_conflict = on_conflict
        self._sync = sync
        self._keep = keep
        self._trust = trust
        self._fs = fs
        self._timeout = timeout
        self._broken: DiskError | None = None
        self._committed: bytes | None = None  # what the file held when it was last read or written
        self._durable: bytes | None = None  # what this store has synced
        self._load()

    def __repr__(self) -> str:
        return f"<outlive.Store {self.path!r}: {self.value!r:.60}>"

    # -- value and file

    def reload(self) -> None:
        """Read the file again; uncommitted changes are dropped.

        Raises CorruptError, FormatError, UntrustedError, DiskError, or LockedError if another
        thread is in a ``with`` block of this store; `value` is then unchanged.
        """
        with self._alone():
            self._load()

    def rollback(self) -> None:
        """Go back to the last committed value (or the default), without reading the file.

        Raises LockedError if another thread is in a ``with`` block of this store.
        """
        with self._alone():
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

        `change` is given the current value: that of the file, with what the program changed and
        did not commit. It returns the new one, or changes it in place and returns None (or the
        same object). Raises what `commit` raises, FormatError if `change` did both, and whatever
        `change` raises; nothing is written then, and `value` is what it was before, as if it had
        been written and read.

        >>> outlive.open("hits.json", default=0).update(lambda n: n + 1)
        1
        """
        with self._lock:
            self._refresh()
            # A default need not be a value that can be kept; all else must be.
            encode = self._encode_or_none if self._committed is None else self._encode
            original, before = self.value, encode(self.value)
            try:
                self._apply(change, before)
                self._commit(self._encode(self.value))
            except BaseException:
                # After a Ctrl-C in its last step the commit stands, and the value with it.
                if self._committed is None or self._committed != self._encode_or_none(self.value):
                    self.value = original if before is None else self._decode(before)
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
        number = getattr(version, "number", version)
        with self._lock:
            found = [kept for kept in self.history() if kept.number == number]
            data = self._read(found[0].path) if found else None
            if data is None:
                raise FormatError(f"{self.path} has no version {number!r}; see history()")
            value = self._decode(data, found[0].path)
            self._format.lost_comments = False  # the bytes are a person's, as they were
            self._commit(data)
            self.value = value

    # -- inside

    @property
    def _lock(self) -> Lock:
        """Made when it is first needed, once for all threads: a store that is read needs none."""
        made: Lock | None = self.__dict__.get("_made_lock")
        if made is None:
            lock = Lock(self.path, timeout=self._timeout, fs=self._fs)
            made = self.__dict__.setdefault("_made_lock", lock)
        return made

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._lock.acquire_thread()
        try:
            yield
        finally:
            self._lock.release_thread()

    def _load(self) -> None:
        data = self._read(self.path)
        if data is None:
            atomic.check_place(self.path, self._fs)
        self.value, self._committed = self._decode(data), data

    def _read(self, path: str) -> bytes | None:
        content = atomic.read(path, self._fs)
        if content is None:
            return None
        if self._format.runs_code and not self._trust:
            trust.check(path, content.status, self._fs)
        return content.data

    def _decode(self, data: bytes | None, path: str = "") -> T:
        if data is None:
            return self._default.make()
        value = self._format.decode(data, path or self.path)
        return self._schema.load(value, path or self.path) if self._schema else cast(T, value)

    def _encode(self, value: T) -> bytes:
        plain = self._schema.dump(value) if self._schema else value
        return self._format.encode(plain, self._committed, self.path)

    def _encode_or_none(self, value: T) -> bytes | None:
        try:
            return self._encode(value)
        except FormatError:
            return None

    def _refresh(self) -> None:
        """Read the file again if it changed, under the lock."""
        data = self._read(self.path)
        if data == self._committed:
            return
        value = self._decode(data)
        if not self._changed():
            self.value, self._committed = value, data
        elif self._on_conflict == "overwrite":
            self._committed = data
        else:
            raise self._conflict()

    def _changed(self) -> bool:
        """Whether the program changed the value since the last commit."""
        if self._committed is None:
            made = self._encode_or_none(self._default.as_made)
            return self._encode_or_none(self.value) != made
        current = self._encode(self.value)
        # Bytes that someone else wrote, or a pickle with other references, may differ for the
        # same value: what counts is how we would write what was read.
        return current != self._committed and current != self._encode(self._decode(self._committed))

    def _apply(self, change: Callable[[T], T | None], before: bytes | None) -> None:
        """Take what `change` returns, or what it made of the value."""
        result = change(self.value)
        if result is None or result is self.value:
            return
        if not isinstance(self.value, IMMUTABLE) and self._encode_or_none(self.value) != before:
            raise FormatError(
                f"{self.path}: the function given to update() changed the value and returned "
                f"another ({type(result).__name__}); let it do one of the two"
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
        try:
            kept = self._write(data)
        except DiskError as error:
            if error.operation == "fsync":
                self._broken = error
            raise
        self._committed = data
        if self._sync == "full":
            self._durable = data
        if kept and self._format.lost_comments:
            warnings.warn(
                f"{self.path}: the change could not be made in the text that a person edited, so "
                f"it was written anew without their comments; the former text is in {kept}",
                stacklevel=3,
            )

    def _write(self, data: bytes) -> str:
        """Write `data` if it is new; return the name under which the old content is kept."""
        with Replacement(
            self.path,
            sync=self._sync,
            private=self._format.runs_code,
            target=self._lock.target,
            fs=self._fs,
        ) as new:
            there = new.old_content()
            if there == data:
                if self._sync == "full" and data != self._durable:
                    sync_file(self.path, self._fs)  # whoever wrote it may not have
            elif there != self._committed and self._on_conflict == "error":
                raise self._conflict()
            else:
                return self._replace(new, there, data)
        return ""

    def _replace(self, new: Replacement, old: bytes | None, data: bytes) -> str:
        kept, is_new = "", False
        try:
            new.create()
            new.write(data)
            if old is not None and (self._keep or self._format.lost_comments):
                kept, is_new = versions.keep(self.path, old, self._fs)
            new.finish()
            self._committed = data
        except BaseException:
            if new.is_done():  # cut by a Ctrl-C, say, when the file was already replaced
                self._committed = data
            elif is_new:
                versions.drop(kept, self._fs)
            raise
        if self._keep:
            versions.prune(self.path, self._keep, self._fs)
        return kept

    def _conflict(self) -> ConflictError:
        return ConflictError(
            f"{self.path} was changed by someone else since it was read, and nothing was written: "
            "reload() and change it again, use update() or a with block, or pass "
            "on_conflict='overwrite'"
        )
