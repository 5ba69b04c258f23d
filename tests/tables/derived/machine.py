"""A machine of hypothesis that derives views from views, and changes what they come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from outlive.errors import ClosedError, FormatError, ReadOnlyError
from outlive.tables.schema import INTEGERS, Kind, Property
from outlive.tables.view import View

from . import model
from .choosing import Choosing
from .model import Values
from .world import BY_KIND, MOST, plain, rows, seen

WISHES: dict[str, Callable[[bool, bool], bool]] = {
    "union": lambda one, two: one or two,
    "intersect": lambda one, two: one and two,
    "different": lambda one, two: one != two,
    "minus": lambda one, two: one and not two,
}


class Machine(Choosing):
    """Derives views from two views, sets cells through them, and looks whether all agree."""

    @rule(data=st.data())
    def concat(self, data: st.DataObject) -> None:
        """One after the other."""
        if both := self.two(data):
            one, two = both
            columns = model.wider(one.columns, two.columns)
            if columns is not None:
                lines = model.concat(one.lines, two.lines)
                self.add(lambda: one.view + two.view, lines, columns)
            else:
                with pytest.raises(FormatError):
                    one.view.concat(two.view)

    @rule(
        data=st.data(),
        what=st.sampled_from(["pair", "product"]),
        is_apart=st.booleans(),
        is_cut=st.booleans(),
    )
    def beside(self, data: st.DataObject, what: str, is_apart: bool, is_cut: bool) -> None:
        """Side by side, or each with each."""
        if both := self.two(data):
            one, two = both
            if is_apart:
                two = self.apart(one, two)
            if is_cut:
                size = min(len(one.view), len(two.view))
                one, two = (self.cut(each, size) for each in (one, two))

            def make() -> View:
                view: View = getattr(one.view, what)(two.view)
                return view

            if {each.name for each in one.columns} & {each.name for each in two.columns} or (
                what == "pair" and len(one.lines()) != len(two.lines())
            ):
                with pytest.raises(FormatError):
                    make()
            else:
                lines = getattr(model, what)(one.lines, two.lines)
                self.add(make, lines, one.columns + two.columns)

    @rule(data=st.data(), given=st.lists(st.integers(0, 4), max_size=4))
    def remapwith(self, data: st.DataObject, given: list[int]) -> None:
        """Rows by the numbers in a list, or in another view."""
        if both := self.two(data):
            one, two = both
            if two.columns and two.columns[0].kind in INTEGERS:
                name = two.columns[0].name
                lines = model.remap(one.lines, lambda: [each.values[name] for each in two.lines()])
                self.add(lambda: one.view.remapwith(two.view), lines, one.columns)
            else:
                with pytest.raises(FormatError):
                    one.view.remapwith(two.view)
                lines = model.remap(one.lines, lambda: given)
                self.add(lambda: one.view.remapwith(given), lines, one.columns)

    @rule(data=st.data(), outer=st.booleans())
    def join(self, data: st.DataObject, outer: bool) -> None:
        """Rows with the same in some columns."""
        if both := self.two(data):
            one, two = both
            common = [each for each in one.columns if each in two.columns]
            names = {each.name for each in two.columns}
            keys = tuple(each for each in common if data.draw(st.booleans()))
            if data.draw(st.booleans()):
                two = self.apart(one, two, keys)
                names = {each.name for each in two.columns}
            rest = tuple(each for each in two.columns if each not in keys)
            if not keys or any(each.name in names and each not in keys for each in one.columns):
                with pytest.raises(FormatError):
                    one.view.join(two.view, *keys, outer=outer)
            else:
                lines = model.join(one.lines, two.lines, keys, rest, outer=outer)
                self.add(
                    lambda: one.view.join(two.view, *keys, outer=outer), lines, one.columns + rest
                )

    @rule(data=st.data())
    def indices(self, data: st.DataObject) -> None:
        """Where the rows of a choice are in what they were chosen from."""
        if (node := self.pick(data)) and node in self.bases:
            chosen = node.view.sort()[::2]
            places = [row[0] for row in node.view.indices(chosen)]
            assert [plain(seen(node.view[each])) for each in places] == [
                plain(seen(each)) for each in chosen
            ]
            assert len(set(places)) == len(places)

    @rule(data=st.data(), is_count=st.booleans())
    def group(self, data: st.DataObject, is_count: bool) -> None:
        """One row for each key."""
        if node := self.pick(data):
            keys = self.columns(data, node)
            self.fresh += 1
            name = f"g{self.fresh}"
            if is_count:
                columns = (*keys, Property(name, Kind.INT))
                lines = model.count(node.lines, keys, name)
                self.add(lambda: node.view.counts(*keys, name), lines, columns)
            else:
                rest = tuple(each for each in node.columns if each not in keys)
                columns = (*keys, Property(name, Kind.VIEW, rest))
                lines = model.group(node.lines, keys, rest, name)
                self.add(lambda: node.view.groupby(*keys, name=name), lines, columns)

    @rule(data=st.data())
    def unique(self, data: st.DataObject) -> None:
        """Each row once."""
        if node := self.pick(data):
            lines = model.as_set(node.lines, list, node.columns, lambda one, _: one)
            self.add(lambda: node.view.unique(), lines, node.columns)  # noqa: PLW0108  # a later view

    @rule(data=st.data(), what=st.sampled_from(sorted(WISHES)))
    def sets(self, data: st.DataObject, what: str) -> None:
        """Views as sets."""
        if both := self.two(data):
            one, two = both
            if one.columns == two.columns:
                lines = model.as_set(one.lines, two.lines, one.columns, WISHES[what])
                self.add(lambda: getattr(one.view, what)(two.view), lines, one.columns)

    @rule(data=st.data(), outer=st.booleans())
    def flatten(self, data: st.DataObject, outer: bool) -> None:
        """The rows of subviews."""
        node = self.pick(data)
        if node is None or not node.columns:
            return
        prop = data.draw(st.sampled_from(node.columns))
        others = {each.name for each in node.columns} - {prop.name}
        if prop.kind is not Kind.VIEW or others & {each.name for each in prop.fields}:
            with pytest.raises(FormatError):
                node.view.flatten(prop, outer=outer)
            return
        at = node.columns.index(prop)
        columns = node.columns[:at] + prop.fields + node.columns[at + 1 :]
        lines = model.flatten(node.lines, node.columns, prop.name, outer=outer)
        self.add(lambda: node.view.flatten(prop.name, outer=outer), lines, columns)

    # -- sets through derived views

    @precondition(lambda self: self.nodes)
    @rule(data=st.data(), new=rows)
    def put_through(self, data: st.DataObject, new: Values) -> None:
        """A cell of a derived view is set: it reaches the table, or says that it cannot."""
        node = data.draw(st.sampled_from(self.nodes))
        lines = node.expected()
        if isinstance(lines, type) or not lines or not node.columns:
            return
        at = data.draw(st.integers(0, len(lines) - 1))
        prop = data.draw(st.sampled_from(node.columns))
        place = lines[at].places.get(prop.name)
        value = new[BY_KIND[prop.kind]]
        if place is None:
            with pytest.raises(ReadOnlyError):
                node.view[at][prop.name] = value
        else:
            self.changes += 1
            node.view[at][prop.name] = value
            place[0][place[1]] = model.fitted(prop, value)

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def take_handle(self, data: st.DataObject) -> None:
        """A row is taken from a derived view, to be looked at later."""
        node = data.draw(st.sampled_from(self.nodes))
        lines = node.expected()
        if isinstance(lines, type) or not lines:
            return
        at = data.draw(st.integers(0, len(lines) - 1))
        handle = node.view[at], lines[at], self.changes
        self.handles = [*self.handles, handle][-MOST:]

    @invariant()
    def handles_stay(self) -> None:
        """Each handle shows its row, wherever that is, or says that it is gone or was computed."""
        alive = {id(row) for rows in self.rows for row in rows}
        for handle, line, changes in self.handles:
            for prop in handle._columns_:
                name = prop.name
                row, key = line.places.get(name, (None, ""))
                try:
                    value = plain(handle[name])
                except ClosedError:
                    assert id(row) not in alive
                    assert changes != self.changes
                else:
                    assert row is None or id(row) in alive
                    assert value == plain(line.values[name] if row is None else row[key])

    @invariant()
    def all_agree(self) -> None:
        """Every view shows what the model says, and where its rows are in what it came from."""
        for node in self.bases + self.nodes:
            node.check()
