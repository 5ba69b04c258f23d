"""What is in a storage that may be damaged: which rows can be read, and what is wrong elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..engines import Buffer
from ..engines.examining import Examined, Progress
from ..errors import CorruptError
from ..faults import Fault
from ..formats import apart
from ..formats.apart import Trouble
from . import blocks, manifest, patches, sealing
from .arrow import pa
from .group import Group
from .manifest import HEADER, MANIFEST
from .schema import Kind, Property
from .sizes import Run, Sizes

SHOWN = 20  # faults of one kind that are told one by one
_ROWS = "a repair leaves these rows out, in all columns; the copy has them"


class Part(NamedTuple):
    """What a block, or the patch of one, should hold."""

    table: str
    run: Run
    prop: Property
    is_patch: bool


class Sound(Sizes):
    """A look through all of `examined`: `bad` says why a run of rows of a table cannot be read.

    Of an aside, the blocks of those tables are looked at whose lists of rows it has.
    """

    def __init__(self, examined: Examined, progress: Progress | None = None) -> None:
        super().__init__(examined, progress)
        self.bad: dict[tuple[str, Run], str] = {}
        self.stray: list[bytes] = []  # what belongs to no table
        self._told: set[bytes] = set()  # blocks that cannot be read
        self._look()

    @property
    def rows(self) -> int:
        """How many rows can be read, of all tables."""
        lost = sum(run.rows for _, run in self.bad)
        return sum(run.rows for runs in self.runs.values() for run in runs) - lost

    # -- the blocks

    def _look(self) -> None:
        parts = dict(self._parts())
        if self.is_usable and not self.is_aside:
            pages = {
                manifest.page_key(each.id, page)
                for each in self.manifest.tables.values()
                for page in range(each.pages)
            }
            known = {MANIFEST, *pages, *parts}
            if not self.gaps:  # else they may be of the rows that are lost
                self.stray = sorted({*self._blocks, *self._small} - known)
            for key in (
                parts.keys() - self._blocks.keys()
            ):  # not there: all is the default, or it is lost
                if self.examined.missed(key):
                    self._note(key, parts[key], "is missing")

        def attempt(key: bytes, data: bytes) -> Trouble | None:
            return _why_not(parts[key], data, key, self.examined.path)

        for key, trouble in apart.tried(self._data(parts), attempt):
            self._note(key, parts[key], trouble.why)
        if self._progress is not None:
            self._progress(1, 1)

    def _parts(self) -> Iterator[tuple[bytes, Part]]:
        for name, table in self.manifest.tables.items():
            for run in self.runs[name]:
                for number, prop in zip(table.columns, table.structure, strict=True):
                    key = manifest.block_key(table.id, number, run.id)
                    yield key, Part(name, run, prop, is_patch=False)
                    if number in table.patched:
                        yield patches.key_of(key), Part(name, run, prop, is_patch=True)

    def _data(self, parts: dict[bytes, Part]) -> Iterator[tuple[bytes, bytes]]:
        total = max(self.examined.expected, 1)
        for number, (key, entry) in enumerate(self.examined.scan()):
            if self._progress is not None:
                self._progress(min(total + number, 2 * total), 2 * total)
            if key not in parts:
                continue
            if entry is None:
                self._note(key, parts[key], "is on pages that cannot be read")
            elif len(entry.value):  # which says, in an aside, that it was deleted
                yield key, bytes(entry.value)

    def _note(self, key: bytes, part: Part, why: str) -> None:
        self._told.add(key)
        self.bad.setdefault((part.table, part.run), f"the column {part.prop.name!r} {why}")

    # -- what to say of it

    def faults(self) -> list[Fault]:
        """All that is wrong, of the tables and below."""
        path = self.examined.path
        found = list(self.examined.faults)
        if self.header_fault:
            what = f"the header of the storage cannot be read: {self.header_fault}"
            found.append(Fault(path, what, "a repair writes it anew", is_repairable=self.is_usable))
        if self.manifest_fault:
            what = f"it is not known which tables there are: {self.manifest_fault}"
            found.append(Fault(path, what, "put a good copy in its place", is_repairable=False))
        is_repairable = not self.is_aside
        remedy = _ROWS if is_repairable else "roll back the storage that it belongs to, with full"
        for where, why in list(self.lost())[:SHOWN]:
            found.append(Fault(f"{path}, {where}", why, remedy, is_repairable))
        if len(self.bad) > SHOWN:
            what = f"{len(self.bad) - SHOWN} more runs of rows cannot be read"
            found.append(Fault(path, what, remedy, is_repairable))
        for where in self.gaps:
            what = f"a list of up to 512 groups of rows {where}, cannot be read"
            found.append(Fault(path, what, remedy, is_repairable))
        if self.stray:
            what = f"there are {len(self.stray)} entries that belong to no table"
            found.append(Fault(path, what, "a repair leaves them out", is_repairable))
        odd = len(self.examined.odd.keys() - self._told)
        if odd:
            what = f"there are {odd} entries that the engine did not write so"
            found.append(Fault(path, what, "a repair mends them", is_repairable=self.is_usable))
        return found

    def lost(self) -> Iterator[tuple[str, str]]:
        """The rows that cannot be read, and why not."""
        for (table, run), why in self.bad.items():
            yield f"table {table!r}, rows {run.start} to {run.start + run.rows - 1}", why

    # -- what a repair keeps

    def good(self) -> Iterator[tuple[bytes, Buffer, int]]:
        """Key, value and revision of all that is whole; 0 for a new one."""
        kept = {
            name: [run for run in runs if (name, run) not in self.bad]
            for name, runs in self.runs.items()
        }
        head = self.examined.heads.get(HEADER) if not self.header_fault else None
        yield HEADER, manifest.header() if head is None else head, 0
        if self.get(MANIFEST) is None:
            return
        keys: set[bytes] = set()
        for name, table in self.manifest.tables.items():
            groups = [Group(run.id, run.rows, []) for run in kept[name]]
            pages = manifest.pages(groups)
            table.pages = len(pages)
            for number, page in enumerate(pages):
                key = manifest.page_key(table.id, number)
                yield key, sealing.seal(key, page), 0
            blocks_of = {
                manifest.block_key(table.id, column, run.id)
                for run in kept[name]
                for column in table.columns
            }
            keys |= blocks_of | set(map(patches.key_of, blocks_of))
        self.manifest.token = manifest.new_token()
        yield MANIFEST, self.manifest.encode(), 0
        for key, entry in self.examined.scan():
            if key in keys and entry is not None:
                yield key, entry.value, entry.rev


def _why_not(part: Part, data: bytes, key: bytes, where: str) -> Trouble | None:
    """Why a block cannot be read; None if it can."""
    try:
        if part.is_patch:
            patches.decode(part.prop, data, key, where)
            return None
        array = blocks.decode(part.prop, pa.py_buffer(data), part.run.rows, key, where)
        array.validate(full=True)
        _check_values(part.prop, array)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever Arrow raises for damaged bytes
        cause = error.__cause__ if isinstance(error, CorruptError) else error
        return Trouble(True, f"cannot be read: {cause}")
    return None


def _check_values(prop: Property, array: Any) -> None:
    """Raise ValueError for a value that Python cannot have, or for none."""
    if array.null_count:
        raise ValueError(f"it has {array.null_count} values that are none")
    if prop.kind is Kind.VIEW:
        rows = array.flatten()
        if rows.null_count:
            raise ValueError("it has rows that are none")
        for each, values in zip(prop.fields, rows.flatten(), strict=True):
            _check_values(each, values)
    elif prop.kind in {Kind.DATE, Kind.DATETIME}:
        array.to_pylist()
