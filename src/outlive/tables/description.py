"""The language that describes a table: ``people[first:S,last:S,shoesize:I,kids[name:S]]``."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import FormatError
from .schema import Kind, Property, Structure, check_depth, checked, is_name

_KINDS = {each.value.lower(): each for each in Kind if each is not Kind.VIEW} | {"m": Kind.BYTES}


def parse(description: str, where: str = "description") -> tuple[str, Structure]:
    """The name and the structure that a description stands for.

    A column without a type is ``S``; besides Metakit's letters, str, bool, date, datetime and
    Decimal are types. Raises FormatError, with the position of what is wrong.

    >>> from outlive.tables.description import parse
    >>> parse("people[first:S,shoesize:I]")
    ('people', (first:S, shoesize:I))
    """
    name, structure = _Parser(description, where).table()
    if not is_name(name):
        raise FormatError(f"{where}: {name!r} is no name of a table")
    return name, checked(structure, f"{where}: {description!r:.200}")


def parse_all(description: str, where: str = "description") -> list[tuple[str, Structure]]:
    """The tables of a whole storage: descriptions with commas between them."""
    return [(each.name, Structure(each.fields)) for each in _Parser(description, where).views()]


def kind(text: str, where: str) -> Kind:
    """The kind that a type in a description stands for. Raises FormatError."""
    found = _KINDS.get(text.lower())
    if found is None:
        raise FormatError(f"{where}: the type {text!r} is unknown; use one of {_known()}")
    return found


def describe(name: str, structure: tuple[Property, ...]) -> str:
    """The description of a table; `parse` reads it."""
    return name + (structure if isinstance(structure, Structure) else Structure(structure)).text


def _known() -> str:
    return " ".join(each.value for each in Kind if each is not Kind.VIEW)


class _Parser:
    def __init__(self, text: str, where: str) -> None:
        if not isinstance(text, str):
            raise FormatError(f"{where}: a description is a str, not {text!r:.99}")
        self._text = text
        self._where = where
        self._at = 0
        self._depth = -1  # of the subviews

    def table(self) -> tuple[str, Structure]:
        name = self._name()
        fields = self._fields()
        if self._text[self._at :]:
            raise self._error("nothing may follow the last ]")
        return name, Structure(fields)

    def views(self) -> Iterator[Property]:
        while self._text:
            yield Property(self._name(), Kind.VIEW, self._fields())
            if self._at == len(self._text):
                return
            self._expect(",")

    def _fields(self) -> tuple[Property, ...]:
        self._expect("[")
        self._depth += 1
        check_depth(self._depth, self._where)
        fields: list[Property] = []
        while self._peek() != "]":
            if fields:
                self._expect(",")
            fields.append(self._field())
        self._at += 1
        self._depth -= 1
        return tuple(fields)

    def _field(self) -> Property:
        if self._peek() == "^":
            raise self._error("a subview cannot have the structure of what it is in ([^])")
        name = self._name()
        if self._peek() == "[":
            return Property(name, Kind.VIEW, self._fields())
        if self._peek() != ":":
            return Property(name, Kind.STRING)
        self._at += 1
        start = self._at
        text = self._word()
        found = _KINDS.get(text.lower())
        if found is None:
            self._at = start
            raise self._error(f"the type {text!r} is unknown, use one of {_known()}")
        return Property(name, found)

    def _name(self) -> str:
        name = self._word()
        if not name or name != name.strip():
            raise self._error("a name is missing" if not name else f"{name!r} has white space")
        return name

    def _word(self) -> str:
        start = self._at
        while self._peek() not in ("", ",", "[", "]", ":"):
            self._at += 1
        return self._text[start : self._at]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise self._error(f"{character!r} is missing")
        self._at += 1

    def _error(self, what: str) -> FormatError:
        return FormatError(
            f"{self._where}: {self._text!r:.200} is no description: {what}, at character "
            f"{self._at + 1}; write it as in 'people[first:S,shoesize:I,kids[name:S]]'"
        )
