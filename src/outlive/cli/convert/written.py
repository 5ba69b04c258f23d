"""What a person wrote into a text and no value has: comments, keys that stand twice, digits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_BOM = b"\xef\xbb\xbf"
# What may hold a # that begins no comment, and the comments.
_TOML = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(#[^\n]*)', re.DOTALL
)
_ENTRY = re.compile(rb"(?m)^--- ?(#[0-9a-f]{1,8})?\r?\n\[")
_SHORT = 17  # digits that every float keeps


def document_of(data: bytes) -> bytes:
    """The document of a State file, without the entries behind it."""
    found = _ENTRY.search(data)
    if found is None:
        return data
    return data[: found.start()].removesuffix(b"\n") if found.start() else b""


def comments(data: bytes, format: str) -> Counter[str]:
    """The comments in a text of YAML or TOML; none in one of another format, or that is damaged."""
    find = {"yaml": _in_yaml, "toml": _in_toml}.get(format)
    if find is None or b"#" not in data:
        return Counter()
    try:
        return Counter(each.strip() for each in find(data.removeprefix(_BOM).decode()))
    except Exception:  # noqa: BLE001  # whatever a scanner raises: who reads it has said so
        return Counter()


def _in_toml(text: str) -> Iterator[str]:
    return (found[1] for found in _TOML.finditer(text) if found[1])


def _in_yaml(text: str) -> Iterator[str]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    at = 0
    for token in yaml.scan(text, Loader=loader):
        yield from _between(text[at : token.start_mark.index])
        at = token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[token.start_mark.index : at].partition("\n")[0]
            yield from _between(header)
    yield from _between(text[at:])


def _between(gap: str) -> Iterator[str]:
    if "#" in gap:
        yield from re.findall(r"#[^\r\n]*", gap)


def doubts(data: bytes, format: str) -> Iterator[str]:
    """What whoever reads a text of JSON or YAML passes over in silence."""
    if format == "json":
        return iter(_in_json(data))
    return _twice_in_yaml(data) if format == "yaml" else iter(())


def _in_json(data: bytes) -> list[str]:
    found: list[str] = []

    def pairs(given: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in given}) < len(given):
            counted = Counter(key for key, _ in given)
            found.extend(_twice(key) for key, count in counted.items() if count > 1)

    def number(text: str) -> None:
        if len(text) > _SHORT or "e" in text.lower():
            from decimal import Decimal

            kept = repr(float(text))
            if Decimal(text) != Decimal(kept):
                found.append(f"the number {text:.60} becomes {kept}")

    # No int is needed, and a long one takes long.
    json.loads(data.removeprefix(_BOM), object_pairs_hook=pairs, parse_float=number, parse_int=len)
    return found


def _twice(key: object) -> str:
    return f"the key {key!r} stands twice in one object, of which the last counts"


def _twice_in_yaml(data: bytes) -> Iterator[str]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    todo: list[Any] = [yaml.compose(data.removeprefix(_BOM).decode(), Loader=loader)]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = Counter(
                (key.tag, key.value)
                for key, _ in node.value
                if isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge")
            )
            for (_, text), count in keys.items():
                if count > 1:
                    yield _twice(text)
            todo += [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
