"""The text of a State file's first document: written, read, changed in place, refused."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import outlive
from outlive.formats import load_yaml
from outlive.formats.document import DEEPEST, CannotRewriteError, dump, is_plain, load, rewrite
from outlive.formats.equality import same
from outlive.formats.yaml_text import Loader

KOLKATA = timezone(timedelta(hours=5, minutes=30))
WORDS = """\
yes No ON off y N true False null ~ NULL Null none None = << <<: - -- --- --- ... ... - ? : a: a:b
a:b:c: :a a : b c #d #d d# a#b 1 -1 +1 0 01 08 0o7 0x1F 0b11 1_000 1e3 1.5 1. .5 1.0e+16 1e+16 .inf
-.inf .nan inf nan 1:20 1:20.5 12:30:45 2026-11-21 2026-11-21T07:42:00Z 2026-11-21T07:42:00+05:30
2026-02-30 v1.2 10.0.0.1 http://x/y?a=b&c=d /srv /-x / // ~/x ./x ../x .x *a &a !a !!str |a >a |- >+
@a `a %YAML %a "a 'a a" a' it's "it" [a] {a} [a {a ]a }a a[0] a{0} ,a a, a,b ;a a; C# *.py \\ a\\nb
\\x41 é über naïve 日本語 Ελλάδα हिन्दी العربية ١٢٣ ½ ²a _ _1 -a -a-b a- e3 E3 x: x:y x:/ 🐍 🐍a
a🐍 <a <<a >a =a =="""
HARD = WORDS.split()
HARD += [
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    " a",
    "a ",
    "a  b",
    "a\tb",
    "\ta",
    "a\t",
    "a: b",
    "a :b",
]
HARD += ["a #b", "a # b", "- a", "-\ta", "? a", ": a", "--- a", "... a", "a\n", "a\nb", "a\nb\n"]
HARD += [
    "a\nb\n\n",
    "\na\nb",
    " a\nb",
    "\ta\nb",
    "a\n b\n",
    "a\n\tb\n",
    "a\nb \n",
    "a \nb",
    "a\n\nb",
]
HARD += ["a\n \nb", "# a\n# b\n", "- a\n- b\n", "--- a\n--- b\n", "...\n...\n", "%YAML\n%TAG\n"]
HARD += [
    "a\r\nb",
    "a\rb",
    "a\r",
    "\r",
    "a\x85b\nc",
    "a\u2028b\nc",
    "a\u2029b",
    "\ufeffa",
    "a\ufeff\nb",
]
HARD += [
    "\x00",
    "\x07",
    "\x1b[0m",
    "\x7f",
    "\x80",
    "\x9f",
    "\xa0",
    "a\xa0",
    "\xad",
    "\ufffe",
    "\uffff",
]
HARD += ["a\u200bb", "e\u0301", "\U0001fffe", "\U0010ffff", "\ue000", "\ufffd", "a\n\U0001f40d\n"]
HARD += [
    "x" * 121,
    "x" * 1025,
    "x " * 600 + "x",
    "é" * 1024,
    "a\n" * 700,
    '"' * 130,
    "x" * 119 + ":",
]
NUMBERS = [
    0,
    -1,
    8080,
    10**18,
    2**63,
    -(2**64),
    10**639,
    10**640,
    10**5000,
    -(10**5000),
    0xFACE << 9000,
]
FLOATS = [0.0, -0.0, 1.0, 1.5, -2.5, 0.1, 1e16, -1e16, 1.5e16, 1e-7, 5e-324, 1.7976931348623157e308]
FLOATS += [1e22, 123456789.123456789, float("inf"), float("-inf")]
DAYS = [date(2026, 11, 21), date.min, date.max, date(999, 1, 2)]
MOMENTS = [
    datetime(2026, 11, 21),
    datetime(2026, 11, 21, 7, 42),
    datetime(2026, 11, 21, 7, 42, 0, 1),
    datetime(2026, 11, 21, 7, 42, 59, 500_000),
    datetime.min,
    datetime.max,
    datetime(33, 4, 5, tzinfo=UTC),
    datetime(2026, 11, 21, 7, 42, tzinfo=UTC),
    datetime(2026, 11, 21, 7, 42, 0, 123456, tzinfo=KOLKATA),
    datetime(2026, 11, 21, tzinfo=timezone(timedelta(minutes=-30))),
    datetime(2026, 11, 21, tzinfo=timezone(timedelta(hours=23, minutes=59))),
]
SECONDS = [timedelta(minutes=53, seconds=28), -timedelta(hours=4, seconds=2, microseconds=1)]
BYTES = [b"", b"hi", bytes(range(256)), b"x" * 1000]
OTHERS: list[Any] = [None, True, False, float("nan"), {}, [], [[]], [{}], {"a": {}}, {"a": []}]
SCALARS: list[Any] = [*HARD, *NUMBERS, *FLOATS, *DAYS, *MOMENTS, *BYTES, *OTHERS]

texts = st.text() | st.sampled_from(HARD) | st.text("ab -:#\n\t'\"é", max_size=12)
moments = st.datetimes() | st.datetimes(
    timezones=st.integers(-1439, 1439).map(lambda n: timezone(timedelta(minutes=n)))
)
numbers = st.integers() | st.sampled_from(NUMBERS[:7])
floats = st.floats(allow_nan=False)
keys = texts | numbers | floats | st.booleans() | st.none() | st.dates()
leaves = keys | st.just(float("nan")) | moments | st.binary()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=30
)
documents = st.dictionaries(keys, values)


def _name(part: object) -> str:
    """A part of a test's name; Python refuses to write a very large number in base 10."""
    return (hex(part) if isinstance(part, int) else ascii(part))[:40]


def _read(data: bytes) -> dict[Any, Any]:
    return load(data, "x.state")


def _nested(depth: int) -> dict[str, Any]:
    """Lists and dicts in each other, `depth` of them, the outermost a dict."""
    value: Any = 1
    for i in reversed(range(depth)):
        value = [value] if i % 3 == 1 else {"k": value}
    assert isinstance(value, dict)
    return value


def _refused(data: bytes, *parts: str, line: int, column: int) -> str:
    with pytest.raises(outlive.CorruptError) as caught:
        load(data, "/srv/x.state")
    message = str(caught.value)
    for part in ("/srv/x.state", "as it is", f"line {line}, column {column}:", *parts):
        assert part in message
    return message


# -- written and read back


@settings(max_examples=100, deadline=None)
@given(documents)
def test_whatever_is_written_reads_back_the_same_to_the_type(value: dict[Any, Any]) -> None:
    """Here and with plain PyYAML; keys that were sorted give the same value."""
    data = dump(value)
    assert same(_read(data), value)
    assert same(yaml.safe_load(data), value)
    assert same(_read(dump(value, sort_keys=True)), value)
    assert is_plain(data, value)


@pytest.mark.parametrize("value", SCALARS, ids=_name)
def test_a_hard_value_keeps_its_place_and_its_type(value: object) -> None:
    """In a dict, in a list, in a list in a list, with something after it."""
    document = {"a": value, "b": [value, [value, 1], {"c": value, "d": value}, 2], "e": 3}
    data = dump(document)
    assert same(_read(data), document)
    assert same(yaml.safe_load(data), document)
    assert same(yaml.load(data, Loader=yaml.SafeLoader), document)
    assert same(_read(data.replace(b"\n", b"\r\n")), document)
    assert same(_read(data + b"\n--- #6ab3f1c0\n".split(b"---", maxsplit=1)[0]), document)


@pytest.mark.parametrize(
    "key",
    [*HARD, *NUMBERS, *FLOATS, *DAYS, None, True, False],
    ids=_name,
)
def test_a_hard_key_keeps_its_place_and_its_type(key: Any) -> None:
    """With a value beside it, a block, a list and lines below it."""
    for value in (1, {"a": 1}, [1, [2]], "a\nb\n", {}):
        document = {key: value, "in": [{key: value}, {key: {key: value}}], "end": 1}
        data = dump(document)
        assert same(_read(data), document)
        assert same(yaml.safe_load(data), document)


@pytest.mark.parametrize("offset", SECONDS, ids=str)
def test_an_offset_with_seconds_gives_the_same_moment(offset: timedelta) -> None:
    """YAML has only minutes there."""
    moment = datetime(2026, 11, 21, 7, 42, tzinfo=timezone(offset))
    back = _read(dump({"a": moment}))["a"]
    assert back == moment
    assert abs(back.utcoffset() - offset) < timedelta(minutes=1)
    assert _read(rewrite(b"a: 1  # one\n", {"a": 1}, {"a": moment})) == {"a": moment}


def test_a_document_looks_as_a_person_would_write_it() -> None:
    """Bare words, blocks for lines, lists at the column of their key."""
    value = {
        "name": "web server",
        "url": "https://example.org/a?b=c",
        "path": "/srv/data",
        "debug": False,
        "answer": "no",
        "ratio": 1e16,
        "started": datetime(2026, 11, 21, 7, 42, tzinfo=UTC),
        "day": date(2026, 11, 21),
        "größe": None,
        "note": "one\n  two\n\nthree\n",
        "end": "one\ntwo",
        "tags": ["a", "1", [1, [2, 3]], {"id": 2, "in": {"x": 1}}, [], {}],
        7: {"deep": {"deeper": [1]}},
        "key": b"hi",
        "bell": "\x07\u2028\x7f",
    }
    expected = """\
name: web server
url: https://example.org/a?b=c
path: /srv/data
debug: false
answer: "no"
ratio: 1.0e+16
started: 2026-11-21 07:42:00+00:00
day: 2026-11-21
größe: null
note: |
  one
    two

  three
end: |-
  one
  two
tags:
- a
- "1"
- - 1
  - - 2
    - 3
- id: 2
  in:
    x: 1
- []
- {}
7:
  deep:
    deeper:
    - 1
key: !!binary "aGk="
bell: "\\u0007\\u2028\\u007f"
"""
    assert dump(value).decode() == expected
    assert dump({}) == b"{}\n"
    assert dump({"x" * 130: [1]}).decode() == f"? {'x' * 130}\n:\n- 1\n"


@pytest.mark.parametrize("word", WORDS.split()[:12])
def test_a_text_that_some_reader_of_yaml_takes_for_more_is_quoted(word: str) -> None:
    """Also where PyYAML itself would not."""
    for text in {word, word.upper(), word.title()}:
        assert dump({"a": text, text: 1}).decode() == f'a: "{text}"\n"{text}": 1\n'


def test_lines_with_blanks_at_their_end_are_quoted() -> None:
    """Many editors take such blanks away when they save."""
    for text in ("a \nb\n", "a\nb ", "a\n  \nb", "a\t\nb"):
        assert dump({"a": text}).count(b"\n") == 1


def test_subclasses_of_dict_and_list_are_written_as_such() -> None:
    """A live document is made of them."""

    class LiveDict(dict[str, Any]):
        pass

    class LiveList(list[Any]):
        pass

    live = LiveDict(a=LiveDict(), b=LiveList(), c=LiveList([LiveDict(d=LiveList([1]))]))
    assert dump(live) == b"a: {}\nb: []\nc:\n- d:\n  - 1\n"


def test_keys_are_sorted_at_every_depth_on_request() -> None:
    """Keys without an order among them stay as they are, as in PyYAML."""
    value = {"b": [{"d": 1, "c": 2}], "a": {2: 1, 1: 2}, "mixed": {"x": 1, 1: 2}}
    text = dump(value, sort_keys=True)
    assert text == b"a:\n  1: 2\n  2: 1\nb:\n- c: 2\n  d: 1\nmixed:\n  x: 1\n  1: 2\n"


@pytest.mark.parametrize("value", [{"a": object()}, {"a": [1, {2}]}, {b"a": 1}, {(1,): 2}])
def test_what_yaml_has_no_word_for_is_not_written(value: dict[Any, Any]) -> None:
    """The store refuses such values before; this is the last line of defence."""
    with pytest.raises(TypeError, match=r"of type (object|set|bytes|tuple)"):
        dump(value)


def test_a_text_that_a_person_shaped_is_not_plain() -> None:
    """A comment, other quotes or another order make it one's own."""
    value = {"a": 1, "b": "x"}
    assert is_plain(dump(value), value)
    for text in (b"a: 1\nb: x", b"# x\na: 1\nb: x\n", b"b: x\na: 1\n", b"a: 1\nb: 'x'\n"):
        assert not is_plain(text, value)


# -- what people write


READ: list[tuple[bytes, dict[Any, Any]]] = [
    (b"", {}),
    (b" \n\n", {}),
    (b"# nothing yet\n", {}),
    (b"\xef\xbb\xbf", {}),
    (b"\xef\xbb\xbf# nothing yet\r\n", {}),
    (b"---\n", {}),
    (b"--- ~\n...\n", {}),
    (b"null # none\n", {}),
    (b"{}", {}),
    (b"\xef\xbb\xbfa: 1\r\nb:\r\n- x\r\n", {"a": 1, "b": ["x"]}),
    (b"%YAML 1.1\n---\na: 1\n...\n# end\n", {"a": 1}),
    (b"--- # state\na: 1\n", {"a": 1}),
    (b"a: &x [1, 2]\nb: *x\n", {"a": [1, 2], "b": [1, 2]}),
    (b"a: &x k\n*x : 2\n", {"a": "k", "k": 2}),
    (b"a: yes\nb: 0x1F\nc: -0x1F\nd: 0b11\ne: 010\nf: 1_000\n",
     {"a": True, "b": 31, "c": -31, "d": 3, "e": 8, "f": 1000}),
    (b"a: 1:20\nb: 1e3\nc: =\nd: <<\ne:\n", {"a": 80, "b": "1e3", "c": "=", "d": "<<", "e": None}),
    (b"a: !!str 12\nb: !!float 3\nc: ! 12\nd: ! '12'\n", {"a": "12", "b": 3.0, "c": 12, "d": 12}),
    (b"a: >\n  folded\n  text\n\nb: |+\n  kept\n\n", {"a": "folded text\n", "b": "kept\n\n"}),
    (b"a: !!map {b: !!seq [1]}\n", {"a": {"b": [1]}}),
    (b"? a\n: 1\n? b\n", {"a": 1, "b": None}),
    (b"a: 2026-11-21 07:42:00 +05:30\n", {"a": datetime(2026, 11, 21, 7, 42, tzinfo=KOLKATA)}),
    (b"b: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n", {"b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}}),
    (b"c:\n  y: 3\n  <<: {x: 1, y: 2}\n", {"c": {"x": 1, "y": 3}}),
    (b"c: {<<: [{x: 1}, {x: 2, y: 2}], z: 3}\n", {"c": {"x": 1, "y": 2, "z": 3}}),
    (b"a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b}\n",
     {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 2}}),
    (b"'<<': 1\n", {"<<": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "value"), READ, ids=_name)
@pytest.mark.parametrize("loader", ["libyaml", "python"])
def test_what_people_write_is_read(
    data: bytes, value: dict[Any, Any], loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With libyaml, and with PyYAML alone where that is missing."""
    if loader == "python":
        monkeypatch.setattr(load_yaml, "Loader", yaml.SafeLoader)
    assert same(_read(data), value)


def test_merged_keys_come_in_the_order_that_pyyaml_gives_them() -> None:
    """Those that `<<` brings first."""
    text = b"z: 1\n<<: [{b: 1, z: 2}, {c: 1, b: 2}]\na: 1\n"
    assert list(_read(text)) == list(yaml.safe_load(text)) == ["c", "b", "z", "a"]


# -- what is refused


REFUSED: list[tuple[bytes, str, int, int]] = [
    (b"a: 1\nb: \xff\n", "0xff, which is no UTF-8", 2, 4),
    ("a: é".encode() + b"\xc3", "no UTF-8", 1, 5),
    (b"\xff\xfea\x00", "no UTF-8", 1, 1),
    (b"a: 1\nb: \x01\n", "U+0001", 2, 4),
    ("ä: 'é\x00'".encode(), "U+0000", 1, 6),
    (b"a: [1, 2\nb: 3\n", "", 2, 2),
    (b"a: 1\n b: 2\n", "mapping values are not allowed", 2, 3),
    (b"a:\n\tb: 1\n", "", 2, 1),
    (b"a: 'x\n", "quoted scalar that begins in line 1", 2, 1),
    (b"a: *x\n", "*x", 1, 4),
    (b"a: &x 1\nb: &x 2\n", "&x", 2, 4),
    (b"\n- 1\n- 2\n", "is a list, not a mapping", 2, 1),
    (b"hello", "is a single value, not a mapping", 1, 1),
    (b"--- 12\n", "is a single value, not a mapping", 1, 5),
    (b"a: 1\n---\nb: 2\n", "second document", 2, 1),
    (b"a: 1\n...\nb: 2\n", "<document start>", 3, 1),
    (b"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "the key 'c' is there a second time", 5, 3),
    (b"{a: 1, 'a': 2}", "the key 'a' is there a second time", 1, 8),
    (b"1: a\ntrue: b\n", "the key True is there a second time", 2, 1),
    (b"<<: {a: 1}\nb: 1\nb: 2\n", "the key 'b' is there a second time", 3, 1),
    (b"b: &b {x: 1}\nc: {<<: *b, x: 2, x: 3}\n", "the key 'x' is there a second time", 2, 19),
    (b"a: !!set {b}\n", "type !!set", 1, 4),
    (b"a: !!omap [b: 1]\n", "type !!omap", 1, 4),
    (b"a: !!python/object/apply:os.getcwd []\n", "!!python/object", 1, 4),
    (b"a: !mine b\n", "type !mine", 1, 4),
    (b"a: !!int x\n", "", 1, 4),
    (b"a: !!bool maybe\n", "", 1, 4),
    (b"a: !!timestamp noon\n", "", 1, 4),
    (b"a: !!binary a\n", "", 1, 4),
    (b"a: 1\nb: 2026-02-30\n", "day is out of range", 2, 4),
    (b"b: 2026-11-21 25:00:00\n", "hour", 1, 4),
    (b"b: 2026-11-21 07:00:00 +99:00\n", "offset", 1, 4),
    (b"a: 1\nb: " + b"9" * 5000, "limit", 2, 4),
    (b"[1]: 2\n", "a key of the type list", 1, 1),
    (b"? {a: 1}\n: 2\n", "a key of the type dict", 1, 3),
    (b"!!binary aGk=: 1\n", "a key of the type bytes", 1, 1),
    (b".nan: 1\n", "a key of the type nan", 1, 1),
    (b"a: &x [1]\n*x : 2\n", "a key of the type list", 2, 1),
    (b"<<: 1\n", "<< takes a mapping", 1, 5),
    (b"<<: [{a: 1}, 2]\n", "<< takes a mapping", 1, 5),
    (b"a: &x [1, *x]\n", "the alias *x is in what it stands for", 1, 11),
    (b"a: {<<: {b: 1}}\nc: &x {d: *x}\n", "the alias *x is in what it stands for", 2, 11),
    (b"&x a: 1\nb: &y {c: [{<<: *y}]}\n", "the alias *y is in what it stands for", 2, 17),
]


@pytest.mark.parametrize(("data", "part", "line", "column"), REFUSED, ids=_name)
def test_what_is_no_state_is_refused_with_its_place(
    data: bytes, part: str, line: int, column: int
) -> None:
    """The message names the file, line and column, and says what to do."""
    _refused(data, part, line=line, column=column)
    _refused(b"\xef\xbb\xbf" + data, part, line=line, column=column)
    if data[:2] != b"\xff\xfe":
        _refused(data.replace(b"\n", b"\r\n"), part, line=line, column=column)


@pytest.mark.parametrize(("data", "part"), [case[:2] for case in REFUSED], ids=_name)
def test_it_is_refused_without_libyaml_too(
    data: bytes, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML's own reader sees some faults at another place, but sees them."""
    monkeypatch.setattr(load_yaml, "Loader", yaml.SafeLoader)
    with pytest.raises(outlive.CorruptError, match=rf"line \d+, column \d+: .*{re.escape(part)}"):
        _read(data)


@pytest.mark.parametrize("loader", [Loader, yaml.SafeLoader])
def test_half_a_surrogate_pair_is_refused(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be written again."""
    monkeypatch.setattr(load_yaml, "Loader", loader)
    with pytest.raises(outlive.CorruptError, match="line 2"):
        _read(b'a: 1\nb: "\\ud83d"\n')


def test_containers_go_as_deep_as_500_and_no_further() -> None:
    """Neither a block nor a flow nor what aliases make of it."""
    for depth in (1, 2, 3, DEEPEST):
        assert _read(dump(_nested(depth))) == _nested(depth)
    with pytest.raises(outlive.CorruptError, match="nested more than 500 deep"):
        _read(dump(_nested(DEEPEST + 1)))
    flow = b"a: " + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1)
    assert isinstance(_read(flow)["a"], list)
    _refused(b"a: " + b"[" * 100_000, "more than 500", line=1, column=DEEPEST + 3)
    halves = b"a: &a " + b"[" * 300 + b"]" * 300 + b"\nb: " + b"[" * 199 + b"*a" + b"]" * 199
    assert isinstance(_read(halves)["b"], list)
    with pytest.raises(outlive.CorruptError, match=r"line 2.* nested more than 500 deep"):
        _read(halves.replace(b"b: ", b"b: [") + b"]")


@pytest.mark.parametrize("part", ["[{0}]", "{{x: [{0}]}}", "{{x: {0}, y: {0}, z: {0}}}"])
def test_aliases_that_stand_for_more_than_any_memory_are_refused(part: str) -> None:
    """They are harmless as objects, but not once they are written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    times = 1 if "y:" in part else 9
    lines += [
        f"a{i + 1}: &a{i + 1} " + part.format(", ".join([f"*a{i}"] * times)) for i in range(30)
    ]
    with pytest.raises(outlive.CorruptError, match=r"line \d+, column .*aliases stand for"):
        _read("\n".join(lines).encode())


def test_aliases_of_long_texts_and_of_merges_are_bounded_as_well() -> None:
    """A text of 100 kB that stands in a list a thousand times, a dict merged a thousand times."""
    long = b"a: &a " + b"x" * 100_000 + b"\nb: [" + b"*a, " * 1000 + b"]\n"
    _refused(long, "aliases stand for", line=2, column=len(b"b: [" + b"*a, " * 1000) + 1)
    names = ", ".join(f"k{i}: {i}" for i in range(1000))
    merges = f"a: &a {{{names}}}\nb:\n" + "- {<<: *a}\n" * 3000
    # Well before the end: so many merged dicts would have to be made first.
    with pytest.raises(outlive.CorruptError, match=r"line 1\d\d\d, column .*aliases stand for"):
        _read(merges.encode())
    assert len(_read(b"a: &a [1, 2]\nb: [" + b"*a, " * 1000 + b"]\n")["b"]) == 1000


SEEDS = [data for data, _ in READ] + [data for data, *_ in REFUSED] + [
    dump({"a": SCALARS, "b": {"c": [{"d": HARD[:40]}]}})
]  # fmt: skip


@pytest.mark.parametrize("loader", [Loader, yaml.SafeLoader])
def test_damaged_bytes_give_a_value_or_our_error(
    loader: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flipped, cut, repeated and mixed bytes; what is read can be written again."""
    monkeypatch.setattr(load_yaml, "Loader", loader)
    random_ = random.Random(7)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(10_000 if loader is not yaml.SafeLoader else 2000):
        data = _damaged(random_, random_.choice(SEEDS)[:2000])
        try:
            value = _read(data)
        except outlive.CorruptError as error:
            assert "x.state, line" in str(error)
            outcomes["refused"] += 1
        else:
            assert same(_read(dump(value)), value)
            outcomes["read"] += 1
    assert min(outcomes.values()) > 100


def _damaged(random_: random.Random, data: bytes) -> bytes:
    for _ in range(random_.randrange(1, 5)):
        i, j = sorted(random_.randrange(len(data) + 1) for _ in range(2))
        mark = random_.choice(
            [b"\n", b"\t", b"*", b"&a ", b"[", b"{", b": ", b"- ", b"!!int ", b'"']
        )
        data = random_.choice(
            [
                data[:i] + bytes([random_.randrange(256)]) + data[i + 1 :],
                data[:i] + mark + data[i:],
                data[:i],
                data[:i] + data[j:],
                data[:j] + data[i:],
                data[:i] + random_.choice(SEEDS)[:300] + data[i:],
            ]
        )
    return data


# -- changed in place


TEXT = b"""\
# The service
name: 'web'   # shown

port: 0x1F90
users:
  - ann   # admin

  - {id: 2, name: "bob"}
limits: {cpu: 2}   # per node
note: |
  two
  lines
# the end
"""

Edit = Callable[[dict[Any, Any]], object]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("eol", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (lambda v: v.update(port=8081), b"0x1F90", b"8081"),
        (lambda v: v["users"][1].update(name="no"), b'"bob"', b"'no'"),
        (lambda v: v["limits"].pop("cpu"), b"{cpu: 2}", b"{}"),
        (lambda v: v["users"].append([1]), b'"bob"}\n', b'"bob"}\n  - - 1\n'),
        (lambda v: v.pop("port"), b"port: 0x1F90\n", b""),
    ],
    ids=["value", "in a flow", "emptied", "appended", "taken out"],
)
def test_a_change_leaves_all_else_as_it_was(
    edit: Edit, old: bytes, new: bytes, eol: bytes, bom: bytes
) -> None:
    """Comments, quotes, blank lines, line ends and the byte-order mark."""
    data = bom + TEXT.replace(b"\n", eol)
    before, after = _read(data), _read(data)
    edit(after)
    expected = data.replace(old.replace(b"\n", eol), new.replace(b"\n", eol))
    assert rewrite(data, before, after) == expected
    assert same(_read(expected), after)
    assert rewrite(data, before, before) == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", b"a: 1\nb:\n- x\n"),
        (b"\n\n", b"\n\na: 1\nb:\n- x\n"),
        (b"---\n", b"---\na: 1\nb:\n- x\n"),
        (b"%YAML 1.1\n---\n# none\n", b"%YAML 1.1\n---\n# none\na: 1\nb:\n- x\n"),
        (b"{}  # none\n", b"  # none\na: 1\nb:\n- x\n"),
        (b"# mine", b"# mine\na: 1\nb:\n- x\n"),
        (b"\xef\xbb\xbf# mine\r\n", b"\xef\xbb\xbf# mine\r\na: 1\r\nb:\r\n- x\r\n"),
    ],
)
def test_into_a_text_without_a_value_the_first_is_written(data: bytes, expected: bytes) -> None:
    """Below the comments that are there."""
    assert rewrite(data, {}, {"a": 1, "b": ["x"]}) == expected


@pytest.mark.parametrize(
    "data", [b"a: 1\n", b"a: [1, {b: c}]\n", b"a:\n  - b:\n      - 1\n", b"{a: 1}\n"]
)
@pytest.mark.parametrize("value", SCALARS, ids=_name)
def test_any_value_can_come_into_a_text_of_a_person(data: bytes, value: Any) -> None:
    """In a block and in a flow, in the place of another and under a new key."""
    old, new, longer = (_read(data) for _ in range(3))
    new["a"] = longer["z"] = value
    for after in (new, longer):
        assert same(_read(rewrite(data, old, after)), after)


def test_what_cannot_be_changed_in_place_says_so() -> None:
    """Not with an error of the parser, of Python or of the writer."""
    deep = _nested(DEEPEST)
    for new in (deep, {"a": object()}):
        with pytest.raises(CannotRewriteError):
            rewrite(b"a: 1  # one\n", {"a": 1}, new)
    with pytest.raises(CannotRewriteError):
        rewrite(dump(deep), deep, _nested(DEEPEST - 1))
