"""Change a YAML text only where its value changed; every other character stays as it was.

libyaml says where each node of the text begins and ends. The old value and the new one are
compared by path, and only the text of what differs is exchanged. So comments, order, quoting,
blank lines and spacing that a person chose survive, also where a parser that writes the whole
document anew would normalise them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import yaml

from .equality import aligned, same
from .yaml_text import Loader, Node, dump, inline, parse, scalar

Loads = Callable[[str], object]
# What to do with `*name`: leave it to its anchor; write out those that changed; write out all.
_ALIASES = ("leave", "changed", "all")


class CannotRewriteError(Exception):
    """The change cannot be made in this text without writing it anew."""


def rewrite(text: str, old: object, new: object, loads: Loads) -> str:
    """`text`, which loads as `old`, changed so that it loads as `new`.

    Raises CannotRewriteError where that fails, as it may where an anchor's value changes.
    """
    for aliases in _ALIASES:
        result = _Rewriter(text, aliases).run(old, new)
        try:
            if same(loads(result), new):
                return result
        except (yaml.YAMLError, ValueError):
            pass  # an alias may have lost its anchor; the next round writes aliases out
    raise CannotRewriteError("the change cannot be made without writing the whole file anew")


class _Rewriter:
    """Collects the exchanges that turn one text into another."""

    def __init__(self, text: str, aliases: str) -> None:
        self.text = text
        self.aliases = aliases
        self.eol = "\r\n" if "\r\n" in text else "\n"
        self.exchanges: list[tuple[int, int, str]] = []

    def run(self, old: object, new: object) -> str:
        root = parse(self.text)
        if root is None:
            return self.text + ("" if self.text.endswith("\n") else self.eol) + self.block(new, 0)
        self.change(root, old, new, 0)
        parts, position = [], 0
        for start, end, text in sorted(self.exchanges, key=lambda exchange: exchange[:2]):
            if start < position:
                raise CannotRewriteError("two changes meet in one place")
            parts += [self.text[position:start], text]
            position = end
        return "".join([*parts, self.text[position:]])

    def change(self, node: Node, old: object, new: object, indent: int | None) -> None:
        """Exchange what differs in `node`.

        `indent` is where a block below it would begin, None if it is in a flow (`[…]`, `{…}`).
        """
        if same(old, new) and self.aliases != "all":
            return
        if node.kind == "alias" and self.aliases == "leave":
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

    def mapping(self, node: Node, old: dict[object, object], new: dict[object, object]) -> bool:
        """Change a mapping key by key; False if it has to be written anew."""
        if self.aliases == "all" and self.merges(node):
            return False
        pairs = self.keys(node, old)
        gone = [key for key in pairs if not _holds(new, key)]
        # A key that came through a merge (`<<`) and did not change needs no line of its own.
        added = {
            key: value
            for key, value in new.items()
            if not _holds(pairs, key) and not (_holds(old, key) and same(old[key], value))
        }
        if len(gone) == len(pairs) and not same(old, new):
            return False
        for key, (name, value) in pairs.items():
            if _holds(new, key):
                self.change(value, old[key], new[key], None if node.flow else name.column + 2)
        starts = {pairs[key][0].start for key in gone}
        if node.flow:
            entries = [Node(k.start, v.end, k.column, "pair") for k, v in node.pairs]
            self.remove_from_flow(entries, [entry.start in starts for entry in entries])
            self.insert_into_flow(entries, len(entries), inline(added)[1:-1] if added else "")
            return True
        self.remove(node.pairs, [key.start in starts for key, _ in node.pairs])
        if added:
            first = node if self.text[node.start] == "?" else node.items[0]
            self.append(node, self.block(added, first.column))
        return True

    def merges(self, node: Node) -> bool:
        """Whether the mapping takes in others (`<<`)."""
        return any(self.text[key.start : key.end] == "<<" for key, _ in node.pairs)

    def keys(self, node: Node, old: dict[object, object]) -> dict[object, tuple[Node, Node]]:
        """Which key of the value is which pair of the text; of two equal keys the last counts."""
        names = [self.text[key.start : key.end] for key, _ in node.pairs]
        if len(names) == len(old) and "<<" not in names:
            return dict(zip(old, node.pairs, strict=True))
        return {
            yaml.load(name, Loader=Loader): pair
            for name, pair in zip(names, node.pairs, strict=True)
            if name != "<<"
        }

    # -- sequences

    def sequence(self, node: Node, old: list[object], new: list[object]) -> bool:
        """Change a sequence item by item; False if it has to be written anew."""
        if len(node.items) != len(old):
            return False
        partners, runs = aligned(old, new)
        gone = [partner < 0 for partner in partners]
        if all(gone):  # or there were none: what is empty has no place for the first
            return False
        for i, partner in enumerate(partners):
            if partner >= 0:
                column = None if node.flow else node.column + 2
                self.change(node.items[i], old[i], new[partner], column)
        dashes = [] if node.flow else [self.dash(node, i) for i in range(len(old))]
        for before, begin, end in runs:
            if node.flow:
                self.insert_into_flow(node.items, before, inline(new[begin:end])[1:-1])
            else:
                self.insert(node, dashes, before, new[begin:end])
        if node.flow:
            self.remove_from_flow(node.items, gone)
        else:
            self.remove(list(zip(dashes, node.items, strict=True)), gone)
        return True

    def insert(self, node: Node, dashes: list[Node], index: int, values: list[object]) -> None:
        column = dashes[0].column
        text = self.block(values, column)
        if index:
            self.append(node.items[index - 1], text)
        else:  # before the first, which may share its line with what it is in
            start = dashes[0].start
            self.exchanges.append((start, start, text.lstrip(" ") + " " * column))

    def dash(self, node: Node, index: int) -> Node:
        """The dash before an item, as a node of its own."""
        if index == 0 and self.text[node.start] == "-":
            start = node.start
        else:
            begin = node.items[index - 1].end if index else node.start
            found = re.compile(r"^ *-(?=\s)", re.MULTILINE).search(self.text, begin)
            if found is None or found.end() > node.items[index].start:
                raise CannotRewriteError("an item of a list has no dash of its own")
            start = found.end() - 1
        return Node(start, start + 1, start - self.text.rfind("\n", 0, start) - 1, "scalar")

    # -- text

    def remove(self, entries: list[tuple[Node, Node]], gone: list[bool]) -> None:
        """Take out entries of a block, each a head (key or dash) and a value: their lines."""
        done = 0
        for i, (head, value) in enumerate(entries):
            if not gone[i] or head.start < done:
                continue
            begin = self.text.rfind("\n", 0, head.start) + 1
            if not self.text[begin : head.start].strip(" ?"):
                self.exchanges.append((begin, self.next_line(value.end), ""))
                continue
            # The first shares its line with what it is in: the next that stays takes its place,
            # with the comments above it.
            stays = gone.index(False, i)
            done = entries[stays][0].start
            between = self.text[self.next_line(entries[stays - 1][1].end) : done]
            text = between.lstrip() if "#" in between else ""
            self.exchanges.append((head.start, done, text))

    def remove_from_flow(self, entries: list[Node], gone: list[bool]) -> None:
        """Take out entries of a flow, with one comma each."""
        last = max((i for i, is_gone in enumerate(gone) if not is_gone), default=-1)
        for i, entry in enumerate(entries):
            if gone[i] and i < last:
                self.exchanges.append((entry.start, entries[i + 1].start, ""))
        if last < len(entries) - 1:
            between = self.text[entries[last].end : entries[last + 1].start]
            start = entries[last + 1].start if "#" in between else entries[last].end
            self.exchanges.append((start, entries[-1].end, ""))

    def insert_into_flow(self, entries: list[Node], index: int, text: str) -> None:
        """Put entries, separated by commas, into a flow."""
        if text and index:
            self.exchanges.append((entries[index - 1].end, entries[index - 1].end, f", {text}"))
        elif text:
            self.exchanges.append((entries[0].start, entries[0].start, f"{text}, "))

    def append(self, after: Node, text: str) -> None:
        """Put lines behind the line on which a node ends."""
        place = self.next_line(after.end)
        missing = place and self.text[place - 1] != "\n"
        self.exchanges.append((place, place, self.eol + text if missing else text))

    def exchange(self, node: Node, new: object, indent: int | None) -> None:
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
            text = (inline(new) if indent is None or collection else scalar(new)).replace(
                "\n", self.eol
            )
        if block:
            text = " " * (column - node.column) + text
        elif node.start == node.end:
            text = " " + text  # `key:` without a value
        closing = self.eol if source.endswith("\n") else ""  # a literal block ends with its line
        if closing and "#" in (header := source.partition("\n")[0]):
            text += "  " + header[header.index("#") :].rstrip()
        self.exchanges.append((node.start, node.end, text + closing))

    def exchange_with_block(self, node: Node, new: object, indent: int) -> None:
        """Put a block on the lines below, where a scalar was; its comment stays on its line."""
        start, end = node.start, node.end
        if self.text[end : end + 1] in ("", "\r", "\n"):
            start = len(self.text[:start].rstrip(" "))
        self.exchanges.append((start, end, ""))
        self.append(node, self.block(new, indent))

    def block(self, value: object, column: int) -> str:
        """Lines in block style, from `column` on."""
        text = dump(value) if isinstance(value, dict | list) else scalar(value)
        lines = text.removesuffix("\n").split("\n")
        return "".join((" " * column + line if line else "") + self.eol for line in lines)

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
