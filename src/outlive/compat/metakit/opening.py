"""`storage`: open a file, or make one; in memory without a name."""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakValueDictionary

from ... import tables
from ...disk.fs import OS, absolute, translated
from ...errors import CorruptError, FormatError
from ...tables.moment import closer
from . import originals
from .failures import WrongTypeError
from .storages import Storage

_writers: WeakValueDictionary[str, Storage] = WeakValueDictionary()  # by the files' real names


def storage(*given: Any, encoding: str = "utf-8") -> Storage:
    """A storage: in memory, of an open file, or ``storage(name, mode)``.

    Mode 0 reads what was committed last; 1 and 2 also write, and make the file if it is not there.
    Both are the same: any number of readers, and one writer. A second one in the same thread closes
    the first, if all is committed; any other raises LockedError. Raises DiskError if there is no
    such file to read, FormatError or CorruptError if it is no storage.

    A file that Metakit wrote is read with mode 0; `encoding` is that of its strings.

    >>> from outlive.compat import metakit
    >>> db = metakit.storage("people.mk", 1)
    >>> vw = db.getas("people[first:S,last:S,shoesize:I]")
    >>> vw.append(first="John", last="Lennon", shoesize=44)
    0
    >>> db.commit()
    >>> [row.first for row in metakit.storage("people.mk", 0).view("people").select(shoesize=44)]
    ['John']
    """
    closer.finish()  # what the program let go of just now may be the same file
    if not given:
        return Storage(tables.Storage(), -1)
    if len(given) == 1 and hasattr(given[0], "fileno"):
        return _of_file(given[0], encoding)
    if len(given) != 2 or not isinstance(given[0], (str, os.PathLike)):  # noqa: PLR2004  # name, mode
        raise WrongTypeError(
            f"storage takes a name and a mode, an open file, or nothing, not {given!r:.99}"
        )
    return _open(absolute(given[0]), given[1], encoding)


def _of_file(file: Any, encoding: str) -> Storage:
    """The storage in an open file, which is opened anew by its name."""
    if not isinstance(file.name, (str, os.PathLike)):
        raise FormatError(f"storage: {file!r:.80} has no name that it could be opened by")
    name = absolute(file.name)
    if file.writable() and not originals.start(name):
        with translated(name, "unlink"):
            OS.unlink(name)  # an empty file is no storage, and the program wants one
    return _open(name, 1 if file.writable() else 0, encoding)


def _open(name: str, mode: Any, encoding: str) -> Storage:
    if mode not in (0, 1, 2):
        raise FormatError(f"{name}: the mode is 0 (read), 1 or 2 (write), not {mode!r:.80}")
    former = _writers.get(os.path.realpath(name)) if mode else None
    if former is not None:
        former.make_way()
    try:
        opened = Storage(tables.Storage(name, mode="rw" if mode else "r"), mode)
        if mode:
            _writers[os.path.realpath(name)] = opened
        return opened
    except (CorruptError, FormatError) as error:
        db = _opened_old(name, encoding, error)
    if mode:
        db.close()
        raise originals.refusal(name)
    return Storage(db, mode, encoding=encoding)


def _opened_old(name: str, encoding: str, error: Exception) -> tables.Storage:
    """A file that Metakit wrote. Raises `error` if it is none, or what is wrong with it."""
    start = originals.start(name)
    try:
        if start:
            return originals.opened(name, encoding)
    except CorruptError:
        if start in originals.MAGIC:
            raise
    raise error
