"""Views to Parquet and CSV files, and back."""

from __future__ import annotations

import importlib
import io
import os
from typing import TYPE_CHECKING, Any

from ..disk.atomic import replace
from ..disk.fs import absolute
from ..errors import DiskError, FormatError
from .arrow import pa, pc
from .description import describe
from .outgoing import DESCRIPTION
from .schema import Kind, Property, arrow_type

if TYPE_CHECKING:
    from .view import View

_DIGITS = 15  # that a float keeps of any decimal number
Path = str | os.PathLike[str]


def _module(name: str) -> Any:
    return importlib.import_module(f"pyarrow.{name}")


def write_parquet(view: View, path: Path) -> None:
    """See `Exports.to_parquet`. The file remembers what the types are here."""
    content = view._arrow()
    described = {DESCRIPTION: describe("rows", view.structure).encode()}
    sink = io.BytesIO()
    try:
        _module("parquet").write_table(content.replace_schema_metadata(described), sink)
    except pa.ArrowException as error:
        raise FormatError(f"{absolute(path)}: a Parquet file cannot hold this: {error}") from error
    replace(path, sink.getvalue())


def write_csv(view: View, path: Path) -> None:
    """See `Exports.to_csv`."""
    for each in view.structure:
        if each.kind in {Kind.BYTES, Kind.VIEW}:
            raise FormatError(
                f"{absolute(path)}: a CSV file cannot hold the column {each!r}; leave it out with "
                "project(), or use to_parquet()"
            )
    sink = io.BytesIO()
    _module("csv").write_csv(view._arrow(), sink)
    replace(path, sink.getvalue())


def read_parquet(path: Path) -> Any:
    """The content as an Arrow table. Raises FormatError, DiskError."""
    return _read("parquet", "read_table", path)


def read_csv(path: Path, structure: tuple[Property, ...] | None = None) -> Any:
    """The content as an Arrow table, with the types of `structure`.

    Without one, those that its values look like; what would not be the same when it is written
    again, as 007, is a text.
    """
    types = {each.name: arrow_type(each) for each in structure or ()}
    table = _read("csv", "read_csv", path, convert_options=_options(types, nulls=not types))
    guessed = [] if structure is not None else [e.name for e in table.schema if _is_guess(e.type)]
    if not guessed:
        return table
    options = _options(dict.fromkeys(guessed, pa.string()), nulls=False, include_columns=guessed)
    written = _read("csv", "read_csv", path, convert_options=options)
    for name in guessed:
        if _says_more(written.column(name), table.schema.field(name).type):
            at = table.column_names.index(name)
            table = table.set_column(at, name, written.column(name))
    return table


def _is_guess(type_: Any) -> bool:
    of = pa.types
    return bool(of.is_integer(type_) or of.is_floating(type_) or of.is_temporal(type_))


def _says_more(texts: Any, type_: Any) -> bool:
    """Whether the texts of a CSV column are not just numbers, or days, of a type that there is."""
    if pa.types.is_temporal(type_):
        has_none = pa.types.is_time(type_) or pa.types.is_duration(type_)
        return bool(has_none or getattr(type_, "tz", None))
    if pc.any(pc.match_substring_regex(texts, r"^[-+]?0\d|^\+")).as_py():
        return True
    if pa.types.is_integer(type_):
        return False
    digits = pc.replace_substring_regex(texts, r"[eE].*|[^0-9]", "")
    longest = pc.max(pc.utf8_length(pc.utf8_ltrim(digits, "0"))).as_py()
    return bool((longest or 0) > _DIGITS)


def _options(types: dict[str, Any], *, nulls: bool, **more: Any) -> Any:
    return _module("csv").ConvertOptions(
        column_types=types, null_values=[""] if nulls else [], strings_can_be_null=False, **more
    )


def _read(module: str, function: str, path: Path, **options: Any) -> Any:
    where = absolute(path)
    try:
        return getattr(_module(module), function)(where, **options)
    except pa.ArrowException as error:
        raise FormatError(f"{where} is no {module} file that can be read: {error}") from error
    except OSError as error:
        raise DiskError(error.errno or 0, f"{where}: {error}", where, "read") from error
