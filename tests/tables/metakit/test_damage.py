"""Files that are none of Metakit's, were cut off, or are damaged: our errors, and nothing else."""

from __future__ import annotations

import random
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from outlive.errors import CorruptError, DiskError, FormatError
from outlive.tables.metakit import MetakitFile, MetakitView, read

from . import writer
from .content import content
from .samples import expected, mixed
from .writer import Options, varint

FEW = 50  # rows that are looked at: a damaged number may say that there are a billion
MUCH = 20 << 20  # bytes, for files of 2,000


def look(file: MetakitFile) -> None:
    """Decode all of the file; what comes of columns that are damaged is ours."""
    left = list(file.views.values())
    while left:
        view = left.pop()
        for name in view.names:
            try:
                column = view.column(name)
            except (CorruptError, FormatError) as error:
                assert "bytes>" in str(error)
                continue
            assert len(column) == len(view)
            left += [cell for cell in islice(column, FEW) if isinstance(cell, MetakitView)]


def look_at(data: bytes, aside: bytes | None = None) -> None:
    """Read and decode; an error is ours."""
    try:
        file = read(data, aside)
    except (CorruptError, FormatError):
        return
    look(file)


def sample() -> bytes:
    """A file with all that there is, which a commit has extended."""
    options = Options("big", memo=lambda item: len(item) > 100)
    return writer.extended(writer.file(mixed(2), options), mixed(9), options)


def test_cut_at_every_byte() -> None:
    """It is an error wherever no commit ended, and empty where nothing is left."""
    first = writer.file(mixed(2))
    data = writer.extended(first, mixed(9))
    for size in range(1, len(data)):
        if size == len(first):
            assert content(read(data[:size])) == expected(mixed(2))
            continue
        with pytest.raises(CorruptError, match="no commit stands at its end"):
            read(data[:size])


def test_an_aside_file_cut_at_every_byte() -> None:
    """It is an error as well, and the main file's content never comes for it."""
    main, aside = writer.file(mixed(2)), writer.aside(mixed(3))
    for size in range(1, len(aside)):
        with pytest.raises(CorruptError, match="<aside bytes>"):
            read(main, aside[:size])


@pytest.mark.parametrize("size", [1, 7, 8, 15, 16, 100])
def test_something_behind_it(size: int) -> None:
    """Metakit would show an empty database."""
    for byte in (b"\0", b"\n", b"\x80", b"\xff"):
        with pytest.raises(CorruptError):
            read(writer.file(mixed(2)) + byte * size)


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"hello\n",
        b"SQLite format 3\0" + bytes(4080),
        b'{"people": []}\n' * 900,
        bytes(100_000),
        b"\x80\0\0\0\0\0\0\x08" * 2,
        b"\x80\0\0\1\0\0\0\1" * 40,
        random.Random(5).randbytes(10_000),
    ],
)
def test_files_of_other_programs(data: bytes) -> None:
    """The error says that it is none of Metakit's."""
    with pytest.raises(CorruptError, match=r"<bytes> is no file of Metakit's.*Check the name"):
        read(data)


