"""Who keeps a live document in its file: entry by entry, and now and then as a whole."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..disk.journal import Journal
from ..disk.journal_text import packed
from ..errors import ConflictError, FormatError, LockedError, OutliveError
from ..formats.entry import encode, encode_batch, quick
from ..live import (
    BROKEN,
    CHANGING,
    IDLE,
    Change,
    Key,
    LiveDict,
    Node,
    plain,
    restore,
    set_item,
    shown,
)
from .document import Document
from .merge import changes
from .replay import apply_live, replay
from .transaction import Transaction
from .warned import warn

if TYPE_CHECKING:
    from .typed import Typed

_LEAST = 1 << 20  # bytes of entries that are not worth a vacuum
# How many times the document's size the entries may reach. A vacuum takes the longer, the larger
# the document is: with these factors the part of it that falls to one change stays the same, and
# smaller than the change itself. To edit a person's text takes longer than to write a plain one.
_PLAIN, _EDITED = 4, 32
_put = dict.__setitem__

_Undo: TypeAlias = dict[int, tuple[Node, Any]]  # by identity, a container and what it held


class Level:
    """A transaction that is open."""

    __slots__ = ("is_left", "lines", "undo")

    def __init__(self) -> None:
        self.lines: list[bytes] = []  # of its entries
        self.undo: _Undo = {}
        self.is_left = False  # whether the program has left the block


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
        self.busy = IDLE
        self.is_due = False  # whether the entries outweigh the document
        self.undo: _Undo | None = None
        self.typed = typed
        self._is_special = typed is not None  # or a transaction: a change is more than an entry
        self.journal = journal
        self.document = Document(journal, typed, sort_keys=sort_keys)
        self._limit = _LEAST
        self.levels: list[Level] = []  # transactions in one another
        self._lines: list[bytes] | None = None  # of the innermost
        self._is_spoiled = False  # whether a change in them was broken off
        self._undone: list[Level] = []  # transactions that were undone before they were left
        self._is_disowned = False

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
            self.busy = CHANGING
            try:
                journal.append(packed(line))
                _put(node, key, value)
            except BaseException as error:
                self.busy = BROKEN
                self.broken_off(error)
                raise
            self.busy = IDLE
            if journal.size > self._limit:
                self.is_due = True
                self.tidy()

    def record(self, kind: str, path: Sequence[Key], key: Key, value: object) -> None:
        """Keep one change: in the file, or for the end of the transaction."""
        if self._undone:
            raise self._overlap()
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
        if self._undone:
            raise self._overlap()
        if self.typed is not None:
            self.typed.check(self.top, several)
        if self._lines is None:
            self._append(encode_batch(several))
        else:
            self._lines += [encode(*change) for change in several]

    def _append(self, line: bytes) -> None:
        self.journal.append(packed(line))
        if self.journal.size > self._limit:
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
        """Refuse a change within a change; bring memory in line if one was broken off twice."""
        if self.busy == BROKEN:
            was_something_else = self._resync()
            self.busy = IDLE
            if was_something_else:
                raise ConflictError(
                    f"{self.path}: an earlier change was interrupted, and memory brought in line "
                    "with the file only now; look at the state, and do it again"
                )
            return
        raise LockedError(
            f"{self.path}: a signal handler, or another program part that came between, changes "
            "the state while a change is under way; set a flag there, and change the state later"
        )

    def broken_off(self, error: BaseException, /) -> None:
        """After an error of ours nothing was changed; after a Ctrl-C the file says what was."""
        if not isinstance(error, OutliveError):
            if self.levels:
                self._is_spoiled = True
            else:
                self._resync()
        self.busy = IDLE

    def disown(self) -> None:
        """Be a copy in a forked child, of the state as it was before any open transaction."""
        self.lock = threading.RLock()  # a thread of the parent may have held it
        self._is_disowned = True
        if self.levels:
            self.abandon(self.levels[0])
        self._undone = []
        self.busy = IDLE

    def _resync(self) -> bool:
        """Make the document in memory what the file says; whether it was something else."""
        try:
            return self.update(replay(self.journal.repair(), self.path).value)
        except Exception:
            self.journal.give_up()
            raise

    def update(self, value: dict[Any, Any]) -> bool:
        """Make the document in memory `value`, without a report; whether it was something else."""
        made = changes(plain(self.top), value)
        for change in made:
            apply_live(self.top, change)
        return bool(made)

    # -- transactions

    def transaction(self) -> Transaction:
        """A block whose changes are kept together or undone."""
        return Transaction(self)

    def begin(self) -> Level:
        """Begin a transaction."""
        self.journal.check()
        level = Level()
        try:
            self.levels.append(level)
            self._note_level()
        except BaseException:
            self.abandon(level)
            raise
        return level

    def end(self, level: Level) -> None:
        """Keep the changes of the innermost transaction; or undo them."""
        if self._is_disowned:
            return  # it was undone when this process was forked
        try:
            if not self.levels or self.levels[-1] is not level:
                raise self._overlap()
            if self._is_spoiled:
                raise ConflictError(
                    f"{self.path}: a change of the transaction was interrupted, so nothing of it "
                    "is kept; do it again"
                )
            self._commit(level)
            self.levels.pop()
            self._note_level()
        except BaseException as error:
            self.abandon(level)
            self.busy = BROKEN
            self.broken_off(error)
            raise
        self.tidy()

    def _overlap(self) -> LockedError:
        return LockedError(
            f"{self.path}: two transactions of one thread overlap, so both are undone; do not "
            "await within a transaction"
        )

    def abandon(self, level: Level) -> None:
        """Undo a transaction that is not ended, and those within it."""
        self._undone = [each for each in self._undone if each is not level]
        if level in self.levels:
            depth = self.levels.index(level)
            self._undone += [each for each in self.levels[depth + 1 :] if not each.is_left]
            while len(self.levels) > depth:
                self._roll_back()
        self._note_level()

    def _note_level(self) -> None:
        innermost = self.levels[-1] if self.levels else None
        self._lines = innermost.lines if innermost else None
        self.undo = innermost.undo if innermost else None
        self._is_special = bool(self.typed or self.levels or self._undone)
        if not self.levels:
            self._is_spoiled = False

    def _roll_back(self) -> None:
        for node, content in self.levels[-1].undo.values():
            restore(node, content)
        self.levels.pop()
        self.busy = IDLE

    def _commit(self, level: Level) -> None:
        lines = level.lines
        if len(self.levels) > 1:
            outer = self.levels[-2]
            outer.lines.extend(lines)
            for number, was in level.undo.items():
                outer.undo.setdefault(number, was)
        elif lines:
            self.busy = CHANGING
            line = lines[0] if len(lines) == 1 else b'["batch",[%b]]' % b",".join(lines)
            self._append(line)
            self.busy = IDLE

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

    def vacuum(self, *, is_last: bool = False) -> None:
        """Put the plain document in the place of file and entries, with a person's work in it."""
        if self.busy:
            self.unfinished()
        self.busy = CHANGING  # for signal handlers, which the lock lets in
        try:
            value = self.document.vacuum(self.top, is_last=is_last)
            if value is not None:
                self.update(value)
            self.count_anew()
        except BaseException as error:
            self.busy = BROKEN  # the file may have a person's work that memory has not
            self.broken_off(error)
            raise
        self.busy = IDLE

    def count_anew(self) -> None:
        """Count the entries from here on."""
        factor = _PLAIN if self.document.is_plain else _EDITED
        self._limit = max(_LEAST, factor * len(self.journal.document))
