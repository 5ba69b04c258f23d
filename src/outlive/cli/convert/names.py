"""What SRC is, by its content, and what DST is to be, by its name."""

from __future__ import annotations

import errno
import json
import os
from typing import NamedTuple

from ...errors import CorruptError, DiskError, FormatError
from ..files import start_of
from ..kinds import EXTENSIONS, Kind, format_of, is_lmdb, recognise

FORMATS = ("json", "yaml", "toml", "msgpack", "bson", "pickle")
DOCUMENTS = ("state", *FORMATS)
ITEMS = ("safe", "shelve", "sqlitedict", "diskcache", "jsonl")
TABLES = ("storage", "metakit", "csv", "parquet", "jsonl")
SOURCES = tuple(dict.fromkeys((*DOCUMENTS, *ITEMS, *TABLES)))
TARGETS = ("state", *FORMATS, "safe", "storage", "jsonl", "csv", "parquet")
_NAMES = {
    ".state": "state",
    **EXTENSIONS,
    ".safe": "safe",
    ".storage": "storage",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_DATABASE = ".db"  # which only says that it is one of two
_SNIFF = 1 << 16
_PARQUET = b"PAR1"
_SQLITE = b"SQLite format 3\0"


class Ends(NamedTuple):
    """The two ends of a conversion."""

    source: str  # absolute paths
    target: str
    given: str  # what SRC is: one of SOURCES
    wanted: str  # what DST is to be: one of TARGETS


def source(path: str, given: str | None) -> str:
    """What the file at `path` is. Raises DiskError, CorruptError."""
    if given is not None:
        _check_there(path)
        return given
    start = _start(path)
    if start.startswith(_PARQUET):
        return "parquet"
    by_name = _NAMES.get(os.path.splitext(path)[1].lower())
    is_text = not is_lmdb(start) and not start.startswith(_SQLITE)
    if by_name in ("jsonl", "csv") and is_text:
        return by_name
    if _is_lines(start):
        return "jsonl"
    kind = recognise(path)
    if kind is not Kind.STORE:
        return str(kind)
    found = format_of(path) or by_name
    if found not in FORMATS:
        raise CorruptError(f"{path} is in no format that is known; name it with --from")
    return found


def _start(path: str) -> bytes:
    """The first bytes; none of what is no file, of which `recognise` knows more."""
    try:
        return b"" if os.path.isdir(path) else start_of(path, _SNIFF)
    except FileNotFoundError:
        return b""


def _check_there(path: str) -> None:
    if not _start(path) and not os.path.lexists(path):
        recognise(path)  # which knows files without a file of that name, or says what is wrong


def _is_lines(start: bytes) -> bool:
    """Whether a text begins with two lines that are each an object in JSON."""
    lines = [line for line in start.splitlines()[:-1] if line.strip()][:2]
    if len(start) < _SNIFF:
        lines = [line for line in start.splitlines() if line.strip()][:2]
    if len(lines) < 2 or not lines[0].lstrip().startswith(b"{"):  # noqa: PLR2004  # one is JSON, too
        return False
    try:
        return all(isinstance(json.loads(line), dict) for line in lines)
    except (ValueError, RecursionError):
        return False


def target(path: str, wanted: str | None, given: str) -> str:
    """What a file at `path` is to be, made of what `given` says. Raises FormatError."""
    found = wanted or _NAMES.get(os.path.splitext(path)[1].lower())
    if found is None and os.path.splitext(path)[1].lower() == _DATABASE:
        found = _only(given)
    if found is None:
        raise FormatError(
            f"the name {path} does not say what to make; pass --to {'|'.join(possible(given))}"
        )
    if found not in possible(given):
        raise FormatError(
            f"{path}: of {given} no {found} can be made, but {', '.join(possible(given))}"
        )
    return found


def _only(given: str) -> str | None:
    """What a database made of `given` is, if that is clear."""
    fitting = [each for each in possible(given) if each in ("safe", "storage")]
    return fitting[0] if len(fitting) == 1 else None


def possible(given: str) -> list[str]:
    """What can be made of it."""
    found: list[str] = []
    for family in (DOCUMENTS, ITEMS, TABLES):
        if given in family:
            found += [each for each in family if each in TARGETS]
    if given == "jsonl":
        found = [each for each in found if each != "jsonl"]
    return list(dict.fromkeys(found))


def check_place(ends_source: str, path: str, *, force: bool) -> None:
    """Raise FormatError if DST cannot be made: it is there, or it is SRC, or no file."""
    if os.path.isdir(path):
        raise DiskError(errno.EISDIR, f"{path} is a directory; name a file in it", path, "open")
    if os.path.exists(path) and os.path.exists(ends_source) and os.path.samefile(path, ends_source):
        raise FormatError(f"{path} is SRC itself, which is only read; choose another name")
    if os.path.lexists(path) and os.path.exists(path) and not force:
        raise FormatError(f"{path} is there; choose another name, or replace it with --force")
