"""What changed between two documents, and how the changes of two sides come together."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlive.formats.equality import same
from outlive.live.change import Change
from outlive.state.merge import changes, merge

SCALARS: list[Any] = [None, True, False, 0, 1, 2, 1.0, -0.0, 0.0, float("nan"), "", "a", b"a"]
SCALARS += [date(2026, 1, 1)]
KEYS: list[Any] = ["a", "b", "c", 1, 1.0, True, 0, None, date(2026, 1, 1)]

scalars = st.sampled_from(SCALARS)
keys = st.sampled_from(KEYS)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner), max_leaves=20
)
documents = st.dictionaries(keys, values)
moods = st.integers(0, 10**6)
many = settings(deadline=None, max_examples=300)


def copied(value: Any) -> Any:
    """A copy in which no two places share a container."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


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


def edited(value: Any, random: Random) -> Any:
    """The value with some changes, at any depth, as a program or a person would make them."""
    if isinstance(value, dict):
        kept = {key: edited(item, random) for key, item in value.items() if random.random() > 0.1}
        return kept | (
            {random.choice(KEYS): random.choice(SCALARS)} if random.random() < 0.2 else {}
        )
    if isinstance(value, list):
        items = [edited(item, random) for item in value if random.random() > 0.15]
        if random.random() < 0.3:
            items.insert(random.randint(0, len(items)), {"a": random.choice(SCALARS)})
        return items
    return random.choice(SCALARS) if random.random() < 0.15 else value


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


def deep(levels: int, content: dict[str, Any]) -> dict[str, Any]:
    """Dicts in dicts, every tenth level a list."""
    value: Any = content
    for level in range(levels - 2):
        value = [value] if level % 10 == 5 else {"k": value}
    return {"k": value}


def bottom(value: Any) -> Any:
    """The innermost container."""
    while isinstance(value, list) or "k" in value:
        value = value[0] if isinstance(value, list) else value["k"]
    return value


def test_the_deepest_document() -> None:
    """Changes at the bottom of 500 levels are found and merged."""
    base = deep(500, {"a": 1, "b": 1, "c": 1})
    ours, theirs = deep(500, {"a": 2, "b": 2, "c": 1}), deep(500, {"a": 1, "b": 3, "c": 3})
    (step, _) = changes(base, ours)
    assert (len(step.path), step.key, step.value) == (499, "a", 2)
    value, conflicts = merge(base, ours, theirs)
    assert bottom(value) == {"a": 2, "b": 2, "c": 3}
    assert [(len(path), path[-1]) for path in conflicts] == [(500, "b")]


@many
@given(documents, documents, documents)
def test_what_one_side_did_alone_stands(base: Any, ours: Any, theirs: Any) -> None:
    """If only one side changed anything, or both did the same, that is what comes out."""
    for sides in [(base, ours, base), (base, base, ours), (base, ours, copied(ours))]:
        value, conflicts = merge(*sides)
        assert same(value, ours)
        assert conflicts == []
    before = copied([base, ours, theirs])
    merge(base, ours, theirs)
    assert same([base, ours, theirs], before)


@many
@given(documents, moods, moods)
def test_sides_with_keys_of_their_own_do_not_meet(base: Any, ours: int, theirs: int) -> None:
    """If each side changed other entries of the top, there is no conflict and all is there."""
    wide = {"ours": copied(base), "theirs": copied(base), "same": base}
    mine = wide | {"ours": edited(base, Random(ours)), "new": ours}
    other = wide | {"theirs": edited(base, Random(theirs)), "added": theirs}
    value, conflicts = merge(wide, mine, other)
    assert conflicts == []
    assert same(value, mine | {"theirs": other["theirs"], "added": theirs})
    assert same(value, merge(wide, other, mine).value)


flat = st.dictionaries(
    st.sampled_from(["a", "b", "c", 1, None]), st.sampled_from([1, True, 1.0, "x"])
)


@many
@given(flat, flat, flat)
def test_every_case_of_an_entry(base: Any, ours: Any, theirs: Any) -> None:
    """An entry that was added, changed or deleted by one side or both is settled as promised."""
    gone = object()
    expected: dict[Any, Any] = {}
    met = set()
    for key in base | ours | theirs:
        before, mine, other = (side.get(key, gone) for side in (base, ours, theirs))
        value = other if same(mine, before) else mine
        expected |= {} if value is gone else {key: value}
        if not (same(before, mine) or same(before, other) or same(mine, other)):
            met.add((key,))
    value, conflicts = merge(base, ours, theirs)
    assert same(value, expected)
    assert (set(conflicts), len(conflicts)) == (met, len(met))


