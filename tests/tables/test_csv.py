"""A CSV file says nothing of types: they are the table's, or guessed so that nothing is lost."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlive.errors import FormatError
from outlive.tables import Storage, Table

TEXTS = [
    *("007", "1", "-1", "1.10", "1e5", "0x1f", "true", "False", "2020-01-01", "12:30:00"),
    *("2020-01-01T00:00:00Z", "NULL", "null", "NaN", "nan", "#N/A", "N/A", "None", "inf", "-"),
    *("", " ", " a ", 'say "hi"', "a,b", "a\nb", "a\r\nb", "é😀", "\t", "'", "1" * 20),
]
VALUES: dict[str, list[Any]] = {
    "S": TEXTS,
    "str": TEXTS,
    "I": [0, -(2**31), 2**31 - 1],
    "L": [0, -(2**63), 2**63 - 1],
    "F": [0.5, -0.0, float("nan"), float("inf"), 1e-45],
    "D": [1.0, 0.1, -0.0, float("nan"), float("-inf"), 5e-324, 1.7976931348623157e308],
    "bool": [True, False],
    "date": [datetime.date.min, datetime.date(2024, 2, 29), datetime.date.max],
    "datetime": [datetime.datetime.min, datetime.datetime(2024, 2, 29, 1, 2, 3, 4)],
    "Decimal": [Decimal("1.5"), Decimal(0), Decimal("-99999999999999999999999999.999999999999")],
}


def back(table: Table, path: Path) -> Table:
    """The table again, after a CSV file."""
    table.to_csv(path)
    storage = Storage()
    storage.define("t", table.structure)
    return storage.from_csv("t", path)


@pytest.mark.parametrize("kind", VALUES)
def test_a_table_comes_back_as_it_was(tmp_path: Path, kind: str) -> None:
    """Into a table whose columns are known, every value is what it was, one by one and together."""
    table = Storage().getas(f"t[x:{kind}]")
    for value in VALUES[kind]:
        table[:] = [(value,)]
        assert repr(list(back(table, tmp_path / "a.csv"))) == repr(list(table)), value
    table.extend([(value,) for value in VALUES[kind]])
    assert repr([row.x for row in back(table, tmp_path / "a.csv")]) == repr(
        [row.x for row in table]
    )


def test_all_kinds_side_by_side_come_back(tmp_path: Path) -> None:
    """With the rows that the table has already before them."""
    storage = Storage()
    table = storage.getas(f"t[{','.join(f'c{kind}:{kind}' for kind in VALUES)}]")
    table.extend([tuple(each[at % len(each)] for each in VALUES.values()) for at in range(40)])
    rows = repr([tuple(row) for row in table])
    table.to_csv(tmp_path / "a.csv")
    storage.from_csv("t", tmp_path / "a.csv")
    assert repr([tuple(row) for row in table[:40]]) == rows
    assert repr([tuple(row) for row in table[40:]]) == rows


LETTERS = st.characters(exclude_categories=["Cs"])


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.text(LETTERS), st.floats(), st.integers(-9, 9))))
def test_any_texts_and_numbers_come_back(tmp_path: Path, rows: list[Any]) -> None:
    """Whatever characters and floats there are."""
    table = Storage().getas("t[s:str,x:D,i:I]")
    table.extend(rows)
    assert repr([tuple(row) for row in back(table, tmp_path / "a.csv")]) == repr(
        [tuple(row) for row in table]
    )


def guessed(path: Path, *values: str) -> Table:
    """A new table from a CSV file with one column."""
    path.write_text("\n".join(["x", *values, ""]))
    return Storage().from_csv("t", path)


@pytest.mark.parametrize(
    "values",
    [
        ["007", "08"],
        ["-01", "5"],
        ["+49", "30"],
        ["12345678901234567890", "1"],
        ["1234567890123456789012"],
        ["123456789012345.678901"],
        ["0.12345678901234567"],
        ["NULL", "a"],
        ["nan", "a"],
        ["12:30:00", "01:00:00"],
        ["2020-01-01T00:00:00Z"],
        ["2020-01-01 00:00:00+0200"],
        ["a", "1"],
    ],
    ids=" ".join,
)
def test_a_new_table_has_texts_where_a_number_would_lose(tmp_path: Path, values: list[str]) -> None:
    """Zip codes, telephone numbers and long identifiers keep each digit."""
    table = guessed(tmp_path / "a.csv", *values)
    assert [row.x for row in table] == values


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("0", 0),
        ("-7", -7),
        ("9223372036854775807", 2**63 - 1),
        ("0.5", 0.5),
        ("123456789.123456", 123456789.123456),
        ("2020-02-02", datetime.date(2020, 2, 2)),
        ("2020-02-02 01:02:03", datetime.datetime(2020, 2, 2, 1, 2, 3)),
        ("true", True),
    ],
)
def test_a_new_table_has_the_types_that_values_look_like(
    tmp_path: Path, value: str, wanted: Any
) -> None:
    """Numbers, days and truths where nothing is lost by it."""
    table = guessed(tmp_path / "a.csv", value, value)
    assert [repr(row.x) for row in table] == [repr(wanted)] * 2


def test_a_text_column_keeps_what_looks_like_nothing(tmp_path: Path) -> None:
    """In a new table, an empty text is a text."""
    (tmp_path / "a.csv").write_text("x,y\na,1\n,2\nNULL,3\n")
    table = Storage().from_csv("t", tmp_path / "a.csv")
    assert [tuple(row) for row in table] == [("a", 1), ("", 2), ("NULL", 3)]


@pytest.mark.parametrize(
    ("kind", "value"), [("I", "007x"), ("I", "1.5"), ("I", str(2**31)), ("date", "soon"), ("D", "")]
)
def test_a_value_that_does_not_fit_changes_nothing(tmp_path: Path, kind: str, value: str) -> None:
    """The error names the CSV file, and the table keeps its rows."""
    storage = Storage()
    table = storage.getas(f"t[x:{kind},y:I]")
    table.append(y=1)
    (tmp_path / "a.csv").write_text(f"x,y\n{value},2\n")
    with pytest.raises(FormatError, match=r"a\.csv"):
        storage.from_csv("t", tmp_path / "a.csv")
    assert [row.y for row in table] == [1]
