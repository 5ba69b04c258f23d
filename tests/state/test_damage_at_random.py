"""Files damaged at random: no byte is lost in silence."""

from __future__ import annotations

import random
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlive import ConflictWarning, OutliveError, RecoveryWarning
from outlive.formats.equality import same
from outlive.live import plain

from ..files import names_beside
from .interpreter import NotUnderstoodError, interpreted
from .left_behind import CHANGES, DOCUMENT, LOST, NAME, TWIN, original
from .stand_ins import opened


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to three things done to them."""
    result = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        size = rng.choice([1, 1, 1, 2, 5, 20, 100])
        at = rng.randrange(len(result) + 1)
        part = result[at : at + size]
        kind = rng.randrange(9)
        if kind == 0 and part:
            result[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del result[at:]
        elif kind == 2:
            del result[at : at + size]
        elif kind == 3:
            result[at:at] = part
        elif kind == 4:
            result[at:at] = rng.randbytes(size)
        elif kind == 5:
            result[at : at + size] = bytes(len(part))
        elif kind == 6:
            result[at:at] = rng.choice([b"\n", b"\r", b"\n---\n", b"---", b"#", b" ", b'"', b"]"])
        elif kind == 7:
            result[rng.randrange(len(result) + 1) :] = part
        else:
            lines = bytes(result).split(b"\n")
            lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
            result = bytearray(b"\n".join(lines))
    return bytes(result)


def check(path: Path, data: bytes) -> str:
    """Open a file of any bytes; what came of it."""
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            state = opened(path)
        except OutliveError:
            assert path.read_bytes() == data, "an error leaves the file as it is"
            assert names_beside(path) == [NAME], "and nothing beside it"
            return "refused"
        value = plain(state)
        state.close()
        again = opened(path)
        assert same(plain(again), value), "what was opened is what is there the next time"
        again.close()
    kinds = {warning.category for warning in caught}
    assert kinds <= {RecoveryWarning, ConflictWarning, UserWarning}
    lost = path.with_name(LOST)
    rest = lost.read_bytes() if lost.exists() else b""
    assert bool(rest) == (RecoveryWarning in kinds), "a loss is told, and only that"
    check_nothing_vanished(path, data, value, rest)
    return "lost" if rest else "read"


def check_nothing_vanished(path: Path, data: bytes, value: Any, lost: bytes) -> None:
    """The file without what is in NAME.lost means the value.

    So whatever is neither in the value nor in a comment is in NAME.lost, which holds entries that
    were passed over and the end of the file.
    """
    found = [_kept(data, lost, size, value) for size in _ends(data, lost)]
    kept = next((part for part in found if part is not None), None)
    if kept is None:
        assert not lost
        assert _is_in_vacuum(data, value), "the value is not what the rest of the file means"
        return
    after = path.read_bytes()
    if after != data and not list(path.parent.glob("*.version-*")):
        for comment in re.findall(rb"^#.*$", kept.partition(b"\n---")[0], re.MULTILINE):
            assert comment in after


def _is_in_vacuum(data: bytes, value: Any) -> bool:
    """Whether PersistedState could have left the file while it appended the plain document."""
    plain_document = yaml.safe_dump(value, allow_unicode=True, sort_keys=True).encode()
    if plain_document in data:
        return True
    sizes = range(1, len(plain_document))
    begun = [size for size in sizes if data.endswith(plain_document[:size])]
    return any(_kept(data, b"", size, value) is not None for size in begun)


def _kept(data: bytes, lost: bytes, size: int, value: Any) -> bytes | None:
    """The file without `size` bytes at its end, if it then means the value."""
    kept, skipped = data[: len(data) - size], list[bytes]()
    try:
        is_right = same(interpreted(kept, skipped), value)
    except NotUnderstoodError:
        return None
    passed_over = lost[: max(0, len(lost) - size)]
    return kept if is_right and b"\n".join(skipped).split() == passed_over.split() else None


def _ends(one: bytes, two: bytes) -> list[int]:
    """The sizes that the end which both have in common may have, the largest first."""
    size = 0
    while size < min(len(one), len(two)) and one[-1 - size] == two[-1 - size]:
        size += 1
    return list(range(size, -1, -1))


def fuzz(directory: Path, data: bytes, seed: int, count: int) -> dict[str, int]:
    """Damage a file in many ways; how often what came of it."""
    rng, results = random.Random(seed), {"refused": 0, "lost": 0, "read": 0}
    for number in range(count):
        place = directory / "fuzz"
        place.mkdir(exist_ok=True)
        text = damaged(data, rng)
        try:
            results[check(place / NAME, text)] += 1
        except Exception as error:
            raise AssertionError(f"case {number}: {text!r}") from error
        for name in names_beside(place / NAME):
            (place / name).unlink()
    return results


@pytest.mark.parametrize("style", ["ours", "original"])
def test_a_damaged_file_is_a_state_or_our_error(tmp_path: Path, data: bytes, style: str) -> None:
    """Bytes flipped, cut, repeated, put in: no byte is lost in silence."""
    results = fuzz(tmp_path, data if style == "ours" else original(), 1, 100)
    assert min(results.values()) > 5


def killed(directory: Path) -> dict[str, bytes]:
    """The file and the twin that a killed program leaves: the editor's save came in between."""
    path = directory / "killed" / NAME
    path.parent.mkdir()
    path.write_text(DOCUMENT)
    with opened(path) as state:
        for number, change in enumerate(CHANGES):
            change(state)
            if number == 3:
                path.write_text(path.read_text().replace("er: {}", "er: {by: hand}"))
        return {name: (path.parent / name).read_bytes() for name in (NAME, TWIN)}


def fuzz_with_twin(directory: Path, which: str, seed: int, count: int) -> None:
    """Damage one of the two files; what comes is a state, the same each time, or our error."""
    files = killed(directory)
    rng = random.Random(seed)
    for number in range(count):
        place = directory / "fuzz"
        place.mkdir(exist_ok=True)
        texts = files | {which: damaged(files[which], rng)}
        for name, text in texts.items():
            (place / name).write_bytes(text)
        with warnings.catch_warnings(action="ignore"):
            try:
                state = opened(place / NAME)
            except OutliveError:
                for name, text in texts.items():
                    assert (place / name).read_bytes() == text, number
            except Exception as error:
                raise AssertionError(f"case {number}: {texts[which]!r}") from error
            else:
                value = plain(state)
                state.close()
                if which == TWIN:
                    assert value["deep"]["er"]["by"] == "hand"
                    assert value["deep"]["when"] == 1.5e300
                with opened(place / NAME) as again:
                    assert same(plain(again), value), number
        for name in names_beside(place / NAME):
            (place / name).unlink()


@pytest.mark.parametrize("which", [NAME, TWIN])
def test_a_damaged_file_and_its_twin(tmp_path: Path, which: str) -> None:
    """Whichever is damaged, the other is a help and no harm."""
    fuzz_with_twin(tmp_path, which, 1, 60)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("style", ["ours", "original"])
def test_20000_damaged_files(tmp_path: Path, data: bytes, style: str) -> None:
    """The same, many times."""
    fuzz(tmp_path, data if style == "ours" else original(), 2, 10_000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("which", [NAME, TWIN])
def test_3000_damaged_files_and_their_twins(tmp_path: Path, which: str) -> None:
    """The same, many times."""
    fuzz_with_twin(tmp_path, which, 2, 3000)
