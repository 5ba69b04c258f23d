"""The views of Mk4py that are derived from views, and those that map one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outlive import FormatError, ReadOnlyError
from outlive.compat import metakit

from .metakit_views import db, rows, texts, view

__all__ = ["db", "view"]  # fixtures


def test_select(view: Any) -> None:
    """Equal, between two, and with one open end; texts without case."""
    assert texts(view.select(s="B")) == "b"
    assert texts(view.select({"s": "b", "more": 1})) == "b"
    assert texts(view.select({"s": "a"}, {"s": "b"})) == "ab"
    assert texts(view.select({"s": "a", "i": 2}, {"s": "b", "i": 4})) == "b"
    assert texts(view.select({}, {"i": 2})) == "ab"
    assert texts(view.select({"i": 2}, {})) == "bc"
    for bad in ((), ({},), ({}, {}), ({"x": 1},), ({"x": 1}, {"x": 2})):
        with pytest.raises(ValueError, match="has nothing that is a column"):
            view.select(*bad)
    with pytest.raises(TypeError):
        view.select({"i": 1}, {"i": 2}, {"i": 3})
    with pytest.raises(TypeError):
        view.select(i="1")


def test_derived_views_are_live_and_reach_the_base(db: Any) -> None:
    """Deletions too, in both directions."""
    vw = db.getas("data[value:I]")
    vw.extend([(n,) for n in range(1, 7)])
    part = vw.select({"value": 2}, {"value": 5})
    vw.delete(2)
    assert [r.value for r in part] == [2, 4, 5]
    part.delete(1)
    assert [r.value for r in vw] == [1, 2, 5, 6]
    part[0] = {"value": 3}
    assert [r.value for r in vw] == [1, 3, 5, 6]
    del part[:]
    assert [r.value for r in vw] == [1, 6]
    for row in vw.sort():
        row.value = 10 - row.value
    assert [r.value for r in vw] == [9, 4]
    vw.append(value=2)
    with pytest.raises(ReadOnlyError, match="derived"):
        part[:] = [(3,), (5,), (6,)]
    assert [r.value for r in part] == [4, 2]
    part[:] = [(20,), (5,)]  # the first of which leaves the selection
    assert [r.value for r in vw] == [9, 20, 5]
    part[:] = []
    assert [r.value for r in vw] == [9, 20]


@pytest.mark.parametrize(
    "derive",
    [
        lambda vw: vw.select(i=2),
        lambda vw: vw.sort(vw.i)[1:2],
        lambda vw: vw.sortrev([vw.i], [vw.i])[1:2],
        lambda vw: vw.project(vw.s).select(s="b"),
        lambda vw: vw.rename("i", "n").select(n=2),
        lambda vw: vw[1:2],
        lambda vw: vw.remapwith(vw.indices(vw.select(i=2))),
        lambda vw: (vw + vw)[4:5],
        lambda vw: vw.pair(vw.rename("s", "t").rename("i", "j"))[1:2],
    ],
)
def test_a_set_through_a_derived_view_reaches_the_base(
    view: Any, derive: Callable[[Any], Any]
) -> None:
    """In Metakit some were lost in silence."""
    derived = derive(view)
    assert texts(derived) == "b"
    derived[0].s = "x"
    assert texts(view) == "axc"


def test_sort_follows_all_columns_and_shows_its_own_first(db: Any) -> None:
    """Equal rows stand in the order of the other columns."""
    vw = db.getas("v[a:I,s:S,b:I]")
    vw.extend([(2, "y", 1), (1, "y", 9), (3, "x", 5), (1, "y", 3)])
    assert rows(vw.sort(vw.s)) == [("x", 3, 5), ("y", 1, 3), ("y", 1, 9), ("y", 2, 1)]
    assert rows(vw.sort()) == [(1, "y", 3), (1, "y", 9), (2, "y", 1), (3, "x", 5)]
    assert rows(vw.sort(vw.b, vw.a))[0] == (1, 2, "y")
    assert rows(vw.sort(metakit.property("S", "S"))) == rows(vw.sort(vw.s))
    both = vw.sortrev((vw.s, vw.b), (vw.s,))
    assert rows(both) == [("y", 1, 2), ("y", 3, 1), ("y", 9, 1), ("x", 5, 3)]
    with pytest.raises(FormatError, match="no column 'z'"):
        vw.sort(metakit.property("I", "z"))
    with pytest.raises(TypeError):
        vw.sort(5)


def test_project_and_rename(view: Any) -> None:
    """By property; by name."""
    assert rows(view.project(view.i, view.s)) == [(1, "a"), (2, "b"), (3, "c")]
    renamed = view.rename("S", "text")
    assert renamed.text == metakit.property("S", "text")
    assert [p.name for p in renamed.structure()] == ["text", "i"]
    with pytest.raises(FormatError):
        view.rename("x", "y")
    with pytest.raises(FormatError):
        view.rename("s", "i")


def test_groupby_counts_and_flatten(db: Any) -> None:
    """Groups, how many there are, and back."""
    vw = db.getas("v[k:S,n:I]")
    vw.extend([("a", 1), ("b", 2), ("a", 3)])
    groups = vw.groupby(vw.k, "rest")
    assert [(g.k, [r.n for r in g.rest]) for g in groups] == [("a", [1, 3]), ("b", [2])]
    assert groups.rest.type == "V"
    assert rows(groups.flatten(groups.rest)) == [("a", 1), ("a", 3), ("b", 2)]
    assert rows(vw.counts(vw.k, "count")) == [("a", 2), ("b", 1)]
    assert rows(vw.counts("all")) == [(3,)]
    for call in (vw.groupby, vw.counts):
        with pytest.raises(TypeError):
            call(vw.k)
    groups[0].rest[0].n = 10
    assert rows(vw)[0] == ("a", 10)
    with pytest.raises(TypeError):
        groups[0].k = "z"


def test_flatten_outer_and_with_a_name_twice(db: Any) -> None:
    """Of two columns of one name the first is there."""
    vw = db.getas("v[s:S,sub[s:S,t:S],t:S]")
    vw.append(("a", [("b", "c"), ("d", "e")], "f"))
    vw.append(("g", [], "h"))
    flat = vw.flatten(vw.sub)
    assert [p.name for p in flat.structure()] == ["s", "t"]
    assert rows(flat) == [("a", "c"), ("a", "e")]
    assert rows(vw.flatten(vw.sub, 1))[2:] == rows(vw.flatten(vw.sub, outer=1))[2:] == [("g", "")]
    with pytest.raises(FormatError):
        vw.flatten(vw.s)


def test_join_product_and_pair(db: Any, view: Any) -> None:
    """Of two columns of one name the first is there."""
    other = db.getas("w[i:I,s:S,x:D]")
    other.extend([(2, "q", 0.5), (3, "r", 1.5)])
    joined = view.join(other, view.i)
    assert rows(joined) == [("b", 2, 0.5), ("c", 3, 1.5)]
    assert type(joined) is metakit.ROViewerType
    for outer in (view.join(other, view.i, 1), view.join(other, view.i, outer=1)):
        assert rows(outer)[0] == ("a", 1, 0.0)
    assert rows(view.product(other.project(other.x))) == [
        *(("a", 1, 0.5), ("a", 1, 1.5), ("b", 2, 0.5), ("b", 2, 1.5), ("c", 3, 0.5), ("c", 3, 1.5))
    ]
    assert len(view.product(other)) == 6
    assert rows(other.pair(view)) == [(2, "q", 0.5), (3, "r", 1.5)]
    pair = other.pair(view.rename("s", "t"))
    assert rows(pair) == [(2, "q", 0.5, "a"), (3, "r", 1.5, "b")]
    pair[0].t = "z"
    assert texts(view) == "zbc"
    with pytest.raises(FormatError):
        view.pair(other.rename("x", "y"))
    with pytest.raises(ReadOnlyError):
        pair.append(s="x")
    with pytest.raises(FormatError):
        view.join(other)
    for call in (view.join, view.product, view.pair, view.union, view.remapwith, view.indexed):
        with pytest.raises((TypeError, FormatError)):
            call(5)


def test_sets(view: Any) -> None:
    """As sets of rows, in their order; rows cannot be set."""
    other = view[0:0]
    other.extend([("c", 3), ("d", 4)])
    twice = view * 2
    assert texts(twice.unique()) == "abc"
    assert texts(view.union(other)) == "abcd"
    assert texts(view.intersect(other)) == "c"
    assert texts(view.different(other)) == "abd"
    assert texts(twice.minus(other)) == "ab"
    for derived in (view.unique(), view.union(other), view.minus(other)):
        with pytest.raises(TypeError):
            derived[0].s = "x"
        with pytest.raises(TypeError):
            derived.delete(0)
        with pytest.raises(TypeError):
            derived[0] = ("x", 1)
    assert texts(view) == "abc"


def test_remapwith_and_indices(db: Any, view: Any) -> None:
    """Rows by numbers, also several times; and where the rows of a derived view are."""
    order = db.getas("map[i:I]")
    order.extend([(2,), (0,), (2,)])
    assert texts(view.remapwith(order)) == "cac"
    assert texts(view.remapwith([1, 1])) == "bb"
    found = view.indices(view.sort(view.s).select(i=3))
    assert rows(found) == [(2,)]
    assert found.structure()[0].name == "index"
    assert type(found) is metakit.ViewType
    with pytest.raises(FormatError):
        view.indices(order)


def test_types_of_views(view: Any) -> None:
    """A program asks for them as Mk4py's."""
    assert type(view) is type(view.copy()) is metakit.ViewType
    for viewer in (view.sort(), view.select(i=1), view.project(view.s), view.rename("s", "t")):
        assert type(viewer) is metakit.ViewerType
    for viewer in (view.unique(), view.counts(view.s, "n"), view.unique().sort(), view.union(view)):
        assert type(viewer) is metakit.ROViewerType
    assert type(view.ordered()) is metakit.ViewType
    assert type(view.copy().select(i=1).ordered()) is metakit.ViewerType


