"""A table is a sequence of rows, and its rows are handles that stay with them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from outlive.errors import ClosedError, FormatError, ReadOnlyError
from outlive.tables import Storage, Table, parse

PEOPLE = parse("people[first:S,last:S,shoesize:I]")[1]
NAMES = ["John", "Flash", "Ada", "Grace"]


@pytest.fixture
def people() -> Table:
    """Four rows."""
    table = Table(PEOPLE, name="people")
    for size, name in enumerate(NAMES, 40):
        table.append(first=name, shoesize=size)
    return table


def firsts(table: Any) -> list[str]:
    """The first names, in order."""
    return [row.first for row in table]


def test_rows_by_index(people: Table) -> None:
    """An index counts from the start or, negative, from the end; beyond both it is an error."""
    assert len(people) == 4
    assert people[0].first == "John"
    assert people[-1].first == "Grace"
    assert people[3] == people[-1] == {"first": "Grace", "last": "", "shoesize": 43}
    for beyond in (4, -5):
        with pytest.raises(IndexError, match="there are 4"):
            people[beyond]
    with pytest.raises(TypeError):
        people["first"]


@dataclasses.dataclass
class Person:
    """An object with attributes of which the table has some."""

    first: str
    shoesize: int
    hobby: str = "chess"


@pytest.mark.parametrize(
    "row",
    [
        {"first": "Mary", "shoesize": 39},
        ("Mary", "", 39),
        ["Mary", "", 39],
        Person("Mary", 39),
    ],
    ids=["dict", "tuple", "list", "object"],
)
def test_what_a_row_can_be(people: Table, row: Any) -> None:
    """Dicts, sequences and objects become rows; what they do not say is empty."""
    assert people.append(row) == 4
    people.insert(0, row)
    people.extend([row])
    people[2] = row
    assert firsts(people) == ["Mary", "John", "Mary", "Ada", "Grace", "Mary", "Mary"]
    assert people[0] == {"first": "Mary", "last": "", "shoesize": 39}


def test_keywords_and_rows_of_another_table(people: Table) -> None:
    """A row of one table can be appended to another, which takes what it has columns for."""
    other = Table(parse("sizes[shoesize:I,note:S]")[1], name="sizes")
    other.append(people[0])
    other.append(shoesize=1)
    assert [tuple(row) for row in other] == [(40, ""), (1, "")]
    with pytest.raises(TypeError, match="not both"):
        people.append({"first": "x"}, last="y")


def test_slices_are_set_and_deleted(people: Table) -> None:
    """As for a list, with any step."""
    people[1:3] = [{"first": "New"}]
    assert firsts(people) == ["John", "New", "Grace"]
    people[3:] = [("End",)] * 2
    people[::2] = [("A",), ("B",), ("C",)]
    assert firsts(people) == ["A", "New", "B", "End", "C"]
    with pytest.raises(ValueError, match="2 rows for a slice of 3"):
        people[::2] = [("x",), ("y",)]
    del people[::2]
    assert firsts(people) == ["New", "End"]
    del people[-1]
    people[0:0] = people
    assert firsts(people) == ["New", "New"]
    people[:] = []
    assert len(people) == 0
    people.extend(people)
    assert len(people) == 0


def test_insert_counts_as_a_list_does(people: Table) -> None:
    """An index beyond an end is that end."""
    expected = list(NAMES)
    for index in (-99, -1, 2, 99):
        people.insert(index, first=f"at {index}")
        expected.insert(index, f"at {index}")
    assert firsts(people) == expected


def test_remove_takes_numbers_or_a_view(people: Table) -> None:
    """Rows go by their numbers, or because they are in a view of the table."""
    people.remove([1, -1])
    assert firsts(people) == ["John", "Ada"]
    people.remove(people.select(first="ada"))
    assert firsts(people) == ["John"]
    with pytest.raises(IndexError):
        people.remove([1])
    people.delete(0)
    assert not len(people)


def test_handles_move_with_their_rows(people: Table) -> None:
    """Whatever is inserted, deleted or set before a row, its handle shows it, and sets it."""
    handles = list(people)
    people.insert(0, first="before")
    del people[people.find(first="flash")]
    people.remove([0])
    people[1:1] = [("between",)]
    assert [handles[0].first, handles[2].first, handles[3].first] == ["John", "Ada", "Grace"]
    handles[3].shoesize = 99
    assert people[-1].shoesize == 99
    with pytest.raises(ClosedError, match="deleted"):
        _ = handles[1].first
    with pytest.raises(ClosedError, match="deleted"):
        handles[1].first = "x"
    assert "deleted" in repr(handles[1])


def test_a_loop_may_change_what_it_goes_through(people: Table) -> None:
    """Cells that are set in a loop are set; rows that it deletes or adds count as in a list."""
    for row in people:
        row.shoesize = row.shoesize + 1
    assert list(people.column("shoesize")) == [41, 42, 43, 44]
    seen = []
    for row in people:
        seen.append(row.first)
        if row.first == "Flash":
            del people[0]
        if len(people) < 6:
            people.append(first="more")
    assert seen == ["John", "Flash", "Grace", "more", "more", "more"]


def test_a_row_of_a_loop_is_live(people: Table) -> None:
    """It shows what was set after the loop came to it, and in rows that it has passed."""
    rows = iter(people)
    first, second = next(rows), next(rows)
    assert (first.shoesize, second.shoesize) == (40, 41)
    people[0].shoesize = 1
    second.shoesize = 2
    assert (first.shoesize, second.shoesize, people[1].shoesize) == (1, 2, 2)
    people.insert(0, first="new")
    assert (first.first, second.first) == ("John", "Flash")


def test_a_row_is_a_sequence_and_a_mapping_of_its_values(people: Table) -> None:
    """By position, by name and by property."""
    row = people[0]
    assert list(row) == ["John", "", 40] == [row[0], row["last"], row[people.shoesize]]
    assert row[-1] == 40
    row[-1] = 41
    row["last"] = "L"
    assert repr(row) == "Row(first='John', last='L', shoesize=41)"
    with pytest.raises(FormatError, match="no column 'x'"):
        row["x"]
    with pytest.raises(IndexError):
        row[3]
    with pytest.raises(AttributeError):
        row.x = 1


def test_map_reduce_find_and_locate(people: Table) -> None:
    """What Metakit's views do with rows."""
    people.map(lambda row: setattr(row, "shoesize", row.shoesize + 1))
    assert people.reduce(lambda row, total: total + row.shoesize) == 41 + 42 + 43 + 44
    people.map(lambda row: setattr(row, "last", "x"), people.select(shoesize=42))
    assert people[1].last == "x"
    assert people.find(last="X") == 1
    assert people.find(last="x", start=2) == -1
    assert people.find({"shoesize": 43}) == 2
    numbers = Table(parse("t[n:I]")[1])
    numbers.extend([(1,), (2,), (2,), (2,), (5,)])
    assert numbers.locate(n=2) == (1, 3)
    assert (numbers.search(n=3), numbers.search(n=9), numbers.search(n=0)) == (4, 5, 0)


