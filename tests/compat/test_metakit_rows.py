"""What Mk4py makes a row of, and its cells: each type, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from outlive import FormatError, ReadOnlyError
from outlive.compat import metakit

ALL = "test[i:I,l:L,f:F,d:D,s:S,v[s:S],b:B,m:M]"


@pytest.fixture
def view() -> Any:
    """A view of two columns."""
    return metakit.storage().getas("v[s:S,i:I]")


@pytest.fixture
def row() -> Any:
    """A row of all types."""
    vw = metakit.storage().getas(ALL)
    vw.append()
    return vw[0]


@pytest.mark.parametrize(
    "given",
    [
        ["hi", 2],
        ("hi", 2),
        {"s": "hi", "i": 2, "more": 3},
        {"S": "hi", "I": 2},
        SimpleNamespace(s="hi", i=2, more=3),
    ],
)
def test_rows_are_made_of_what_has_the_columns(view: Any, given: Any) -> None:
    """A dict and an object may have more; append tells the row's number."""
    assert view.append(given) == 0
    assert view.append(view[0]) == 1
    assert [(r.s, r.i) for r in view] == [("hi", 2)] * 2
    view.insert(0, given)
    assert len(view) == 3


@pytest.mark.parametrize("given", [["hi"], {"s": "hi"}, SimpleNamespace(s="hi"), ["hi", None]])
def test_what_is_not_given_has_its_default(view: Any, given: Any) -> None:
    """None is as if it was not given."""
    view.append(given)
    view.append(s="hi")
    assert [(r.s, r.i) for r in view] == [("hi", 0)] * 2


@pytest.mark.parametrize("given", [(), {}, SimpleNamespace(), None, SimpleNamespace(other=1)])
def test_a_row_of_nothing_has_defaults(view: Any, given: Any) -> None:
    """So does append() without anything."""
    view.append(given)
    view.append()
    assert [(r.s, r.i) for r in view] == [("", 0)] * 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["hi", 2, 3], IndexError),
        ("abc", IndexError),
        ("hi", TypeError),
        ([1, 2], TypeError),
        (["s", "t"], TypeError),
        (["s", "2"], TypeError),
        (["s", b"2"], TypeError),
        ([b"s", 2], TypeError),
        (1, TypeError),
        (2.5, TypeError),
        (b"ab", TypeError),
        (SimpleNamespace(s=1), TypeError),
        (["a\0b", 1], ValueError),
        (["a", 2.5], ValueError),
        (["a", float("nan")], ValueError),
        (["a", 2**31], OverflowError),
        (["a", -(2**31) - 1], OverflowError),
        (["a", 2**70], OverflowError),
        (["a", 1e30], OverflowError),
    ],
)
def test_what_is_no_row_is_refused(view: Any, given: Any, error: type[Exception]) -> None:
    """With outlive's error, which is the one of Mk4py too; nothing is added."""
    with pytest.raises(error) as caught:
        view.append(given)
    assert isinstance(caught.value, FormatError)
    with pytest.raises(error):
        view.insert(0, given)
    with pytest.raises(error):
        view.extend([["good", 1], given])
    assert len(view) == 0


def test_a_keyword_that_is_no_column_is_refused(view: Any) -> None:
    """Metakit dropped the value of a misspelled column."""
    for call in (view.append, view.select, view.find, view.search, view.locate):
        with pytest.raises(FormatError, match="there is no column 'sise'; there are s, i"):
            call(s="a", sise=5)
    with pytest.raises(FormatError, match="sise"):
        view.insert(0, sise=5)
    with pytest.raises(TypeError):
        view.append(["a"], i=2)
    with pytest.raises(TypeError):
        view.append(1, 2)
    with pytest.raises(TypeError):
        view.insert()
    for index in ("hi", None):
        with pytest.raises(TypeError):
            view.insert(index, i=2)
    assert len(view) == 0


def test_defaults_of_all_types(row: Any) -> None:
    """And what a row says of itself."""
    assert (row.i, row.l, row.f, row.d, row.s, row.b, row.m) == (0, 0, 0.0, 0.0, "", b"", b"")
    assert type(row.v) is metakit.ViewType
    assert len(row.v) == 0
    assert [(p.name, p.type) for p in row.__attrs__] == [
        *(("i", "I"), ("l", "L"), ("f", "F"), ("d", "D"), ("s", "S"), ("v", "V")),
        *(("b", "B"), ("m", "B")),
    ]
    assert row.__index__ == 0
    assert row.__view__.structure() == row.__attrs__
    assert type(row) is metakit.RowRefType


