"""A file of LMDB: is it a Safe or a Storage? Its pages say, without a lock and damaged or not."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

_STORAGE = b"\xfestorage"
_SAFE = b"\xfesafe"
_PAGE_SIZE_AT = 40
_ROOT_AT = 128
_TRANSACTION_AT = 144
_META = 152  # bytes of a page that says where the tree begins
_HEADER = 16  # bytes at the start of each page
_LOWER_AT = 12  # in it: where its list of nodes ends
_FLAGS_AT = 10
_BRANCH = 1
_LEAF = 2
_NODE = 8  # bytes before the key of a node
_DEEPEST = 64
_SMALLEST, _LARGEST = 256, 1 << 16  # bytes in a page


def is_storage(path: str) -> bool:
    """Whether the file at `path` holds tables; else it is a safe, or one that was never written."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for root, size, order in _trees(data):
            try:
                found = [_holds(data, root, size, order, key) for key in (_STORAGE, _SAFE)]
            except (struct.error, IndexError, OverflowError):
                continue  # the other first page, or the whole file, may be better
            if any(found):
                return found[0]
        # Damaged, or what comes first was never committed: look for the header anywhere.
        return data.find(_STORAGE) >= 0 and data.find(_SAFE + b"{") < 0


def _trees(data: mmap.mmap) -> Iterator[tuple[int, int, str]]:
    """Where the two last commits begin, the newer one first; the size of a page, the byte order."""
    order = "<" if data[_HEADER : _HEADER + 4] == b"\xde\xc0\xef\xbe" else ">"
    if len(data) < _META:
        return
    size: int = struct.unpack_from(f"{order}I", data, _PAGE_SIZE_AT)[0]
    if not _SMALLEST <= size <= _LARGEST:
        return
    found = [
        (
            struct.unpack_from(f"{order}Q", data, at + _TRANSACTION_AT)[0],
            struct.unpack_from(f"{order}Q", data, at + _ROOT_AT)[0],
        )
        for at in (0, size)
        if at + _META <= len(data)
    ]
    for _, root in sorted(found, reverse=True):
        yield root, size, order


def _holds(data: mmap.mmap, page: int, size: int, order: str, key: bytes) -> bool:
    """Whether the tree that begins at `page` has the key."""
    for _ in range(_DEEPEST):
        start = page * size
        (flags,) = struct.unpack_from(f"{order}H", data, start + _FLAGS_AT)
        nodes = list(_nodes(data, start, order))
        if flags & _LEAF:
            return any(each == key for each, _ in nodes)
        if not flags & _BRANCH:
            return False
        # The first node of a branch has no key: it leads to all that is less.
        below = [child for at, (each, child) in enumerate(nodes) if not at or each <= key]
        page = below[-1]
    return False


def _nodes(data: mmap.mmap, start: int, order: str) -> Iterator[tuple[bytes, int]]:
    """The keys of a page, and in a branch the pages that they lead to."""
    (lower,) = struct.unpack_from(f"{order}H", data, start + _LOWER_AT)
    for at in range(start + _HEADER, start + lower, 2):
        (offset,) = struct.unpack_from(f"{order}H", data, at)
        low, high, flags, length = struct.unpack_from(f"{order}HHHH", data, start + offset)
        if order == ">":
            low, high = high, low
        key = start + offset + _NODE
        yield data[key : key + length], low | high << 16 | flags << 32
