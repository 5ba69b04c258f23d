"""A value as the text that a person edits: YAML, or JSON for types that YAML has not.

What is read back from it is the same value, to the type; what neither can show is refused.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from ..errors import FormatError
from .values import as_json
from .values import read as read_json

_WIDTH = 1 << 30  # no line is folded
_MERGE = "tag:yaml.org,2002:merge"

if TYPE_CHECKING:
    from yaml import SafeDumper, SafeLoader
else:
    # Those of libyaml are ten times as fast.
    SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TextError(FormatError):
    """What a person wrote cannot be kept; `line` and `column`, from 1, say where, if known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class TwiceError(TextError):
    """A key stands twice in one mapping."""


class Shown(NamedTuple):
    """A text, and which of the two it is."""

    text: str
    is_json: bool


class _Dumper(SafeDumper):
    """Texts of several lines are written as such."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """A text; the dumper takes another style where this one would change it."""
        style = "|" if "\n" in data else None
        node: yaml.ScalarNode = self.represent_scalar("tag:yaml.org,2002:str", data, style=style)
        return node


_Dumper.add_representer(str, _Dumper.represent_str)


class _RowDumper(SafeDumper):
    """A row is one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """Rows share nothing."""
        return True


class _Loader(SafeLoader):
    """Raises TwiceError for a key that stands twice, of which YAML's own would drop one."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Hashable, Any]:
        """A dict."""
        seen = set()
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        for name, _ in pairs:
            if name.tag == _MERGE:
                continue
            key = self.construct_object(name, deep=True)
            if isinstance(key, Hashable) and key in seen:
                mark = name.start_mark
                message = f"the key {key!r:.80} is there a second time"
                raise TwiceError(message, mark.line + 1, mark.column + 1)
            if isinstance(key, Hashable):
                seen.add(key)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)  # type: ignore[arg-type]  # it raises for others
        return made


def _float(loader: _Loader, node: yaml.Node) -> float:
    """A number, but not one that is only too large to be held."""
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # it was resolved by its text
    number = float(loader.construct_yaml_float(node))
    if number - number != 0 and any(each.isdigit() for each in node.value):
        mark = node.start_mark
        message = f"{node.value:.40} is more than a float holds; give it as a text, or write .inf"
        raise TextError(message, mark.line + 1, mark.column + 1)
    return number


_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def show(value: object, where: str) -> Shown:
    """The text for a value. Raises FormatError for one that could not be read back as it is."""
    for is_json, write in ((False, _dump), (True, _as_json)):
        try:
            text = write(value)
            if same(read(text, is_json=is_json), value):
                return Shown(text, is_json)
        except (yaml.YAMLError, ValueError, RecursionError):
            continue
    raise FormatError(
        f"{where} holds what neither YAML nor JSON can show as it is (a value of the "
        f"type {type(value).__name__}, or something in it); change it in Python"
    )


def _dump(value: object) -> str:
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=_WIDTH,
    )
    return text.removesuffix("...\n")


def _as_json(value: object) -> str:
    return as_json(value, indent=2) + "\n"


def show_rows(rows: list[dict[str, Any]]) -> str:
    """Rows as a list in YAML, each in a line of its own."""
    return "".join(
        "- "
        + yaml.dump(
            row,
            Dumper=_RowDumper,
            allow_unicode=True,
            sort_keys=False,
            default_flow_style=True,
            width=_WIDTH,
        )
        for row in rows
    )


def read(text: str, *, is_json: bool = False) -> Any:
    """The value that a text stands for. Raises TextError."""
    if is_json:
        return _read_json(text)
    return next((value for value, _ in _read_yaml(text, is_list=False)), None)


def read_rows(text: str) -> Iterator[tuple[Any, int]]:
    """The items of a list in YAML, each with the line in which it begins. Raises TextError."""
    return _read_yaml(text, is_list=True)


def check_unique(text: str) -> None:
    """Raise TwiceError if a key stands twice in a mapping of a YAML or JSON text."""
    try:
        read(text)
    except TwiceError:
        raise
    except TextError:
        return  # others say so, and better


def _read_json(text: str) -> Any:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise TextError(f"{error.msg}: line {error.lineno}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise TextError("the value is nested too deep") from error
    try:
        return read_json(text)
    except FormatError as error:
        raise TextError(str(error)) from error


def _read_yaml(text: str, *, is_list: bool) -> Iterator[tuple[Any, int]]:
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return
        if is_list and not isinstance(node, yaml.SequenceNode):
            raise TextError("it is no list of rows: each row begins with '- '", 1)
        for each in node.value if is_list else (node,):
            yield loader.construct_document(each), each.start_mark.line + 1
    except yaml.YAMLError as error:
        raise _text_error(error) from error
    except RecursionError as error:
        raise TextError("the value is nested too deep") from error
    except TextError:
        raise
    except (ValueError, OverflowError) as error:  # a date that is none, an index out of range
        raise TextError(f"a value cannot be read: {error}") from error
    finally:
        if loader is not None:
            loader.dispose()


def _text_error(error: yaml.YAMLError) -> TextError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    if mark is None:
        return TextError(" ".join(what.split()))
    line, column = mark.line + 1, mark.column + 1
    return TextError(f"{what}: line {line}, column {column}", line, column)


def same(one: object, other: object) -> bool:
    """Whether two values are the same, to the types and the order of keys.

    >>> same({"a": [1, 2.0]}, {"a": [1, 2.0]}), same([1], [True]), same((1,), [1])
    (True, False, False)
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        assert isinstance(other, Mapping)  # noqa: S101  # of one type
        return len(one) == len(other) and all(map(same, one.items(), other.items()))
    if isinstance(one, list | tuple):
        assert isinstance(other, list | tuple)  # noqa: S101  # of one type
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, set | frozenset):
        return one == other and sorted(map(repr, one)) == sorted(map(repr, other))
    return one is other or repr(one) == repr(other)
