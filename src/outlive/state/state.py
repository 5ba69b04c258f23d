"""`State`: a live document in a YAML file that people can edit."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from ..disk.atomic import PathLike, checked_sync
from ..disk.fs import OS, FileSystem, absolute
from ..disk.replacement import Sync
from ..errors import FormatError, ReadOnlyError
from ..live.mapping import LiveDict
from . import lifetime  # noqa: F401  # now: what the program registers with atexit runs before it

if TYPE_CHECKING:
    from ..live import Change
    from .reader import Reader
    from .typed import Typed
    from .writer import Writer

T = TypeVar("T")
Mode = Literal["rw", "r"]


class StateMethods:
    """What a State has beside the methods of a dict.

    A dataclass that is given as ``type=`` may inherit from it, which makes no difference but that
    a type checker knows these methods as well as the fields.

    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Progress(outlive.StateMethods):
    ...     done: int = 0
    >>> with outlive.State("progress.state", type=Progress) as progress:
    ...     progress.done += 1
    """

    __slots__ = ()
    if TYPE_CHECKING:  # a dataclass that inherits from this one has no such field
        _live_session: Writer | Reader

    @property
    def lock(self) -> threading.RLock:
        """A lock, re-entrant, that shuts out the changes of other threads.

        >>> state = outlive.State("hits.state", hits=0)
        >>> with state.lock:
        ...     state.hits += 1
        """
        return self._live_session.root.lock

    def transaction(self) -> AbstractContextManager[None]:
        """A block whose changes are kept together at its end, or not at all.

        If the block raises, or the entry cannot be written, the document in memory is what it was
        before. A block within a block is undone alone if it alone raises. Other threads cannot
        change the state meanwhile; those that read it see the changes as they are made, unless
        they hold `lock`.

        >>> state = outlive.State("accounts.state", ann=10, bob=0)
        >>> with state.transaction():
        ...     state.ann -= 5
        ...     state.bob += 5
        """
        from .recorder import Recorder

        root = self._live_session.root
        if isinstance(root, Recorder):
            return root.transaction()
        raise ReadOnlyError(f"{root.path} was opened with mode='r', which only reads")

    def sync(self) -> None:
        """Make all changes so far survive a power cut. Raises DiskError; then it refuses writes."""
        self._live_session.sync()

    def refresh(self) -> bool:
        """Take in what others made of the file; whether that was anything.

        With ``mode="r"`` that is all that was written since. Else it is what a person edited
        while the program runs: that is merged with what the program changed, as at a vacuum.
        Raises CorruptError, with line and column, if the file can no longer be read: it is left
        alone, and the program's changes go on in memory and in the journal beside it.
        """
        return bool(self._live_session.refresh())

    def follow(self, interval: float = 0.1, timeout: float | None = None) -> Iterator[Change]:
        """The changes that a writer makes, as they come; with ``mode="r"``.

        Looks at the file every `interval` seconds. Ends when the state is closed, or when nothing
        came for `timeout` seconds; None waits for ever. The document has the change already when
        it is given.

        >>> state = outlive.State("followed.state", done=0)
        >>> seen = outlive.State("followed.state", mode="r")
        >>> state.done = 1
        >>> for change in seen.follow(timeout=0.1):
        ...     print(change.kind, change.key, change.value)
        set done 1
        """
        from .reader import Reader

        session = self._live_session
        if not isinstance(session, Reader):
            path = session.root.path
            raise FormatError(f"{path}: follow() is for a state that was opened with mode='r'")
        for name, value in (("interval", interval), ("timeout", timeout)):
            is_none = value is None and name == "timeout"
            if not is_none and not (isinstance(value, (int, float)) and value >= 0):
                path = session.root.path
                raise FormatError(f"{path}: {name}={value!r} is no time; pass seconds")
        return session.follow(interval, timeout)

    def close(self) -> None:
        """Vacuum, if there are entries, and let the file go; may be called again.

        What is in memory can be read after it; a change raises ClosedError. Raises DiskError if
        the vacuum fails and CorruptError if a person left the file unreadable: the state is
        closed all the same, and nothing is lost, since all changes are in the journal. A program
        that ends closes its states by itself.
        """
        self._live_session.close()

    def __enter__(self) -> Self:
        self._live_session.check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class State(StateMethods, LiveDict):
    """A dict that lives in a YAML file; every change is in the file when the statement returns.

    `path`
        The file; made if there is none. A `str` or `os.PathLike`.
    `defaults`
        What the state holds where the file does not yet. (For names that are options, too:
        ``state.setdefault("mode", …)``.)
    `type`
        A dataclass: its defaults count, the file is checked against it, and so is every change.
    `mode`
        "rw", or "r" to read, also beside a program that writes; see `refresh` and `follow`.
    `sync`
        "os": a change survives a crash of the process, and a power cut leaves a state that the
        program was in. "full": it survives a power cut, too.
    `strict`
        Raise CorruptError where entries of the file cannot be read, rather than keep them in
        ``NAME.lost`` with a RecoveryWarning.
    `timeout`
        Seconds to wait while another program has the file open; None waits for ever.

    It is a dict, and so are the dicts in it, and the lists are lists; each reports its changes to
    the file. What is put in is copied; what is taken out (`pop`, …) is plain. Items whose keys are
    names can be used as attributes. Values: str, int, float, bool, None, datetime, date, bytes,
    dicts with str, int, float, bool, None and date as keys, lists; tuples become lists.

    The file begins with the state as a YAML document, which people can edit, also while a program
    runs; changes follow as entries and become part of the document when the state is closed, or
    earlier if they outweigh it. It is that of PersistedState, with checksums.

    Raises LockedError (with the pid of who has it open), CorruptError for a file that is no
    mapping in YAML, FormatError for what a state cannot hold, ReadOnlyError after a fork and for
    a dict or list that is no longer part of it, ClosedError, DiskError and FullError; nothing is
    changed then.

    >>> with outlive.State("tags.state", last_id=0, tags=[]) as state:
    ...     state.last_id += 1
    ...     state.tags.append("new")
    >>> import pathlib
    >>> print(pathlib.Path("tags.state").read_text(), end="")
    last_id: 1
    tags:
    - new
    """

    __slots__ = ("__weakref__", "_live_session")

    # Annotated as a function that gives a `T`: a type checker then knows the fields.
    @overload
    def __new__(  # type: ignore[misc]  # mypy takes it all the same, as it should
        cls,
        path: PathLike,
        /,
        *,
        type: type[T],
        mode: Mode = "rw",
        sync: Sync = "os",
        strict: bool = False,
        timeout: float | None = 0.0,
        **defaults: object,
    ) -> T: ...
    @overload
    def __new__(
        cls,
        path: PathLike,
        /,
        *,
        type: None = None,
        mode: Mode = "rw",
        sync: Sync = "os",
        strict: bool = False,
        timeout: float | None = 0.0,
        **defaults: object,
    ) -> Self: ...
    def __new__(cls, /, *_: Any, **__: Any) -> Any:
        """As `__init__`."""
        return dict.__new__(cls)

    if not TYPE_CHECKING:  # a checker would take it in the place of __new__

        def __init__(
            self,
            path,
            /,
            *,
            type=None,
            mode="rw",
            sync="os",
            strict=False,
            timeout=0.0,
            **defaults,
        ):
            attach(
                self,
                absolute(path),
                defaults,
                type=type,
                mode=mode,
                sync=sync,
                strict=strict,
                timeout=timeout,
            )

    def __repr__(self) -> str:
        return f"<outlive.State {self._live_root.path!r}: {dict(self)!r:.200}>"


def attach(
    state: State,
    path: str,
    defaults: Mapping[str, object],
    *,
    type: type[object] | None = None,
    mode: Mode = "rw",
    sync: Sync = "os",
    strict: bool = False,
    timeout: float | None = 0.0,
    sort_keys: bool = False,
    fs: FileSystem = OS,
) -> None:
    """Make a new State be that of the file at `path`; `sort_keys` is for its vacuums."""
    if mode not in ("rw", "r"):
        raise FormatError(f"{path}: mode={mode!r} is neither 'rw' nor 'r'")
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout >= 0):
        raise FormatError(f"{path}: timeout={timeout!r} is no time to wait; pass seconds or None")
    checked_sync(sync)
    typed: Typed | None = None
    if type is not None:
        from .typed import Typed as TypedClass

        typed = TypedClass(type, path, state._live_reserved)
    put = object.__setattr__
    # A subclass may have attributes of its own, such as a cached_property.
    put(state, "__dict__", state if state.__class__ is State else {})
    put(state, "_live_parent", None)
    put(state, "_live_key", None)
    if mode == "r":
        from .reader import Reader

        reader = Reader(state, path, fs, strict=strict)
        put(state, "_live_root", reader)
        put(state, "_live_session", reader)
        reader.open(defaults, typed)
    else:
        from .writer import Writer

        writer = Writer(state, path, typed, sync=sync, timeout=timeout, sort_keys=sort_keys, fs=fs)
        put(state, "_live_root", writer.root)
        put(state, "_live_session", writer)
        writer.open(defaults, strict=strict)
