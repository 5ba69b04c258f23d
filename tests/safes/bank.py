"""A bank that lives are killed in: money moves between accounts, and each transfer is noted."""

from __future__ import annotations

import itertools
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from outlive import Safe

ACCOUNTS = 100
MONEY = 1000  # in each account, at first


def found(path: Path) -> None:
    """Open the bank."""
    with Safe[Any, Any](path) as safe:
        safe.update({("account", number): MONEY for number in range(ACCOUNTS)})


def transfers(path: Path, log: Path, life: int) -> Iterator[None]:
    """Transfer for ever; the number of each goes to the log once `transact` has returned."""
    moments = random.Random(life)
    acknowledged = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    safe = Safe[Any, Any](path)
    yield
    for number in itertools.count():
        source, target = moments.sample(range(ACCOUNTS), 2)
        amount = moments.randrange(1, 100)

        def transfer(t: Any, moved: tuple[int, int, int], number: int) -> None:
            source, target, amount = moved
            t["account", source] -= amount
            t["account", target] += amount
            t["done", life, number] = moved

        safe.transact(lambda t: transfer(t, (source, target, amount), number))  # noqa: B023  # at once
        os.write(acknowledged, b"%d %d\n" % (life, number))


def acknowledged(log: Path) -> dict[int, int]:
    """How many transfers each life was told are kept."""
    counts: dict[int, int] = defaultdict(int)
    for line in log.read_text().splitlines():
        life, number = map(int, line.split())
        assert number == counts[life]
        counts[life] += 1
    return counts


def total(bank: Mapping[Any, Any]) -> int:
    """All the money."""
    return sum(bank["account", number] for number in range(ACCOUNTS))


def audited(bank: Any) -> dict[int, int]:
    """How many transfers of each life there are; each account has exactly what they make."""
    accounts = [MONEY] * ACCOUNTS
    counts: dict[int, int] = defaultdict(int)
    for (_, life, number), (source, target, amount) in bank.items(("done",)):
        assert number == counts[life], "a transfer is missing before this one"
        counts[life] += 1
        accounts[source] -= amount
        accounts[target] += amount
    assert [bank["account", number] for number in range(ACCOUNTS)] == accounts
    return counts
