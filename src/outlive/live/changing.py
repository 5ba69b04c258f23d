"""How a change is made: kept first, then done in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .change import Change, Key
from .node import BROKEN, CHANGING, IDLE, Node, path_of
from .values import ATOMS

if TYPE_CHECKING:
    from .mapping import LiveDict


def set_item(node: LiveDict, key: Key, value: object) -> None:
    """Set one item."""
    root = node._live_root
    with root.lock:
        if root.busy:
            root.unfinished()
        path = () if node is root.top else path_of(node)
        if type(value) not in ATOMS or type(key) is not str:
            if node.get(key) is value and value is not None:
                return  # `state.x += […]` ends with setting x to what it is
            value = node._live_fit(path, key, value)
        root.busy = CHANGING
        try:
            root.record("set", path, key, value)
            if root.undo is not None and id(node) not in root.undo:
                root.undo[id(node)] = (node, dict(node))
            dict.__setitem__(node, key, value)
        except BaseException as error:
            root.busy = BROKEN
            root.broken_off(error)
            raise
        root.busy = IDLE
        if root.is_due:
            root.tidy()


def make(
    node: Node, changes: list[Change], apply: Callable[..., object], *arguments: object
) -> None:
    """Have changes of one container kept, then make them in memory."""
    if not changes:
        return
    root = node._live_root
    if root.busy:
        root.unfinished()
    root.busy = CHANGING
    try:
        if len(changes) == 1:
            root.record(*changes[0])
        else:
            root.record_all(changes)
        if root.undo is not None and id(node) not in root.undo:
            root.undo[id(node)] = (node, node.__copy__())
        apply(node, *arguments)
    except BaseException as error:
        root.busy = BROKEN
        root.broken_off(error)
        raise
    root.busy = IDLE
    if root.is_due:
        root.tidy()


def restore(node: Node, content: Any) -> None:
    """Make a container what it was, without a report."""
    if isinstance(node, dict):
        dict.clear(node)
        dict.update(node, content)
    else:
        list.__setitem__(node, slice(None), content)