def test_a_file_from_before_release_2() -> None:
    """The error says what to do with it, wherever its header is."""
    old = b"JL\x1a\x80\x10\0\0\0" + bytes(200)
    for data in (old, bytes(4000) + old, b"LJ" + old[2:]):
        with pytest.raises(FormatError, match=r"before release 2.*Open it with Metakit 2"):
            read(data)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, or a directory, is a DiskError with its name."""
    with pytest.raises(DiskError, match=r"missing.mk: there is no such file"):
        read(tmp_path / "missing.mk")
    with pytest.raises(DiskError, match=r"missing\.mka"):
        read(writer.file({}), tmp_path / "missing.mka")
    with pytest.raises(DiskError):
        read(tmp_path)
    with pytest.raises(FormatError, match="not a path"):
        read(7)  # type: ignore[arg-type]  # that is the error


# What becomes of a byte, and of which: every so many. None: another bit of each byte.
BYTES = [
    (None, 5),
    pytest.param(None, 1, marks=pytest.mark.slow),
    *(pytest.param(byte, 1, marks=pytest.mark.slow) for byte in (b"\xff", b"\0", b"\x80", b"\x7f")),
]


@pytest.mark.parametrize(("spoil", "every"), BYTES)
def test_every_byte_damaged(spoil: bytes | None, every: int) -> None:
    """One byte at a time, to what is worst, or by one bit."""
    data = sample()
    for at in range(0, len(data), every):
        byte = spoil or bytes([data[at] ^ 1 << at % 8])
        look_at(data[:at] + byte + data[at + 1 :])


@pytest.mark.parametrize(("spoil", "every"), BYTES)
def test_an_aside_file_damaged(spoil: bytes | None, every: int) -> None:
    """Each of its bytes in turn."""
    main, aside = writer.file(mixed(2)), writer.aside(mixed(3))
    for at in range(0, len(aside), every):
        byte = spoil or bytes([aside[at] ^ 1 << at % 8])
        look_at(main, aside[:at] + byte + aside[at + 1 :])


def spoiled(data: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, taken out, put in or copied elsewhere."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randrange(len(found)), dice.randint(1, 9)
        kind = dice.randrange(4)
        if kind == 0:
            found[at : at + size] = dice.randbytes(size)
        elif kind == 1:
            found[at] = dice.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            start = dice.randrange(len(found))
            found[at : at + size] = found[start : start + size]
        else:
            found[at : at + size] = varint(dice.choice([0, 1 << 30, (1 << 31) - 1, -9, 1 << 40]))
    return bytes(found[: len(data)]).ljust(len(data), b"\0")


@pytest.mark.parametrize("seed", range(4))
def test_damage_at_random(seed: int) -> None:
    """Behind marks that are whole, so that most of it gets as far as the columns."""
    dice, data = random.Random(seed), sample()
    for _ in range(400):
        look_at(spoiled(data[:-16], dice) + data[-16:])


def test_damage_takes_no_memory() -> None:
    """Whatever a damaged number says, the file is small and so is what is made of it."""
    dice, data = random.Random(9), sample()
    tracemalloc.start()
    try:
        for _ in range(60):
            look_at(spoiled(data[:-16], dice) + data[-16:])
        assert tracemalloc.get_traced_memory()[1] < MUCH
    finally:
        tracemalloc.stop()


def test_a_subview_that_holds_itself() -> None:
    """Metakit would go down for ever."""
    walk = varint(0) + varint(1) + varint(4) + varint(8)
    data = writer.file_of("v[v[^]]", varint(4) + varint(8), walk)
    with pytest.raises(CorruptError, match=r"view v, column v: another column has the same bytes"):
        look_down(read(data))


def test_subviews_that_share_their_bytes() -> None:
    """Ten that hold the same ten, and so on, would be without end in practice."""
    columns, position, size = bytearray(), 8, 0
    for _ in range(9):
        place = varint(size) + varint(position) if size else b""
        position = 8 + len(columns)
        walk = b"".join(varint(0) + varint(2) + place for _ in range(2))
        size = len(walk)
        columns += walk
    deep = "v[" * 9 + "]" * 9
    top = varint(0) + varint(2) + varint(size) + varint(position)
    places = varint(len(top)) + varint(8 + len(columns))
    with pytest.raises(CorruptError, match=r"(same|more) bytes"):
        look_down(read(writer.file_of(f"v[{deep}]", places, bytes(columns) + top)))


def look_down(file: MetakitFile) -> None:
    """Go into each subview until an error comes."""
    left = list(file.views.values())
    while left:
        view = left.pop()
        left += [cell for name in view.names for cell in view.column(name)]


def test_columns_larger_than_the_file() -> None:
    """A thousand that share their bytes are refused before they are decoded."""
    fields = ",".join(f"s{number}:B" for number in range(1000))
    place = varint(500) + varint(8) + varint(2) + varint(8) + varint(0)
    walk = varint(0) + varint(1) + place * 1000
    places = varint(len(walk)) + varint(2000)
    data = writer.file_of(f"v[{fields}]", places, bytes(1992) + walk)
    with pytest.raises(CorruptError, match="more bytes than the file"):
        read(data)


def test_a_column_that_is_damaged() -> None:
    """The error says where it stands; the others can be read."""
    numbers = [[number] for number in range(1000, 1020)]
    views = {"v": ([("i", "I"), ("w", [("s", "S")])], [[1, [["abc"]]], [2, [["def"]]]])}
    data = writer.file({**views, "n": ([("i", "I")], numbers)}).replace(b"def\0", b"defg")
    file = read(data)
    with pytest.raises(
        CorruptError, match=r"view v, column w, row 1, column s: the string in row 0 has no end"
    ):
        content(file)
    assert file.views["v"].column("i").tolist() == [1, 2]
    assert file.views["n"].column("i").tolist() == [number for (number,) in numbers]


def test_a_root_that_is_damaged() -> None:
    """One that has not one row, or is not within the file, is none."""
    for rows in (0, 2, 1 << 30):
        with pytest.raises(CorruptError, match="where its views stand"):
            read(writer.file_of("v[]", varint(0), rows=rows))
    data = writer.file(mixed(2))
    for position in (0, len(data) - 10, (1 << 31) - 1):
        with pytest.raises(CorruptError, match="no commit stands at its end"):
            read(data[:-4] + position.to_bytes(4, "big"))


def test_parts_that_do_not_belong_together() -> None:
    """A string both in the column and on its own, and lengths that are not those of the data."""
    for length, memo in ((2, varint(0) + varint(2) + varint(8)), (1, b""), (3, b"")):
        columns = b"a\0" + bytes([length]) + memo
        walk = varint(0) + varint(1) + varint(2) + varint(8) + varint(1) + varint(10)
        walk += varint(len(memo)) + (varint(11) if memo else b"")
        places = varint(len(walk)) + varint(8 + len(columns))
        view = read(writer.file_of("v[s:S]", places, columns + walk)).views["v"]
        with pytest.raises(CorruptError, match=r"view v, column s: the lengths of its items"):
            view.column("s")