# -- mapping


def test_hash_replaces_rows_of_the_same_key(db: Any) -> None:
    """With a view for Metakit's table of hashes, which it does not need, or without."""
    vw = db.getas("v[k:S,n:I]")
    for hashed in (vw.hash(db.getas("hv[_H:I,_R:I]"), 1), vw.hash()):
        vw[:] = []
        hashed.append(k="a", n=1)
        hashed.append(k="b", n=2)
        hashed.append(k="a", n=3)
        assert rows(vw) == [("a", 3), ("b", 2)]
        assert hashed.find(k="b") == 1
        hashed[0].k = "b"
        assert rows(vw) == [("b", 3)]
    assert len(vw.hash(None, 2)) == 1


def test_ordered_keeps_the_order(db: Any) -> None:
    """Rows are put where they belong, one for each key."""
    vw = db.getas("v[k:S,n:I]")
    ordered = vw.ordered()
    for key in "cabac":
        ordered.append(k=key, n=len(vw))
    assert [r.k for r in vw] == ["a", "b", "c"]
    assert (ordered.find(k="b"), ordered.search(k="c"), ordered.locate(k="bb")) == (1, 2, (2, 0))
    ordered[0].k = "z"
    assert [r.k for r in vw] == ["b", "c", "z"]
    ordered.delete(0)
    assert ordered.setsize(1) == 1
    assert len(vw) == 1


def test_blocked_is_one_long_view(db: Any) -> None:
    """Alone, and with ordered() above it."""
    vw = db.getas("v[_B[n:I]]")
    blocked = vw.blocked()
    blocked.extend([(n,) for n in range(3000)])
    assert (len(blocked), blocked[2500].n) == (3000, 2500)
    assert len(vw) > 2
    ordered = blocked.ordered()
    ordered.append(n=-5)
    assert (blocked[0].n, ordered.find(n=2999)) == (-5, 3000)


def test_indexed_keeps_an_index(db: Any, view: Any) -> None:
    """In a view of numbers; a second row of the same key is refused if it is unique."""
    order = db.getas("map[i:I]")
    indexed = view.indexed(order, view.i, 1)
    indexed.append(s="z", i=0)
    assert [r.i for r in order] == [3, 0, 1, 2]
    with pytest.raises(FormatError, match="unique"):
        indexed.append(s="y", i=2)
    assert texts(view.remapwith(order)) == "zabc"
    by_text = db.getas("texts[i:I]")
    view.indexed(by_text, view.s).append(s="a", i=9)
    assert texts(view.remapwith(by_text)) == "aabcz"
