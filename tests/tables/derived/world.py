"""Tables in a file, and beside them lists of dicts that change in the same way."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from outlive.errors import ClosedError, FormatError
from outlive.tables import Storage
from outlive.tables.description import describe, parse
from outlive.tables.row import Row
from outlive.tables.schema import Kind, Property
from outlive.tables.table import Table
from outlive.tables.view import View

from . import model
from .model import Columns, Line, Lines, Values

COLUMNS: Columns = tuple(parse("t[k:I,s:S,t:str,x:D,kids[n:S]]")[1])
# What each column can become, and one that can be added.
OTHERS: Columns = tuple(
    parse(each)[1][0]
    for each in ("t[k:L]", "t[k:D]", "t[s:str]", "t[t:S]", "t[x:F]", "t[kids[n:str,m:I]]", "t[y:I]")
)
NAMES = ("one", "two")
LARGEST = 20  # rows of a view; above that none is derived from it
MOST = 8  # views
texts = st.sampled_from(["", "a", "A", "b", "B", "aa", "é", "É", "\0", "z" * 20])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "k": st.integers(-1, 3),
    "s": texts,
    "t": texts,
    "x": st.sampled_from([0.0, -0.0, 1.5, -2.0, math.inf, math.nan]),
    "kids": st.lists(texts.map(lambda text: {"n": text}), max_size=2),
}
BY_KIND = {
    Kind.INT: "k",
    Kind.LONG: "k",
    Kind.STRING: "s",
    Kind.TEXT: "t",
    Kind.FLOAT: "x",
    Kind.DOUBLE: "x",
    Kind.VIEW: "kids",
}
rows = st.fixed_dictionaries(VALUES)
numbers = st.integers(0, 1000)


def plain(value: Any) -> Any:
    """A value such that NaN equals itself and 0.0 is not -0.0; subviews as lists."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, View):
        return [plain(seen(each)) for each in value]
    return value


def seen(row: Row) -> Values:
    """What a row says of itself."""
    return {each.name: row[each.name] for each in row._columns_}


