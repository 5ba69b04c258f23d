"""Columns of every kind: equal values are one, and stand in one order wherever order counts."""

from __future__ import annotations

import datetime
import math
import random
from decimal import Decimal
from typing import Any

import pytest

from outlive.tables.view import View

from .making import made

DAY = datetime.date(1969, 12, 31)
MOMENT = datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999)
FLOATS: list[list[Any]] = [[-math.inf], [-1.5], [-0.0, 0.0], [1.5], [math.inf], [math.nan]]
# Of each kind values in their order; those in one list are equal.
KINDS: dict[str, list[list[Any]]] = {
    "I": [[-(2**31)], [-1], [0], [2**31 - 1]],
    "L": [[-(2**63)], [-1], [0], [2**63 - 1]],
    "F": FLOATS,
    "D": [*FLOATS[:3], [5e-324], *FLOATS[3:]],
    "S": [[""], ["a", "A"], ["a\0", "A\0"], ["aB", "Ab", "AB"], ["b"], ["é", "É"], ["ж", "Ж"]],
    "str": [[""], ["A"], ["B"], ["a"], ["a\0"], ["É"], ["é"], ["\uffff"], ["\U0001f600"]],
    "B": [[b""], [b"\0"], [b"\0\0"], [b"A"], [b"a"], [b"a\0"], [b"\xff"]],
    "bool": [[False], [True]],
    "date": [[datetime.date.min], [DAY], [DAY.replace(year=1970)], [datetime.date.max]],
    "datetime": [[datetime.datetime.min], [MOMENT], [MOMENT.replace(year=1970)]],
    "Decimal": [
        [Decimal(-(10**25))],
        [Decimal("-0.000000000001")],
        [Decimal(0), Decimal("-0"), Decimal("0.00")],
        [Decimal("1.5"), Decimal("1.50")],
        [Decimal(10), Decimal("1e1")],
    ],
    "[n:S,x:D]": [
        [[]],
        [[("a", 0.0)], [("A", -0.0)]],
        [[("a", 0.0), ("b", 1.0)]],
        [[("a", math.nan)], [("A", math.nan)]],
        [[("b", 0.0)]],
    ],
}
EVERY = pytest.mark.parametrize("kind", KINDS)
Ranked = list[tuple[int, Any]]  # the place of a value in its order, and the value


def drawn(kind: str, seed: int, count: int = 40) -> Ranked:
    """Values in no order, most of them several times."""
    chance = random.Random(seed)
    pool = [(rank, value) for rank, equal in enumerate(KINDS[kind]) for value in equal]
    return [chance.choice(pool) for _ in range(count)]


def table(kind: str, values: Ranked, name: str = "t") -> Any:
    """A table with the values, and how many rows there were before each."""
    column = f"v{kind}" if kind[0] == "[" else f"v:{kind}"
    made_up = made(f"{name}[{column},at:I]")
    made_up.extend([(value, at) for at, (_, value) in enumerate(values)])
    return made_up


def places(view: View) -> list[int]:
    """Which rows are there."""
    return view.column("at").tolist()  # type: ignore[no-any-return]  # of NumPy


def shown(view: View) -> list[str]:
    """The values, such that NaN is NaN and 0.0 is not -0.0."""
    return [plain(row.v) for row in view]


def plain(value: Any) -> str:
    """A value as text; a Decimal as its number."""
    if isinstance(value, View):
        value = [tuple(row) for row in value]
    return repr((value + 0).normalize() if isinstance(value, Decimal) else value)


@EVERY
def test_in_order(kind: str) -> None:
    """Equal values stay in their order, up and down, and NaN is last in both."""
    values = drawn(kind, 1)
    made_up = table(kind, values)
    ranks = [rank for rank, _ in values]
    up = sorted(range(len(values)), key=ranks.__getitem__)
    assert places(made_up.sort("v")) == up
    down = sorted(range(len(values)), key=lambda at: -ranks[at])
    nan = [at for at in down if kind in "FD" and math.isnan(values[at][1])]
    wanted = [at for at in down if at not in nan] + nan
    assert places(made_up.sortrev("v", "v")) == wanted
    assert places(made_up.sortrev(["v", "at"], ["at"])) == sorted(
        range(len(values)), key=lambda at: (ranks[at], -at)
    )


