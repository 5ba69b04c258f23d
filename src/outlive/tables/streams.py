"""All tables of a storage as one stream of bytes, and back.

The stream is a sequence of Arrow IPC streams: the first lists the tables, with their descriptions
and numbers of rows; then comes one for each table. Behind each there is a checksum of all that came
before it.
"""

from __future__ import annotations

import errno
import io
from typing import Any

from ..errors import DiskError, FormatError
from . import building
from .arrow import ipc, pa, xxhash
from .description import describe, parse
from .schema import arrow_schema
from .table import Table
from .view import View

_MARK = {b"outlive": b"storage 1"}
_LIST = parse("tables[description:str,rows:L]")[1]


def save(tables: dict[str, View], file: Any, where: str) -> None:
    """Write tables to anything that has `write`. Raises what that does, FormatError, DiskError."""
    if not hasattr(file, "write"):
        raise FormatError(f"{where}: {file!r:.80} has no write")
    listed = [(describe(name, view.structure), len(view)) for name, view in tables.items()]
    sink = _Sink(file, where)
    _write(sink, building.table(_LIST, listed).replace_schema_metadata(_MARK))
    for view in tables.values():
        _write(sink, view._arrow())


class _Sink:
    """What Arrow writes to: it asks for more than a `write`."""

    closed = False

    def __init__(self, file: Any, where: str) -> None:
        self._file = file
        self._where = where
        self._sum = xxhash.xxh3_64()

    def write(self, data: Any) -> int:
        content = bytes(data)
        self._sum.update(content)
        self._put(content)
        return len(content)

    def seal(self) -> None:
        self._put(self._sum.digest())

    def _put(self, content: bytes) -> None:
        """Write all of it: a file without a buffer may take less than it is given."""
        while content:
            taken = self._file.write(content)
            if taken == 0 or (taken is None and isinstance(self._file, io.RawIOBase)):
                message = f"{self._where}: {self._file!r:.80} takes no more; save to another file"
                raise DiskError(errno.EIO, message, operation="save")
            content = b"" if taken is None else content[taken:]

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _write(sink: _Sink, content: Any) -> None:
    with ipc.new_stream(pa.PythonFile(sink, mode="w"), content.schema) as writer:
        writer.write_table(content)
    sink.seal()


class _Source:
    """What Arrow reads from: as many bytes as it asks for, or an error."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file
        self._sum = xxhash.xxh3_64()

    def read(self, size: int | None = None) -> bytes:
        content = self._get(size or 0)
        self._sum.update(content)
        return content

    def check(self) -> None:
        if self._get(self._sum.digest_size) != self._sum.digest():
            raise ValueError("its checksum is wrong")

    def _get(self, size: int) -> bytes:
        parts = []
        while size and (part := self._file.read(size)):
            parts.append(bytes(part))
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        pass


def load(file: Any, where: str) -> dict[str, Table]:
    """The tables in a stream. Raises FormatError for what is none, or is cut short."""
    if not hasattr(file, "read"):
        raise FormatError(f"{where}: {file!r:.80} has no read")
    source = _Source(file)
    try:
        listed = _read(source)
        if (listed.schema.metadata or {}).get(b"outlive") != _MARK[b"outlive"]:
            raise ValueError("it does not begin with a list of tables")
        tables = [_table(source, **row) for row in listed.to_pylist()]
    except (pa.ArrowException, ValueError, OSError, TypeError, MemoryError) as error:
        raise FormatError(
            f"{where}: what was loaded is not what Storage.save writes, or not all of it: {error}"
        ) from error
    return dict(tables)


def _read(source: _Source) -> Any:
    with ipc.open_stream(pa.PythonFile(source, mode="r")) as reader:
        content = reader.read_all()
    source.check()
    return content


def _table(source: _Source, description: str, rows: int) -> tuple[str, Table]:
    name, structure = parse(description)
    content = _read(source)
    if not structure:
        content = building.from_arrays(structure, [], rows)
    if content.num_rows != rows:
        raise ValueError(f"the table {name} has {content.num_rows} rows of {rows}")
    if not content.schema.equals(arrow_schema(structure)):
        raise ValueError(f"the table {name} has other columns than it says")
    table = Table(structure, name=name)
    table._take(content)
    return name, table
