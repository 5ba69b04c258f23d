"""Which kind of store is this file? Its content says; the name chooses where two are right."""

from __future__ import annotations

import errno
import os
import re
from enum import StrEnum

from ..errors import CorruptError, DiskError
from . import foreign
from .files import start_of, whole

_SNIFF = 1 << 16  # bytes in which a person's text shows what it is
_LMDB = 0xBEEFC0DE
_LMDB_AT = 16
_PAGE_SIZES = (1 << 12, 1 << 13, 1 << 14, 1 << 15)
_METAKIT = ((b"JL", b"LJ"), 0x1A)
_BOM = b"\xef\xbb\xbf"
_SQLITE = b"SQLite format 3\0"
_ENTRY = re.compile(
    rb"(?m)^--- ?(#[0-9a-f]{1,8})?\r?\n\[\"(set|delete|insert|batch)\"|^--- #[0-9a-f]{8}"
)
_TOML = re.compile(rb"\s*(#[^\n]*\n\s*)*(\[{1,2}[^\]\n]+\]{1,2}\s*(#[^\n]*)?(\n|$)|[\w.\"' -]+=)")
_PARTS = (".dir", ".dat", ".bak", ".pag")  # of what dbm makes of one name
EXTENSIONS = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".msgpack": "msgpack",
    ".bson": "bson",
    ".pickle": "pickle",
    ".pkl": "pickle",
}


class Kind(StrEnum):
    """What a file is: one of outlive's four kinds of store, or one that `convert` reads."""

    STATE = "state"
    STORE = "store"
    SAFE = "safe"
    STORAGE = "storage"
    METAKIT = "metakit"
    SHELVE = "shelve"
    SQLITEDICT = "sqlitedict"
    DISKCACHE = "diskcache"


def recognise(path: str) -> Kind:
    """The kind of the file at `path`, damaged or not.

    Raises DiskError if it is not there or cannot be read, CorruptError if it is none of them.
    """
    path = os.path.abspath(path)
    if os.path.isdir(path):
        return _directory(path)
    try:
        start = start_of(path, _SNIFF)
    except FileNotFoundError as error:
        if os.path.exists(_twin(path)):
            return Kind.STATE
        if foreign.is_shelf(path):
            return Kind.SHELVE
        message = f"{path}: there is no such file; check its name"
        raise DiskError(errno.ENOENT, message, path, "open") from error
    return _of(path, start)


def _directory(path: str) -> Kind:
    if os.path.exists(os.path.join(path, "cache.db")):
        return Kind.DISKCACHE
    message = f"{path} is a directory; give a file in it"
    raise DiskError(errno.EISDIR, message, path, "open")


def _of(path: str, start: bytes) -> Kind:
    owner = path.removesuffix("-lock")
    if owner != path and os.path.exists(owner):
        raise _unknown(path, f"it is the lock file of {owner}; give that one")
    if is_lmdb(start):
        from .lmdb_pages import is_storage

        return Kind.STORAGE if is_storage(path) else Kind.SAFE
    return _of_another(path, start)


def _of_another(path: str, start: bytes) -> Kind:
    if start[:2] in _METAKIT[0] and start[2:3] == bytes([_METAKIT[1]]):
        return Kind.METAKIT
    if os.path.exists(_twin(path)):
        return Kind.STATE
    if os.path.splitext(path)[1] in _PARTS and foreign.is_shelf(path):
        return Kind.SHELVE
    if b"\0" in start or not _is_text(start):
        return _binary(path, start)
    if _ENTRY.search(start) or (len(start) == _SNIFF and _ENTRY.search(whole(path))):
        return Kind.STATE
    return _document(path, start)


def is_lmdb(start: bytes) -> bool:
    """Whether a file begins as those of LMDB do, on a machine of either byte order.

    If its first page is damaged, the second one says so, which may be of several sizes.
    """
    places = (_LMDB_AT, *(size + _LMDB_AT for size in _PAGE_SIZES))
    found = {start[at : at + 4] for at in places}
    return not found.isdisjoint((_LMDB.to_bytes(4, "little"), _LMDB.to_bytes(4, "big")))


def _twin(path: str) -> str:
    """Where a program keeps what it wrote into a State, out of the reach of an editor."""
    directory, name = os.path.split(os.path.realpath(path))
    return os.path.join(directory, f".{name}.outlive-journal")


def _binary(path: str, start: bytes) -> Kind:
    if start.startswith(_SQLITE):
        found = foreign.in_sqlite(path)
        if found is None:
            raise _unknown(path, "it is a database of SQLite, but none that convert reads")
        return Kind(found)
    if format_of(path):
        return Kind.STORE
    if foreign.is_shelf(path):
        return Kind.SHELVE
    if foreign.is_metakit(path):
        return Kind.METAKIT
    if _extension(path):
        return Kind.STORE  # damaged, as it seems
    if _has_entries(path):
        return Kind.STATE
    raise _unknown(path, "its bytes are none that outlive writes")


