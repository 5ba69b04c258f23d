"""What LMDB raises comes as one of our errors, whatever it is."""

from __future__ import annotations

import errno

import lmdb
import pytest

from outlive import CorruptError, DiskError, FullError, OutliveError, ReadOnlyError
from outlive.engines.lmdb.errors import MEANINGS, translate_lmdb, translated_lmdb

KINDS = sorted(
    (
        kind
        for kind in vars(lmdb).values()
        if isinstance(kind, type) and issubclass(kind, lmdb.Error) and kind is not lmdb.Error
    ),
    key=lambda kind: kind.__name__,
)


def raised(kind: type[lmdb.Error], code: int = 0) -> lmdb.Error:
    """An error as LMDB's binding makes it."""
    error = kind("mdb_put: something")
    vars(error)["code"] = code
    return error


def test_every_error_of_lmdb_has_a_meaning() -> None:
    """A new release of the binding cannot bring one that nobody thought of."""
    assert set(KINDS) == set(MEANINGS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_names_the_file_and_what_lmdb_said(kind: type[lmdb.Error]) -> None:
    """Nobody has to know LMDB to see which file it is about."""
    with (
        pytest.raises(OutliveError, match=r"jobs\.safe.*something") as caught,
        translated_lmdb("jobs.safe", "write"),
    ):
        raise raised(kind)
    assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, FullError),
        (errno.EDQUOT, FullError),
        (errno.EFBIG, FullError),
        (errno.EIO, DiskError),
        (errno.EROFS, DiskError),
    ],
)
def test_errors_of_the_system_pass_through_lmdb(number: int, expected: type) -> None:
    """LMDB hands on what the system said, and so do we, with its errno."""
    error = translate_lmdb(raised(lmdb.Error, number), "jobs.safe", "write")
    assert type(error) is expected
    assert isinstance(error, DiskError)
    assert (error.errno, error.filename) == (number, "jobs.safe")


def test_other_errors_are_left_alone() -> None:
    """A mistake in the code is not dressed up as trouble with the disk."""
    with pytest.raises(ZeroDivisionError), translated_lmdb("jobs.safe", "write"):
        raise ZeroDivisionError


def test_some_meanings() -> None:
    """Damage, a lack of room and a lack of rights are three things."""
    assert MEANINGS[lmdb.CorruptedError][0] is CorruptError
    assert MEANINGS[lmdb.MapFullError][0] is FullError
    assert MEANINGS[lmdb.ReadonlyError][0] is ReadOnlyError
