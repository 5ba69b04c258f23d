"""Commit-aside, in the words of a program for Mk4py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from outlive import ClosedError, FormatError, LockedError, ReadOnlyError, Storage
from outlive.compat import metakit

from ..files import run_python


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program runs in a directory of its own."""
    monkeypatch.chdir(tmp_path)


def initialise() -> None:
    """A main file with two rows, and an aside."""
    for name in ("test.mk", "test.mka"):
        if os.path.exists(name):
            os.remove(name)
    db = metakit.storage("test.mk", 1)
    vw = db.getas("people[first:S,last:S,shoesize:I]")
    vw.append(first="John", last="Lennon", shoesize=44)
    vw.append(first="Flash", last="Gordon", shoesize=42)
    db.commit()
    aside = metakit.storage("test.mka", 1)
    aside.commit()


def test_the_program_of_the_issue_runs() -> None:
    """Readers and a writer of an aside, in one program; then the aside is emptied into main."""
    initialise()

    # an old reader, on both
    old = metakit.storage("test.mk", 0)
    olda = metakit.storage("test.mka", 0)
    old.aside(olda)
    oldvw = old.view("people")
    assert len(oldvw) == 2

    # main is read only, every change goes to the aside
    main = metakit.storage("test.mk", 0)
    aside = metakit.storage("test.mka", 2)
    main.aside(aside)
    vw = main.view("people")
    vw.append(first="Ann", last="Doe", shoesize=38)
    vw.append(first="Bob", last="Roe", shoesize=45)
    main.commit()

    # a new reader sees two more
    new = metakit.storage("test.mk", 0)
    newa = metakit.storage("test.mka", 0)
    new.aside(newa)
    assert [r.first for r in new.view("people")] == ["John", "Flash", "Ann", "Bob"]

    # the old one does not, and main alone does not
    assert len(oldvw) == 2
    assert len(old.view("people")) == 2
    alone = metakit.storage("test.mk", 0)
    assert len(alone.view("people")) == 2

    # empty the aside into main
    main = metakit.storage("test.mk", 1)
    aside = metakit.storage("test.mka", 2)
    main.aside(aside)
    main.commit(1)
    del main, aside

    # main alone has them; the readers go on with what they had
    alone = metakit.storage("test.mk", 0)
    assert [r.first for r in alone.view("people")] == ["John", "Flash", "Ann", "Bob"]
    assert [r.shoesize for r in alone.view("people").sort()] == [38, 45, 42, 44]
    assert [r.first for r in oldvw] == ["John", "Flash"]
    assert len(new.view("people")) == 4

    # and the aside is empty: it can be begun anew
    main = metakit.storage("test.mk", 0)
    aside = metakit.storage("test.mka", 2)
    main.aside(aside)
    assert len(main.view("people")) == 4


def test_a_column_can_be_added_and_taken_away_aside() -> None:
    """The structure changes in the aside alone."""
    initialise()
    db = metakit.storage("test.mk", 0)
    dba = metakit.storage("test.mka", 2)
    db.aside(dba)
    vw = db.getas("people[first:S,age:I]")
    vw.append(first="Ann", age=30)
    db.commit()
    dba.commit()  # as Metakit's programs do
    del db, dba

    db = metakit.storage("test.mk", 0)
    assert db.description("people") == "first:S,last:S,shoesize:I"
    assert db.view("people")[0].last == "Lennon"
    dba = metakit.storage("test.mka", 0)
    db.aside(dba)
    vw = db.view("people")
    assert len(vw) == 3
    assert db.description("people") == "first:S,age:I"
    assert [r.age for r in vw] == [0, 0, 30]


def test_an_aside_goes_from_one_storage_to_the_next() -> None:
    """The program opens main anew, and keeps the aside."""
    initialise()
    dba = metakit.storage("test.mka", 2)
    for count in (2, 3, 4):
        db = metakit.storage("test.mk", 0)
        db.aside(dba)
        vw = db.view("people")
        assert len(vw) == count
        vw.append(first="Ann")
        db.commit()


