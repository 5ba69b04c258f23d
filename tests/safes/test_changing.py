"""modify, edit, transact, transaction, and the rest that read and then write."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from outlive import ClosedError, ConflictError, FormatError, LockedError
from outlive.engines import Engine, MemoryEngine
from outlive.safes.safe import Safe
from outlive.safes.transaction import Transaction

from .stores import Counting, Stubborn


@pytest.fixture
def counting(engine: Engine) -> Counting:
    """An engine into which others write."""
    return Counting(engine)


@pytest.fixture
def theirs(engine: Engine, counting: Counting) -> Safe[str, Any]:
    """The safe through which others write."""
    with Safe[str, Any](counting):
        return Safe[str, Any](engine)


def test_modify_puts_what_the_function_returns(safe: Safe[Any, Any]) -> None:
    """The new value is kept and returned, None too; a default counts where there is none."""
    assert safe.modify("n", lambda n: n + 1, default=0) == 1
    assert safe.modify("n", lambda n: n + 1, default=0) == 2
    assert safe.modify("n", lambda _: None) is None
    assert safe["n"] is None
    with pytest.raises(KeyError):
        safe.modify("m", lambda n: n)
    assert "m" not in safe


def _appended(items: list[int]) -> list[int]:
    items.append(1)
    return items


def test_defaults_are_copied(safe: Safe[Any, Any]) -> None:
    """A function or a block that changes the default in place changes a copy of it."""
    shared: list[int] = []
    for _ in range(2):
        safe.modify("a", _appended, default=shared)
    with safe.edit("b", default=shared) as items:
        items.append(2)
    with safe.transaction() as t:
        t.modify("c", _appended, default=shared)
    assert shared == []
    assert dict(safe) == {"a": [1, 1], "b": [2], "c": [1]}


def _raise(_: object = None) -> Any:
    raise ConflictError("from another store")


def test_a_function_that_raises_changes_nothing(safe: Safe[Any, Any]) -> None:
    """The function's error comes out, a ConflictError of another store too, and nothing is kept."""
    safe["a"] = [1]
    calls = []

    def change(value: list[int]) -> list[int]:
        calls.append(value)
        value.append(2)
        raise ConflictError("from another store")

    with pytest.raises(ConflictError, match="another store"):
        safe.modify("a", change)
    with pytest.raises(ConflictError, match="another store"):
        safe.transact(lambda t: (t.update(a=2), _raise()))
    with pytest.raises(ConflictError, match="another store"), safe.edit("a") as value:
        value.append(2)
        _raise()
    with pytest.raises(ConflictError, match="another store"), safe.transaction() as t:
        t["a"] = 2
        _raise()
    with pytest.raises(FormatError, match="'a'"):
        safe.modify("a", lambda _: Stubborn())
    with pytest.raises(FormatError, match="'a'"), safe.edit("a") as value:
        value.append(Stubborn())
    assert (len(calls), safe["a"]) == (1, [1])


CHANGES: list[tuple[Callable[[Safe[str, Any]], Any], Any, dict[str, Any]]] = [
    (lambda safe: safe.modify("a", lambda n: n + 1), 11, {"a": 11, "b": 2}),
    (lambda safe: safe.pop("a"), 10, {"b": 2}),
    (lambda safe: safe.__delitem__("a"), None, {"b": 2}),
    (lambda safe: safe.popitem(last=False), ("a", 10), {"b": 2}),
    (lambda safe: safe.clear(), None, {}),
    (
        lambda safe: safe.transact(lambda t: t.setdefault("s", sum(t.values()))),
        12,
        {"a": 10, "b": 2, "s": 12},
    ),
    (lambda safe: safe.transact(lambda t: t.modify("a", lambda n: n * 2)), 20, {"a": 20, "b": 2}),
]


@pytest.mark.parametrize(("change", "result", "after"), CHANGES)
def test_a_conflict_is_run_again(
    counting: Counting,
    theirs: Safe[str, Any],
    change: Callable[[Safe[str, Any]], Any],
    result: Any,
    after: dict[str, Any],
) -> None:
    """If others change the value between reading and writing, it is done with theirs."""
    safe = Safe[str, Any](counting)
    safe.update(a=1, b=2)
    counting.meddle = [lambda n=n: theirs.update(a=n) for n in range(5, 11)]  # type: ignore[misc]  # n
    assert change(safe) == result
    assert (dict(safe), counting.open, counting.meddle) == (after, 0, [])


