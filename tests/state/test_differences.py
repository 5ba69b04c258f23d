"""What changed between two documents."""

from __future__ import annotations

from random import Random
from typing import Any, cast

import pytest
from hypothesis import given

from outlive.formats.equality import same
from outlive.live.change import Change
from outlive.state.merge import changes

from .random_documents import documents, edited, many, moods
from .steps import copied


def applied(document: Any, steps: list[Change]) -> Any:
    """The document after the changes; raises if one of them does not fit what is there."""
    document = copied(document)
    for kind, path, given_key, value in steps:
        place, key = document, cast(Any, given_key)
        for step in path:
            place = place[step]
        if kind == "delete":
            del place[key]
        elif kind == "insert":
            assert 0 <= key <= len(place)
            place.insert(key, copied(value))
        else:
            assert isinstance(place, dict) or 0 <= key < len(place)
            place[key] = copied(value)
    return document


@many
@given(documents, documents)
def test_changes_lead_from_any_document_to_any_other(old: Any, new: Any) -> None:
    """Making the changes one after the other on the old document gives the new one, to the type."""
    assert same(applied(old, changes(old, new)), new)


@many
@given(documents, moods)
def test_changes_lead_to_an_edited_document(old: Any, mood: int) -> None:
    """Making the changes on a document gives what small edits made of it, and changes no input."""
    new = edited(old, Random(mood))
    before = copied(old), copied(new)
    assert same(applied(old, changes(old, new)), new)
    assert same([old, new], list(before))


@given(documents)
def test_equal_documents_have_no_changes(document: Any) -> None:
    """A document and its copy have no changes between them, whatever the order of the keys."""
    turned = dict(reversed(copied(document).items()))
    assert changes(document, turned) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [Change("set", ("a", "b"), 1, 3)]),
        ({"a": 1}, {"a": True}, [Change("set", (), "a", True)]),
        ({1: "x"}, {True: "x"}, [Change("delete", (), 1), Change("set", (), True, "x")]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [Change("delete", ("a",), 1)]),
        ({"a": [1]}, {"a": [1, 2]}, [Change("insert", ("a",), 1, 2)]),
        ({"a": {}}, {"a": []}, [Change("set", (), "a", [])]),
        ({"a": 1, "b": 2}, {"b": 2}, [Change("delete", (), "a")]),
        (
            {"a": [{"x": 1}, {"x": 2}]},
            {"a": [0, {"x": 1}, {"x": 2, "y": 3}]},
            [Change("insert", ("a",), 0, 0), Change("set", ("a", 2), "y", 3)],
        ),
        ({"a": [[1, 2], 5]}, {"a": [[1], 5]}, [Change("delete", ("a", 0), 1)]),
    ],
)
def test_changes_are_few_and_deep(old: Any, new: Any, expected: list[Change]) -> None:
    """What stays is not mentioned, and a container that is in both is changed inside."""
    assert same([list(step) for step in changes(old, new)], [list(step) for step in expected])


def test_an_item_that_changed_is_found_again_after_another_went() -> None:
    """When some items of a list go and others change, each change is in the item it is of."""
    old = {"a": [{"id": 1, "n": 0}, {"id": 2, "n": 0}, {"id": 3, "n": 0}, {"id": 4, "n": 0}]}
    new = {"a": [{"id": 2, "n": 5}, {"id": 4, "n": 6}]}
    *gone, first, second = changes(old, new)
    assert gone == [Change("delete", ("a",), 2), Change("delete", ("a",), 0)]
    steps = [Change("set", ("a", 0), "n", 5), Change("set", ("a", 1), "n", 6)]
    assert sorted([first, second]) == steps


def test_one_change_in_a_large_document() -> None:
    """One change among very many entries and items is found, alone, in reasonable time."""
    old = {str(key): {"n": key} for key in range(10_000)} | {"list": list(range(100_000))}
    new = copied(old)
    new["5000"]["n"] = -1
    new["list"][50_000] = -1
    steps = {Change("set", ("5000",), "n", -1), Change("set", ("list",), 50_000, -1)}
    assert set(changes(old, new)) == steps


def test_a_large_list_with_all_items_new() -> None:
    """A large list that has nothing in common with the former one takes no unreasonable time."""
    old, new = {"list": list(range(50_000))}, {"list": list(range(50_001, 110_000))}
    assert same(applied(old, changes(old, new)), new)
