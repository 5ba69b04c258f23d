"""What `outlive watch` looks at, for each kind of store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..errors import ConflictError, CorruptError, DiskError, OutliveError
from . import inside
from .changes import change_line, change_plain, differences
from .on_safe import key_text
from .target import Options
from .values import as_json
from .watch import Look, News

if TYPE_CHECKING:
    from ..safes.snapshot import SafeSnapshot

_PATIENCE = 3.0  # seconds


class _Closing(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let the file go."""
        ...


S = TypeVar("S", bound=_Closing)


class _Patience:
    """How long a file may be away, or damaged: others may not write it whole."""

    def __init__(self) -> None:
        self._since: float | None = None

    def bear(self, error: OutliveError) -> None:
        """Raise the error if there was no other outcome for long."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since >= _PATIENCE:
            raise error

    def end(self) -> None:
        """The file is well."""
        self._since = None


def in_state(path: str, interval: float, timeout: float | None) -> Iterator[News]:
    """The changes that its program makes, each as it was made."""
    from ..state.state import State

    state = State(path, mode="r")
    patience = _Patience()
    try:
        while True:
            try:
                for change in state.follow(interval, timeout):
                    yield News(change_line(change), change_plain(change))
                return
            except (CorruptError, DiskError) as error:
                _wait(path, patience, error, interval)
    finally:
        state.close()


def _wait(path: str, patience: _Patience, error: OutliveError, interval: float) -> None:
    """Until a State can be read again. Raises the error if that takes long."""
    from ..state.state import State

    while True:
        patience.bear(error)
        time.sleep(interval)
        try:
            State(path, mode="r").close()
        except (CorruptError, DiskError) as another:
            error = another
        else:
            patience.end()
            return


class _Opened(Generic[S]):
    """A Safe or a Storage, which is opened anew when another file stands at its path."""

    def __init__(self, path: str, open_it: Callable[[], S]) -> None:
        self._path = path
        self._open_it = open_it
        self._patience = _Patience()
        self._file = _file(path)  # before: one that comes later is seen at the next look
        self._store: S | None = open_it()

    def now(self) -> S | None:
        """The store; None while there is none that can be opened. Raises that error at last."""
        file = _file(self._path)
        if self._store is not None and file == self._file:
            return self._store
        if self._store is not None:
            self._store.close()  # first: both have one lock file
            self._store = None
        try:
            self._store = self._open_it()
        except (CorruptError, DiskError) as error:
            self._patience.bear(error)
            return None
        self._file = file
        self._patience.end()
        return self._store


def _file(path: str) -> object:
    """Which file it is; None if it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def in_store(path: str, options: Options) -> Look:
    """What differs from the former content, each time that there is another."""
    from .on_store import StoreTarget

    seen = _mark(path)
    value = StoreTarget(path, False, options).get()

    def look() -> list[News]:
        nonlocal seen, value
        mark = _mark(path)
        if mark == seen:
            return []
        try:
            new = StoreTarget(path, False, options).get()
        except (CorruptError, DiskError):
            return []  # on its way: others may not write it whole
        seen, old, value = mark, value, new
        return _news_between(old, new)

    return look


def _mark(path: str) -> object:
    """What differs when the file was written."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _news_between(old: object, new: object) -> list[News]:
    if any(isinstance(old, kind) and isinstance(new, kind) for kind in (Mapping, list)):
        return [News(change_line(each), change_plain(each)) for each in differences(old, new)]
    if as_json(old) == as_json(new):
        return []
    return [News(f"{inside.WHOLE} = {as_json(new)}", {"kind": "set", "path": [], "value": new})]


def in_safe(path: str, options: Options) -> Look:
    """The keys that were set or deleted, in their order; all that it has, if it is another safe."""
    from ..safes.revisions import identity, revision, revisions
    from ..safes.safe import Safe

    opened: _Opened[Safe[Any, Any]] = _Opened(
        path, lambda: Safe(path, mode="r", trust=options.trust)
    )

    def read(safe: Safe[Any, Any], then: SafeSnapshot[Any, Any]) -> tuple[Any, dict[Any, int]]:
        return (identity(safe), revision(then)), revisions(then)

    first = opened.now()
    if first is None:
        raise ConflictError(f"{path} was replaced in this moment; look again")
    with first.snapshot() as then:
        seen, known = read(first, then)

    def look() -> list[News]:
        nonlocal seen, known
        safe = opened.now()
        if safe is None:
            return []
        with safe.snapshot() as now:
            if (identity(safe), revision(now)) == seen:
                return []
            former, before = seen, known
            seen, known = read(safe, now)
            gone = [_deleted(key) for key in before if key not in known]
            if former[0] != seen[0]:
                before = {}  # the numbers of another file say nothing
            return gone + [
                _set(key, now) for key, number in known.items() if before.get(key) != number
            ]

    return look


def _deleted(key: object) -> News:
    return News(f"- {key_text(key, 'text')}", {"kind": "delete", "key": key})


def _set(key: object, now: Mapping[Any, Any]) -> News:
    try:
        value = now[key]
    except OutliveError as error:
        return News(
            f"{key_text(key, 'text')} cannot be read: {error}",
            {"kind": "set", "key": key, "error": str(error)},
        )
    line = f"{key_text(key, 'text')} = {as_json(value)}"
    return News(line, {"kind": "set", "key": key, "value": value})


def in_storage(path: str, options: Options) -> Look:  # noqa: ARG001  # as the others
    """Of each table that a commit changed, how many rows there are and which columns differ."""
    from ..tables.storage import Storage

    opened: _Opened[Storage] = _Opened(path, lambda: Storage(path, mode="r"))
    commit = ""
    seen: dict[str, Any] | None = None

    def look() -> list[News]:
        nonlocal seen, commit
        storage = opened.now()
        if storage is None:
            return []
        storage.refresh()
        if seen is not None and storage._manifest.token == commit:
            return []
        commit = storage._manifest.token
        before, seen = seen, {name: storage.view(name).to_arrow() for name in storage}
        return [] if before is None else list(_between(before, seen))

    look()
    return look


def _between(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[News]:
    """What differs between the tables of two moments."""
    yield from (_gone(name) for name in before if name not in now)
    for name, content in now.items():
        if name not in before:
            yield _new(name, content)
        elif not content.equals(before[name]):
            yield _changed(name, before[name], content)


def _gone(name: str) -> News:
    return News(f"- {name}", {"kind": "drop", "table": name})


def _new(name: str, content: Any) -> News:
    plain = {"kind": "new", "table": name, "rows": len(content), "columns": content.column_names}
    return News(f"{name}: new, {len(content):,} rows", plain)


def _changed(name: str, old: Any, new: Any) -> News:
    both = min(len(old), len(new))
    columns = [
        each
        for each in new.column_names
        if each not in old.column_names
        or not new[each].slice(0, both).equals(old[each].slice(0, both))
    ]
    more = len(new) - len(old)
    parts = [f"{len(new):,} rows"]
    parts += [f"{abs(more):,} {'more' if more > 0 else 'less'}"] if more else []
    parts += [f"changed: {', '.join(columns)}"] if columns else []
    plain = {"kind": "rows", "table": name, "rows": len(new), "more": more, "columns": columns}
    return News(f"{name}: {', '.join(parts)}", plain)
