"""Files that a writer in the tests builds: what the format allows, and Metakit rarely does."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlive.errors import FormatError
from outlive.tables.metakit import read

from . import writer
from .content import content, rows
from .samples import expected, mixed, row
from .writer import Options

Order = Literal["little", "big"]
ORDERS: list[Order] = ["little", "big"]
COUNTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 100]
LARGEST = {0: 0, 1: 1, 2: 3, 4: 15, 8: -128, 16: -32768, 32: -(1 << 31)}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", COUNTS)
def test_every_type(order: Order, count: int) -> None:
    """Whatever the number of rows and the order of the bytes."""
    views = mixed(count)
    file = read(writer.file(views, Options(order)))
    assert content(file) == expected(views)
    assert [len(view) for view in file.views.values()] == [count, 0, 2, 3]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("width", LARGEST)
def test_every_width_of_integers(order: Order, width: int) -> None:
    """Each with each number of rows, and wider than it has to be."""
    for count in COUNTS[1:]:
        numbers = [[0]] * (count - 1) + [[LARGEST[width]]]
        for least in [wider for wider in LARGEST if wider <= width]:
            file = writer.file({"v": ([("i", "I")], numbers)}, Options(order, width=least))
            column = read(file).views["v"].column("i")
            assert column.dtype == np.int32
            assert column.tolist() == [number for (number,) in numbers]
        wide = writer.file({"v": ([("i", "I")], [[0]] * count)}, Options(order, width=width))
        assert read(wide).views["v"].column("i").tolist() == [0] * count


def test_what_a_column_is() -> None:
    """Numbers are NumPy arrays of the type's own width; the rest are sequences."""
    view = read(writer.file(mixed(9))).views["all"]
    dtypes = {name: view.column(name).dtype for name in "ilfd"}
    assert dtypes == {"i": np.int32, "l": np.int64, "f": np.float32, "d": np.float64}
    assert list(view.column("s")) == [row(number)[4] for number in range(9)]
    subviews = view.column("v")
    assert [len(subview) for subview in subviews] == [0, 1, 2] * 3
    assert rows(subviews[-1]) == row(8)[6]
    assert [rows(subview) for subview in subviews[4:6]] == [row(4)[6], row(5)[6]]
    assert subviews[5].path == "view all, column v, row 5"


def test_a_column_that_is_none() -> None:
    """The error names those that there are."""
    view = read(writer.file(mixed())).views["none"]
    with pytest.raises(FormatError, match=r"view none has no column 'x'; it has i, s"):
        view.column("x")


def test_not_a_number() -> None:
    """It is one in F and in D."""
    views = {"v": ([("f", "F"), ("d", "D")], [[math.nan, math.nan], [1.0, 2.0]])}
    view = read(writer.file(views)).views["v"]
    assert np.isnan(view.column("f")).tolist() == np.isnan(view.column("d")).tolist()
    assert view.column("f").tolist()[1] == 1.0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shortest", [1, 2, 200])
def test_items_on_their_own(order: Order, shortest: int) -> None:
    """Any mix of strings and bytes that stand in the column and of those that stand elsewhere."""
    views = mixed(40)
    options = Options(order, memo=lambda item: len(item) >= shortest)
    assert content(read(writer.file(views, options))) == expected(views)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift_jis", "iso2022_jp"])
@pytest.mark.parametrize("is_memo", [False, True])
def test_other_encodings(encoding: str, is_memo: bool) -> None:
    """Old programs wrote strings, and names of columns, in what their system used."""
    text = {"latin-1": "Größe", "cp1252": "5 €"}.get(encoding, "日本語")
    views = {text: ([(text, "S")], [[text], [""], ["plain"], [text]])}
    options = Options(encoding=encoding, memo=lambda item: is_memo and item > b"p")
    assert content(read(writer.file(views, options), encoding=encoding)) == expected(views)


@pytest.mark.parametrize("is_memo", [False, True])
def test_a_string_of_another_encoding(is_memo: bool) -> None:
    """The error says which row, and what to pass; the other columns can be read."""
    views = {"v": ([("i", "I"), ("s", "S")], [[1, "plain"], [2, ""], [3, "Größe"]])}
    options = Options(encoding="latin-1", memo=lambda _: is_memo)
    view = read(writer.file(views, options)).views["v"]
    with pytest.raises(FormatError, match=r"view v, column s, row 2: .* not utf-8.*encoding="):
        view.column("s")
    assert view.column("i").tolist() == [1, 2, 3]


