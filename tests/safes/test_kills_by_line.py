"""A kill -9 between any two lines of outlive's own code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import outlive
from outlive import Safe

from ..files import names
from ..state.children import kill, was_killed
from .children import add_one, opened_small, safe_of

SOURCES = str(Path(outlive.__file__).parent)


class KilledAtLine:
    """Kill this process before the line of the number `at` that outlive comes to."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:
        """Trace frames of outlive, and of nothing else."""
        if not frame.f_code.co_filename.startswith(SOURCES):
            return None
        if event == "line":
            if not self.left:
                kill()
            self.left -= 1
        return self


def write_one(safe: Any) -> None:
    """Set, change, delete."""
    safe["one"] = 1
    safe.modify("two", add_one, default=1)
    safe["three"] = 3
    del safe["three"]


def write_some(safe: Any) -> None:
    """Several keys in a transaction."""
    with safe.transaction() as t:
        t["some"] = t.get("some", 0) + 1
        t["more"] = "x" * 5000


STEPS: dict[str, Callable[[Any], object]] = {
    "write": write_one,
    "transaction": write_some,
    "compact": lambda safe: safe.compact(),
    "grow": lambda safe: safe.update({("big", n): "x" * 50_000 for n in range(40)}),
    "close": lambda safe: safe.close(),
    "open anew": lambda safe: (safe.close(), Safe(safe.path)),
}


def begin(path: Path) -> None:
    """A small safe, with room in it to give back."""
    with Safe[Any, Any](path) as safe:
        safe.update({n: n for n in range(50)} | {"room": "x" * 100_000})
        del safe["room"]


# Of the lines up to the number n, about share * log(n / share) are tried.
SHARE = pytest.mark.parametrize("share", [8, pytest.param(25, marks=pytest.mark.slow)])


@pytest.mark.parametrize("step", STEPS)
@SHARE
def test_a_kill_between_any_two_lines(tmp_path: Path, step: str, share: int) -> None:
    """Whatever outlive was about to do, the safe opens, holds what it did, and others go on."""
    path = tmp_path / "a.safe"
    begin(path)
    with Safe[Any, Any](path) as beside:
        beside["beside"] = 0
        for number in lines_until_the_end(share):

            def life(number: int = number) -> None:
                safe = opened_small(path)
                sys.settrace(KilledAtLine(number))
                STEPS[step](safe)
                sys.settrace(None)
                os._exit(0)

            is_over = not was_killed(life)
            expected = beside["beside"] + 1
            beside["beside"] = expected
            assert all(beside[n] == n for n in range(50))
            with Safe[Any, Any](path) as anew:
                assert anew["beside"] == expected
                assert [anew[n] for n in range(50)] == list(range(50))
                anew["anew"] = expected
            assert beside["anew"] == expected
            left = set(names(tmp_path)) - {"a.safe", "a.safe-lock"}
            assert not left, f"{left} after {number} lines"
            if is_over:
                break
        check_step(step, beside)


def lines_until_the_end(share: int) -> Iterator[int]:
    """Moments, first each and then ever fewer: most of what is late is what was early."""
    number = 0
    while True:
        yield number
        number += 1 + number // share


def check_step(step: str, safe: Any) -> None:
    """The last life, which was not killed, did it all."""
    if step == "write":
        assert (safe["one"], "three" in safe) == (1, False)
        assert safe["two"] > 1
    elif step == "transaction":
        assert safe["some"] > 1
        assert safe["more"] == "x" * 5000
    elif step == "grow":
        assert len(safe.keys(("big",))) == 40


@SHARE
def test_a_kill_between_any_two_lines_of_the_first_opening(tmp_path: Path, share: int) -> None:
    """A safe that was being made when its process was killed opens empty, and takes what comes."""
    for number in lines_until_the_end(share):
        path = tmp_path / f"{number}" / "a.safe"
        path.parent.mkdir()

        def life(number: int = number, path: Path = path) -> None:
            sys.settrace(KilledAtLine(number))
            Safe[str, int](path)["made"] = 1

        is_over = not was_killed(life)
        with Safe[str, int](path) as safe:
            assert dict(safe) in ({}, {"made": 1})
            safe["after"] = 2
        with Safe[str, int](path, mode="r") as safe:
            assert safe["after"] == 2
        assert set(names(path.parent)) <= {"a.safe", "a.safe-lock"}
        assert path.stat().st_mode & 0o777 == 0o600
        if is_over:
            assert dict(safe_of(path)) == {"made": 1, "after": 2}
            break
    assert number > 20
