"""What the text of a state file means: its document, with the entries applied to it."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, NamedTuple

from ..disk.journal_text import Entry, Parts, split
from ..errors import CorruptError
from ..formats.document import is_plain, load
from ..formats.load_entry import decode, decode_start
from ..live import Change, LiveDict, UnfitError, adopt, check, plain
from .original import mended

_KINDS = {"set": 3, "delete": 2, "insert": 3}  # how many parts follow
_DEEP = 100  # brackets; fewer make no value that is nested too deep
Apply = Callable[[Any, Change], None]


class Replayed(NamedTuple):
    """A state file, read."""

    value: dict[Any, Any]
    data: bytes
    document: bytes  # how it begins
    entries: bytes  # the bytes of those that count
    lines: list[bytes]  # what they say
    lost: bytes  # what could not be read, or does not fit
    lost_line: int  # on which that begins
    is_plain: bool  # whether nobody but outlive gave the document its form

    @property
    def is_whole(self) -> bool:
        """Whether the file is what a program wrote, to the last byte."""
        return self.document + self.entries == self.data


class InvalidEntryError(ValueError):
    """An entry that is none, or that does not fit the document."""


def replay(data: bytes, path: str) -> Replayed:
    """Read the text of a state file, up to the first entry that is not whole or not valid.

    An entry of PersistedState that does not fit is passed over: it wrote the entry of a statement
    that then raised. What its vacuum left when it was killed is seen through (`original.py`).
    Raises CorruptError if the document cannot be read, or is no mapping.
    """
    mend = mended(data)
    if mend is None:
        try:
            return _replay(data, path)
        except CorruptError:
            mend = mended(data, is_damaged=True)
            if mend is None:
                raise
    result = _replay(mend.document + mend.entries, path)
    return result._replace(data=data, lost=result.lost + mend.lost)


def _replay(data: bytes, path: str, skip: Set[int] = frozenset()) -> Replayed:
    """Likewise, of a file that is in order. `skip` says where entries begin that do not fit."""
    parts = split(data)
    value = load(parts.document, path)
    is_ours = not parts.document.strip() or is_plain(parts.document, value)
    if b"*" in parts.document:
        value = plain(value)  # what an alias stands for is a value of its own from here on
    replaying = _Replaying(data, parts, value, skip)
    for entry in parts.entries:
        try:
            if not replaying.take(entry):
                break
        except SecondDocumentError as error:
            line = data.count(b"\n", 0, entry.start) + 1
            raise CorruptError(
                f"{path}, line {line}: a second document begins here; a state is one document, "
                "with entries after it. Make one of them and open it again; the file is left as it "
                "is"
            ) from error
    return replaying.result(is_plain=is_ours)


class SecondDocumentError(Exception):
    """A mapping where an entry should be."""


class _Replaying:
    """Applies the entries of a file to the value of its document."""

    def __init__(self, data: bytes, parts: Parts, value: dict[Any, Any], skip: Set[int]) -> None:
        self._data = data
        self._skip = skip
        self._parts = parts
        self._value = value
        self._lines: list[bytes] = []
        self._end = len(parts.document) if parts.entries else parts.end
        self._skipped: list[Entry] = []

    def take(self, entry: Entry) -> bool:
        """Apply an entry; False if it does not count, nor any after it."""
        try:
            several = changes_of(entry)
        except InvalidEntryError:
            return not entry.is_checked and self._salvage(entry)
        try:
            if entry.start in self._skip:
                raise InvalidEntryError("it did not fit before")
            apply_all(self._value, several, apply)
        except InvalidEntryError as error:
            if isinstance(error, _HalfAppliedError):
                skip = {each.start for each in self._skipped}
                self._value = _replay(self._data[: entry.start], "", skip).value
            if entry.is_checked:
                return False
            self._skipped.append(entry)
        else:
            self._lines.append(entry.line)
        self._end = entry.end
        return True

    def _salvage(self, entry: Entry) -> bool:
        """Apply an entry that has other text behind it, as PersistedState's last one may."""
        try:
            raw, length = decode_start(entry.line)
            if entry.line[length:].lstrip().startswith(b",") and not _has_path(raw):
                return False  # not 23.4's, but one that has lost its path
            apply_all(self._value, parse(raw), apply)
        except ValueError:
            return False
        self._lines.append(entry.line[:length])
        self._end = self._data.index(entry.line, entry.start) + length
        return False

    def result(self, *, is_plain: bool) -> Replayed:
        """What came of it."""
        data, end, size = self._data, self._end, len(self._parts.document)
        skipped = b"".join(data[entry.start : entry.end] for entry in self._skipped)
        first = self._skipped[0].start if self._skipped else end
        first = len(data) - len(data[first:].lstrip(b"\r\n"))
        return Replayed(
            self._value,
            data,
            self._parts.document,
            data[size:end],
            self._lines,
            skipped + data[end:],
            data.count(b"\n", 0, first) + 1,
            is_plain,
        )


