"""Files that Metakit wrote: they can be read."""

from __future__ import annotations

from ... import tables
from ...disk import atomic
from ...engines import MemoryEngine
from ...errors import FormatError
from ...tables.metakit import read
from ...tables.metakit.importing import copy_into

MAGIC = (b"JL\x1a", b"LJ\x1a")  # what such a file begins with


def start(name: str) -> bytes:
    """The first bytes of a file; none if it is empty."""
    content = atomic.read(name)
    return b"" if content is None else bytes(content.data[: len(MAGIC[0])])


def opened(name: str, encoding: str, aside: str | None = None) -> tables.Storage:
    """What Metakit's file, and its aside, hold, for reading."""
    engine = MemoryEngine(name)
    with tables.Storage(engine) as filled:
        copy_into(read(name, aside, encoding=encoding), filled)
        filled.commit()
    return tables.Storage(engine, mode="r")


def refusal(name: str) -> FormatError:
    """What to do instead of writing such a file."""
    return FormatError(
        f"{name} is a file that Metakit wrote, and can only be read: open it with mode 0, or make "
        f"a storage of it with outlive.Storage.from_metakit({name!r}, new_name)"
    )
