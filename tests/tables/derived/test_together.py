"""Two views as one, groups, sets, subviews made flat: what the model does not ask."""

from __future__ import annotations

import math
from typing import Any

import pytest

from outlive.errors import FormatError, ReadOnlyError

from .making import made, tuples


@pytest.fixture
def orders() -> Any:
    """Orders of two customers, with their lines."""
    return made(
        "orders[who:S,total:D,lines[what:S,n:I]]",
        ("ann", 5.0, [("egg", 1), ("ham", 2)]),
        ("Bob", math.nan, []),
        ("ANN", 7.0, [("egg", 3)]),
    )


@pytest.fixture
def people() -> Any:
    """Customers."""
    return made("people[who:S,age:I]", ("Ann", 30), ("Cid", 50), ("bob", 40))


def test_join(orders: Any, people: Any) -> None:
    """Rows meet where S is equal without case, in the order of the key; outer keeps the rest."""
    joined = orders.project("who", "total").join(people, "who")
    assert [(row.who, row.age) for row in joined] == [("ann", 30), ("ANN", 30), ("Bob", 40)]
    outer = people.join(orders.project("who", "lines"), people.who, outer=True)
    assert [(row.who, len(row.lines)) for row in outer] == [
        ("Ann", 2),
        ("Ann", 1),
        ("bob", 0),
        ("Cid", 0),
    ]
    orders[1].who = "cid"
    assert [row.who for row in joined] == ["ann", "ANN", "cid"]
    with pytest.raises(ReadOnlyError, match="computed"):
        joined[0].age = 1


def test_join_of_wide_and_narrow(people: Any) -> None:
    """Whole numbers of two widths can be joined on; other types cannot."""
    wide = made("wide[age:L,mark:S]", (2**40, "x"), (30, "y"))
    assert [row.mark for row in people.join(wide, "age")] == ["y"]
    with pytest.raises(FormatError, match="age:I in one and age:S in the other"):
        people.join(made("other[age:S]"), "age")


def test_join_asked_wrongly(orders: Any, people: Any) -> None:
    """A column that is missing, or in both and no key, is named in the error."""
    with pytest.raises(FormatError, match="people: there is no column 'total'; there are who, age"):
        orders.join(people, "total")
    with pytest.raises(FormatError, match="both have who"):
        orders.join(people)
    with pytest.raises(FormatError, match="both views have a column 'age'; rename"):
        people.join(people, "who")
    with pytest.raises(FormatError, match="needs another view"):
        people.join([1], "who")


def test_groups_are_live_and_can_be_set(orders: Any) -> None:
    """A row of a group is a row of the table, and a group shows what has its key now."""
    groups = orders.groupby("who", "of")
    assert [(row.who, len(row.of)) for row in groups] == [("ann", 2), ("Bob", 1)]
    anns = groups[0].of
    anns[1].total = 8.0
    assert orders[2].total == 8.0
    orders.append(who="aNN", total=9.0)
    assert [row.total for row in anns] == [5.0, 8.0, 9.0]
    assert [row.who for row in groups.flatten("of").project("who")] == ["ann"] * 3 + ["Bob"]
    with pytest.raises(ReadOnlyError):
        groups[0].who = "?"
    with pytest.raises(FormatError, match="two columns have the name 'who'"):
        orders.groupby("who", "who")
    with pytest.raises(TypeError, match="name of the new column"):
        orders.counts(orders.who)


def test_counts(orders: Any) -> None:
    """Each key is there once with its number of rows; NaN is one key; no keys are one group."""
    assert tuples(orders.counts("who", "n")) == [("ann", 2), ("Bob", 1)]
    orders.append(who="x", total=math.nan)
    assert [row.n for row in orders.counts("total", "n")] == [1, 1, 2]
    assert tuples(orders.counts("n")) == [(4,)]
    assert tuples(orders[:0].counts("n")) == []
    assert tuples(orders.counts("lines", "n").project("n")) == [(2,), (1,), (1,)]


def test_flatten(orders: Any) -> None:
    """The columns of the subview stand in its place; outer keeps rows without any."""
    flat = orders.flatten("lines")
    assert tuples(flat.project("who", "what", "n")) == [
        ("ann", "egg", 1),
        ("ann", "ham", 2),
        ("ANN", "egg", 3),
    ]
    assert [row.what for row in orders.flatten("lines", outer=True)] == ["egg", "ham", "", "egg"]
    orders[1].lines.append(what="jam")
    assert [row.what for row in flat] == ["egg", "ham", "jam", "egg"]
    with pytest.raises(FormatError, match=r"'total' \(D\) is no subview"):
        orders.flatten("total")


def test_sets_are_sets(people: Any) -> None:
    """Rows that are there several times count once, in either view."""
    twice = people + people
    other = made("other[age:I,who:S]", (40, "BOB"), (40, "bob"), (1, "new"))
    assert tuples(twice.union(other)) == [("Ann", 30), ("bob", 40), ("Cid", 50), ("new", 1)]
    assert tuples(twice.intersect(other)) == [("bob", 40)]
    assert tuples(twice.different(other)) == [("Ann", 30), ("Cid", 50), ("new", 1)]
    assert tuples(twice.minus(other)) == [("Ann", 30), ("Cid", 50)]
    with pytest.raises(FormatError, match="people has no 'total'"):
        people.union(made("odd[who:S,age:I,total:D]"))
    with pytest.raises(ReadOnlyError):
        twice.union(other)[0].age = 1


def test_concat_of_wide_and_narrow(people: Any) -> None:
    """Both kinds of whole numbers fit into the wider one, and a set is checked by its table."""
    wide = made("wide[age:L,who:S]", (2**40, "x"))
    both = people.concat(wide)
    assert [row.age for row in both] == [30, 50, 40, 2**40]
    both[3].age = 2**41
    assert wide[0].age == 2**41
    with pytest.raises(FormatError, match="beyond 32 bits"):
        both[0].age = 2**41
    with pytest.raises(FormatError, match="needs another view"):
        people.concat([1, 2])


def test_pair(people: Any) -> None:
    """A set goes to the side that has the column; unequal lengths are an error at each look."""
    marks = made("marks[mark:S]", ["a"], ["b"], ["c"])
    view = people.pair(marks)
    view[1].mark = "B"
    view[1].age = 51
    assert (marks[1].mark, people[1].age) == ("B", 51)
    marks.append(mark="d")
    with pytest.raises(FormatError, match="people has 3 rows and marks 4"):
        len(view)
    people.append(who="Dan")
    assert tuples(view)[-1] == ("Dan", 0, "d")


def test_product(people: Any) -> None:
    """Each row of one meets each of the other."""
    view = people.project("age").product(made("marks[mark:S]", ["a"], ["b"]))
    assert tuples(view) == [(30, "a"), (30, "b"), (50, "a"), (50, "b"), (40, "a"), (40, "b")]
    assert len(view.product(made("none[x:I]"))) == 0
