"""`wrap`: any Python sequence as a view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...tables.schema import default
from ...tables.wrapped import Wrapped
from . import coercion
from .failures import WrongTypeError
from .properties import Property
from .views import ROViewer


class Items(Wrapped):
    """The items of a sequence as rows, with their values as Mk4py converts them."""

    def _get(self, item: Any, column: int, where: str) -> Any:
        prop = self.structure[column]
        value = item if self._is_value(item) else super()._get(item, column, where)
        return default(prop) if value is None else coercion.cell(prop, value, where)

    def _is_value(self, item: Any) -> bool:
        """Whether an item is not a row, but what its one column holds."""
        return (
            self._read == self._named
            and len(self.structure) == 1
            and not isinstance(item, Mapping)
            and not hasattr(item, self.structure[0].name)
        )


def wrap(sequence: Sequence[Any], props: Iterable[Property], by_position: Any = 0, /) -> ROViewer:
    """A view of any sequence, whose items are dicts, or objects with the columns as attributes.

    With `by_position` they are sequences; without it, an item may be the value itself if there is
    but one column. The view shows what the sequence holds now. Raises FormatError.

    >>> from outlive.compat import metakit
    >>> words = metakit.wrap(["one", "two"], [metakit.property("S", "word")])
    >>> words.find(word="two")
    1
    """
    props = list(props)
    for each in props:
        if not isinstance(each, Property):
            raise WrongTypeError(f"wrap: {each!r:.80} is no property; make one with property()")
    if not isinstance(sequence, Sequence) or isinstance(sequence, (str, bytes)):
        raise WrongTypeError(f"wrap: {sequence!r:.80} is no sequence of rows")
    columns = [each._column for each in props]
    name = "wrapped sequence"
    return ROViewer(Items(sequence, columns, by_position=bool(by_position), name=name))
