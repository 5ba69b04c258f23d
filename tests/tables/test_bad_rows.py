"""What a table cannot hold gets an error that names the place, and changes nothing."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from outlive.errors import FormatError
from outlive.tables import Kind, Property, Storage, Table, describe, parse, wrap
from outlive.tables.arrow import pa

pd: Any = importlib.import_module("pandas")  # which has no types
ALL = "t[i:I,l:L,f:F,d:D,s:S,b:B,t:str,o:bool,y:date,z:datetime,e:Decimal,v[k:I]]"
ROW = {
    "i": -(2**31),
    "l": 2**63 - 1,
    "f": 0.5,
    "d": -0.0,
    "s": "é\0",
    "b": b"\0\xff",
    "t": "😀",
    "o": True,
    "y": datetime.date(1, 1, 1),
    "z": datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999),
    "e": Decimal("-99999999999999999999999999.999999999999"),
    "v": [{"k": 1}],
}


@pytest.fixture
def table() -> Table:
    """A table with one row, of every kind."""
    made = Table(parse(ALL)[1], name="a.db, t")
    made.append(ROW)
    return made


def test_every_kind_comes_back_as_it_was(table: Table) -> None:
    """The ends of every range, and defaults for what is not given."""
    table.append()
    row, default = table[0]._asdict(), table[1]._asdict()
    assert [list(each) for each in row.pop("v")] == [[1]]
    assert row == {name: value for name, value in ROW.items() if name != "v"}
    assert str(row["d"]) == "-0.0"
    assert len(default.pop("v")) == 0
    assert list(default.values()) == [
        *(0, 0, 0.0, 0.0, "", b"", "", False),
        *(datetime.date(1970, 1, 1), datetime.datetime(1970, 1, 1), Decimal(0)),
    ]


REFUSED: list[tuple[str, Any]] = [
    ("i", 2**31),
    ("i", 1.0),
    ("i", "1"),
    ("i", None),
    ("l", 2**63),
    ("f", 1e39),
    ("f", "1"),
    ("d", "1"),
    ("d", None),
    ("s", 1),
    ("s", b"x"),
    ("s", "\ud800"),
    ("t", None),
    ("b", "x"),
    ("o", 1),
    ("y", datetime.datetime(2020, 1, 1)),
    ("y", "2020-01-01"),
    ("z", datetime.date(2020, 1, 1)),
    ("z", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    ("e", Decimal(10) ** 26),
    ("e", Decimal("1e-13")),
    ("e", Decimal("NaN")),
    ("e", 1.5),
    ("v", 1),
    ("v", "rows"),
    ("v", [{"k": "x"}]),
    ("v", [{"unknown": 1}]),
    ("unknown", 1),
]


@pytest.mark.parametrize(("column", "value"), REFUSED)
def test_a_value_that_does_not_fit(table: Table, column: str, value: Any) -> None:
    """By append, insert, extend, or set: the same error, with file, column and row."""
    before = table.to_arrow()
    for act in (
        lambda: table.append({column: value}),
        lambda: table.insert(0, {column: value}),
        lambda: table.extend([ROW, {column: value}]),
        lambda: table.__setitem__(0, {**ROW, column: value}),
        lambda: table.__setitem__(slice(0, 0), [ROW, {column: value}]),
        lambda: table[0].__setitem__(column, value),
    ):
        with pytest.raises(FormatError, match=rf"a\.db, t.*'{column}'"):
            act()
    assert table.to_arrow() == before


@pytest.mark.parametrize(
    "columns",
    [
        {"i": pa.array([1, None])},
        {"i": pa.array([1, 2**31])},
        {"i": pa.array([1.5])},
        {"i": pa.array(["1"])},
        {"s": pa.array([1])},
        {"f": pa.array([1.0, 1e300])},
        {"y": pa.array([1])},
        {"b": pa.array(["text"])},
        {"v": pa.array([[{"k": 1}], [{"k": None}]])},
        {"v": pa.array([[1]])},
        {"unknown": pa.array([1])},
        {"e": pa.array([Decimal("1e-20")])},
        {"z": pa.array([1], pa.timestamp("ns"))},
    ],
    ids=lambda columns: " ".join(f"{name} {array.type}" for name, array in columns.items()),
)
def test_columns_that_do_not_fit(table: Table, columns: dict[str, Any]) -> None:
    """Arrow's tables are as strict as rows, and add nothing if one value is wrong."""
    before = table.to_arrow()
    (name,) = columns
    with pytest.raises(FormatError, match=name):
        table.extend(pa.table(columns))
    assert table.to_arrow() == before