def test_a_key_that_comes_meanwhile(counting: Counting, theirs: Safe[str, Any]) -> None:
    """setdefault, modify and popitem see a key that others insert while they are at it."""
    safe = Safe[str, Any](counting)
    counting.meddle = [lambda: theirs.update(a=5)]
    assert safe.setdefault("a", 1) == 5
    counting.meddle = [lambda: theirs.update(b=5)]
    assert safe.modify("b", lambda n: n + 1, default=0) == 6
    counting.meddle = [lambda: theirs.update(c=7)]
    assert safe.popitem() == ("c", 7)
    counting.meddle = [theirs.clear]
    with pytest.raises(KeyError):
        safe.pop("a")
    counting.meddle = []
    safe.update(a=1)
    counting.meddle = [lambda: theirs.update(z=1)]
    safe.clear()
    assert dict(safe) == {}


def test_an_edit_is_kept_at_its_end(counting: Counting) -> None:
    """What the block changed in place is kept, a default too; what it left alone is not written."""
    safe = Safe[str, Any](counting)
    with safe.edit("a", default={"n": 0}) as value:
        value["n"] += 1
        assert "a" not in safe
        assert counting.open == 0
    assert safe["a"] == {"n": 1}
    with safe.edit("b", default=[]):
        pass
    assert safe["b"] == []
    before = counting.commits
    with safe.edit("a"):
        pass
    assert counting.commits == before
    with pytest.raises(KeyError), safe.edit("no"):
        pytest.fail("there is nothing to edit")
    with pytest.raises(ZeroDivisionError), safe.edit("a") as value:
        value["n"] = 1 / 0


def test_an_edit_of_what_others_changed(counting: Counting, theirs: Safe[str, Any]) -> None:
    """The end of the block says so, and theirs stays."""
    safe = Safe[str, Any](counting)
    safe["a"] = [1]
    with pytest.raises(ConflictError) as caught, safe.edit("a") as value:
        theirs["a"] = [2]
        value.append(3)
    assert all(word in str(caught.value) for word in (safe.path, "'a'", "modify()", "transact()"))
    with pytest.raises(ConflictError), safe.edit("b", default=[]) as value:
        theirs["b"] = 1
    with pytest.raises(ConflictError), safe.edit("a") as value:
        del theirs["a"]
        value.append(3)
    assert dict(safe) == {"b": 1}
    with safe.edit("b"):
        theirs["b"] = 2
    assert safe["b"] == 2


# -- transactions


def test_a_transaction_is_kept_at_its_end(counting: Counting, theirs: Safe[str, Any]) -> None:
    """It reads its own writes, nobody else does before the end, and it is one commit."""
    safe = Safe[str, Any](counting)
    safe.update(a=1, b=2, c=3)
    before = counting.commits
    with safe.transaction() as t:
        t["d"] = 4
        del t["a"]
        t["b"] += 10
        assert (t["d"], "a" in t, t.get("a"), t["b"], len(t)) == (4, False, None, 12, 3)
        assert dict(safe) == {"a": 1, "b": 2, "c": 3} == dict(theirs)
    assert dict(safe) == {"b": 12, "c": 3, "d": 4}
    assert (counting.commits, counting.open) == (before + 1, 0)


def test_a_transaction_is_a_mapping(safe: Safe[Any, Any]) -> None:
    """Every method of a dict works within it, on what is kept and on what is not yet."""
    safe.update(a=1, b=2)
    with safe.transaction() as t:
        t |= {"x": 24}
        t.update({"y": 25}, z=26)
        assert (t.pop("a"), t.pop("a", 0), t.setdefault("b", 0), t.setdefault("c", [])) == (
            1,
            0,
            2,
            [],
        )
        assert (t.popitem(), t.popitem(last=False)) == (("z", 26), ("b", 2))
        assert t.modify("c", lambda items: [*items, 1]) == [1]
        assert t.modify("n", lambda n: n + 1, default=0) == 1
        with pytest.raises(KeyError):
            t.modify("no", lambda n: n)
        with pytest.raises(KeyError):
            del t["a"]
        with pytest.raises(KeyError):
            t["b"]
        assert dict(t) == {"c": [1], "n": 1, "x": 24, "y": 25}
    assert safe == {"c": [1], "n": 1, "x": 24, "y": 25}
    with safe.transaction() as t:
        t["new"] = 1
        t.clear()
        assert (dict(t), len(t)) == ({}, 0)
        with pytest.raises(KeyError):
            t.popitem()
        t["only"] = 1
    assert safe == {"only": 1}