@pytest.mark.parametrize(
    ("name", "given", "held"),
    [
        ("i", 3, 3),
        ("i", True, 1),
        ("i", 8.0, 8),
        ("i", -(2**31), -(2**31)),
        ("l", 2**63 - 1, 2**63 - 1),
        ("l", 8.0, 8),
        ("f", 1, 1.0),
        ("f", 0.5, 0.5),
        ("d", 1, 1.0),
        ("d", 0.1, 0.1),
        ("s", "a string" * 50, "a string" * 50),
        ("s", "Grüße €", "Grüße €"),
        ("b", b"\0a\0binary\1", b"\0a\0binary\1"),
        ("m", bytearray(b"abc") * 5000, b"abc" * 5000),
    ],
)
def test_cells_are_set(row: Any, name: str, given: Any, held: Any) -> None:
    """Numbers are converted where that is exact; to delete an attribute sets its default."""
    default = getattr(row, name)
    setattr(row, name, given)
    assert getattr(row, name) == held
    assert type(getattr(row, name)) is type(held)
    delattr(row, name)
    assert getattr(row, name) == default


@pytest.mark.parametrize(
    ("name", "given", "error"),
    [
        *(("i", "1", TypeError), ("i", None, TypeError), ("i", 8.9, ValueError)),
        *(("i", 2**31, OverflowError), ("l", 2**63, OverflowError), ("l", "1", TypeError)),
        *(("f", "1.0", TypeError), ("f", 1e300, OverflowError), ("d", "1.0", TypeError)),
        *(("s", 1.0, TypeError), ("s", b"x", TypeError), ("s", "x\0", ValueError)),
        *(("b", "x", TypeError), ("b", 1.0, TypeError), ("m", 1, TypeError)),
        *(("v", 5, TypeError), ("v", "ab", TypeError), ("v", [5.5], TypeError)),
        ("unknown", 5, AttributeError),
    ],
)
def test_cells_refuse_what_they_cannot_hold(
    row: Any, name: str, given: Any, error: type[Exception]
) -> None:
    """Metakit cut numbers off, and took None for nothing to do."""
    row.i = 7
    with pytest.raises(error):
        setattr(row, name, given)
    assert row.i == 7
    with pytest.raises(AttributeError):
        del row.unknown


@pytest.mark.parametrize(
    "make",
    [
        lambda: [("a",), ("b",)],
        lambda: ["a", "b"],
        lambda: [{"s": "a"}, {"s": "b"}],
        lambda: [SimpleNamespace(s="a"), SimpleNamespace(s="b")],
        lambda: metakit.wrap(["a", "b"], [metakit.property("S", "s")]),
    ],
)
def test_subviews_are_set(row: Any, make: Callable[[], Any]) -> None:
    """From rows of all kinds, and from views; they are live."""
    row.v = make()
    sub = row.v
    assert [r.s for r in sub] == ["a", "b"]
    sub.append(s="c")
    row.v[0].s = "z"
    assert [r.s for r in row.v] == ["z", "b", "c"]
    row.v = []
    assert len(sub) == 0
    row.v = make()
    del row.v
    assert len(row.v) == 0


def test_a_row_stays_with_its_row(view: Any) -> None:
    """When others come and go before it; Metakit's stayed with the number."""
    view.extend([("a", 1), ("b", 2)])
    row = view[1]
    view.insert(0, s="first")
    assert (row.s, row.__index__) == ("b", 2)
    row.i = 20
    assert view[2].i == 20


def test_rows_of_derived_views_know_their_base(view: Any) -> None:
    """What was selected or sorted is set in the view that it comes from."""
    view.extend([("a", 3), ("b", 2), ("c", 1)])
    row = view.sort(view.i)[0]
    assert (row.s, row.__index__) == ("c", 2)
    assert [r.s for r in row.__view__] == ["a", "b", "c"]
    row.s = "z"
    assert view[2].s == "z"


def test_rows_that_were_computed_are_read_only(view: Any) -> None:
    """In Metakit the TypeError of an attribute that cannot be set."""
    view.extend([("a", 3), ("a", 3)])
    row = view.unique()[0]
    assert type(row) is metakit.RORowRefType
    assert (row.s, row.__index__) == ("a", 0)
    for error in (TypeError, ReadOnlyError):
        with pytest.raises(error):
            row.i = 5
        with pytest.raises(error):
            del row.i
    assert [r.i for r in view] == [3, 3]
