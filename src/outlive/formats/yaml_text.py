"""Where each part of a YAML text stands, and how a new part is written. By libyaml."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml

from .dump_yaml import integer, timestamp

Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: type = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_DEEPEST = 1000


def check_depth(text: str) -> None:
    """Raise ValueError for a text nested so deep that PyYAML's C code would overflow its stack."""
    # A block nested so deep has a line that long: a look that costs little clears most texts.
    brackets = text.count("[") + text.count("{")
    if brackets <= _DEEPEST and max(map(len, text.split("\n"))) <= _DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")


@dataclass(slots=True)
class Node:
    """A node of the text: from `start` up to `end`, without what follows its last leaf."""

    start: int
    end: int
    column: int
    kind: str  # "scalar", "alias", "mapping" or "sequence"
    flow: bool = False
    items: list[Node] = field(default_factory=list)  # of a mapping: key, value, key, value, …

    @property
    def pairs(self) -> list[tuple[Node, Node]]:
        """The keys of a mapping, each with its value."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))


def parse(text: str) -> Node | None:
    """The root node, or None where the text is empty or holds comments alone."""
    events = iter(yaml.parse(text, Loader=Loader))
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            return _node(next(events), events, text)
    return None


def _node(event: Any, events: Iterator[Any], text: str) -> Node:  # the stubs leave the marks open
    start, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.AliasEvent):
        return Node(start.index, end.index, start.column, "alias")
    if isinstance(event, yaml.ScalarEvent):
        stop = end.index
        if event.style in ("|", ">") and "+" not in text[start.index : stop].partition("\n")[0]:
            # The blank lines after a literal block are not part of it.
            body = text[start.index : stop].rstrip()
            stop = min(text.find("\n", start.index + len(body)) + 1 or len(text), stop)
        return Node(start.index, stop, start.column, "scalar")
    kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
    node = Node(start.index, end.index, start.column, kind, bool(event.flow_style))
    for inner in events:
        if isinstance(inner, yaml.CollectionEndEvent):
            break
        node.items.append(_node(inner, events, text))
    # A block ends where the next token begins; comments before that are not its own.
    node.end = inner.end_mark.index if node.flow or not node.items else node.items[-1].end
    return node


class _PlainDumper(Dumper):  # type: ignore[misc]  # one of two classes, by what is installed
    """Writes a value that stands in two places twice: a name might be taken in the text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # as PyYAML calls it
        return True


def _int(dumper: Any, number: int) -> object:
    return dumper.represent_scalar("tag:yaml.org,2002:int", integer(number))


def _datetime(dumper: Any, moment: datetime) -> object:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", timestamp(moment))


def _bytes(dumper: Any, value: bytes) -> object:
    return dumper.represent_scalar("tag:yaml.org,2002:binary", b64encode(value).decode(), '"')


# PyYAML fails on very large numbers and on offsets with seconds, and writes bytes as a block, which
# would swallow a comment that stood behind what was there before.
_PlainDumper.add_representer(int, _int)
_PlainDumper.add_representer(bytes, _bytes)
_PlainDumper.add_representer(datetime, _datetime)


def dump(value: object, *, flow: bool = False) -> str:
    """A document that holds the value."""
    return str(
        yaml.dump(
            value,
            Dumper=_PlainDumper,
            default_flow_style=flow,
            sort_keys=False,
            allow_unicode=True,
            width=1 << 30,
        )
    )


def inline(value: object) -> str:
    """A value in flow style, right in block and in flow style alike."""
    return dump([value], flow=True).strip()[1:-1]


def scalar(value: object) -> str:
    """A value for a block: as `inline`, but dates need no quotes there."""
    text = dump(value, flow=True).removesuffix("\n").removesuffix("\n...")
    return inline(value) if "\n" in text else text


def has_comments(document: str) -> bool:
    """Whether there is a ``#`` between two tokens of a document that can be read."""
    if "#" not in document:
        return False
    end = 0
    for token in yaml.scan(document, Loader=Loader):
        if "#" in document[end : token.start_mark.index]:
            return True
        end = token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header, _, _ = document[token.start_mark.index : end].partition("\n")
            if "#" in header:
                return True
    return "#" in document[end:]
