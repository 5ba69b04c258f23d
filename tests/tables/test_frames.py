"""What comes from NumPy, pandas, Polars and Arrow is copied, checked, and refused by our errors."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outlive.errors import FormatError
from outlive.tables import Storage, Table
from outlive.tables.arrow import pa

# None of them has types, or all of them.
pd: Any = importlib.import_module("pandas")
polars: Any = importlib.import_module("polars")
parquet: Any = importlib.import_module("pyarrow.parquet")

FORMS: dict[str, Callable[[Any], Any]] = {
    "columns": lambda values: {"x": values},
    "frame": lambda values: pd.DataFrame({"x": values}, copy=False),
    "two columns": lambda values: pd.DataFrame(
        values.repeat(2).reshape(-1, 2), columns=["y", "x"], copy=False
    ),
}


@pytest.mark.parametrize("kind", ["I", "L", "F", "D", "bool"])
@pytest.mark.parametrize("form", FORMS)
def test_who_gave_an_array_may_change_it(tmp_path: Path, form: str, kind: str) -> None:
    """It changes nothing in the table, neither before the commit nor after it."""
    types = {"I": "int32", "L": "int64", "F": "float32", "D": "float64", "bool": "bool"}
    values = np.zeros(2_000, types[kind])
    with Storage(tmp_path / "a.db", sync="os") as storage:
        table = storage.getas(f"t[x:{kind},y:{kind}]")
        given = FORMS[form](values)
        memory = values if form != "two columns" else given.to_numpy()
        table.extend(given)
        memory.flags.writeable = True
        memory[:] = 1
        assert not table[5].x
        assert not table.column("x").any()
        storage.commit()
        memory[:] = 0
        memory[7:] = 1
        assert not table.column("x").any()
    with Storage(tmp_path / "a.db", mode="r") as storage:
        assert not storage["t"].column("x").any()


def test_a_frame_may_be_changed_in_place() -> None:
    """pandas writes into its own memory with iloc and fillna; the table is none of it."""
    table = Storage().getas("t[x:D,s:str]")
    frame = pd.DataFrame({"x": [0.5, 1.5], "s": ["a", "b"]})
    table.extend(frame)
    table[0:1] = frame[:1]
    frame.iloc[0, 0] = 99.0
    frame.loc[1, "s"] = "changed"
    assert [tuple(row) for row in table] == [(0.5, "a"), (1.5, "b")]


def test_a_slice_that_was_set_from_an_array_is_a_copy() -> None:
    """As what was given to extend."""
    table = Storage().getas("t[x:L]")
    table.extend({"x": [1, 2, 3]})
    values = np.array([7, 8])
    table[1:2] = {"x": values}
    values[:] = 0
    assert table.column("x").tolist() == [1, 7, 8, 3]


def with_null(indices: list[int]) -> Any:
    """A dictionary array whose dictionary has a null."""
    return pa.DictionaryArray.from_arrays(pa.array(indices), pa.array(["a", None]))


def test_a_null_in_a_dictionary_is_a_null() -> None:
    """It is refused with its row where it is used, at any depth; else it does not matter."""
    table = Storage().getas("t[x:S,v[k:S]]")
    table.append(x="there")
    lists = pa.ListArray.from_arrays(
        pa.array([0, 2]), pa.StructArray.from_arrays([with_null([0, 1])], ["k"])
    )
    for given in (
        {"x": with_null([0, 1])},
        pa.table({"x": with_null([0, 1])}),
        pa.table({"x": pa.chunked_array([with_null([0]), with_null([1])])}),
        polars.DataFrame({"x": polars.Series(["a", None], dtype=polars.Categorical)}),
        pd.DataFrame({"x": pd.Categorical(["a", None])}),
        pa.table({"v": lists}),
    ):
        with pytest.raises(FormatError, match=r"row 1.*null"):
            table.extend(given)
    assert len(table) == 1
    table.extend(pa.table({"x": with_null([0, 0])}))
    assert [row.x for row in table] == ["there", "a", "a"]


@pytest.mark.parametrize(
    "value",
    ["John", b"John", 5, None, 1.5, np.array(1), np.array([[1, 2]]), iter([1])],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_a_row_is_not_taken_for_columns(value: Any) -> None:
    """A dict given to extend has columns; one that has values says what to call instead."""
    table = Storage().getas("t[a:S,b:I]")
    table.append(a="there")
    for given in ({"a": value}, {"a": value, "b": value}):
        with pytest.raises(FormatError, match=r"t: .*'a'.*append"):
            table.extend(given)
    assert [row.a for row in table] == ["there"]


BAD: dict[str, Callable[[], Any]] = {
    "mixed objects": lambda: pd.DataFrame({"x": [1, "a"]}),
    "complex numbers": lambda: pd.DataFrame({"x": [1j]}),
    "complex array": lambda: {"x": np.array([1j])},
    "array of objects": lambda: {"x": np.array([object()], dtype=object)},
    "structured array": lambda: {"x": np.zeros(1, dtype=[("a", "i4")])},
    "two columns of one name": lambda: pd.DataFrame([[1, 2]], columns=["x", "x"]),
    "two arrow columns of one name": lambda: pa.table([pa.array([1])] * 2, ["x", "x"]),
    "column whose name is a number": lambda: pd.DataFrame({5: [1]}),
    "pandas series": lambda: pd.Series([1], name="x"),
    "polars series": lambda: polars.Series("x", [1]),
    "chunked array": lambda: pa.chunked_array([[1]]),
    "128 bits": lambda: polars.DataFrame({"x": polars.Series([1], dtype=polars.Int128)}),
    "times with a zone": lambda: pd.DataFrame({"x": pd.to_datetime(["2020"], utc=True)}),
    "intervals": lambda: pd.DataFrame({"x": pd.interval_range(0, 1)}),
    "nothing": lambda: pd.DataFrame({"x": [None]}),
}


@pytest.mark.parametrize("form", BAD)
@pytest.mark.parametrize("kind", ["I", "S", "D", "datetime"])
def test_what_cannot_be_read_is_refused(form: str, kind: str) -> None:
    """Libraries' own errors do not come through, and nothing was added."""
    table = Storage().getas(f"t[x:{kind}]")
    table.append()
    with pytest.raises(FormatError, match=r"t[:,]"):
        table.extend(BAD[form]())
    assert len(table) == 1


