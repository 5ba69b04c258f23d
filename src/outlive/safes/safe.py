"""`Safe`: a durable dict of any Python objects, for many threads and processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from ..disk.atomic import PathLike, checked_sync
from ..disk.replacement import Sync
from ..engines import Engine
from ..errors import FormatError
from ..formats import FormatLike
from ..formats.keys import pack
from .ahead import scan
from .bounds import Bounds
from .changing import Changing
from .doors import Closed, ReadOnly, refuse_closed
from .opened import Mode, Opened
from .reading import Make
from .retry import note
from .snapshot import SafeSnapshot, count

if TYPE_CHECKING:  # what is not said is Any; Python has it from 3.13 on
    from typing_extensions import TypeVar as TypeVarWithDefault

    K = TypeVarWithDefault("K", default=Any)
    V = TypeVarWithDefault("V", default=Any)
else:
    K = TypeVar("K")
    V = TypeVar("V")
T = TypeVar("T")


class Safe(Changing[K, V]):
    """A dict in a file, of any Python objects; each change is on the disk when it returns.

    `path`
        The file, made if there is none; LMDB keeps ``PATH-lock`` beside it. Or an `Engine`, which
        whoever made it closes.
    `type`
        A dataclass, TypedDict, msgspec.Struct, ``list[Run]``, …: values are checked when they are
        written, and are of that type when they are read. They are kept as MessagePack then.
    `format`
        None is what the file has; a new one has "pickle", which takes (nearly) any object. Else
        "json", "msgpack", "yaml", …, or any module, object or class with ``dump`` and ``load`` or
        ``dumps`` and ``loads``. A file has one format, and remembers it.
    `mode`
        "rw", or "r" to read: every write raises ReadOnlyError.
    `sync`
        "full": what returned survives a power cut. "os": it survives a crash of the process; a
        power cut may lose the last changes.
    `trust`
        Read pickles although other users could have written them (reading one runs what is in it).

    Keys: str, bytes, int, float, bool, None, date, datetime, UUID, and tuples of them. Those of
    different types are different (1, 1.0, True). They are in the order of FoundationDB's tuple
    layer, in which `keys`, `values` and `items` can give a part of them.

    Any number of threads and processes use one file at once; a child after a fork uses the safe
    that it inherited. Each access is a transaction of its own: `update`, `clear` and ``|=`` too,
    as a whole, and `pop`, `popitem` and `setdefault` between all threads and processes. But two
    assignments are two, and others may see the first alone, and ``safe["n"] += 1`` is a read and
    a write, between which others may write: for that there are `modify`, `edit`, `transact` and
    `transaction`. An iteration sees one moment. If it is long, it holds a snapshot until its end:
    to leave one early, iterate over `snapshot` in a ``with`` block.

    What is read is a copy: to change it changes nothing in the safe. See `modify` and `edit`.
    Pickles name classes and functions by module and name, and these must be importable later.

    Raises FormatError for a key or value that does not fit, and for a file of another format;
    CorruptError, UntrustedError, ReadOnlyError, ClosedError, ConflictError from a block that met
    another's change, DiskError, and FullError, after which it can be used again when there is room;
    LockedError in a signal handler that came in the middle of a commit. Nothing is changed then.

    The idea is that of the module safe of Pythomnic, https://pythomnic3k.sourceforge.net.

    >>> with outlive.Safe("jobs.safe") as safe:
    ...     safe["first"] = {(None,): [1, "bar"]}
    ...     safe["second"] = {"done", "sent"}
    >>> with outlive.Safe("jobs.safe") as safe:
    ...     safe["first"], len(safe), "third" in safe
    ({(None,): [1, 'bar']}, 2, False)
    """

    @overload
    def __init__(
        self: Safe[Any, T],
        path: PathLike | Engine,
        *,
        type: type[T],
        format: FormatLike | None = None,
        mode: Mode = "rw",
        sync: Sync = "full",
        trust: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self,
        path: PathLike | Engine,
        *,
        type: None = None,
        format: FormatLike | None = None,
        mode: Mode = "rw",
        sync: Sync = "full",
        trust: bool = False,
    ) -> None: ...
    def __init__(
        self,
        path: PathLike | Engine,
        *,
        type: Any = None,
        format: FormatLike | None = None,
        mode: Mode = "rw",
        sync: Sync = "full",
        trust: bool = False,
    ) -> None:
        self._options: dict[str, Any] = {
            "type": type,
            "format": format,
            "mode": mode,
            "sync": checked_sync(sync),
            "trust": trust,
        }
        self._opened = Opened(path, **self._options)
        self.path = self._opened.path
        self._mode = mode
        self._codec = self._opened.codec
        self._engine = self._opened.engine
        if mode == "r":
            self._engine = ReadOnly(self._engine)

    def __getitem__(self, key: K) -> V:
        try:
            packed = pack(key)
        except FormatError as error:
            raise self._codec.no_key(error) from error
        entry = self._opened.get(packed)
        if entry is None:
            raise KeyError(key)
        try:
            value: V = self._codec.loads(entry[0])
        except Exception as error:
            raise self._codec.cannot_read(key, error) from error
        return value

    def __contains__(self, key: object) -> bool:
        return self._opened.get(self._codec.pack(key)) is not None

    def snapshot(self) -> SafeSnapshot[K, V]:
        """The safe as it is now, in a mapping that later changes do not touch.

        Close it, or use it in a ``with`` block.

        >>> with outlive.Safe("then.safe") as safe:
        ...     safe.update(a=1, b=2)
        ...     with safe.snapshot() as then:
        ...         safe.clear()
        ...         dict(then)
        {'a': 1, 'b': 2}
        """
        return SafeSnapshot(self)

    def __setitem__(self, key: K, value: V) -> None:
        try:
            packed = pack(key)
        except FormatError as error:
            raise self._codec.no_key(error) from error
        try:
            data = self._codec.dumps(value)
        except Exception as error:
            raise self._codec.cannot_write(key, error) from error
        self._engine.commit({packed: data})
        note(self.path)

    def compact(self) -> None:
        """Give back the room of what is no more; others may read meanwhile, and writers wait.

        It needs room for a second copy. Raises FullError, DiskError, LockedError, ReadOnlyError;
        nothing is changed then.
        """
        self._engine.compact()

    def close(self) -> None:
        """Let go of the file; again is nothing. From now on everything raises ClosedError.

        That is so for its snapshots, transactions and iterations, too. Nothing waits to be
        written.
        """
        if not self.closed:
            self._engine = Closed(self._engine)
            self._opened.begin, self._opened.get = self._engine.snapshot, self._engine.get
        self._opened.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, as for a file."""
        return isinstance(self._engine, Closed)

    def __enter__(self) -> Self:
        if self.closed:
            refuse_closed(self.path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        mode = "" if self._mode == "rw" else f", mode={self._mode!r}"
        return f"{type(self).__name__}({self.path!r}{mode})"

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._opened.is_owner:
            raise TypeError(
                f"{self!r} cannot be pickled, because it was given its engine; make it with a path"
            )
        return _again, (type(self), self.path, self._options)

    def _count(self, bounds: Bounds) -> int:
        # No `with`: a Ctrl-C in an `__enter__` would leave the snapshot open.
        snapshot = self._opened.begin()
        try:
            return count(snapshot, bounds)
        finally:
            snapshot.close()

    def _scan(self, bounds: Bounds, make: Make[T], values: bool = True) -> Generator[T, None, None]:
        return scan(self._opened.begin, self._checker(), bounds, make, values)

    def _checker(self) -> Callable[[], None]:
        engine = self._engine
        return lambda: self._check_still(engine)


def _again(cls: Any, path: str, options: Mapping[str, Any]) -> Any:
    """A safe that was pickled, in another process."""
    return cls(path, **options)
