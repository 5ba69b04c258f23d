"""Rows of computed views are right or say that they are not; those with an origin stay with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import ClosedError, FormatError, ReadOnlyError
from outlive.tables import Storage
from outlive.tables.view import View

from .making import made, tuples

COMPUTED: dict[str, Callable[[Any], Any]] = {
    "join": lambda view: view.join(made("o[k:I,at:I]", (1, 1), (2, 2)), "k"),
    "outer join": lambda view: made("o[k:I,at:I]", (1, 1), (7, 2)).join(view, "k", outer=True),
    "counts": lambda view: view.counts("k", "n"),
    "groupby": lambda view: view.groupby("k", "of"),
    "unique": lambda view: view.unique(),
    "union": lambda view: view.union(view[:1]),
    "intersect": lambda view: view.intersect(view),
    "different": lambda view: view.different(view[:1]),
    "minus": lambda view: view.minus(view[:1]),
    "product": lambda view: view.product(made("o[at:I]", [1])),
    "flatten": lambda view: view.flatten("kids"),
    "indices": lambda view: view.indices(view.sort("s")),
}
OVER: dict[str, Callable[[Any], Any]] = {
    "": lambda view: view,
    "sort": lambda view: view.sort(),
    "select": lambda view: view.select(),
    "slice": lambda view: view[:],
    "rename": lambda view: view.rename(view.structure[0], "first"),
    "project": lambda view: view.project(view.structure[0]),
    "concat": lambda view: view + view,
    "unique": lambda view: view.unique(),
    "hash": lambda view: view.hash(),
}


def table() -> Any:
    """Three rows, each with a subview."""
    return made("t[k:I,s:S,kids[n:S]]", (1, "b", [("x",)]), (2, "a", [("y",)]), (1, "c", []))


@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize("name", COMPUTED)
def test_a_computed_row_says_that_it_is_old(name: str, over: str) -> None:
    """After a change of the base it is an error to read it or to set it; a new one is right."""
    base = table()
    view: View = OVER[over](COMPUTED[name](base))
    row, looped = view[0], next(iter(view))
    first = view.structure[0].name
    assert row[0] == looped[0] == view.column(first)[0]
    base.insert(0, k=-5, kids=[("new",)])
    for old in (row, looped):
        for use in (
            lambda row=old: row[0],
            lambda row=old: getattr(row, first),
            lambda row=old: row.__setitem__(0, row._view_[0][0]),
            lambda row=old: setattr(row, first, 1),
            lambda row=old: list(row),
        ):
            with pytest.raises(ClosedError, match=r"computed.*take the row again"):
                use()
        assert "computed" in repr(old)
    assert view[0][0] == view.column(first)[0]
    with pytest.raises(ReadOnlyError):
        view[0][0] = view[0][0]


CHANGES: dict[str, Callable[[Any], object]] = {
    "append": lambda base: base.append(k=9),
    "extend": lambda base: base.extend([(9,)]),
    "delete": lambda base: base.delete(2),
    "clear": lambda base: base.__delitem__(slice(None)),
    "cell": lambda base: setattr(base[2], "s", "z"),
    "row": lambda base: base.__setitem__(2, (1, "z")),
    "subview": lambda base: base[2].kids.append(n="z"),
    "cell of a subview": lambda base: setattr(base[0].kids[0], "n", "z"),
    "through a view": lambda base: setattr(base.sort("s")[0], "s", "z"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_counts(change: str) -> None:
    """However the base is changed, what was computed from it before is old."""
    base = table()
    row = base.counts("k", "n")[0]
    assert (row.k, row.n) == (1, 2)
    CHANGES[change](base)
    with pytest.raises(ClosedError, match="take the row again"):
        _ = row.n


def test_what_changes_nothing_leaves_rows_right(tmp_path: Path) -> None:
    """Reading, a commit, and a change of another table do not make a row old."""
    with Storage(tmp_path / "a.db") as storage:
        base, other = storage.getas("t[k:I]"), storage.getas("o[k:I]")
        base.extend([(1,), (2,), (1,)])
        row = base.counts("k", "n")[0]
        storage.commit()
        other.append(k=1)
        assert (base.to_arrow().num_rows, len(base.sort()), row.n) == (3, 3, 2)
        storage.rollback()
        with pytest.raises(ClosedError, match="rolled back"):
            _ = row.n


def test_rows_with_an_origin_go_on() -> None:
    """A row of a choice of a table's rows stays with its row through all changes of others."""
    base = table()
    both = base.sort("s") + base.sort("s").unique()
    bound, computed = both[0], both[3]
    assert (bound.s, computed.s) == ("a", "b")
    base.insert(0, s="0")
    bound.s = "new"
    assert (bound.s, base[2].s) == ("new", "new")
    with pytest.raises(ClosedError, match="take the row again"):
        _ = computed.s


