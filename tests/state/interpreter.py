"""What a state file means, by the words of the design and nothing of outlive."""

from __future__ import annotations

import json
import re
from typing import Any
from zlib import crc32

import yaml

from outlive.formats.yaml_text import Loader

from .steps import copied


class NotUnderstoodError(Exception):
    """The interpreter does not know what a text means."""


def interpreted(data: bytes, skipped: list[bytes]) -> Any:
    """What a state file means, by the words of the design and nothing of outlive.

    PersistedState wrote the entry of a statement that then raised: those go to `skipped`.
    """
    chunks: list[list[bytes]] = [[]]
    for line in data.split(b"\n"):
        if line.rstrip(b"\r") == b"---" or line.startswith((b"--- ", b"---\t")):
            chunks.append([])
        chunks[-1].append(line)
    if len(chunks) > 1 and _means(chunks[0]) is None and not _is_entry(chunks[1]):
        chunks.pop(0)
    value = _means(chunks[0])
    if not isinstance(value, dict):
        if value is not None:
            raise NotUnderstoodError
        value = {}
    for chunk in chunks[1:]:
        for change in _changes(chunk):
            try:
                value = _made(value, change)
            except NotUnderstoodError:
                if _checked(chunk):
                    raise
                skipped += chunk
    return value


def _is_entry(chunk: list[bytes]) -> bool:
    return _checked(chunk) or isinstance(_means(chunk), list)


def _checked(chunk: list[bytes]) -> bool:
    return re.fullmatch(rb"--- #[0-9a-f]{8}\r?", chunk[0]) is not None


def _means(chunk: list[bytes]) -> Any:
    try:
        documents = list(yaml.load_all(b"\n".join(chunk), Loader))
        if len(documents) > 1:
            raise NotUnderstoodError
        return documents[0] if documents else None
    except (yaml.YAMLError, ValueError) as error:
        raise NotUnderstoodError from error


def _changes(chunk: list[bytes]) -> list[Any]:
    if _checked(chunk):
        line, rest = b"".join(chunk[1:2]).rstrip(b"\r"), b"".join(chunk[2:])
        if crc32(line) != int(chunk[0][5:13], 16) or rest.strip():
            raise NotUnderstoodError
        chunk = [line]
    if re.match(rb"---[^\r]*[ \t]#\S", chunk[0]):  # what is left of a checksum
        raise NotUnderstoodError
    try:
        raw = json.loads((chunk[-1] if len(chunk) == 1 else b"\n".join(chunk[1:])).strip())
    except ValueError:
        raw = _means(chunk)
    if raw is None:
        return []
    if isinstance(raw, list) and raw and raw[0] == "batch":
        return [("batch", raw[1])]
    return [raw]


def _made(value: Any, change: Any) -> Any:
    parts = change[1] if isinstance(change, tuple) else [change]
    result = copied(value)
    for part in parts:
        try:
            if len(part) == {"set": 3, "insert": 3, "delete": 2}.get(part[0]):
                part.insert(1, [])  # as PersistedState 23.4 wrote it
            kind, path, key, *more = part
            place = result
            for step in path:
                place = place[step]
            if kind == "set" and len(more) == 1:
                place[key] = more[0]
            elif kind == "insert" and len(more) == 1:
                place.insert(key, more[0])
            elif kind == "delete" and not more:
                del place[key]
            else:
                raise NotUnderstoodError
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise NotUnderstoodError from error
    return result