def _has_entries(path: str) -> bool:
    return _ENTRY.search(whole(path)) is not None


def _document(path: str, start: bytes) -> Kind:
    """A text without entries: a State is a mapping in YAML, and not called .yaml."""
    if _extension(path):
        return Kind.STORE
    if not start.strip() or start.strip() == b"{}":
        return Kind.STATE  # as a State leaves it that holds nothing
    return Kind.STATE if format_of(path) in ("yaml", None) and _is_mapping(start) else Kind.STORE


def _is_mapping(start: bytes) -> bool:
    """Whether a YAML text is a mapping, as its first line says; the rest may be damaged."""
    for line in start.splitlines():
        text = line.strip()
        if text and not text.startswith((b"#", b"%")) and text != b"---":
            return text[:1] == b"{" or (
                text[:2] != b"- " and re.search(rb":(\s|$)", text) is not None
            )
    return True


def format_of(path: str) -> str | None:
    """The name of the format of a document; None if its bytes are in none that there is.

    Where they can be read in two, the extension chooses, and then the stricter one.
    """
    data = whole(path)
    extension = _extension(path)
    order = ["json", "toml", "yaml", "pickle", "bson", "msgpack"]
    if extension:
        order.remove(extension)
        order.insert(0, extension)
    is_sure = extension not in ("yaml", None)  # nearly any text is YAML, damaged JSON as well
    return next((each for each in order if _parses(each, data, is_sure)), extension)


def is_whole(path: str, name: str) -> bool:
    """Whether the content at `path` is a document that a file called `name` could hold."""
    data, extension = whole(path), _extension(name)
    if extension == "yaml":
        return _parses("yaml", data) and _composes(data)
    return any(_parses(each, data, is_sure=extension is not None) for each in _PARSERS)


def _extension(path: str) -> str | None:
    return EXTENSIONS.get(os.path.splitext(path)[1].lower())


def _parses(format: str, data: bytes, is_sure: bool = False) -> bool:
    """Whether `data` is a whole document in that format; a pickle is not run for it."""
    try:
        return _is_yaml(data) if is_sure and format == "yaml" else _PARSERS[format](data)
    except Exception:  # noqa: BLE001  # whatever a parser raises: it is not in this format
        return False


def _parses_json(data: bytes) -> bool:
    import json

    json.loads(data.removeprefix(_BOM).decode())
    return True


def _parses_toml(data: bytes) -> bool:
    if not _TOML.match(data):
        return False
    import tomllib

    tomllib.loads(data.decode())
    return True


def _parses_yaml(data: bytes) -> bool:
    """Any text may be YAML: whether it is, those say who read it."""
    return b"\0" not in data and bool(data.decode().strip())


def _is_yaml(data: bytes) -> bool:
    """Whether it is a list or a mapping in YAML."""
    import yaml

    return isinstance(_compose(data), yaml.CollectionNode)


def _composes(data: bytes) -> bool:
    try:
        _compose(data)
    except Exception:  # noqa: BLE001  # as above
        return False
    return True


def _compose(data: bytes) -> object:
    """The tree of a YAML text, without its values. Raises YAMLError, and others."""
    import yaml

    return yaml.compose(data.removeprefix(_BOM).decode())


def _parses_pickle(data: bytes) -> bool:
    if data[:1] != b"\x80" or data[-1:] != b".":
        return False
    import pickletools

    return all(operation for operation, _, _ in pickletools.genops(data))


def _parses_bson(data: bytes) -> bool:
    least = 5
    return len(data) >= least and int.from_bytes(data[:4], "little") == len(data) and data[-1] == 0


def _parses_msgpack(data: bytes) -> bool:
    from msgspec import Raw, msgpack

    msgpack.decode(data, type=Raw)
    return True


_PARSERS = {
    "json": _parses_json,
    "toml": _parses_toml,
    "yaml": _parses_yaml,
    "pickle": _parses_pickle,
    "bson": _parses_bson,
    "msgpack": _parses_msgpack,
}


def _is_text(start: bytes) -> bool:
    """Whether it is UTF-8; the end may be cut in the middle of a character."""
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.end == len(start) and error.start > len(start) - 4  # bytes of one
    return True


def _unknown(path: str, why: str) -> CorruptError:
    return CorruptError(
        f"{path} is no kind of store that outlive knows: {why}; check the name, or put a good copy "
        "in its place"
    )
