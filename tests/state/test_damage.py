"""Damaged files: what is whole counts, what is not is kept, and nothing is dropped in silence."""

from __future__ import annotations

import re
import stat
import warnings
from pathlib import Path

import pytest
import yaml

import outlive
from outlive import CorruptError, RecoveryWarning, State
from outlive.formats.equality import same
from outlive.live import plain

from ..files import names_beside
from .left_behind import CHANGES, LOST, NAME, STATES, TWIN, starts
from .stand_ins import opened


def test_the_whole_file_means_all_changes(path: Path, data: bytes) -> None:
    """Undamaged, nothing is lost and nothing is said."""
    path.write_bytes(data)
    with opened(path) as state:
        assert same(plain(state), STATES[-1])
    assert len(starts(data)) == len(CHANGES) + 1


def test_the_last_entry_is_torn_anywhere(path: Path, data: bytes) -> None:
    """Cut off at every byte: all entries before it count, and what is left of it is kept."""
    places = starts(data)
    for end in range(places[0] + 1, len(data)):
        count = max(i for i, place in enumerate(places) if place <= end)
        torn = data[places[count] : end]
        if not torn.strip(b"\n- "):  # there is nothing that could be lost
            path.write_bytes(data[:end])
            with warnings.catch_warnings(action="ignore"), opened(path) as state:
                assert same(plain(state), STATES[count])
            path.with_name(LOST).unlink(missing_ok=True)
        elif end + 1 == places[count + 1]:
            path.write_bytes(data[:end])
            with opened(path) as state:
                assert same(plain(state), STATES[count + 1]), "but for its line break it is whole"
        else:
            path.write_bytes(data[:end])
            with pytest.warns(RecoveryWarning, match=rf"{len(torn.lstrip())}|{len(torn)} bytes"):
                state = opened(path)
            assert same(plain(state), STATES[count]), torn
            assert torn.endswith(path.with_name(LOST).read_bytes())
            assert path.with_name(LOST).read_bytes().strip() == torn.strip()
            state.close()
            assert same(yaml.safe_load(path.read_text()), STATES[count])
            path.with_name(LOST).unlink()


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_wrong_checksum(path: Path, data: bytes, number: int) -> None:
    """The entries before count; the entry and all after it are kept."""
    place = starts(data)[number]
    for at in (place + 6, place + 13, place + 16, starts(data)[number + 1] - 2):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            path.write_bytes(damaged)
            state = opened(path)
        assert [warning.category for warning in caught] == [RecoveryWarning]
        line = damaged[:place].count(b"\n") + 2
        assert re.search(rf"from line {line} on", str(caught[0].message))
        assert same(plain(state), STATES[number])
        assert path.with_name(LOST).read_bytes().strip() == bytes(damaged[place:]).strip()
        state.close()
        path.with_name(LOST).unlink()


