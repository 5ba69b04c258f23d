"""Transactions of one thread that overlap, as those of two asyncio tasks do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import outlive
from outlive import State


def test_none_of_both_is_kept(tmp_path: Path) -> None:
    """Each of them hears of it, and what is on disk is what it was before."""
    path = tmp_path / "a.state"
    with State(path, a=0, b=0, c=0) as state:
        first, second = state.transaction(), state.transaction()
        first.__enter__()
        state.a = 1
        second.__enter__()
        state.b = 1
        with pytest.raises(outlive.LockedError, match="await"):
            first.__exit__(None, None, None)
        with pytest.raises(outlive.LockedError, match="await"):
            state.c = 1
        with pytest.raises(outlive.LockedError, match="await"):
            second.__exit__(None, None, None)
        assert state == {"a": 0, "b": 0, "c": 0}
        state.c = 2
    assert State(path, mode="r") == {"a": 0, "b": 0, "c": 2}


def test_tasks_hear_of_it(tmp_path: Path) -> None:
    """Two tasks that await in their transactions lose nothing in silence."""

    async def work(name: str) -> None:
        with state.transaction():
            state[name] = 1
            await asyncio.sleep(0)
            state[name] = 2

    async def both() -> list[BaseException | None]:
        return list(await asyncio.gather(work("a"), work("b"), return_exceptions=True))

    with State(tmp_path / "a.state", a=0, b=0) as state:
        results = asyncio.run(both())
        assert any(isinstance(result, outlive.LockedError) for result in results)
        kept = {name: value for name, value in state.items() if value}
        assert len(kept) == results.count(None)
    assert State(tmp_path / "a.state", mode="r") == state


def test_a_transaction_is_entered_once_at_a_time(tmp_path: Path) -> None:
    """The same object within itself is refused; one after the other is fine."""
    with State(tmp_path / "a.state", a=0) as state:
        transaction = state.transaction()
        with transaction:
            state.a = 1
            with pytest.raises(outlive.LockedError, match="another"), transaction:
                pass
        with transaction:
            state.a += 1
    assert State(tmp_path / "a.state", mode="r") == {"a": 2}


def test_a_change_that_was_broken_off_spoils_the_transaction(tmp_path: Path) -> None:
    """Who catches a Ctrl-C within the block gets nothing of it, rather than a part."""

    class BreakError(BaseException):
        pass

    class Breaks(dict[str, int]):
        def items(self) -> object:  # type: ignore[override]  # it never gives any
            raise BreakError

    with State(tmp_path / "a.state", a=0) as state:
        root = state._live_root
        with pytest.raises(outlive.ConflictError, match="interrupted"), state.transaction():
            state.a = 1
            root.busy = 2
            root.broken_off(BreakError())
        assert state == {"a": 0}
        with pytest.raises(BreakError), state.transaction():
            state.b = Breaks(x=1)
        state.a = 3
    assert State(tmp_path / "a.state", mode="r") == {"a": 3}
