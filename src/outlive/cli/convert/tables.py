"""Tables: of a Storage, of Metakit, of Parquet, CSV and lines of JSON."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO

from ... import replacing
from ...errors import CorruptError, DiskError, FormatError
from ...store_placing import BETWEEN
from ...tables.schema import Kind, Property, Structure
from ...tables.storage import Storage
from ...tables.view import View
from .. import values
from .columns import Columns, TextColumn, made, row
from .items import Ways, chosen
from .lines import Lines
from .losses import Losses
from .names import Ends

_ROWS = 8192  # that are made at once
_COMMITTED = 8  # times as many are in a commit
_WITHOUT_CSV = (Kind.BYTES, Kind.VIEW)
Step = Callable[[int, int], object]


@contextmanager
def opened(ends: Ends, ways: Ways, losses: Losses, between: str, step: Step) -> Iterator[Storage]:
    """SRC as a storage; `between` is the file to make, where SRC is none."""
    if ends.given == "storage":
        with Storage(ends.source, mode="r") as storage:
            yield storage
    elif ends.given == "metakit":
        with Storage.from_metakit(ends.source, between, encoding=ways.encoding) as storage:
            yield storage
    else:
        with Storage(between, sync="os") as storage:
            _fill(storage, ends, ways, losses, step)
            storage.commit()
            yield storage


def convert(ends: Ends, ways: Ways, name: str, losses: Losses, step: Step) -> int:
    """Make the file `name`, which is to be `ends.target`; how many rows there are."""
    is_stored = ends.given in ("storage", "metakit")
    to_storage = ends.wanted == "storage"
    is_direct = to_storage and ends.given != "storage"
    with opened(ends, ways, losses, name if is_direct else name + BETWEEN, step) as storage:
        if is_direct and is_stored and ways.table is not None:
            chosen(list(storage), ways.table, ends.source)
            for each in [each for each in storage if each != ways.table]:
                storage.drop(each)
            storage.commit()
        if is_direct:
            return sum(len(storage.view(each)) for each in storage)
        if to_storage:
            return _copy(storage, ways.table, name, ends, step)
        table = chosen(list(storage), ways.table if is_stored else None, ends.source)
        _export(storage.view(table), ends.wanted, name, losses, step)
        return len(storage.view(table))


def _copy(storage: Storage, table: str | None, name: str, ends: Ends, step: Step) -> int:
    names = list(storage) if table is None else [chosen(list(storage), table, ends.source)]
    with Storage(name, sync="os") as new:
        done = 0
        for each in names:
            view = storage.view(each)
            new.define(each, view.structure).extend(view)
            new.commit()
            done += len(view)
            step(done, done)
        return done


# -- out of a storage


def _export(view: View, wanted: str, name: str, losses: Losses, step: Step) -> None:
    if wanted == "parquet":
        view.to_parquet(name)
    elif wanted == "csv":
        kept = [each for each in view.structure if each.kind not in _WITHOUT_CSV]
        for each in view.structure:
            if each.kind in _WITHOUT_CSV:
                what = "a subview" if each.kind is Kind.VIEW else "bytes"
                losses.add(f"the column {each.name!r} would be gone: CSV cannot hold {what}")
        losses.settle()
        (view if len(kept) == len(view.structure) else view.project(*kept)).to_csv(name)
    else:
        _to_lines(view, name, step)


def _to_lines(view: View, name: str, step: Step) -> None:
    done, whole = 0, len(view)
    with replacing(name, "wb", sync="os") as file:
        for batch in view.to_arrow().to_batches(max_chunksize=_ROWS):
            for each in batch.to_pylist():
                file.write(f"{values.as_json(each)}\n".encode())
            done += len(batch)
            step(done, whole)


# -- into a storage


def _fill(storage: Storage, ends: Ends, ways: Ways, losses: Losses, step: Step) -> None:
    name = ways.table or os.path.splitext(os.path.basename(ends.source))[0]
    try:
        storage.define(name, Structure([Property("x", Kind.TEXT)]))
        storage.drop(name)
    except FormatError as error:
        raise FormatError(
            f"{ends.source}: {name!r} is no name for a table; give one with --table"
        ) from error
    if ends.given == "parquet":
        _from_parquet(storage, name, ends.source, losses)
    elif ends.given == "csv":
        _from_csv(storage, name, ends.source, ways.encoding, step)
    else:
        _from_lines(storage, name, ends.source, losses, step)


def _from_parquet(storage: Storage, name: str, path: str, losses: Losses) -> None:
    try:
        storage.from_parquet(name, path)
    except FormatError as error:
        if "is null" not in str(error):
            raise
        losses.add(str(error).partition("; fill")[0].removeprefix(storage.name).lstrip(", "))
        losses.settle()
        storage.rollback()
        _from_nulls(storage, name, path)


def _from_nulls(storage: Storage, name: str, path: str) -> None:
    """Rows of Parquet with the defaults in the place of nulls."""
    from importlib import import_module

    from ...tables.outgoing import from_arrow

    content = import_module("pyarrow.parquet").read_table(path)
    structure = from_arrow(content.schema, path)
    table = storage.define(name, structure)
    for batch in content.to_batches(max_chunksize=_ROWS):
        table.extend([row(structure, each) for each in batch.to_pylist()])


def _from_lines(storage: Storage, name: str, path: str, losses: Losses, step: Step) -> None:
    with Lines(path) as lines:
        columns = Columns()
        seen = 0
        for line in lines:
            if not isinstance(line.value, dict) or any(type(key) is not str for key in line.value):
                raise FormatError(f"{line.where}: it is no object, as the rows of a table are")
            columns.see(line.value, line.where)
            seen += line.weight
            step(seen, 2 * lines.size)
        structure = Structure(columns.structure(losses))
        losses.settle()
        rows = (row(structure, line.value) for line in lines)
        _append(storage, name, structure, rows)
        step(2 * lines.size, 2 * lines.size)


def _append(
    storage: Storage, name: str, structure: Structure, rows: Iterable[tuple[Any, ...]]
) -> None:
    table = storage.define(name, structure)
    each = iter(rows)
    number = 0
    while part := list(islice(each, _ROWS)):
        table.extend(part)
        number += 1
        if not number % _COMMITTED:
            storage.commit()


def _from_csv(storage: Storage, name: str, path: str, encoding: str, step: Step) -> None:
    csv.field_size_limit(sys.maxsize)
    try:
        with open(
            path, newline="", encoding="utf-8-sig" if encoding == "utf-8" else encoding
        ) as file:
            size = os.fstat(file.fileno()).st_size
            columns: list[TextColumn] = []
            seen = 0
            for texts in _texts(file, path, columns):
                for column, text in zip(columns, texts, strict=True):
                    column.see(text)
                step(seen := seen + sum(map(len, texts)) + len(texts), 2 * size)
            structure = Structure(each.prop() for each in columns)
            kinds = [each.kind for each in structure]
            file.seek(0)
            rows = (tuple(map(made, kinds, texts)) for texts in _texts(file, path, [*columns]))
            _append(storage, name, structure, rows)
    except LookupError as error:
        raise FormatError(f"--encoding {encoding} is unknown; Python's names are known") from error
    except UnicodeDecodeError as error:
        raise CorruptError(
            f"{path}: it is no text in {encoding} ({error}); name its encoding with --encoding"
        ) from error
    except OSError as error:
        if isinstance(error, DiskError):
            raise
        message = f"{path} cannot be read: {error.strerror}; check its name and permissions"
        raise DiskError(error.errno or 0, message, path, "open") from error


def _texts(file: TextIO, path: str, columns: list[TextColumn]) -> Iterator[list[str]]:
    """The rows, of which the first names the columns: they are put into `columns`."""
    reader = csv.reader(file, strict=True)
    is_first = True
    try:
        for texts in reader:
            if is_first:
                is_first = False
                columns[:] = columns or [TextColumn(each) for each in texts]
            elif texts or len(columns) == 1:
                if len(texts) != len(columns):
                    raise FormatError(
                        f"{path}, line {reader.line_num}: {len(texts)} values, and "
                        f"{len(columns)} columns in the first line; mend it"
                    )
                yield texts
    except csv.Error as error:
        raise CorruptError(f"{path}, line {reader.line_num}: {error}; mend it") from error
    if is_first:
        raise CorruptError(f"{path} is empty; its first line has to name the columns")
