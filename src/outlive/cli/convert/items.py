"""Keys and values: of a Safe, of lines of JSON, and of what shelve and its like have kept."""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, TypeAlias

from ... import replacing
from ...errors import CorruptError, FormatError
from ...safes.safe import Safe
from ...store_placing import check_trust
from .. import values
from ..on_safe import key_text
from . import shelves
from .caches import Cache, Pickled
from .fitting import RULES, fitted, is_basic
from .lines import Lines
from .losses import Losses
from .names import Ends
from .shelves import Raw, RawItems

_MOST, _WEIGHT = 4096, 1 << 24  # items, and bytes, that are written in one transaction
_SHORT = 500  # bytes of a key that is surely none too long
Values: TypeAlias = str  # "pickle", "json" or "raw": how the values of others are read
Step = Callable[[int, int], object]


class Item(NamedTuple):
    """A key and a value, and about how many bytes the value has."""

    key: Any
    value: Any
    weight: int


class Items(NamedTuple):
    """What is to be copied, as of one moment."""

    each: Iterable[Item]
    total: int  # of them; of lines, the bytes
    format: str  # of the values, as a Safe calls it
    is_unique: bool  # whether no key can come twice


class Ways(NamedTuple):
    """How to read what others wrote."""

    trust: bool = False
    table: str | None = None
    values: Values = "pickle"
    encoding: str = "utf-8"


@contextmanager
def opened(ends: Ends, ways: Ways, losses: Losses) -> Iterator[Items]:
    """The items of SRC, for as long as the block runs."""
    with ExitStack() as stack:
        if ends.given == "safe":
            safe: Safe[Any, Any] = stack.enter_context(
                Safe(ends.source, mode="r", trust=ways.trust)
            )
            then = stack.enter_context(safe.snapshot())
            items = (Item(key, value, sys.getsizeof(value)) for key, value in then.items())
            yield Items(items, len(then), safe._codec.format, is_unique=True)
        elif ends.given == "jsonl":
            lines = stack.enter_context(Lines(ends.source))
            yield Items(_of_lines(lines), lines.size, "pickle", is_unique=False)
        else:
            raw = stack.enter_context(_raw(ends, ways, losses))
            yield Items(_decoded(raw, ends, ways), raw.count, "pickle", is_unique=True)


def _of_lines(lines: Lines) -> Iterator[Item]:
    for line in lines:
        value = line.value
        if not isinstance(value, dict) or set(value) != {"key", "value"}:
            raise FormatError(
                f'{line.where}: it is not {{"key": …, "value": …}}, as the items of a Safe are '
                "written; rows of a table become a Storage: --to storage"
            )
        yield Item(_hashable(value["key"]), value["value"], line.weight)


def _hashable(key: Any) -> Any:
    """A key in which a list stands for a tuple, as for `outlive get --key-type json`."""
    return tuple(map(_hashable, key)) if isinstance(key, list | tuple) else key


# -- what others have kept


@contextmanager
def _raw(ends: Ends, ways: Ways, losses: Losses) -> Iterator[RawItems]:
    path = ends.source
    if not ways.trust and (ways.values == "pickle" or ends.given == "diskcache"):
        for name in shelves.files_of(path):
            check_trust(name)
    if ends.given == "shelve":
        with shelves.shelf(path) as shelf:
            yield shelf
        return
    name, directory = path, path.rpartition("/")[0]
    if not shelves.is_sqlite(path):
        name, directory = f"{path}/cache.db", path
    with shelves.database(name) as base:
        if ends.given == "diskcache":
            yield Cache(base, directory, losses, is_raw=ways.values == "raw")
        else:
            table = chosen(shelves.dict_tables(base), ways.table, path)
            yield shelves.Rows(base, table, name, of_bytes=False)


def chosen(names: list[str], wanted: str | None, path: str) -> str:
    """The table that is meant. Raises FormatError if that is not clear."""
    known = ", ".join(names) or "none"
    if wanted is not None and wanted not in names:
        raise FormatError(f"{path} has no table {wanted!r}; there are {known}")
    if wanted is None and len(names) != 1:
        raise FormatError(f"{path} has {len(names)} tables; choose one with --table: {known}")
    return names[0] if wanted is None else wanted


