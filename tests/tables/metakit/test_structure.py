"""The structure of a file, as text and as a tree."""

from __future__ import annotations

import pytest

from outlive.errors import CorruptError
from outlive.tables.metakit import Field, read

from . import writer
from .content import content
from .samples import mixed
from .writer import Options


def test_a_structure_without_end() -> None:
    """A structure may be nested deeper than Python's stack, and is read."""
    depth = 100_000
    file = read(writer.file_of("v[" * depth + "]" * depth, writer.varint(0)))
    found, deepest = 0, file.structure[0]
    while deepest.fields:
        found, deepest = found + 1, deepest.fields[0]
    assert found == depth - 1


def test_the_structure() -> None:
    """It is there as a tree, and as the text in the file."""
    file = read(writer.file(mixed()))
    kids = Field("kids", "V", (), recursive=True)
    assert file.structure[2] == Field("tree", "V", (Field("name", "S"), kids))
    assert file.structure[0].fields[6].fields[2].fields == (Field("k", "L"), Field("u", "B"))
    assert file.description.endswith(",none[i:I,s:S],tree[name:S,kids[^]],bare[]")
    assert file.views["all"].names == ("i", "l", "f", "d", "s", "b", "v")


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ([("a", "i"), ("b", "s")], ["aI", "bS"]),
        ([("a", "M"), ("b", "m")], ["aB", "bB"]),
        ([("a b-é.^", "I"), ("", "S")], ["a b-é.^I", "S"]),
    ],
)
def test_how_fields_can_be_written(fields: writer.Structure, names: list[str]) -> None:
    """The case of a type means nothing, memo is bytes, and nearly all can be a name."""
    (view,) = read(writer.file({"v": (fields, [])})).views.values()
    assert [field.name + field.type for field in view.fields] == names


def test_fields_without_a_type_and_twice() -> None:
    """A field without a type is a string; the second of one name, in whatever case, is none."""
    columns = [b"\1\2", b"a\0b\0", writer.vector([2, 2], Options())]
    walk, position = writer.varint(0) + writer.varint(2), 8
    for column in columns:
        walk += writer.varint(len(column)) + writer.varint(position)
        position += len(column)
    walk += writer.varint(0)  # no memos
    places = writer.varint(len(walk)) + writer.varint(position)
    data = writer.file_of("v[i:I,s,I:S,S[x,y]],V[]", places, b"".join([*columns, walk]))
    assert content(read(data)) == {"v": [[1, "a"], [2, "b"]]}


@pytest.mark.parametrize(
    "text",
    ["v[i:X]", "v[i:]", "v[", "v[a", "v]", "v[a]b", "v[a][b]", "v:I", "v", "v[a]]", ",v[]"],
)
def test_a_structure_that_is_none(text: str) -> None:
    """The error says what is wrong, and where."""
    with pytest.raises(CorruptError, match=r"structure cannot be read, character \d+ near"):
        read(writer.file_of(text, writer.varint(0)))
