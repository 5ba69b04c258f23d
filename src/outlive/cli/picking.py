"""Which piece of which store a person asked to edit, opened and locked for it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from ..errors import CorruptError, LockedError
from . import inside
from .kinds import Kind, format_of, recognise
from .on_store import Raw
from .pieces import Document, Piece, Value, changed_meanwhile, check_state, check_store, locked
from .shown import same
from .target import Options, foreign

if TYPE_CHECKING:
    from ..safes.transaction import Transaction

_TEXTS = ("json", "yaml", "toml")


def pick(stack: ExitStack, path: str, key: str | None, options: Options) -> Piece:
    """The piece that KEY means in the store at `path`; it is open until the stack is closed.

    Raises LockedError if another program has it, NoKeyError, and what the face raises;
    click.UsageError if a key is missing, or means nothing.
    """
    kind = recognise(path)
    if kind is Kind.STATE:
        with _with_advice(path):
            return _of_state(stack, path, key, options)
    if kind is Kind.STORE:
        return _of_store(stack, path, key, options)
    if kind not in (Kind.SAFE, Kind.STORAGE):
        raise foreign(path, kind)
    if key is None or (kind is Kind.STORAGE and key == inside.WHOLE):
        what = "the KEY" if kind is Kind.SAFE else "the TABLE"
        raise click.UsageError(
            f"give {what} to edit; outlive show {path} lists what there is",
            click.get_current_context(),
        )
    if kind is Kind.SAFE:
        return _of_safe(stack, path, key, options)
    return _of_storage(stack, path, key, options)


@contextmanager
def _with_advice(path: str) -> Iterator[None]:
    """Say to whom finds a State held by a program that an edit needs no command."""
    try:
        yield
    except LockedError as error:
        message = (
            f"{error}; a program that has a State open takes in what you write into {path} "
            "directly, with any editor"
        )
        raise LockedError(message, error.pid) from error


def _name(path: str, key: str) -> str:
    part = re.sub(r"[^\w.-]+", "_", key).strip("._")
    return f"{os.path.basename(path)}.{part}"


def _where(path: str, key: str) -> str:
    return f"{path}, {key}"


# -- documents


def _of_state(stack: ExitStack, path: str, key: str | None, options: Options) -> Piece:
    from ..opening import open as open_store
    from ..state.state import State

    if key is not None and key != inside.WHOLE:
        return _part_of_state(stack, path, key, options)
    with suppress(CorruptError):  # to mend it is what the person is here for
        # The entries of a program that was killed become part of the document.
        State(path, timeout=options.timeout or 0.0).close()
    # The lock of a Store is that of a State. Its own would write its text anew.
    store = open_store(path, format=Raw, timeout=options.timeout or 0.0)
    return Document(path, ".yaml", stack.enter_context(locked(store)), check_state)


def _part_of_state(stack: ExitStack, path: str, key: str, options: Options) -> Piece:
    from .on_state import StateTarget

    target = stack.enter_context(StateTarget(path, True, options))

    def get() -> Any:
        target.state.refresh()  # a person may have changed the file with another editor
        return target.get(key)

    def put(old: Any, new: Any) -> None:
        if not same(get(), old):
            raise changed_meanwhile(_where(path, key))
        target.set(key, new)

    return Value(_where(path, key), _name(path, key), get, put)


def _of_store(stack: ExitStack, path: str, key: str | None, options: Options) -> Piece:
    from .on_store import opened

    format = format_of(path)
    is_whole = key is None or key == inside.WHOLE
    waits = Options(trust=options.trust, timeout=options.timeout or 0.0)
    if not is_whole or format not in (*_TEXTS, None):
        return _value_in_store(stack, path, inside.WHOLE if key is None else key, waits)
    store = stack.enter_context(locked(opened(path, waits, Raw)))
    return Document(path, f".{format or 'json'}", store, lambda trial: check_store(trial, format))


def _value_in_store(stack: ExitStack, path: str, key: str, options: Options) -> Piece:
    from .on_store import StoreTarget, opened

    steps = inside.parse(key)
    target = StoreTarget(path, True, options)
    store = stack.enter_context(locked(opened(path, options)))
    where = _where(path, key) if steps else path

    def get() -> Any:
        store.reload()
        return inside.find(store.value, steps)

    def put(_: Any, new: Any) -> None:
        target.check(new)
        try:
            if steps:
                inside.assign(store.value, steps, new)
            else:
                store.value = new
            store.commit()
        except BaseException:
            store.rollback()
            raise

    name = _name(path, key) if steps else os.path.basename(path)
    return Value(where, name, get, put)


# -- keys and tables


def _of_safe(stack: ExitStack, path: str, key: str, options: Options) -> Piece:
    from ..safes.safe import Safe
    from .on_safe import SafeTarget, key_of
    from .values import check_kept

    where = _where(path, key)
    target = stack.enter_context(SafeTarget(path, True, options))
    safe: Safe[Any, Any] = target.safe
    whole = key_of(key, options.key_type)

    def get() -> Any:
        try:
            return safe[whole]
        except KeyError:
            raise target.no_key(whole) from None

    def put(old: Any, new: Any) -> None:
        def exchange(t: Transaction[Any, Any]) -> None:
            if whole not in t or not same(t[whole], old):
                raise changed_meanwhile(where)
            t[whole] = new
            check_kept(new, t[whole], where)

        safe.transact(exchange)

    return Value(where, _name(path, key), get, put)


def _of_storage(stack: ExitStack, path: str, key: str, options: Options) -> Piece:
    from ..tables.view import View
    from .on_storage import StorageTarget
    from .rows import Rows

    target = stack.enter_context(StorageTarget(path, True, options))
    where, name = _where(path, key), _name(path, key)
    if isinstance(target.find(inside.parse(key)), View):
        return Rows(where, f"{name}.yaml", target, key)

    def put(_: Any, new: Any) -> None:
        try:
            target.set(key, new)
        except BaseException:
            target.storage.rollback()
            raise

    return Value(where, name, lambda: target.get(key), put)
