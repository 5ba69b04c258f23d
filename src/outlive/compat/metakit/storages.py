"""`Storage`: views in a file, or in memory."""

from __future__ import annotations

import io
import threading
from types import TracebackType
from typing import Any, BinaryIO, Self
from weakref import ReferenceType, ref

from ... import tables
from ...errors import ReadOnlyError
from ...tables.description import describe, parse
from ...tables.metakit import read
from ...tables.metakit.importing import copy_into
from ...tables.moment import Closer, closer
from . import contents, originals
from .failures import NotKeptError, UnknownNameError, WrongTypeError
from .properties import respelled
from .views import ROViewer, View, shown


class Storage:
    """Views in a file, or in memory. `opening.storage` makes it.

    When nobody has it any more, or at `close`, the file is closed, and what was not committed is
    lost, unless `autocommit` was called; the views raise ClosedError then.
    """

    __slots__ = ("__weakref__", "_db", "_encoding", "_main", "_mode", "_other", "_thread")
    _db: tables.Storage

    def __init__(self, db: tables.Storage, mode: int, *, encoding: str = "") -> None:
        self._db = db
        self._mode = mode  # -1: in memory
        self._encoding = encoding  # of a file that Metakit wrote
        self._main: ReferenceType[Storage] | None = None  # whose aside it is
        self._other: Storage | None = None  # its aside
        self._thread = threading.get_ident()

    # -- views

    def getas(self, description: str, /) -> View:
        """The view of that name, with these columns: found, made, or changed.

        New columns have defaults in all rows, those that are not described go, and a column of
        another type is converted. Raises FormatError if a value cannot be; nothing was changed
        then. A name alone is the view as it is.
        """
        if not isinstance(description, str):
            raise WrongTypeError(f"{self._db.name}: {description!r:.80} is no description")
        if "[" not in description:
            return self.view(description)
        name, structure = parse(description, self._db.name)
        there = self._spelled(name)
        present = () if there is None else self._db.view(there).structure
        structure = respelled(structure, present, f"{self._db.name}, {name}")
        return View(self._db.getas(describe(there or name, structure)))

    def view(self, name: str, /) -> View:
        """The view of that name; one without columns, to which nothing can be added, if none is."""
        if not isinstance(name, str):
            raise WrongTypeError(f"{self._db.name}: {name!r:.80} is no name of a view")
        there = self._spelled(name)
        if there is None:
            return shown(contents.Absent(name=f"{self._db.name}, {name}"))
        return shown(self._db.view(there))

    def _spelled(self, name: str) -> str | None:
        """The name of a table, its case aside."""
        names = list(self._db)
        if name in names:
            return name
        return next((each for each in names if each.lower() == name.lower()), None)

    def description(self, name: str = "", /) -> str:
        """The columns of a view, or all views with theirs. Raises KeyError if it is not there."""
        if not name:
            return self._db.description()
        there = self._spelled(name)
        if there is None:
            known = ", ".join(self._db) or "none"
            raise UnknownNameError(f"{self._db.name}: there is no view {name!r}; there are {known}")
        return describe("", self._db.view(there).structure)[1:-1]

    def contents(self) -> ROViewer:
        """A view of one row, whose columns are the views of the storage."""
        db = self._db
        return ROViewer(contents.Root(db.name, lambda: {each: db.view(each) for each in db}))

    # -- commit

    def commit(self, full: Any = 0, /) -> None:
        """Keep all changes, of data and of structure, or none; with an aside, they are kept there.

        With `full`, all that the aside has goes to the main file. Raises an OSError that is
        ReadOnlyError, DiskError or FullError; or ConflictError.
        """
        if self._main is not None:
            return  # the main storage has committed it
        try:
            self._db.commit(full=bool(full))
        except ReadOnlyError as error:
            raise NotKeptError(str(error)) from None

    def rollback(self, full: Any = 0, /) -> None:
        """Drop all changes since the last commit; take the views again.

        With `full`, all that is in the aside is dropped, too, and it is detached. A storage that
        is open for reading sees what was committed since.
        """
        if self._main is not None:
            return
        self._db.rollback(full=bool(full))
        if full and self._other is not None:
            self._other._main, self._other = None, None

    def aside(self, other: Storage, /) -> None:
        """Let every change go to `other`; this file is only read. Take the views again.

        Raises FormatError, ConflictError.
        """
        if not isinstance(other, Storage):
            raise WrongTypeError(f"{self._db.name}: {other!r:.80} is no storage")
        closer.finish()  # the storage whose aside it was may be let go of just now
        if self._encoding and other._encoding:
            db = originals.opened(self._db.name, self._encoding, other._db.name)
            self._let_go()
            self._db = db
        elif self._encoding or other._encoding:
            raise originals.refusal((self if self._encoding else other)._db.name)
        else:
            self._db.aside(other._db)
        self._other, other._main = other, ref(self)

    def autocommit(self) -> None:
        """Commit when the storage goes away, or the program ends."""
        if self._mode != 0 or (self._other is not None and self._other._mode != 0):
            self._db.autocommit()

    # -- streams

    def save(self, file: BinaryIO, /) -> None:
        """Write all views to anything that has `write`, in outlive's format."""
        self._db.save(file)

    def load(self, file: BinaryIO, /) -> None:
        """Have the views that `save` wrote, here or in Metakit, instead of all that there are.

        Raises FormatError or CorruptError for anything else; nothing was changed then.
        """
        data = file.read(-1)
        if not data.startswith(originals.MAGIC):
            self._db.load(io.BytesIO(data))
            return
        with tables.Storage() as loaded:
            copy_into(read(data), loaded)
            stream = io.BytesIO()
            loaded.save(stream)
        stream.seek(0)
        self._db.load(stream)

    # -- the end

    def close(self) -> None:
        """Let go of the file; Mk4py had ``del db`` for it."""
        self._db.close()
        self._other = None

    def make_way(self) -> None:
        """Let another storage of this thread write the file, if nothing is lost by it.

        Mk4py had no locks, and ``db = storage(name, 1)`` opens the new one before it drops the old.
        """
        if self._thread != threading.get_ident():
            return
        main = (self._main and self._main()) or self
        if main._db._gone or main._db._is_autocommit or not main._db._is_changed():
            main.close()
            self.close()

    def _let_go(self, closer: Closer = closer) -> None:
        # It may be the garbage collector that calls, at any moment, also when the engine is at
        # work: a thread of its own closes, and `storage` waits for it.
        # What is only read may go on until the last view is gone, too.
        if self._mode > 0 or (self._other is not None and self._other._mode > 0):
            closer.ended.put(self._db)

    def __del__(self) -> None:
        if hasattr(self, "_other"):  # it was made
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._db)
