r"""The text of a state file: a YAML document, then the entries of a journal.

An entry is a YAML document of its own, on one line, below the CRC-32 of that line::

    last_id: 41

    --- #d0ac3c91
    ["set",[],"last_id",42]

It begins with the line break before ``---``, so that an editor which left none at the end of the
document does no harm. Entries without a checksum, of any number of lines, are those of
PersistedState, or a person's.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from zlib import crc32

_MARK = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_OURS = re.compile(rb"--- #([0-9a-f]{8})\r?\n([^\r\n]*)[\r\n]*")
# "#" and no space is a checksum, or what is left of one; "# " begins a person's comment.
_OTHERS = re.compile(rb"---(?!.*[ \t]#[^ \t\r\n])[ \t]*(?:#.*\r?\n)?")
_DAMAGED = re.compile(rb"--- #[0-9a-f]{0,8}(?:\r?\n|\Z)")
_CHANGE = re.compile(rb"""[ \t\r\n]*(\[[ \t]*|-[ \t]+)["']?(set|delete|insert|batch)\b""")
_BLANK = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:[#%].*)?(?:\r?\n|\Z))*\Z")
# What a power cut leaves: the first bytes of an entry, or a place that was never written.
_TORN_MARK = re.compile(rb"(?:\r?\n){2}-{1,2}\Z")


class Entry(NamedTuple):
    """One entry of a journal, as it stands in the file."""

    start: int  # in the file; its first byte is that of the "---"
    end: int  # where what belongs to it ends
    line: bytes  # what it says
    is_intact: bool  # false if it has a checksum that is wrong
    is_checked: bool  # whether it has one


class Parts(NamedTuple):
    """A state file, taken apart: `document` + the entries + what is no part of either."""

    document: bytes
    entries: list[Entry]
    end: int  # from here on the file holds what no program wrote whole; its size, if all is well


def packed(line: bytes) -> bytes:
    """The bytes that are appended for an entry."""
    return b"\n--- #%08x\n%b\n" % (crc32(line), line)


def split(data: bytes) -> Parts:
    """Take a state file apart. What stands in the entries is not looked at."""
    end = _end(data)
    marks = [mark.start() for mark in _MARK.finditer(data, 0, end)]
    first = _first_entry(data, marks, end)
    starts = marks[first:]
    entries = []
    for start, stop in zip(starts, [*starts[1:], end], strict=False):
        entry = _entry(data, start, stop)
        if entry is None:
            continue
        entries.append(entry)
        if entry.end < stop and data[entry.end : stop].strip():
            end = entry.end
            break
    document = data[: starts[0] if starts else end]
    if starts:
        document = document.removesuffix(b"\n").removesuffix(b"\r")
    return Parts(document, entries, end)


def _end(data: bytes) -> int:
    """Where the text ends, and what a power cut leaves behind it begins."""
    end = data.find(b"\0")
    if end < 0 or not (data[:end].endswith(b"\n") or _MARK.search(data, 0, end)):
        end = len(data)  # all well, or zeros within the document: the parser will tell where
    torn = _TORN_MARK.search(data, max(0, end - 6), end)
    return torn.start() + 1 if torn else end


def _first_entry(data: bytes, marks: list[int], end: int) -> int:
    """Which of the marks begins the first entry; the document may begin with one, too."""
    if not marks or not _BLANK.match(data[: marks[0]]):
        return 0
    chunk = data[marks[0] : marks[1] if len(marks) > 1 else end]
    if _DAMAGED.match(chunk):  # or not
        return 0
    head = _OTHERS.match(chunk)
    return 0 if head and _CHANGE.match(chunk, head.end()) else 1


def _entry(data: bytes, start: int, stop: int) -> Entry | None:
    """The entry that begins at `start`, None if there is none but the mark."""
    ours = _OURS.match(data, start, stop)
    if ours:
        line = ours[2]
        return Entry(start, ours.end(), line, crc32(line) == int(ours[1], 16), is_checked=True)
    head = _OTHERS.match(data, start, stop)
    if head is None:
        return Entry(start, stop, data[start:stop], is_intact=False, is_checked=True)
    line = data[head.end() : stop].strip()
    return Entry(start, stop, line, is_intact=True, is_checked=False) if line else None
