"""The views of Mk4py: sequences of rows, changes, what is looked for, cells in part."""

from __future__ import annotations

from typing import Any

import polars
import pytest

from outlive import ClosedError, FormatError, ReadOnlyError
from outlive.compat import metakit

from .metakit_views import db, rows, texts, view

__all__ = ["db", "view"]  # fixtures


# -- sequences


def test_a_view_is_a_sequence(view: Any) -> None:
    """Rows by numbers, from both ends; slices are views of the same rows."""
    assert (len(view), view[0].s, view[-1].s) == (3, "a", "c")
    for index in (3, -4):
        with pytest.raises(IndexError):
            view[index]
    part = view[1:]
    assert type(part) is metakit.ViewerType
    part[0].s = "x"
    assert texts(view) == "axc"
    assert texts(view[:2]) == "ax"


def test_an_empty_slice_is_a_new_view(view: Any) -> None:
    """With the same columns: Metakit's way to make one."""
    new = view[0:0]
    new.append(s="z", i=9)
    assert type(new) is metakit.ViewType
    assert (rows(new), len(view)) == ([("z", 9)], 3)


def test_views_are_added_and_repeated(view: Any) -> None:
    """A set reaches the row that it comes from."""
    both = view + view.select(i=2)
    assert texts(both) == "abcb"
    both[3].s = "x"
    assert texts(view) == "axc"
    assert texts(view * 2) == "axcaxc"
    assert texts(view * 1) == "axc"
    more = view.copy()
    more.addproperty(metakit.property("I", "more"))
    assert rows(view + more)[3:] == [("a", 1), ("x", 2), ("c", 3)]
    with pytest.raises(FormatError, match="no column 'more'"):
        more + view
    with pytest.raises(TypeError):
        view + [1]  # noqa: RUF005  # what it does not do is tested


def test_structure_and_properties(view: Any) -> None:
    """A list, a dict, and each as an attribute."""
    props = view.structure()
    assert [(p.name, p.type) for p in props] == [("s", "S"), ("i", "I")]
    assert view.properties() == {"s": view.s, "i": view.I}
    with pytest.raises(AttributeError, match="no column and no method 'x'"):
        view.x  # noqa: B018  # that it is asked for is the test
    assert {"s", "append"} <= set(dir(view))


# -- changes


def test_insert_is_that_of_a_list(view: Any) -> None:
    """Also beyond the ends."""
    model = [row.i for row in view]
    for at, number in ((0, 7), (1, 4), (-1, 6), (-2, 9), (500, 48), (2**40, 3), (-(2**40), 21)):
        view.insert(at, i=number)
        model.insert(at, number)
        assert [row.i for row in view] == model


def test_a_view_can_be_appended_and_inserted(view: Any) -> None:
    """All of its rows, also its own."""
    assert view.append(view) == 3
    assert texts(view) == "abcabc"
    view.insert(1, view.select(i=3))
    assert texts(view) == "accbcabc"
    assert texts(view.copy()) == "accbcabc"


def test_rows_are_set_and_taken_away(view: Any) -> None:
    """By number and by slice, as in a list; what is not given gets its default."""
    view[1] = {"s": "x"}
    assert rows(view) == [("a", 1), ("x", 0), ("c", 3)]
    view[0] = view[2]
    view[1:2] = [("y", 5), ("z", 6)]
    assert rows(view) == [("c", 3), ("y", 5), ("z", 6), ("c", 3)]
    view[0:3] = [("w", 1)]
    assert rows(view) == [("w", 1), ("c", 3)]
    view[:] = view[::-1]
    assert texts(view) == "cw"
    view.delete(0)
    with pytest.raises(IndexError):
        view.delete(5)
    assert texts(view) == "w"
    del view[0]
    view[:] = [("k", 1), ("l", 2), ("m", 3)]
    view[::2] = [("o", 1), ("p", 2)]
    assert texts(view) == "olp"
    del view[1:]
    assert texts(view) == "o"
    view[:] = []
    assert len(view) == 0


