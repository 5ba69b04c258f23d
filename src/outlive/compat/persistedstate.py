"""PersistedState 26.1, on outlive: ``from outlive.compat.persistedstate import PersistedState``.

Names, arguments and files are those of https://github.com/presidento/persistedstate. It opens what
the versions 23.4 to 26.1 left, closed or killed at any moment, and they open what it writes, as
long as no transaction and no other change of several items at once is among the last changes. Keys
are sorted when the file is vacuumed, unless a person put comments in it.

Better than in the original:

- What was acknowledged is found again after a kill: changes with negative indices, or after an
  insertion before a nested container; floats such as 1e16, nan, any character.
- A change that raises leaves no trace in the file.
- A torn entry costs no more than itself, and says so; the original raises, and wipes what it could
  not read. So it does with a document in which a person mistyped: here that is a CorruptError, and
  the file is left as it is.
- A vacuum replaces the file atomically. Comments survive it.
- Who opens a file that is open already gets a LockedError, where the original let one of both
  lose its changes. That includes a state which was forgotten rather than closed: `close` it.
- Lists and dicts are real ones: slices, `sort`, ``==``, ``|``, `copy`, ``json.dumps``, ``del
  state.name``, and attributes at every depth.

A change after `close` raises ClosedError, not ValueError. The original is a MutableMapping and no
dict, and writes to the loggers ``persistedstate.*``; this one does not.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Self

from ..disk.fs import absolute
from ..state.state import State, attach

__all__ = ["MappedYaml", "PersistedState"]


class MappedYaml(State):
    """A mapping in a YAML file, whose items are no attributes."""

    __slots__ = ()

    def __new__(cls, /, *_: object, **__: object) -> Self:
        """As `__init__`; a default may have the name ``cls``."""
        return dict.__new__(cls)

    def __init__(self, _filepath: str | os.PathLike[str]) -> None:
        _attach(self, _filepath, {})

    @property
    def _thread_lock(self) -> AbstractContextManager[Any]:
        return self._live_session.root.lock

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self)} object has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)


class PersistedState(MappedYaml):
    """A mapping in a YAML file, whose items are attributes; assigned names with ``_`` are not.

    >>> with PersistedState("example.state", last_id=0) as state:
    ...     state.last_id += 1
    """

    __slots__ = ()

    def __init__(self, _filepath: str | os.PathLike[str], **defaults: object) -> None:
        _attach(self, _filepath, defaults)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            return super().__getattr__(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        if name in self and not name.startswith("_"):
            del self[name]
        else:
            object.__delattr__(self, name)


def _attach(
    state: MappedYaml, path: str | os.PathLike[str], defaults: Mapping[str, object]
) -> None:
    attach(state, absolute(path), {}, sort_keys=True)
    object.__setattr__(state, "__dict__", {})  # for attributes that are no items
    try:
        for name, value in defaults.items():
            state.setdefault(name, value)
    except BaseException:
        state.close()
        raise


class _ItemFirst:
    """A method that the original lacks: an item of the same name goes before it, as it did."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.method = inspect.getattr_static(State, name)

    def __get__(self, state: PersistedState | None, owner: type[PersistedState]) -> Any:
        if state is not None and self.name in state:
            return state[self.name]
        return self.method.__get__(state, owner)


for _name in set(dir(State)) - set(dir(MutableMapping)) - {"close"}:
    if not _name.startswith("_"):
        setattr(PersistedState, _name, _ItemFirst(_name))