def test_own_writes_are_iterated_in_order(safe: Safe[Any, Any]) -> None:
    """Iterations, ranges, views and len put what is written and deleted in its place."""
    safe.update((n, n) for n in range(0, 20, 2))
    with safe.transaction() as t:
        t.update((n, -n) for n in (3, 4, 5, 21))
        del t[0], t[10]
        want = [2, 3, 4, 5, 6, 8, 12, 14, 16, 18, 21]
        assert list(t) == want
        assert list(reversed(t)) == want[::-1]
        assert list(t.items(start=3, stop=7)) == [(3, -3), (4, -4), (5, -5), (6, 6)]
        assert list(t.values(start=3, stop=7, reverse=True)) == [6, -5, -4, -3]
        assert (len(t), len(t.keys(stop=5))) == (11, 3)
        assert (3 in t.keys(stop=5), (3, -3) in t.items(), 0 in t.keys(stop=9)) == (
            True,
            True,
            False,
        )
        for key in t:
            del t[key]
            t[100 + key] = key
        assert list(t) == [100 + key for key in want]
    assert list(safe) == [100 + key for key in want]


READS: list[tuple[str, Callable[[Any], object], set[str]]] = [
    # what the transaction reads, and the keys of which an insert, change or delete is a conflict
    ("get", lambda t: t["c"], {"c"}),
    ("absent", lambda t: "d" in t, {"d"}),
    ("missed", lambda t: t.get("d"), {"d"}),
    ("len", len, {"a", "b", "c", "d", "e", "f", "g"}),
    ("all", list, {"a", "b", "c", "d", "e", "f", "g"}),
    ("range", lambda t: list(t.items(start="c", stop="f")), {"c", "d", "e"}),
    ("part of len", lambda t: len(t.keys(start="c", stop="f")), {"c", "d", "e"}),
    ("first", lambda t: next(iter(t)), {"a"}),
    ("first two", lambda t: [*zip(range(2), t, strict=False)], {"a", "b", "c"}),
    ("last", lambda t: next(reversed(t)), {"g"}),
    ("within", lambda t: next(iter(t.keys(start="b", stop="f"))), {"b", "c"}),
    ("empty", lambda t: list(t.keys("dd")), set()),
    ("pop", lambda t: t.popitem(last=False), {"a"}),
    ("written", lambda t: (t.update(c=1), t["c"]), set()),
    ("nothing", lambda _: None, set()),
    ("unstarted", iter, set()),
]


@pytest.mark.parametrize("other", list("abcdefg"))
@pytest.mark.parametrize(
    ("read", "conflicts"), [case[1:] for case in READS], ids=[c[0] for c in READS]
)
def test_what_was_read_must_not_change(
    engine: Engine, read: Callable[[Any], object], conflicts: set[str], other: str
) -> None:
    """A transaction conflicts with changes of what it read, and with no others."""
    safe, theirs = Safe[str, Any](engine), Safe[str, Any](engine)
    safe.update(a=1, c=3, e=5, g=7)
    changes: list[Callable[[], object]] = [lambda: theirs.update({other: 0})]
    if other in safe:
        changes.append(lambda: theirs.pop(other))
    for change in changes:
        safe.pop("new", None)
        try:
            with safe.transaction() as t:
                read(t)
                t["new"] = 1
                change()
            conflicted = False
        except ConflictError as error:
            conflicted = True
            assert safe.path in str(error)
            assert "transact()" in str(error)
        assert conflicted is (other in conflicts)
        assert ("new" in safe) is not conflicted
        safe.update(a=1, c=3, e=5, g=7)


def test_ranges_that_overlap_are_one(counting: Counting) -> None:
    """A transaction that asks for the same again and again does not make its commit slow."""
    safe = Safe[int, int](counting)
    safe.update((n, n) for n in range(10))
    with safe.transaction() as t:
        for n in range(8):
            assert list(t.keys(start=n, stop=n + 2)) == [n, n + 1]
            assert len(t.keys(start=100)) == 0
        t[5] = 5
    assert len(counting.ranges) == 2


def test_reading_alone_has_no_conflict(counting: Counting, theirs: Safe[str, Any]) -> None:
    """A transaction that writes nothing saw one moment, and commits nothing."""
    safe = Safe[str, Any](counting)
    safe["a"] = 1
    before = counting.commits
    with safe.transaction() as t:
        theirs["a"] = 2
        theirs["b"] = 2
        assert (t["a"], dict(t)) == (1, {"a": 1})
    assert (counting.commits, counting.open) == (before, 0)


