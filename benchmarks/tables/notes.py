"""How to read the tables of Storage."""

from __future__ import annotations

_NOTES = """\
## How to read the tables of `outlive.Storage`

Rows are `[i:I,name:S,x:D]`: numbers and names in no order, each there once, and random floats; \
for groups, `i` has 1,000 values. SQLite has the types INTEGER, TEXT, REAL and no index, DuckDB \
INTEGER, VARCHAR, DOUBLE. All have their files in the system's cache, are opened before the clock \
starts unless the table says so, and are told nothing but what it says. Every answer is there as \
a whole before the clock stops: outlive's and DuckDB's as Arrow tables, SQLite's as tuples. A \
question for a row or a range is another one each time; no index is made by anyone. outlive makes \
a new view for each, and remembers 4 bytes for each name after the second `select(name=…)`. Its \
`S` compares without case; the others compare bytes.

Appended at once: outlive and DuckDB are given an Arrow table, SQLite a list of tuples for \
`executemany` in one transaction. DuckDB's commit is flushed to its log or its file; with \
CHECKPOINT, all is in the file. The target is measured against the fastest way of each. One by \
one: `append(i=…, name=…, x=…)` and one commit; DuckDB is left out, as it takes minutes.

Groups: "count" is `counts("i")`, and `SELECT i, count(*)`. The row "live subview" does the same \
by `groupby("i")` and the `len` of each subview, which stays live. "With the rows" is \
`groupby("i").to_arrow()`, where each group has its rows in a list; DuckDB's \
`list(struct_pack(…))` does that, SQLite gives the rows in the order of their groups.

Set a cell: a commit for each, in `i`, `name` and `x` in turn, in rows here and there; SQLite and \
DuckDB find the row by its rowid. All flush before they return. LMDB, in which outlive keeps its \
blocks, flushes twice in a commit, SQLite once in WAL and more often as it comes: see \
`outlive.Safe` for what the bare system calls take. What a kill would leave is opened at the end \
and must hold the last cells.

Files: as they are after the rows were appended and the file was closed.
"""


def notes() -> str:
    """What to know about the peers, and about what is no fair comparison."""
    return _NOTES
