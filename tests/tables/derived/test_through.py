"""A set through views over views: it reaches the row that is shown, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from outlive.errors import FormatError, ReadOnlyError
from outlive.tables.view import View

from .making import made, tuples

Step = Callable[[Any], Any]
THROUGH: dict[str, Step] = {
    "select": lambda view: view.select({"k": 1}, {"k": 8}),
    "filter": lambda view: view.filter(lambda row: row.k != 2),
    "sort": lambda view: view.sort("s"),
    "sortrev": lambda view: view.sortrev(["s"], ["s"]),
    "project": lambda view: view.project("kids", "k", "s"),
    "rename": lambda view: view.rename("s", "z").rename("z", "s"),
    "slice": lambda view: view[::-1][1:],
    "concat": lambda view: view[:1] + view[1:],
    "remapwith": lambda view: view.remapwith(list(range(len(view)))[::-1]),
    "pair": lambda view: view.pair(made("p[mark:I]", *([each] for each in range(len(view))))),
}
CLOSED: dict[str, Step] = {
    "unique": lambda view: view.unique(),
    "union": lambda view: view.union(view[:1]),
    "intersect": lambda view: view.intersect(view),
    "different": lambda view: view.different(view[:1]),
    "minus": lambda view: view.minus(view[:1]),
    "product": lambda view: view.product(made("p[at:I]", [1])),
    "join": lambda view: view.join(made("p[k:I,at:I]", *([each, 1] for each in range(9))), "k"),
    "groupby": lambda view: view.groupby("k", "s", "kids", "of"),
    "counts": lambda view: view.counts("k", "s", "kids", "n"),
}


@pytest.fixture
def table() -> Any:
    """Six rows, in no order."""
    return made(
        "t[k:I,s:S,kids[n:S]]", *[(k, s, [(s,)]) for k, s in zip(range(6), "dbfaec", strict=True)]
    )


def chains(*steps: dict[str, Step]) -> list[Any]:
    """All ways to do one after the other; `pair` comes at most once, and after it no set."""
    found = []
    for chosen in product(*steps):
        paired = chosen.index("pair") if "pair" in chosen else len(chosen)
        later = chosen[paired + 1 :]
        if not {"pair", "project", "groupby", "counts", "product", "join"}.intersection(later):
            found.append(pytest.param(chosen, id="-".join(chosen)))
    return found


def derived(table: Any, chain: tuple[str, ...]) -> Any:
    """The view at the end of a chain."""
    view = table
    for each in chain:
        view = (THROUGH | CLOSED)[each](view)
    return view


ALL = ("select", "sort", "project", "rename", "slice", "concat")


@pytest.mark.parametrize("chain", [*chains(THROUGH, THROUGH), ALL, ALL[::-1]])
def test_a_set_reaches_the_row(table: Any, chain: tuple[str, ...]) -> None:
    """A cell, a whole row and a subview are set in the row that was shown, and in no other."""
    view = derived(table, chain)
    assert len(view) >= 1
    for at in range(len(view)):
        shown = view[at].k
        row = view[at]
        row.kids.append(n="more")
        row["kids"][0].n = "first"
        row.s = row.s.upper()
        wanted = [
            (k, s.upper(), ["first", "more"]) if k == shown else (k, s, [s])
            for k, s in zip(range(6), "dbfaec", strict=True)
        ]
        assert [(each.k, each.s, [kid.n for kid in each.kids]) for each in table] == wanted
        row.kids = [(row.s.lower(),)]
        row.s = row.s.lower()
    row = view[0]
    values = row._asdict() | {"s": "new", "kids": [{"n": "x"}]}
    view[0] = values
    changed = [each.k for each in table if each.s == "new"]
    assert changed == [values["k"]]
    assert [each.k for each in table] == list(range(6))


@pytest.mark.parametrize(
    "chain", chains(CLOSED) + chains(CLOSED, THROUGH) + chains(THROUGH, CLOSED)
)
def test_a_set_without_meaning_is_refused(table: Any, chain: tuple[str, ...]) -> None:
    """No cell and no row of a computed view can be set, wherever it is in a chain."""
    view = derived(table, chain)
    before = tuples(table.project("k", "s")), [tuples(each.kids) for each in table]
    assert len(view) >= 1
    row = view[0]
    for prop in view.structure:
        if prop.name != "mark":
            with pytest.raises(ReadOnlyError, match="computed"):
                row[prop] = row[prop]
    with pytest.raises(ReadOnlyError, match="computed"):
        view[0] = row._asdict()
    with pytest.raises(ReadOnlyError, match="computed"):
        view[0:1] = [row._asdict()]
    assert (tuples(table.project("k", "s")), [tuples(each.kids) for each in table]) == before


@pytest.mark.parametrize("name", sorted(set(THROUGH | CLOSED) - {"slice"}))
def test_rows_are_not_added_or_taken(table: Any, name: str) -> None:
    """Which rows a derived view has follows from its base: who adds or deletes is told so."""
    view: Any = (THROUGH | CLOSED)[name](table)
    row = view[0]._asdict()
    attempts: list[Callable[[], object]] = [
        lambda: view.append(row),
        lambda: view.insert(0, row),
        lambda: view.extend([row]),
        lambda: view.delete(0),
        lambda: view.remove([0]),
        lambda: view.__delitem__(slice(0, 2)),
        lambda: view.__setitem__(slice(0, 1), [row]),
    ]
    for attempt in attempts:
        with pytest.raises(ReadOnlyError, match="computed"):
            attempt()
    assert len(table) == 6


def test_a_row_of_a_group(table: Any) -> None:
    """A set in a group reaches the row; its key is not there to be set."""
    groups = table.groupby("k", name="of")
    groups[2].of[0].s = "new"
    groups[2].of.select(s="new").sort()[0].kids[0].n = "kid"
    assert (table[2].s, table[2].kids[0].n) == ("new", "kid")
    with pytest.raises(FormatError, match="no column 'k'"):
        groups[2].of[0]["k"] = 1


def test_a_row_set_whole(table: Any) -> None:
    """What the row does not say is 0 or empty; columns that the view has not stay as they are."""
    view = table.select(k=3).project("k", "s")
    view[0] = {"k": 7}
    assert tuples(table.project("k", "s"))[3] == (7, "")
    assert tuples(table[3].kids) == [("a",)]
    with pytest.raises(FormatError, match="k"):
        table.sort()[0] = {"s": "x", "k": "no number"}
    with pytest.raises(IndexError):
        table.sort()[9] = {"s": "x"}
    with pytest.raises(FormatError, match="no column 'kids'"):
        table.project("k")[0] = {"kids": []}
    assert tuples(table.project("k", "s"))[0] == (0, "d")


def test_both_sides_of_a_pair_or_none(table: Any) -> None:
    """A row of a pair is set on both sides, or, if one of them cannot be, on neither."""
    marks = made("marks[mark:I,at:S]", *[(each, "m") for each in range(6)])
    view = table.project("k", "s").pair(marks)
    view[1] = (10, "t", 11, "n")
    assert (table[1].k, table[1].s, tuple(marks[1])) == (10, "t", (11, "n"))
    with pytest.raises(FormatError, match="mark"):
        view[0] = (20, "u", "no number", "n")
    with pytest.raises(ReadOnlyError):
        table.pair(marks.unique())[0] = (20, "u", [], 1, "n")
    with pytest.raises(ReadOnlyError):
        table.pair(marks.unique().sort().pair(made("x[x:I]", *[[1]] * 6)))[0] = {"k": 20}
    assert (table[0].k, table[0].s) == (0, "d")


def test_map_reaches_all_rows(table: Any) -> None:
    """`map` calls its function with each row there was, also if that takes rows out of the view."""
    view: View = table.select({"k": 1}, {"k": 4})
    view.map(lambda row: setattr(row, "k", 9))
    assert [row.k for row in table] == [0, 9, 9, 9, 9, 5]
    table.map(lambda row: setattr(row, "k", 1), table.select(k=9))
    assert [row.k for row in table] == [0, 1, 1, 1, 1, 5]
    table.sort("s").map(lambda row: setattr(row, "s", "z"), table.select(k=1)[:2])
    assert [row.s for row in table] == ["d", "z", "z", "a", "e", "c"]


def test_remove_takes_the_rows_of_a_view(table: Any) -> None:
    """A view of the table's rows stands for them, also if it has but a column of numbers."""
    numbers = made("numbers[k:I]", [3], [1], [5], [0])
    numbers.remove(numbers.select({"k": 3}, {"k": 5}))
    assert tuples(numbers) == [(1,), (0,)]
    table.remove(table.select(k=5).project("k"))
    table.remove(made("which[row:I]", [0], [1]))
    assert [row.k for row in table] == [2, 3, 4]
    with pytest.raises(FormatError, match="is not a row of"):
        table.remove(made("other[s:S]", ["x"]))
    blocked: Any = made("raw[_B[a:S,n:I]]").blocked()
    blocked.extend([("x", 1), ("y", 2), ("x", 3)])
    blocked.remove(blocked.select(a="X"))
    assert tuples(blocked) == [("y", 2)]
