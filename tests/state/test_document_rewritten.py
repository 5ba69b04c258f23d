"""The text of a State file's first document: changed in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outlive.formats.document import DEEPEST, CannotRewriteError, dump, rewrite
from outlive.formats.equality import same

from .exact import shown
from .hard_values import (
    SCALARS,
    nested,
    read,
)

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
    before, after = read(data), read(data)
    edit(after)
    expected = data.replace(old.replace(b"\n", eol), new.replace(b"\n", eol))
    assert rewrite(data, before, after) == expected
    assert same(read(expected), after)
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
@pytest.mark.parametrize("value", SCALARS, ids=shown)
def test_any_value_can_come_into_a_text_of_a_person(data: bytes, value: Any) -> None:
    """In a block and in a flow, in the place of another and under a new key."""
    old, new, longer = (read(data) for _ in range(3))
    new["a"] = longer["z"] = value
    for after in (new, longer):
        assert same(read(rewrite(data, old, after)), after)


def test_what_cannot_be_changed_in_place_says_so() -> None:
    """Not with an error of the parser, of Python or of the writer."""
    deep = nested(DEEPEST)
    for new in (deep, {"a": object()}):
        with pytest.raises(CannotRewriteError):
            rewrite(b"a: 1  # one\n", {"a": 1}, new)
    with pytest.raises(CannotRewriteError):
        rewrite(dump(deep), deep, nested(DEEPEST - 1))
