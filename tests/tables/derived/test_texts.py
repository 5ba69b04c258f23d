"""Texts in order and texts found: against Python, with what makes both hard."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlive.tables.arrow import pa
from outlive.tables.derived.algorithms_find import find
from outlive.tables.derived.algorithms_text import text_codes, text_order
from outlive.tables.ordering import fold
from outlive.tables.schema import Kind, Property

beginnings = st.sampled_from(["", "name", "all begin with the same here ", "é" * 20])
endings = st.text(st.sampled_from("aAbkKzé€😀\0@`İ\u212a"), max_size=12) | st.sampled_from(
    ["x" * 40, "x" * 40 + "y", "x" * 41]
)
texts = beginnings.flatmap(lambda beginning: st.lists(endings.map(lambda end: beginning + end)))


@settings(max_examples=150, deadline=None)
@given(texts, st.sampled_from([pa.string(), pa.large_string()]))
def test_order_of_texts(values: list[str], kind: object) -> None:
    """Texts are sorted as Python sorts them, stable, and equal ones get the same code."""
    array = pa.array(["before", *values], type=kind)[1:]
    order, new = text_order(array)
    wanted = sorted(range(len(values)), key=lambda row: values[row])
    assert order.tolist() == wanted
    ordered = [values[row] for row in wanted]
    assert new.tolist() == [at == 0 or ordered[at - 1] != each for at, each in enumerate(ordered)]
    rank = {each: code for code, each in enumerate(sorted(set(values)))}
    assert text_codes(array).tolist() == [rank[each] for each in values]


@pytest.mark.parametrize("repeated", [1, 50])
def test_codes_of_many_texts(repeated: int) -> None:
    """Ten thousand texts, all different or few, get codes in their order."""
    values = [f"name {number % (10_000 // repeated)}" for number in range(10_000)]
    rank = {each: code for code, each in enumerate(sorted(set(values)))}
    assert text_codes(pa.array(values)).tolist() == [rank[each] for each in values]


@settings(max_examples=150, deadline=None)
@given(texts, st.integers(0, 99), st.data())
def test_texts_found(values: list[str], cut: int, data: st.DataObject) -> None:
    """A text is found wherever it is, at the first look into a column and at later ones."""
    wanted = data.draw(st.sampled_from(values) if values else endings)
    wanted = data.draw(st.sampled_from([wanted, wanted.upper(), wanted.lower()]))
    cut %= len(values) + 1
    array = pa.array(["", *values], type=pa.string())[1:]
    for kind in (Kind.TEXT, Kind.STRING):
        column = pa.chunked_array([array[:cut], array[cut:]], type=pa.string())
        same = fold if kind is Kind.STRING else str
        rows = [row for row, each in enumerate(values) if same(each) == same(wanted)]
        for _ in range(3):
            assert find(column, Property("t", kind), wanted).tolist() == rows