@EVERY
def test_chosen(kind: str) -> None:
    """A value finds all that are equal to it, and a range all from one end to the other."""
    values = drawn(kind, 2)
    made_up = table(kind, values)
    pool = [(rank, value) for rank, equal in enumerate(KINDS[kind]) for value in equal]
    for low_rank, low in pool:
        assert places(made_up.select(v=low)) == [
            at for at, (rank, _) in enumerate(values) if rank == low_rank
        ]
        assert places(made_up.select({"v": low}, {})) == [
            at for at, (rank, _) in enumerate(values) if rank >= low_rank
        ]
        for high_rank, high in pool:
            assert places(made_up.select({"v": low}, {"v": high})) == [
                at for at, (rank, _) in enumerate(values) if low_rank <= rank <= high_rank
            ]


@EVERY
def test_found(kind: str) -> None:
    """`find` goes on from where it is told; `locate` and `search` know where in a sorted view."""
    values = drawn(kind, 3)
    made_up = table(kind, values)
    by_value = made_up.sort("v")
    ranks = sorted(rank for rank, _ in values)
    for wanted, equal in enumerate(KINDS[kind]):
        there = [at for at, (rank, _) in enumerate(values) if rank == wanted]
        for value in equal:
            for start in range(-len(values) - 1, len(values) + 2):
                begin = max(start + len(values), 0) if start < 0 else start
                first = next((at for at in there if at >= begin), -1)
                assert made_up.find(v=value, start=start) == first
            before = sum(rank < wanted for rank in ranks)
            assert by_value.locate(v=value) == (before, len(there))
            assert by_value.search({"v": value}) == before


@EVERY
def test_as_sets(kind: str) -> None:
    """Equal values are one, shown as the first, in their order."""
    one, two = drawn(kind, 4, 12), drawn(kind, 5, 4)
    left, right = table(kind, one).project("v"), table(kind, two).project("v")
    first: dict[int, Any] = {}
    for rank, value in one + two:
        first.setdefault(rank, value)
    ones, twos = {rank for rank, _ in one}, {rank for rank, _ in two}
    for view, ranks in [
        (left.unique(), ones),
        (left.union(right), ones | twos),
        (left.intersect(right), ones & twos),
        (left.different(right), ones ^ twos),
        (left.minus(right), ones - twos),
    ]:
        assert shown(view) == [plain(first[rank]) for rank in sorted(ranks)]


@EVERY
def test_as_keys(kind: str) -> None:
    """Equal values make one group, meet in a join, and take each other's place under a key."""
    one, two = drawn(kind, 6, 12), drawn(kind, 7, 6)
    left, right = table(kind, one), table(kind, two).rename("at", "other")
    ranks = [rank for rank, _ in one]
    found = sorted(set(ranks))
    assert [row.n for row in left.counts("v", "n")] == [ranks.count(rank) for rank in found]
    assert [places(row.of) for row in left.groupby("v", "of")] == [
        [at for at, each in enumerate(ranks) if each == rank] for rank in found
    ]
    pairs = [
        (at, other)
        for at in sorted(range(len(ranks)), key=ranks.__getitem__)
        for other, (rank, _) in enumerate(two)
        if rank == ranks[at]
    ]
    assert [(row.at, row.other) for row in left.join(right, "v")] == pairs
    for view in (table(kind, []).hash(), table(kind, []).ordered()):
        view.extend([(value, at) for at, (_, value) in enumerate(one)])
        assert sorted(places(view)) == sorted(
            max(at for at, each in enumerate(ranks) if each == rank) for rank in found
        )
