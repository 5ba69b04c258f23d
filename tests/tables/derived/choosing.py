"""Views that are a choice of the rows or the columns of another, derived at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from outlive.errors import FormatError
from outlive.tables.schema import Kind, Property
from outlive.tables.view import View

from . import model
from .model import Columns, Lines, Values
from .world import BY_KIND, LARGEST, MOST, VALUES, Node, World, plain


class Choosing(World):
    """Derives views from one view, and picks those that others derive from."""

    def pick(self, data: st.DataObject) -> Node | None:
        """Some view that is not too large."""
        node: Node = data.draw(st.sampled_from(self.bases + self.nodes))
        lines = node.expected()
        return None if isinstance(lines, type) or len(lines) > LARGEST else node

    def columns(self, data: st.DataObject, node: Node, least: int = 0) -> Columns:
        """Some columns of a view."""
        if len(node.columns) < least:
            return ()
        chosen = st.lists(st.sampled_from(node.columns), min_size=least, max_size=3, unique=True)
        return tuple(data.draw(chosen)) if node.columns else ()

    def add(self, make: Callable[[], View], lines: Lines, columns: Columns) -> None:
        """Keep a derived view."""
        self.nodes = [*self.nodes, Node(self, make, lines, columns)][-MOST:]

    def bounds(self, data: st.DataObject, node: Node) -> Values:
        """Values to ask for."""
        lines = node.expected()
        assert not isinstance(lines, type)
        known = [each for each in self.columns(data, node) if each.kind is not Kind.VIEW]
        if data.draw(st.booleans()) and lines:
            line = lines[data.draw(st.integers(0, len(lines) - 1))]
            return {each.name: line.values[each.name] for each in known}
        drawn: Values = {}
        for each in known:
            drawn[each.name] = data.draw(VALUES[BY_KIND[each.kind]])
        return drawn

    def two(self, data: st.DataObject) -> tuple[Node, Node] | None:
        """Two views that are not too large."""
        one, two = self.pick(data), self.pick(data)
        return None if one is None or two is None else (one, two)

    def apart(self, one: Node, two: Node, but: Columns = ()) -> Node:
        """The second view, without names that are in the first."""
        taken = {each.name for each in one.columns} - {each.name for each in but}
        for old in two.columns:
            if old.name in taken:
                self.fresh += 1
                new = f"c{self.fresh}"
                names = {each.name: new if each == old else each.name for each in two.columns}
                columns = tuple(
                    Property(names[each.name], each.kind, each.fields) for each in two.columns
                )
                two = self.renamed(two, old.name, new, names, columns)
        return two

    def renamed(
        self, node: Node, old: str, new: str, names: dict[str, str], columns: Columns
    ) -> Node:
        """A view with another name for a column."""
        lines = model.rename(node.lines, names)
        return Node(self, lambda: node.view.rename(old, new), lines, columns)

    def cut(self, node: Node, size: int) -> Node:
        """The first rows of a view."""
        return Node(self, lambda: node.view[:size], lambda: node.lines()[:size], node.columns)

    @rule(data=st.data(), is_range=st.booleans())
    def select(self, data: st.DataObject, is_range: bool) -> None:
        """Rows by value, or within bounds."""
        if node := self.pick(data):
            low = self.bounds(data, node)
            high = self.bounds(data, node) if is_range else low
            lines = model.select(node.lines, node.columns, low, high)
            ends = (low, high) if is_range else (low,)
            self.add(lambda: node.view.select(*ends), lines, node.columns)

    @rule(data=st.data(), odd=st.booleans())
    def filter(self, data: st.DataObject, odd: bool) -> None:
        """Rows for which a function is true."""
        if (node := self.pick(data)) and node.columns:
            name = node.columns[0].name

            def wanted(value: Any) -> bool:
                return (len(str(plain(value))) % 2 == 1) == odd

            self.add(
                lambda: node.view.filter(lambda row: wanted(row[name])),
                lambda: [line for line in node.lines() if wanted(line.values[name])],
                node.columns,
            )

    @rule(data=st.data(), by_name=st.booleans())
    def sort(self, data: st.DataObject, by_name: bool) -> None:
        """Rows in order."""
        if node := self.pick(data):
            chosen = self.columns(data, node)
            given = [each.name if by_name else each for each in chosen]
            self.add(
                lambda: node.view.sort(*given),
                model.sort(node.lines, chosen or node.columns, set()),
                node.columns,
            )

    @rule(data=st.data())
    def sortrev(self, data: st.DataObject) -> None:
        """Rows in an order that is backwards in part."""
        if node := self.pick(data):
            chosen = self.columns(data, node)
            down = [each for each in chosen if data.draw(st.booleans())]
            lines = model.sort(node.lines, chosen or node.columns, {each.name for each in down})
            self.add(lambda: node.view.sortrev(chosen, down), lines, node.columns)

    ends = st.none() | st.integers(-4, 6)

    @rule(data=st.data(), start=ends, stop=ends, step=st.sampled_from([None, 1, 2, -1, -2]))
    def slice(
        self, data: st.DataObject, start: int | None, stop: int | None, step: int | None
    ) -> None:
        """Rows by number."""
        if node := self.pick(data):
            self.add(
                lambda: node.view[start:stop:step],
                lambda: node.lines()[start:stop:step],
                node.columns,
            )

    @rule(data=st.data())
    def project(self, data: st.DataObject) -> None:
        """Some columns."""
        if node := self.pick(data):
            chosen = self.columns(data, node, least=1)
            names = {each.name: each.name for each in chosen}
            self.add(lambda: node.view.project(*chosen), model.rename(node.lines, names), chosen)

    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        """Another name, or one that is taken."""
        node = self.pick(data)
        if node is None or not node.columns:
            return
        old = data.draw(st.sampled_from(node.columns)).name
        self.fresh += 1
        new = data.draw(st.sampled_from([f"c{self.fresh}", node.columns[0].name]))
        if new != old and new in {each.name for each in node.columns}:
            with pytest.raises(FormatError, match=new):
                node.view.rename(old, new)
            return
        names = {each.name: new if each.name == old else each.name for each in node.columns}
        columns = tuple(Property(names[each.name], each.kind, each.fields) for each in node.columns)
        self.add(lambda: node.view.rename(old, new), model.rename(node.lines, names), columns)
