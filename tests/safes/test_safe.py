"""A safe is a mapping, each access of which is a transaction."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outlive import ClosedError, CorruptError, FormatError, ReadOnlyError
from outlive.engines import Engine, MemoryEngine
from outlive.safes.safe import Safe

from .stores import Counting, FailingPairs, Point, Stubborn


def test_it_does_what_a_dict_does(safe: Safe[Any, Any]) -> None:
    """What is put in is there, what is deleted is not, and what is not there is a KeyError."""
    safe["a"] = {(None,): [1, "bar"]}
    assert safe["a"] == {(None,): [1, "bar"]}
    assert ("a" in safe, "b" in safe, len(safe), safe.get("b"), safe.get("b", 5)) == (
        True,
        False,
        1,
        None,
        5,
    )
    del safe["a"]
    assert (len(safe), dict(safe)) == (0, {})
    with pytest.raises(KeyError) as caught:
        safe["a"]
    assert caught.value.args == ("a",)
    with pytest.raises(KeyError):
        del safe["a"]
    with pytest.raises(KeyError):
        safe.pop("a")
    with pytest.raises(KeyError, match="empty"):
        safe.popitem()
    assert safe.pop("a", None) is None


def test_what_is_read_is_a_copy(safe: Safe[Any, Any]) -> None:
    """To change a value that was read, or one that was put in, changes nothing in the safe."""
    value = [1]
    safe["a"] = value
    value.append(2)
    safe["a"].append(3)
    safe.setdefault("a", []).append(4)
    safe.setdefault("b", []).append(4)
    assert dict(safe) == {"a": [1], "b": []}


def test_keys_of_different_types_are_different(safe: Safe[Any, Any]) -> None:
    """1, 1.0 and True are three keys, in one update too, and in the order of the tuple layer."""
    safe.update([(1, "int"), (1.0, "float"), (True, "bool"), (None, "none"), ((1,), "tuple")])
    assert [repr(key) for key in safe] == ["None", "(1,)", "1", "1.0", "True"]
    assert safe[True] == "bool"
    assert list(safe.values()) == ["none", "tuple", "int", "float", "bool"]


def test_the_order_is_that_of_keys(safe: Safe[Any, Any]) -> None:
    """Keys come in order, or backwards, and a prefix or a range gives a part of them."""
    keys = ["a", "b/1", "b/2", "c", 1, 2, 300, ("x", 1), ("x", 2), ("y",), date(2026, 1, 1), b"b"]
    safe.update((key, str(key)) for key in keys)
    order = [b"b", "a", "b/1", "b/2", "c", ("x", 1), ("x", 2), ("y",), 1, 2, 300, date(2026, 1, 1)]
    assert list(safe) == order
    assert list(reversed(safe)) == order[::-1]
    assert list(safe.keys("b/")) == ["b/1", "b/2"]
    assert list(safe.keys("b/", reverse=True)) == ["b/2", "b/1"]
    assert list(reversed(safe.keys("b/", reverse=True))) == ["b/1", "b/2"]
    assert list(safe.keys(("x",))) == [("x", 1), ("x", 2)]
    assert list(safe.keys(b"")) == [b"b"]
    assert list(safe.keys(start="c", stop=2)) == ["c", ("x", 1), ("x", 2), ("y",), 1]
    assert list(safe.keys(start=300)) == [300, date(2026, 1, 1)]
    assert list(safe.keys(stop="a")) == [b"b"]
    assert list(safe.keys("b", start="b/2", stop="zz")) == ["b/2"]
    assert list(safe.keys("b", start="a", stop=1)) == ["b/1", "b/2"]
    assert list(safe.keys(start=2, stop=1)) == []
    assert list(safe.items("c")) == [("c", "c")]
    assert list(safe.values(("x",), reverse=True)) == ["('x', 2)", "('x', 1)"]
    assert next(reversed(safe.items(start=300, reverse=True))) == (300, "300")


def test_none_is_a_key_like_any_other(safe: Safe[Any, Any]) -> None:
    """None may be a key, a bound and a value, and a default."""
    safe.update({None: None, b"a": 1})
    assert (safe[None], safe.get(None, 5), None in safe) == (None, None, True)
    assert list(safe.keys(stop=None)) == []
    assert list(safe.keys(start=None)) == [None, b"a"]
    assert safe.setdefault("c") is None
    assert safe.modify("d", lambda value: [value], default=None) == [None]


def test_views_are_views_of_a_part(safe: Safe[Any, Any]) -> None:
    """Views follow the safe, know their part, and have the operations of sets."""
    keys, values, items = safe.keys("b"), safe.values("b"), safe.items("b")
    safe.update(a=1, b=2, bb=[3], c=4)
    assert (len(keys), len(values), len(items)) == (2, 2, 2)
    assert ("a" in keys, "b" in keys, "bx" in keys) == (False, True, False)
    assert (1 in values, [3] in values) == (False, True)
    assert (("a", 1) in items, ("b", 2) in items, ("b", 3) in items, ("bx", 1) in items) == (
        False,
        True,
        False,
        False,
    )
    assert "b" not in items  # type: ignore[comparison-overlap]  # that is what is tried
    assert keys & {"a", "b"} == {"b"}
    assert keys | {"z"} == {"b", "bb", "z"}
    assert keys - {"b"} == {"bb"}
    assert set(keys) == {"b", "bb"}
    same: object = {"b", "bb"}
    assert keys == same
    assert keys.isdisjoint({"a"})
    pairs: object = {("a", 1), ("b", 2)}
    assert safe.items(stop="bb") == pairs
    del safe["b"]
    assert list(keys) == ["bb"]
    assert repr(keys) == f"SafeKeys({safe!r})"


def test_it_is_equal_to_a_mapping_with_the_same_items(safe: Safe[Any, Any]) -> None:
    """Safes compare as mappings do, and so have no hash."""
    safe.update(b=2, a=1)
    assert safe == {"a": 1, "b": 2}
    assert safe != {"a": 1}
    five: object = 5
    assert safe != five
    with pytest.raises(TypeError):
        hash(safe)


@pytest.mark.parametrize("key", [[], {}, object(), {1}, ("a", []), 1j])
def test_what_is_no_key(safe: Safe[Any, Any], key: Any) -> None:
    """An object that is no key is refused wherever a key is taken, by a message with the file."""
    uses: list[Callable[[], object]] = [
        lambda: safe[key],
        lambda: safe.__setitem__(key, 1),
        lambda: safe.__delitem__(key),
        lambda: key in safe,
        lambda: safe.get(key),
        lambda: safe.pop(key, 1),
        lambda: safe.setdefault(key, 1),
        lambda: safe.update([("a", 1), (key, 1)]),
        lambda: safe.modify(key, str, 1),
        lambda: safe.edit(key, 1).__enter__(),
        lambda: safe.keys(start=key),
        lambda: safe.transact(lambda t: t[key]),
    ]
    for use in uses:
        with pytest.raises(FormatError) as caught:
            use()
        assert safe.path in str(caught.value)
    assert len(safe) == 0


# -- one transaction each


@pytest.mark.parametrize(
    "write",
    [
        lambda safe: safe.update({"a": 1, "b": 2}, c=3),
        lambda safe: safe.update([("a", 1), ("b", 2)]),
        lambda safe: safe.__ior__({"a": 1, "b": 2}),
        lambda safe: safe.__setitem__("a", 1),
        lambda safe: safe.setdefault("a", 1),
        lambda safe: safe.modify("x", lambda n: n + 1),
        lambda safe: safe.pop("x"),
        lambda safe: safe.popitem(),
        lambda safe: safe.__delitem__("x"),
        lambda safe: safe.clear(),
    ],
)
def test_each_access_is_one_commit(engine: Engine, write: Callable[[Any], object]) -> None:
    """Every write, of however many keys, is one commit, and leaves no snapshot open."""
    counting = Counting(engine)
    safe = Safe[str, int](counting)
    safe.update(x=1, y=2, z=3)
    before = counting.commits
    write(safe)
    assert (counting.commits - before, counting.open) == (1, 0)


@pytest.mark.parametrize("bad", [Stubborn(), lambda: 1, open(__file__)])  # noqa: SIM115  # it is what does not pickle
def test_an_update_that_fails_changes_nothing(safe: Safe[Any, Any], bad: object) -> None:
    """If one value of an update does not fit, none is kept; the message names its key."""
    safe["a"] = 1
    for other in ({"good": 1, "bad": bad}, FailingPairs(bad)):
        with pytest.raises(FormatError, match="'bad'") as caught:
            safe.update(other)
        assert safe.path in str(caught.value)
    with pytest.raises(FormatError, match="'bad'"):
        safe["bad"] = bad
    with pytest.raises(FormatError, match="'bad'"):
        safe.setdefault("bad", bad)
    assert dict(safe) == {"a": 1}


def test_update_takes_what_that_of_a_dict_takes(safe: Safe[Any, Any]) -> None:
    """A mapping, anything with keys, pairs, or names; and an error of the user's is the user's."""

    class Keys:
        def keys(self) -> list[str]:
            return ["k"]

        def __getitem__(self, key: str) -> str:
            return key * 2

    safe.update(Keys())
    pairs: list[Any] = [["a", 1]]
    safe.update(pairs)
    safe.update(safe, self=1, other=2)
    safe |= [("z", 0)]
    assert dict(safe) == {"a": 1, "k": "kk", "other": 2, "self": 1, "z": 0}
    with pytest.raises(ZeroDivisionError):
        safe.update((n, 1 / n) for n in (1, 0))
    with pytest.raises(TypeError):
        pairs = [1]
        safe.update(pairs)
    assert len(safe) == 5


# -- iteration


@pytest.mark.parametrize("number", [3, 255, 256, 257, 1000])
def test_an_iteration_sees_one_moment(engine: Engine, number: int) -> None:
    """What others do after it has begun does not show, and in the end no snapshot is open."""
    counting = Counting(engine)
    safe = Safe[int, int](counting)
    safe.update((n, n) for n in range(number))
    items = iter(safe.items())
    safe.clear()
    assert counting.open == (number >= 256)
    assert list(items) == [(n, n) for n in range(number)]
    assert counting.open == 0
    assert list(safe) == []


def test_large_values_are_not_read_ahead(engine: Engine) -> None:
    """A few large values are a long iteration; keys alone are not."""
    counting = Counting(engine)
    safe = Safe[int, bytes](counting)
    safe.update((n, bytes(400_000)) for n in range(5))
    values = iter(safe.values())
    next(values)
    assert counting.open == 1
    values.close()  # type: ignore[attr-defined]  # it is a generator
    assert counting.open == 0
    keys = iter(safe)
    assert counting.open == 0
    assert list(keys) == [*range(5)]


def test_an_iteration_that_is_left_closes_its_snapshot(engine: Engine) -> None:
    """An iterator that is closed or forgotten, even before its first item, holds nothing."""
    counting = Counting(engine)
    safe = Safe[int, int](counting)
    safe.update((n, n) for n in range(1000))
    items = iter(safe.items())
    del items
    assert counting.open == 0
    for key in safe:
        if key == 500:
            break
    assert counting.open == 0


def test_the_safe_may_be_changed_while_it_is_iterated(safe: Safe[Any, Any]) -> None:
    """A loop over the keys may delete and insert."""
    safe.update((n, n) for n in range(600))
    for key in safe:
        del safe[key]
        safe[str(key)] = key
    assert sorted(safe.values()) == [*range(600)]


# -- closed, read only


def test_a_closed_safe(engine: Engine) -> None:
    """After close everything raises ClosedError, and the engine goes on, since it was given."""
    safe = Safe[Any, Any](engine)
    safe.update((n, n) for n in range(300))
    short, long, snapshot = iter(safe.keys(stop=5)), iter(safe), safe.snapshot()
    transaction = safe.transaction()
    t = transaction.__enter__()
    t["x"] = 1
    view = safe.keys()
    assert not safe.closed
    safe.close()
    safe.close()
    assert safe.closed
    uses: list[Callable[[], object]] = [
        lambda: safe["a"],
        lambda: safe.__setitem__("a", 1),
        lambda: safe.pop("a", 1),
        safe.update,
        lambda: safe.edit("a", 1).__enter__(),
        lambda: "a" in safe,
        lambda: len(safe),
        lambda: list(safe),
        lambda: list(view),
        lambda: next(short),
        lambda: next(long),
        lambda: snapshot["a"],
        lambda: t["a"],
        lambda: t.__setitem__("a", 1),
        lambda: transaction.__exit__(None, None, None),
        safe.clear,
        safe.snapshot,
        safe.compact,
        safe.__enter__,
        safe.transaction().__enter__,
    ]
    for use in uses:
        with pytest.raises(ClosedError) as caught:
            use()
        assert safe.path in str(caught.value)
    snapshot.close()
    assert repr(safe)
    with Safe[Any, Any](engine) as again:
        assert len(again) == 300


def test_a_safe_that_only_reads(engine: Engine) -> None:
    """With mode="r" every write raises ReadOnlyError, whether it would change anything or not."""
    with Safe[Any, Any](engine) as safe:
        safe["a"] = 1
    safe = Safe[Any, Any](engine, mode="r")
    uses: list[Callable[[], object]] = [
        lambda: safe.__setitem__("a", 1),
        lambda: safe.__delitem__("a"),
        lambda: safe.__delitem__("no"),
        lambda: safe.pop("no", 1),
        safe.popitem,
        lambda: safe.setdefault("a", 1),
        safe.update,
        safe.clear,
        lambda: safe.modify("a", lambda n: n),
        lambda: safe.edit("a").__enter__(),
        lambda: safe.transact(lambda t: t.update(b=1)),
        safe.compact,
    ]
    for use in uses:
        with pytest.raises(ReadOnlyError) as caught:
            use()
        assert safe.path in str(caught.value)
    assert safe.transact(lambda t: t["a"]) == 1
    with safe, safe.snapshot() as then:
        assert dict(then) == {"a": 1} == dict(safe)


def test_a_reader_that_was_there_first(engine: Engine) -> None:
    """A safe that is opened to be read before anybody has made it is empty until then."""
    reader, other = Safe[Any, Any](engine, mode="r"), Safe[Any, Any](engine, mode="r", type=int)
    assert (len(reader), list(reader), "a" in reader) == (0, [], False)
    with Safe[Any, Any](engine, format="json") as writer:
        writer["a"] = {"b": (1, 2)}
    assert dict(reader.items()) == {"a": {"b": [1, 2]}}
    with pytest.raises(FormatError, match="written as json, not msgpack"):
        len(other)


# -- opening


def test_a_safe_is_pickled_as_its_arguments(tmp_path: Path) -> None:
    """A safe with a path arrives open in another process; one with an engine does not go there."""
    with Safe[str, Point](tmp_path / "a.safe", type=Point, format="json") as safe:
        safe["a"] = Point(1)
        with pickle.loads(pickle.dumps(safe)) as again:
            assert (dict(again), again.path) == ({"a": Point(1)}, safe.path)
            again["b"] = Point(2)
        assert safe["b"] == Point(2)
        with safe.snapshot() as then, pytest.raises(TypeError):
            pickle.dumps(then)
    with pytest.raises(TypeError, match="path"):
        pickle.dumps(Safe[str, int](MemoryEngine()))


def test_repr_reads_nothing(tmp_path: Path) -> None:
    """The text of a safe says where it is, not what is in it."""
    with Safe[str, int](tmp_path / "a.safe") as safe:
        assert repr(safe) == f"Safe({str(tmp_path / 'a.safe')!r})"
    with Safe[str, int](tmp_path / "a.safe", mode="r") as safe:
        assert repr(safe).endswith("mode='r')")


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "w"},
        {"sync": "never"},
        {"format": "xml"},
        {"format": 5},
        {"type": "Nowhere"},
    ],
)
def test_arguments_that_mean_nothing(tmp_path: Path, options: dict[str, Any]) -> None:
    """A wrong argument is refused before any file is made."""
    with pytest.raises(FormatError):
        Safe(tmp_path / "a.safe", **options)
    assert list(tmp_path.iterdir()) == []
    nothing: Any = None
    with pytest.raises(FormatError):
        Safe(nothing)


def test_what_is_no_safe(engine: Engine) -> None:
    """An engine that holds something else is refused and left alone."""
    for content in ({b"a": b"1"}, {b"\xfeother": b"1"}):
        engine.commit({**dict.fromkeys([b"a", b"\xfeother"]), **content})
        for mode in ("rw", "r"):
            with pytest.raises(FormatError, match="not a safe"):
                Safe(engine, mode=mode)
    engine.commit({b"\xfeother": None, b"\xfesafe": b"{"})
    with pytest.raises(CorruptError, match="header"):
        Safe(engine)
    engine.commit({b"\xfesafe": b'{"version": 2, "format": "pickle"}'})
    with pytest.raises(FormatError, match="version 2"):
        Safe(engine)
