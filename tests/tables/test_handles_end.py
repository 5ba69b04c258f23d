"""Rows of a subview end with what they are in, however they were taken."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import ClosedError
from outlive.tables import Row, Storage, View

DESCRIPTION = "t[a:I,kids[n:I,toys[m:I]]]"


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A storage with subviews in subviews, committed and read again."""
    with Storage(tmp_path / "a.db", sync="os") as made:
        made.getas(DESCRIPTION).extend([(1, [(11, [(111,)]), (12, [])]), (2, [(21, [(211,)])])])
        made.commit()
    with Storage(tmp_path / "a.db", sync="os") as made:
        yield made


def _reload(storage: Storage) -> None:
    file = io.BytesIO()
    storage.save(file)
    file.seek(0)
    storage.load(file)


ENDS: dict[str, Callable[[Storage], object]] = {
    "rollback": lambda storage: storage.rollback(),
    "close": lambda storage: storage.close(),
    "drop": lambda storage: storage.drop("t"),
    "restructure": lambda storage: storage.getas("t[kids[n:I,toys[m:I]]]"),
    "delete": lambda storage: storage["t"].delete(0),
    "clear": lambda storage: storage["t"].__delitem__(slice(None)),
    "set": lambda storage: storage["t"].__setitem__(slice(0, 1), [(1, [(11, [(111,)])])]),
    "load": _reload,
}


def taken(view: View, column: str) -> dict[str, Row]:
    """The first row of a view, taken in every way there is."""
    rows = list(view)
    found: dict[str, Row] = {
        "by index": view[0],
        "by a loop": next(iter(view)),
        "by a list": rows[0],
        "by a loop over a slice": next(iter(view[:])),
        "by a loop over a sort": next(iter(view.sort(column))),
        "by a loop over a selection": next(iter(view.select({}))),
        "by a loop over a projection": next(iter(view.project(column))),
        "by filter": next(iter(view.filter(bool))),
        "by concat": next(iter(view.concat(view))),
    }
    view.map(lambda row: found.setdefault("by map", row))
    view.reduce(lambda row, _: found.setdefault("by reduce", row))
    return found


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("is_changed", [False, True])
def test_rows_of_a_subview_end_with_it(storage: Storage, end: str, is_changed: bool) -> None:
    """However they were taken, and also those of a subview in it: reading and setting say so."""
    kids = storage["t"][0].kids
    if is_changed:
        kids.append(n=13)
        kids[0].toys[0].m = 112
        storage["t"].append(a=3)
    rows = [(how, row, "n") for how, row in taken(kids, "n").items()]
    rows += [(how, row, "m") for how, row in taken(kids[0].toys, "m").items()]
    for _, row, column in rows:
        assert row[column] in (11, 111, 112)
    ENDS[end](storage)
    for how, row, column in rows:
        for use in (
            lambda row=row, column=column: getattr(row, column),
            lambda row=row, column=column: row[column],
            lambda row=row, column=column: setattr(row, column, 5),
            lambda row=row: list(row),
            lambda row=row: row._asdict(),
        ):
            with pytest.raises(ClosedError):
                pytest.fail(f"{how}: {use()}")
        assert repr(row).startswith("<Row: ")  # it can be shown


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("depth", [1, 2])
def test_a_loop_over_a_subview_ends_with_it(storage: Storage, end: str, depth: int) -> None:
    """The row that a loop is at is no more once its table was rolled back, closed or changed."""
    view = storage["t"][0].kids if depth == 1 else storage["t"][0].kids[0].toys
    rows = 0
    with pytest.raises(ClosedError):
        for row in view:
            rows += 1
            ENDS[end](storage)
            pytest.fail(f"{row[0]}")
    assert rows == 1


def test_a_reader_that_refreshes_ends_rows_of_subviews(storage: Storage) -> None:
    """What a loop over a subview gave is of the former commit, and says so."""
    with Storage(storage.name, mode="r") as reader:
        kids = reader["t"][0].kids
        rows: list[Any] = [*kids, kids[0], *kids.sort("n"), *kids[0].toys]
        storage["t"][0].kids[0].n = 99
        storage.commit()
        assert [row[0] for row in rows] == [11, 12, 11, 11, 12, 111]
        reader.refresh()
        for row in rows:
            with pytest.raises(ClosedError, match="refreshed"):
                _ = row[0]
        assert reader["t"][0].kids[0].n == 99


def test_rows_of_a_subview_live_with_their_parent(storage: Storage) -> None:
    """While rows of the table come and go, those of a loop over a subview stay right."""
    table = storage["t"]
    kids = table[1].kids
    rows = [*kids, *kids.sort("n")]
    del table[0]
    table.insert(0, a=7)
    table.append(a=8)
    storage.commit()
    kids.insert(0, n=1)
    assert [row.n for row in rows[:1]] == [21]
    rows[0].n = 22
    assert [each.n for each in table[1].kids] == [1, 22]
    del kids[1]
    with pytest.raises(ClosedError, match="deleted"):
        _ = rows[0].n