def versions(base: list[int], mood: int, start: int) -> list[int]:
    """A list of unique numbers with some gone, and some from `start` on put in."""
    random, items = Random(mood), []
    for number in base:
        items += [start + number] if random.random() < 0.15 else []
        items += [number] if random.random() < 0.8 else []
        items += [start + 100 + number] if random.random() < 0.1 else []
    return items


@many
@given(st.integers(0, 8), moods, moods)
def test_no_item_of_a_list_vanishes_in_silence(length: int, ours: int, theirs: int) -> None:
    """Without a conflict each insertion and each deletion of both sides is in the merged list."""
    base = list(range(length))
    mine, other = versions(base, ours, 1000), versions(base, theirs, 2000)
    value, conflicts = merge({"l": base}, {"l": mine}, {"l": other})
    assert len(set(value["l"])) == len(value["l"])
    assert {number for number in mine if number >= 1000} <= set(value["l"])
    if not conflicts:
        stayed = set(base) & set(mine) & set(other)
        added = (set(mine) | set(other)) - set(base)
        assert set(value["l"]) == stayed | added
    else:
        assert set(conflicts) <= {("l",), *(("l", i) for i in range(len(value["l"])))}


@many
@given(documents, moods, moods)
def test_the_sides_meet_in_the_same_places_either_way(base: Any, ours: int, theirs: int) -> None:
    """There is a conflict with the sides swapped if and only if there is one."""
    mine, other = edited(base, Random(ours)), edited(base, Random(theirs))
    assert bool(merge(base, mine, other).conflicts) == bool(merge(base, other, mine).conflicts)


