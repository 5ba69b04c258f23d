"""Who keeps a live document in its file: entry by entry, and now and then as a whole."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

from ..disk import versions
from ..disk.journal import Journal
from ..disk.kept import keep_edited, keep_lost
from ..errors import (
    ConflictError,
    ConflictWarning,
    CorruptError,
    FormatError,
    LockedError,
    OutliveError,
    RecoveryWarning,
)
from ..formats.document import CannotRewriteError, dump, load, rewrite
from ..formats.entry import encode, encode_batch, quick
from ..live import Change, Key, LiveDict, Node, plain, restore, set_item, shown
from .merge import changes
from .recovery import Found, merged
from .replay import Replayed, apply_live, replay
from .warned import warn

if TYPE_CHECKING:
    from .typed import Typed

_LEAST = 1 << 18  # bytes of entries that are not worth a vacuum
# How many times the document's size the entries may reach. A vacuum takes the longer, the larger
# the document is: with these factors the part of it that falls to one change stays the same, and
# smaller than the change itself. To edit a person's text takes longer than to write a plain one.
_PLAIN, _EDITED = 4, 32
_REMEMBERED = 4  # former documents
_TOO_LARGE = 1 << 20  # bytes of one that nobody edits by hand
_put = dict.__setitem__
_TRIES = 5  # at a vacuum in whose moment somebody saves the file

_Undo: TypeAlias = dict[int, tuple[Node, Any]]  # by identity, a container and what it held


class Recorder:
    """Keeps the changes of the live document `top` in a journal, and vacuums the journal.

    All of it happens under `lock`. It is the `Root` of `top`.
    """

    def __init__(
        self,
        journal: Journal,
        top: LiveDict,
        typed: Typed | None = None,
        *,
        sort_keys: bool = False,
    ) -> None:
        self.path = journal.path
        self.lock = threading.RLock()
        self.top = top
        self.busy = False
        self.is_due = False  # whether the entries outweigh the document
        self.undo: _Undo | None = None
        self.typed = typed
        self._is_special = typed is not None  # or a transaction: a change is more than an entry
        self.journal = journal
        self.sort_keys = sort_keys
        self._is_plain = True  # whether nobody but us gave the document its form
        self._limit = _LEAST
        # What the file held before: an editor may still hold it, and save it with a change.
        self._earlier: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._levels: list[tuple[list[bytes], _Undo]] = []  # of transactions in one another
        self._lines: list[bytes] | None = None  # of the innermost

    # -- changes

    def set_atom(self, node: LiveDict, key: str, value: Any) -> None:
        """Set an item of the top to a small value: what `set_item` does, in half the time."""
        with self.lock:
            # No identifier and no int holds a character that YAML wants escaped.
            is_usual = node is self.top and key.isidentifier() and type(value) is not str
            if self.busy or self._is_special or not is_usual:
                set_item(node, key, value)
                return
            try:
                line = quick(("set", (), key, value))
            except ValueError:  # an int of more digits than Python turns into text
                set_item(node, key, value)
                return
            journal = self.journal
            self.busy = True
            try:
                journal.append(b"\n--- #%08x\n%b\n" % (crc32(line), line))
                _put(node, key, value)
            except BaseException as error:
                self.broken_off(error)
                raise
            self.busy = False
            if journal.size > self._limit:
                self.is_due = True
                self.tidy()

    def record(self, kind: str, path: Sequence[Key], key: Key, value: object) -> None:
        """Keep one change: in the file, or for the end of the transaction."""
        if self.typed is not None:
            self.typed.check(self.top, [Change(kind, tuple(path), key, value)])  # type: ignore[arg-type]  # the root's word
        try:
            line = encode(kind, path, key, value)
        except UnicodeEncodeError as error:
            raise self._surrogate(path, key) from error
        if self._lines is None:
            self._append(line)
        else:
            self._lines.append(line)

    def record_all(self, several: Sequence[Change]) -> None:
        """Keep several changes, all or none."""
        if self.typed is not None:
            self.typed.check(self.top, several)
        if self._lines is None:
            self._append(encode_batch(several))
        else:
            self._lines += [encode(*change) for change in several]

    def _append(self, line: bytes) -> None:
        journal = self.journal
        journal.append(b"\n--- #%08x\n%b\n" % (crc32(line), line))
        if journal.size > self._limit:
            self.is_due = True

    def _surrogate(self, path: Sequence[Key], key: Key) -> FormatError:
        where = shown([*path, key])
        return FormatError(
            f"{self.path}: {where} cannot be a str with a lone surrogate, which UTF-8 cannot hold. "
            "Nothing changed"
        )

    def convert(self, value: object) -> object:
        """A value of a type that a state does not know: only a typed one can help."""
        return value if self.typed is None else self.typed.convert(value)

    # -- changes that are broken off

    def unfinished(self) -> None:
        """Refuse a change within a change."""
        raise LockedError(
            f"{self.path}: a signal handler, or another program part that came between, changes "
            "the state while a change is under way; set a flag there, and change the state later"
        )

    def broken_off(self, error: BaseException) -> None:
        """After an error of ours nothing was changed; after a Ctrl-C the file says what was."""
        self.busy = False
        if self._lines is None and not isinstance(error, OutliveError):
            self._resync()

    def disown(self) -> None:
        """Be a copy in a forked child, of the state as it was before any open transaction."""
        self.lock = threading.RLock()  # a thread of the parent may have held it
        while self._levels:
            self._roll_back()
        self.busy = False

    def _resync(self) -> None:
        """Make the document in memory what the file says."""
        value = replay(self.journal.measure(), self.path).value
        self._update(value)

    def _update(self, value: dict[Any, Any]) -> None:
        for change in changes(plain(self.top), value):
            apply_live(self.top, change)

    # -- transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes of the block, or undo them."""
        with self.lock:
            self.journal.check()
            self._levels.append(([], {}))
            self._note_level()
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            try:
                self._commit(*self._levels[-1])
            except BaseException as error:
                self._roll_back()
                self.broken_off(error)
                raise
            self._levels.pop()
            self._note_level()
            self.tidy()

    def _note_level(self) -> None:
        self._lines, self.undo = self._levels[-1] if self._levels else (None, None)
        self._is_special = self.typed is not None or self._lines is not None

    def _roll_back(self) -> None:
        """Undo the innermost transaction."""
        self.busy = False
        if self._levels:  # else this process was forked within it
            _, undo = self._levels.pop()
            for node, content in undo.values():
                restore(node, content)
        self._note_level()

    def _commit(self, lines: list[bytes], undo: _Undo) -> None:
        if len(self._levels) > 1:
            outer_lines, outer_undo = self._levels[-2]
            outer_lines += lines
            for number, was in undo.items():
                outer_undo.setdefault(number, was)
        elif len(lines) == 1:
            self._append(lines[0])
        elif lines:
            self._append(b'["batch",[%b]]' % b",".join(lines))

    # -- the whole document

    def tidy(self) -> None:
        """Vacuum if it is time; if that fails, try again later: the entries are all there."""
        if not self.is_due or self._lines is not None:
            return
        self.is_due = False
        try:
            self.vacuum()
        except OutliveError as error:
            self._limit = 2 * self.journal.size
            message = f"the journal could not be vacuumed, and grows; nothing is lost. {error}"
            warn(message, RuntimeWarning)

    def vacuum(self) -> None:
        """Put the plain document in the place of file and entries, with a person's work in it."""
        for tries_left in reversed(range(_TRIES)):
            data, written = self.journal.read(), self.journal.written()
            value: dict[Any, Any] = self.top
            text = self.journal.document
            if data is not None and data != written:
                value, text = self._merge(data, written)
            document = self.document(text, value)
            self._remember(self.journal.document)
            try:
                self.journal.replace(document, data)
            except ConflictError:
                if not tries_left:
                    raise
                continue
            if value is not self.top:
                self._update(value)
            self.begin(document)
            return

    def _remember(self, document: bytes) -> None:
        if document not in self._earlier and len(document) < _TOO_LARGE:
            self._earlier.append(document)

    def begin(self, document: bytes) -> None:
        """Count the entries from here on."""
        factor = _PLAIN if self._is_plain else _EDITED
        self._limit = max(_LEAST, factor * len(document))

    def is_edited(self) -> bool:
        """Whether somebody else changed the file, or replaced it."""
        return self.journal.read() not in (None, self.journal.written())

    def _merge(self, data: bytes, written: bytes) -> tuple[dict[Any, Any], bytes]:
        """The state with what a person made of the file, and the text that they gave it."""
        try:
            file = replay(data, self.path)
            ours = plain(self.top)
            found = merged(file, ours, replay(written, self.path), self._earlier)
            if self.typed is not None:
                self.typed.load(found.value)
        except (CorruptError, FormatError):
            self.journal.go_beside()
            raise
        self.keep(found)
        self._remember(file.document)
        return found.value, self.shape(file)

    def keep(self, found: Found) -> None:
        """Put aside what does not become part of the state, and say so."""
        file, fs = found.file, self.journal.fs
        if file.lost:
            name = keep_lost(self.path, file.lost, fs)
            _warn_of_loss(self.path, file, name)
        if found.conflicts:
            name = keep_edited(self.path, file.data, fs)
            paths = ", ".join(shown(path) for path in found.conflicts)
            message = (
                f"{self.path} was edited while a program changed the same: {paths}. The program's "
                f"values stand; the edited file is kept as {name}"
            )
            warn(message, ConflictWarning)

    def shape(self, file: Replayed) -> bytes:
        """Notice who gave the document its form; returns it."""
        self._is_plain = file.is_plain
        return file.document

    def document(self, text: bytes, value: dict[Any, Any]) -> bytes:
        """The document for `value`: `text` with what changed in it, or written anew."""
        if self._is_plain or self.sort_keys:
            return dump(value, sort_keys=self.sort_keys)
        try:
            return rewrite(text, load(text, self.path), plain(value))
        except CannotRewriteError:
            kept, _ = versions.keep(self.path, text, self.journal.fs)
            message = (
                f"{self.path}: a change could not be made in the text that a person edited, so it "
                f"was written anew without their comments; the former text is in {kept}"
            )
            warn(message, UserWarning)
            self._is_plain = True
            return dump(value)


def _warn_of_loss(path: str, file: Replayed, name: str) -> None:
    message = (
        f"{path}: {len(file.lost)} bytes from line {file.lost_line} on are no whole entry, or do "
        f"not fit the state; they are kept in {name}"
    )
    warn(message, RecoveryWarning)