def test_columns_that_fit_after_all() -> None:
    """Narrower, wider, dictionaries, other orders of columns, frames: exact ones are taken."""
    table = Table(parse("t[i:I,s:S,v[k:I,m:S]]")[1])
    table.extend(pa.table({"s": pa.array(["a", "b"]).dictionary_encode(), "i": pa.array([1, 2])}))
    table.extend(pd.DataFrame({"i": np.array([3], "uint8"), "s": ["c"]}))
    table.extend({"s": ["d"], "i": np.array([4])})
    table.extend(pa.table({"v": [[{"m": "x", "k": 5}], [], [{"m": "y", "k": 6}]]})[1:])
    assert list(table.column("i")) == [1, 2, 3, 4, 0, 0]
    assert [[tuple(each) for each in row.v] for row in table][4:] == [[], [(6, "y")]]
    with pytest.raises(FormatError, match="lengths"):
        table.extend({"s": ["d"], "i": [4, 5]})
    for nothing in (5, "text", None):
        with pytest.raises(FormatError, match="no sequence of rows"):
            table.extend(nothing)


@pytest.mark.parametrize(
    "description",
    [
        *("t[a:I,a:S]", "t[a:Q]", "t[a:I", "t[a:I]]", "t[a:I,]", "t[,a:I]", "[a:I]", "t[a:I]x"),
        *("t[a[b:I,b:I]]", "t[a[^]]", "t[a:]", "t[ a:I]", "t[a:I],u[b:I]"),
    ],
)
def test_a_malformed_description(description: str) -> None:
    """It says what is wrong, and there is no table then."""
    storage = Storage()
    with pytest.raises(FormatError):
        storage.getas(description)
    assert list(storage) == []


def test_descriptions_that_are_understood() -> None:
    """Types in any case, none for S, M for B, words for Python's own; and back."""
    name, structure = parse("t[a,b:i,c:M,d:STR,e:decimal,f[],g[h:d]]")
    assert describe(name, structure) == "t[a:S,b:I,c:B,d:str,e:Decimal,f[],g[h:D]]"
    assert parse("t[]") == ("t", ())


@dataclasses.dataclass
class Kid:
    """A row of a subview."""

    name: str
    born: datetime.date


def test_python_types_say_the_same() -> None:
    """Keywords, a dict, a dataclass, Arrow's schema; for subviews a list of one of these."""
    storage = Storage()
    table = storage.define("t", name=str, size=int, kids=list[Kid], more=[{"x": float}])
    assert storage.description() == "t[name:str,size:L,kids[name:str,born:date],more[x:D]]"
    table.append(name="a", kids=[Kid("b", datetime.date(2020, 2, 2))])
    assert table[0].kids[0].born.year == 2020
    assert storage.define("k", Kid).structure == parse("k[name:str,born:date]")[1]
    assert storage.define("d", {"a": "I", "b": Kind.STRING}).structure == parse("d[a:I,b:S]")[1]
    assert storage.define("s", table.to_arrow().schema).structure == table.structure
    for bad in ({"a": dict}, {"a": list}, {"a": None}, 5, {"a,b": int}, {"": int}):
        with pytest.raises(FormatError):
            storage.define("bad", bad)
    assert "bad" not in storage


def test_a_wrapped_sequence_is_a_view() -> None:
    """It can be joined and sorted, shows what the sequence holds now, and checks its items."""
    items: list[Any] = [{"n": 2, "s": "b"}, {"n": 1, "s": "a"}]
    view = wrap(items, [Property("n", Kind.INT), Property("s", Kind.STRING)])
    assert [row.s for row in view.sort("n")] == ["a", "b"]
    items.append({"n": 0, "s": "c"})
    assert [row.s for row in view.sort("n")] == ["c", "a", "b"]
    assert wrap([(1, "x")], view.structure, by_position=True)[0].s == "x"
    items.append({"n": "no number", "s": "c"})
    with pytest.raises(FormatError, match=r"row 3.*'n'"):
        view.to_arrow()
    items[3] = {"n": 1}
    with pytest.raises(FormatError, match=r"row 3.*'s'"):
        view.to_arrow()


def test_columns_may_have_any_name() -> None:
    """Also those of Python's words, of our methods, and with characters of their own."""
    names = ["type", "len", "class", "row", "append", "self", "structure", "a b", "_log_", "é"]
    table = Table([Property(name, Kind.INT) for name in names])
    table.append({name: number for number, name in enumerate(names)})
    table.append(**{name: number for number, name in enumerate(names)})
    table.append(tuple(range(len(names))))
    for row in [*table, table[0]]:
        assert list(row) == [row[name] for name in names] == list(range(len(names)))
    assert table.find({"type": 0, "append": 4}) == 0
    mixed = Table([Property("type", Kind.STRING), Property("str", Kind.LONG)])
    mixed.append(type="x", str=5)
    assert tuple(mixed[0]) == ("x", 5)