def _decoded(raw: RawItems, ends: Ends, ways: Ways) -> Iterator[Item]:
    base = os.path.join(ends.source, "cache.db")
    for each in raw:
        if ends.given == "diskcache" and not ways.trust and each.path != base:
            check_trust(each.path)
        key = _unpickled(each.key, each, "the key") if type(each.key) is Pickled else each.key
        value = _value(each, ways.values) if each.is_pickled else each.value
        yield Item(key, value, sys.getsizeof(each.value))


def _value(raw: Raw, values: Values) -> Any:
    if values == "raw":
        return raw.value
    if values == "pickle":
        if not isinstance(raw.value, bytes):
            raise _no_pickle(raw)
        return _unpickled(raw.value, raw, "the value of")
    try:
        return json.loads(raw.value)
    except (ValueError, TypeError, RecursionError) as error:
        raise FormatError(
            f"{raw.path}: the value of {raw.key!r:.80} is no JSON: {error}; --values pickle or "
            "--values raw may be what it is"
        ) from error


def _no_pickle(raw: Raw) -> FormatError:
    return FormatError(
        f"{raw.path}: the value of {raw.key!r:.80} is no pickle, but {type(raw.value).__name__}; "
        "--values json reads JSON, and --values raw takes it as it is"
    )


def _unpickled(data: bytes, raw: Raw, what: str) -> Any:
    """The object in a pickle whose writers are trusted. Raises FormatError, CorruptError."""
    what = f"{raw.path}: {what} {raw.key!r:.80}"
    try:
        return pickle.loads(data)  # noqa: S301  # `check_trust` has let it pass, or the user has
    except (ImportError, AttributeError) as error:
        raise FormatError(
            f"{what} cannot be loaded here: {type(error).__name__}: {error}. Set PYTHONPATH to "
            "where its module is"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # a pickle may raise anything at all
        if not data.startswith(b"\x80") and not data.endswith(b"."):
            raise _no_pickle(raw) from error
        raise CorruptError(
            f"{what} is no valid pickle: {type(error).__name__}: {error}. Delete it there, or put "
            "a good copy of the file in its place"
        ) from error


# -- what is made of them


def to_safe(items: Items, name: str, ends: Ends, losses: Losses, step: Step) -> int:
    """Write them to a new safe, in transactions of some thousand each; how many there are."""
    done = 0
    with Safe[Any, Any](name, format=items.format, sync="os", trust=True) as safe:
        for batch in _batches(items.each):
            pairs = [pair for pair in map(_pair, batch) if _is_key(safe, pair[0], losses)]
            if not items.is_unique:
                _note_twice(safe, pairs, losses)
            safe.update(pairs)
            done += sum(each.weight for each in batch) if ends.given == "jsonl" else len(batch)
            step(done, items.total)
        return len(safe)


def _pair(item: Item) -> tuple[Any, Any]:
    return item.key, item.value


def _is_key(safe: Safe[Any, Any], key: object, losses: Losses) -> bool:
    """Whether it can be one; else its value is a loss."""
    if type(key) is str and key.isascii() and len(key) < _SHORT:
        return True
    try:
        key in safe  # noqa: B015  # which packs it
    except FormatError as error:
        losses.add(f"{key!r:.80} would be gone: {str(error).removeprefix(f'{safe.path}: ')}")
        return False
    return True


def _note_twice(safe: Safe[Any, Any], pairs: list[tuple[Any, Any]], losses: Losses) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        mark = repr(key)  # 1, 1.0 and True are three keys here
        if mark in seen or key in safe:
            losses.add(f"the key {key!r:.80} is there twice, of which the last counts")
        seen.add(mark)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    weight = 0
    for item in items:
        batch.append(item)
        weight += item.weight
        if len(batch) >= _MOST or weight > _WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def to_lines(items: Items, name: str, ends: Ends, losses: Losses, step: Step) -> int:  # noqa: ARG001  # as `to_safe`
    """Write them as lines of JSON, ``{"key": …, "value": …}``; how many there are."""
    done = 0
    rules = RULES["jsonl"]
    with replacing(name, "wb", sync="os") as file:
        for done, item in enumerate(items.each, 1):
            value, shown = item.value, key_text(item.key, "text")
            if not is_basic(value):
                value = fitted(value, rules, losses, where=shown)
            key = values.as_json(shown) if shown is item.key else shown
            file.write(f'{{"key": {key}, "value": {values.as_json(value)}}}\n'.encode())
            if not done % _MOST:
                step(done, items.total)
    step(done, items.total)
    return done
