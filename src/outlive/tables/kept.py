"""`Kept`: a table of a storage. Its columns are read when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engines import Buffer
from . import blocks, manifest, patches, sealing
from .columns import Columns
from .converting import convert
from .group import Chunk, Group, replaced
from .manifest import Entries
from .schema import Structure
from .table import Table

if TYPE_CHECKING:
    from .storage import Storage

_PATCHES = 1_000  # to remember: they need not be read again to be written


class Kept(Table):
    """A table that its storage keeps: `Storage.getas`, `define` and `view` return it."""

    def __init__(self, storage: Storage, label: str, entries: Entries, pages: list[bytes]) -> None:
        self._storage = storage
        self._label = label
        super().__init__(entries.structure, name=f"{storage.name}, {label}")
        self._meet(entries, pages)

    def _meet(self, entries: Entries, pages: list[bytes]) -> None:
        """Hold what the manifest and the lists of groups say."""
        self._id = entries.id
        self._ids = list(entries.columns)
        self._next_column = entries.next_column
        self._pages = pages
        self._patched = set(entries.patched)  # columns that may have patches
        self._cells: dict[bytes, dict[int, Any]] = {}  # the patches that were written last
        self._lost: list[int] = []  # columns whose blocks have to go
        self.structure = entries.structure
        groups = [
            Group(id, count, [Chunk() for _ in self._ids]) for id, count in manifest.groups(pages)
        ]
        self._columns = Columns(self.structure, self._load, groups)
        self._columns.next_id = entries.next_group
        self._speed_up()
        self._is_shaped = True  # whether the columns are those of the file

    def _moved_on(self, entries: Entries, pages: list[bytes]) -> None:
        """Hold what another commit says."""
        changes = self._version() + 1
        self._meet(entries, pages)
        self._changes = changes
        self._uproot()
        self._log.add(f"{self._where} was refreshed; take the row again")

    def _load(self, column: int, group: Group) -> Any:
        key = manifest.block_key(self._id, self._ids[column], group.id)
        buffer = self._storage._moment().buffer(key)
        array = blocks.decode(self.structure[column], buffer, group.count, key, self._where)
        cells = self._patch(column, key)
        return replaced(self.structure[column], array, cells) if cells else array

    def _patch(self, column: int, block: bytes) -> dict[int, Any]:
        """The cells that were set since the block under that key was written."""
        if self._ids[column] not in self._patched:
            return {}
        if block in self._cells:
            return self._cells[block]
        key = patches.key_of(block)
        entry = self._storage._moment().get(key)
        if entry is None:
            return {}
        return patches.decode(self.structure[column], entry.value, key, self._where)

    def _check_writable(self) -> None:
        self._check()
        self._storage._check_writable()

    def _is_fast(self) -> bool:
        return self._storage._is_writable()

    # -- structure

    def _restructure(self, structure: Structure) -> None:
        """Have these columns; all values are converted, or nothing is changed."""
        self._check_writable()
        if tuple(structure) == tuple(self.structure):
            return
        self._flush()
        self._settle()
        plan = [self._planned(each) for each in structure]
        kept = {old: new for new, (old, arrays) in enumerate(plan) if arrays is None}
        self._lost += [id for old, id in enumerate(self._ids) if old not in kept]
        columns = self._columns
        dirty = {(group, kept[old]) for group, old in columns.dirty if old in kept}
        for number, group in enumerate(columns.groups):
            group.chunks = [_chunk(group, number, *each) for each in plan]
            dirty |= {(group, new) for new, (_, arrays) in enumerate(plan) if arrays is not None}
        self._ids = [self._column_id(old, arrays) for old, arrays in plan]
        self.structure = structure
        columns.restructure(structure, dirty)
        for group in columns.groups:
            for chunk in group.chunks:
                chunk.live = None
        self._is_shaped = False
        self._speed_up()
        self._uproot()
        self._log.add(f"{self._where} has other columns now; take the row again")
        self._changed()

    def _settle(self) -> None:
        """Put what subviews hold into the columns: the subviews end with the structure."""
        for group, column in self._columns.dirty:
            self._columns.chunk(group, column).settle(self.structure[column])

    def _planned(self, prop: Any) -> tuple[int | None, list[Any] | None]:
        for old, each in enumerate(self.structure):
            if each.name == prop.name:
                if each == prop:
                    return old, None
                columns = self._columns
                return old, [
                    convert(each, prop, columns.chunk(group, old).settle(each), self._where, first)
                    for group, first in zip(columns.groups, columns.starts, strict=False)
                ]
        return None, None

    def _column_id(self, old: int | None, arrays: list[Any] | None) -> int:
        if old is not None and arrays is None:
            return self._ids[old]
        self._next_column += 1
        return self._next_column - 1

    def _gather(self) -> None:
        """Have no more groups than the rows need."""
        if self._columns.is_scattered():
            self._uproot()
            self._columns.gather()

    # -- commit

    def _is_changed(self) -> bool:
        columns = self._columns
        return bool(columns.tail or columns.dirty or columns.shape or not self._is_shaped)

    def _writes(self) -> dict[bytes, Buffer | None]:
        """What has to be written for the file to hold this table as it is."""
        self._flush()
        columns = self._columns
        writes: dict[bytes, Buffer | None] = {}
        for column in self._lost:
            writes |= self._storage._deletes(*manifest.blocks_of(self._id, column))
        for id in columns.dropped:
            for each in self._ids:
                writes |= self._replacing(each, manifest.block_key(self._id, each, id), None)
        for group, column in columns.dirty:
            writes |= self._changes_of(group, column)
        if columns.shape:
            writes |= self._pages_changed(manifest.pages(columns.groups))
        return writes

    def _changes_of(self, group: Group, column: int) -> dict[bytes, Buffer | None]:
        """What has to be written of a chunk: its patch, or its block."""
        prop, id, chunk = self.structure[column], self._ids[column], group.chunks[column]
        key = manifest.block_key(self._id, id, group.id)
        if not chunk.is_new and len(chunk.edits) <= patches.MOST:
            cells = self._patch(column, key) | chunk.edits
            patch = patches.encode(prop, group.count, cells, patches.key_of(key))
            if patch is not None:
                self._patched.add(id)
                self._cells[key] = cells
                return {patches.key_of(key): patch}
        array = self._columns.chunk(group, column).settle(prop)
        return self._replacing(id, key, blocks.encode(prop, array, key))

    def _replacing(self, id: int, key: bytes, block: Buffer | None) -> dict[bytes, Buffer | None]:
        """A block, in the place of the one that is there with its patch."""
        self._cells.pop(key, None)
        return {key: block, patches.key_of(key): None} if id in self._patched else {key: block}

    def _pages_changed(self, pages: list[bytes]) -> dict[bytes, Buffer | None]:
        old = self._pages
        changed: dict[bytes, Buffer | None] = {
            (key := manifest.page_key(self._id, number)): sealing.seal(key, page)
            for number, page in enumerate(pages)
            if number >= len(old) or old[number] != page
        }
        gone = range(len(pages), len(old))
        return changed | {manifest.page_key(self._id, number): None for number in gone}

    def _entries(self) -> Entries:
        """The table in the manifest, once it was written."""
        columns = self._columns
        pages = len(manifest.pages(columns.groups)) if columns.shape else len(self._pages)
        return Entries(
            self._id,
            self.structure,
            self._ids,
            self._next_column,
            columns.next_id,
            pages,
            sorted(self._patched.intersection(self._ids)),
        )

    def _written(self) -> None:
        """All is in the file: let go of what can be read from there."""
        columns = self._columns
        if columns.shape:
            self._pages = manifest.pages(columns.groups)
        self._lost = []
        self._is_shaped = True
        if len(self._cells) > _PATCHES:
            self._cells.clear()
        columns.written()
        self._cached = (-1, None)

    def _release(self) -> None:
        """Let go of what was read, and refers to the engine's snapshot."""
        self._columns.release()
        self._cached = (-1, None)


def _chunk(group: Group, number: int, old: int | None, arrays: list[Any] | None) -> Chunk:
    if old is None:
        return Chunk()  # which is read as the default
    return group.chunks[old] if arrays is None else Chunk(arrays[number])
