"""A state that is read, also while a program writes it."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..disk import atomic
from ..disk.fs import FileSystem
from ..disk.journal import Journal
from ..disk.journal_text import split
from ..disk.twin import Text
from ..errors import ClosedError, CorruptError, DiskError, ReadOnlyError, RecoveryWarning
from ..live import IDLE, Change, Key, LiveDict, Node, plain
from . import lifetime
from .filled import checked, fill_checked
from .merge import changes
from .recovery import Found, recover
from .replay import InvalidEntryError, apply_all, apply_live, changes_of
from .warned import warn

if TYPE_CHECKING:
    from .typed import Typed

_TRIES = 20  # to see the file and its twin at one moment, while a program writes them
_TICK = 50_000_000  # ns, in which two changes may bear the same time
_PAUSE = 0.005  # seconds between them


class Reader:
    """Brings a live document up to date with its file, and lets nobody else change it.

    It is the `Root` of `top`. It takes no lock and writes nothing.
    """

    def __init__(self, top: LiveDict, path: str, fs: FileSystem, *, strict: bool) -> None:
        self.root = self
        self.path = path
        self.lock = threading.RLock()
        self.top = top
        self.busy = IDLE
        self.is_due = False
        self.undo: dict[int, tuple[Node, Any]] | None = None
        self._typed: Typed | None = None
        self._defaults: Mapping[str, object] = {}
        self._fs = fs
        self._journal = Journal(path, sync="os", fs=fs)
        self._strict = strict
        self._is_closed = False
        self._data = b""  # the file, up to the last whole entry
        self._mark: tuple[int, int, int] | None = None  # of the file before it was read

    def open(self, defaults: Mapping[str, object], typed: Typed | None) -> None:
        """Read the file, and put defaults, in memory, where it has nothing."""
        lifetime.add_reader(self)
        self._defaults, self._typed = checked(self, defaults), typed
        fill_checked(self.top, self._load(), self.path, CorruptError)

    def _load(self) -> dict[Any, Any]:
        """Read all of it anew. Raises CorruptError, and DiskError if there is no file."""
        found = self._look()
        file = found.file
        # An entry that is being written at this moment is no loss.
        if file.lost and (self._strict or b"\n---" in file.lost.lstrip()):
            message = (
                f"{self.path}: {len(file.lost)} bytes from line {file.lost_line} on are no whole "
                "entry, or do not fit the state"
            )
            if self._strict:
                raise CorruptError(f"{message}; open it without strict=True to go on without them")
            warn(f"{message}; they are left out", RecoveryWarning)
        self._data = file.document + file.entries if found.is_file else b""
        value = {**self._defaults, **found.value}
        return self._typed.load(value) if self._typed else value

    def _look(self) -> Found:
        """The file and the twin at one moment."""
        for _ in range(_TRIES):
            data = self._read()
            twin = self._twin()
            if data is None:
                message = f"{self.path}: there is no such file; open it for writing to make it"
                raise DiskError(errno.ENOENT, message, self.path, "open")
            if data == self._read():
                return recover(data, twin, self.path)
            time.sleep(_PAUSE)
        # A program writes all the time: then the file has all that the twin has.
        return recover(data or b"", None, self.path)

    def _read(self) -> bytes | None:
        content = atomic.read(self.path, self._fs)
        return None if content is None else content.data

    def _twin(self) -> Text | None:
        try:
            return self._journal.twin.read()
        except DiskError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                return None  # another user's, who may be writing at this moment
            raise

    def check(self) -> None:
        """Raise ClosedError if it is closed."""
        if self._is_closed:
            raise ClosedError(f"{self.path}: the state is closed; open it again")

    def refresh(self) -> list[Change]:
        """Take in what came since the last time; what that was."""
        with self.lock:
            self.check()
            mark = atomic.mark(self.path, self._fs)
            if self._data and mark == self._mark and mark and _is_settled(mark[2]):
                return []
            self._mark = mark
            data = self._read()
            if data is not None and data == self._data:
                return []
            if data is not None and self._data and data.startswith(self._data):
                rest = data[len(self._data) :]
                if self._typed is None and rest.startswith((b"\n---", b"\r\n---")):
                    return self._append(data, rest)
            made = changes(plain(self.top), self._load())
            apply_all(self.top, made, apply_live)
            return made

    def _append(self, data: bytes, rest: bytes) -> list[Change]:
        """Take in the entries that came after those that are known."""
        made: list[Change] = []
        end = 0
        for entry in split(rest).entries:
            try:
                several = changes_of(entry)
                apply_all(self.top, several, apply_live)
            except InvalidEntryError:
                self._data = b""  # whatever it is: look at all of it the next time
                return made
            made += several
            end = entry.end
        self._data = data[: len(self._data) + end]
        return made

    def follow(self, interval: float, timeout: float | None) -> Iterator[Change]:
        """The changes as they come, each once the document has it."""
        last = time.monotonic()
        while not self._is_closed:
            came = self.refresh()
            yield from came
            now = time.monotonic()
            if came:
                last = now
            elif timeout is not None and now - last >= timeout:
                return
            else:
                time.sleep(interval)

    def sync(self) -> NoReturn:
        """Refuse: what it reads is for the writer to make durable."""
        self.record("set", (), None, None)

    def disown(self, _: int, /) -> None:
        """Read on in a forked child, whatever a thread of the parent was about to do."""
        self.lock = threading.RLock()
        self._data = b""

    def close(self) -> None:
        """No more refreshing."""
        self._is_closed = True

    # -- what a Root must have

    def record(self, kind: str, path: Sequence[Key], key: Key, value: object) -> NoReturn:  # noqa: ARG002  # as a Root has it
        """Refuse."""
        raise ReadOnlyError(
            f"{self.path} was opened with mode='r', which only reads; open it without to change it"
        )

    def set_atom(self, node: LiveDict, key: str, value: object) -> NoReturn:  # noqa: ARG002  # likewise
        """Refuse."""
        self.record("set", (), key, value)

    def record_all(self, several: Sequence[Change]) -> NoReturn:
        """Refuse."""
        self.record(*several[0])

    def unfinished(self) -> None:
        """Nothing ever is."""

    def broken_off(self, _: BaseException, /) -> None:
        """Nothing was."""
        self.busy = IDLE

    def tidy(self) -> None:
        """Nothing is due."""

    def convert(self, value: object) -> object:
        """No value comes in."""
        return value


def _is_settled(modified: int) -> bool:
    """Whether a change that comes now would give the file another time."""
    return abs(time.time_ns() - modified) > _TICK
