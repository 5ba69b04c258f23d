"""Where the last commit stands in a Metakit file. It is found from the end backwards."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from ...errors import CorruptError, FormatError

SIZE = 8  # bytes in a mark, and in the header
_MARK = 0x80  # the first byte of a mark
_ORDERS = (b"JL", b"LJ")  # the first bytes of a header, for little- and big-endian numbers
_HONOURED = 0x1A  # the third byte of a header that counts
_SKIPPED = range(0x90, 0xA0)  # first bytes that make a skip mark, whatever the next three are
_LOOK = 4096  # bytes in which a file from before release 2 has its header


class Root(NamedTuple):
    """Where the last commit of a file stands, in bytes."""

    base: int  # where the data set begins, which may stand behind another file
    position: int  # of the root walk, from there
    length: int
    is_little: bool


def find(data: memoryview, name: str) -> Root | None:
    """The last commit; None if the file is empty, which is a storage without views.

    Raises CorruptError if the file is no data set of Metakit's, or was cut off; FormatError if it
    is from before release 2.
    """
    if not data:
        return None
    end = len(data)
    while True:
        at = end - SIZE
        if at < 0:
            _fail(data, name)
        first, second = _mark(data, at)
        if _is_skip(first, second):
            end = at - second
        elif first >> 24 == _MARK and first & 0xFFFFFF and second:
            return _checked(data, at, Root(0, second, first & 0xFFFFFF, True), name)
        else:
            _fail(data, name)


def _mark(data: memoryview, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 4 : at + 8], "big")


def _is_skip(first: int, second: int) -> bool:
    return second > 0 and (first == _MARK << 24 or first >> 24 in _SKIPPED)


def _checked(data: memoryview, at: int, root: Root, name: str) -> Root:
    """The root that the commit mark at `at` names, with what stands before it checked."""
    skip = at - SIZE
    first, second = _mark(data, skip) if skip >= 0 else (0, 0)
    base = skip - second
    if not _is_skip(first, second) or base < 0:
        _fail(data, name)
    header = bytes(data[base : base + SIZE])
    if header[:2] not in _ORDERS or header[2] != _HONOURED or header[3] & 0x40:
        _fail(data, name)
    if base + root.position + root.length > skip:
        _fail(data, name)
    return root._replace(base=base, is_little=header[:2] == _ORDERS[0])


def _fail(data: memoryview, name: str) -> NoReturn:
    """Say what the file is, as far as its first bytes tell."""
    start = bytes(data[: _LOOK + SIZE])
    if any(_is_old(start[at : at + SIZE]) for at in range(0, len(start) - SIZE + 1, SIZE)):
        raise FormatError(
            f"{name} was written by a Metakit from before release 2, which cannot be read. Open it "
            "with Metakit 2 and commit, then read what that wrote"
        )
    if start[:2] in _ORDERS and start[2:3] == b"\x1a":
        raise CorruptError(
            f"{name} begins as Metakit's files do, but no commit stands at its end: it was cut "
            "off, or something was written behind it, or its first commit was broken off. Put a "
            "good copy in its place"
        )
    raise CorruptError(
        f"{name} is no file of Metakit's: no commit stands at its end. Check the name, or put a "
        "good copy in its place"
    )


def _is_old(header: bytes) -> bool:
    return header[:2] in _ORDERS and header[2:4] == b"\x1a\x80"
