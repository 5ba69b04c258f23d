"""A small writer of Metakit 2.x files, for tests: simple, and nothing of the reader's is in it.

A structure is a list of pairs: a name, and the letter of a type, or the structure of a subview, or
"^" for a subview that has the structure of the view that holds it. A row is a list of values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Structure = Sequence[tuple[str, Any]]
Rows = Sequence[Sequence[Any]]
Views = Mapping[str, tuple[Structure, Rows]]

# How many bytes stand for so many bits (down) in 1 to 7 rows (across); None: as many as needed.
SIZES: dict[int, tuple[int | None, ...]] = {
    1: (3, 3, 4, 5, 1, 1, 1),
    2: (5, 5, 1, 1, 2, 2, 2),
    4: (6, 1, 2, 2, 3, 3, 4),
    8: (1, 2, 3, 4, 5, 6, None),
    16: (2, 4, 6, None, None, None, None),
    32: (4, None, None, None, None, None, None),
}


@dataclass
class Options:
    """How a file is written, where the format leaves a choice."""

    order: Literal["little", "big"] = "little"
    width: int = 0  # of the items of an I column, at least
    memo: Callable[[bytes], bool] = lambda _item: False
    encoding: str = "utf-8"


@dataclass
class Columns:
    """Takes the bytes of columns, and says where they stand: in a file, from `base` on."""

    data: bytearray
    base: int = 0

    def put(self, content: bytes) -> int:
        """Write a column."""
        self.data += content
        return len(self.data) - len(content) - self.base


@dataclass
class Changed:
    """Takes the bytes of columns that go into an aside file, but for those that have not changed.

    `kept` has those of the main file.
    """

    kept: Mapping[bytes, int]
    columns: list[bytes] = field(default_factory=list)

    def put(self, content: bytes) -> int:
        """Write a column, or find it in the main file."""
        if content in self.kept:
            return self.kept[content]
        self.columns.append(content)
        return ~(len(self.columns) - 1)


def varint(value: int) -> bytes:
    """A number of variable length."""
    if value < 0:
        return b"\0" + varint(~value)
    groups = [value & 0x7F | 0x80]
    while value := value >> 7:
        groups.append(value & 0x7F)
    return bytes(reversed(groups))


def width_of(value: int) -> int:
    """The bits that a number needs."""
    for width, fits in ((0, range(1)), (1, range(2)), (2, range(4)), (4, range(16))):
        if value in fits:
            return width
    return next(width for width in (8, 16, 32, 64) if -(1 << width - 1) <= value < 1 << width - 1)


def vector(values: Sequence[int], options: Options, width: int = 0) -> bytes:
    """Numbers of one width, which is `width` or what they need."""
    width = max([width, *map(width_of, values)])
    if width >= 8:
        return b"".join(v.to_bytes(width // 8, options.order, signed=True) for v in values)
    together = sum(value << place * width for place, value in enumerate(values))
    needed = (len(values) * width + 7) // 8
    size = SIZES[width][len(values) - 1] if width and 0 < len(values) <= 7 else needed
    assert size is not None
    return together.to_bytes(needed, "little").ljust(size, b"\xee")


def text_of(structure: Structure) -> str:
    """The structure as Metakit writes it."""

    def one(name: str, kind: Any) -> str:
        if kind == "^":
            return f"{name}[^]"
        return f"{name}:{kind}" if isinstance(kind, str) else f"{name}[{text_of(kind)}]"

    return ",".join(one(name, kind) for name, kind in structure)


class Walker:
    """Writes the columns of views, and the walks that say where they stand."""

    def __init__(self, put: Callable[[bytes], int], options: Options) -> None:
        self._put = put
        self._options = options

    def root(self, views: Views) -> bytes:
        """The root walk."""
        text = text_of([(name, structure) for name, (structure, _) in views.items()]).encode(
            self._options.encoding
        )
        found = varint(0) + varint(len(text)) + text + varint(1)
        for structure, rows in views.values():
            found += self._located(self._subview(structure, rows))
        return found

    def _located(self, content: bytes) -> bytes:
        return varint(len(content)) + (varint(self._put(content)) if content else b"")

    def _subview(self, structure: Structure, rows: Rows) -> bytes:
        found = varint(0) + varint(len(rows))
        if rows:
            for place, (_, kind) in enumerate(structure):
                found += self._column(kind, structure, [row[place] for row in rows])
        return found

    def _column(self, kind: Any, container: Structure, values: Sequence[Any]) -> bytes:
        if kind in ("I", "L", "F", "D"):
            return self._located(self._numbers(kind, values))
        if kind == "S":
            encoding = self._options.encoding
            return self._items([v.encode(encoding) + b"\0" if v else b"" for v in values])
        if kind == "B":
            return self._items(values)
        inner = container if kind == "^" else kind
        if not any(values):
            return self._located(b"")
        return self._located(b"".join(self._subview(inner, rows) for rows in values))

    def _numbers(self, kind: str, values: Sequence[Any]) -> bytes:
        """Floats are written as the integers that have the same bits."""
        if kind in ("F", "D"):
            as_float, as_int = {"F": ("<f", "<i"), "D": ("<d", "<q")}[kind]
            values = [struct.unpack(as_int, struct.pack(as_float, value))[0] for value in values]
        width = {"I": self._options.width, "F": 0}.get(kind, 64)
        return vector(values, self._options, width)

    def _items(self, items: Sequence[bytes]) -> bytes:
        inline = [b"" if item and self._options.memo(item) else item for item in items]
        found = self._located(b"".join(inline))
        if any(inline):
            found += self._located(vector([len(item) for item in inline], self._options))
        index, last = b"", -1
        for row, item in enumerate(items):
            if item and not inline[row]:
                index += varint(row - last - 1) + self._located(item)
                last = row
        return found + self._located(index)


def header(options: Options, length: int, kind: int = 0x1A) -> bytes:
    """The 8 bytes at the beginning of a data set, or of what a commit has added."""
    return (b"JL" if options.order == "little" else b"LJ") + bytes([kind, 0]) + _four(length)


def _four(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _finish(data: bytearray, base: int, root: bytes) -> bytes:
    """Write the root walk and the two marks."""
    position = len(data) - base
    data += root
    data += b"\x80\0\0\0" + _four(len(data) - base)
    return bytes(data + b"\x80" + len(root).to_bytes(3, "big") + _four(position))


def file(views: Views, options: Options | None = None, before: bytes = b"") -> bytes:
    """A file with these views, behind another file."""
    options = options or Options()
    data = bytearray(before + header(options, 0))
    root = Walker(Columns(data, len(before)).put, options).root(views)
    whole = _finish(data, len(before), root)
    base = len(before)
    return whole[:base] + header(options, len(whole) - base) + whole[base + 8 :]


def file_of(structure: str, locations: bytes, columns: bytes = b"", rows: int = 1) -> bytes:
    """A file with any structure text, and any locations of its views; columns begin at 8."""
    text = structure.encode()
    root = varint(0) + varint(len(text)) + text + varint(rows) + locations
    return _finish(bytearray(header(Options(), 0) + columns), 0, root)


def extended(old: bytes, views: Views, options: Options | None = None, base: int = 0) -> bytes:
    """The file `old` after a commit that left all that was there."""
    options = options or Options()
    data = bytearray(old + header(options, 0, kind=0x0A))
    return _finish(data, base, Walker(Columns(data, base).put, options).root(views))


def broken_off(old: bytes, size: int = 100) -> bytes:
    """The file `old` when a commit that was to make it larger has been broken off."""
    return old + b"\x5a" * size + b"\x80\0\0\0" + _four(size)


def aside(
    views: Views,
    options: Options | None = None,
    kept: Mapping[bytes, int] | None = None,
    first: Rows = (),
) -> bytes:
    """An aside file that makes a main file hold these views.

    Columns that are in `kept` (content and position) stay in the main file. Rows of the aside file
    that an earlier commit has left can be given as `first`.
    """
    options = options or Options()
    changed = Changed(kept or {}, [b""] * len(first))
    root = Walker(changed.put, options).root(views)
    rows = [*first, *([0, [[0, 0, column]]] for column in changed.columns[len(first) :])]
    return aside_file([*rows, [0, [[0, 0, root]]]], options)


def aside_file(rows: Rows, options: Options | None = None) -> bytes:
    """An aside file of these rows."""
    structure = [("_O", "I"), ("_D", [("_K", "I"), ("_R", "I"), ("_B", "B")])]
    return file({"_C": (structure, rows)}, options)
