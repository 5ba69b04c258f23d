"""Files as people write them: opened rightly or refused clearly, and changed only where changed."""

from __future__ import annotations

import contextlib
import difflib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from outlive import CorruptError, OutliveError, State
from outlive.disk.fs import FileSystem
from outlive.formats.equality import same
from outlive.formats.yaml_text import Loader
from outlive.live import plain
from outlive.state.state import attach

from ..files import names_beside


class Case(NamedTuple):
    """A text, and what it means."""

    text: str | bytes
    value: Any
    spread: int = 0  # how many more lines than its own a change may touch: aliases written out

    @property
    def data(self) -> bytes:
        """The text as it stands in the file."""
        return self.text if isinstance(self.text, bytes) else self.text.encode()


COMMENTS = """\
# before all

# and more
a: 1  # after a value
# between
b:    # after a key
  # first in a block
  c: 2

  # last in a block
list:
  # before an item
  - x  # after an item
  # between items
  - y
  # after the last item
# at the level of keys
d: {e: 1, f: 2}  # after a flow
# at the end
#no blank
"""
ANCHORS = """\
base: &base  # the anchor
  host: localhost
  port: 80
dev: *base
names: &names [a, b]
again: *names
one: &one 1
uno: *one
"""
MERGED = """\
base: &base
  host: localhost
  port: 80
other: &other {port: 90, user: me}
dev:
  <<: *base
  port: 8080  # of its own
both:
  <<: [*base, *other]
  z: 1
"""
BLOCKS = """\
clip: |
  one
    two

  three
strip: |-
  one
keep: |+
  one

folded: >
  one
  two

  three
folded_strip: >-
  one
  two
folded_keep: >+
  one

indented: |2
    two blanks before
items:
- |
  in a list
- >-
  folded
  here
last: |
  the end
"""
FLOW = """\
empty: {}
none: []
map: {a: 1, b: [1, 2, {c: d}], "e f": 'g'}
many: [
  one,  # the first
  two,

  three  # the last
]
spread: {
  a: 1,
  b: 2,
}
url: [http://x/y, "a, b"]
"""
QUOTES = """\
'single': 'it''s'
"double": "a\\tb \\u263a \\x41"
plain: with spaces, and colon:inside#hash
'': empty key
"yes": 'no'
multi: "first
  second"
multi plain: first
  second
no: yes
"""
KEYS = """\
1: int
2.5: float
true: bool
null: none
2026-11-21: date
~: again
"""
TYPES = """\
int: 12
octal: 014
hex: 0xFF
big: 123456789012345678901234567890
under: 1_000
sexagesimal: 1:30
float: 1.50
exp: 1.0e+3
inf: .inf
null1:
null2: ~
null3: null
yes: yes
date: 2026-11-21
when: 2026-11-21T07:42:00Z
naive: 2026-11-21 07:42:00.5
data: !!binary aGk=
str: !!str 12
forced: !!int "12"
local: ! 12
"""
LISTS = """\
same_column:
- a
- b
deeper:
    - a
    -   b
    -
      c
nested:
- - 1
  - 2
- - 3
maps:
- name: x   # one
  n: 1
-   name: y
    n: 2

-
    name: z
"""
EXPLICIT = """\
? a
: 1
? b  # with a comment
:
  c: 2
d: 3
"""
DEEP_FLOW = "deep: " + "[" * 199 + "1" + "]" * 199 + "\n"
DEEP_BLOCK = "".join("  " * i + f"k{i}:  # level {i}\n" for i in range(199)) + "  " * 199 + "x: 1\n"


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that does not exist yet, in a directory of its own."""
    return tmp_path / "hand.state"


@pytest.mark.parametrize("name", GOOD)
def test_it_is_read_rightly_and_left_alone(path: Path, name: str) -> None:
    """The value is what YAML says, to the type; a program that changes nothing writes nothing."""
    case = GOOD[name]
    path.write_bytes(case.data)
    inode = path.stat().st_ino
    assert same(plain(State(path, mode="r")), case.value)
    with State(path) as state:
        assert same(plain(state), case.value)
    assert path.read_bytes() == case.data
    assert path.stat().st_ino == inode
    assert names_beside(path) == ["hand.state"]


def test_the_expected_values_are_those_of_yaml() -> None:
    """The corpus says what PyYAML, which PersistedState reads with, says of it."""
    for name, case in GOOD.items():
        if name != "BOM alone":
            assert same(yaml.load(case.data, Loader) or {}, case.value), name  # noqa: S506  # safe


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused(path: Path, name: str) -> None:
    """CorruptError names file, line and column; nothing is changed, nothing lies beside it."""
    text, message = BAD[name]
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(data)
    for options in ({}, {"mode": "r"}, {"strict": True}):
        with pytest.raises(CorruptError, match=rf"(?s)hand\.state, {message}"):
            State(path, **options)
        assert path.read_bytes() == data
        assert names_beside(path) == ["hand.state"]


# -- changes


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all scalars."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def containers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The paths of all lists and dicts, with them."""
    if isinstance(value, (dict, list)):
        yield path, value
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands there."""
    for key in path:
        value = value[key]
    return value


Change = Callable[[Any], object]


class Unsynced(FileSystem):
    """The real calls without the wait for the disk, which is not what is tested here."""

    def fsync(self, fd: int) -> None:
        """Nothing."""

    def fdatasync(self, fd: int) -> None:
        """Nothing."""


def opened(path: Path) -> State:
    """The state of a file, opened for writing."""
    state = State.__new__(State, "")
    attach(state, str(path), {}, fs=Unsynced())
    return state


def changed(path: Path, case: Case, change: Change) -> str:
    """The file after the change and a clean close; after a crash in between it is the same."""
    path.write_bytes(case.data)
    copy, with_twin = path.parent / "copy" / "hand.state", path.parent / "twin" / "hand.state"
    copy.parent.mkdir(exist_ok=True)
    with_twin.parent.mkdir(exist_ok=True)
    value = plain(case.value)
    change(value)
    with opened(path) as state:
        change(state)
        assert same(plain(state), value)
        twin = path.with_name(".hand.state.outlive-journal")
        if twin.exists():
            shutil.copy(twin, with_twin.with_name(twin.name))
        shutil.copy(path, with_twin)
        shutil.copy(path, copy)
    data = path.read_bytes()
    for other in (copy, with_twin):
        with opened(other) as state:
            assert same(plain(state), value)
        assert other.read_bytes() == data
    with opened(path) as state:
        assert same(plain(state), value)
    assert path.read_bytes() == data
    return data.decode()


def gone(case: Case, after: str) -> list[str]:
    """The lines of the text that are no longer there."""
    old = case.data.decode().splitlines(keepends=True)
    new = after.splitlines(keepends=True)
    for lines in (old, new):  # to complete the last line is no change
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += "\n"
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    kept = {i + k for i, _, size in matcher.get_matching_blocks() for k in range(size)}
    return [line for i, line in enumerate(old) if i not in kept]


def check_comments(case: Case, after: str, removed: str = "") -> None:
    """Each comment is still there, but for those on the lines of what was taken out."""
    for line in case.data.decode().splitlines():
        comment = line[line.find("#") :] if line.strip().startswith("#") or " #" in line else ""
        if comment.strip("# ") and line not in removed:
            assert comment in after


# Where a lone \r ends lines, no editor of text adds more: those are written anew.
SIMPLE = [name for name, case in GOOD.items() if len(case.data) < 10_000 and "Mac" not in name]


@pytest.mark.parametrize("name", GOOD)
def test_a_new_key_is_all_that_is_new(path: Path, name: str) -> None:
    """All lines are still there, in order."""
    case = GOOD[name]
    after = changed(path, case, lambda state: state.__setitem__("added", 1))
    lines = gone(case, after)
    is_flow = case.data.decode().strip().startswith(("{", "--- {", "# c\n{"))
    if not case.value:
        assert not {"#", "%"}.intersection("".join(lines).lstrip()[:1]), "blank, or the value"
    elif is_flow:
        assert len(lines) <= 1, "the line to which it was added"
    elif name == "no newline after a block":
        assert lines == ["b: |\n"], "it is |- now: the line break that comes is not part of it"
    else:
        assert lines == []
    check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_new_value_is_all_that_is_new(path: Path, name: str) -> None:
    """Whichever value is changed, the other lines stay."""
    case = GOOD[name]
    for number, where in enumerate(list(leaves(case.value))[:10]):
        old = at(case.value, where)

        def change(state: Any, where: Any = where, number: int = number) -> None:
            at(state, where[:-1])[where[-1]] = number if number % 2 else f"changed {number}"

        after = changed(path, case, change)
        own = max(2, str(old).count("\n") + 3) if isinstance(old, str) else 1
        assert len(gone(case, after)) <= own + case.spread, (where, after)
        check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_deleted_key_is_all_that_goes(path: Path, name: str) -> None:
    """Whichever key or item is deleted, the other lines stay."""
    case = GOOD[name]
    for where, container in list(containers(case.value))[:6]:
        keys = list(container)[:8] if isinstance(container, dict) else [0, len(container) - 1]
        for key in keys if len(container) > 1 else []:

            def change(state: Any, where: Any = where, key: Any = key) -> None:
                del at(state, where)[key]

            after = changed(path, case, change)
            lines = gone(case, after)
            text = yaml.safe_dump(container[key], default_flow_style=False)
            assert len(lines) <= text.count("\n") + 4 + case.spread, (where, key, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_an_appended_item_is_all_that_is_new(path: Path, name: str) -> None:
    """Whichever list grows, the other lines stay."""
    case = GOOD[name]
    lists = [where for where, value in containers(case.value) if isinstance(value, list)]
    values = ("new", {"a": 1, "b": [1, 2]}, "two\nlines\n")
    for where, value in zip(lists[:6], values * 2, strict=False):

        def change(state: Any, where: Any = where, value: Any = value) -> None:
            at(state, where).append(value)

        after = changed(path, case, change)
        assert len(gone(case, after)) <= 1 + case.spread, (where, after)
        check_comments(case, after)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_nested_value_comes_in(path: Path, name: str) -> None:
    """A dict and a list, and then changes in them, are written in blocks of their own."""
    case = GOOD[name]

    def change(state: Any) -> None:
        state["new"] = {"list": [1, {"a": None}], "text": "one\ntwo\n"}
        state["new"]["list"].append(["x"])
        state["new"]["more"] = {}

    after = changed(path, case, change)
    assert len(gone(case, after)) <= 1 or not case.data.strip()
    check_comments(case, after)


# A tab behind what is emptied stays, and then nothing can be put in: written anew, with a warning.
@pytest.mark.parametrize("name", [name for name in SIMPLE if "tabs" not in name])
def test_all_of_it_may_go(path: Path, name: str) -> None:
    """A state that was emptied is empty, and what comes later finds its place."""
    case = GOOD[name]
    path.write_bytes(case.data)
    with State(path) as state:
        state.clear()
    with State(path) as state:
        assert state == {}
        state.a = 1
    assert State(path, mode="r") == {"a": 1}


@pytest.mark.parametrize("name", ["comments", "Windows line ends", "lists", "anchors"])
def test_many_changes_one_after_the_other(path: Path, name: str) -> None:
    """Also with a vacuum after each, comments and line ends stay."""
    case = GOOD[name]
    path.write_bytes(case.data)
    for number in range(8):
        with State(path) as state:
            state["counter"] = number
            state.setdefault("log", []).append(number)
            if number == 5:
                del state["log"][:3]
    with State(path) as state:
        assert same(plain(state), case.value | {"counter": 7, "log": [3, 4, 5, 6, 7]})
    after = path.read_bytes().decode()
    assert gone(case, after) == []
    assert ("\r\n" in after) == ("\r\n" in case.data.decode())
    assert after.count("\n") == after.count("\r\n") or "\r" not in after


def test_an_error_is_ours_for_any_prefix(path: Path) -> None:
    """A hand-written file cut off anywhere is a state or one of our errors; it is left alone."""
    for name in ("comments", "block scalars", "flow", "anchors", "quotes", "types"):
        data = GOOD[name].data
        for end in range(0, len(data), 7):
            path.write_bytes(data[:end])
            with contextlib.suppress(OutliveError):
                State(path).close()
            assert path.read_bytes() == data[:end]
