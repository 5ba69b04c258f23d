"""What the tables hold: rows `[i:I,name:S,x:D]`, the same for everyone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from outlive.tables.arrow import pa, pc

COLUMNS = "i", "name", "x"
COUNT = 1_000_000
JOINED = 100_000
GROUPS = 1_000

Row = tuple[int, str, float]


@cache
def content(count: int, seed: int = 1) -> Any:
    """That many rows as an Arrow table, in no order: each `i` and each name is there once."""
    random = np.random.default_rng(seed)
    numbers = pa.array(random.permutation(count).astype(np.int32))
    names = pc.binary_join_element_wise("user ", random.permutation(count).astype(str), "")
    return pa.table([numbers, pa.array(names), pa.array(random.random(count))], list(COLUMNS))


@cache
def grouped() -> Any:
    """As many rows, of which those with the same `i`, below GROUPS, belong together."""
    table = content(COUNT)
    numbers = np.asarray(table.column("i")) % GROUPS
    return table.set_column(0, "i", pa.array(numbers))


@cache
def partners() -> Any:
    """Rows `[i:I,y:D]`, each of which has one partner among `content(JOINED)`."""
    table = content(JOINED, seed=2)
    return pa.table([table.column("i"), table.column("x")], ["i", "y"])


@cache
def rows(count: int) -> list[Row]:
    """The same rows as tuples."""
    return tuples(content(count))


def tuples(table: Any) -> list[Any]:
    """An Arrow table as tuples."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
