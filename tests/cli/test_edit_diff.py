"""The diff that `outlive edit` prints."""

from __future__ import annotations

import random
import re

import pytest

from outlive.cli.diff import unified

HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def patched(text: str, lines: list[str]) -> str:
    """The text with the diff applied, which has to fit it line by line."""
    old, made, at = text.split("\n"), [], 0
    for line in lines[2:]:
        if head := HEAD.fullmatch(line):
            start = int(head[1]) - (head[2] != "0")
            made += old[at:start]
            at = start
            assert len(made) == int(head[3]) - (head[4] != "0")
            continue
        if line[0] in " -":
            assert old[at] == line[1:]
            at += 1
        if line[0] in " +":
            made.append(line[1:])
    return "\n".join([*made, *old[at:]])


@pytest.mark.parametrize("seed", range(40))
def test_it_leads_from_one_text_to_the_other(seed: int) -> None:
    """Applied to the former text it gives the new one, wherever lines come, go or change."""
    chance = random.Random(seed)
    old = [chance.choice("abcd") + str(number // 2) for number in range(chance.randrange(30))]
    new = list(old)
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(new) + 1)
        new[at : at + chance.randrange(3)] = [f"x{chance.random()}"] * chance.randrange(3)
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    lines = list(unified(before, after, "x"))
    assert patched(before, lines) == after
    assert bool(lines) == (before != after)


def test_texts_that_differ_in_most_lines() -> None:
    """Many thousand lines take no minute; a single one in a million is found at once."""
    old = "".join(f"{number}\n" for number in range(10_000))
    new = old.replace("5", "five").replace("7", "seven")
    assert patched(old, list(unified(old, new, "x"))) == new
    long = "".join(f"{number}\n" for number in range(1_000_000))
    lines = list(unified(long, long.replace("\n777777\n", "\nx\n"), "x"))
    assert lines[2:] == [
        "@@ -777775,7 +777775,7 @@",
        " 777774",
        " 777775",
        " 777776",
        "-777777",
        "+x",
        " 777778",
        " 777779",
        " 777780",
    ]


def test_the_end_of_a_text() -> None:
    """As diff has it: a last line without a line end is said to be one."""
    assert list(unified("a\nb", "a\nb\n", "x"))[3:] == [
        " a",
        "-b\n\\ No newline at end of file",
        "+b",
    ]
