"""Subviews seen through derived views, derived views of subviews, and both at any depth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outlive.errors import ClosedError, ReadOnlyError

from .making import made, tuples


@pytest.fixture
def tree() -> Any:
    """Three rows with subviews that have subviews."""
    return made(
        "t[k:I,b[m:I,c[s:S]]]",
        (1, [(10, [("x",), ("y",)]), (11, [])]),
        (2, []),
        (3, [(30, [("z",)])]),
    )


def content(tree: Any) -> list[Any]:
    """All of it, as lists."""
    return [(row.k, [(each.m, tuples(each.c)) for each in row.b]) for row in tree]


DERIVED: dict[str, Callable[[Any], Any]] = {
    "select": lambda view: view.select(k=1),
    "range": lambda view: view.select({"k": 1}, {"k": 1}),
    "filter": lambda view: view.filter(lambda row: row.k == 1),
    "sort": lambda view: view.sort("k"),
    "project": lambda view: view.project("b"),
    "slice": lambda view: view[:1],
    "concat": lambda view: view + view,
    "remapwith": lambda view: view.remapwith([0]),
    "join": lambda view: view.join(made("o[k:I,n:I]", (1, 1)), "k"),
    "product": lambda view: view.product(made("o[n:I]", [1])),
    "pair": lambda view: view.pair(made("o[n:I]", [1], [2], [3])),
    "group": lambda view: view.groupby("k", "of")[0].of,
    "hash": lambda view: view.hash(),
}


@pytest.mark.parametrize("name", DERIVED)
def test_a_subview_is_the_tables_own(tree: Any, name: str) -> None:
    """What is done to a subview that a derived view shows is done to the table."""
    kids = DERIVED[name](tree)[0].b
    kids[0].c.append(s="new")
    kids.sort("m")[1].c = [("b",), ("a",)]
    kids.select(m=11)[0].c.sort()[0].s = "A"
    kids[1:][0].m = 12
    del kids[0].c[0]
    assert content(tree) == [
        (1, [(10, [("y",), ("new",)]), (12, [("b",), ("A",)])]),
        (2, []),
        (3, [(30, [("z",)])]),
    ]
    kids.append(m=13)
    kids.remove(kids.select({"m": 10}, {"m": 12}))
    assert content(tree)[0] == (1, [(13, [])])


def test_a_subview_is_set_through_a_view(tree: Any) -> None:
    """The cell takes rows of every form, also those of a derived view of itself."""
    row = tree.select(k=1).rename("b", "kids").sort()[0]
    row.kids = row.kids.sortrev("m", "m")
    assert content(tree)[0] == (1, [(11, []), (10, [("x",), ("y",)])])
    row.kids[1].c = row.kids[1].c.sortrev("s", "s")
    assert content(tree)[0][1][1] == (10, [("y",), ("x",)])
    row.kids = tree.flatten("b").project("m", "c").select({"m": 30}, {})
    assert content(tree)[0] == (1, [(30, [("z",)])])
    row.kids[0].c[0].s = "apart"
    assert content(tree)[2] == (3, [(30, [("z",)])])


def test_views_of_subviews_are_live(tree: Any) -> None:
    """A view derived from a subview shows it wherever its row goes, and ends with the row."""
    inner = tree.select(k=1)[0].b[0].c
    by_name, chosen = inner.sortrev("s", "s"), inner.select(s="X")
    counted = inner.counts("s", "n")
    row = by_name[0]
    tree.insert(0, k=0)
    inner.append(s="x")
    assert tuples(by_name) == [("y",), ("x",), ("x",)]
    assert (len(chosen), tuples(counted), row.s) == (2, [("x", 2), ("y", 1)], "y")
    chosen[1].s = "w"
    assert content(tree)[1][1][0] == (10, [("x",), ("y",), ("w",)])
    del tree[1]
    uses: list[Callable[[], object]] = [
        lambda: len(by_name),
        lambda: tuples(chosen),
        lambda: counted[0],
        lambda: row.s,
        lambda: setattr(row, "s", "?"),
        lambda: inner.append(s="?"),
        by_name.to_arrow,
    ]
    for use in uses:
        with pytest.raises(ClosedError, match="deleted"):
            use()


def test_views_see_a_change_at_any_depth(tree: Any) -> None:
    """A change in a subview of a subview counts for the views of the table, and theirs."""
    flat = tree.flatten("b").flatten("c")
    counted = flat.counts("s", "n")
    by_kids = tree.project("b").unique()
    assert (len(flat), len(counted), len(by_kids)) == (3, 3, 3)
    tree[2].b[0].c[0].s = "X"
    assert tuples(counted) == [("x", 2), ("y", 1)]
    tree[2].b = tree[0].b
    assert [(row.k, row.m, row.s) for row in flat] == [
        (1, 10, "x"),
        (1, 10, "y"),
        (3, 10, "x"),
        (3, 10, "y"),
    ]
    assert len(by_kids) == 2
    assert len(tree.select(b=tree[0].b)) == 2
    assert tree.find(b=tree[0].b, start=1) == 2
    assert tree.project("b").sort().locate(b=tree[0].b) == (1, 2)


STANDING: dict[str, Callable[[Any], Any]] = {
    "unique": lambda view: view.unique(),
    "union": lambda view: view.union(view),
    "minus": lambda view: view.minus(view[1:]),
    "outer": lambda view: made("o[k:I]", [9]).join(view, "k", outer=True),
    "flatten": lambda view: view.rename("b", "a").flatten("a", outer=True).rename("c", "b")[2:],
    "sorted": lambda view: view.unique().sort(),
    "counts": lambda view: view.counts("b", "n"),
}


@pytest.mark.parametrize("name", STANDING)
def test_a_subview_that_is_nobodys_cannot_be_changed(tree: Any, name: str) -> None:
    """One that stands for several rows, or for a row that is not there, can be read alone."""
    before = content(tree)
    row = STANDING[name](tree)[0]
    attempts: list[Callable[[], object]] = [
        row.b.append,
        lambda: row.b.extend([()]),
        lambda: row.b.insert(0),
        lambda: row.b.__delitem__(slice(None)),
        lambda: row.b.remove([]),
        lambda: row.b.__setitem__(slice(0, 0), [()]),
    ]
    if len(row.b):
        attempts.append(lambda: row.b[0].c.append(s="?"))
        attempts.append(lambda: setattr(row.b[0], "m", 5))
    for attempt in attempts:
        with pytest.raises(ReadOnlyError, match="computed"):
            attempt()
    assert content(tree) == before
    copy = row.b.copy()
    copy.append()
    assert len(copy) == len(row.b) + 1
