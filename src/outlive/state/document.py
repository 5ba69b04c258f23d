"""The document of a state that is open: how a vacuum writes it anew, with a person's work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..disk import versions
from ..disk.journal import Journal
from ..disk.kept import keep_edited, keep_lost
from ..errors import (
    ConflictError,
    ConflictWarning,
    CorruptError,
    FormatError,
    RecoveryWarning,
)
from ..formats.document import CannotRewriteError, dump, load, rewrite
from ..formats.yaml_text import has_comments
from ..live import LiveDict, plain, shown
from .recovery import Found, merged
from .replay import Replayed, replay
from .warned import warn

if TYPE_CHECKING:
    from .typed import Typed

_TRIES = 5  # at a vacuum in whose moment somebody saves the file


class Document:
    """Makes the text of a state's document, and puts it in the place of file and entries.

    `is_plain` says that nobody but outlive gave the text its form.
    """

    def __init__(self, journal: Journal, typed: Typed | None, *, sort_keys: bool) -> None:
        self.path = journal.path
        self.journal = journal
        self.typed = typed
        self.is_plain = True
        self._sort_keys = sort_keys

    def vacuum(self, top: LiveDict, *, is_last: bool) -> dict[Any, Any] | None:
        """Write the state that is in memory, `top`, as a document.

        If a person's work came in, returns the value that the state has with it.
        """
        journal = self.journal
        for tries_left in reversed(range(_TRIES)):
            data, written = journal.read(), journal.written()
            value, text = None, journal.document
            if data != written:
                data = journal.settled()
            # An empty file is no edit: it is as good as deleted, or about to be written.
            if data and data.strip() and data != written:
                value, text = self._merge(top, data, written)
            document = self.make(text, top if value is None else value)
            journal.twin.remember(journal.document)
            try:
                late = journal.replace(document, data, is_ours=data == written, is_last=is_last)
            except ConflictError:
                if not tries_left:
                    raise
            else:
                if late is not None:
                    self._keep_late(late)
                return value
        raise AssertionError("the last try raises or returns")

    def is_edited(self) -> bool:
        """Whether somebody else changed the file, replaced or deleted it."""
        return self.journal.read() != self.journal.written()

    def _merge(self, top: LiveDict, data: bytes, written: bytes) -> tuple[dict[Any, Any], bytes]:
        """The state with what a person made of the file, and the text that they gave it."""
        try:
            file = replay(data, self.path)
            ours = plain(top)
            found = merged(file, ours, replay(written, self.path), self.journal.twin.earlier)
            if self.typed is not None:
                self.typed.load(found.value)
        except (CorruptError, FormatError):
            self.journal.go_beside()
            raise
        self.keep(found)
        self.journal.twin.remember(file.document)
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

    def _keep_late(self, data: bytes) -> None:
        name = keep_edited(self.path, data, self.journal.fs)
        message = (
            f"{self.path} was saved by someone in the moment of a vacuum; what they wrote is kept "
            f"as {name}: put what is missing into {self.path}"
        )
        warn(message, ConflictWarning)

    def shape(self, file: Replayed) -> bytes:
        """Notice who gave the document its form; returns it."""
        self.is_plain = file.is_plain
        return file.document

    def make(self, text: bytes, value: dict[Any, Any]) -> bytes:
        """The document for `value`: `text` with what changed in it, or written anew."""
        if self.is_plain or (self._sort_keys and not has_comments(text.decode("utf-8-sig"))):
            return dump(value, sort_keys=self._sort_keys)
        try:
            return rewrite(text, load(text, self.path), plain(value))
        except CannotRewriteError:
            kept, _ = versions.keep(self.path, text, self.journal.fs)
            message = (
                f"{self.path}: a change could not be made in the text that a person edited, so it "
                f"was written anew without their comments; the former text is in {kept}"
            )
            warn(message, UserWarning)
            self.is_plain = True
            return dump(value)


def _warn_of_loss(path: str, file: Replayed, name: str) -> None:
    message = (
        f"{path}: {len(file.lost)} bytes from line {file.lost_line} on are no whole entry, or do "
        f"not fit the state; they are kept in {name}"
    )
    warn(message, RecoveryWarning)
