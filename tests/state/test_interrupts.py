"""Signals that come in the middle of a change of a State."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State

from ..files import names_beside
from .on_disk import kept
from .stand_ins import AtCall, opened


class InterruptError(BaseException):
    """What the handler of a signal raises, as that of Ctrl-C does."""


def interrupt(*_: object) -> None:
    """Interrupt what is being done."""
    raise InterruptError


BEGINNING: dict[str, Any] = {"k": 0, "list": []}
CALLS = ["open", "read", "write", "truncate", "fsync", "fdatasync", "close", "rename", "unlink"]


def _in_a_transaction(state: Any) -> None:
    with state.transaction():
        state.k += 1
        state.list.append({})


STATEMENTS: dict[str, Callable[[Any], object]] = {
    "set": lambda s: s.update(k=1),
    "set a small value": lambda s: setattr(s, "k", 1),
    "insert": lambda s: s.list.insert(0, [1]),
    "several": lambda s: s.list.extend([1, [2]]),
    "transaction": _in_a_transaction,
    "vacuum": lambda s: setattr(s, "k", "x" * 1_060_000),
}


# Just after a call is nearly the same as just before the next.
BEFORE = pytest.mark.parametrize("is_before", [True, pytest.param(False, marks=pytest.mark.slow)])


@BEFORE
@pytest.mark.parametrize(
    ("name", "sync"), [*((name, "os") for name in STATEMENTS), ("set", "full"), ("several", "full")]
)
def test_an_interrupt_at_any_call(tmp_path: Path, name: str, is_before: bool, sync: str) -> None:
    """Ctrl-C in the middle of a change: it is made or not, in memory and file alike."""
    for number in range(200):
        path = tmp_path / f"{number}.state"
        fs = AtCall(interrupt, CALLS)
        fs.is_before = is_before
        state = opened(path, fs, defaults=BEGINNING, sync=sync)
        state.d = {"x": []}
        handle = state.d.x
        before = kept(path)
        after = State(tmp_path / "copies" / "model.state", **before)
        STATEMENTS[name](after)
        fs.at = len(fs.calls) + number
        try:
            STATEMENTS[name](state)
        except InterruptError:
            assert state in (before, after), fs.calls[fs.at]
        else:
            assert state == after
        is_over = fs.at >= len(fs.calls)
        fs.at = -1
        assert kept(path) == state, fs.calls
        handle.append("goes on")
        state.list.append("too")
        state.close()
        assert kept(path) == state
        assert sorted(names_beside(path)) == sorted(["copies", path.name])
        after.close()
        path.unlink()
        (tmp_path / "copies" / "model.state").unlink()
        if is_over:
            break
    assert is_over
    assert number > 1


@BEFORE
@pytest.mark.parametrize("name", [*STATEMENTS, "close"])
def test_a_signal_handler_that_changes_the_state(
    tmp_path: Path, name: str, is_before: bool
) -> None:
    """It is refused while a change or a vacuum is under way; what is not refused is kept."""
    for number in range(200):
        path = tmp_path / f"{number}.state"
        fs = AtCall(lambda: None, CALLS)
        fs.is_before = is_before
        state = opened(path, fs, defaults=BEGINNING)
        state.by_handler = 0
        state.list.append(0)

        def handler(state: Any = state) -> None:
            with contextlib.suppress(outlive.LockedError, outlive.ClosedError):
                state.by_handler = 1
            with contextlib.suppress(outlive.LockedError, outlive.ClosedError):
                state.list[0] = 1

        fs.act = handler
        fs.at = len(fs.calls) + number
        STATEMENTS.get(name, State.close)(state)
        is_over = fs.at >= len(fs.calls)
        assert kept(path) == state, fs.calls[fs.at]
        fs.at = -1
        state.close()
        assert kept(path) == state
        path.unlink()
        if is_over:
            break
    assert is_over
    assert number > 1


OURS = os.path.dirname(outlive.__file__)


class _AtPoint:
    """Raises at the point of that number where Python would let a signal in.

    These are the beginning of a function and the return from one that is written in C.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        is_ours = code.co_filename.startswith(OURS) or "contextlib" in code.co_filename
        # To close a generator is a call to the profiler; but Python looks for no signals there.
        is_end = code.co_name == "_hold" and frame.f_lineno > code.co_firstlineno
        if event in ("call", "c_return") and is_ours and not is_end:
            self.left -= 1
            if not self.left:
                interrupt()

    def __enter__(self) -> None:
        sys.setprofile(self)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)


def _nested(state: Any) -> None:
    with state.transaction():
        state.k += 1
        with contextlib.suppress(KeyError), state.transaction():
            state.list.clear()
            raise KeyError
        state.list.append(2)


def is_free(lock: Any) -> bool:
    """Whether another thread could take the lock now."""
    taken: list[bool] = []

    def take() -> None:
        taken.append(lock.acquire(timeout=0))
        if taken[0]:
            lock.release()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return taken[0]


POINTS = {name: act for name, act in STATEMENTS.items() if name != "vacuum"} | {
    "nested transactions": _nested,
    "refresh": lambda s: s.refresh(),
}


@pytest.mark.parametrize("name", POINTS)
def test_an_interrupt_at_any_point_of_python(tmp_path: Path, name: str) -> None:
    """Ctrl-C between any two steps: the statement counts or not, and the state goes on."""
    path = tmp_path / "a.state"
    before: dict[str, Any] = {"k": 0, "list": [[0]]}
    with State(tmp_path / "model.state", **before) as model:
        POINTS[name](model)
    with State(path, **before) as state:
        held = state.list[0]
        for number in range(1, 2000):
            at = _AtPoint(number)
            with contextlib.suppress(InterruptError), at:
                POINTS[name](state)
            assert state in (before, model), number
            assert is_free(state.lock), number
            state["again"] = number
            assert kept(path) == state, number
            state.k, state.list[:] = 0, [held]
            del state["again"]
            if at.left > 0:
                break
        assert at.left > 0
        assert number > 3
        held.append("still here")
        assert kept(path) == state


# An interrupt that comes in a __del__ or in a callback of a weakref is lost, as Python has it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_real_interrupts(path: Path, times: int) -> None:
    """A signal that comes when it wants, again and again."""

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        with State(path, k=0, list=[], d={"x": []}) as state:
            inner = state.d.x
            for _ in range(times):
                with contextlib.suppress(InterruptError):
                    # Again and again, since one may be lost.
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 1)
                    while True:
                        state.k += 1
                        state.list[20:] = [[state.k]]
                        with state.transaction():
                            inner[:] = [state.k, {}]
                            state.d.m = state.k
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                assert state.d.get("m") == (inner[0] if inner else None)
                assert kept(path) == state
            state.k = "still alive"
            assert kept(path) == state
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
