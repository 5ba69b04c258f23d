"""A choice of rows or columns: what it shows, and what a set reaches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from outlive.errors import ClosedError, FormatError, ReadOnlyError

from .making import made, tuples


@pytest.fixture
def people() -> Any:
    """Four people, two of whom wear the same."""
    return made(
        "people[first:S,last:str,shoe:I,x:D]",
        ("John", "Lennon", 44, 1.5),
        ("flash", "Gordon", 42, math.nan),
        ("Ann", "adams", 44, -0.0),
        ("ann", "Zed", 40, 0.0),
    )


def firsts(view: Any) -> list[str]:
    """The first names of a view."""
    return [row.first for row in view]


def test_select_by_value(people: Any) -> None:
    """Only rows with all the values are there; S compares without case, str with it."""
    assert firsts(people.select(shoe=44)) == ["John", "Ann"]
    assert firsts(people.select({"shoe": 44}, first="ANN")) == ["Ann"]
    assert firsts(people.select(shoe=42, first="ANN")) == []
    assert firsts(people.select(first="ANN")) == ["Ann", "ann"]
    assert firsts(people.select(last="ADAMS")) == []
    assert firsts(people.select(people[1])) == ["flash"]


def test_select_in_range(people: Any) -> None:
    """Both ends belong to the range, and an end that is not given is open."""
    assert firsts(people.select({"shoe": 42}, {"shoe": 44})) == ["John", "flash", "Ann"]
    assert firsts(people.select({}, {"shoe": 42})) == ["flash", "ann"]
    assert firsts(people.select({"shoe": 43}, {})) == ["John", "Ann"]
    assert firsts(people.select({"shoe": 43}, {"x": 1})) == ["Ann"]
    assert firsts(people.select({"first": "ann"}, {"first": "FLASH"})) == ["flash", "Ann", "ann"]


def test_nan_is_a_number_above_all(people: Any) -> None:
    """NaN equals itself, is last in order up and down, and is in no range that has an upper end."""
    assert firsts(people.select(x=math.nan)) == ["flash"]
    assert firsts(people.select({"x": 0.0}, {})) == ["John", "flash", "Ann", "ann"]
    assert firsts(people.select({"x": 0.0}, {"x": math.inf})) == ["John", "Ann", "ann"]
    assert firsts(people.sort("x")) == ["Ann", "ann", "John", "flash"]
    assert firsts(people.sortrev("x", "x")) == ["John", "Ann", "ann", "flash"]


def test_sort_is_stable(people: Any) -> None:
    """Rows that are equal keep their order, backwards too."""
    assert firsts(people.sort(people.first)) == ["Ann", "ann", "flash", "John"]
    assert firsts(people.sortrev([people.first], [people.first])) == ["John", "flash", "Ann", "ann"]
    assert firsts(people.sort("shoe", "last")) == ["ann", "flash", "John", "Ann"]
    assert firsts(people.sortrev(["shoe", "last"], ["shoe"])) == ["John", "Ann", "flash", "ann"]


def test_set_reaches_the_base(people: Any) -> None:
    """A set through all kinds of choice, one over the other, is a set of the table."""
    view = people.select(shoe=44).sort("first").project("shoe", "first").rename("first", "name")
    view[0:1][0].name = "Bob"
    (view + view)[3]["name"] = "Johnny"
    assert firsts(people) == ["Johnny", "flash", "Bob", "ann"]
    people.filter(lambda row: row.shoe == 40)[0].x = 7
    assert people[3].x == 7


def test_views_are_live(people: Any) -> None:
    """What changes in the base is there at the next look, in the order that it then has."""
    by_shoe, some = people.sort("shoe"), people.filter(lambda row: row.shoe > 42)
    tail = people[-2:]
    people[0].shoe = 30
    people.append(first="New", shoe=99)
    assert firsts(by_shoe) == ["John", "ann", "flash", "Ann", "New"]
    assert firsts(some) == ["Ann", "New"]
    assert firsts(tail) == ["ann", "New"]
    del people[:]
    assert [len(each) for each in (by_shoe, some, tail)] == [0, 0, 0]


def test_handle_stays_with_its_row(people: Any) -> None:
    """A row taken from a derived view is that row when others move, and says when it is gone."""
    row = people.sort("first")[0]
    people.insert(0, first="aaa")
    assert row.first == "Ann"
    row.first = "Zoe"
    assert firsts(people) == ["aaa", "John", "flash", "Zoe", "ann"]
    del people[3]
    with pytest.raises(ClosedError, match="deleted"):
        row.first = "?"


def test_loop_sees_each_row_once(people: Any) -> None:
    """A loop that sets what put the row there, or deletes rows, misses none of the others."""
    for row in people.select(shoe=44):
        row.shoe = 45
    assert [row.shoe for row in people] == [45, 42, 45, 40]
    for row in people.sort("last"):
        if row.last == "Gordon":
            del people[0]
        row.shoe = 1
    assert [row.shoe for row in people] == [1, 1, 1]


def test_unknown_columns_and_values(people: Any) -> None:
    """What is asked wrongly gets an error that names the column and what there is."""
    asks: list[Callable[[], object]] = [
        lambda: people.select(zip=1),
        lambda: people.sort("zip"),
        lambda: people.project("first", "zip"),
        lambda: people.rename("zip", "code"),
    ]
    for ask in asks:
        with pytest.raises(FormatError, match=r"'zip'; there are first, last, shoe, x"):
            ask()
    with pytest.raises(FormatError, match=r"'shoe' \(I\) cannot hold 'big'"):
        people.select(shoe="big")
    with pytest.raises(FormatError, match="two columns have the name 'last'"):
        people.rename("first", "last")
    with pytest.raises(FormatError, match="'last' is given twice"):
        people.project("last", "last")
    with pytest.raises(FormatError, match="x counts backwards"):
        people.sortrev("last", "x")
    with pytest.raises(ValueError, match="zero"):
        people[::0]


def test_rows_of_unique_cannot_be_set(people: Any) -> None:
    """One row stands for several, so a set has no meaning: not there, and not further on."""
    names = people.project("first").unique()
    assert firsts(names) == ["Ann", "flash", "John"]
    for view in (names, names.sort("first"), names[:]):
        with pytest.raises(ReadOnlyError, match="first"):
            view[0].first = "?"
    with pytest.raises(ReadOnlyError):
        people.sort("first").append(first="?")
    assert firsts(people) == ["John", "flash", "Ann", "ann"]


def test_remapwith_numbers(people: Any) -> None:
    """Rows come in the order of the numbers, can be set, and one that is not there is an error."""
    order = made("order[i:I]", [3], [0], [3])
    view = people.remapwith(order)
    assert firsts(view) == ["ann", "John", "ann"]
    view[2].first = "Eve"
    assert firsts(view) == ["Eve", "John", "Eve"]
    order[1].i = 9
    with pytest.raises(IndexError, match="there is no row 9 in people; there are 4"):
        firsts(view)
    with pytest.raises(FormatError, match="numbers of rows"):
        people.remapwith(people)


def test_indices_and_remove(people: Any) -> None:
    """`indices` finds the rows of a choice, also through another order, for `remove` to take."""
    chosen = people.select(shoe=44)
    assert tuples(people.sort("first").indices(chosen)) == [(3,), (0,)]
    people.remove(people.indices(chosen))
    assert firsts(people) == ["flash", "ann"]
    other = made("other[first:S]", ["x"])
    with pytest.raises(FormatError, match="row 0 of other is not a row of people"):
        tuples(people.indices(other))
