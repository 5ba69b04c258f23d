"""What `outlive edit` edits: a whole document, or a value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from ..errors import ConflictError, CorruptError, FormatError, OutliveError
from ..opening import open as open_store
from ..state.state import State
from ..store import Store
from .editor import refused
from .inside import NoKeyError
from .shown import TextError, check_unique, read, same, show

_AT = re.compile(r"line (\d+)(?:,? column (\d+))?")
_SHORT = {".yaml": ".yml"}
_TAILS = (". Mend it", "; open it without strict=True")  # remedies for those who are not editing


class Changed(NamedTuple):
    """The texts before and after, for the diff."""

    before: str
    after: str


class Piece(Protocol):
    """What is being edited; whoever made it holds the lock, if its kind has one.

    `where`: what a person calls it. `name`: a file name for the copy.
    """

    where: str
    name: str

    def read(self) -> bytes:
        """The text as it is now; what is kept afterwards has to begin from it."""
        ...

    def fault(self) -> OutliveError | None:
        """What is wrong with the text that was read."""
        ...

    def keep(self, text: bytes) -> Changed | None:
        """Check a text, and put it in the place of the one that was read; None if it means that.

        Raises FormatError or CorruptError for a text that cannot be, ConflictError if others
        changed what was read, and what the face raises. Nothing is changed then.
        """
        ...


class Document:
    """The text of a State or a Store, byte for byte, so that all that a person wrote stays."""

    def __init__(
        self, path: str, extension: str, store: Store[Any], check: Callable[[str], None]
    ) -> None:
        self.where = path
        name = os.path.basename(path)
        is_known = os.path.splitext(name)[1].lower() in (extension, _SHORT.get(extension))
        self.name = name if is_known else name + extension
        self._store = store
        self._check = check

    def read(self) -> bytes:
        """The bytes of the file."""
        self._store.reload()
        return self._store.value or b""

    def fault(self) -> OutliveError | None:
        """Why the file cannot be read, if it cannot."""
        try:
            self._require(self._store.value or b"")
        except (FormatError, CorruptError) as error:
            return error
        return None

    def keep(self, text: bytes) -> Changed | None:
        """Check the text as the face reads it, and replace the file with it."""
        self._require(text)
        before = self._store.value or b""
        self._store.value = text
        try:
            self._store.commit()
        except BaseException:
            self._store.rollback()
            raise
        return Changed(before.decode(errors="replace"), text.decode())

    def _require(self, text: bytes) -> None:
        """Raise CorruptError, or TextError, for a text that is no such document."""
        if not text.strip():
            return  # as a State leaves it that holds nothing
        try:
            decoded = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            message = f"{self.where}, line {line}: the byte {text[error.start]:#x} is no UTF-8"
            raise TextError(message, line) from error
        with refused(self.where), TemporaryDirectory(prefix="outlive-check-") as directory:
            trial = os.path.join(directory, os.path.basename(self.where))
            with open(trial, "wb") as file:
                file.write(text)
            try:
                self._check(trial)
            except (FormatError, CorruptError) as error:
                raise _of_text(error, trial, self.where) from error
        if not self.name.endswith(".toml"):
            try:
                check_unique(decoded)
            except TextError as error:
                message = f"{self.where}, line {error.line}: {error}"
                raise TextError(message, error.line, error.column) from error


def _of_text(error: OutliveError, trial: str, path: str) -> TextError:
    """The error of a face about the trial file, as one about the text."""
    message = str(error).replace(trial, path)
    for tail in _TAILS:
        message = message.partition(tail)[0]
    found = [each.groups() for each in _AT.finditer(message)]
    exact = [each for each in found if each[1]]
    line, column = (exact or found or [(None, None)])[-1]
    return TextError(message, int(line) if line else None, int(column) if column else None)


@contextmanager
def locked(store: Store[Any]) -> Iterator[Store[Any]]:
    """The store, locked; only what is committed within the block is kept."""
    with suppress(_LeftError), store:
        yield store
        raise _LeftError


class _LeftError(Exception):
    """Ends a block of a store without a commit."""


def check_state(path: str) -> None:
    """Raise CorruptError if no State can be opened from that file."""
    State(path, strict=True).close()


def check_store(path: str, format: str | None) -> None:
    """Raise CorruptError if no Store can be opened from that file."""
    open_store(path, format=format)


class Value:
    """A value that is shown as YAML, or JSON where YAML has not its types.

    `get` reads it anew; `put` gets the value that was read, and the new one.
    """

    def __init__(
        self,
        where: str,
        name: str,
        get: Callable[[], Any],
        put: Callable[[Any, Any], None],
    ) -> None:
        self.where = where
        self._get = get
        self._put = put
        self._value = get()
        self._shown = show(self._value, where)
        self.name = f"{name}.json" if self._shown.is_json else f"{name}.yaml"

    def read(self) -> bytes:
        """The text for the value."""
        try:
            value = self._get()
        except NoKeyError as error:
            raise ConflictError(f"{self.where} is no longer there: {error}") from error
        self._value, self._shown = value, show(value, self.where)
        return self._shown.text.encode()

    def fault(self) -> OutliveError | None:
        """A value that could be read has none."""
        return None

    def keep(self, text: bytes) -> Changed | None:
        """Put what the text stands for in the place of the value."""
        try:
            new = read(text.decode("utf-8-sig"), is_json=self._shown.is_json)
            if same(new, self._value):
                return None
            after = show(new, self.where)
        except UnicodeDecodeError as error:
            raise TextError("it is no UTF-8", text.count(b"\n", 0, error.start) + 1) from error
        except RecursionError as error:
            raise TextError("the value is nested too deep, or holds itself") from error
        self._put(self._value, new)
        return Changed(self._shown.text, after.text)


def changed_meanwhile(where: str) -> ConflictError:
    """The error for a value that others changed."""
    return ConflictError(f"{where} was changed by someone else meanwhile; nothing was written")
