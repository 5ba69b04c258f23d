"""The structure of a Metakit file: its views and their columns, as its text says them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import CorruptError

_TYPES = "ILFDSB"
_PART = re.compile(r"[^,\[\]]+|[,\[\]]")


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or a view. `type` is one of I L F D S B, or V for a view that has `fields`.

    A view that has the same fields as the view that it stands in is `recursive`: its `fields` are
    empty here, as they would have no end.
    """

    name: str
    type: str
    fields: tuple[Field, ...] = ()
    recursive: bool = False


def parse(text: str, name: str) -> tuple[Field, ...]:
    """The views that a structure text describes, in their order.

    As in Metakit a column without a type is an S, an M is a B, the case of types means nothing, and
    a second column of one name (whatever its case) is none. Raises CorruptError, with `name` for
    the file's, if the text cannot be what Metakit wrote.
    """
    return _Parser(text, name).fields() if text else ()


class _List:
    """The fields of one view, as far as they were read."""

    def __init__(self, title: str) -> None:
        self.title = title  # how the view itself is written, before its bracket
        self.fields: list[Field] = []
        self._names: set[bytes] = set()

    def add(self, field: Field) -> None:
        key = field.name.encode("utf-8", "surrogatepass").lower()  # ASCII's case alone, as Metakit
        if key not in self._names:
            self._names.add(key)
            self.fields.append(field)


class _Parser:
    """Reads a structure text without calling itself: it may be nested to any depth."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._open = [_List("")]
        self._title = ""  # of the field that has begun
        self._ended = False  # the field ended with a bracket
        self._at = 0

    def fields(self) -> tuple[Field, ...]:
        for found in _PART.finditer(self._text):
            part, self._at = found[0], found.start()
            if part == ",":
                self._end_field()
            elif part == "]":
                self._end_view()
            elif self._ended:
                self._fail("nothing but a comma can follow a bracket")
            elif part == "[":
                self._begin_view()
            else:
                self._title = part
        self._at = len(self._text)
        self._end_field()
        if len(self._open) > 1:
            self._fail("a bracket is not closed")
        return tuple(self._open[0].fields)

    def _begin_view(self) -> None:
        self._open.append(_List(self._title))
        self._title = ""

    def _end_view(self) -> None:
        if len(self._open) == 1:
            self._fail("a bracket is closed that was not opened")
        view = self._open[-1]
        recursive = self._title == "^" and not view.fields
        if not recursive and (self._title or self._ended or view.fields):
            self._end_field()
        self._open.pop()
        name = view.title.partition(":")[0]  # Metakit takes brackets for the type, whatever stands
        self._open[-1].add(Field(name, "V", tuple(view.fields), recursive))
        self._title, self._ended = "", True

    def _end_field(self) -> None:
        if not self._ended:
            name, colon, letter = self._title.partition(":")
            type = letter[:1].upper() if colon else "S"
            type = "B" if type == "M" else type
            if type not in _TYPES or not type:
                self._fail(f"column {name!r} is of the type {letter!r}, which is none")
            if len(self._open) == 1:
                self._fail(f"{self._title!r} is no view")
            self._open[-1].add(Field(name, type))
        self._title, self._ended = "", False

    def _fail(self, why: str) -> None:
        near = self._text[max(0, self._at - 20) : self._at + 20]
        raise CorruptError(
            f"{self._name} is damaged: its structure cannot be read, character {self._at} near "
            f"{near!r}: {why}. Put a good copy in its place"
        )
