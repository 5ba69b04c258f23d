"""Files as people write them: what they mean, or why they are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from .corpus_texts import (
    ANCHORS,
    BLOCKS,
    COMMENTS,
    DEEP_BLOCK,
    DEEP_FLOW,
    EXPLICIT,
    FLOW,
    KEYS,
    LISTS,
    MERGED,
    QUOTES,
    TYPES,
)


class Case(NamedTuple):
    """A text, and what it means."""

    text: str | bytes
    value: Any
    spread: int = 0  # how many more lines than its own a change may touch: aliases written out

    @property
    def data(self) -> bytes:
        """The text as it stands in the file."""
        return self.text if isinstance(self.text, bytes) else self.text.encode()


def nested_lists(depth: int) -> Any:
    """1 in so many lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def nested_dicts(depth: int) -> Any:
    """{"x": 1} in so many dicts."""
    value: Any = {"x": 1}
    for level in reversed(range(depth)):
        value = {f"k{level}": value}
    return value


GOOD: dict[str, Case] = {
    "comments": Case(
        COMMENTS, {"a": 1, "b": {"c": 2}, "list": ["x", "y"], "d": {"e": 1, "f": 2}}
    ),
    "anchors": Case(
        ANCHORS,
        {
            "base": {"host": "localhost", "port": 80},
            "dev": {"host": "localhost", "port": 80},
            "names": ["a", "b"],
            "again": ["a", "b"],
            "one": 1,
            "uno": 1,
        },
        spread=5,
    ),
    "merge keys": Case(
        MERGED,
        {
            "base": {"host": "localhost", "port": 80},
            "other": {"port": 90, "user": "me"},
            "dev": {"host": "localhost", "port": 8080},
            "both": {"port": 80, "user": "me", "host": "localhost", "z": 1},
        },
        spread=8,
    ),
    "block scalars": Case(
        BLOCKS,
        {
            "clip": "one\n  two\n\nthree\n",
            "strip": "one",
            "keep": "one\n\n",
            "folded": "one two\nthree\n",
            "folded_strip": "one two",
            "folded_keep": "one\n\n",
            "indented": "  two blanks before\n",
            "items": ["in a list\n", "folded here"],
            "last": "the end\n",
        },
    ),
    "flow": Case(
        FLOW,
        {
            "empty": {},
            "none": [],
            "map": {"a": 1, "b": [1, 2, {"c": "d"}], "e f": "g"},
            "many": ["one", "two", "three"],
            "spread": {"a": 1, "b": 2},
            "url": ["http://x/y", "a, b"],
        },
    ),
    "flow at the top": Case("{a: 1, b: [x]}  # c\n", {"a": 1, "b": ["x"]}),
    "flow at the top, on lines": Case(
        "# c\n{\n  a: 1,  # one\n  b: [x]\n}\n", {"a": 1, "b": ["x"]}
    ),
    "JSON": Case('{\n  "a": 1,\n  "b": ["x", null, 1.5]\n}\n', {"a": 1, "b": ["x", None, 1.5]}),
    "quotes": Case(
        QUOTES,
        {
            "single": "it's",
            "double": "a\tb ☺ A",
            "plain": "with spaces, and colon:inside#hash",
            "": "empty key",
            "yes": "no",
            "multi": "first second",
            "multi plain": "first second",
            False: True,
        },
    ),
    "types": Case(
        TYPES,
        {
            "int": 12,
            "octal": 12,
            "hex": 255,
            "big": 123456789012345678901234567890,
            "under": 1000,
            "sexagesimal": 90,
            "float": 1.5,
            "exp": 1000.0,
            "inf": float("inf"),
            "null1": None,
            "null2": None,
            "null3": None,
            True: True,
            "date": date(2026, 11, 21),
            "when": datetime(2026, 11, 21, 7, 42, tzinfo=UTC),
            "naive": datetime(2026, 11, 21, 7, 42, 0, 500_000),
            "data": b"hi",
            "str": "12",
            "forced": 12,
            "local": 12,
        },
    ),
    "lists": Case(
        LISTS,
        {
            "same_column": ["a", "b"],
            "deeper": ["a", "b", "c"],
            "nested": [[1, 2], [3]],
            "maps": [{"name": "x", "n": 1}, {"name": "y", "n": 2}, {"name": "z"}],
        },
    ),
    "explicit keys": Case(EXPLICIT, {"a": 1, "b": {"c": 2}, "d": 3}),
    "keys of other types": Case(
        KEYS.replace("~: again\n", "").replace("true: bool\n", ""),
        {1: "int", 2.5: "float", None: "none", date(2026, 11, 21): "date"},
    ),
    "Windows line ends": Case(
        "# c\r\na: 1\r\n\r\nb:\r\n  - x  # y\r\ntext: |\r\n  one\r\n  two\r\n",
        {"a": 1, "b": ["x"], "text": "one\ntwo\n"},
    ),
    "mixed line ends": Case("a: 1\r\nb: 2\n# c\r\nc: 3\n", {"a": 1, "b": 2, "c": 3}),
    "old Mac line ends": Case("a: 1\rb: 2", {"a": 1, "b": 2}),
    "BOM": Case(b"\xef\xbb\xbf# c\na: 1\n", {"a": 1}),
    "BOM alone": Case(b"\xef\xbb\xbf", {}),
    "tabs after values": Case("a: 1\t# c\nb:\t2\nc: [1,\t2]\t\n", {"a": 1, "b": 2, "c": [1, 2]}),
    "trailing blanks": Case("a: 1   \nb: x  \n  \nc: 3\n", {"a": 1, "b": "x", "c": 3}),
    "empty": Case("", {}),
    "blank lines": Case("\n\n\n", {}),
    "only comments": Case("# nothing yet\n\n# but soon\n", {}),
    "only comments, no newline": Case("# nothing yet", {}),
    "null": Case("null\n", {}),
    "tilde": Case("~\n", {}),
    "empty braces": Case("{}\n", {}),
    "empty braces with comments": Case("# a\n{}  # b\n# c\n", {}),
    "start and end marks": Case("---\na: 1\n...\n", {"a": 1}),
    "start mark with a comment": Case("# c\n--- # d\na: 1\n# e\n", {"a": 1}),
    "start mark with a comment, no blank": Case("--- #my config\na: 1\n", {"a": 1}),
    "start mark on the line": Case("--- {a: 1}\n", {"a": 1}),
    "end mark and a comment": Case("a: 1\n...\n# after\n", {"a": 1}),
    "YAML directive": Case("%YAML 1.1\n---\na: 1\n", {"a": 1}),
    "unicode": Case("# ünï\nnaïve: 日本語\n🐍: Ελλάδα  # ☺\n", {"naïve": "日本語", "🐍": "Ελλάδα"}),
    "no newline at the end": Case("a: 1\nb: x", {"a": 1, "b": "x"}),
    "no newline after a list": Case("a:\n- 1\n- 2", {"a": [1, 2]}),
    "no newline after a comment": Case("a: 1\n# end", {"a": 1}),
    "no newline after a block": Case("a: 1\nb: |\n  x", {"a": 1, "b": "x"}),
    "no newline after a kept block": Case("a: 1\nb: |+\n  x\n\n", {"a": 1, "b": "x\n\n"}),
    "very long lines": Case(
        f"a: {'x' * 100_000}  # {'y' * 100_000}\nb: [{', '.join(map(str, range(5000)))}]\n",
        {"a": "x" * 100_000, "b": list(range(5000))},
    ),
    "many blank lines": Case("\n\na: 1\n\n\n\nb: 2\n\n\n", {"a": 1, "b": 2}),
    "deep flow": Case(DEEP_FLOW, {"deep": nested_lists(199)}),
    "deep block": Case(DEEP_BLOCK, nested_dicts(199)),
    "names of methods": Case(
        "items: [1]\nclose: true\n# c\nkeys: {get: 1}\n",
        {"items": [1], "close": True, "keys": {"get": 1}},
    ),
    "a text like an entry": Case(
        'a: |\n  --- #\n  ["set",[],"b",2]\nb: 1\n',
        {"a": '--- #\n["set",[],"b",2]\n', "b": 1},
    ),
    "indented all the same": Case("  a: 1\n  b:\n    c: 2\n", {"a": 1, "b": {"c": 2}}),
    "wide indents": Case(
        "a:\n        b: 1\n        c: [1]\nd: 2\n", {"a": {"b": 1, "c": [1]}, "d": 2}
    ),
    "empty values": Case(
        "a:\nb:   # nothing\nc: ''\nd: []\n", {"a": None, "b": None, "c": "", "d": []}
    ),
}  # fmt: skip