def test_names_of_another_encoding() -> None:
    """So it is with the names of views and columns."""
    with pytest.raises(FormatError, match=r"not utf-8.*encoding="):
        read(writer.file({"Größe": ([], [])}, Options(encoding="latin-1")))


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "undefined", 7])
def test_an_encoding_that_is_none(encoding: Any) -> None:
    """It is refused before the file is read."""
    with pytest.raises(FormatError, match=r"encoding=.* is unknown"):
        read("missing.mk", encoding=encoding)


def test_a_string_ends_at_its_first_null() -> None:
    """As in Metakit, whose strings are C's."""
    views = {"v": ([("s", "S")], [["a\0b"], [""], ["cd"]])}
    assert content(read(writer.file(views))) == {"v": [["a"], [""], ["cd"]]}


def test_subviews_to_any_depth() -> None:
    """Here a hundred, each within the other, and as deep in a view that holds itself."""
    structure: Any = [("i", "I")]
    inner: Any = [[7]]
    tree: Any = []
    for depth in range(100):
        structure = [("v", structure), ("n", "S")]
        inner = [[inner, str(depth)]]
        tree = [[str(depth), tree], ["leaf", []]]
    views = {"deep": (structure, inner), "tree": ([("n", "S"), ("kids", "^")], tree)}
    assert content(read(writer.file(views))) == expected(views)


def test_rows_that_take_no_room() -> None:
    """A file of a hundred bytes may hold two billion of them; they take no memory either."""
    count = (1 << 31) - 1
    walk = writer.varint(0) + writer.varint(count) + writer.varint(0) * 9
    places = writer.varint(len(walk)) + writer.varint(8)
    data = writer.file_of("v[i:I,l:L,f:F,d:D,s:S,b:B,w[x:S]]", places, walk)
    view = read(data).views["v"]
    assert len(view) == count
    assert [view.column(name)[count - 1] for name in "ilfd"] == [0, 0, 0, 0]
    assert (view.column("s")[-1], view.column("b")[7], len(view.column("w")[9])) == ("", b"", 0)
    assert len(view.column("s")[5:]) == count - 5


def test_a_few_that_are_not_empty() -> None:
    """When all strings stand elsewhere, and most are empty, the sequence of them is still whole."""
    texts = ["", "", "a", "", "b", ""]
    views = {"v": ([("s", "S")], [[text] for text in texts])}
    column = read(writer.file(views, Options(memo=lambda _: True))).views["v"].column("s")
    assert list(column) == texts
    assert [column[index] for index in range(-6, 6)] == texts * 2
    for part in (slice(1, 4), slice(None, None, -1), slice(4, 0, -2), slice(9, 20)):
        assert list(column[part]) == texts[part]
    with pytest.raises(IndexError):
        column[6]


CELLS = {
    "I": st.integers(-(1 << 31), (1 << 31) - 1) | st.integers(0, 20),
    "L": st.integers(-(1 << 63), (1 << 63) - 1),
    "F": st.floats(width=32, allow_nan=False) | st.just(0.0),
    "D": st.floats(allow_nan=False),
    "S": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "B": st.binary(),
}


@st.composite
def views_of_any_kind(draw: st.DrawFn) -> dict[str, tuple[Any, Any]]:
    """Views with any columns and rows, two deep."""
    views = {}
    for name in draw(st.sets(st.sampled_from("xyz"))):
        letters = draw(st.lists(st.sampled_from("ILFDSB"), max_size=4))
        inner = [(f"i{place}", letter) for place, letter in enumerate(letters)]
        subrows = st.lists(st.tuples(*(CELLS[letter] for letter in letters)).map(list), max_size=9)
        structure = [*((name + "c", kind) for name, kind in inner), ("sub", inner)]
        cells = [*(CELLS[letter] for letter in letters), subrows]
        views[name] = (structure, draw(st.lists(st.tuples(*cells).map(list), max_size=20)))
    return views


@settings(max_examples=100, deadline=None)
@given(
    views_of_any_kind(),
    st.sampled_from(ORDERS),
    st.sampled_from([0, 1, 2, 4, 8, 16, 32]),
    st.integers(1, 20),
)
def test_any_views(views: dict[str, Any], order: Order, width: int, shortest: int) -> None:
    """Whatever the writer wrote is read."""
    options = Options(order, width, memo=lambda item: len(item) >= shortest)
    assert content(read(writer.file(views, options))) == expected(views)
    assert content(read(b"", writer.aside(views, options))) == expected(views)
