"""The live dict: a real one, which reports each change by path before it makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, SupportsIndex

from .change import Change, Key
from .changing import make, set_item
from .node import NameTakenError, Node, Root, path_of
from .values import ATOMS, KEYS, plain

_MISSING: Any = object()


class LiveDict(dict[Any, Any]):
    """A dict inside a State, or the State itself.

    Its items with names are attributes too: it is its own ``__dict__``, so that reading one takes
    no call of ours. Where a key is the name of a method, the method keeps the name; then the
    ``__dict__`` is another, empty one, and `__getattr__` looks the items up.
    """

    __slots__ = ("__dict__", "_live_key", "_live_parent", "_live_root")
    _live_reserved: ClassVar[frozenset[str]] = frozenset()
    _live_key: Any
    _live_parent: Node | None
    _live_root: Root
    _live_fit: ClassVar[Callable[[Node, tuple[Key, ...], Key, object], Any]]

    def __new__(cls, /, *values: Any, **more: Any) -> Any:
        """A plain dict, as `dataclasses.asdict` wants one: a live one has its place in a state."""
        return dict(*values, **more)

    fromkeys = dict.fromkeys

    def __init_subclass__(cls) -> None:
        _install_setters(cls)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r} here", name=name, obj=self) from None

    if TYPE_CHECKING:
        # The setters: see `_install_setters`. Any, or checkers would narrow `state.x`. And no
        # __init__ of dict's: pyright would check a State's arguments against it.

        def __init__(self, *_: Any, **__: Any) -> None: ...
        def __setattr__(self, name: str, value: Any) -> None: ...
        def __setitem__(self, key: Key, value: Any) -> None: ...

    def __delattr__(self, name: str) -> None:
        if name in self._live_reserved:
            self._refuse_name(name)
        if name not in self:
            raise AttributeError(f"there is no {name!r} here", name=name, obj=self)
        self.pop(name)

    def __delitem__(self, key: Key) -> None:
        self.pop(key)

    def setdefault(self, key: Key, default: object = None) -> Any:
        """As for a dict; what is returned is live."""
        with self._live_root.lock:
            if key not in self:
                self[key] = default
            return self[key]

    def pop(self, key: Key, default: Any = _MISSING) -> Any:
        """As for a dict; what is returned is plain."""
        with self._live_root.lock:
            if key not in self:
                if default is _MISSING:
                    raise KeyError(key)
                return default
            if type(key) not in KEYS:  # equal to the key, as a StrEnum's member is
                key = next(own for own in self if own == key)
            value = self[key]
            make(self, [Change("delete", path_of(self), key)], dict.__delitem__, key)
            return plain(value)

    def popitem(self) -> tuple[Any, Any]:
        """As for a dict; the value is plain."""
        with self._live_root.lock:
            key = next(reversed(self), _MISSING)
            if key is _MISSING:
                raise KeyError("popitem(): dictionary is empty")
            return key, self.pop(key)

    def clear(self) -> None:
        """As for a dict."""
        with self._live_root.lock:
            path = path_of(self)
            if path and len(self) > 1:
                changes = [Change("set", path[:-1], path[-1], {})]
            else:
                changes = [Change("delete", path, key) for key in self]
            make(self, changes, dict.clear)

    def update(self, other: Any = (), /, **more: object) -> None:
        """As for a dict: all of it is kept, or nothing."""
        with self._live_root.lock:
            path, new = path_of(self), {}
            for key, value in dict(other, **more).items():
                if self.get(key, _MISSING) is not value:
                    new[key] = self._live_fit(path, key, value)
            self._make_room(new)
            make(self, [Change("set", path, *pair) for pair in new.items()], dict.update, new)

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]  # as wide as update
        self.update(other)
        return self

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, _: object) -> dict[Any, Any]:
        copied: dict[Any, Any] = plain(self)
        return copied

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return dict, (plain(self),)

    def _refuse_name(self, name: str) -> NoReturn:
        raise NameTakenError(
            f"{self._live_root.path}: {name!r} is a method or another name of the class, so no "
            f'item can be reached as that attribute; use state["{name}"]'
        )

    def _make_room(self, keys: Iterable[object]) -> None:
        """Let the methods keep their names when such keys come in."""
        if not self._live_reserved.isdisjoint(keys) and self.__dict__ is self:
            object.__setattr__(self, "__dict__", {})


def _install_setters(cls: type[LiveDict]) -> None:
    """Give a class its setters, which know the names of its methods.

    To look them up in the class, each time, would take a tenth of what a change takes.
    """
    reserved = frozenset(dir(cls)) | {"_live_fit"}
    cls._live_reserved = reserved

    def set_attribute(self: LiveDict, name: str, value: Any) -> None:
        if name in reserved:
            self._refuse_name(name)
        if type(value) in ATOMS and type(name) is str:
            self._live_root.set_atom(self, name, value)
        else:
            set_item(self, name, value)

    def set_value(self: LiveDict, key: Key, value: Any) -> None:
        if key in reserved:
            self._make_room((key,))
        if type(value) in ATOMS and type(key) is str:
            self._live_root.set_atom(self, key, value)
        else:
            set_item(self, key, value)

    for name, setter in (("__setattr__", set_attribute), ("__setitem__", set_value)):
        if getattr(cls, name) in _replaceable:  # and not one that a subclass made
            setattr(cls, name, setter)
            _replaceable.append(setter)


_replaceable: list[object] = [dict.__setattr__, dict.__setitem__]
_install_setters(LiveDict)