class Node:
    """A view, which can be made anew, and what it should show."""

    def __init__(
        self, world: World, make: Callable[[], View], lines: Lines, columns: Columns
    ) -> None:
        self._world = world
        self._make = make
        self._made: tuple[int, View] | None = None
        self.lines = lines
        self.columns = columns

    @property
    def view(self) -> View:
        """The view; another one after each rollback and each opening."""
        if self._made is None or self._made[0] != self._world.opened:
            self._made = self._world.opened, self._make()
        return self._made[1]

    def expected(self) -> list[Line] | type[Exception]:
        """The rows, or which error says that there are none now."""
        try:
            return self.lines()
        except (FormatError, IndexError) as error:
            return type(error)

    def check(self) -> None:
        """The view shows the rows: by Arrow, by rows, and some by index from either end."""
        expected = self.expected()
        if isinstance(expected, type):
            with pytest.raises(expected):
                self.view._arrow()
            return
        wanted = [plain(line.values) for line in expected]
        assert tuple(self.view.structure) == self.columns
        assert len(self.view) == len(wanted)
        assert [plain(each) for each in self.view._arrow().to_pylist()] == wanted
        assert [plain(seen(each)) for each in self.view] == wanted
        for index in range(-len(wanted), len(wanted), len(wanted) // 6 + 1):
            assert plain(seen(self.view[index])) == wanted[index]

    def check_gone(self) -> None:
        """The view says that its storage was closed or rolled back."""
        if self._made is not None and self._made[0] == self._world.opened:
            view = self._made[1]
            for use in (view._arrow, lambda: len(view), lambda: list(view), lambda: view[0]):
                with pytest.raises(ClosedError, match=r"again"):
                    use()


class World(RuleBasedStateMachine):
    """Two tables in a file, and room for views that are derived from them and for handles."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.opened = 0  # how often the tables were taken anew
        self.changes = 0
        self.rows: list[list[Values]] = [[], []]
        self.structures: list[Columns] = [COLUMNS, COLUMNS]
        self.nodes: list[Node] = []
        self.handles: list[tuple[Row, Line, int]] = []  # and the number of changes before
        self.fresh = 0
        self.storage = self.open()
        for name in NAMES:
            self.storage.getas(describe(name, COLUMNS))
        self.bases = [self.base(which) for which in (0, 1)]
        self.commit()

    def teardown(self) -> None:
        """Nothing is left."""
        self.storage.close()
        shutil.rmtree(self.folder)

    def open(self) -> Storage:
        """The storage in the file."""
        return Storage(Path(self.folder, "a.db"), sync="os")

    def table(self, which: int) -> Table:
        """A table, as the storage has it now."""
        return self.storage[NAMES[which]]

    def base(self, which: int) -> Node:
        """A table as a view."""
        lines = model.base(self.rows[which])
        return Node(self, lambda: self.table(which), lines, self.structures[which])

    def fitted(self, which: int, values: Values) -> Values:
        """A row as a table should hold it; its subviews are its own."""
        return model.fitted_row(self.structures[which], values)

    @initialize(one=st.lists(rows, min_size=2, max_size=6), two=st.lists(rows, max_size=4))
    def begin(self, one: list[Values], two: list[Values]) -> None:
        """There are rows."""
        self.extend(0, one)
        self.extend(1, two)

    # -- changes of the tables

    @rule(which=st.integers(0, 1), new=st.lists(rows, max_size=4))
    def extend(self, which: int, new: list[Values]) -> None:
        """Rows are added."""
        self.changes += 1
        self.table(which).extend([self.fitted(which, each) for each in new])
        self.rows[which] += [self.fitted(which, each) for each in new]

    @rule(which=st.integers(0, 1), at=numbers, new=rows)
    def insert(self, which: int, at: int, new: Values) -> None:
        """A row is put between others."""
        self.changes += 1
        at %= len(self.rows[which]) + 1
        self.table(which).insert(at, self.fitted(which, new))
        self.rows[which].insert(at, self.fitted(which, new))

    @rule(which=st.integers(0, 1), at=numbers, count=st.integers(0, 2))
    def delete(self, which: int, at: int, count: int) -> None:
        """Rows go."""
        self.changes += 1
        at %= len(self.rows[which]) + 1
        del self.table(which)[at : at + count]
        del self.rows[which][at : at + count]

    @rule(which=st.integers(0, 1), at=numbers, what=numbers, new=rows)
    def put(self, which: int, at: int, what: int, new: Values) -> None:
        """A cell is set."""
        if self.rows[which]:
            self.changes += 1
            at %= len(self.rows[which])
            name = self.structures[which][what % len(self.structures[which])].name
            self.table(which)[at][name] = self.fitted(which, new)[name]
            self.rows[which][at][name] = self.fitted(which, new)[name]

    @rule(which=st.integers(0, 1), at=numbers, text=texts, what=st.sampled_from("asd"))
    def kids(self, which: int, at: int, text: str, what: str) -> None:
        """A subview changes by itself."""
        fields = [each.fields for each in self.structures[which] if each.name == "kids"]
        if self.rows[which] and fields:
            self.changes += 1
            at %= len(self.rows[which])
            live, plain_ = self.table(which)[at].kids, self.rows[which][at]["kids"]
            if what == "a":
                live.append(n=text)
                plain_.append(model.fitted_row(fields[0], {"n": text}))
            elif plain_ and what == "s":
                live[-1].n = text
                plain_[-1]["n"] = text
            elif plain_:
                del live[0]
                del plain_[0]

    @rule(which=st.integers(0, 1), data=st.data())
    def restructure(self, which: int, data: st.DataObject) -> None:
        """A table gets other columns: all values are converted, or nothing is changed."""
        columns: dict[str, Property] = {}
        for each in data.draw(
            st.lists(st.sampled_from(COLUMNS + OTHERS), min_size=1, max_size=9, unique=True)
        ):
            columns[each.name] = each
        new = tuple(columns.values())
        described = describe(NAMES[which], new)
        try:
            converted = [model.fitted_row(new, each) for each in self.rows[which]]
        except FormatError:
            with pytest.raises(FormatError, match="nothing was changed"):
                self.storage.getas(described)
            return
        self.storage.getas(described)
        if new != self.structures[which]:
            self.changes += 1
            self.rows[which][:] = converted
            self.structures[which] = new
            self.bases[which] = self.base(which)
            self.nodes = []

    # -- what was committed

    def kept(self) -> tuple[list[list[Values]], list[Columns], list[Node]]:
        """All that there is, as copies."""
        copies = [
            [model.fitted_row(columns, each) for each in rows]
            for rows, columns in zip(self.rows, self.structures, strict=True)
        ]
        return copies, list(self.structures), list(self.nodes)

    @rule()
    def commit(self) -> None:
        """What there is now is kept; views and handles stay what they are."""
        self.storage.commit()
        self.committed = self.kept()

    @rule(is_closed=st.booleans())
    def lose(self, is_closed: bool) -> None:
        """All goes back to the last commit, by a rollback or because the file is opened anew."""
        if is_closed:
            self.storage.close()
        else:
            self.storage.rollback()
        self.go_on()
        if is_closed:
            self.storage = self.open()

    def go_on(self) -> None:
        """Be what was committed, with views that are made anew."""
        for node in self.nodes + self.bases:
            node.check_gone()
        for handle, *_ in self.handles:
            with pytest.raises(ClosedError):
                seen(handle)
        self.handles = []
        self.opened += 1
        self.changes += 1
        committed, columns, nodes = self.committed
        for rows, each in zip(self.rows, committed, strict=True):
            rows[:] = each
        if columns != self.structures:
            self.structures, self.nodes = list(columns), nodes
            self.bases = [self.base(which) for which in (0, 1)]
        self.committed = self.kept()
