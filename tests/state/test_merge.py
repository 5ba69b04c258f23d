"""How the changes of two sides come together."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlive.formats.equality import same
from outlive.state.merge import changes, merge

from .random_documents import documents, edited, many, moods
from .steps import copied


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
