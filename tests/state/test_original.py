"""What PersistedState leaves in the middle of its vacuum, and what only looks like it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlive.errors import CorruptError
from outlive.formats.document import dump
from outlive.state.original import Mended, mended
from outlive.state.replay import replay

FILES = Path(__file__).parent.parent / "compat" / "persistedstate"
EXPECTED: dict[str, Any] = json.loads((FILES / "expected.json").read_text())
VACUUMS = [name for name in EXPECTED if "vacuum" in name]
OTHERS = [name for name in EXPECTED if "vacuum" not in name and "failed" not in name]
MARKER = b"\n---\n### LAST VALID STATE ###\n"


def state_of(data: bytes) -> dict[Any, Any]:
    """What a file says, if it is mended as far as that is needed."""
    found = mended(data)
    if found is None:
        try:
            return replay(data, "example.state").value
        except CorruptError:
            found = mended(data, is_damaged=True)
            if found is None:
                raise
    return replay(found.document + found.entries, "example.state").value


def text_of(state: dict[Any, Any]) -> bytes:
    """The plain document that PersistedState writes for a state."""
    return yaml.safe_dump(state, allow_unicode=True, sort_keys=True).encode()


# -- the files of the real versions


@pytest.mark.parametrize("name", VACUUMS + OTHERS)
@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_real_files(name: str, eol: bytes) -> None:
    """Every file that a version left, killed at some moment, is read as what its program knew."""
    data = (FILES / name).read_bytes().replace(b"\n", eol)
    assert state_of(data) == EXPECTED[name]["state"]


@pytest.mark.parametrize("name", VACUUMS)
def test_nothing_is_lost_in_a_vacuum(name: str) -> None:
    """A vacuum changes nothing, so there is nothing to warn of."""
    data = (FILES / name).read_bytes()
    found = mended(data) or mended(data, is_damaged=True)
    assert found is not None
    assert found.lost == b""
    assert found.document + found.entries in data


@pytest.mark.parametrize("name", OTHERS)
def test_files_without_a_vacuum_are_left_alone(name: str) -> None:
    """A file with whole entries, or with a torn one, is an ordinary file."""
    assert mended((FILES / name).read_bytes()) is None


# -- a vacuum that is cut off at every byte

WORDS = ["", "x", "a: 1", "]", "- b", "it's", "é€😀", "two\nlines\n", "w " * 45, "1e+16", "\n---\n"]
KEYS = ["a", "b", "aa", "x y", "-", "q: r", "last_id", "n]", "### LAST VALID STATE ###"]


def some_value(dice: random.Random, depth: int = 0) -> Any:
    """A value of any kind that such a file holds."""
    kind = dice.random()
    if depth < 2 and kind < 0.2:
        return {dice.choice(KEYS): some_value(dice, depth + 1) for _ in range(dice.randint(0, 3))}
    if depth < 2 and kind < 0.4:
        return [some_value(dice, depth + 1) for _ in range(dice.randint(0, 3))]
    return dice.choice([dice.choice(WORDS), dice.randint(-9, 9), 1e16, None, True])


def some_work(dice: random.Random, entries: int) -> tuple[dict[str, Any], bytes, bytes]:
    """A state before and after some changes, which are the entries."""
    before = {dice.choice(KEYS): some_value(dice) for _ in range(dice.randint(1, 4))}
    state, journal = dict(before), b""
    for _ in range(entries):
        key, value = dice.choice(KEYS), some_value(dice)
        if key in state and dice.random() < 0.3:
            del state[key]
            entry = ["delete", [], key]
        else:
            state[key] = value
            entry = ["set", [], key, value]
        journal += b"\n---\n" + json.dumps(entry, ensure_ascii=False).encode()
    return state, text_of(before), journal


def cut(written: list[tuple[int, bytes]], data: bytes, step: int) -> Iterator[bytes]:
    """What is on the disk while texts are written at their places, one byte after the other."""
    for start, text in written:
        for size in range(0, len(text) + 1, step):
            yield data[:start] + text[:size] + data[start + size :]
        data = data[:start] + text + data[start + len(text) :]


SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 30))]


def says(data: bytes, state: dict[str, Any]) -> bool:
    """Whether a file is read as a state; False if it is not read at all."""
    try:
        return state_of(data) == state
    except CorruptError:
        return False


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("entries", [0, 3])
def test_cuts_of_a_vacuum_of_26_1(seed: int, entries: int) -> None:
    """Cut off at any byte, the file says the state, but for a few bytes that say something else."""
    dice = random.Random(seed)
    state, document, journal = some_work(dice, entries)
    data, text = document.removesuffix(b"\n") + journal, text_of(state)
    written = [(len(data), text + MARKER + text), (0, text + b"...\n")]
    wrong = [image for image in cut(written, data, dice.randint(2, 5)) if not says(image, state)]
    # `x: 1` and then `a` is the clean file of {"x": "1a"}; a list's last element likewise.
    few = [image for image in wrong if len(image) - len(data) < 64 and not journal]
    assert wrong == few


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_of_a_vacuum_of_23_5(seed: int) -> None:
    """Before T is written over the beginning any cut is read; after it, what can be told apart."""
    dice = random.Random(seed)
    state, data, journal = some_work(dice, 3)
    data, text = data + journal, text_of(state)
    for image in cut([(len(data), text)], data, 3):
        assert state_of(image) == state
    # 23.4 and 23.5 write 8 kB at a time: an end in a line of such a small file is no real one.
    images = [data_after(data + text, text, end) for end in ends_of_lines(text)]
    wrong = [image for image in images if not says(image, state)]
    assert len(wrong) <= len(images) // 2
    if len(data) >= len(text):
        assert state_of(data_after(data + text, text, len(text))) == state


def data_after(data: bytes, text: bytes, size: int) -> bytes:
    """The data with the first bytes of a text written over its beginning."""
    return text[:size] + data[size:]


def ends_of_lines(text: bytes) -> list[int]:
    """Where the lines of a text end."""
    return [at + 1 for at, byte in enumerate(text) if byte == ord("\n")]


def test_a_document_of_a_person() -> None:
    """A vacuum of a file that a person wrote: their own text counts, with its comments."""
    document = b"# mine\nb: 1  # how many\na: 2\n"
    text = b"a: 2\nb: 1\n"
    assert mended(document + text, is_damaged=True) == Mended(document, b"", b"")
    flow = b'{"b": 1, "a": {"c": [1, 2]}}'
    text = b"a:\n  c:\n  - 1\n  - 2\nb: 1\n"
    assert mended(flow + text + MARKER[:9], is_damaged=True) == Mended(flow, b"", b"")
    assert mended(flow + text + MARKER + text[:4]) == Mended(text, b"", b"")


def test_a_copy_that_says_more_than_the_entries() -> None:
    """JSON has no keys but texts, so the copy of the program's state is right, not the entry."""
    data = b'a: 1\n---\n["set", [], "b", {"1": 2}]'
    text = b"a: 1\nb:\n  1: 2\n"
    assert state_of(data + text) == {"a": 1, "b": {1: 2}}
    assert state_of(data + text + MARKER + text[:5]) == {"a": 1, "b": {1: 2}}


