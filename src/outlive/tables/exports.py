"""A view at home in the ecosystem: Arrow, NumPy, Parquet, CSV, and how it looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import ClosedError
from . import files, showing
from .arrow import np
from .schema import Kind, Property, Structure

if TYPE_CHECKING:
    from .queries import Column


class Exports:
    """What other libraries read a view by.

    What they get is the content of this moment, in most cases without a copy: later changes do
    not touch it, and it stays valid after the storage was closed.
    """

    __slots__ = ()

    def to_arrow(self: Any, *columns: Column) -> Any:
        """The content as a `pyarrow.Table`; with names, these columns alone.

        Raises FormatError for an unknown column.

        >>> db = outlive.Storage()
        >>> people = db.getas("people[first:S,shoesize:I]")
        >>> people.extend([("John", 44), ("Flash", 42)])
        >>> people.to_arrow("shoesize").to_pydict()
        {'shoesize': [44, 42]}
        """
        from . import building

        if not columns:
            return self._arrow()
        numbers = [self._column(each) for each in columns]
        chosen = Structure(self.structure[each] for each in numbers)
        return building.from_arrays(chosen, [self._array(each) for each in numbers], len(self))

    def __arrow_c_stream__(self: Any, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def column(self: Any, column: Property | str, /) -> Any:
        """A column as a NumPy array, of views for subviews. Raises FormatError if unknown."""
        number = self._column(column)
        if self.structure[number].kind is not Kind.VIEW:
            return self._array(number).to_numpy()
        values = np.empty(len(self), dtype=object)
        values[:] = [self._cell(row, number) for row in range(len(self))]
        return values

    def to_parquet(self: Any, path: str | os.PathLike[str], /) -> None:
        """Write the rows to a Parquet file, which is replaced whole or not at all.

        Raises DiskError, FullError.
        """
        files.write_parquet(self, path)

    def to_csv(self: Any, path: str | os.PathLike[str], /) -> None:
        """Write the rows to a CSV file, which is replaced whole or not at all.

        Raises FormatError for a column that a CSV file cannot hold: bytes, subviews; DiskError.
        """
        files.write_csv(self, path)

    def __repr__(self: Any) -> str:
        try:
            return showing.text(self)
        except ClosedError as error:
            return f"<{type(self).__name__}: {error}>"

    def _repr_html_(self: Any) -> str:
        return showing.html(self)
