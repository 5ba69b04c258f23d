"""A state that is open for writing: from its lock to the vacuum at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..disk import atomic
from ..disk.fs import FileSystem
from ..disk.journal import Journal
from ..disk.kept import keep_lost
from ..disk.lock import Lock
from ..disk.replacement import Sync
from ..disk.twin import Text
from ..errors import CorruptError, FormatError, LockedError, ReadOnlyError, RecoveryWarning
from ..live import Change, LiveDict, plain
from . import lifetime
from .filled import checked, fill_checked
from .merge import changes
from .recorder import Recorder
from .recovery import Found, recover
from .replay import apply
from .warned import warn

if TYPE_CHECKING:
    from .typed import Typed

_PATIENCE = 5.0  # seconds that the end of the program waits for a thread that changes the state


class Writer:
    """Opens the file of a live document for writing, and closes it.

    While it is open, it holds the lock of the file, so that nobody else writes.
    """

    def __init__(
        self,
        top: LiveDict,
        path: str,
        typed: Typed | None,
        *,
        sync: Sync,
        timeout: float | None,
        sort_keys: bool,
        fs: FileSystem,
    ) -> None:
        self.journal = Journal(path, sync=sync, fs=fs)
        self.root = Recorder(self.journal, top, typed, sort_keys=sort_keys)
        self._lock = Lock(path, timeout=timeout, fs=fs)
        self._is_open = False

    def open(self, defaults: Mapping[str, object], *, strict: bool) -> None:
        """Lock the file and read it, or make it."""
        journal = self.journal
        if self.root.typed is not None:
            self.root.typed.check_defaults(defaults)
        atomic.check_place(journal.path, journal.fs)
        self._lock.acquire()
        self._lock.release_thread()  # whoever closes the state may be another thread
        try:
            data, twin = journal.read(), journal.twin.read()
            if twin is not None and data != twin.data:
                data = journal.settled()
            if data is None or (twin is not None and not data.strip()):
                self._make(defaults, twin, data)
            else:
                self._load(data, twin, defaults, strict=strict)
        except BaseException:
            self._leave()
            raise
        self._is_open = True
        lifetime.add(self)

    def _make(self, defaults: Mapping[str, object], twin: Text | None, data: bytes | None) -> None:
        """Begin anew: there is no file, or a person emptied it."""
        path = self.journal.path
        typed, top = self.root.typed, self.root.top
        fill_checked(top, defaults, path, FormatError)
        if typed is not None:
            full = self._first(typed)
            dict.clear(top)
            fill_checked(top, full, path, FormatError)
        if twin is not None:  # the file was deleted after its program was killed
            name = keep_lost(path, twin.data, self.journal.fs)
            message = (
                f"{path} is gone; what a program that was killed had written is in {name}: put it "
                "in its place to go on with it"
            )
            warn(message, RecoveryWarning)
        document = self.root.document.make(b"", self.root.top)
        self.journal.replace(document, data)
        self.root.count_anew()

    def _first(self, typed: Typed) -> dict[Any, Any]:
        try:
            return typed.load(plain(self.root.top))
        except FormatError as error:
            raise FormatError(
                f"{error}. There is no file yet: give what has no default to State(…) by name"
            ) from error

    def _load(
        self,
        data: bytes,
        twin: Text | None,
        defaults: Mapping[str, object],
        *,
        strict: bool,
    ) -> None:
        path, root, journal = self.journal.path, self.root, self.journal
        found = self._recover(data, twin)
        file = found.file
        if strict and file.lost:
            raise CorruptError(
                f"{path}: {len(file.lost)} bytes from line {file.lost_line} on are no whole entry, "
                "or do not fit the state; open it without strict=True to go on without them (they "
                "will be kept), or mend the file"
            )
        fill_checked(root.top, found.value, path, CorruptError)
        missing = self._missing(found.value, defaults)
        root.document.keep(found)
        text = root.document.shape(file)
        if found.is_file and file.is_whole:
            journal.open(file.document, file.entries)
            root.count_anew()
        else:
            self._rewrite(found, text)
        for change in missing:
            apply(root.top, change)  # through the methods of the live containers

    def _recover(self, data: bytes, twin: Text | None) -> Found:
        """What file and twin mean together; an editor may come again with what it held."""
        try:
            found = recover(data, twin, self.journal.path)
        except CorruptError as error:
            if twin is None:
                raise
            more = "What a program changed before is kept beside it, and will be taken in then"
            raise CorruptError(f"{error}. {more}") from error
        if twin is not None and found.is_edited:
            for document in (*twin.earlier, twin.document, found.file.document):
                self.journal.twin.remember(document)
        return found

    def _rewrite(self, found: Found, text: bytes) -> None:
        """Make the file say what was found."""
        if found.is_file:
            self.journal.remove_twin()
        else:
            self.journal.twin.reopen()
        document = self.root.document.make(text, found.value)
        self.journal.replace(document, found.file.data)
        self.root.count_anew()

    def _missing(self, value: dict[Any, Any], defaults: Mapping[str, object]) -> list[Change]:
        """The defaults that the file has no value for, checked."""
        root = self.root
        new = {key: each for key, each in defaults.items() if key not in value}
        new = checked(root, new)
        if root.typed is None:
            return [Change("set", (), key, each) for key, each in new.items()]
        return changes(value, root.typed.load({**value, **new}))

    def close(self, patience: float = -1) -> None:
        """Vacuum if there are entries, and free the file for others."""
        if not self.root.lock.acquire(timeout=patience):
            return  # at the end of the program, with a thread in the middle: the entries are there
        try:
            if not self._is_open:
                return
            if self.root.undo is not None:
                raise LockedError(f"{self.journal.path}: end the transaction before you close")
            try:
                self._tidy_up()
            finally:
                self._leave()
        finally:
            self.root.lock.release()

    def _tidy_up(self) -> None:
        journal = self.journal
        if journal.refusal is not None:
            return
        is_gone = journal.read() is None
        if journal.size or is_gone or (journal.twin.is_open and self.root.document.is_edited()):
            self.root.vacuum(is_last=True)
        elif journal.twin.is_open:
            journal.remove_twin()

    def close_at_exit(self) -> None:
        """Close, without waiting for ever for a thread."""
        self.close(_PATIENCE)

    def _leave(self) -> None:
        self._is_open = False
        self.journal.close()
        lifetime.remove(self)
        self._lock.acquire_thread()
        self._lock.release()

    def disown(self, parent: int) -> None:
        """Be, in a forked child, a copy that can be read."""
        path = self.journal.path
        self._is_open = False
        self.journal.close(
            lambda: ReadOnlyError(
                f"{path} belongs to the process that opened it, {parent}, and this one was forked "
                "from it; open the state with mode='r' here, or another file"
            )
        )
        self.root.disown()

    def check(self) -> None:
        """Raise what a change would raise now: closed, forked, broken."""
        self.journal.check()

    def refresh(self) -> bool:
        """Take in what a person made of the file."""
        with self.root.lock:
            self.journal.check()
            if self.root.undo is not None:
                raise LockedError(f"{self.journal.path}: end the transaction before you refresh")
            is_edited = self.root.document.is_edited()
            if is_edited:
                self.root.vacuum()
            return is_edited

    def sync(self) -> None:
        """Make all so far durable."""
        with self.root.lock:
            self.journal.sync()