def test_a_full_rollback_forgets_the_aside() -> None:
    """Main is then as its file is, and the aside can be attached again."""
    initialise()
    db = metakit.storage("test.mk", 0)
    dba = metakit.storage("test.mka", 2)
    db.aside(dba)
    vw = db.view("people")
    vw[0].first = "Johnny"
    db.commit()
    db.rollback()
    assert db.view("people")[0].first == "Johnny"
    db.rollback(1)
    with pytest.raises(ClosedError):
        vw[0]
    assert db.view("people")[0].first == "John"
    db.aside(dba)
    assert db.view("people")[0].first == "John"


def test_an_aside_that_is_read_refuses_changes() -> None:
    """So does a full commit when main is open for reading; both are also an OSError."""
    initialise()
    db = metakit.storage("test.mk", 0)
    dba = metakit.storage("test.mka", 0)
    db.aside(dba)
    with pytest.raises(ReadOnlyError):
        db.view("people").append(first="Ann")
    with pytest.raises(OSError, match="mode"):
        db.commit()
    dba = metakit.storage("test.mka", 2)
    db = metakit.storage("test.mk", 0)
    db.aside(dba)
    db.view("people").append(first="Ann")
    with pytest.raises(OSError, match="open for reading"):
        db.commit(1)
    assert len(db.view("people")) == 3
    with pytest.raises(TypeError):
        db.aside("test.mka")  # type: ignore[arg-type]  # that is what is refused
    with pytest.raises(FormatError):
        db.aside(dba)


def test_a_second_writer_takes_over_what_is_committed() -> None:
    """As in ``db = metakit.storage(name, 1)`` twice: nothing is lost, and the first is closed."""
    initialise()
    db = metakit.storage("test.mk", 1)
    vw = db.view("people")
    db.view("people").append(first="Ann")
    with pytest.raises(LockedError):
        metakit.storage("test.mk", 1)
    assert len(vw) == 3
    db.commit()
    again = metakit.storage("test.mk", 1)
    assert len(again.view("people")) == 3
    with pytest.raises(ClosedError):
        vw.append(first="Bob")
    with pytest.raises(ClosedError):
        db.commit()
    again.autocommit()
    again.view("people").append(first="Bob")
    last = metakit.storage("test.mk", 2)
    assert len(last.view("people")) == 4


def test_an_aside_with_changes_keeps_its_writer() -> None:
    """What main has not committed to its aside would be lost, if somebody else wrote that."""
    initialise()
    db = metakit.storage("test.mk", 0)
    dba = metakit.storage("test.mka", 2)
    db.aside(dba)
    db.view("people").append(first="Ann")
    with pytest.raises(LockedError):
        metakit.storage("test.mka", 2)
    db.commit()
    other = metakit.storage("test.mka", 2)
    with pytest.raises(ClosedError):
        db.view("people")
    db = metakit.storage("test.mk", 0)
    db.aside(other)
    assert len(db.view("people")) == 3


def test_another_process_is_kept_out() -> None:
    """Two programs cannot write the same file."""
    initialise()
    writer = metakit.storage("test.mk", 1)
    program = """if True:
        import outlive, outlive.compat.metakit as metakit
        try:
            metakit.storage("test.mk", 1)
        except outlive.LockedError:
            print(len(metakit.storage("test.mk", 0).view("people")))
    """
    assert run_python(program) == "2\n"
    writer.close()


def test_outlive_reads_what_metakit_wrote_aside() -> None:
    """The files are outlive's own."""
    initialise()
    db = metakit.storage("test.mk", 0)
    dba = metakit.storage("test.mka", 2)
    db.aside(dba)
    db.view("people")[0].first = "Johnny"
    db.commit()
    db.close()
    dba.close()
    with Storage("test.mk", mode="r") as main, Storage("test.mka", mode="r") as other:
        main.aside(other)
        assert main["people"][0].first == "Johnny"
