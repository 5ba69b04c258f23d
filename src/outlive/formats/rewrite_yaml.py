"""Change a YAML text only where its value changed; every other character stays as it was.

libyaml says where each node of the text begins and ends. The old value and the new one are
compared by path, and only the text of what differs is exchanged. So comments, order, quoting,
blank lines and spacing that a person chose survive, also where a parser that writes the whole
document anew would normalise them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from .equality import same

Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: type = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Loads = Callable[[str], object]


class CannotRewriteError(Exception):
    """The change cannot be made in this text without writing it anew."""


@dataclass(slots=True)
class _Node:
    """A node of the text: from `start` up to `end`, without what follows its last leaf."""

    start: int
    end: int
    column: int
    kind: str  # "scalar", "alias", "mapping" or "sequence"
    flow: bool = False
    items: list[_Node] = field(default_factory=list)  # of a mapping: key, value, key, value, …

    @property
    def pairs(self) -> list[tuple[_Node, _Node]]:
        return list(zip(self.items[::2], self.items[1::2], strict=True))


def rewrite(text: str, old: object, new: object, loads: Loads) -> str:
    """`text`, which loads as `old`, changed so that it loads as `new`.

    Raises CannotRewriteError where that fails, as where an anchor's value changes at one alias only
    and even writing each alias out does not help.
    """
    for write_out in (False, True):
        result = _Rewriter(text, write_out).run(old, new)
        try:
            if same(loads(result), new):
                return result
        except yaml.YAMLError:
            pass  # an alias may have lost its anchor; the second round writes aliases out
    raise CannotRewriteError("the change cannot be made without writing the whole file anew")


def _parse(text: str) -> _Node | None:
    """The root node, or None where the text is empty or holds comments alone."""
    events = iter(yaml.parse(text, Loader=Loader))
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            return _node(next(events), events)
    return None


def _node(event: Any, events: Iterator[Any]) -> _Node:  # the stubs leave the marks open
    start, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.AliasEvent):
        return _Node(start.index, end.index, start.column, "alias")
    if isinstance(event, yaml.ScalarEvent):
        return _Node(start.index, end.index, start.column, "scalar")
    kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
    node = _Node(start.index, end.index, start.column, kind, bool(event.flow_style))
    for inner in events:
        if isinstance(inner, yaml.CollectionEndEvent):
            break
        node.items.append(_node(inner, events))
    # A block ends where the next token begins; comments before that are not its own.
    node.end = inner.end_mark.index if node.flow or not node.items else node.items[-1].end
    return node


class _Rewriter:
    """Collects the exchanges that turn one text into another."""

    def __init__(self, text: str, write_out: bool) -> None:
        self.text = text
        self.write_out = write_out  # aliases as what they stand for
        self.eol = "\r\n" if "\r\n" in text else "\n"
        self.exchanges: list[tuple[int, int, str]] = []

    def run(self, old: object, new: object) -> str:
        root = _parse(self.text)
        if root is None:
            return self.text + ("" if self.text.endswith("\n") else self.eol) + self.block(new, 0)
        self.change(root, old, new, None)
        parts, position = [], 0
        for start, end, text in sorted(self.exchanges, key=lambda exchange: exchange[:2]):
            if start < position:
                raise CannotRewriteError("two changes meet in one place")
            parts += [self.text[position:start], text]
            position = end
        return "".join([*parts, self.text[position:]])

    def change(self, node: _Node, old: object, new: object, indent: int | None) -> None:
        """Exchange what differs in `node`; `indent` is where a block below it would begin."""
        if same(old, new) and not self.write_out:
            return
        if node.kind == "mapping" and isinstance(old, dict) and isinstance(new, dict):
            done = self.mapping(node, old, new)
        elif node.kind == "sequence" and isinstance(old, list) and isinstance(new, list):
            done = self.sequence(node, old, new)
        else:
            done = same(old, new) and node.kind != "alias"
        if not done:
            self.exchange(node, new, indent)

    # -- mappings

    def mapping(self, node: _Node, old: dict[object, object], new: dict[object, object]) -> bool:
        """Change a mapping key by key; False if it has to be written anew."""
        pairs = self.keys(node, old)
        gone = [key for key in pairs if not _holds(new, key)]
        # A key that came through a merge (`<<`) and did not change needs no line of its own.
        added = {
            key: value
            for key, value in new.items()
            if not _holds(pairs, key) and not (_holds(old, key) and same(old[key], value))
        }
        if (len(gone) == len(pairs) and not same(old, new)) or (node.flow and (gone or added)):
            return False
        for key, (name, value) in pairs.items():
            if _holds(new, key):
                self.change(value, old[key], new[key], None if node.flow else name.column + 2)
        for key in gone:
            self.remove([pair[0] for pair in node.pairs], pairs[key][0], pairs[key][1].end)
        if added:
            self.append(node, self.block(added, node.items[0].column))
        return True

    def keys(self, node: _Node, old: dict[object, object]) -> dict[object, tuple[_Node, _Node]]:
        """Which key of the value is which pair of the text; of two equal keys the last counts."""
        names = [self.text[key.start : key.end] for key, _ in node.pairs]
        if len(names) == len(old) and "<<" not in names:
            return dict(zip(old, node.pairs, strict=True))
        keys = (yaml.load(name, Loader=Loader) for name in names)
        return {
            key: pair
            for key, name, pair in zip(keys, names, node.pairs, strict=True)
            if name != "<<"
        }

    # -- sequences

    def sequence(self, node: _Node, old: list[object], new: list[object]) -> bool:
        """Change a sequence item by item; False if it has to be written anew."""
        fixed = node.flow and len(old) != len(new)
        if len(node.items) != len(old) or fixed or bool(old) != bool(new):
            return False
        shorter = min(len(old), len(new))
        head = next((i for i in range(shorter) if not same(old[i], new[i])), shorter)
        most = shorter - head
        tail = next((i for i in range(most) if not same(old[-1 - i], new[-1 - i])), most)
        common = shorter - tail  # items up to here have a partner at the same index
        for i in range(len(node.items)):
            if i < common or i >= len(old) - tail:
                partner = new[i] if i < common else new[i - len(old)]
                column = None if node.flow else node.column + 2
                self.change(node.items[i], old[i], partner, column)
        dashes = [self.dash(node, i) for i in range(len(old))] if not node.flow else []
        for i in range(common, len(old) - tail):
            self.remove(dashes, dashes[i], node.items[i].end)
        self.insert(node, dashes, common, new[common : len(new) - tail])
        return True

    def insert(self, node: _Node, dashes: list[_Node], index: int, values: list[object]) -> None:
        if not values:
            return
        column = dashes[0].column
        text = self.block(values, column)
        if index:
            self.append(node.items[index - 1], text)
        else:  # before the first, which may share its line with what it is in
            start = dashes[0].start
            self.exchanges.append((start, start, text.lstrip(" ") + " " * column))

    def dash(self, node: _Node, index: int) -> _Node:
        """The dash before an item, as a node of its own."""
        if index == 0 and self.text[node.start] == "-":
            start = node.start
        else:
            begin = node.items[index - 1].end if index else node.start
            found = re.compile(r"^ *-(?=\s)", re.MULTILINE).search(self.text, begin)
            if found is None or found.end() > node.items[index].start:
                raise CannotRewriteError("an item of a list has no dash of its own")
            start = found.end() - 1
        return _Node(start, start + 1, start - self.text.rfind("\n", 0, start) - 1, "scalar")

    # -- text

    def remove(self, heads: list[_Node], head: _Node, end: int) -> None:
        """Take out an entry of a block: its lines, or up to its neighbour if it shares one."""
        begin = self.text.rfind("\n", 0, head.start) + 1
        if self.text[begin : head.start].strip(" ?"):
            following = [other.start for other in heads if other.start > head.start]
            self.exchanges.append((head.start, following[0], ""))
        else:
            self.exchanges.append((begin, self.next_line(end), ""))

    def append(self, after: _Node, text: str) -> None:
        """Put lines behind the line on which a node ends."""
        place = self.next_line(after.end)
        missing = place and self.text[place - 1] != "\n"
        self.exchanges.append((place, place, self.eol + text if missing else text))

    def exchange(self, node: _Node, new: object, indent: int | None) -> None:
        """Write a node anew, in its own place."""
        source = self.text[node.start : node.end]
        collection = isinstance(new, dict | list) and bool(new)
        block = node.kind in ("mapping", "sequence") and not node.flow and source[0] not in "&!"
        # A list may stand right below its key; what takes its place must stand further in.
        column = max(node.column, indent or 0)
        if collection and block:
            text = self.block(new, column).strip()
        elif collection and indent is not None and "\n" not in source:
            self.exchange_with_block(node, new, indent)
            return
        else:
            text = _inline(new)
        if block:
            text = " " * (column - node.column) + text
        elif node.start == node.end:
            text = " " + text  # `key:` without a value
        closing = self.eol if source.endswith("\n") else ""  # a literal block ends with its line
        self.exchanges.append((node.start, node.end, text + closing))

    def exchange_with_block(self, node: _Node, new: object, indent: int) -> None:
        """Put a block on the lines below, where a scalar was; its comment stays on its line."""
        start, end = node.start, node.end
        if self.text[end : end + 1] in ("", "\r", "\n"):
            start = len(self.text[:start].rstrip(" "))
        self.exchanges.append((start, end, ""))
        self.append(node, self.block(new, indent))

    def block(self, value: object, column: int) -> str:
        """Lines in block style, from `column` on."""
        text = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1 << 30)
        if not isinstance(value, dict | list):
            text = _inline(value) + "\n"
        return "".join(" " * column + line + self.eol for line in text.splitlines())

    def next_line(self, index: int) -> int:
        """Where the line after the one that holds the character before `index` begins."""
        if index and self.text[index - 1] == "\n":
            return index
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1


def _holds(mapping: Mapping[object, object], key: object) -> bool:
    """Whether `key` is in `mapping`, to the type: 1 is not True here, as it is to a dict."""
    if not isinstance(key, int | float):
        return key in mapping
    return key in mapping and any(type(other) is type(key) for other in mapping if other == key)


def _inline(value: object) -> str:
    """A value on one line, right in block and in flow style alike."""
    text: str = yaml.dump(
        [value],
        Dumper=Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=1 << 30,
    )
    return text.strip()[1:-1]
