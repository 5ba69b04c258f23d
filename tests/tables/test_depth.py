"""Subviews in subviews, as deep as Arrow can write them; what is deeper is refused at once."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import FormatError
from outlive.tables import Kind, Property, Storage, Table, parse
from outlive.tables.arrow import pa
from outlive.tables.schema import DEEPEST


def nested(depth: int) -> str:
    """A description with so many subviews within each other."""
    return "t[" + "v[" * depth + "x:I" + "]" * depth + "]"


def row(depth: int) -> Any:
    """A row of it."""
    content: Any = (5,)
    for _ in range(depth):
        content = ([content],)
    return content


def test_the_deepest_that_there_is_can_be_kept(tmp_path: Path) -> None:
    """It is appended, changed, committed, read again, saved, loaded and written to Parquet."""
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas(nested(DEEPEST))
        table.append(row(DEEPEST))
        storage.commit()
        table.extend([row(DEEPEST)])
        storage.commit()
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage["t"]
        bottom: Any = table[1]
        for _ in range(DEEPEST):
            bottom = bottom.v[0]
        bottom.x = 6
        storage.commit()
        file = io.BytesIO()
        storage.save(file)
        file.seek(0)
        loaded = Storage()
        loaded.load(file)
        table.to_parquet(tmp_path / "a.parquet")
        again = Storage().from_parquet("t", tmp_path / "a.parquet")
        for other in (loaded["t"], again, table.copy(), Storage(tmp_path / "a.db", mode="r")["t"]):
            assert other == table
            content = other.to_arrow().to_pylist()[1]
            for _ in range(DEEPEST):
                (content,) = content["v"]
            assert content == {"x": 6}


@pytest.mark.parametrize("depth", [DEEPEST + 1, DEEPEST + 2, 1_000, 100_000])
def test_a_description_that_is_too_deep_is_refused(depth: int) -> None:
    """Before there is a table that no commit could write."""
    storage = Storage()
    storage.getas("keep[a:I]").append(a=1)
    with pytest.raises(FormatError, match=f"more than {DEEPEST} subviews"):
        storage.getas(nested(depth))
    with pytest.raises(FormatError):
        parse(nested(depth))
    with pytest.raises(FormatError):
        storage.getas("t[" + "v[" * depth)
    with pytest.raises(FormatError):
        storage.getas("keep" + nested(depth)[1:])
    assert storage.description() == "keep[a:I]"
    storage.commit()


@dataclasses.dataclass
class Person:
    """One who has kids, who are persons."""

    name: str
    kids: list[Person]


def test_python_types_that_are_too_deep_are_refused() -> None:
    """A dataclass that holds itself, dicts, properties, and Arrow's types."""
    storage = Storage()
    types: Any = {"x": int}
    prop = Property("x", Kind.INT)
    arrow = pa.int32()
    for _ in range(DEEPEST + 1):
        types = {"v": [types]}
        prop = Property("v", Kind.VIEW, (prop,))
        arrow = pa.list_(pa.struct([("v", arrow)]))
    for given in (Person, types, {"v": prop}, pa.schema([("v", arrow)])):
        with pytest.raises(FormatError, match=f"more than {DEEPEST} subviews"):
            storage.define("t", given)
    with pytest.raises(FormatError):
        Table([prop])
    with pytest.raises(FormatError):
        storage.define("t", kids=list[Person])
    assert list(storage) == []
