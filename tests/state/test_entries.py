"""Entries that do not fit, and entries as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from outlive import CorruptError, RecoveryWarning
from outlive.formats.equality import same
from outlive.live import plain

from ..files import names_beside
from .left_behind import LOST, NAME, STATES, entry, original
from .stand_ins import opened

UNFIT = [
    '["set",["nowhere"],"a",1]',
    '["set",["a"],"b",1]',
    '["set",["list"],5,1]',
    '["set",["list"],"x",1]',
    '["set",["list"],true,1]',
    '["set",["list",9],"x",1]',
    '["delete",[],"nothing"]',
    '["delete",["list"],1]',
    '["insert",["deep"],0,1]',
    '["insert",["list"],"0",1]',
    '["insert",[],0,1]',
    '["append",["list"],1]',
    '["set",[],"a"]',
    '["set",[],"a",1,2]',
    '["set","list",0,1]',
    '["delete",[]]',
    '["set",[],["a"],1]',
    '["set",[],{"a":1},1]',
    '["batch"]',
    '["batch",["set",[],"a",1]]',
    '["batch",[["batch",[["set",[],"a",7]]]]]',
    '["batch",[["set",[],"a",7],["delete",[],"nothing"]]]',
    '["batch",[["set",[],"a",7],["delete",["list"],0],["set",["list"],0,1]]]',
    '["set",[],"a",!!python/object:os.x {}]',
    '["set",[],"a",!!set {x}]',
    '["set",[],"a",[1]',
    "[]",
    "null",
    "words",
    "42",
    '"set"',
]


DEEP = {f"deep {n}": f'["set",[],"a",{"[" * n}{"]" * n}]' for n in (600, 2000, 100_000)}


@pytest.mark.parametrize("name", [*UNFIT, *DEEP])
def test_an_entry_that_does_not_fit(path: Path, data: bytes, name: str) -> None:
    """It and what follows is kept, nothing of it is done; strict=True refuses, with the line."""
    more = entry(DEEP.get(name, name)) + entry('["set",[],"after",1]')
    path.write_bytes(data + more)
    line = data.count(b"\n") + 2
    with pytest.raises(CorruptError, match=rf"{NAME}.* from line {line} on"):
        opened(path, strict=True)
    assert path.read_bytes() == data + more
    assert names_beside(path) == [NAME, "whole"]
    with pytest.warns(RecoveryWarning, match=rf"from line {line} on"):
        state = opened(path)
    assert same(plain(state), STATES[-1])
    assert path.with_name(LOST).read_bytes().strip() == more.strip()
    state.close()


# -- by hand


def test_an_entry_edited_by_hand_counts_without_its_checksum(path: Path, data: bytes) -> None:
    """With the old checksum it is lost; who takes that away may write what they like."""
    line = b'["set",[],"a",2]'
    edited = data.replace(line, b'["set",[],"a",7]')
    path.write_bytes(edited)
    with pytest.warns(RecoveryWarning):
        state = opened(path)
    assert same(plain(state), STATES[0])
    state.close()
    path.with_name(LOST).unlink()
    path.write_bytes(re.sub(rb"--- #[0-9a-f]{8}\n(?=.*7\])", b"---\n", edited))
    with opened(path) as state:
        assert same(plain(state), STATES[-1] | {"a": 7})
    assert not path.with_name(LOST).exists()


BY_HAND = [
    '\n---\n["set", [], "a", 3]\n',
    "\n---\n- set\n- []\n- a\n- 3\n",
    "\n--- # a comment\n# another\n- set\n- []  # here\n- a\n\n- 3\n# the end\n",
    "\n---\n[set, [],\n  a,  # over lines\n  3]\n",
    "\n--- [set, [], a, 3]\n",
    "\n---\n[batch, [[set, [], a, 3]]]\n",
    "\r\n---\r\n- set\r\n- []\r\n- a\r\n- 3\r\n",
    '\n---\n\n["set",[],"a",3]',
    '\n---\n["set", [], "a", 9]\n...\n---\n["set", [], "a", 3]\n...\n',
    "---\n- set\n- []\n- a\n- 3\n",
]


@pytest.mark.parametrize("text", BY_HAND)
def test_entries_as_people_write_them(path: Path, data: bytes, text: str) -> None:
    """Without a checksum, in any style, with comments, before and after those of a program."""
    path.write_bytes(data + text.encode() + entry('["set",[],"after",1]'))
    with opened(path) as state:
        assert same(plain(state), STATES[-1] | {"a": 3, "after": 1})
    assert not path.with_name(LOST).exists()
    assert same(yaml.safe_load(path.read_text()), STATES[-1] | {"a": 3, "after": 1})


@pytest.mark.parametrize("rest", [", [1]]", "--", " x", "]", "\n# c\nx: [", "\tx  "])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "  \r\n"])
def test_text_behind_an_entry_without_checksum(path: Path, rest: str, end: str) -> None:
    """The entry counts, since its statement had returned, and the text is kept to the last byte."""
    more = rest + end + '\n---\n["set", [], "after", 1]'
    path.write_bytes(original() + more.encode())
    with pytest.warns(RecoveryWarning):
        state = opened(path)
    assert state.x == "y"
    assert "after" not in state
    assert path.with_name(LOST).read_bytes().strip() == more.encode().strip()
    state.close()