def test_structure_properties_and_itemsize(people: Table) -> None:
    """A view tells what it is made of."""
    assert [each.name for each in people.structure()] == ["first", "last", "shoesize"]
    assert people.properties()["last"] == people.last
    assert repr(people.last) == "last:S"
    assert people.itemsize("shoesize") == 1
    people[0].shoesize = 70_000
    assert people.itemsize(people.shoesize) == 4
    assert people.itemsize("first", 1) == 5
    with pytest.raises(AttributeError, match="the columns are first, last, shoesize"):
        _ = people.nothing


def test_a_copy_goes_its_own_way(people: Table) -> None:
    """What is done to a copy is not done to the table, and the other way round."""
    copy = people.copy()
    assert copy == people
    copy[0].first = "Changed"
    del people[3]
    assert firsts(people) == NAMES[:3]
    assert firsts(copy) == ["Changed", *NAMES[1:]]


def test_subviews_are_live_at_any_depth() -> None:
    """A subview is written through, moves with its row, and ends with it."""
    table = Table(parse("a[n:I,b[m:I,c[k:S]]]")[1], name="a")
    table.append(n=1, b=[{"m": 1, "c": [{"k": "x"}]}])
    table.append(n=2)
    inner = table[0].b[0].c
    inner.append(k="y")
    table.insert(0, n=0)
    inner[0].k = "first"
    assert table.to_arrow().to_pylist()[1] == {
        "n": 1,
        "b": [{"m": 1, "c": [{"k": "first"}, {"k": "y"}]}],
    }
    held, again = table[1].b, table[1].b
    again.append(m=5)
    assert len(held) == 2
    table[1].b = table[2].b
    assert len(held) == 0
    del table[1]
    for use in (lambda: len(held), lambda: held.append(m=1), lambda: inner[0].k):
        with pytest.raises(ClosedError, match="deleted"):
            use()
    assert len(table) == 2


def test_computed_rows_cannot_be_added() -> None:
    """Who appends to a view that was computed is told so."""
    view = Storage().getas("a[n:I]").sort()
    with pytest.raises(ReadOnlyError, match="computed"):
        view.append(n=1)
    with pytest.raises(ReadOnlyError):
        del view[0]
