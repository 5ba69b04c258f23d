"""A function that is to change a safe, and writes to the same safe itself on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outlive import ConflictError, Safe

from .children import wait_until


def in_transact(safe: Any) -> None:
    """The likeliest mistake: `safe` instead of `t`."""

    def f(t: Any) -> None:
        n = t["n"]
        safe["n"] = n + 1
        t["log"] = n

    safe.transact(f)


def in_modify(safe: Any) -> None:
    """The same with one key."""
    safe.modify("n", lambda _: safe.modify("n", lambda m: m + 1) + 1)


def in_update(safe: Any) -> None:
    """With the whole range."""

    def f(t: Any) -> None:
        safe.update({len(t): 1})
        t["log"] = len(t)

    safe.transact(f)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("work", [in_transact, in_modify, in_update])
def test_it_meets_its_own_changes(safe: Safe[Any, Any], work: Callable[[Any], None]) -> None:
    """It is told so after some tries, and not run for ever."""
    safe["n"] = 0
    with pytest.raises(ConflictError, match="wrote to the same safe itself") as caught:
        work(safe)
    assert safe.path in str(caught.value)
    assert "log" not in safe
    safe["after"] = 1


def test_writes_that_do_not_meet(safe: Safe[Any, Any]) -> None:
    """To write other keys of the safe in between works, and is not a conflict."""

    def f(t: Any) -> int:
        safe["seen"] = t["n"]
        t["n"] += 1
        return int(t["n"])

    safe["n"] = 0
    assert [safe.transact(f) for _ in range(20)] == list(range(1, 21))
    assert (safe["n"], safe["seen"]) == (20, 19)


@pytest.mark.timeout(20)
def test_only_others_are_in_the_way(tmp_path: Path) -> None:
    """Conflicts with another thread are run again as long as it takes, own writes or not."""
    with Safe[Any, Any](tmp_path / "a.safe", sync="os") as safe:
        safe["n"] = 0
        tries = []
        turn, written = threading.Semaphore(0), threading.Semaphore(0)

        def meddle() -> None:
            for _ in range(25):
                turn.acquire()
                safe.modify("n", lambda n: n + 1)
                written.release()

        def f(t: Any) -> None:
            tries.append(t["n"])
            if len(tries) <= 25:
                turn.release()
                written.acquire()
            t["n"] += 1

        thread = threading.Thread(target=meddle)
        thread.start()
        safe.transact(f)
        thread.join()
        assert tries == list(range(26))
        assert safe["n"] == 26
        wait_until(lambda: not thread.is_alive())
