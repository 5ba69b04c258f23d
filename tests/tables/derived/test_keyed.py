"""`hash`, `ordered`, `indexed`, `blocked`: against lists, under random changes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from outlive.errors import FormatError
from outlive.tables.derived import blocked as blocked_module

from .making import made, tuples

Model = list[tuple[str, int]]


def same(model: Model, key: str, but: int = -1) -> list[int]:
    """The rows that have a key, without case."""
    return [at for at, row in enumerate(model) if row[0].lower() == key.lower() and at != but]


def keyed(kind: str) -> tuple[Any, Any]:
    """A keyed view of an empty table, and the view that keeps its index."""
    table, index = made("t[k:S,n:I]"), made("index[row:I]")
    if kind in ("hash", "ordered"):
        return getattr(table, kind)(), index
    return table.indexed(index, "k", unique=kind == "unique"), index


def add(model: Model, kind: str, row: tuple[str, int]) -> None:
    """What `append` should do."""
    found = same(model, row[0])
    if kind in ("hash", "ordered") and found:
        model[found[0]] = row
    else:
        model.append(row)
    if kind == "ordered":
        model.sort(key=lambda each: each[0].lower())


def rekey(model: Model, kind: str, at: int, key: str) -> None:
    """What setting a key should do."""
    row = model[at] = (key, model[at][1])
    if kind in ("hash", "ordered"):
        model[:] = [each for each in model if each is row or each[0].lower() != key.lower()]
    if kind == "ordered":
        model.sort(key=lambda each: each[0].lower())


@pytest.mark.parametrize("kind", ["hash", "ordered", "unique", "indexed"])
@pytest.mark.parametrize("seed", range(8))
def test_keys(kind: str, seed: int) -> None:
    """A key is there once where it has to be, the order is kept, and so is the index."""
    chance = random.Random(seed)
    view, index = keyed(kind)
    model: Model = []
    for step in range(60):
        key, what = chance.choice("abcdeABCDE"), chance.random()
        at = chance.randrange(len(model)) if model else -1
        if what < 0.5 or at < 0:
            if kind == "unique" and same(model, key):
                with pytest.raises(FormatError, match="already"):
                    view.append(k=key, n=step)
            else:
                assert tuple(view[view.append(k=key, n=step)]) == (key, step)
                add(model, kind, (key, step))
        elif what < 0.7:
            del view[at]
            del model[at]
        elif kind == "unique" and same(model, key, at):
            with pytest.raises(FormatError, match="already"):
                view[at].k = key
        else:
            row = view[at]
            row.k = key
            assert (row.k, row.n) == (key, model[at][1])
            rekey(model, kind, at, key)
        assert tuples(view) == model
        if kind in ("unique", "indexed"):
            assert sorted(row.row for row in index) == list(range(len(model)))
            assert [view[row.row].k.lower() for row in index] == sorted(
                each[0].lower() for each in model
            )


def test_table_changed_otherwise() -> None:
    """What is added to the table itself is known to the keyed view at once."""
    table = made("t[k:I,n:I]", (1, 0))
    view = table.hash()
    table.append(k=5, n=5)
    assert view.append(k=5, n=6) == 1
    assert tuples(table) == [(1, 0), (5, 6)]
    with pytest.raises(FormatError, match="row 1 is not in the order of k"):
        made("t[k:I]", [2], [1]).ordered()
    with pytest.raises(FormatError, match="no number of key columns"):
        table.ordered(3)


@pytest.mark.parametrize("seed", range(6))
def test_blocks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks split and join as rows come and go, and are one view all the time."""
    monkeypatch.setattr(blocked_module, "LIMIT", 5)
    chance = random.Random(seed)
    raw = made("raw[_B[a:S,n:I]]")
    view: Any = raw.blocked()
    model: Model = []
    for step in range(120):
        what, at = chance.random(), chance.randint(0, len(model))
        if what < 0.55 or at == len(model):
            view.insert(at, ("x", step))
            model.insert(at, ("x", step))
        elif what < 0.8:
            del view[at]
            del model[at]
        else:
            view[at].a = "y"
            model[at] = ("y", model[at][1])
        assert tuples(view) == model
        assert view._arrow().to_pylist() == [{"a": a, "n": n} for a, n in model]
        assert [row.n for row in view.sort("n")] == sorted(n for _, n in model)
        assert len(raw[-1]._B) == len(raw) - 2  # one row between each two blocks
    assert len(raw) > 3


def test_blocked_asked_wrongly() -> None:
    """Only a view of one subview can be blocked."""
    with pytest.raises(FormatError, match="needs one column, a subview"):
        made("t[k:I]").blocked()