def test_a_slice_that_does_not_fit_changes_nothing(view: Any) -> None:
    """Neither a bad row nor a wrong number of them."""
    with pytest.raises(TypeError):
        view[:] = [("x", 1), ("y", "z")]
    with pytest.raises(FormatError, match="1 rows for a slice of 2"):
        view[::2] = [("x", 1)]
    with pytest.raises(TypeError):
        view[:] = 5
    assert texts(view) == "abc"


def test_rows_keep_their_subviews_when_they_are_copied(db: Any) -> None:
    """In any order."""
    vw = db.getas("v[s:S,sub[x:I]]")
    vw.append(("a", [1, 2]))
    vw.append(("b", [3]))
    vw[:] = [vw[1], vw[0]]
    assert [(r.s, [x.x for x in r.sub]) for r in vw] == [("b", [3]), ("a", [1, 2])]
    vw[0] = {"s": "c"}
    assert len(vw[0].sub) == 0


def test_setsize(view: Any) -> None:
    """Adds rows of defaults, or takes the last away."""
    assert view.setsize(5) == 5
    assert rows(view)[2:] == [("c", 3), ("", 0), ("", 0)]
    assert view.setsize(1) == 1
    assert rows(view) == [("a", 1)]
    assert view.setsize(0) == 0
    for bad in ((1, 2), ("a",)):
        with pytest.raises(TypeError):
            view.setsize(*bad)
    with pytest.raises(IndexError):
        view.setsize(-1)


def test_extend_takes_frames(view: Any) -> None:
    """As outlive's own views do, and polars reads a view."""
    frame = polars.DataFrame({"s": ["x"], "i": [9]}).cast({"i": polars.Int32})
    view.extend(frame)
    assert rows(view)[-1] == ("x", 9)
    assert polars.DataFrame(view.select(s="x")).rows() == [("x", 9)]


def test_remove_takes_numbers(view: Any) -> None:
    """Of filter(), of indices(), or a list; in any order."""
    view.append(s="d", i=4)
    view.remove(view.filter(lambda row: row.i % 2))
    assert texts(view) == "bd"
    view.extend([("e", 5), ("f", 6)])
    view.remove(view.indices(view.select(s="d")))
    view.remove([2, 0])
    assert texts(view) == "e"
    with pytest.raises(IndexError):
        view.remove([7])


def test_addproperty_to_a_view_of_its_own() -> None:
    """Rows from before would show what is not there any more: they say so."""
    vw = metakit.view()
    assert vw.addproperty(metakit.property("S", "s")) == 0
    vw.append(s="a")
    row, derived = vw[0], vw.select(s="a")
    assert vw.addproperty(metakit.property("V", "sub")) == 1
    assert vw.addproperty(metakit.property("S", "S")) == 0
    assert rows(vw.project(vw.s)) == [("a",)]
    for old in (lambda: row.s, lambda: len(derived)):
        with pytest.raises(ClosedError, match="other columns now"):
            old()
    with pytest.raises(TypeError):
        vw.addproperty("s")  # type: ignore[arg-type]  # that is what is refused


def test_addproperty_to_a_view_of_a_storage_is_kept(db: Any, view: Any) -> None:
    """Metakit lost it at the next commit."""
    assert view.addproperty(metakit.property("D", "x")) == 2
    view[0].x = 0.5
    db.commit()
    db.rollback()
    assert db.description("v") == "s:S,i:I,x:D"
    assert db.view("v")[0].x == 0.5
    with pytest.raises(ReadOnlyError):
        db.view("v").select(i=1).addproperty(metakit.property("D", "y"))


# -- looking for rows


