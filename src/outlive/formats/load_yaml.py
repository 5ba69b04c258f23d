"""The dict in a text of one YAML document, made from libyaml's events in one pass.

PyYAML's own way makes a tree of nodes first and takes two to three times as long. Which text is of
which type is left to PyYAML, so that both read the same. What PyYAML lets pass and a person would
regret is refused: a key that is there twice, an alias that grows beyond all bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from re import compile
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError
from yaml.resolver import Resolver

from .yaml_text import Loader

DEEPEST = 500  # dicts and lists in each other; the document itself is the first

_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + name for name in ("null", "bool", "int", "float", "binary", "timestamp", "str")}
_CONTAINERS = {None, "!", _TAG + "map", _TAG + "seq"}
_KEYS = {str, int, float, bool, type(None), date, datetime}
_NUMBER = compile(r"0|-?[1-9][0-9]{0,17}").fullmatch
_NO_KEY = object()
_UNFIT = "which a State cannot hold"
_TOO_LARGE = "aliases stand for far more than the text"
_MERGE = object()
# How far aliases may make a value larger than its text: a few lines can stand for more than any
# memory holds.
_ROOM, _GROWTH = 1_000_000, 10


class DocumentError(ValueError):
    """The text is not what a State file holds; `line` and `column` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column


def load_text(text: str) -> dict[Any, Any]:
    """The dict in `text`; empty where it is blank, comments or null. Raises DocumentError.

    What an alias stands for is in the value as often as in the text, as the same object.

    >>> load_text("port: 8080  # as ever")
    {'port': 8080}
    """
    builder = _Builder(text)
    try:
        return builder.build()
    except _ProblemError as error:
        problem, mark = error.args
    except ReaderError as error:
        before = text[: text.find(chr(error.character))]
        column = len(before) - before.rfind("\n")
        problem = f"the character U+{error.character:04X}, which YAML does not allow"
        raise DocumentError(problem, before.count("\n") + 1, column) from error
    except yaml.MarkedYAMLError as error:
        problem, mark = _described(error), error.problem_mark or error.context_mark
    except Exception as error:  # noqa: BLE001  # what makes the values may raise anything at all
        problem, mark = f"a value that cannot be ({error})", None
    mark = mark or (builder.event and builder.event.start_mark)
    raise DocumentError(problem, *((mark.line + 1, mark.column + 1) if mark else (1, 1)))


class _ProblemError(Exception):
    """What is wrong, and the mark of where."""


def _described(error: yaml.MarkedYAMLError) -> str:
    start = f" that begins in line {error.context_mark.line + 1}" if error.context_mark else ""
    return f"{error.problem} {error.context}{start}" if error.context else str(error.problem)