class _HalfAppliedError(InvalidEntryError):
    """One of several changes that count together did not fit when others were made."""


def changes_of(entry: Entry) -> list[Change]:
    """What an entry says. Raises InvalidEntryError."""
    if not entry.is_intact:
        raise InvalidEntryError("its checksum is wrong")
    return decoded(entry.line)


def decoded(line: bytes) -> list[Change]:
    """The changes that the line of an entry says. Raises InvalidEntryError."""
    try:
        several = parse(decode(line))
        # Short JSON holds nothing that a state could not.
        if b"!" in line or b"\n" in line or line.count(b"[") + line.count(b"{") > _DEEP:
            for change in several:
                check(change.value, len(change.path) + 1)
    except InvalidEntryError:
        raise
    except (ValueError, UnfitError) as error:
        raise InvalidEntryError(str(error)) from error
    return several


def parse(raw: object) -> list[Change]:
    """The changes that a decoded entry stands for.

    Raises InvalidEntryError, or SecondDocumentError for a mapping.
    """
    if isinstance(raw, list) and len(raw) == 2 and raw[0] == "batch" and isinstance(raw[1], list):  # noqa: PLR2004  # a word and a list
        return [_change(part) for part in raw[1]]
    if isinstance(raw, dict):
        raise SecondDocumentError
    return [_change(raw)]


def _has_path(raw: object) -> bool:
    return isinstance(raw, list) and len(raw) > 1 and isinstance(raw[1], list)


def _change(raw: object) -> Change:
    if not isinstance(raw, list) or not raw or not isinstance(raw[0], str):
        raise InvalidEntryError("it is no list that begins with a word")
    if _KINDS.get(raw[0]) == len(raw):  # without a path, as PersistedState 23.4 wrote them
        raw = [raw[0], [], *raw[1:]]
    if _KINDS.get(raw[0]) != len(raw) - 1 or not isinstance(raw[1], list):
        raise InvalidEntryError(f"it is no set, delete, insert or batch: {raw[0]}")
    return Change(raw[0], tuple(raw[1]), *raw[2:])


def apply_all(top: Any, changes: list[Change], apply: Apply) -> None:
    """Make changes one after the other. Raises InvalidEntryError if the first does not fit."""
    for number, change in enumerate(changes):
        try:
            apply(top, change)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if number:
                raise _HalfAppliedError from error
            raise InvalidEntryError(f"it does not fit the document: {error}") from error


def find(top: Any, change: Change) -> Any:
    """The container that a change is of. Raises LookupError, TypeError or ValueError."""
    node = top
    for key in change.path:
        node = node[key]
    if isinstance(node, list):
        if type(change.key) is not int:
            raise TypeError(f"{change.key!r} is no index")
    elif not isinstance(node, dict) or change.kind == "insert":
        raise TypeError(f"there is no container for {change.kind} {change.key!r}")
    return node


def apply(top: Any, change: Change) -> None:
    """Make a change in a plain value. Raises LookupError, TypeError or ValueError."""
    node = find(top, change)
    if change.kind == "set":
        node[change.key] = change.value
    elif change.kind == "delete":
        del node[change.key]
    else:
        node.insert(change.key, change.value)


def apply_live(top: dict[Any, Any], change: Change) -> None:
    """Make a change in a live document, without a report; raises what `apply` does."""
    node = find(top, change)
    key: Any = change.key  # of the right type, as `find` saw to it
    if change.kind == "delete":
        (dict if isinstance(node, dict) else list).__delitem__(node, key)
        return
    value = adopt(change.value, node, key, len(change.path) + 1)
    if change.kind == "insert":
        list.insert(node, key, value)
    elif isinstance(node, LiveDict):
        node._make_room((key,))
        dict.__setitem__(node, key, value)
    else:
        list.__setitem__(node, key, value)
