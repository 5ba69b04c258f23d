"""Tables from other files: Parquet, CSV, Metakit's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self, cast

from . import files, incoming
from .outgoing import from_arrow

if TYPE_CHECKING:
    from .schema import Structure
    from .table import Table


class Importing:
    """The part of `Storage` that reads other files."""

    name: str

    if TYPE_CHECKING:  # what the other parts have

        def view(self, name: str, /) -> Table: ...  # noqa: D102  # Storage says it
        def _check_writable(self) -> None: ...
        def _having(self, name: str, structure: Structure) -> Table: ...
        def __contains__(self, name: object) -> bool: ...

    def from_parquet(self, name: str, path: str | os.PathLike[str], /) -> Table:
        """Make or extend the table `name` with the rows of a Parquet file.

        Raises FormatError, DiskError; nothing was changed then.
        """
        self._check_writable()
        return self._fill(name, files.read_parquet(path))

    def from_csv(self, name: str, path: str | os.PathLike[str], /) -> Table:
        """Make or extend the table `name` with the rows of a CSV file, which has their names.

        For a table that is there its types hold; for a new one they are those that the values look
        like, with texts for what a number would not be written as, like 007. Raises FormatError,
        DiskError; nothing was changed then.
        """
        self._check_writable()
        structure = self.view(name).structure if name in self else None
        return self._fill(name, files.read_csv(path, structure))

    def _fill(self, name: str, content: Any) -> Table:
        if name in self:
            table = self.view(name)
        else:
            where = f"{self.name}, {name}"
            structure = from_arrow(content.schema, where)
            incoming.from_any(structure, content, where)  # which checks it
            table = self._having(name, structure)
        table.extend(content)
        return table

    @classmethod
    def from_metakit(
        cls,
        source: str | os.PathLike[str],
        path: str | os.PathLike[str] | None = None,
        /,
        *,
        aside: str | os.PathLike[str] | None = None,
        encoding: str = "utf-8",
    ) -> Self:
        """A storage at `path`, or in memory, with the views of a file of Metakit 2.x.

        `source`, and the `aside` that belongs to it, are only read; `encoding` is that of the
        strings. What was read is committed. Raises FormatError if `source` is no such file, or a
        view has the name of a table; CorruptError if it is damaged; DiskError.
        """
        from .metakit import read
        from .metakit.importing import copy_into

        file = read(source, aside, encoding=encoding)
        make: Any = cls
        storage: Any = make(path)
        try:
            copy_into(file, storage)
            storage.commit()
        except BaseException:
            storage.close()
            raise
        return cast("Self", storage)
