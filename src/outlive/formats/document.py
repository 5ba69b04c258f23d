"""The text of a State file's first document: its value, and how it is written and changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import CorruptError
from .dump_yaml import dump
from .equality import same
from .format import BOM
from .load_yaml import DEEPEST, DocumentError, load_text
from .rewrite_yaml import CannotRewriteError
from .rewrite_yaml import rewrite as rewrite_text

__all__ = ["DEEPEST", "CannotRewriteError", "dump", "is_plain", "load", "rewrite"]

_MEND = "Mend it; the file is left as it is"


def load(data: bytes, path: str) -> dict[Any, Any]:
    """The plain value of a document; {} where it is blank, comments or null.

    Raises CorruptError, which names the file at `path`, the line and the column.

    >>> load(b"port: 8080  # as ever", "example.state")
    {'port': 8080}
    """
    try:
        return load_text(_text(data))
    except DocumentError as error:
        place = f"line {error.line}, column {error.column}"
        raise CorruptError(f"{path}, {place}: {error}. {_MEND}") from error


def is_plain(data: bytes, value: Mapping[Any, Any]) -> bool:
    """Whether `data` is what `dump` writes for `value`: then no person gave it its form."""
    return dump(value) == data


def rewrite(data: bytes, old: dict[Any, Any], new: dict[Any, Any]) -> bytes:
    """`data`, which loads as `old`, changed only where it has to be so that it loads as `new`.

    Both values are plain. Byte-order mark, line ends, comments, order and quoting stay. Raises
    CannotRewriteError where the change cannot be made without writing the document anew.
    """
    try:
        if same(old, new):
            return data
        changed = _changed(_text(data), old, new)
    except CannotRewriteError:
        raise
    except Exception as error:  # a text too deep, a value that PyYAML cannot write, and the like
        problem = f"the change cannot be made in place: {type(error).__name__}: {error}"
        raise CannotRewriteError(problem) from error
    return (BOM if data.startswith(BOM) else b"") + changed.encode()


def _changed(text: str, old: dict[Any, Any], new: dict[Any, Any]) -> str:
    lines = text.splitlines()
    if any(line.lstrip() and not line.lstrip().startswith("#") for line in lines):
        try:
            return rewrite_text(text, old, new, load_text)
        except CannotRewriteError:
            if text.endswith("\n"):
                raise
            return rewrite_text(_with_last_line_ended(text, old), old, new, load_text)
    eol = "\r\n" if "\r\n" in text else "\n"
    missing = eol if text and not text.endswith("\n") else ""
    changed = text + missing + dump(new).decode().replace("\n", eol)
    if not same(load_text(changed), new):
        raise CannotRewriteError("the value cannot be written below the text that is there")
    return changed


def _with_last_line_ended(text: str, value: dict[Any, Any]) -> str:
    """The same with a line break at its end, which a block scalar there has to be told about."""
    *_, header = re.finditer(r"[|>]\d?(?=[ \t]*(?:#.*)?\r?\n)", text)
    ended = f"{text[: header.end()]}-{text[header.end() :]}\n"
    if not same(load_text(ended), value):
        raise CannotRewriteError("the last line has no end")
    return ended


def _text(data: bytes) -> str:
    body = data.removeprefix(BOM)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start]
        start = before.rfind(b"\n") + 1
        problem = f"the byte 0x{body[error.start]:02x}, which is no UTF-8"
        line, column = before.count(b"\n") + 1, len(before[start:].decode()) + 1
        raise DocumentError(problem, line, column) from error
