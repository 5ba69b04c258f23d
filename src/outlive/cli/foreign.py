"""The files of others that `convert` reads: which of them is this?"""

from __future__ import annotations

import os
from contextlib import closing


def is_shelf(path: str) -> bool:
    """Whether the file is one of dbm's, as shelve makes them; the path may lack its extension."""
    import dbm

    return any(dbm.whichdb(each) for each in _names(path))


def _names(path: str) -> list[str]:
    """A path, and the name without the extension that dbm added."""
    base, extension = os.path.splitext(path)
    return [path, base] if extension in (".db", ".dat", ".dir", ".bak", ".pag") else [path]


def in_sqlite(path: str) -> str | None:
    """ "sqlitedict", "diskcache" or "shelve" for a database of theirs, None for another."""
    import sqlite3
    from urllib.parse import quote

    tables: dict[str, list[str]] = {}
    try:
        with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)) as base:
            names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in names:
                quoted = name.replace('"', '""')
                columns = base.execute(f'PRAGMA table_info("{quoted}")').fetchall()
                tables[name] = [column[1] for column in columns]
    except sqlite3.Error:
        return None
    if {"Cache", "Settings"} <= set(tables):
        return "diskcache"
    if tables.get("Dict") == ["key", "value"]:
        return "shelve"
    return "sqlitedict" if ["key", "value"] in tables.values() else None


def is_metakit(path: str) -> bool:
    """Whether a data set of Metakit stands at the end of the file, behind another."""
    from ..errors import OutliveError
    from ..tables.metakit import marks

    with open(path, "rb") as file:
        data = file.read()
    try:
        return marks.find(memoryview(data), path) is not None
    except OutliveError:
        return False