def test_a_block_that_raises_keeps_nothing(counting: Counting) -> None:
    """Whatever the block raises, a Ctrl-C too, nothing is written and no snapshot stays open."""
    safe = Safe[str, Any](counting)
    for error in (ValueError, KeyboardInterrupt, GeneratorExit, SystemExit):
        with pytest.raises(error), safe.transaction() as t:
            t["a"] = 1
            raise error
        with pytest.raises(error):
            safe.transact(lambda t, error=error: (t.update(a=1), (_ for _ in ()).throw(error())))  # type: ignore[misc]  # error
    with safe.transaction() as t, pytest.raises(FormatError):
        t.update({"a": 1, "b": Stubborn()})
    assert (dict(safe), counting.open) == ({}, 0)


def test_a_transaction_is_used_in_its_block(safe: Safe[Any, Any]) -> None:
    """Before and after its block it raises ClosedError, and it is entered once."""
    transaction: Any = safe.transaction()
    with pytest.raises(ClosedError, match="has not begun"):
        transaction["a"]
    with transaction as t:
        t["a"] = 1
        items = iter(t.items())
        next(items)
        with pytest.raises(LockedError), transaction:
            pytest.fail("it was entered twice")
    uses: list[Callable[[], object]] = [
        lambda: t["a"],
        lambda: t.__setitem__("a", 2),
        lambda: t.__delitem__("a"),
        lambda: len(t),
        lambda: list(t),
        lambda: next(items),
        t.clear,
        t.update,
        lambda: t.modify("a", lambda n: n),
    ]
    for use in uses:
        with pytest.raises(ClosedError) as caught:
            use()
        assert safe.path in str(caught.value)
    with pytest.raises(LockedError), transaction:
        pytest.fail("it was entered again")
    with pytest.raises(TypeError):
        transaction.__reduce__()
    assert dict(safe) == {"a": 1}


def test_transactions_are_independent(safe: Safe[Any, Any]) -> None:
    """A block within a block is a transaction of its own."""
    safe["a"] = 1
    with safe.transaction() as outer:
        outer["b"] = 1
        with safe.transaction() as inner:
            assert "b" not in inner
            inner["c"] = 1
        assert "c" in safe
        assert safe.transact(lambda t: t.modify("c", lambda n: n + 1)) == 2
    assert dict(safe) == {"a": 1, "b": 1, "c": 2}
    with pytest.raises(ConflictError), safe.transaction() as outer:
        outer["a"] += 1
        safe["a"] = 5


def test_transact_returns_what_the_function_does(safe: Safe[Any, Any]) -> None:
    """Its result comes back, and what it kept of the transaction is of no use."""

    def use(t: Transaction[Any, Any]) -> tuple[str, Transaction[Any, Any]]:
        t["a"] = 1
        return "done", t

    result, t = safe.transact(use)
    assert (result, dict(safe)) == ("done", {"a": 1})
    with pytest.raises(ClosedError):
        t["a"]


def test_a_conflict_at_the_end_of_another_is_not_ours(safe: Safe[Any, Any]) -> None:
    """transact() runs again for its own conflict, not for that of an edit within it."""
    calls = []

    def use(_: Transaction[Any, Any]) -> None:
        calls.append(1)
        with safe.edit("a") as value:
            safe["a"] = [1]
            value.append(2)

    safe["a"] = []
    with pytest.raises(ConflictError, match="edit"):
        safe.transact(use)
    assert len(calls) == 1


def test_a_child_does_not_end_the_transaction_of_its_parent(safe: Safe[Any, Any]) -> None:
    """A transaction that a forked child inherits raises ClosedError there, and is the parent's."""
    with safe.transaction() as t:
        t["a"] = 1
        child = os.fork()
        if not child:
            code = 1
            try:
                with pytest.raises(ClosedError):
                    t["a"]
                with pytest.raises(ClosedError):
                    t.__exit__(None, None, None)
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert "a" not in safe
    assert safe["a"] == 1


def test_threads_lose_nothing(safe: Safe[Any, Any]) -> None:
    """Threads that modify the same counters, in several ways, get an exact sum."""
    safe.update(a=0, b=0)

    def work(number: int) -> None:
        def move(t: Transaction[str, int]) -> None:
            t["a"] += 1
            t["b"] -= 1

        for i in range(15):
            if (i + number) % 2:
                safe.transact(move)
            else:
                safe.modify("a", lambda n: n + 1)

    threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert safe["a"] == 60
    assert safe["b"] == -30


def test_one_thread_gets_each_item() -> None:
    """Threads that pop from one safe share its items."""
    safe = Safe[int, int](MemoryEngine())
    safe.update((n, n) for n in range(40))
    got: list[int] = []

    def work() -> None:
        while True:
            try:
                got.append(safe.popitem(last=False)[0])
            except KeyError:
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [*range(40)]
