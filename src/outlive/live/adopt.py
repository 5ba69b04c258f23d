"""Values on their way into a document: checked, copied, and live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias

from ..errors import FormatError
from .change import Key
from .mapping import LiveDict
from .node import Node, shown
from .sequence import LiveList
from .values import DEEPEST, SCALARS, UnfitError, not_held, scalar
from .values import key as checked_key

_SAFE = frozenset((int, bool, type(None), bytes, float, date))  # need no look at all
_hide = object.__setattr__  # what the containers keep for themselves is no item


_Todo: TypeAlias = list[tuple[Node, Any, int]]  # a new container, what it is a copy of, its depth


def adopt(value: Any, parent: Node, key: Key, depth: int) -> Any:
    """A copy of `value` that is live, or the scalar itself. Raises UnfitError.

    `depth` is the number of containers around it, its parent among them.
    """
    todo: _Todo = []
    try:
        made = _begin(value, parent, key, depth, todo)
    except UnfitError as error:
        error.keys.append(key)
        raise
    _fill_all(todo, parent)
    return made


def fill(top: LiveDict, value: Mapping[Any, Any]) -> None:
    """Put copies of all items of `value` into the top of a document, without a report."""
    _fill_all([(top, value, 1)], top)


def _begin(value: Any, parent: Node, key: Key, depth: int, todo: _Todo) -> Any:
    """What shall stand for a value; if it is a container, what to put into it goes to `todo`."""
    if type(value) in SCALARS:
        return scalar(value)
    node: Node
    if isinstance(value, dict):
        node = dict.__new__(LiveDict)
        _hide(node, "__dict__", node)
    elif isinstance(value, list | tuple):
        node = list.__new__(LiveList)
        _hide(node, "_live_shift", 0)
    else:
        converted = parent._live_root.convert(value)
        if converted is value:
            raise not_held(value)
        return _begin(converted, parent, key, depth, todo)
    if depth >= DEEPEST:
        raise UnfitError(f"be nested more than {DEEPEST} deep")
    _hide(node, "_live_root", parent._live_root)
    _hide(node, "_live_parent", parent)
    shift = parent._live_shift if isinstance(parent, LiveList) else 0
    _hide(node, "_live_key", key - shift if shift else key)  # type: ignore[operator]  # an index
    todo.append((node, value, depth + 1))
    return node


def _fill_all(todo: _Todo, stop: Node) -> None:
    """Fill new containers, and those that come with it. Not by recursion: they may be deep."""
    while todo:
        node, source, depth = todo.pop()
        fill_one = _fill_dict if isinstance(node, dict) else _fill_list
        try:
            fill_one(node, source, depth, todo)
        except UnfitError as error:
            while node is not stop:
                key, node = node._live_key, node._live_parent  # type: ignore[assignment]  # has one
                error.keys.append(key + node._live_shift if isinstance(node, LiveList) else key)
            raise


def _fill_dict(node: Any, source: Mapping[Any, Any], depth: int, todo: _Todo) -> None:
    put = dict.__setitem__
    for key, item in list(source.items()):
        if type(key) is not str or not key.isascii():
            checked_key(key)
        try:
            put(node, key, item if type(item) in _SAFE else _begin(item, node, key, depth, todo))
        except UnfitError as error:
            error.keys.append(key)
            raise
    node._make_room(source)


def _fill_list(node: Any, source: Iterable[Any], depth: int, todo: _Todo) -> None:
    put = list.append
    for index, item in enumerate(list(source)):
        try:
            put(node, item if type(item) in _SAFE else _begin(item, node, index, depth, todo))
        except UnfitError as error:
            error.keys.append(index)
            raise


def _fit(node: Node, path: tuple[Key, ...], key: Key, value: object) -> Any:
    """A live copy of a value that shall stand in `node` under `key`. Raises FormatError."""
    try:
        if isinstance(node, dict):
            checked_key(key)
        return adopt(value, node, key, len(path) + 1)
    except UnfitError as error:
        where = shown([*path, *reversed(error.keys)])
        file = node._live_root.path
        raise FormatError(f"{file}: {where} cannot {error.reason}. Nothing changed") from error


LiveDict._live_fit = LiveList._live_fit = _fit
