"""Columns may be called as what views, rows and classes have of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import FormatError
from outlive.tables import Kind, Property, Row, Storage, Table, View, wrap

ODD: list[Any] = [
    *("mro", "__init__", "__subclasses__", "__name__", "__slots__", "__doc__", "__dict__"),
    *("_asdict", "_get_", "_set_", "_columns_", "_at_", "_view_", "_log_"),
    *("name", "structure", "start", "index", "find", "count", "keys", "self", "row", "given"),
]
ODD += ["_index_", "_batch_", "_offset_", "_names_", "_stamp_"]  # a row's own


@pytest.mark.parametrize("name", ODD)
def test_a_row_is_taken_over_with_any_column(tmp_path: Path, name: str) -> None:
    """What a column holds goes with its row into other tables, however the row was taken."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        columns = {name: int, "other": str}
        table, copy = storage.define("t", columns), storage.define("u", columns)
        table.append({name: 5, "other": "x"})
        if name != "self":
            table.append(**{name: 6, "other": "y"})
        else:
            table.append((6, "y"))
        rows = [*table, table[0], *table.sort("other")]
        copy.extend(rows)
        for row in rows:
            copy.append(row)
            copy.insert(0, row)
        copy[0] = table[1]
        copy[1:2] = list(table)
        numbers = [row[name] for row in copy]
        assert sorted(set(numbers)) == [5, 6]
        assert len(copy) == 16
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert [row[name] for row in storage["u"]] == numbers
        assert storage["u"].column(name).tolist() == numbers


@pytest.mark.parametrize("name", ODD)
def test_a_column_is_set_and_found_by_any_name(name: str) -> None:
    """By the row's index, by `find` and by `select`, in the table and in what comes of it."""
    table = Table([Property(name, Kind.LONG), Property("other", Kind.LONG)])
    table.extend([(1, 10), (2, 20), (3, 30)])
    for number, row in enumerate(table):
        row[name] = number + 5
    assert table[1] == {name: 6, "other": 20}
    assert table.find({name: 7}) == 2
    assert [row.other for row in table.select({name: 6})] == [20]
    table.select({name: 6})[0][name] = 60
    assert [row[name] for row in table.sortrev([name], [name])] == [60, 7, 5]
    joined = table.project(name).join(table, name)
    assert sorted((row[name], row.other) for row in joined) == [(5, 10), (7, 30), (60, 20)]


@pytest.mark.parametrize("name", ["mro", "name", "start", "registered", "__subclasses__"])
def test_such_a_column_is_an_attribute_of_its_rows(name: str) -> None:
    """What `type` has, and a row has not, does not hide it, in loops or by index."""
    table = Table([Property(name, Kind.LONG)])
    table.append([5])
    for row in (table[0], *table, *table.filter(bool)):
        assert getattr(row, name) == 5
        setattr(row, name, 6)
        assert table[0][name] == 6
        setattr(row, name, 5)


def test_find_takes_a_column_called_start() -> None:
    """As a keyword it is the column where there is one, and else where to begin."""
    table, plain = (Storage().getas(f"t[{name}:I,a:I]") for name in ("start", "x"))
    for each in (table, plain):
        each.extend([(2, 1), (1, 1), (2, 3)])
    assert (table.find(start=1), table.find(start=2)) == (1, 0)
    assert table.find(start=2, a=3) == 2
    assert table.find({"start": 2}, 1) == 2
    assert plain.find(a=1, start=1) == 1
    assert plain.find({"x": 2}, 1) == 2
    assert plain.find({"x": 2}, start=1) == 2


VIEWS: dict[str, Callable[[Table], View]] = {
    "table": lambda table: table,
    "select": lambda table: table.select({}),
    "sort": lambda table: table.sort("age"),
    "copy": lambda table: table.copy(),
    "project": lambda table: table.project("name", "age"),
    "slice": lambda table: table[:],
    "unique": lambda table: table.unique(),
    "wrap": lambda table: wrap([("b", 1), ("a", 2)], table.structure, by_position=True),
}


@pytest.mark.parametrize("form", VIEWS)
def test_a_column_called_name_is_one(form: str) -> None:
    """The most common column there is: an attribute of each view, to sort and select by."""
    table = Storage().getas("people[name:S,age:I]")
    table.extend([("b", 1), ("a", 2)])
    view = VIEWS[form](table)
    assert view.name == Property("name", Kind.STRING)
    assert [row.name for row in view.sort(view.name)] == ["a", "b"]
    assert [row.name for row in view.select(name="A")] == ["a"]


@pytest.mark.parametrize("name", ["\ud800", "a\udfff", "x\ud83d"])
def test_a_name_that_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    """A column with half a character could not be written; there is no table then."""
    with Storage(tmp_path / "a.db") as storage:
        makers: list[Callable[[], object]] = [
            lambda: storage.getas(f"t[{name}:I]"),
            lambda: storage.getas(f"t[v[{name}:I]]"),
            lambda: storage.define("t", {name: int}),
            lambda: storage.define("t", v=[{name: int}]),
        ]
        for make in makers:
            with pytest.raises(FormatError):
                make()
        assert list(storage) == []
        storage.getas("t[a:I]").append(a=1)
        storage.commit()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert storage["t"][0].a == 1


def test_the_name_of_a_table_is_text() -> None:
    """One that could be neither saved nor listed is refused at once."""
    storage = Storage()
    makers: list[Callable[[], object]] = [
        lambda: storage.getas("\ud800[a:I]"),
        lambda: storage.define("\ud800", a=int),
    ]
    for make in makers:
        with pytest.raises(FormatError):
            make()


def test_attributes_of_a_view_cannot_be_set() -> None:
    """Neither a column nor a mistyped name is taken in silence, in any view; rows say it, too."""
    table = Storage().getas("people[name:S,age:I,v[k:I]]")
    table.append(name="a", age=1, v=[(5,)])
    people: list[Any] = [table, table.sort("age"), table.select(age=1), table[0].v, table[:]]
    for view in people:
        for name in ("age", "k", "nosuch", "name", "sort"):
            with pytest.raises(AttributeError, match=name):
                setattr(view, name, 44)
    row: Row = table[0]
    with pytest.raises(AttributeError):
        row.nosuch = 1
    assert (row.age, table.age) == (1, Property("age", Kind.INT))
