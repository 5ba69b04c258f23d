"""The rows of a table as a person edits them: a list in YAML, each row in a line of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..errors import FormatError, OutliveError
from ..tables.description import describe
from ..tables.view import View
from . import inside
from .on_storage import StorageTarget, plain, whole_row
from .pieces import Changed
from .shown import TextError, read_rows, same, show_rows

_HEAD = """\
# {description}
# A row is one line; lines that you add, change, move or take away are rows.
# All of it is kept, or nothing.
"""
_OF_TRIAL = re.compile(r"^a copy of .*?, new row \d+: ")


class Rows:
    """The rows of a table, or of a subview; kept together in one commit."""

    def __init__(self, where: str, name: str, target: StorageTarget, key: str) -> None:
        self.where = where
        self.name = name
        self._target = target
        self._steps = inside.parse(key)
        self._rows: list[Any] = []

    def read(self) -> bytes:
        """A line for each row, and what the columns are."""
        self._target.storage.refresh()
        view = self._view()
        self._rows = plain(view)
        text = _text(self._rows)
        if not same([row for row, _ in _fitted(view, text)], self._rows):
            raise FormatError(
                f"{self.where} holds what YAML cannot show as it is; change it cell by cell, with "
                "outlive set"
            )
        name = str(self._steps[-1].key)
        return (_HEAD.format(description=describe(name, view.structure)) + text).encode()

    def fault(self) -> OutliveError | None:
        """Rows that could be read have none."""
        return None

    def keep(self, text: bytes) -> Changed | None:
        """Put the rows of the text in the place of those that were read."""
        try:
            decoded = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise TextError("it is no UTF-8", text.count(b"\n", 0, error.start) + 1) from error
        try:
            new = [row for row, _ in _fitted(self._view(), decoded)]
        except RecursionError as error:
            raise TextError("a row is nested too deep, or holds itself") from error
        if same(new, self._rows):
            return None
        self._exchange(new)
        return Changed(_text(self._rows), _text(new))

    def _exchange(self, new: list[Any]) -> None:
        """Exchange those between the first and the last that differ, and commit."""
        old, most = self._rows, min(len(self._rows), len(new))
        first = next((at for at in range(most) if not same(old[at], new[at])), most)
        rest = next(
            (at for at in range(most - first) if not same(old[-1 - at], new[-1 - at])), most - first
        )
        try:
            self._view()[first : len(old) - rest] = new[first : len(new) - rest]
            self._target.storage.commit()
        except BaseException:
            self._target.storage.rollback()
            raise

    def _view(self) -> View:
        view = self._target.find(self._steps)
        assert isinstance(view, View)  # noqa: S101  # or there were no Rows of it
        return view


def _fitted(view: View, text: str) -> list[tuple[Any, int]]:
    """The rows of a text as the table holds them, each with its line. Raises TextError."""
    trial = view[0:0].copy()
    lines = []
    for row, line in read_rows(text):
        lines.append(line)
        try:
            if not isinstance(row, Mapping):
                raise FormatError("a row is written {column: value, …}")
            trial.append(whole_row(trial, row, f"row {len(lines)}"))
        except FormatError as error:
            raise TextError(f"line {line}: {_OF_TRIAL.sub('', str(error))}", line) from error
    return list(zip(plain(trial), lines, strict=True))


def _text(rows: list[Any]) -> str:
    return show_rows([_writable(row) for row in rows])


def _writable(value: Any) -> Any:
    """A row as YAML can write it in a line: a Decimal and a datetime as text."""
    if isinstance(value, dict):
        return {name: _writable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime) else value
