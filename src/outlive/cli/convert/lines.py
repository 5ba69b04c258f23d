"""A file of JSON Lines, one value after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from ...errors import CorruptError, DiskError, FormatError
from .. import values


class Line(NamedTuple):
    """What a line says, and where it stands."""

    value: Any
    where: str
    weight: int  # bytes


class Lines:
    """Reads line by line, as often as it is asked; blank ones are passed over.

    Values that JSON has not are read as the commands write them (``{"$date": …}``). Raises
    FormatError and CorruptError, which name the line, and DiskError.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file = open(path, "rb")  # noqa: SIM115  # closed by `__exit__`
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}; check its name and permissions"
            raise DiskError(error.errno or 0, message, path, "open") from error

    def __iter__(self) -> Iterator[Line]:
        self._file.seek(0)
        for number, data in enumerate(self._file, 1):
            if not data.strip():
                continue
            where = f"{self.path}, line {number}"
            try:
                text = data.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").decode()
            except UnicodeDecodeError as error:
                raise CorruptError(f"{where}: it is no UTF-8; write the file in UTF-8") from error
            try:
                value = values.read(text.strip())
            except FormatError as error:
                raise FormatError(f"{where}: {_short(str(error))}") from error
            yield Line(value, where, len(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _short(message: str) -> str:
    """Without the advice for a value at the prompt."""
    return message.partition("; a text is --type text")[0]
