"""A container that a program holds is the same thing, wherever its place moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from .on_disk import kept


def test_a_handle_stays_right_when_its_place_moves(state: State, path: Path) -> None:
    """Inserting, deleting, reversing and sorting before it moves a container, not the handle."""
    x, last = state.deep[1].x, state.deep[2]
    state.deep.insert(0, "new")
    x.append("after insert")
    del state.deep[0:2]
    last.append("after del")
    state.deep[0:0] = [["a"], ["b"], ["c"]]
    x[1].y = "after slice"
    state.deep.reverse()
    last.append("after reverse")
    x.append("after reverse")
    state.deep.sort(key=str)
    last.append("after sort")
    state.deep *= 2
    last.append("after *=")
    del state.deep[::3]
    state.deep[::2] = state.deep[::-2] if len(state.deep) % 2 else state.deep[-2::-2]
    assert kept(path) == state
    state.close()
    assert kept(path) == state


def test_a_comprehension_keeps_the_handles(state: State, path: Path) -> None:
    """`items[:] = [x for x in items if …]` moves what stays, and does not copy it."""
    state.jobs = [{"id": n} for n in range(6)]
    handles = list(state.jobs)
    state.jobs[:] = [job for job in state.jobs if job.id % 2]
    handles[3].done = True
    state.jobs[::-1] = list(state.jobs)
    handles[5].done = False
    assert [job is handles[n] for job, n in zip(state.jobs, (5, 3, 1), strict=True)] == [True] * 3
    assert state.jobs == [{"id": 5, "done": False}, {"id": 3, "done": True}, {"id": 1}]
    assert kept(path) == state
    with pytest.raises(outlive.ReadOnlyError):
        handles[0].done = True


def test_equal_containers_are_told_apart(state: State, path: Path) -> None:
    """A handle means the very container, not the first that is equal to it."""
    state.rows = [[] for _ in range(50)]
    middle, last = state.rows[25], state.rows[49]
    del state.rows[0:10]
    middle.append("m")
    last.append("l")
    for _ in range(30):
        state.rows.insert(0, [])
    middle.append("m2")
    assert (state.rows[45], state.rows[69]) == (["m", "m2"], ["l"])
    assert kept(path) == state


GONE: dict[str, Callable[[State], Any]] = {
    "replaced": lambda s: s.__setitem__("server", 1),
    "replaced by the same": lambda s: s.__setitem__("server", {"port": 80, "tags": ["a", "b"]}),
    "deleted": lambda s: s.__delitem__("server"),
    "popped": lambda s: s.pop("server"),
    "cleared": lambda s: s.clear(),
}


@pytest.mark.parametrize("name", GONE)
def test_a_handle_of_what_is_gone_refuses(state: State, path: Path, name: str) -> None:
    """A change of a container that is no longer in the state raises, and is in no file."""
    server, tags = state.server, state.server.tags
    GONE[name](state)
    before = path.read_bytes()
    attempts: list[Callable[[], Any]] = [
        lambda: setattr(server, "port", 1),
        lambda: server.update(a=1),
        lambda: server.pop("port"),
        server.clear,
        lambda: server.setdefault("new", 1),
        lambda: tags.append("c"),
        lambda: tags.__setitem__(0, "c"),
        tags.pop,
        lambda: tags.sort(reverse=True),
        tags.clear,
        lambda: tags.__imul__(2),
    ]
    for attempt in attempts:
        with pytest.raises(outlive.ReadOnlyError, match=r"a\.state.*taken out"):
            attempt()
    assert path.read_bytes() == before
    assert server == {"port": 80, "tags": ["a", "b"]}, "it can still be read"
    state.saved = server
    assert kept(path)["saved"] == server


def test_list_items_that_are_gone(state: State) -> None:
    """Deleted from a list, cut off by a slice, or by remove: gone is gone."""
    first, second, third = state.deep
    del state.deep[0]
    state.deep[:1] = [["new"]]
    state.deep.remove(third)
    for gone in (first, second, third):
        with pytest.raises(outlive.ReadOnlyError):
            gone.clear()


def test_handles_survive_an_automatic_vacuum(path: Path) -> None:
    """A vacuum between two changes moves nothing in memory."""
    with State(path, lists=[[], []], d={"e": {}}) as state:
        second, inner = state.lists[1], state.d.e
        big, smallest = "x" * 10_000, path.stat().st_size
        vacuums = 0
        for number in range(200):
            before = path.stat().st_ino
            inner.last = big + str(number)
            second.append(number)
            vacuums += path.stat().st_ino != before
        assert vacuums
        assert smallest < path.stat().st_size < 2_000_000
        assert state.lists[1] is second
        assert second == list(range(200))
        assert kept(path) == state