def test_find(view: Any) -> None:
    """From a start, which is a keyword or a number; -1 if there is none."""
    view.append(s="B", i=9)
    assert (view.find(s="b"), view.find(i=3), view.find(s="z")) == (1, 2, -1)
    assert view.find(s="b", start=2) == view.find({"s": "b"}, 2) == view.find(2, {"s": "b"}) == 3
    assert view.find(["c", 3]) == 2
    for bad in ((), ({},), ({"x": 1},)):
        with pytest.raises(ValueError, match="nothing that is a column"):
            view.find(*bad)
    with pytest.raises(TypeError):
        view.find({"s": "a"}, i=1)


def test_search_and_locate(view: Any) -> None:
    """In a view that is in its order: where a row is or would be, and how many match."""
    keys = ("c", "b", "a", " ", "z")
    assert [view.search(s=key) for key in keys] == [2, 1, 0, 0, 3]
    assert [view.locate({"s": key}) for key in keys] == [(2, 1), (1, 1), (0, 1), (0, 0), (3, 0)]


def test_map_filter_and_reduce(view: Any) -> None:
    """A function may set; filter() gives numbers, which remapwith() makes rows of."""

    def double(row: Any) -> None:
        row.i *= 2

    assert view.map(double) is None
    assert [r.i for r in view] == [2, 4, 6]
    view.map(double, view.select(s="b"))
    assert [r.i for r in view] == [2, 8, 6]
    found = view.filter(lambda row: row.i > 5)
    assert rows(found) == [(1,), (2,)]
    assert found.structure()[0] == metakit.property("I", "index")
    assert texts(view.remapwith(found)) == "bc"
    view[:] = []
    assert len(found) == 2
    view.extend([("a", 1), ("b", 2)])
    assert view.reduce(lambda row, last: last + row.i) == 3
    assert view.reduce(lambda row, last: last + row.s, "") == "ab"


# -- cells in part


def test_access_and_modify(db: Any) -> None:
    """Parts of bytes are read, written, put in and taken out; beyond the end the cell grows."""
    vw = db.getas("v[m:M,s:S]")
    vw.append(m=b"0123456789")
    assert vw.access(vw.m, 0, 3) == b"3456789"
    assert vw.access(vw.m, 0, 3, 4) == b"3456"
    assert vw.access(vw.m, 0, 20) == b""

    def modified(*change: Any) -> bytes:
        vw[0].m = b"0123456789"
        assert vw.modify(vw.m, 0, *change) is None
        held: bytes = vw[0].m
        assert vw.itemsize(vw.m, 0) == len(held)
        return held

    assert modified(b"ab", 2) == b"01ab456789"
    assert modified(b"ab", 2, 2) == b"01ab23456789"
    assert modified(b"ab", 2, 1) == b"01ab3456789"
    assert modified(b"ab", 2, -3) == b"01ab789"
    assert modified(b"ab", 2, -99) == b"01ab"
    assert modified(b"", 4, -2) == b"01236789"
    assert modified(b"ab", 9) == b"012345678ab"
    assert modified(b"ab", 12) == b"0123456789\0\0ab"
    with pytest.raises(IndexError):
        vw.access(vw.m, 1, 0)
    with pytest.raises(IndexError):
        vw.modify(vw.m, 0, b"a", -1)
    for bad in ((vw.s, 0, 0), (5, 0, 0)):
        with pytest.raises(TypeError):
            vw.access(*bad)
    with pytest.raises(TypeError):
        vw.modify(vw.m, 0, "text", 0)


def test_itemsize(db: Any) -> None:
    """Bytes; of small integers the negative of their bits."""
    vw = db.getas("v[i:I,d:D,m:M]")
    vw.append(i=1, m=b"abc")
    assert (vw.itemsize(vw.i), vw.itemsize(vw.d), vw.itemsize(vw.m, 0)) == (-1, 8, 3)
    vw[0].i = 3
    assert vw.itemsize(vw.i) == -2
    vw[0].i = 300
    assert vw.itemsize(vw.i) == 2
    with pytest.raises(IndexError):
        vw.itemsize(vw.m, 1)
