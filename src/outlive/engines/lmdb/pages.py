"""The pages of an LMDB file, read in Python: what is whole can be read, whatever else is damaged.

LMDB trusts its pages, and a damaged one may end the process. So here the file is only a file. The
walk over its trees, with all that has to be so in them, is that of `lmdb.verify`; this adds what
it leaves out: the content, and what is left of a tree with holes.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from struct import Struct
from struct import error as StructError  # noqa: N812  # a class, whatever its name
from typing import IO, Any, NamedTuple

from lmdb import verify

from ..examining import Hole

# The public function tells of faults alone.
_VERIFIER: Any = verify._Verifier
_ENGINE: Any = verify._ENGINES[16]  # LMDB 0.9 on a 64-bit machine

_HEADER = 16  # bytes at the beginning of a page
_LEAF, _OVERFLOW = 2, 4
_BIG, _TABLE, _DUPLICATES = 1, 2, 4
_E = "<" if sys.byteorder == "little" else ">"
_PAGE = Struct(_E + "QHHHH")  # number, pad, flags, lower, upper
_NODE = Struct(_E + "HHHH")  # size in two halves, flags, size of the key
_NUMBER = Struct(_E + "Q")
_POINTER = Struct(_E + "H")
_MOST = 200  # faults that are told
HOLE = 0  # in `Walk.order`


class Found(NamedTuple):
    """An entry as it is in the file; no value where its pages cannot be read."""

    key: bytes
    value: bytes | None


class Walk(_VERIFIER):  # type: ignore[misc]  # it is Any: there are no types in lmdb.verify
    """All pages that a meta page leads to.

    `errors` is what is wrong, `order` the leaves in which the entries are, in the order of their
    keys: HOLE where some cannot be read, and the negative number of one that is not whole.
    """

    def __init__(
        self, file: IO[bytes], size: int, meta: Any, progress: Callable[[int], object]
    ) -> None:
        super().__init__(file, size)
        self.eng, self.hdrsz, self.pagebase = _ENGINE, _HEADER, 0
        self.meta, self.psize, self.next_pgno = meta, meta.psize, meta.last_pg + 1
        self.order = array("q")
        self.is_free_known = True
        self._progress = progress
        self._seen = 0
        self._faults = self._noted = 0
        self._bounds = Hole(None, None)  # what the branches say of the keys below
        self._unsure: dict[int, Hole] = {}  # leaves that are not whole

    def err(self, message: str) -> None:
        """Note a fault."""
        self._faults += 1
        if self._faults <= _MOST:
            self.errors.append(message)

    @property
    def full(self) -> bool:
        """Never: what is behind a fault may be whole."""
        return False

    def walk(self) -> None:
        """Look at all that there is."""
        self.live, self.free = bytearray(self.next_pgno), bytearray(self.next_pgno)
        self._verify_tree("freeDB", self.meta.free, verify._cmp_int, None, is_free=True)
        for number, pages in self.free_records:
            self._decode_idl(number, pages)
        self.is_free_known = not self._faults
        self._noted = self._faults
        self._verify_tree("main", self.meta.main, verify._cmp_lexical, None, is_free=False)
        if self._faults != self._noted and not len(self.order):
            self._note(HOLE)
        self._check_cover()

    def _walk_page(self, ctx: Any, pgno: int, depth: int) -> None:
        self._seen += 1
        self._progress(self._seen)
        is_main = ctx["name"] == "main"
        if is_main and self._faults != self._noted:
            self._note(HOLE)  # the branch above is not whole
        try:
            super()._walk_page(ctx, pgno, depth)
        except (StructError, IndexError) as error:
            self.err(f"{ctx['name']} DB: page {pgno} cannot be read: {error}")
        if is_main and self._faults != self._noted:
            self._note(HOLE)

    def _walk_branch(self, ctx: Any, pgno: int, buf: bytes, depth: int) -> None:
        where = f"{ctx['name']} DB: branch page {pgno}"
        bounds = self._check_btree_bounds(buf, 0, self.psize, where)
        if bounds is None or not bounds[1] or depth >= verify.CURSOR_STACK:
            self.err(f"{where} has no children, or too many pages above it")
            return
        children = list(self._children(buf, *bounds))
        if len(children) < bounds[1]:
            self.err(f"{where} has {bounds[1] - len(children)} children that lie outside of it")
        outer, last = self._bounds, len(children) - 1
        for number, (key, child) in enumerate(children):
            low = key if number else outer.after
            high = children[number + 1][0] if number < last else outer.before
            if low is not None and high is not None and ctx["key_cmp"](low, high) >= 0:
                self.err(f"{where}: separator keys out of order at node {number}")
                low = high = None
            self._bounds = Hole(low, high)
            self._walk_page(ctx, child, depth + 1)
        self._bounds = outer

    def _children(self, buf: bytes, upper: int, count: int) -> Iterator[tuple[bytes, int]]:
        for place in range(count):
            start = _POINTER.unpack_from(buf, _HEADER + _POINTER.size * place)[0]
            if not upper <= start <= self.psize - _NODE.size:
                continue
            low, high, more, size = _NODE.unpack_from(buf, start)
            begin = start + _NODE.size
            if begin + size <= self.psize and (size or not place):
                yield buf[begin : begin + size], low | high << 16 | more << 32

    def _walk_leaf(self, ctx: Any, pgno: int, buf: bytes) -> None:
        before = self._faults
        super()._walk_leaf(ctx, pgno, buf)
        if ctx["name"] != "main":
            return
        keys = [each.key for each in self.leaf(pgno)]
        low, high = self._bounds
        if keys and ((low and keys[0] < low) or (high and keys[-1] >= high)):
            self.err(f"main DB: leaf page {pgno} has keys that its branch does not lead to")
        if before == self._faults:
            self._note(pgno)
        else:
            self._unsure[pgno] = self._bounds
            self._note(-pgno)
            ctx["last_key"] = None  # it may be the damaged one, and the next leaf is not to blame

    def _note(self, part: int) -> None:
        self._noted = self._faults
        if part != HOLE or not len(self.order) or self.order[-1] != HOLE:
            self.order.append(part)

    # -- the content

    def entries(self, holes: list[Hole]) -> Iterator[Found]:
        """What is in the leaves, in order; `holes` gets those that were met by the end."""
        last: bytes | None = None
        open_since: bytes | None = None
        is_open = False
        for part in self.order:
            if part > 0 and not self.free[part]:  # else it is what a damaged branch led to
                for found in self.leaf(part):
                    if is_open:
                        holes.append(Hole(open_since, found.key))
                        is_open = False
                    last = found.key
                    yield found
                continue
            if not is_open:
                open_since, is_open = last, True
            if part < 0 and not self.free[-part]:
                for found in _in_order(self.leaf(-part), last, *self._unsure[-part]):
                    last = found.key
                    yield found
        if is_open:
            holes.append(Hole(open_since, None))

    def last(self, start: bytes) -> Iterator[Found]:
        """The entries from a key on, if they are few: the last leaves alone are looked at."""
        for part in reversed(self.order):
            if part == HOLE:
                continue
            found = list(self.leaf(abs(part)))
            yield from (each for each in found if each.key >= start)
            if found and found[0].key < start:
                return

    def strays(self, rank: Callable[[bytes], int]) -> Iterator[Found]:
        """What is in leaves that nothing leads to, and that are not free: a branch is damaged.

        Where it cannot be known which pages are free, also what was replaced or deleted is in some:
        then of each key the value with the highest `rank`.
        """
        newest: dict[bytes, tuple[int, int]] = {}
        if not self.is_free_known:
            for number, found in self._astray():
                if found.value is not None:
                    mine = rank(found.value), number
                    newest[found.key] = max(mine, newest.get(found.key, mine))
        for number, found in self._astray():
            if self.is_free_known or newest.get(found.key) == (rank(found.value or b""), number):
                yield found

    def _astray(self) -> Iterator[tuple[int, Found]]:
        for number in range(verify.NUM_METAS, self.next_pgno):
            if not self.live[number] and not (self.is_free_known and self.free[number]):
                page = self.read_page(number)
                if page is None or _PAGE.unpack_from(page)[:3:2] != (number, _LEAF):
                    continue
                found = list(self.leaf(number))
                keys = [each.key for each in found]
                if keys and keys == sorted(set(keys)):
                    yield from ((number, each) for each in found)

    def leaf(self, number: int) -> Iterator[Found]:
        """The entries of a leaf, as far as they lie within it."""
        page = self.read_page(number)
        if page is None:
            return
        _, _, _, lower, upper = _PAGE.unpack_from(page)
        if not _HEADER <= lower <= upper <= self.psize:
            return
        for place in range(_HEADER, lower - 1, _POINTER.size):
            start = _POINTER.unpack_from(page, place)[0]
            if not upper <= start <= self.psize - _NODE.size:
                continue
            low, high, flags, key_size = _NODE.unpack_from(page, start)
            begin = start + _NODE.size
            value_at, size = begin + key_size, low | high << 16
            if value_at > self.psize or not key_size or flags & (_TABLE | _DUPLICATES):
                continue
            key = page[begin:value_at]
            if flags & _BIG:
                yield Found(key, self._extent(page, value_at, size))
            else:
                whole = value_at + size <= self.psize
                yield Found(key, page[value_at : value_at + size] if whole else None)

    def _extent(self, page: bytes, at: int, size: int) -> bytes | None:
        """A value that has pages of its own."""
        if at + _NUMBER.size > self.psize:
            return None
        first = _NUMBER.unpack_from(page, at)[0]
        pages = (_HEADER - 1 + size) // self.psize + 1
        if not verify.NUM_METAS <= first <= self.next_pgno - pages or any(
            self.free[first : first + pages]
        ):
            return None
        data = self.read_extent(first, pages)
        if data is None or _PAGE.unpack_from(data)[:3:2] != (first, _OVERFLOW):
            return None
        return bytes(data[_HEADER : _HEADER + size])

    def free_pages(self) -> int:
        """How many pages are free."""
        return sum(self.free)


def _in_order(
    entries: Iterator[Found], last: bytes | None, low: bytes | None, high: bytes | None
) -> list[Found]:
    """As many of a leaf's entries as have keys that fit: a damaged key stands out of order."""
    least: list[bytes] = []  # the smallest key that can end a run of a length
    ends: list[Found] = []
    before: dict[bytes, Found | None] = {}
    for found in entries:
        key = found.key
        if (last and key <= last) or (low and key < low) or (high and key >= high):
            continue
        length = bisect_left(least, key)
        if key in before:
            continue
        before[key] = ends[length - 1] if length else None
        least[length:] = [key, *least[length + 1 :]]
        ends[length:] = [found, *ends[length + 1 :]]
    run: list[Found] = []
    each = ends[-1] if ends else None
    while each is not None:
        run.append(each)
        each = before[each.key]
    return run[::-1]
