r"""What a file means that PersistedState left in the middle of its vacuum.

A vacuum of PersistedState changes nothing in the state. With J for what the file held and T for
the plain document, as `yaml.safe_dump` writes it, it does this::

    23.4, 23.5    it appends T              writes T over the beginning         cuts off the rest
    23.6 to 26.1  it appends T, marker, T   writes T "...\n" over the beginning  cuts off the rest

J is a document D and, behind it, entries; none of them ends with a line break, nor does D from 23.6
on. So T begins in the middle of a line, or its keys stand twice. A T holds neither the marker nor a
line ``---``.

The rule: as long as J is whole the file means J, then it means the last T. A text is a T only if it
is to the byte what `safe_dump` writes for what it says, and stands where a vacuum puts it. So what
is dropped of a file was said twice, or is the end of an entry that T was written over. What a
person may do is left to them: a line, or its beginning, that stands twice on lines of its own is
no T, unless it is the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from ..disk.journal_text import split
from ..errors import CorruptError
from ..formats.document import load
from ..formats.load_entry import decode, decode_start
from ..formats.load_yaml import DocumentError

_COMMENT = b"\n### LAST VALID STATE ###\n"
_MARKER = b"\n---" + _COMMENT
_ENTRY = b"\n---\n["
_KINDS = ("set", "delete", "insert")
_TORN_ENTRIES = (b"\n-", b"\n--")  # which YAML may take for an element of a list
_ONLY_TORN = re.compile(rb"\n---\n\[[^\n]*\Z")  # in a new file
_END_OF_ENTRY = re.compile(rb"(?:\n?-{0,3}\n)?[^\n]*\]")
_END_OF_FLOW = re.compile(rb"\}(?=[^\s,\]}])")  # what follows cannot stand there
_ENOUGH = 64  # bytes that no text has twice by chance
_TRIES = 50  # places within a line, or behind brackets
_WORK = 2_000_000  # bytes to parse at most, so that no file takes forever


_State = dict[Any, Any] | None


class Mended(NamedTuple):
    """What counts of a file, and what of it is lost."""

    document: bytes
    entries: bytes  # as they stand in the file; b"" if there are none
    lost: bytes  # what could not be used; b"" if nothing was lost


def mended(data: bytes, *, is_damaged: bool = False) -> Mended | None:
    r"""What a file means that PersistedState left in the middle of its vacuum.

    None if it is any other file, or nothing can be said. That is quick for a file in good order.
    Ask a second time with `is_damaged` if the document cannot be read: some of what a vacuum leaves
    is only looked for then. The line ends of Windows become `\n`.
    """
    if is_damaged or b"\r\n---\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    at = data.rfind(_COMMENT)
    if at >= 0:
        last = _marked(data[: at + 1], data[at + len(_COMMENT) :])
        return Mended(last, b"", b"") if last else None
    body = _without_marker(data)
    end = _end_of_entries(body)
    if end:
        return _behind_entries(data, body[end:], end)
    return _torn(data, is_damaged) or _without_entries(body, is_damaged)


# -- 23.6 to 26.1, once the marker is there


def _marked(before: bytes, tail: bytes) -> bytes | None:
    """T; a copy of it stands before the marker, and one, perhaps not whole, behind it."""
    journal = before.removesuffix(b"\n---\n")
    end = _end_of_entries(journal)
    if end:
        text = journal[end:]
        return text if text.startswith(tail) and _is_canonical(text) else None
    for place in chain([journal.rfind(tail)] if tail else [], _places(journal)):
        text = journal[place:]
        if text and text.startswith(tail) and _vacuumed(journal[:place], text) == text:
            return text
    return tail if _is_whole(before, tail) and _is_canonical(tail) else None


def _is_whole(before: bytes, tail: bytes) -> bool:
    """Whether what is before the marker is J and `tail`, or that with `tail` written over it."""
    old, new = tail + b"\n---\n", tail + b"...\n"
    if len(before) < len(old) or before.endswith(old):
        return len(before) >= len(old)
    return _common(before, new) + _common(before[::-1], old[::-1]) >= len(before)


# -- before the marker is there, and 23.4 and 23.5, which have none


def _without_marker(data: bytes) -> bytes:
    """The text without the beginning of a marker, or of an entry, at its end."""
    at = data.rfind(b"\n-", -len(_MARKER))
    return data[:at] if at >= 0 and _MARKER.startswith(data[at:]) else data


def _end_of_entries(text: bytes) -> int:
    """Where the last entry without a checksum ends; 0 if there is none, or it is torn."""
    start = text.rfind(_ENTRY) + len(_ENTRY) - 1
    if start < len(_ENTRY) - 1:
        return 0
    stop = text.find(b"\n", start)
    try:
        raw, length = decode_start(text[start : stop if stop >= 0 else len(text)])
    except ValueError:
        return 0
    return start + length if isinstance(raw, list) and raw and raw[0] in _KINDS else 0


def _behind_entries(data: bytes, text: bytes, end: int) -> Mended | None:
    """J or T, where `text` follows the last entry."""
    journal, lost = data[:end], data[end:]
    is_torn = lost in _TORN_ENTRIES
    if not is_torn and (not text or text.startswith(b"\n") or _is_entry(journal, text)):
        return None
    document = split(journal).document
    whole = Mended(document, journal[len(document) :], lost if is_torn else b"")
    state = _replayed(journal)
    if is_torn or _begins(text, _dumped(state)):
        return whole
    if not _is_canonical(text):
        return None if state is None else whole._replace(lost=lost)
    if state is None or not set(_mapping(text) or ()) < set(state):
        return Mended(text, b"", b"")
    if _common(document, text) and not _is_canonical(document.rstrip(b"\n") + b"\n"):
        return Mended(text, b"", journal)  # T seems to be written over the document
    return whole._replace(lost=lost)


def _is_entry(journal: bytes, text: bytes) -> bool:
    """Whether the last entry's line is one with the text behind it, such as a comment."""
    line = journal[journal.rfind(b"\n") + 1 :] + text.partition(b"\n")[0]
    try:
        return isinstance(decode(line), list)
    except ValueError:
        return False


