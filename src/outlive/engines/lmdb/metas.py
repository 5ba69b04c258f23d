"""The two meta pages of an LMDB file, each of which says where all else is."""

from __future__ import annotations

from typing import Any

from lmdb import verify

_META: Any = verify._Meta  # of which the public function tells nothing
_VERSION = 1  # of the data of LMDB 0.9

_HEADER = 16  # bytes at the beginning of a page
_META_SIZE = _HEADER + 136
_SIZES = tuple(1 << bits for bits in range(8, 16))  # of pages, bytes
HEAD = 2 * _SIZES[-1]  # bytes that hold both meta pages, and more
_META_PAGE = 8
_FREE_FLAGS, _KEPT_FLAGS = 0x08, 0xBFFF  # 0x4000: the file is no directory
_SLACK = 1 << 20  # pages


def metas(head: bytes, size: int) -> tuple[list[Any], list[str], list[Any]]:
    """The meta pages that can be used, the newest first, what is wrong with them, and suspects.

    The latter are those that may be the newest, or not, and say too much to be thrown away.

    `head` is the beginning of the file, `size` its length.
    """
    faults: list[str] = []
    page = _page_size(head)
    if page is None:
        return [], ["neither of its first two pages is one of LMDB"], []
    found, suspects = [], []
    for number in range(2):
        meta = _meta(head, number, page, size)
        if isinstance(meta, str):
            faults.append(f"page {number} {meta}")
            suspects += _suspect(head, number, page, size)
        else:
            found.append(meta)
    if len(found) > 1:
        numbers = [each.txnid for each in found]
        if abs(numbers[0] - numbers[1]) != 1 and any(numbers):
            faults.append(f"pages 0 and 1 are of the commits {numbers}, which do not follow")
    if faults:
        suspects += found
    return sorted(found, key=lambda each: -each.txnid), faults, suspects


def _suspect(head: bytes, number: int, page: int, size: int) -> list[Any]:
    if len(head) < number * page + _META_SIZE:
        return []
    meta = _META(head, number * page, _HEADER)
    meta.psize = page
    if not 1 <= meta.last_pg < size // page + _SLACK:
        meta.last_pg = size // page - 1  # as it is most of the time
    return [meta]


def _page_size(head: bytes) -> int | None:
    for start in (0, *_SIZES):
        if len(head) >= start + _META_SIZE:
            meta = _META(head, start, _HEADER)
            is_one = meta.magic == verify.MDB_MAGIC and meta.psize in _SIZES
            if is_one and start in (0, meta.psize):
                return int(meta.psize)
    return None


def _meta(head: bytes, number: int, page: int, size: int) -> Any:
    if len(head) < number * page + _META_SIZE:
        return "is missing"
    meta = _META(head, number * page, _HEADER)
    wrong = {
        "is not one of LMDB 0.9": (meta.magic, meta.version) != (verify.MDB_MAGIC, _VERSION),
        "has a damaged head": (meta.flags, meta.pgno, meta.psize) != (_META_PAGE, number, page),
        "is of a commit that goes to the other one": meta.txnid % 2 != number and meta.txnid,
        "has tables of another kind": meta.free.flags & _KEPT_FLAGS != _FREE_FLAGS
        or meta.main.flags,
        f"says that the file has {meta.last_pg + 1} pages": not 1
        <= meta.last_pg
        < size // page + max(size // page, _SLACK),
    }
    return next((what for what, is_so in wrong.items() if is_so), meta)


def slots(head: bytes) -> bytes:
    """Of the beginning of a file, the bytes that are in the meta pages."""
    page = _page_size(head)
    return head if page is None else head[:_META_SIZE] + head[page : page + _META_SIZE]