GARBAGE = [b"\0" * 4096, b"\xff\xfe garbage", b"\n--- #12", b"--- #1234567", b"\x1b[0m" * 9]
GARBAGE += [b"plain words\n", b"key: value\n", b"\n--- #00000000\n", b"\n--- #00000000\n[]\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_behind_the_last_entry(path: Path, data: bytes, garbage: bytes) -> None:
    """Whatever a power cut or a stray program leaves there, it is kept and no change is lost."""
    path.write_bytes(data + garbage)
    with pytest.warns(RecoveryWarning, match=r"\d+ bytes from line \d+ on"):
        state = opened(path)
    assert same(plain(state), STATES[-1])
    assert path.with_name(LOST).read_bytes().strip(b"\n") == garbage.strip(b"\n")
    state.close()
    with opened(path) as state:
        assert same(plain(state), STATES[-1])


@pytest.mark.parametrize("zeros", [1, 511, 5000])
@pytest.mark.parametrize("count", [0, 2])
def test_zeros_that_a_power_cut_leaves(path: Path, data: bytes, zeros: int, count: int) -> None:
    """Space that was never written is no part of the document, nor of an entry."""
    path.write_bytes(data[: starts(data)[count]] + bytes(zeros))
    with pytest.warns(RecoveryWarning, match=rf"{zeros} bytes"):
        state = opened(path)
    assert same(plain(state), STATES[count])
    state.close()
    assert path.with_name(LOST).read_bytes() == bytes(zeros)


def test_strict_takes_an_undamaged_file(path: Path, data: bytes) -> None:
    """Entries alone are no damage."""
    path.write_bytes(data)
    with opened(path, strict=True) as state:
        assert same(plain(state), STATES[-1])


@pytest.mark.parametrize("strict", [False, True])
def test_reading_changes_nothing(path: Path, data: bytes, strict: bool) -> None:
    """mode="r" warns, or refuses, and neither writes nor makes anything."""
    damaged = data.replace(b'"a",2]', b'"a",3]')
    path.write_bytes(damaged)
    status = path.stat()
    if strict:
        with pytest.raises(CorruptError, match=r"from line \d+ on"):
            opened(path, mode="r", strict=True)
    else:
        with pytest.warns(RecoveryWarning, match=rf"{NAME}.*from line \d+ on"):
            state = opened(path, mode="r")
        assert same(plain(state), STATES[0])
        state.close()
    assert path.read_bytes() == damaged
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert names_beside(path) == [NAME, "whole"]


def test_what_is_lost_accumulates(path: Path, data: bytes) -> None:
    """NAME.lost is never overwritten, also not what a person put there."""
    lost = path.with_name(LOST)
    lost.write_bytes(b"a person's\n")
    expected = b"a person's\n"
    for number in (4, 2, 1):
        place = starts(data)[number]
        damaged = data[: place + 15] + b"!" + data[place + 15 :]
        path.write_bytes(damaged)
        with pytest.warns(RecoveryWarning):
            opened(path).close()
        expected += damaged[place:]
        found = lost.read_bytes()
        assert found.split() == expected.split()
        expected = found


def test_what_is_lost_is_as_private_as_the_state(path: Path, data: bytes) -> None:
    """Nobody may read NAME.lost who could not read the state."""
    path.write_bytes(data + b"secret")
    path.chmod(0o600)
    with pytest.warns(RecoveryWarning):
        opened(path).close()
    assert stat.S_IMODE(path.with_name(LOST).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_opening_that_is_refused_keeps_nothing(path: Path, data: bytes) -> None:
    """Defaults that are no values: the damage is for the next opening to report."""
    path.write_bytes(data + b"rest")
    with pytest.raises(outlive.FormatError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        State(path, wrong=object())
    assert path.read_bytes() == data + b"rest"
    assert NAME in names_beside(path)
    with pytest.warns(RecoveryWarning):
        opened(path).close()


def test_a_damaged_document_is_left_alone(path: Path, data: bytes) -> None:
    """CorruptError, with line and column, however it is opened; nothing is made beside it."""
    damaged = data.replace(b"list: [x]", b"list: [x")
    path.write_bytes(damaged)
    for options in ({}, {"strict": True}, {"mode": "r"}):
        with pytest.raises(CorruptError, match=rf"{NAME}, line [34], column \d+"):
            opened(path, **options)
        assert path.read_bytes() == damaged
        assert names_beside(path) == [NAME, "whole"]
    path.write_bytes(data)
    with opened(path) as state:
        assert same(plain(state), STATES[-1])


def test_a_damaged_twin_does_no_harm(path: Path, data: bytes) -> None:
    """It counts only if it is whole; the file alone is enough."""
    twin = path.with_name(TWIN)
    for rest in (b"", b"garbage", b"\0" * 100, b"# What outlive wrote: 3 bytes\nabc", data):
        path.write_bytes(data)
        twin.write_bytes(rest)
        with opened(path) as state:
            assert same(plain(state), STATES[-1])
            state.more = 1
        assert names_beside(path) == [NAME, "whole"]