def _replayed(journal: bytes) -> _State:
    """What a document and its entries say, None if they cannot be read."""
    from . import replay  # which imports this module

    parts = split(journal)
    state = _mapping(parts.document)
    for entry in parts.entries if state is not None else ():
        try:
            replay.apply_all(state, replay.changes_of(entry), replay.apply)
        except replay.InvalidEntryError:  # its statement had raised
            continue
        except replay.SecondDocumentError:
            return None
    return state


def _torn(data: bytes, is_damaged: bool) -> Mended | None:
    """The document, where the first entry is torn so early that YAML takes it for a part of it."""
    if is_damaged and _ONLY_TORN.match(data):
        return Mended(b"", b"", data)
    if not data.endswith(_TORN_ENTRIES):
        return None
    document = data[: data.rfind(b"\n")]
    is_right = _mapping(document) is not None if is_damaged else _is_canonical(document + b"\n")
    return Mended(document, b"", data[len(document) :]) if is_right else None


def _without_entries(text: bytes, is_damaged: bool) -> Mended | None:
    """D or T, where no entry is whole."""
    for place in _places(text, is_damaged=is_damaged):
        document, copy = text[:place], text[place:]
        if not _is_no_slip(document, copy, is_damaged):
            continue
        if _begins(copy, _vacuumed(document, copy)):
            return Mended(document, b"", b"")
    if not is_damaged and b"]" + text[:4] not in text:
        return None
    last = _over_entries(text)
    return Mended(last, b"", b"") if last else None


def _is_no_slip(document: bytes, copy: bytes, is_damaged: bool) -> bool:
    """Whether a copy is none that a person makes: more than a line, within a line."""
    is_long = copy.count(b"\n") > 1 or len(copy) >= min(_ENOUGH, len(document))
    is_within = not document.endswith(b"\n")
    return is_long or is_within if is_damaged else is_long and is_within


def _over_entries(text: bytes) -> bytes | None:
    """T, where the text is the beginning of T, the end of the last entry, and T."""
    begun = re.compile(rb"\](?=%b)" % re.escape(text[:1]))
    for found in islice(begun.finditer(text), _TRIES):
        last = text[found.end() :]
        size = _common(text, last)
        is_right = size >= found.end() or _END_OF_ENTRY.fullmatch(text, size, found.end())
        if is_right and _is_canonical(last):
            return last
    return None


# -- where T may begin


def _places(text: bytes, *, is_damaged: bool = True) -> Iterator[int]:
    """Where T may begin behind a D without entries, the likeliest places first."""
    most = max(4, _WORK // (len(text) + 1))
    places = chain(_copies(text), _problems(text), [0]) if is_damaged else _copies(text)
    return (place for place in islice(places, most) if place < len(text))


def _copies(text: bytes) -> Iterator[int]:
    """Where the text begins again, all that follows being its beginning; the longest first."""
    text = text.rstrip(b"\n")
    for head, start in ((text[:_ENOUGH], 1), (text[:1], max(1, len(text) - _ENOUGH + 1))):
        place = text.find(head, start)
        while place > 0:
            if text.startswith(text[place:]):
                yield place
            place = text.find(head, place + len(head))


def _problems(text: bytes) -> Iterator[int]:
    """Where the text begins to be no document, or somewhat before."""
    try:
        load(text, "")
    except CorruptError as error:
        problem = error.__cause__
        if isinstance(problem, DocumentError):
            lines = text.split(b"\n")[: problem.line]
            start = sum(map(len, lines[:-1])) + len(lines) - 1
            yield from (start, start - len(lines[-2]) - 1) if len(lines) > 1 else ()
            end = start + min(problem.column, len(lines[-1]))
            yield from range(end, max(start, end - _TRIES), -1)
    if text.startswith(b"{"):
        yield from (found.end() for found in _END_OF_FLOW.finditer(text))


# -- texts


def _mapping(text: bytes) -> _State:
    try:
        return load(text, "")
    except CorruptError:
        return None


def _dumped(state: dict[Any, Any] | None) -> bytes:
    """What a vacuum writes for a state; b"" if it cannot."""
    import yaml

    if state is None:
        return b""
    try:
        return yaml.safe_dump(state, allow_unicode=True, sort_keys=True).encode()
    except (yaml.YAMLError, ValueError, RecursionError):
        return b""


def _vacuumed(document: bytes, copy: bytes) -> bytes:
    """What a vacuum writes for a document; b"" if that does not begin as `copy` does."""
    state = _mapping(document)
    if state:
        try:
            first = min(state)
        except TypeError:  # keys of more than one type are not sorted
            first = next(iter(state))
        key = _dumped({first: None}).removesuffix(b" null\n")  # of a large one this is quicker
        if not copy.startswith(key) and not key.startswith(copy):
            return b""
    return _dumped(state)


def _begins(copy: bytes, whole: bytes) -> bool:
    """Whether `copy` is T, or its beginning, or T and the marker's first byte."""
    return bool(whole) and (whole + b"\n").startswith(copy)


def _is_canonical(text: bytes) -> bool:
    """Whether a text is what a vacuum writes for what it says."""
    return text.endswith(b"\n") and _dumped(_mapping(text)) == text


def _common(one: bytes, other: bytes) -> int:
    """The length of the beginning that both have."""
    both = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in both if a != b), min(len(one), len(other)))
