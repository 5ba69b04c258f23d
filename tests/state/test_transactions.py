"""`with state.transaction()`: both or neither, on disk and in memory."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from .exact import exactly
from .on_disk import entries, kept
from .samples import ACCOUNTS
from .threads import in_threads


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """A state that holds ACCOUNTS, open."""
    with State(path, **copy.deepcopy(ACCOUNTS)) as opened:
        yield opened


def change_much(state: State) -> None:
    """One change of every kind, at every depth."""
    state.ann -= 5
    state.new = {"a": {}}
    state.new.a.b = [1]
    state.new.a.b.append(2)
    del state.bob
    state.bob = "last now"
    state.log[1].append(5)
    state.log[2].k = None
    state.log.insert(0, "first")
    state.log.reverse()
    state.log[1:3] = [[], "x"]
    state.server.tags *= 3
    state.server = {"port": 1}
    state.server.update(a=1, b=2)
    state.log.sort(key=str)
    state.pop("ann")
    state.update(c=1, d=[{}])
    state.d[0].e = state.server
    state["items"] = 1


def test_both_or_neither(state: State, path: Path) -> None:
    """Nothing is in the file before the end of the block; then all is, in one entry."""
    before = path.read_bytes()
    with state.transaction():
        state.ann -= 10
        state.bob += 10
        assert (state.ann, state.bob) == (0, 10), "the block sees its own changes"
        assert path.read_bytes() == before
    assert entries(path) == 1
    assert path.read_bytes().startswith(before)
    assert (kept(path)["ann"], kept(path)["bob"]) == (0, 10)


def test_much_in_one_transaction(state: State, path: Path) -> None:
    """Changes of all kinds come to the same in memory, in the entry and in the vacuumed file."""
    with state.transaction():
        change_much(state)
    assert entries(path) == 1
    expected = exactly(state)
    assert exactly(kept(path)) == expected
    state.close()
    assert exactly(kept(path)) == expected


def test_a_transaction_of_one_change_is_a_plain_entry(state: State, path: Path) -> None:
    """The original of PersistedState can read it; a block without a change writes nothing."""
    with state.transaction():
        pass
    assert entries(path) == 0
    with state.transaction():
        state.ann = 1
    assert b"batch" not in path.read_bytes()
    assert kept(path)["ann"] == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_block_that_raises_undoes_all(
    state: State, path: Path, error: type[BaseException]
) -> None:
    """Memory, with the order of its keys, and file are what they were; the error comes through."""
    before, expected = path.read_bytes(), exactly(ACCOUNTS)
    with pytest.raises(error), state.transaction():
        change_much(state)
        raise error
    assert exactly(state) == expected
    assert path.read_bytes() == before
    change_much(state)
    assert exactly(kept(path)) == exactly(state)


@pytest.mark.parametrize(
    "leave",
    [
        lambda s: s.clear(),
        lambda s: s.log.clear(),
        lambda s: s.pop("log"),
        lambda s: s.__setitem__("log", [[2]]),
        lambda s: s.log.insert(0, []),
        lambda s: s.log.reverse(),
        lambda s: s.log.__delitem__(slice(0, 2)),
        lambda s: s.log.__imul__(2),
        lambda s: s.update(log=1, server=2),
        lambda s: s.server.clear(),
    ],
)
def test_handles_are_right_after_a_rollback(
    state: State, path: Path, leave: Callable[[State], Any]
) -> None:
    """What was deleted, replaced or moved is back in its place, the same container as before."""
    log, inner, item, tags = state.log, state.log[1], state.log[2], state.server.tags
    with contextlib.suppress(KeyError), state.transaction():
        leave(state)
        raise KeyError
    assert state == ACCOUNTS
    inner.append("i")
    item.k = "k"
    tags.append("t")
    log.append("l")
    assert state.log is log
    assert state == {
        "ann": 10,
        "bob": 0,
        "log": [1, [2, "i"], {"k": "k"}, "l"],
        "server": {"port": 80, "tags": ["a", "t"]},
    }
    assert kept(path) == state


def test_a_handle_made_in_a_block_that_failed_refuses(state: State, path: Path) -> None:
    """It is no longer part of the state, so a change of it would be lost."""
    made: list[Any] = []
    with contextlib.suppress(KeyError), state.transaction():
        state.new = {"a": []}
        state.log.append({})
        state.server = {"port": 80, "tags": ["a"]}
        made += [state.new, state.new.a, state.log[-1], state.server, state.server.tags]
        raise KeyError
    before = path.read_bytes()
    for handle in made:
        with pytest.raises(outlive.ReadOnlyError):
            handle.clear()
    assert path.read_bytes() == before
    assert state == ACCOUNTS


def test_a_refused_value_undoes_what_the_block_did(state: State, path: Path) -> None:
    """An error of ours that leaves the block undoes it; one that is caught within it does not."""
    before = path.read_bytes()
    with pytest.raises(outlive.FormatError), state.transaction():
        state.ann = 1
        state.bob = {1}
    assert state == ACCOUNTS
    assert path.read_bytes() == before
    with state.transaction():
        state.ann = 1
        with contextlib.suppress(outlive.FormatError):
            state.update(bob=2, carl={1})
        with contextlib.suppress(KeyError, IndexError):
            state.log.pop(99)
        with contextlib.suppress(ValueError):
            state.log.extend(int(text) for text in ("1", "x"))
    assert state == ACCOUNTS | {"ann": 1}
    assert kept(path) == state


def test_a_nested_block_is_part_of_the_outer_one(state: State, path: Path) -> None:
    """Nothing is kept before the end of the outermost block; one entry holds all."""
    before = path.read_bytes()
    with state.transaction():
        state.ann = 1
        with state.transaction():
            state.bob = 2
            with state.transaction():
                state.log.append(3)
        assert path.read_bytes() == before
        state.ann += 1
    assert entries(path) == 1
    assert kept(path) == state == ACCOUNTS | {"ann": 2, "bob": 2, "log": [*ACCOUNTS["log"], 3]}


def test_a_nested_block_that_raises_is_undone_alone(state: State, path: Path) -> None:
    """What the outer block did before and does after it stands."""
    inner = state.log[1]
    with state.transaction():
        state.ann = 1
        inner.append("outer")
        with contextlib.suppress(KeyError), state.transaction():
            state.ann = 2
            inner.append("inner")
            state.log.insert(0, "inner")
            del state.server
            raise KeyError
        assert state == ACCOUNTS | {"ann": 1, "log": [1, [2, "outer"], {"k": 3}]}
        inner.append("after")
    assert state.log[1] == [2, "outer", "after"]
    assert kept(path) == state


def test_an_outer_block_that_raises_undoes_the_nested_one(state: State, path: Path) -> None:
    """Also where both changed the same container, or the nested one alone did."""
    before = path.read_bytes()
    with contextlib.suppress(KeyError), state.transaction():
        state.log.append("outer")
        with state.transaction():
            state.log.append("inner")
            state.server.tags.append("inner")
            state.log[1].append("inner")
        state.server.port = 1
        with contextlib.suppress(KeyError), state.transaction():
            state.log[1].append("undone twice")
            raise KeyError
        raise KeyError
    assert exactly(state) == exactly(ACCOUNTS)
    assert path.read_bytes() == before


def test_closing_and_refreshing_within_a_transaction(state: State, path: Path) -> None:
    """Both are refused with a clear error, and the transaction goes on."""
    with state.transaction():
        state.ann = 1
        for act in (state.close, state.refresh):
            with pytest.raises(outlive.LockedError, match="end the transaction"):
                act()
    assert kept(path)["ann"] == 1
    state.close()
    with pytest.raises(outlive.ClosedError), state.transaction():
        pytest.fail("the block must not run")


def test_a_reader_has_no_transactions(state: State, path: Path) -> None:
    """A block that could change nothing is refused before it runs."""
    reader = State(path, mode="r")
    with pytest.raises(outlive.ReadOnlyError, match="mode='r'"), reader.transaction():
        pytest.fail("the block must not run")
    assert state == ACCOUNTS


def test_other_threads_wait_for_the_end(state: State, path: Path) -> None:
    """A change of another thread comes after the block, also if the block is undone."""
    for error in (None, KeyError):
        thread = threading.Thread(target=lambda: state.log.append("other"))
        with contextlib.suppress(KeyError), state.transaction():
            state.log.append("mine")
            thread.start()
            thread.join(0.05)
            assert state.log[-1] == "mine"
            if error:
                raise error
        thread.join()
    assert state.log == [*ACCOUNTS["log"], "mine", "other", "other"]
    assert kept(path) == state


def test_many_transactions_of_many_threads(state: State, path: Path) -> None:
    """Money that eight threads move to and fro is neither made nor lost, half of it undone."""
    state.ann, state.bob = 1000, 0

    def move(number: int) -> None:
        for step in range(50):
            with contextlib.suppress(KeyError), state.transaction():
                state.ann -= number
                state.bob += number
                state.log.append(number)
                if step % 2:
                    raise KeyError

    in_threads(8, move)
    assert (state.ann, state.bob) == (1000 - 25 * 28, 25 * 28)
    assert len(state.log) == 3 + 8 * 25
    assert entries(path) == 2 + 8 * 25
    assert kept(path) == state


def test_a_large_transaction_vacuums_after_its_end(path: Path) -> None:
    """Not within; and handles and values are right after it."""
    with State(path, rows=[]) as state:
        rows = state.rows
        with state.transaction():
            for number in range(5000):
                rows.append({"number": number, "text": "x" * 200})
            assert path.read_bytes() == b"rows: []\n"
        assert entries(path) == 0
        rows[0].text = "short"
        assert kept(path) == state
        assert len(rows) == 5000
