"""`Property`: a column's name and type, as Mk4py shows it."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from ...errors import FormatError
from ...tables import schema
from ...tables.description import kind
from ...tables.schema import Kind, Structure, index_of
from .failures import WrongTypeError

_ids: dict[str, int] = {}


@functools.total_ordering
class Property:
    """A column: `name`, `type`, and `id`, which is the same for all properties of a name.

    As in Metakit, names are told apart without case, and properties compare by their ids.
    """

    __slots__ = ("_column",)
    _column: schema.Property

    def __init__(self, column: schema.Property) -> None:
        object.__setattr__(self, "_column", column)

    @property
    def name(self) -> str:
        """The name of the column."""
        return self._column.name

    @property
    def type(self) -> str:
        """A letter of I L F D S B V, or the name of one of outlive's own types."""
        return self._column.type

    @property
    def id(self) -> int:
        """A number that stands for the name in this process."""
        return _ids.setdefault(self.name.lower(), len(_ids))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self!r} cannot be changed; make another one with property()")

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Property) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.id < other.id if isinstance(other, Property) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"Property({self.type!r}, {self.name!r})"


def make(type: str, name: str) -> Property:
    """A property of a type (I L F D S B M V) and a name. Raises FormatError.

    >>> from outlive.compat import metakit
    >>> metakit.property("I", "shoesize")
    Property('I', 'shoesize')
    """
    if not isinstance(type, str) or not isinstance(name, str):
        raise WrongTypeError(f"property: type and name are str, not {type!r:.80}, {name!r:.80}")
    wanted = Kind.VIEW if type.upper() == "V" else kind(type, f"property {name!r}")
    column = schema.Property(name, wanted)
    schema.checked([column], "property")
    return Property(column)


def listed(structure: Iterable[schema.Property]) -> list[Property]:
    """The properties of a structure."""
    return [Property(each) for each in structure]


def position(structure: tuple[schema.Property, ...], name: str) -> int:
    """Where a column of that name is, its case aside; -1 if there is none."""
    for at, each in enumerate(structure):
        if each.name == name:
            return at
    folded = name.lower()
    return next((at for at, each in enumerate(structure) if each.name.lower() == folded), -1)


def column(structure: tuple[schema.Property, ...], given: object, where: str) -> str:
    """The name that a view has for a property, or for a name. Raises FormatError."""
    name = given.name if isinstance(given, (Property, schema.Property)) else given
    if not isinstance(name, str):
        raise WrongTypeError(f"{where}: {given!r:.80} is no property")
    at = position(structure, name)
    return structure[at if at >= 0 else index_of(structure, name, where)].name


def columns(
    structure: tuple[schema.Property, ...], given: Iterable[object], where: str
) -> list[str]:
    """The names for several properties, each once. Raises FormatError."""
    return list(dict.fromkeys(column(structure, each, where) for each in given))


def respelled(
    structure: Iterable[schema.Property], present: tuple[schema.Property, ...], where: str
) -> Structure:
    """A structure with the names as `present` spells them: other case is the same column.

    Raises FormatError for two columns of one name.
    """
    found: list[schema.Property] = []
    for each in structure:
        at = position(present, each.name)
        name = present[at].name if at >= 0 else each.name
        below = present[at].fields if at >= 0 else ()
        if position(tuple(found), name) >= 0:
            raise FormatError(f"{where}: two columns have the name {name!r}, its case aside")
        fields = tuple(respelled(each.fields, below, where))
        found.append(schema.Property(name, each.kind, fields))
    return Structure(found)
