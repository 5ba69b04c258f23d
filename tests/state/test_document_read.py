"""The text of a State file's first document: what is read, and what is refused."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

import pytest
import yaml

import outlive
from outlive.formats import load_yaml
from outlive.formats.document import DEEPEST, dump, load
from outlive.formats.equality import same
from outlive.formats.yaml_text import Loader

from .exact import shown
from .hard_values import (
    HARD,
    KOLKATA,
    SCALARS,
    nested,
    read,
)

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


@pytest.mark.parametrize(("data", "value"), READ, ids=shown)
@pytest.mark.parametrize("loader", ["libyaml", "python"])
def test_what_people_write_is_read(
    data: bytes, value: dict[Any, Any], loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With libyaml, and with PyYAML alone where that is missing."""
    if loader == "python":
        monkeypatch.setattr(load_yaml, "Loader", yaml.SafeLoader)
    assert same(read(data), value)


def test_merged_keys_come_in_the_order_that_pyyaml_gives_them() -> None:
    """Those that `<<` brings first."""
    text = b"z: 1\n<<: [{b: 1, z: 2}, {c: 1, b: 2}]\na: 1\n"
    assert list(read(text)) == list(yaml.safe_load(text)) == ["c", "b", "z", "a"]


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


def _refused(data: bytes, *parts: str, line: int, column: int) -> str:
    with pytest.raises(outlive.CorruptError) as caught:
        load(data, "/srv/x.state")
    message = str(caught.value)
    for part in ("/srv/x.state", "as it is", f"line {line}, column {column}:", *parts):
        assert part in message
    return message


@pytest.mark.parametrize(("data", "part", "line", "column"), REFUSED, ids=shown)
def test_what_is_no_state_is_refused_with_its_place(
    data: bytes, part: str, line: int, column: int
) -> None:
    """The message names the file, line and column, and says what to do."""
    _refused(data, part, line=line, column=column)
    _refused(b"\xef\xbb\xbf" + data, part, line=line, column=column)
    if data[:2] != b"\xff\xfe":
        _refused(data.replace(b"\n", b"\r\n"), part, line=line, column=column)


@pytest.mark.parametrize(("data", "part"), [case[:2] for case in REFUSED], ids=shown)
def test_it_is_refused_without_libyaml_too(
    data: bytes, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML's own reader sees some faults at another place, but sees them."""
    monkeypatch.setattr(load_yaml, "Loader", yaml.SafeLoader)
    with pytest.raises(outlive.CorruptError, match=rf"line \d+, column \d+: .*{re.escape(part)}"):
        read(data)


@pytest.mark.parametrize("loader", [Loader, yaml.SafeLoader])
def test_half_a_surrogate_pair_is_refused(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be written again."""
    monkeypatch.setattr(load_yaml, "Loader", loader)
    with pytest.raises(outlive.CorruptError, match="line 2"):
        read(b'a: 1\nb: "\\ud83d"\n')


def test_containers_go_as_deep_as_500_and_no_further() -> None:
    """Neither a block nor a flow nor what aliases make of it."""
    for depth in (1, 2, 3, DEEPEST):
        assert read(dump(nested(depth))) == nested(depth)
    with pytest.raises(outlive.CorruptError, match="nested more than 500 deep"):
        read(dump(nested(DEEPEST + 1)))
    flow = b"a: " + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1)
    assert isinstance(read(flow)["a"], list)
    _refused(b"a: " + b"[" * 100_000, "more than 500", line=1, column=DEEPEST + 3)
    halves = b"a: &a " + b"[" * 300 + b"]" * 300 + b"\nb: " + b"[" * 199 + b"*a" + b"]" * 199
    assert isinstance(read(halves)["b"], list)
    with pytest.raises(outlive.CorruptError, match=r"line 2.* nested more than 500 deep"):
        read(halves.replace(b"b: ", b"b: [") + b"]")


@pytest.mark.parametrize("part", ["[{0}]", "{{x: [{0}]}}", "{{x: {0}, y: {0}, z: {0}}}"])
def test_aliases_that_stand_for_more_than_any_memory_are_refused(part: str) -> None:
    """They are harmless as objects, but not once they are written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    times = 1 if "y:" in part else 9
    lines += [
        f"a{i + 1}: &a{i + 1} " + part.format(", ".join([f"*a{i}"] * times)) for i in range(30)
    ]
    with pytest.raises(outlive.CorruptError, match=r"line \d+, column .*aliases stand for"):
        read("\n".join(lines).encode())


def test_aliases_of_long_texts_and_of_merges_are_bounded_as_well() -> None:
    """A text of 100 kB that stands in a list a thousand times, a dict merged a thousand times."""
    long = b"a: &a " + b"x" * 100_000 + b"\nb: [" + b"*a, " * 1000 + b"]\n"
    _refused(long, "aliases stand for", line=2, column=len(b"b: [" + b"*a, " * 1000) + 1)
    names = ", ".join(f"k{i}: {i}" for i in range(1000))
    merges = f"a: &a {{{names}}}\nb:\n" + "- {<<: *a}\n" * 3000
    # Well before the end: so many merged dicts would have to be made first.
    with pytest.raises(outlive.CorruptError, match=r"line 1\d\d\d, column .*aliases stand for"):
        read(merges.encode())
    assert len(read(b"a: &a [1, 2]\nb: [" + b"*a, " * 1000 + b"]\n")["b"]) == 1000


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
            value = read(data)
        except outlive.CorruptError as error:
            assert "x.state, line" in str(error)
            outcomes["refused"] += 1
        else:
            assert same(read(dump(value)), value)
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