S = [{"id": 1, "n": 0, "port": 80}, {"id": 2, "n": 0, "port": 80}, {"id": 3, "n": 0, "port": 80}]
COUNTED = [item | {"n": 7} for item in S]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "conflicts"),
    [
        pytest.param([1, 2], [1, 2, 3], [9, 2], [9, 2, 3], [], id="append and edit"),
        pytest.param([1, 2], [1, 8], [9, 2], [9, 8], [], id="neighbours"),
        pytest.param([1, 2], [2], [1, 9], [9], [], id="delete and edit of the next"),
        pytest.param([1], [1, "o"], [1, "t"], [1, "t", "o"], [], id="both append"),
        pytest.param([1], [1, "x"], [1, "x"], [1, "x"], [], id="both append the same"),
        pytest.param([1, 2], [2], [2], [2], [], id="both delete the same"),
        pytest.param([1, 2, 3], [], [1, 2, 3, 4], [4], [], id="clear and append"),
        pytest.param([1, 2, 3], [1, 8, 3], [], [8], [("l", 0)], id="edit and clear"),
        pytest.param([1, 2, 3], [1, 3], [1, 9, 3], [1, 3], [("l",)], id="delete and edit"),
        pytest.param([1, 2, 3], [1, 8, 3], [1, 9, 3], [1, 8, 3], [("l", 1)], id="both edit"),
        pytest.param([0, 1], [5, 0, 8], [0, 9], [5, 0, 8], [("l", 2)], id="index as merged"),
        pytest.param([1, 2], [8], [6, 7, 5], [8], [("l", 0)], id="regions"),
        pytest.param([1, 2], [6, 7, 5], [8], [6, 7, 5], [("l",)], id="no single item"),
        pytest.param([1, 2], [6, 7, 5], [6, 7, 5], [6, 7, 5], [], id="same regions"),
        pytest.param([1, 2], [7, 8], [1, 9], [7, 8], [("l", 1)], id="each item for itself"),
        pytest.param([1, 2, 3, 4], [6, 7, 4], [1, 9, 8, 4], [6, 7, 4], [("l",)], id="two in one"),
        pytest.param(
            [1, 2, 3, 4, 5],
            [6, 7, 8, 3, 4, 5],
            [1, 9, 5],
            [6, 7, 8, 3, 4, 5],
            [("l",)],
            id="overlap",
        ),
        pytest.param(
            [1, 2, 3, 4, 5],
            [1, 9, 5],
            [6, 7, 8, 3, 4, 5],
            [1, 9, 5],
            [("l",)],
            id="overlap, swapped",
        ),
        pytest.param(
            [{"a": 1}],
            [{"x": 1}, {"y": 2}],
            [{"a": 2}],
            [{"x": 1}, {"y": 2}],
            [("l",)],
            id="unlike",
        ),
        pytest.param([1], [{"a": 1}], [{"b": 2}], [{"b": 2, "a": 1}], [], id="turned into dicts"),
        pytest.param([[1, 2]], [[1, 2, 3]], [[0, 1, 2]], [[0, 1, 2, 3]], [], id="lists in lists"),
        pytest.param(
            S,
            [*COUNTED, {"id": 4}],
            [{"id": 0}, S[0], S[1] | {"port": 81}, S[2]],
            [{"id": 0}, COUNTED[0], COUNTED[1] | {"port": 81}, COUNTED[2], {"id": 4}],
            [],
            id="counting program, editing person",
        ),
        pytest.param(
            S,
            COUNTED[1:],
            [S[0], S[1] | {"port": 81}, S[2]],
            [COUNTED[1] | {"port": 81}, COUNTED[2]],
            [],
            id="the edit stays with its item when another goes",
        ),
        pytest.param(
            S,
            COUNTED,
            [S[0], S[1] | {"n": 1}, S[2]],
            COUNTED,
            [("l", 1, "n")],
            id="conflict inside an item",
        ),
    ],
)
def test_lists(base: Any, ours: Any, theirs: Any, expected: Any, conflicts: Any) -> None:
    """Lists come together item by item, and what cannot is named."""
    value, found = merge({"l": base}, {"l": ours}, {"l": theirs})
    assert same(value, {"l": expected})
    assert found == conflicts


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "conflicts"),
    [
        pytest.param({}, {"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, [], id="added"),
        pytest.param({}, {"a": [1]}, {"a": [2]}, {"a": [1]}, [("a",)], id="lists without a base"),
        pytest.param({"a": 1}, {}, {"a": 2}, {}, [("a",)], id="we deleted, they changed"),
        pytest.param({"a": 1}, {"a": 2}, {}, {"a": 2}, [("a",)], id="we changed, they deleted"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, {}, {"a": {"b": 2}}, [("a",)], id="inside"),
        pytest.param({"a": 1}, {"a": True}, {"a": 1}, {"a": True}, [], id="type alone"),
        pytest.param(
            {1: "x"}, {1: "x"}, {True: "x"}, {True: "x"}, [], id="they typed the key anew"
        ),
        pytest.param({1: "x"}, {1.0: "x"}, {1: "x"}, {1.0: "x"}, [], id="we typed the key anew"),
        pytest.param(
            {}, {1: "o"}, {True: "t"}, {1: "o"}, [(1,)], id="keys that Python finds equal"
        ),
        pytest.param(
            {1: 1}, {1: 2}, {True: 1}, {1: 2}, [(1,)], id="changed under a key typed anew"
        ),
        pytest.param({1: 1}, {1.0: 1}, {True: 1}, {1.0: 1}, [(1,)], id="both typed the key anew"),
    ],
)
def test_entries(base: Any, ours: Any, theirs: Any, expected: Any, conflicts: Any) -> None:
    """Entries of dicts come together key by key, to the type of the key."""
    value, found = merge(base, ours, theirs)
    assert same(value, expected)
    assert found == conflicts


def test_the_order_of_keys_is_theirs() -> None:
    """A person's order of the keys stays, and what only the program added comes after."""
    base = {"a": 1, "b": 1}
    value, _ = merge(base, {"a": 2, "b": 1, "n": 1}, {"z": 1, "b": 1, "a": 1})
    assert list(value) == ["z", "b", "a", "n"]


def test_large_documents_come_together() -> None:
    """Many entries and items, of which each side changed few, are merged in reasonable time."""
    base = {str(key): {"n": key} for key in range(10_000)} | {"list": list(range(100_000))}
    ours, theirs = copied(base), copied(base)
    ours["7"]["n"] = -1
    ours["list"].append("ours")
    theirs["8"]["n"] = -2
    theirs["list"][5] = "theirs"
    value, conflicts = merge(base, ours, theirs)
    assert conflicts == []
    assert (value["7"], value["8"]) == ({"n": -1}, {"n": -2})
    assert (value["list"][5], value["list"][-1], len(value["list"])) == ("theirs", "ours", 100_001)