class _Builder:
    """Takes events and puts what they say into the container that is open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.event: Any = None
        self.top: list[Any] = []
        self.current: Any = self.top  # the container that is open
        self.key: Any = _NO_KEY  # of the next value, if the container is a dict
        self.merges: list[tuple[Any, Any]] = []  # what comes by `<<` into it, each with its mark
        self.stack: list[tuple[Any, list[tuple[Any, Any]]]] = []  # those around it
        self.anchors: dict[str, Any] = {}
        self.plain: dict[str, Any] = {}  # what a text without quotes means
        self.most = _ROOM + _GROWTH * len(text)
        self.merged = 0
        # Of each closed container, by its id: how large it is and how high. Without an alias
        # there is nothing that they could tell.
        self.sizes: dict[int, tuple[int, int]] = {}
        self.has_aliases = "*" in text
        self.handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.open,
            yaml.SequenceStartEvent: self.open,
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.document,
        }

    def build(self) -> dict[Any, Any]:
        self.parser: Any = Loader(self.text)
        next_event, handlers = self.parser.get_event, self.handlers
        while (event := next_event()) is not None:
            self.event = event
            if (handler := handlers.get(type(event))) is not None:
                handler(event)
        value = self.top[0] if self.top else None
        if value is None:
            return {}
        if not isinstance(value, dict):
            kind = "a list" if isinstance(value, list) else "a single value"
            raise _ProblemError(f"the state is {kind}, not a mapping", self.start)
        return value

    def document(self, event: Any) -> None:
        if self.top:
            raise _ProblemError("a second document, which is no entry", event.start_mark)
        self.start = self.parser.peek_event().start_mark

    def scalar(self, event: Any) -> None:
        text, tag = event.value, event.tag
        if tag is not None and tag != "!":
            value = self.tagged(event, tag)
        elif not event.implicit[0]:
            value = text
            if not text.isascii():
                text.encode()  # PyYAML's own reader, unlike libyaml, lets half a pair pass
        elif (value := self.plain.get(text, _NO_KEY)) is _NO_KEY:
            value = self.plain[text] = _meaning(text)
        if event.anchor is not None:
            self.name(event, value)
        current = self.current
        if type(current) is list:
            current.append(value)
        elif self.key is _NO_KEY:
            self.take_key(event, value)
        elif self.key is _MERGE:
            self.put(event, value)
        else:
            current[self.key] = value
            self.key = _NO_KEY

    def tagged(self, event: Any, tag: str) -> Any:
        if tag not in _SCALARS:
            raise _ProblemError(f"a value of the type {_short(tag)}, {_UNFIT}", event.start_mark)
        return _constructed(tag, event.value)

    def take_key(self, event: Any, key: Any) -> None:
        if key == "<<" and type(event) is yaml.ScalarEvent and event.implicit[0]:
            self.key = _MERGE
            return
        if type(key) not in _KEYS or key != key:  # noqa: PLR0124  # a NaN, which is never found
            kind = "nan" if isinstance(key, float) else type(key).__name__
            raise _ProblemError(f"a key of the type {kind}, {_UNFIT}", event.start_mark)
        if key in self.current:
            raise _ProblemError(f"the key {key!r} is there a second time", event.start_mark)
        self.key = key

    def put(self, event: Any, value: Any) -> None:
        """Put a value into the container that is open."""
        if type(self.current) is list:
            self.current.append(value)
        elif self.key is _MERGE:
            self.merges.append((value, event.start_mark))
        else:
            self.current[self.key] = value
        self.key = _NO_KEY

    def open(self, event: Any) -> None:
        if event.tag not in _CONTAINERS:
            raise _ProblemError(
                f"a value of the type {_short(event.tag)}, {_UNFIT}", event.start_mark
            )
        value: Any = {} if type(event) is yaml.MappingStartEvent else []
        if self.key is _NO_KEY and type(self.current) is dict:
            raise _ProblemError(
                f"a key of the type {type(value).__name__}, {_UNFIT}", event.start_mark
            )
        if event.anchor is not None:
            self.name(event, value)
        self.put(event, value)
        self.sizes.pop(id(value), None)  # of one that is gone
        self.stack.append((self.current, self.merges))
        if len(self.stack) > DEEPEST:
            raise _ProblemError(f"nested more than {DEEPEST} deep", event.start_mark)
        self.current, self.merges = value, []

    def close(self, event: Any) -> None:
        if self.merges:
            self.merge()
        if self.has_aliases:
            self.measure(event)
        self.current, self.merges = self.stack.pop()

    def name(self, event: Any, value: Any) -> None:
        if event.anchor in self.anchors:
            raise _ProblemError(
                f"the anchor &{event.anchor} is there a second time", event.start_mark
            )
        self.anchors[event.anchor] = value

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _ProblemError(
                f"the alias *{event.anchor} has no anchor before it", event.start_mark
            )
        value = self.anchors[event.anchor]
        if isinstance(value, dict | list) and id(value) not in self.sizes:
            raise _ProblemError(
                f"the alias *{event.anchor} is in what it stands for", event.start_mark
            )
        if self.key is _NO_KEY and type(self.current) is dict:
            self.take_key(event, value)
        else:
            self.put(event, value)

    def merge(self) -> None:
        """Take in what `<<` names: of a list the first counts, and keys of its own before all."""
        own = dict(self.current)
        self.current.clear()
        for value, mark in self.merges:
            for part in reversed(value) if isinstance(value, list) else [value]:
                if not isinstance(part, dict):
                    raise _ProblemError("<< takes a mapping or a list of them", mark)
                self.current.update(part)
                self.merged += len(part)
                if self.merged > self.most:
                    raise _ProblemError(_TOO_LARGE, mark)
        self.current.update(own)

    def measure(self, event: Any) -> None:
        sizes, size, height, parts = self.sizes, 1, 0, self.current
        if isinstance(parts, dict):
            size += sum(len(key) if type(key) is str else 1 for key in parts)
            parts = parts.values()
        for part in parts:
            if type(part) is dict or type(part) is list:
                inner = sizes[id(part)]
                size += inner[0]
                height = max(height, inner[1])
            else:
                size += len(part) if type(part) is str or type(part) is bytes else 1
        sizes[id(self.current)] = size, height + 1
        if size > self.most:
            raise _ProblemError(_TOO_LARGE, event.start_mark)
        if len(self.stack) + height > DEEPEST:
            raise _ProblemError(f"nested more than {DEEPEST} deep", event.start_mark)


def _meaning(text: str) -> Any:
    """What a text without quotes means, by the rules of YAML 1.1 as PyYAML has them."""
    if _NUMBER(text):
        return int(text)
    for tag, regexp in Resolver.yaml_implicit_resolvers.get(text[:1], ()):
        if regexp.match(text):
            return _constructed(tag, text) if tag in _SCALARS else text
    return text


def _constructed(tag: str, text: str) -> Any:
    construct = SafeConstructor.yaml_constructors[tag]
    return construct(_CONSTRUCTOR, yaml.ScalarNode(tag, text))


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag


_CONSTRUCTOR = SafeConstructor()