def test_columns_of_categories_are_texts() -> None:
    """pandas' and Polars' categories and Polars' enums are added as what they stand for."""
    table = Storage().getas("t[x:S,y:str,n:L]")
    texts = ["a", "b", "a"]
    table.extend(polars.DataFrame({"x": texts}, schema={"x": polars.Categorical}))
    table.extend(polars.DataFrame({"y": texts}, schema={"y": polars.Enum(["b", "a"])}))
    table.extend(pd.DataFrame({"x": pd.Categorical(texts), "n": pd.Categorical([5, 5, 7])}))
    assert [row.x or row.y for row in table] == texts * 3
    assert table.column("n").tolist()[6:] == [5, 5, 7]


def test_parquet_of_rows_without_columns_is_refused(tmp_path: Path) -> None:
    """A subview that has no columns cannot be in a Parquet file; our error says so."""
    table = Storage().getas("t[a:I,v[]]")
    table.append(a=1, v=[(), ()])
    with pytest.raises(FormatError, match=r"p\.parquet"):
        table.to_parquet(tmp_path / "p.parquet")
    assert not (tmp_path / "p.parquet").exists()


def test_nan_of_a_frame_is_nan() -> None:
    """What `to_arrow().to_pandas()` gave can be put back; what is null in pandas stays refused."""
    table = Storage().getas("t[x:D,y:F]")
    table.extend([(float("nan"), 1.5), (0.5, float("nan"))])
    other: Table = Storage().getas("t[x:D,y:F]")
    other.extend(table.to_arrow().to_pandas())
    other.extend(pd.DataFrame({"x": np.array([np.nan], "float32")}))
    shown = [repr(each) for each in other.column("x").tolist()]
    assert shown == ["nan", "0.5", "nan"]
    assert repr(other.column("y").tolist()) == "[1.5, nan, 0.0]"
    for null in (pd.array([0.5, None], dtype="Float64"), [0.5, pd.NA]):
        with pytest.raises(FormatError, match="'x'"):
            other.extend(pd.DataFrame({"x": null}))
    assert len(other) == 3


def no_text() -> Any:
    """An Arrow array of strings that is no UTF-8; Arrow itself does not look."""
    offsets = pa.py_buffer(np.array([0, 1, 3], "int32").tobytes())
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xff\xfe")])


class Stream:
    """What another library would hand over."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, wanted: object = None) -> Any:
        """Arrow's interface."""
        return self._table.__arrow_c_stream__(wanted)


def test_text_that_is_no_text_does_not_come_in(tmp_path: Path) -> None:
    """By every door, before it is in the table; who reads it later could only fail."""
    storage = Storage()
    table = storage.getas("t[x:S,v[k:str]]")
    table.append(x="there")
    lists = pa.ListArray.from_arrays(
        pa.array([0, 2]), pa.StructArray.from_arrays([no_text()], ["k"])
    )
    bad = pa.table({"x": no_text()})
    categories = pa.DictionaryArray.from_arrays(pa.array([0, 1]), no_text())
    parquet.write_table(bad, tmp_path / "bad.parquet")
    for act in (
        lambda: table.extend(bad),
        lambda: table.extend({"x": no_text()}),
        lambda: table.extend({"x": pa.chunked_array([no_text()])}),
        lambda: table.extend(pa.table({"v": lists})),
        lambda: table.extend(pa.table({"x": categories})),
        lambda: table.extend(Stream(bad)),
        lambda: table.__setitem__(slice(0, 1), bad),
        lambda: storage.from_parquet("t", tmp_path / "bad.parquet"),
        lambda: storage.from_parquet("new", tmp_path / "bad.parquet"),
    ):
        with pytest.raises(FormatError):
            act()
    assert [row.x for row in table] == ["there"]
    assert [len(storage[name]) for name in storage if name == "new"] in ([], [0])
