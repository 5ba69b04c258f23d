"""The methods of a safe that read and then write, so that nobody comes in between."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from ..engines import Buffer, Engine, Range
from ..errors import ConflictError
from .bounds import ALL
from .doors import refuse_closed, refuse_write
from .missing import MISSING, NotGiven
from .opened import Mode, Opened
from .reading import Reading
from .retry import Stale, commit, note, until_kept
from .transaction import Repeated, Transaction

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
R = TypeVar("R")


class Changing(Reading[K, V], MutableMapping[K, V]):
    """What a safe does in more than one step.

    None of them holds a lock. They read a snapshot, close it, and commit on condition that what
    they read is still so; if it is not, all but `edit` and `transaction` begin again.
    """

    path: str
    _opened: Opened
    _engine: Engine  # what takes commits: a door if the safe only reads, or is closed
    _mode: Mode

    def __delitem__(self, key: K) -> None:
        self._check_writable()
        packed = self._codec.pack(key)

        def delete() -> None:
            rev, _ = self._read(packed)
            if not rev:
                raise KeyError(key)
            commit(self._engine, {packed: None}, {packed: rev})

        until_kept(self.path, delete)

    @overload
    def pop(self, key: K, /) -> V: ...
    @overload
    def pop(self, key: K, /, default: V) -> V: ...
    @overload
    def pop(self, key: K, /, default: T) -> V | T: ...
    def pop(self, key: K, /, default: Any = MISSING) -> Any:
        """Take a key out and return its value; one caller alone gets it. As for a dict."""
        self._check_writable()
        packed = self._codec.pack(key)

        def pop() -> Any:
            rev, data = self._read(packed)
            if data is None:
                if default is MISSING:
                    raise KeyError(key)
                return default
            value = self._codec.decode(key, data)
            commit(self._engine, {packed: None}, {packed: rev})
            return value

        return until_kept(self.path, pop)

    def popitem(self, last: bool = True) -> tuple[K, V]:
        """Take out the last key with its value, or the first; one caller alone gets it.

        Raises KeyError if the safe is empty.

        >>> with outlive.Safe("queue.safe") as queue:
        ...     queue.update({1: "first", 2: "second"})
        ...     queue.popitem(last=False)
        (1, 'first')
        """
        self._check_writable()

        def pop() -> tuple[K, V]:
            item, packed, seen = self._outermost(last)
            commit(self._engine, {packed: None}, {}, [seen])
            return item

        return until_kept(self.path, pop)

    @overload
    def setdefault(self: Changing[K, T | None], key: K, default: None = None, /) -> T | None: ...
    @overload
    def setdefault(self, key: K, default: V, /) -> V: ...
    def setdefault(self, key: K, default: Any = None, /) -> Any:
        """The value of `key`, which is `default` if it was not there; as for a dict, but a copy."""
        self._check_writable()
        packed = self._codec.pack(key)

        def set_default() -> Any:
            _, data = self._read(packed)
            if data is not None:
                return self._codec.decode(key, data)
            new = self._codec.encode(key, default)
            commit(self._engine, {packed: new}, {packed: 0})
            return self._codec.decode(key, new)

        return until_kept(self.path, set_default)

    if not TYPE_CHECKING:  # a checker knows that of MutableMapping, which is long

        def update(self, other=(), /, **more):
            """As for a dict, and one transaction: all of it is kept, or nothing."""
            self._update(other, more)

    def _update(self, other: object, more: Mapping[str, object]) -> None:
        self._engine.commit(self._codec.encode_all(other, more))
        note(self.path)

    def __ior__(self, other: Mapping[K, V] | Iterable[tuple[K, V]]) -> Self:
        self._update(other, {})
        return self

    def clear(self) -> None:
        """Delete all keys, in one transaction."""
        self._check_writable()
        self.transact(lambda t: t.clear())

    def modify(self, key: K, change: Callable[[V], V], default: V | NotGiven = MISSING) -> V:
        """Put what `change` returns in the place of the value, and return it, too.

        Between all threads and processes nothing comes in between: if someone else changes the
        value meanwhile, `change` is called again, with the new one. It gets a copy of the value,
        or of `default`; without one a key that is not there raises KeyError. What `change` raises
        is raised, and nothing is changed then. Raises ConflictError if `change` itself writes to
        the key, ten times in a row.

        >>> with outlive.Safe("hits.safe") as safe:
        ...     safe.modify("hits", lambda n: n + 1, default=0)
        1
        """
        self._check_writable()
        packed = self._codec.pack(key)

        def attempt() -> V:
            rev, data = self._read(packed)
            new = change(self._codec.decode(key, self._or_default(key, data, default)))
            encoded = self._codec.encode(key, new)
            if encoded != data:
                commit(self._engine, {packed: encoded}, {packed: rev})
            return new

        return until_kept(self.path, attempt)

    @contextmanager
    def edit(self, key: K, default: V | NotGiven = MISSING) -> Generator[V, None, None]:
        """A block that changes the value in place: it is kept at the end, unless the block raises.

        The value is a copy of what is kept, or of `default`; without one a key that is not there
        raises KeyError. If someone else changed it meanwhile, the end raises ConflictError, and
        nothing is written; nor is anything if nothing was changed.

        >>> with outlive.Safe("edited.safe") as safe:
        ...     with safe.edit("queue", default=[]) as queue:
        ...         queue.append("job")
        ...     safe["queue"]
        ['job']
        """
        self._check_writable()
        packed = self._codec.pack(key)
        rev, data = self._read(packed)
        value: V = self._codec.decode(key, self._or_default(key, data, default))
        yield value
        encoded = self._codec.encode(key, value)
        if encoded == data:
            return
        try:
            commit(self._engine, {packed: encoded}, {packed: rev})
        except Stale as stale:
            raise ConflictError(
                f"{self.path}: the value of {key!r:.99} was changed by someone else since edit() "
                "read it; nothing was written. Use modify() or transact(), which run again, or "
                "edit it once more"
            ) from stale.__cause__

    def transaction(self) -> AbstractContextManager[Transaction[K, V]]:
        """A block whose changes are kept together at its end, or not at all: a `Transaction`.

        Raises ConflictError at the end if someone else changed what the block read; then nothing
        is written. `transact` runs it again.

        >>> with outlive.Safe("both.safe") as safe:
        ...     with safe.transaction() as t:
        ...         t["a"] = 1
        ...         t["b"] = t["a"] + 1
        ...     dict(safe)
        {'a': 1, 'b': 2}
        """
        return Transaction(self)

    def transact(self, f: Callable[[Transaction[K, V]], R]) -> R:
        """Call `f` with a transaction, keep its changes, and return what it returned.

        After a conflict with someone else it is called again, with a new transaction, for as long
        as it takes. What `f` raises is raised, and nothing is changed then. Raises ConflictError if
        `f` writes to the safe itself, and so meets its own changes, ten times in a row.

        >>> with outlive.Safe("sums.safe") as safe:
        ...     safe.update(a=1, b=2)
        ...     safe.transact(lambda t: t.setdefault("sum", sum(t.values())))
        3
        """

        def attempt() -> R:
            with Repeated(self) as transaction:
                return f(transaction)

        return until_kept(self.path, attempt)

    def _read(self, packed: bytes) -> tuple[int, bytes | None]:
        """The revision of a key, 0 if it is not there, and its data."""
        entry = self._opened.get(packed)
        return (0, None) if entry is None else (entry.rev, bytes(entry.value))

    def _outermost(self, last: bool) -> tuple[tuple[K, V], bytes, Range]:
        """The last or first item, its packed key, and what must stay so that it is that."""
        snapshot = self._opened.begin()
        try:
            for packed, entry in snapshot.scan(ALL.start, ALL.stop, reverse=last):
                edges = (packed, ALL.stop) if last else (ALL.start, packed + b"\0")
                return self._codec.item(packed, entry.value), packed, Range(*edges, snapshot.rev)
            raise KeyError("popitem(): the safe is empty")
        finally:
            snapshot.close()

    def _or_default(self, key: K, data: bytes | None, default: V | NotGiven) -> Buffer:
        """`data`, or that of `default`: whoever gets it as a value gets a copy."""
        if data is not None:
            return data
        if default is MISSING:
            raise KeyError(key)
        return self._codec.encode(key, default)

    def _check_writable(self) -> None:
        if self._mode == "r":
            refuse_write(self.path)

    def _check_still(self, engine: Engine) -> None:
        """Raise ClosedError if the safe was closed since its engine was `engine`."""
        if self._engine is not engine:
            refuse_closed(self.path)
