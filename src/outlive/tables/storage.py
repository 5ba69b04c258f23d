"""`Storage`: typed tables in one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

from ..disk.fs import absolute
from ..disk.lock import Lock
from ..disk.replacement import Sync
from ..engines import Engine, MemoryEngine
from ..errors import FormatError, LockedError
from . import lifetime, manifest, streams
from .arrow import require
from .description import describe, parse
from .importing import Importing
from .keeping import Keeping
from .kept import Kept
from .manifest import Entries
from .moment import Closer, closer
from .outgoing import from_arrow
from .schema import Structure, checked, from_types
from .table import Table

Mode = Literal["rw", "r"]


class Storage(Keeping, Importing):
    """Tables in the file at `path`, column by column; without a path, in memory.

    Any number of processes read; one writes. What a table was told is kept by `commit()`, all of
    it or nothing, and survives a power cut (with `sync` "os": a crash of the process). Readers,
    with `mode` "r", see the last commit at the moment when they opened it, or called `refresh()`.

    `path` may be an engine, which is not closed with the storage. A second writer waits `timeout`
    seconds for the first. A storage and its views belong to one thread at a time; a forked child
    opens its own. Raises LockedError if another writer has the file, CorruptError, FormatError if
    it holds something else, DiskError.

    >>> with outlive.Storage("people.db") as db:
    ...     people = db.getas("people[first:S,last:S,shoesize:I]")
    ...     people.append(first="John", last="Lennon", shoesize=44)
    ...     db.commit()
    0
    >>> db = outlive.Storage("people.db", mode="r")
    >>> db.view("people")[0].last
    'Lennon'
    >>> db.close()
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | Engine | None = None,
        *,
        mode: Mode = "rw",
        sync: Sync = "full",
        timeout: float = 0,
    ) -> None:
        if path is None:
            path = MemoryEngine("a storage in memory")
            self._owns = True
        is_path = isinstance(path, (str, os.PathLike))
        if not is_path and not hasattr(path, "snapshot"):
            raise FormatError(f"{path!r:.80} is neither a path nor an engine")
        self.name = absolute(path) if isinstance(path, (str, os.PathLike)) else path.name
        if mode not in ("rw", "r"):
            raise FormatError(f"{self.name}: mode={mode!r} is neither 'rw' nor 'r'")
        self._can_write = mode == "rw"
        require()
        if is_path and mode == "rw":
            self._lock = _locked(self.name, timeout)
        try:
            self._open(path, mode, sync)
        except BaseException:
            self._unlock()
            raise
        self._gone = ""
        lifetime.add(self)

    def _open(self, path: Any, mode: Mode, sync: Sync) -> None:
        if isinstance(path, (str, os.PathLike)):
            from ..engines.lmdb import LMDBEngine  # which imports lmdb

            path = LMDBEngine(self.name, mode=mode, sync=sync)
            self._owns = True
        self._engine = path
        try:
            header = manifest.meet(path, writable=self._can_write)
            self._is_aside = "aside_of" in header
            self._begin()
        except BaseException:
            if self._owns:
                path.close()
            raise

    # -- tables

    def getas(self, description: str, /) -> Table:
        """The table of that name, with these columns: found, made, or changed.

        A column that is new has its default in all rows, one that is not described goes, and one
        of another type is converted. Raises FormatError if a value cannot be converted exactly;
        nothing was changed then. A name alone finds the table as it is.

        >>> db = outlive.Storage()
        >>> people = db.getas("people[first:S,shoesize:I]")
        >>> people.append(first="John", shoesize=44)
        0
        >>> db.getas("people[first:S,last:S,shoesize:S]")[0]
        Row(first='John', last='', shoesize='44')
        """
        if "[" not in str(description):
            return self.view(description)
        return self._having(*parse(description, self.name))

    def define(self, name: str, columns: Any = None, /, **named: Any) -> Table:
        """As `getas`, with Python's types: keywords, a dict, a dataclass or an Arrow schema.

        A dataclass says which columns there are; what a cell holds that nobody has set is 0 or
        empty also where the dataclass has another default. Raises FormatError.

        >>> import datetime
        >>> db = outlive.Storage()
        >>> db.define("people", first=str, last=str, born=datetime.date).structure
        (first:str, last:str, born:date)
        """
        where = f"{self.name}, {name}"
        if not isinstance(name, str):
            raise FormatError(f"{where}: the name of a table is a str, not {name!r:.80}")
        if hasattr(columns, "schema") or type(columns).__name__ == "Schema":
            columns = from_arrow(getattr(columns, "schema", columns), where)
        if isinstance(columns, tuple):
            return self._having(name, checked(columns, where))
        return self._having(name, from_types(named if columns is None else columns, where))

    def _having(self, name: str, structure: Structure) -> Table:
        self._check_tables()
        where = f"{self.name}, {name}"
        parse(describe(name, structure), where)  # which refuses a name that it could not read
        if name in self._manifest.tables or name in self._tables:
            table = self._table(name)
            if tuple(table.structure) != tuple(structure):
                table._restructure(structure)
            return table
        self._check_writable()
        ids = list(range(len(structure)))
        entries = Entries(self._manifest.next_table, structure, ids, len(ids))
        self._manifest.next_table += 1
        self._is_listed = False
        self._tables[name] = Kept(self, name, entries, [])
        return self._tables[name]

    def view(self, name: str, /) -> Table:
        """The table of that name. Raises FormatError if there is none."""
        self._check_tables()
        if name not in self:
            known = ", ".join(self) or "none"
            raise FormatError(f"{self.name}: there is no table {name!r}; there are {known}")
        return self._table(name)

    def _check_tables(self) -> None:
        self._check()
        if self._is_aside:
            raise FormatError(
                f"{self.name} has the changes of another storage; open that, and pass this one to "
                "its aside()"
            )

    def _table(self, name: str) -> Kept:
        table = self._tables.get(name)
        if table is None:
            entries = self._manifest.tables[name]
            pages = manifest.read_pages(self._moment(), entries, self.name)
            table = self._tables[name] = Kept(self, name, entries, pages)
        return table

    def drop(self, name: str, /) -> None:
        """Take a table away, with all rows, at the next commit. Raises FormatError."""
        self._check_writable()
        table = self.view(name)
        table._end(f"{table._where} was dropped")
        self._dropped.append(self._tables.pop(name)._id)
        self._manifest.tables.pop(name, None)
        self._is_listed = False

    __getitem__ = view

    def __contains__(self, name: object) -> bool:
        return name in self._tables or name in self._manifest.tables

    def __iter__(self) -> Iterator[str]:
        self._check_tables()
        return iter({**dict.fromkeys(self._manifest.tables), **dict.fromkeys(self._tables)})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def description(self, name: str = "", /) -> str:
        """The description of a table, or of all. Raises FormatError."""
        names = [name] if name else list(self)
        return ",".join(describe(each, self.view(each).structure) for each in names)

    def contents(self) -> Table:
        """A table that says which tables there are: name, description, rows."""
        table = Table(parse("contents[name:str,description:str,rows:L]")[1], name="contents")
        for name in self:
            view = self.view(name)
            table.append((name, describe(name, view.structure), len(view)))
        return table

    # -- whole storages

    def aside(self, other: Storage, /) -> None:
        """Let every change go to `other`, a storage without tables; this file is only read.

        `commit(full=True)` moves them to this file; `rollback(full=True)` forgets them. Views from
        before raise ClosedError; take them again. Raises FormatError if one of both has changes or
        tables that stand in the way, ConflictError if `other` has changes to another state of this
        file.
        """
        self._check()
        other._check()
        self._attach(other)

    def autocommit(self) -> None:
        """Commit at `close`, or when the storage goes away, or the program ends.

        A `with` block that raises commits nothing.
        """
        self._check_writable()
        self._is_autocommit = True

    def compact(self, progress: Callable[[int, int], object] | None = None) -> None:
        """Give back the room of what is no more. Readers are not disturbed.

        Tables that many deletions have left in small pieces are put together, unless there are
        changes that were not committed. `progress` is called with how many steps are done, and
        how many there are. What was committed survives a crash at any moment. Raises
        ReadOnlyError, FullError or DiskError.
        """
        self._check_writable()
        names = [] if self._is_changed() else list(self)
        for done, name in enumerate(names):
            _report(progress, done, len(names) + 1)
            self._table(name)._gather()
            if self._is_changed():
                self.commit()
        _report(progress, len(names), len(names) + 1)
        self._release()
        self._engine.compact()
        _report(progress, len(names) + 1, len(names) + 1)

    def save(self, file: BinaryIO, /) -> None:
        """Write all tables, as they are now, to anything that has `write`."""
        streams.save({name: self.view(name) for name in self}, file, self.name)

    def load(self, file: BinaryIO, /) -> None:
        """Have the tables that `save` wrote, in the place of all that there are.

        `commit` keeps them. Raises FormatError for what `save` did not write, or not all of it;
        nothing was changed then.
        """
        self._check_writable()
        loaded = streams.load(file, self.name)
        for name in list(self):
            self.drop(name)
        for name, table in loaded.items():
            self._having(name, table.structure).extend(table)

    # -- the end

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._is_autocommit = False  # what the block has left half done is not to be kept
        self.close()

    def __del__(self, closer: Closer = closer) -> None:
        # The garbage collector may come at any moment, also when the engine is at work.
        if not self._gone:
            closer.ended.put(self)

    def __repr__(self) -> str:
        return f"<Storage {self.name}{' (closed)' if self._gone else ''}>"


def _locked(path: str, timeout: float) -> Lock:
    """The lock of the writer, for the storage's life. Raises LockedError, DiskError."""
    if not isinstance(timeout, (int, float)):
        raise FormatError(f"{path}: timeout={timeout!r:.80} is no number of seconds")
    lock = Lock(f"{os.path.realpath(path)}.writer", timeout=timeout)
    try:
        lock.acquire()
    except LockedError as error:
        who = "this program" if error.pid == os.getpid() else f"the process {error.pid}"
        raise LockedError(
            f"{path} is open for writing in {who}; close it there, read it with mode='r', or pass "
            f"timeout=; waited {timeout:g} s",
            error.pid,
        ) from error
    lock.release_thread()  # whoever closes it may be another thread
    return lock


def _report(progress: Callable[[int, int], object] | None, done: int, steps: int) -> None:
    if progress is not None:
        progress(done, steps)
