"""How a file can be laid out: extended, appended to another, changed in an aside file, empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from outlive.errors import CorruptError, FormatError
from outlive.tables.metakit import read

from . import writer
from .content import content
from .samples import expected, mixed, row
from .writer import Options

Order = Literal["little", "big"]
ORDERS: list[Order] = ["little", "big"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_file_that_commits_have_extended(order: Order) -> None:
    """The last of several is what counts."""
    options = Options(order)
    data = writer.file(mixed(3), options)
    for count in (4, 0, 12):
        data = writer.extended(data, mixed(count), options)
        assert content(read(data)) == expected(mixed(count))


def test_a_commit_that_was_broken_off() -> None:
    """What counts is the one before it."""
    data = writer.broken_off(writer.broken_off(writer.file(mixed(5))), 1000)
    assert content(read(data)) == expected(mixed(5))
    odd = data[:-8] + b"\x9f\x01\x02\x03" + data[-4:]  # a mark as from 2006 on
    assert content(read(odd)) == expected(mixed(5))


@pytest.mark.parametrize("before", [b"#!", b"JL\x1a\0\0\0\0\0" * 9, bytes(5000)])
def test_a_data_set_behind_another_file(before: bytes, tmp_path: Path) -> None:
    """It is found from the end, and so are those that commits have extended."""
    data = writer.file(mixed(), before=before)
    assert content(read(data)) == expected(mixed())
    data = writer.extended(data, mixed(4), base=len(before))
    (tmp_path / "program").write_bytes(data)
    assert content(read(tmp_path / "program")) == expected(mixed(4))
    behind = writer.file(mixed(2), before=data)
    assert content(read(behind)) == expected(mixed(2))


@pytest.mark.parametrize("order", ORDERS)
def test_an_aside_file(order: Order) -> None:
    """What was changed is in it, and what was not is in the main file; without it, all is there."""
    options = Options(order)
    main = writer.file(mixed(12), options)
    numbers = writer.vector([row(number)[0] for number in range(12)], options)
    views = mixed(12)
    views["none"][1].extend([[1, "a"], [2, "b"]])  # type: ignore[attr-defined]  # it is a list
    aside = writer.aside(views, options, kept={numbers: main.index(numbers)})
    assert aside.count(numbers) == 0
    assert content(read(main, aside)) == expected(views)
    assert content(read(main)) == expected(mixed(12))


def test_an_aside_file_of_several_commits(tmp_path: Path) -> None:
    """The last of them is what counts; columns that it does not name are left from others."""
    main, aside = tmp_path / "test.mk", tmp_path / "test.mka"
    main.write_bytes(writer.file(mixed(3), before=b"before"))
    first = [[0, [[0, 0, b"old"]]], [0, []]]
    aside.write_bytes(writer.aside(mixed(7), first=first))
    assert content(read(main, aside)) == expected(mixed(7))


def test_an_aside_file_that_has_nothing_yet() -> None:
    """The main file is as it is."""
    main = writer.file(mixed())
    for aside in (b"", writer.aside_file([]), writer.aside_file([[0, []]])):
        assert content(read(main, aside)) == expected(mixed())
    assert read(b"", b"").views == {}


@pytest.mark.parametrize("order", ORDERS)
def test_an_aside_file_of_an_empty_main_file(order: Order) -> None:
    """All there is, is in the aside file."""
    assert content(read(b"", writer.aside(mixed(), Options(order)))) == expected(mixed())


@pytest.mark.parametrize(
    ("names", "changes"),
    [
        (["Ann", "Dagmar", "Emil"], [[4, 2, b"Dagm"], [0, 0, b"ar\0Em"], [0, -1, b"il\0"]]),
        (["Ann", "Cleo"], [[4, -4, b""], [5, 0, b""]]),
        (["Zoe", "Ann", "Bob", "Cleo"], [[0, 4, b"Zoe\0"], [13, 0, b""]]),
        (["Ann", "Bob"], [[8, 0, b""]]),
    ],
)
def test_an_aside_file_that_changes_parts(names: list[str], changes: list[list[Any]]) -> None:
    """Bytes are kept, removed, inserted and overwritten, in turn; what is behind them goes."""
    main = writer.file({"v": ([("s", "S")], [["Ann"], ["Bob"], ["Cleo"]])})
    views = {"v": ([("s", "S")], [[name] for name in names])}
    aside = writer.Changed({})
    root = writer.Walker(aside.put, Options()).root(views)
    rows: list[list[Any]] = [[0, [[0, 0, column]]] for column in aside.columns]
    rows[0] = [main.index(b"Ann\0Bob\0Cleo\0"), changes]
    rows.append([0, [[0, 0, root]]])
    assert content(read(main, writer.aside_file(rows))) == expected(views)


def test_an_aside_file_that_is_none() -> None:
    """The error says so, and what it is."""
    main = writer.file(mixed())
    with pytest.raises(FormatError, match=r"is no aside file: it holds 'all\[i:I"):
        read(main, main)
    with pytest.raises(CorruptError, match="<aside bytes> is no file of Metakit's"):
        read(main, b"nonsense of some length")


def test_an_aside_file_without_its_main_file() -> None:
    """What was left in the main file is not there: the error says so."""
    text = "a long string that was kept"
    views = {"v": ([("s", "S")], [[text]])}
    aside = writer.aside(views, kept={text.encode() + b"\0": 900})
    with pytest.raises(CorruptError, match=r"view v, column s: .* not within the file"):
        content(read(b"", aside))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([[90, 0, b""]], "what is to be kept is not there"),
        ([[-1, 0, b"x"]], "what is to be kept is not there"),
        ([[0, 2_000_000_000, b"x"]], "it would grow beyond both files"),
        (None, "there is no such column"),
    ],
)
def test_changes_that_do_not_fit(changes: list[list[Any]] | None, why: str) -> None:
    """The error says that the two files may not belong together."""
    aside = writer.Changed({})
    root = writer.Walker(aside.put, Options()).root({"v": ([("i", "I")], [[700]] * 9)})
    rows: list[list[Any]] = [[0, [[0, 0, column]]] for column in aside.columns]
    if changes is None:
        root = root[:-1] + writer.varint(7)[-1:]  # the walk's number in the aside file
    else:
        rows[0] = [8, changes]
    rows.append([0, [[0, 0, root]]])
    with pytest.raises(CorruptError, match=f"belongs to another file: its column .*{why}"):
        content(read(b"", writer.aside_file(rows)))


def test_an_empty_file(tmp_path: Path) -> None:
    """It is an empty storage, as with Metakit."""
    (tmp_path / "empty.mk").touch()
    file = read(tmp_path / "empty.mk")
    assert (file.views, file.structure, file.description) == ({}, (), "")
    assert read(writer.file({})).views == {}
