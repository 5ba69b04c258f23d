"""Pythomnic's module safe, on outlive: ``from outlive.compat.pythomnic import pmnc_safe``.

Name and behaviour are those of http://www.pythomnic.org/persistency.html: a module that imports
the name gets a safe of its own, which behaves as a dict. Each statement is a transaction of its
own, durable when it returns, and can be seen by other threads at once::

    pmnc_safe[key] = value
    value = pmnc_safe[key]
    value = pmnc_safe.get(key, default)
    del pmnc_safe[key]
    pmnc_safe["foo"] = {(None,): [1, "bar", Decimal("1.0")]}

As in a shelf, which it was, a value that is changed after it was read is kept once it is assigned
again.

The safe is the file ``data.safe`` in ``safe/node.cage.module/``. Pythomnic put that directory
beside its cages; here it is below ``pythomnic`` in the directory of the private safes, which
OUTLIVE_HOME names. The node is PMNC_NODE, or else that of `outlive.safe`; the cage is PMNC_CAGE,
or else the program, as for `outlive.safe`. Set PMNC_CAGE to the name that the cage had.

The safe belongs to the module in which the name was imported, wherever it is passed on to. It is
opened when it is first used.

Better than in the original: several processes may use it at once, threads do not run into
deadlocks, and the file needs no recovery after a crash. Otherwise than in the original: keys were
any `str`, and are what a `Safe` takes, so at most some 500 bytes; files that BerkeleyDB wrote are
not read. `outlive.safe` is the same with transactions; its safes are others than these.
"""

from __future__ import annotations

import os
import sys
from collections.abc import ItemsView, Iterator, KeysView, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any

from ..safes import private

if TYPE_CHECKING:
    from ..safes.safe import Safe

__all__ = ["pmnc_safe"]

_MISSING = object()


class ModuleSafe(MutableMapping[str, Any]):
    """The safe of one module, opened when it is used.

    >>> from outlive.compat.pythomnic import pmnc_safe
    >>> pmnc_safe["foo"] = [1, "bar"]
    >>> pmnc_safe.get("foo")
    [1, 'bar']
    """

    def __init__(self, module: str) -> None:
        self._module = module

    @property
    def _safe(self) -> Safe[str, Any]:
        node = os.environ.get("PMNC_NODE") or private.node()
        cage = os.environ.get("PMNC_CAGE") or private.app()
        directory = private.file_name(node, cage, self._module)
        return private.opened("pythomnic", "safe", directory, "data.safe")

    def __repr__(self) -> str:
        return f"<pmnc_safe of {self._module}>"

    def __getitem__(self, key: str) -> Any:
        return self._safe[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._safe[key] = value

    def __delitem__(self, key: str) -> None:
        del self._safe[key]

    def __contains__(self, key: object) -> bool:
        return key in self._safe

    def __iter__(self) -> Iterator[str]:
        return iter(self._safe)

    def __len__(self) -> int:
        return len(self._safe)

    # What MutableMapping makes of those would be several transactions, not one.

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        return self._safe.get(key, default)

    def pop(self, key: str, default: Any = _MISSING) -> Any:
        """Take a value out; KeyError if there is none and no default."""
        return self._safe.pop(key) if default is _MISSING else self._safe.pop(key, default)

    def popitem(self) -> tuple[str, Any]:
        """Take out a pair; KeyError if there is none."""
        return self._safe.popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value; the default, which is kept then, if there is none."""
        return self._safe.setdefault(key, default)

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Keep many pairs, in one transaction."""
        self._safe.update(other, **more)

    def clear(self) -> None:
        """Forget all, in one transaction."""
        self._safe.clear()

    def keys(self) -> KeysView[str]:
        """A view of the keys, in their order."""
        return self._safe.keys()

    def values(self) -> ValuesView[Any]:
        """A view of the values, in the order of their keys."""
        return self._safe.values()

    def items(self) -> ItemsView[str, Any]:
        """A view of the pairs, in the order of their keys."""
        return self._safe.items()


pmnc_safe: ModuleSafe

if not TYPE_CHECKING:  # to type checkers it would be every name

    def __getattr__(name: str) -> ModuleSafe:
        """The safe of the module that asks for it, by ``from … import`` or as an attribute."""
        if name != "pmnc_safe":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        return ModuleSafe(private.calling_module(sys._getframe().f_back))