def test_entries_that_are_written_over() -> None:
    """The end of the last entry stands between the beginning of T and the whole of it."""
    for data in (
        b'key: v"set", [], "key", "value"]key: value\n',
        b'key: value\n [], "key", "value"]key: value\n',
        b'\n---\n["set", [], "key", "value"]key: value\n',
    ):
        assert state_of(data) == {"key": "value"}


def test_a_copy_that_is_not_understood_is_kept() -> None:
    """What stands behind the last entry and fits nothing goes to NAME.lost."""
    data = b'a: 1\n---\n["set", [], "b", 2]'
    found = mended(data + b"c: {")
    assert found == Mended(b"a: 1", data[4:], b"c: {")


def test_a_torn_mark() -> None:
    """The first bytes of an entry are no element of the list above them."""
    assert mended(b"a:\n- b\n-") == Mended(b"a:\n- b", b"", b"\n-")
    assert mended(b"b: 1\na:\n- b\n-") is None  # not in the order of a vacuum, and can be read
    assert mended(b"a: 1\n--", is_damaged=True) == Mended(b"a: 1", b"", b"\n--")
    assert mended(b'\n---\n["se', is_damaged=True) == Mended(b"", b"", b'\n---\n["se')


# -- what only looks like it

QUOTED = "### LAST VALID STATE ###"


