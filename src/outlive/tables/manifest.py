"""What an engine's keys hold for a storage: header, manifest, lists of groups, blocks.

====================================  ====================================================
``\\xfestorage``                       the header: JSON, ``{"version": 1, "id": …}``; in an aside
                                      also ``aside_of``
``\\x01m``                             the manifest: JSON, the tables with their columns
``\\x01g`` table page                  512 groups of a table: of each its id and its rows
``\\x01b`` table column group          a block; absent where a column has but its default
``\\x01b`` table column group ``p``    its patch: cells that were set since, see `patches`
====================================  ====================================================

Each value ends with a checksum, see `sealing`. Numbers in keys have 4 bytes, big-endian. To set a
cell writes a patch or a block, and the manifest, however large the table is.
"""

from __future__ import annotations

import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..engines import Engine, Entry
from ..errors import ConflictError, CorruptError, FormatError
from . import sealing
from .description import describe, parse
from .group import Group
from .moment import Moment
from .schema import Structure

HEADER = b"\xfestorage"
MANIFEST = b"\x01m"
DATA = (b"\x01", b"\x02")  # where all but the header is
_VERSION = 1
_PAGE = 512  # groups
_NUMBERS = struct.Struct("<II")
_KEY = struct.Struct(">II")
_BLOCK = struct.Struct(">III")


@dataclass(slots=True)
class Entries:
    """A table in the manifest: its columns have numbers that stay when others come and go."""

    id: int
    structure: Structure
    columns: list[int]
    next_column: int
    next_group: int = 0
    pages: int = 0
    patched: list[int] = field(default_factory=list)  # columns that may have patches


@dataclass(slots=True)
class Manifest:
    """`token` tells this commit from every other; `rev` is the engine's, 0 before the first."""

    tables: dict[str, Entries] = field(default_factory=dict)
    next_table: int = 0
    token: str = ""
    rev: int = 0

    def encode(self) -> bytes:
        """The bytes of it."""
        tables = [
            {
                "id": each.id,
                "is": describe(name, each.structure),
                "columns": each.columns,
                "next": [each.next_column, each.next_group],
                "pages": each.pages,
                "patched": each.patched,
            }
            for name, each in self.tables.items()
        ]
        content = {"tables": tables, "next": self.next_table, "token": self.token}
        return sealing.seal(MANIFEST, json.dumps(content, separators=(",", ":")).encode())


def new_token() -> str:
    """What tells a commit from every other, of this file or its copies."""
    return secrets.token_hex(8)


def read(moment: Moment, where: str) -> Manifest:
    """The manifest of a moment; before the first commit, its token is that of the header.

    Raises CorruptError.
    """
    entry = moment.get(MANIFEST)
    if entry is None:
        header = check_header(moment.get(HEADER), False, where) or {}
        return Manifest(token=header.get("id", ""))
    try:
        content = json.loads(bytes(sealing.unseal(MANIFEST, entry.value)))
        tables = dict(_table(each) for each in content["tables"])
        return Manifest(tables, content["next"], content["token"], entry.rev)
    except (ValueError, TypeError, LookupError) as error:
        raise _corrupt(where, "the manifest", error) from error


def _table(content: Any) -> tuple[str, Entries]:
    name, structure = _parsed(content["is"])
    column, group = content["next"]
    return name, Entries(
        content["id"],
        structure,
        content["columns"],
        column,
        group,
        content["pages"],
        content["patched"],
    )


# A reader that refreshes would parse all of them anew.
_parsed = lru_cache(4096)(parse)


def _corrupt(where: str, what: str, why: object) -> CorruptError:
    return CorruptError(
        f"{where}: {what} of the storage cannot be read: {why}; put a good copy of the file in its "
        "place"
    )


def page_key(table: int, page: int) -> bytes:
    """The key of a list of groups."""
    return b"\x01g" + _KEY.pack(table, page)


def block_key(table: int, column: int, group: int) -> bytes:
    """The key of a block."""
    return b"\x01b" + _BLOCK.pack(table, column, group)


def blocks_of(table: int, column: int | None = None) -> tuple[bytes, bytes]:
    """The range of the keys of a table's blocks, or of a column's."""
    if column is None:
        return b"\x01b" + table.to_bytes(4), b"\x01b" + (table + 1).to_bytes(4)
    return b"\x01b" + _KEY.pack(table, column), b"\x01b" + _KEY.pack(table, column + 1)


def pages_of(table: int) -> tuple[bytes, bytes]:
    """The range of the keys of a table's lists of groups."""
    return b"\x01g" + table.to_bytes(4), b"\x01g" + (table + 1).to_bytes(4)


def pages(groups: Sequence[Group]) -> list[bytes]:
    """The lists of groups, as bytes."""
    numbers = [_NUMBERS.pack(group.id, group.count) for group in groups]
    return [b"".join(numbers[at : at + _PAGE]) for at in range(0, len(numbers), _PAGE)]


def read_pages(moment: Moment, table: Entries, where: str) -> list[bytes]:
    """The lists of groups of a table. Raises CorruptError."""
    keys = [page_key(table.id, page) for page in range(table.pages)]
    try:
        return [_page(key, moment.get(key)) for key in keys]
    except ValueError as error:
        raise _corrupt(where, "a list of rows", error) from error


def _page(key: bytes, entry: Entry | None) -> bytes:
    if entry is None:
        raise ValueError("it is missing")
    return bytes(sealing.unseal(key, entry.value))


def groups(pages: Sequence[bytes]) -> list[tuple[int, int]]:
    """The ids and the rows of all groups."""
    return [numbers for page in pages for numbers in _NUMBERS.iter_unpack(page)]


def check_header(entry: Entry | None, others: bool, where: str) -> dict[str, Any] | None:
    """The header's content; None where nothing is yet. Raises FormatError, CorruptError."""
    if entry is None:
        if others:
            raise FormatError(
                f"{where} is not a storage, but holds something else; choose another path"
            )
        return None
    try:
        content = json.loads(bytes(sealing.unseal(HEADER, entry.value)))
        version = content["version"]
    except (ValueError, TypeError, LookupError) as error:
        raise _corrupt(where, "the header", error) from error
    if version != _VERSION:
        raise FormatError(
            f"{where} is a storage of the version {version!r}, which this version of outlive does "
            "not know; use a newer one: python -m pip install --upgrade outlive"
        )
    return dict(content)


def header(aside_of: str | None = None) -> bytes:
    """The bytes of a header."""
    content = {"version": _VERSION, "id": new_token()}
    if aside_of is not None:
        content["aside_of"] = aside_of
    return sealing.seal(HEADER, json.dumps(content).encode())


def meet(engine: Engine, *, writable: bool) -> dict[str, Any]:
    """Read the header of an engine, or write it. Raises FormatError, CorruptError."""
    while True:
        with engine.snapshot() as snapshot:
            others = next(iter(snapshot.scan()), None) is not None
            content = check_header(snapshot.get(HEADER), others, engine.name)
        if content is not None:
            return content
        if not writable:
            return {}
        try:
            engine.commit({HEADER: header()}, expect={HEADER: 0})
        except ConflictError:
            continue  # someone else has made it meanwhile
