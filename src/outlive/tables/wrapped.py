"""`wrap`: any Python sequence as a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..errors import FormatError
from . import building, coerce
from .schema import Kind, Property, checked
from .view import View


class Wrapped(View):
    """The items of a sequence as rows; it shows what the sequence holds now."""

    def __init__(
        self, items: Sequence[Any], properties: Iterable[Property], *, by_position: bool, name: str
    ) -> None:
        self._where = name
        self.structure = checked(properties, name)
        self._items = items
        self._read: Callable[[Any, int], Any] = self._at if by_position else self._named
        self._changes = 0
        self._seen: tuple[list[Any], Any] | None = None

    def _version(self) -> int:
        self._arrow()
        return self._changes

    def __len__(self) -> int:
        return len(self._items)

    def _arrow(self) -> Any:
        """The items are looked through each time: a sequence does not tell of its changes."""
        rows = [self._values(number) for number in range(len(self._items))]
        if self._seen is None or self._seen[0] != rows:
            self._changes += 1
            self._seen = rows, building.table(self.structure, rows)
        return self._seen[1]

    def _values(self, row: int) -> coerce.Values:
        where = f"{self._where}, row {row}"
        item = self._items[row]
        return tuple(
            coerce.value(prop, self._get(item, column, where), where)
            for column, prop in enumerate(self.structure)
        )

    def _get(self, item: Any, column: int, where: str) -> Any:
        try:
            return self._read(item, column)
        except (LookupError, AttributeError, TypeError) as error:
            name = self.structure[column].name
            raise FormatError(f"{where}: {item!r:.80} has no {name!r}: {error}") from error

    def _at(self, item: Any, column: int) -> Any:
        return item[column]

    def _named(self, item: Any, column: int) -> Any:
        name = self.structure[column].name
        return item[name] if isinstance(item, Mapping) else getattr(item, name)

    def _cell(self, row: int, column: int) -> Any:
        where = f"{self._where}, row {row}"
        prop = self.structure[column]
        value = coerce.value(prop, self._get(self._items[row], column, where), where)
        if prop.kind is not Kind.VIEW:
            return value
        content = value if not isinstance(value, list) else building.table(prop.fields, value)
        return building.static(prop, content, self._where)


def wrap(
    sequence: Sequence[Any], properties: Iterable[Property], /, *, by_position: bool = False
) -> View:
    """A view of any sequence: of dicts, of objects with attributes, or of sequences by position.

    It can be joined, sorted and selected like any view, and shows what the sequence holds now.
    Raises FormatError for an item that lacks a column, or whose value the column cannot hold.

    >>> from outlive.tables import parse, wrap
    >>> name, properties = parse("shoes[shoesize:I]")
    >>> wrap([{"shoesize": 44}, {"shoesize": 42}], properties)[1].shoesize
    42
    """
    if not isinstance(sequence, Sequence) or isinstance(sequence, (str, bytes)):
        raise FormatError(f"wrap: {sequence!r:.80} is no sequence of rows")
    return Wrapped(sequence, properties, by_position=by_position, name="wrapped sequence")