@pytest.mark.parametrize(
    "text",
    [
        f"# it wrote:\n{QUOTED}\na: 1\n",
        f"{QUOTED}\na: 1\n",
        f"\n{QUOTED}\na: 1\n",
        f"a: 1\n{QUOTED}\na: 1\n",
        f"a: 1\n{QUOTED}\nb: 1\n{QUOTED}\n",
        f"a: 1\n\n---\n{QUOTED}\nb: 1\n",
        f"b: 1\na: 2\n---\n{QUOTED}\na: 2\n",
        f"text: |\n  a: 1\n  ---\n  {QUOTED}\n  a: 1\n",
        f'text: |\n  a: 1\n  ---\n  ["set", [], "a", 1]a: 1\n  ---\n  {QUOTED}\n',
        f'text: "a\n\n  ---\n\n  {QUOTED}\n\n  a"\n',
        "a:\n- x\n- x\n- x\n",
        "a:\n- x\n- y\na2:\n- x\n- y\n",
        "a:\n- x\n- a:\n  - x\n- a:\n  - x\n",
        "# a\n# a\n# a\n# a\na: 1\n# a\n# a\n# a\n# a\na: 1\n",
        "a: 1\na: 2\n",
        "b: 1\na: 2\nb: 1\na: 2\n",  # not in the order of a vacuum
        "# mine\nb: 1\na: 2\n# mine\nb: 1\na: 2\n",
        "a: 1\nb: 2\na: 1\n",
        "a: 1\nb: 2\na",
        "a: 1\nb: 2\na: ",
        "a: 1\nb: 2\nb: 2\n",
        "a: 1\nb: [1, 2\n",
        "a: 'x\nb: 2\n",
        "a: }\n",
        'key: v"set", [], "key", "value"]key:  value\n',
        f'a: 1\n---\n["set", [], "a", 2]a: {{\n---\n{QUOTED}\na',
        'a: 1\n---\n["set", [], "a", 2]  # a comment\n',
        'a: 1\n---\n["set", [], "a", 2]\n# a comment\n',
        'a: 1\n---\n[\n  "set", [], "a",\n  2]\n',
        'a: 1\n--- #00000000\n["set",[],"a",2]a: 1\n',
        "- a\n- b\n",
        "a",
        "",
    ],
)
def test_lookalikes(text: str) -> None:
    """A file of a person is none of PersistedState's, whether it can be read or not."""
    for data in (text.encode(), text.replace("\n", "\r\n").encode()):
        assert mended(data) is None
        assert mended(data, is_damaged=True) is None


@pytest.mark.parametrize("seed", range(100))
def test_whole_documents_are_left_alone(seed: int) -> None:
    """A document that PersistedState or outlive wrote is never taken for the half of a vacuum."""
    dice = random.Random(seed)
    state = {dice.choice(KEYS): some_value(dice) for _ in range(4)}
    for text in (text_of(state), text_of(state).removesuffix(b"\n"), dump(state)):
        assert mended(text) is None
        assert mended(b"# a comment\n" + text) is None


def test_a_repetition_says_the_same() -> None:
    """Of a document that stands there twice, which a person may have done, nothing is lost."""
    assert mended(b"a: 1\nb: 2\n" * 2, is_damaged=True) == Mended(b"a: 1\nb: 2\n", b"", b"")


def test_damage_never_raises() -> None:
    """Bytes of any kind are mended, or left to the parser to complain of."""
    dice = random.Random(7)
    parts = [(FILES / name).read_bytes() for name in VACUUMS]
    parts += [MARKER, b'\n---\n["set", [], "a", 1]', b"a: 1\n", b"{}\n", b"[" * 600, b"*a: &a *a\n"]
    for _ in range(500):
        data = bytearray(b"".join(dice.choices(parts, k=dice.randint(1, 2))))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data) + 1)
            size = dice.choice([0, 0, 1, 9, 99])
            data[at : at + size] = dice.choice([b"", dice.randbytes(2), b"\n", b"]", b"{", b"'"])
        is_damaged = dice.random() < 0.5
        found = mended(bytes(data), is_damaged=is_damaged)
        if found is not None:
            assert len(found.document + found.entries) <= len(data)