def test_rows_of_a_pair_stay_with_both() -> None:
    """Each side of a row of a pair is the row that it was, or says that it is gone."""
    base, marks = table(), made("m[mark:S]", ["x"], ["y"], ["z"])
    row, computed = base.pair(marks)[1], base.project("k").pair(marks.unique())[1]
    assert (computed.k, computed.mark) == (2, "y")
    base.insert(0, k=9)
    assert (row.k, row.mark) == (2, "y")
    row.k, row.mark = 3, "new"
    assert ([each.k for each in base], [each.mark for each in marks]) == (
        [9, 1, 3, 1],
        ["x", "new", "z"],
    )
    assert computed.k == 3
    with pytest.raises(ClosedError, match="take the row again"):
        _ = computed.mark
    del base[2]
    with pytest.raises(ClosedError, match="deleted"):
        _ = row.k
    assert row.mark == "new"


def test_a_loop_over_computed_rows() -> None:
    """It may set cells of the base; if it changes how many rows there are, that is an error."""
    base = table()
    for group in base.groupby("k", "of"):
        for row in group.of:
            row.s = "new"
    assert {row.s for row in base} == {"new"}
    for view in (base.counts("k", "n"), base.counts("k", "n").sort(), base.project("k").unique()):
        seen = []
        with pytest.raises(ClosedError, match=r"loop over its copy\(\)"):
            for row in view:
                seen.append(row.k)
                base.append(k=100 + len(base))
        assert seen == [1]
    for row in base.counts("k", "n").copy():
        base.remove(base.select(k=row.k))
    assert not len(base)


def test_a_view_whose_columns_come_back() -> None:
    """A view that the table's columns made impossible is right again when it is possible."""
    storage = Storage()
    base = storage.getas("t[a:I,b:I]")
    base.append(a=1, b=2)
    view = base.rename("a", "z")
    other = storage.getas("o[a:I,y:I]")
    other.append(a=1, y=3)
    joined = base.join(other, "a")
    storage.getas("o[b:I,a:I,y:I]")
    with pytest.raises(FormatError, match="both views have a column 'b'"):
        len(joined.structure)
    storage.getas("o[a:I,y:I]")
    assert tuples(joined) == [(1, 2, 3)]
    storage.getas("t[b:I,a:I,z:I]")
    with pytest.raises(FormatError, match="'z'"):
        len(view.structure)
    storage.getas("t[a:I,b:I]")
    assert tuples(view) == [(1, 2)]
    row = view[0]
    storage.getas("t[a:I]")
    assert tuples(view) == [(1,)]
    with pytest.raises(ClosedError, match="other columns"):
        _ = row.z


def test_a_row_of_a_view_that_is_not_possible_any_more() -> None:
    """Where other columns leave nothing to compute, the row says that it is old."""
    storage = Storage()
    base = storage.getas("t[a:I,b:I]")
    base.append(a=1, b=2)
    row = base.union(base.copy())[0]
    storage.getas("t[a:I]")
    for use in (lambda: row.a, lambda: row["a"], lambda: setattr(row, "a", 2)):
        with pytest.raises(ClosedError, match="take the row again"):
            use()
