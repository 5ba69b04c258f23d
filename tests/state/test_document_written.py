"""The text of a State file's first document: how it is written, and that it reads back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from outlive.formats.document import dump, is_plain, rewrite
from outlive.formats.equality import same

from .exact import shown
from .hard_values import (
    DAYS,
    FLOATS,
    HARD,
    NUMBERS,
    SCALARS,
    SECONDS,
    WORDS,
    documents,
    read,
)


@settings(max_examples=100, deadline=None)
@given(documents)
def test_whatever_is_written_reads_back_the_same_to_the_type(value: dict[Any, Any]) -> None:
    """Here and with plain PyYAML; keys that were sorted give the same value."""
    data = dump(value)
    assert same(read(data), value)
    assert same(yaml.safe_load(data), value)
    assert same(read(dump(value, sort_keys=True)), value)
    assert is_plain(data, value)


@pytest.mark.parametrize("value", SCALARS, ids=shown)
def test_a_hard_value_keeps_its_place_and_its_type(value: object) -> None:
    """In a dict, in a list, in a list in a list, with something after it."""
    document = {"a": value, "b": [value, [value, 1], {"c": value, "d": value}, 2], "e": 3}
    data = dump(document)
    assert same(read(data), document)
    assert same(yaml.safe_load(data), document)
    assert same(yaml.load(data, Loader=yaml.SafeLoader), document)
    assert same(read(data.replace(b"\n", b"\r\n")), document)
    assert same(read(data + b"\n--- #6ab3f1c0\n".split(b"---", maxsplit=1)[0]), document)


@pytest.mark.parametrize(
    "key",
    [*HARD, *NUMBERS, *FLOATS, *DAYS, None, True, False],
    ids=shown,
)
def test_a_hard_key_keeps_its_place_and_its_type(key: Any) -> None:
    """With a value beside it, a block, a list and lines below it."""
    for value in (1, {"a": 1}, [1, [2]], "a\nb\n", {}):
        document = {key: value, "in": [{key: value}, {key: {key: value}}], "end": 1}
        data = dump(document)
        assert same(read(data), document)
        assert same(yaml.safe_load(data), document)


@pytest.mark.parametrize("offset", SECONDS, ids=str)
def test_an_offset_with_seconds_gives_the_same_moment(offset: timedelta) -> None:
    """YAML has only minutes there."""
    moment = datetime(2026, 11, 21, 7, 42, tzinfo=timezone(offset))
    back = read(dump({"a": moment}))["a"]
    assert back == moment
    assert abs(back.utcoffset() - offset) < timedelta(minutes=1)
    assert read(rewrite(b"a: 1  # one\n", {"a": 1}, {"a": moment})) == {"a": moment}


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
