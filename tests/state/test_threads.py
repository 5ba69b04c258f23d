"""Many threads change one State."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from .on_disk import kept
from .threads import in_threads


@pytest.mark.usefixtures("eager_switching")
def test_threads_that_lock_count_right(path: Path) -> None:
    """8 threads of 500 times `with state.lock: state.k += 1`, and appends, come out exactly."""
    with State(path, k=0, list=[], d={"m": 0}) as state:

        def work(number: int) -> None:
            for step in range(500):
                with state.lock:
                    state.k += 1
                    state.d.m += 1
                if step % 10 == 0:
                    state.list.append(number)

        in_threads(8, work)
        assert (state.k, state.d.m, sorted(state.list)) == (
            4000,
            4000,
            sorted(list(range(8)) * 50),
        )
        assert kept(path) == state
    with State(path, strict=True) as state:
        assert (state.k, len(state.list)) == (4000, 400)


@pytest.mark.usefixtures("eager_switching")
def test_threads_without_a_lock(path: Path) -> None:
    """Changes of all kinds from many threads: entries stay whole, file and memory the same."""
    with State(path, list=[], d={}, rows=[[] for _ in range(8)]) as state:
        rows = list(state.rows)

        def work(number: int) -> None:
            for step in range(60):
                state.d[step % 7] = {"by": number}
                state.list.insert(0, [number, step])
                rows[number].append(step)
                if step % 9 == 0:
                    with contextlib.suppress(IndexError):
                        state.list.pop()
                if step % 11 == 0:
                    state.rows.reverse()
                if step % 13 == 0:
                    state.rows.insert(0, "other")
                state.update({f"t{number}": step, "last": "x" * (step * 50)})
                with contextlib.suppress(KeyError):
                    del state.d[step % 5]
                if step % 10 == 0:
                    state.list[::2] = state.list[::2][::1]

        with contextlib.suppress(ValueError):  # a slice that another thread made shorter
            in_threads(8, work)
        assert all(row == list(range(len(row))) for row in rows)
        assert kept(path) == state
        expected = kept(path)
    with State(path, strict=True) as state:
        assert state == expected


def test_closing_while_threads_change(path: Path) -> None:
    """Each change is either in the file or was refused with ClosedError."""
    state: Any = State(path)
    state.update({f"t{number}": 0 for number in range(4)})
    done = [0] * 4

    def work(number: int) -> None:
        if number == 0:
            time.sleep(0.05)
            state.close()
            return
        with contextlib.suppress(outlive.ClosedError):
            while True:
                state[f"t{number}"] += 1
                done[number] += 1

    in_threads(4, work)
    with State(path, strict=True) as again:
        assert [again[f"t{number}"] for number in range(4)] == done
        assert again == state
