"""Which tables and rows a storage has that may be damaged, without a look into the blocks."""

from __future__ import annotations

from typing import NamedTuple

from ..engines import Entry
from ..engines.examining import Examined, Progress
from ..errors import CorruptError
from . import manifest, sealing
from .manifest import HEADER, MANIFEST, Entries, Manifest

_BLOCK = b"\x01b"
_DATA_END = b"\xfe"
_GROUP = 8  # bytes in a list of groups
_NUMBER = 4  # bytes in a key


class Run(NamedTuple):
    """A group of rows of a table, and where its rows begin, as far as that is known."""

    id: int
    rows: int
    start: int


class Sizes:
    """The tables that there are, and their rows, without a look into them."""

    def __init__(self, examined: Examined, progress: Progress | None = None) -> None:
        self.examined = examined
        self.gaps: list[str] = []  # lists of rows that cannot be read
        self.header_fault = self.manifest_fault = ""
        self._progress = progress
        self._small: dict[bytes, Entry] = {}
        self._blocks: dict[bytes, int] = {}  # and their sizes
        self.is_aside = False
        self._read_header()
        self._gather()
        self.manifest = self._read_manifest()
        self.runs = {name: self._runs(name, each) for name, each in self.manifest.tables.items()}

    @property
    def is_usable(self) -> bool:
        """Whether it is known which tables there are."""
        return not self.manifest_fault

    def weights(self) -> dict[str, int]:
        """How large the blocks of each table are."""
        sizes = dict.fromkeys(self.manifest.tables, 0)
        names = {table.id: name for name, table in self.manifest.tables.items()}
        for key, size in self._blocks.items():
            name = names.get(int.from_bytes(key[len(_BLOCK) : len(_BLOCK) + _NUMBER]))
            if name is not None:
                sizes[name] += size
        return sizes

    # -- reading

    def get(self, key: bytes) -> Entry | None:
        """What is under a key, of those that are no blocks."""
        return self._small.get(key)

    def _read_header(self) -> None:
        value = self.examined.heads.get(HEADER)
        entry = None if value is None else Entry(value, 1)
        where = self.examined.path
        try:
            content = manifest.check_header(entry, bool(self.examined.heads), where)
        except CorruptError as error:
            self.header_fault = str(error.__cause__ or error)
            return
        if content is None:
            self.header_fault = "it is not there"
        else:
            self.is_aside = "aside_of" in content

    def _gather(self) -> None:
        total = max(self.examined.expected, 1)
        for number, (key, entry) in enumerate(self.examined.scan()):
            if self._progress is not None:
                self._progress(min(number, total), 2 * total)
            if key >= _DATA_END:
                continue
            if key.startswith(_BLOCK):
                self._blocks[key] = 0 if entry is None else len(entry.value)
            elif entry is not None:
                self._small[key] = Entry(bytes(entry.value), entry.rev)

    def _read_manifest(self) -> Manifest:
        if self.get(MANIFEST) is None:
            if self._blocks or self._small or self.examined.missed(MANIFEST) or self.examined.odd:
                self.manifest_fault = "it is not there"
            return Manifest()
        try:
            found = manifest.read(self, self.examined.path)  # type: ignore[arg-type]  # of a moment, it uses only `get`
            _check(found)
        except (CorruptError, ValueError) as error:
            self.manifest_fault = str(error.__cause__ or error)
            return Manifest()
        return found

    def _runs(self, name: str, table: Entries) -> list[Run]:
        found: list[Run] = []
        start = 0
        for page in range(table.pages):
            key = manifest.page_key(table.id, page)
            entry = self.get(key)
            content = b"" if entry is None else _unsealed(key, entry)
            if content is None or entry is None or len(content) % _GROUP:
                if not self.is_aside or entry is not None:
                    self.gaps.append(f"of the table {name!r}, after row {start - 1}")
                continue
            for id, rows in manifest.groups([content]):
                found.append(Run(id, rows, start))
                start += rows
        return found


def _unsealed(key: bytes, entry: Entry) -> bytes | None:
    """What is under a key, without its checksum; None if that is wrong."""
    try:
        return bytes(sealing.unseal(key, entry.value))
    except ValueError:
        return None


def _check(found: Manifest) -> None:
    """Raise ValueError if the numbers in a manifest cannot be."""
    ids = [each.id for each in found.tables.values()]
    if len(set(ids)) < len(ids) or any(id >= found.next_table for id in ids):
        raise ValueError(f"the numbers of its tables cannot be: {ids}")
    for name, each in found.tables.items():
        numbers = each.columns
        if len(set(numbers)) != len(each.structure) or len(numbers) != len(each.structure):
            raise ValueError(f"the numbers of the columns of {name!r} cannot be: {numbers}")
        if any(number >= each.next_column for number in numbers) or each.pages < 0:
            raise ValueError(f"the numbers of the columns of {name!r} cannot be: {numbers}")