BAD: dict[str, tuple[str | bytes, str]] = {
    "a list": ("# c\n- a\n- b\n", "line 2, column 1.*list"),
    "a single value": ("\nhello\n", "line 2, column 1.*mapping"),
    "a number": ("42\n", "line 1, column 1"),
    "a tab as indent": ("a:\n\tb: 1\n", "line 2, column 1"),
    "duplicate keys": ("a: 1\nb: 2\na: 3\n", "line 3, column 1.*a.*(twice|second)"),
    "duplicate keys, deep": ("x:\n  - a: 1\n    a: 2\n", "line 3, column 5"),
    "duplicate keys in flow": ("x: {a: 1, 'a': 2}\n", "line 1, column 11"),
    "keys that Python finds equal": ("1: a\ntrue: b\n", "line 2, column 1"),
    "two nulls": (KEYS.replace("true: bool\n", ""), "line 5, column 1"),
    "too deep flow": ("a: " + "[" * 600 + "]" * 600, r"line 1, column \d+.*deep"),
    "too deep block": (
        "".join(" " * i + f"k{i}:\n" for i in range(600)) + " " * 600 + "x: 1\n",
        r"line \d+, column \d+.*deep",
    ),
    "unclosed": ("a: [1, 2\nb: 3\n", r"line 2, column 2"),
    "unclosed quotes": ("a: 'x\nb: 3\n", r"line \d, column \d"),
    "bad indent": ("a: 1\n  b: 2\n", "line 2, column 4"),
    "two documents": ("a: 1\n---\nb: 2\n", "line 2\\b"),
    "two documents, the first empty": ("---\n---\nb: 2\n", r"line \d"),
    "unknown alias": ("a: *nothing\n", "line 1, column 4"),
    "an alias of itself": ("a: &a [*a]\n", r"line 1, column \d"),
    "an anchor twice": ("a: &x 1\nb: &x 2\n", r"line 2, column \d"),
    "a list as a key": ("? [a]\n: 1\n", "line 1, column 3"),
    "a set": ("a: !!set {x, y}\n", "line 1, column 4.*set"),
    "an ordered map": ("a: !!omap [x: 1]\n", "line 1, column 4"),
    "a Python object": ("a: 1\nb: !!python/object:os.x {}\n", "line 2, column 4.*python"),
    "a Python call": ("b: !!python/object/apply:os.system ['true']\n", "line 1, column 4"),
    "a tag of one's own": ("a: !mine 1\n", "line 1, column 4"),
    "merging a value": ("a:\n  <<: 1\n", r"line 2, column \d"),
    "an impossible date": ("a: 1\nb: 2026-02-30\n", "line 2, column 4"),
    "a NaN as a key": ("a: 1\n.nan: 2\n", "line 2, column 1"),
    "bytes as a key": ("!!binary aGk=: 2\n", "line 1, column 1"),
    "NUL": (b"a: 1\nb: x\0y\n", "line 2, column 5"),
    "all NUL": (b"\0" * 100, "line 1, column 1"),
    "a control character": ("a: 1\nb: \x07\n", "line 2, column 4"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "line 1, column 1"),
    "UTF-32": ("a: 1\n".encode("utf-32"), "line 1, column 1"),
    "Latin-1": ("a: 1\nb: caf\xe9\n".encode("latin-1"), "line 2, column 7"),
    "UTF-8 cut off": ("a: 1\nb: café".encode()[:-1], "line 2, column 7"),
    "billion laughs": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
        ),
        r"line \d+, column \d+",
    ),
    "an anchor's many nested aliases": (
        "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 600)),
        r"line \d+, column \d+",
    ),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1, column 1"),
}  # fmt: skip
