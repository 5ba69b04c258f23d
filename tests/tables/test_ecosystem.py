"""Other libraries read views; files of theirs become tables."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import DiskError, FormatError
from outlive.tables import Storage, Table
from outlive.tables.arrow import np, pa

from ..files import run_python

# None of them has types, or all of them.
duckdb: Any = importlib.import_module("duckdb")
pd: Any = importlib.import_module("pandas")
polars: Any = importlib.import_module("polars")


@pytest.fixture
def people() -> Table:
    """Two people, one with kids."""
    table = Storage().getas("people[first:S,born:date,shoesize:I,photo:B,kids[name:S]]")
    table.append(first="John", shoesize=44, kids=[("Julian",), ("Sean",)])
    table.append(first="<Flash>", shoesize=42)
    return table


def test_they_read_a_view(people: Table) -> None:
    """Polars, DuckDB, pandas and NumPy see what the view shows, also one that is derived."""
    large = people.select({"shoesize": 43}, {})
    assert polars.DataFrame(large)["first"].to_list() == ["John"]
    assert duckdb.sql("select sum(shoesize) from people").fetchall() == [(86,)]
    assert list(pd.DataFrame(people.to_arrow().to_pandas())["first"]) == ["John", "<Flash>"]
    assert pa.table(people) == people.to_arrow()
    sizes = people.column(people.shoesize)
    assert isinstance(sizes, np.ndarray)
    assert sizes.tolist() == [44, 42]
    assert [len(each) for each in people.column("kids")] == [2, 0]
    assert people.to_arrow("shoesize", "first").column_names == ["shoesize", "first"]
    with pytest.raises(FormatError):
        people.column("nothing")


def test_nothing_is_copied(tmp_path: Path) -> None:
    """What a view gives are the bytes where the engine has them."""
    with Storage(tmp_path / "a.db") as storage:
        table = storage.getas("t[x:D]")
        table.extend({"x": [float(n) for n in range(50_000)]})
        storage.commit()
        before = pa.total_allocated_bytes()
        content = table.to_arrow()
        assert pa.total_allocated_bytes() - before < 10_000
        assert content.column(0).nbytes == 400_000


def test_frames_become_rows(people: Table) -> None:
    """Rows of pandas and Polars are appended by the names of the columns."""
    people.extend(pd.DataFrame({"shoesize": [1], "first": ["pandas"]}))
    people.extend(polars.DataFrame({"first": ["polars"], "shoesize": [2]}))
    assert [(row.first, row.shoesize) for row in people][2:] == [("pandas", 1), ("polars", 2)]


def test_parquet_there_and_back(people: Table, tmp_path: Path) -> None:
    """A Parquet file remembers content and types, subviews too."""
    people.to_parquet(tmp_path / "people.parquet")
    with Storage(tmp_path / "a.db") as storage:
        table = storage.from_parquet("people", tmp_path / "people.parquet")
        assert table.structure == people.structure
        assert table == people
        storage.from_parquet("people", tmp_path / "people.parquet")
        assert len(table) == 4
        (tmp_path / "bad.parquet").write_bytes(b"nothing")
        with pytest.raises(FormatError, match=r"bad\.parquet"):
            storage.from_parquet("bad", tmp_path / "bad.parquet")
        with pytest.raises(DiskError, match=r"missing\.parquet"):
            storage.from_parquet("bad", tmp_path / "missing.parquet")
        assert list(storage) == ["people"]


def test_csv_there_and_back(people: Table, tmp_path: Path) -> None:
    """A CSV file has what it can hold; the rest is refused before anything is written."""
    with pytest.raises(FormatError, match="photo"):
        people.to_csv(tmp_path / "people.csv")
    assert not (tmp_path / "people.csv").exists()
    people.project("first", "born", "shoesize").to_csv(tmp_path / "people.csv")
    table = Storage().from_csv("people", tmp_path / "people.csv")
    assert repr(table.structure) == "(first:str, born:date, shoesize:L)"
    assert [tuple(row) for row in table] == [tuple(row)[:3] for row in people]


def test_how_a_view_looks(people: Table) -> None:
    """Its first rows as a table, for a terminal and for a notebook."""
    people.extend([{"first": "x" * 100}] * 20)
    lines = repr(people).splitlines()
    assert lines[0].split() == [repr(each) for each in people.structure]
    assert lines[1].split() == ["John", "1970-01-01", "44", "b''", "<2", "rows>"]
    assert lines[3].startswith("x" * 23 + "… ")
    assert lines[-1].endswith("people: 22 rows")
    assert len(lines) == 12
    html = people._repr_html_()
    assert "<td>&lt;Flash&gt;</td>" in html
    assert html.count("<tr>") == 11


def test_pyarrow_is_imported_for_tables_alone() -> None:
    """Who has no tables does not wait for it."""
    run_python("import sys, outlive; assert not {'pyarrow', 'numpy'} & set(sys.modules)")
    run_python("import sys, outlive.tables; assert not {'pyarrow', 'numpy'} & set(sys.modules)")


def test_without_pyarrow_the_error_says_what_to_install() -> None:
    """Tables are an extra."""
    run_python(
        "import sys; sys.modules['pyarrow'] = None\n"
        "from outlive.tables import Storage\n"
        "from outlive.errors import FormatError\n"
        "try:\n    Storage()\n"
        "except FormatError as error:\n    assert 'outlive[tables]' in str(error)\n"
        "else:\n    raise SystemExit(1)"
    )
