"""What derived views should show, worked out in plain Python on lists of dicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outlive.errors import FormatError
from outlive.tables.schema import FLOATS, INTEGERS, Kind, Property

Values = dict[str, Any]
Columns = tuple[Property, ...]


@dataclass
class Line:
    """A row of a view: its values, and for those that can be set the dict and key they are in."""

    values: Values
    places: dict[str, tuple[Values, str]] = field(default_factory=dict)
    is_bound: bool = False  # all of it is one row of one table


Lines = Callable[[], list[Line]]


def key(prop: Property, value: Any) -> Any:
    """By what two values of a column compare."""
    if prop.kind is Kind.STRING:
        return value.lower()
    if prop.kind in FLOATS:
        return (1, 0.0) if math.isnan(value) else (0, value + 0.0)
    if prop.kind is Kind.VIEW:
        return tuple(row_key(prop.fields, each) for each in value)
    return value


def row_key(columns: Sequence[Property], values: Values) -> tuple[Any, ...]:
    """By what two rows compare."""
    return tuple(key(each, values[each.name]) for each in columns)


def default(prop: Property) -> Any:
    """What stands for a value that is not there."""
    return {
        Kind.INT: 0,
        Kind.LONG: 0,
        Kind.STRING: "",
        Kind.TEXT: "",
        Kind.FLOAT: 0.0,
        Kind.DOUBLE: 0.0,
        Kind.VIEW: [],
    }[prop.kind]


def fitted(prop: Property, value: Any) -> Any:
    """A value as a column holds it, exactly. Raises FormatError if it cannot."""
    if prop.kind in INTEGERS:
        if not math.isfinite(value) or value != int(value):
            raise FormatError("no integer")
        return int(value)
    if prop.kind in FLOATS:
        return float(value)
    if prop.kind is Kind.VIEW:
        return [fitted_row(prop.fields, each) for each in value]
    return value


def fitted_row(columns: Sequence[Property], values: Values) -> Values:
    """A row of these columns, from one that may have others."""
    return {
        each.name: fitted(each, values[each.name]) if each.name in values else default(each)
        for each in columns
    }


def wider(one: Columns, two: Columns) -> Columns | None:
    """The columns that hold the values of both, in the order of the first; None if none do."""
    others = {each.name: each for each in two}
    if others.keys() != {each.name for each in one}:
        return None
    found = []
    for each in one:
        kinds = {each.kind, others[each.name].kind}
        if each == others[each.name]:
            found.append(each)
        elif kinds == INTEGERS:
            found.append(Property(each.name, Kind.LONG))
        elif kinds == FLOATS:
            found.append(Property(each.name, Kind.DOUBLE))
        else:
            return None
    return tuple(found)


def base(rows: list[Values]) -> Lines:
    """The rows of a table, all of which can be set."""
    return lambda: [Line(row, {name: (row, name) for name in row}, True) for row in rows]


def select(of: Lines, columns: Columns, low: Values, high: Values) -> Lines:
    """Those within bounds."""

    def within(line: Line) -> bool:
        return all(
            (each.name not in low or key(each, low[each.name]) <= key(each, line.values[each.name]))
            and (
                each.name not in high
                or key(each, line.values[each.name]) <= key(each, high[each.name])
            )
            for each in columns
        )

    return lambda: [line for line in of() if within(line)]


def sort(of: Lines, by: Columns, down: set[str]) -> Lines:
    """Stable, one column after another, the last first; NaN is last up and down."""

    def run() -> list[Line]:
        lines = of()
        for each in reversed(by):
            if each.name in down:
                lines.reverse()
            lines.sort(key=lambda line: key(each, line.values[each.name]))
            if each.name in down:
                lines.reverse()
                nan = [line for line in lines if _is_nan(line.values[each.name])]
                lines = [line for line in lines if not _is_nan(line.values[each.name])] + nan
        return lines

    return run


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def rename(of: Lines, names: dict[str, str]) -> Lines:
    """The columns that `names` has, by the names that it gives them."""

    def run() -> list[Line]:
        return [
            Line(
                {new: line.values[old] for old, new in names.items()},
                {new: line.places[old] for old, new in names.items() if old in line.places},
                line.is_bound,
            )
            for line in of()
        ]

    return run


def concat(one: Lines, two: Lines) -> Lines:
    """One after the other."""
    return lambda: one() + two()


def pair(one: Lines, two: Lines) -> Lines:
    """Side by side; both can be set."""

    def run() -> list[Line]:
        left, right = one(), two()
        if len(left) != len(right):
            raise FormatError("not equally long")
        return [
            Line({**a.values, **b.values}, {**a.places, **b.places})
            for a, b in zip(left, right, strict=True)
        ]

    return run


def product(one: Lines, two: Lines) -> Lines:
    """Each with each."""
    return lambda: [Line({**a.values, **b.values}) for a in one() for b in two()]


def remap(of: Lines, order: Callable[[], list[int]]) -> Lines:
    """By number."""

    def run() -> list[Line]:
        lines, numbers = of(), order()
        if any(not 0 <= each < len(lines) for each in numbers):
            raise IndexError
        return [lines[each] for each in numbers]

    return run


def join(one: Lines, two: Lines, on: Columns, rest: Columns, *, outer: bool) -> Lines:
    """Those with the same key, in its order."""

    def run() -> list[Line]:
        found = []
        right = two()
        for a in sorted(one(), key=lambda line: row_key(on, line.values)):
            matches = [
                {each.name: b.values[each.name] for each in rest}
                for b in right
                if row_key(on, a.values) == row_key(on, b.values)
            ]
            if outer and not matches:
                matches = [{each.name: default(each) for each in rest}]
            found += [Line({**a.values, **b}) for b in matches]
        return found

    return run


def grouped(of: Lines, keys: Columns) -> dict[tuple[Any, ...], list[Line]]:
    """The rows by their keys, in the order of these."""
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in of():
        groups.setdefault(row_key(keys, line.values), []).append(line)
    return dict(sorted(groups.items(), key=lambda item: item[0]))


def group(of: Lines, keys: Columns, rest: Columns, name: str) -> Lines:
    """One row for each key, with the others as a subview."""

    def run() -> list[Line]:
        return [
            Line(
                {each.name: lines[0].values[each.name] for each in keys}
                | {name: [{each.name: one.values[each.name] for each in rest} for one in lines]}
            )
            for lines in grouped(of, keys).values()
        ]

    return run


def count(of: Lines, keys: Columns, name: str) -> Lines:
    """One row for each key, with the number of rows."""
    return lambda: [
        Line({each.name: lines[0].values[each.name] for each in keys} | {name: len(lines)})
        for lines in grouped(of, keys).values()
    ]


def as_set(one: Lines, two: Lines, columns: Columns, wanted: Callable[[bool, bool], bool]) -> Lines:
    """The distinct rows for which `wanted` holds, in their order."""

    def run() -> list[Line]:
        left, right = grouped(one, columns), grouped(two, columns)
        both = {**right, **left}
        return [
            Line(both[each][0].values)
            for each in sorted(both)
            if wanted(each in left, each in right)
        ]

    return run


def flatten(of: Lines, columns: Columns, name: str, *, outer: bool) -> Lines:
    """Subviews beside their row."""
    (prop,) = (each for each in columns if each.name == name)

    def run() -> list[Line]:
        found = []
        for line in of():
            inner = line.values[name]
            if outer and not inner:
                inner = [{each.name: default(each) for each in prop.fields}]
            for row in inner:
                values: Values = {}
                for each in columns:
                    values |= row if each.name == name else {each.name: line.values[each.name]}
                found.append(Line(values))
        return found

    return run
