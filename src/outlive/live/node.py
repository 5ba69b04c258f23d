"""What the live containers have in common: where they stand, and whom they tell of a change."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..errors import FormatError, ReadOnlyError
from .change import Change, Key

if TYPE_CHECKING:
    from .mapping import LiveDict
    from .sequence import LiveList

Node: TypeAlias = "LiveDict | LiveList"


# What a root may be about.
IDLE, CHANGING, BROKEN = 0, 1, 2  # broken: a change began, and a Ctrl-C came before its end


_MOST_PARTS = 20  # of a path, in a message


class Root(Protocol):
    """Who keeps a live document: told of each change before it is made.

    `record` and `record_all` raise if the change cannot be kept; then nothing is changed. `busy`
    is CHANGING from the moment that a change begins until it is made in memory as well; who finds
    it so calls `unfinished` first. `undo` holds, in a transaction, what each container held before.
    When `is_due` is set, `tidy` is called as soon as a change is made.
    """

    path: str  # of the file, for messages
    top: LiveDict
    busy: int
    is_due: bool
    undo: dict[int, tuple[Node, Any]] | None

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """What shuts out other threads; re-entrant."""

    def set_atom(self, node: LiveDict, key: str, value: Any) -> None:
        """Keep that an item is set to a value whose type is in ATOMS, and set it.

        It does what `changing.set_item` does; a root may have a shorter way, since this is the
        change that most programs make most often.
        """

    def record(self, kind: str, path: tuple[Key, ...], key: Key, value: object) -> None:
        """Keep one change."""

    def record_all(self, changes: Sequence[Change]) -> None:
        """Keep several changes, all or none."""

    def broken_off(self, error: BaseException, /) -> None:
        """A change was begun and not ended."""

    def unfinished(self) -> None:
        """Mend what a change that was broken off left, or refuse."""

    def tidy(self) -> None:
        """Do what is due between two changes."""

    def convert(self, value: object) -> object:
        """A value of a type that the document does not know, as one that it does, or itself."""


class NameTakenError(FormatError, AttributeError):
    """An attribute that cannot be set, because it is a method; the key can."""


def path_of(node: Node) -> tuple[Key, ...]:
    """The keys and indices from the top to a container.

    A child knows its parent, and the key that it has there. In a list it knows the index that it
    had when last asked, less what the list had been shifted by until then; so it is found at once
    after changes at the front, as in a queue. From there the search goes outwards. Raises
    ReadOnlyError if the container is no longer part of the document.
    """
    path: list[Key] = []
    here = node
    while (parent := here._live_parent) is not None:
        key = here._live_key
        if isinstance(parent, dict):
            if parent.get(key) is not here:
                raise _gone(node)
        else:
            key += parent._live_shift
            if not (0 <= key < len(parent) and parent[key] is here):
                key = _find(parent, here, key)
                if key < 0:
                    raise _gone(node)
                object.__setattr__(here, "_live_key", key - parent._live_shift)
        path.append(key)
        here = parent
    path.reverse()
    return tuple(path)


def _find(items: list[Any], item: object, near: int) -> int:
    """The index of an item, looked for from `near` outwards; -1 if it is not there."""
    end = len(items)
    near = min(max(near, 0), end)
    low, high = near - 1, near
    while low >= 0 or high < end:
        if high < end and items[high] is item:
            return high
        if low >= 0 and items[low] is item:
            return low
        low, high = low - 1, high + 1
    return -1


def _gone(node: Node) -> ReadOnlyError:
    kind = "dict" if isinstance(node, dict) else "list"
    return ReadOnlyError(
        f"{node._live_root.path}: this {kind} was replaced or taken out of the state, so a change "
        "of it would be lost; take it from the state again, or copy it"
    )


def shown(path: Sequence[Key]) -> str:
    """A path as people write it.

    >>> shown(("server", "tags", 3, "my key"))
    "state.server.tags[3]['my key']"
    """
    parts = ["state"]
    for key in path:
        is_name = isinstance(key, str) and key.isidentifier()
        parts.append(f".{key}" if is_name else f"[{_short(key)}]")
    if len(parts) > _MOST_PARTS:
        parts[_MOST_PARTS // 2 : -_MOST_PARTS // 2] = ["…"]
    return "".join(parts)


def _short(key: Key) -> str:
    try:
        return repr(key)
    except ValueError:  # an int of more digits than Python turns into text
        return "a very large int"
