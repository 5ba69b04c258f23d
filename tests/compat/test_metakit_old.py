"""Files that Metakit wrote: read with mode 0, refused with another, imported."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from outlive import CorruptError, FormatError, ReadOnlyError, Storage
from outlive.compat import metakit

from ..files import names_beside
from ..tables.metakit import writer
from ..tables.metakit.test_vectors import VECTORS
from ..tables.metakit.writer import Options

PEOPLE: Any = {
    "people": (
        [("name", "S"), ("size", "I"), ("kids", [("name", "S")])],
        [["Ann", 38, [["Eve"], ["Fay"]]], ["Bob", 45, []]],
    )
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of Metakit's, with two rows."""
    (tmp_path / "old.mk").write_bytes(writer.file(PEOPLE))
    return tmp_path / "old.mk"


def test_an_old_file_is_read(path: Path) -> None:
    """As any storage; nothing of it can be changed, and the file is as it was."""
    before = path.read_bytes()
    db = metakit.storage(str(path), 0)
    vw = db.view("people")
    assert db.description() == "people[name:S,size:I,kids[name:S]]"
    assert [(r.name, r.size, len(r.kids)) for r in vw] == [("Ann", 38, 2), ("Bob", 45, 0)]
    assert vw.select(size=38)[0].kids[1].name == "Fay"
    vw.copy().append(name="Cleo")
    for change in (
        lambda: vw.append(name="Cleo"),
        lambda: setattr(vw[0], "size", 5),
        lambda: vw[0].kids.append(name="Gil"),
        lambda: vw.delete(0),
        lambda: db.getas("people[name:S]"),
        lambda: db.getas("new[name:S]"),
        db.commit,
    ):
        with pytest.raises(ReadOnlyError):
            change()
    assert len(vw) == 2
    assert path.read_bytes() == before
    assert names_beside(path) == ["old.mk"]


@pytest.mark.parametrize("mode", [1, 2])
def test_an_old_file_is_not_written(path: Path, mode: int) -> None:
    """The error says how it becomes a storage, and that works."""
    before = path.read_bytes()
    with pytest.raises(FormatError, match="from_metakit") as caught:
        metakit.storage(str(path), mode)
    assert path.read_bytes() == before
    new = str(path.with_name("new.mk"))
    command = str(caught.value).partition("of it with ")[2].replace("outlive.", "")
    eval(command, {"Storage": Storage, "new_name": new}).close()  # noqa: S307  # it is the advice
    db = metakit.storage(new, mode)
    db.view("people").append(name="Cleo", kids=["Hal"])
    db.commit()
    assert [r.name for r in metakit.storage(new, 0).view("people")] == ["Ann", "Bob", "Cleo"]


def test_an_old_file_behind_another(path: Path) -> None:
    """As a program that carries its data."""
    path.write_bytes(writer.file(PEOPLE, before=b"#!/bin/sh\n" * 50))
    assert len(metakit.storage(str(path), 0).view("people")) == 2


def test_strings_of_another_encoding(path: Path) -> None:
    """The error says what to pass."""
    views: Any = {"v": ([("s", "S")], [["Grüße"]])}
    path.write_bytes(writer.file(views, Options(encoding="latin-1")))
    with pytest.raises(FormatError, match="encoding="):
        metakit.storage(str(path), 0)
    assert metakit.storage(str(path), 0, encoding="latin-1").view("v")[0].s == "Grüße"


def test_a_damaged_old_file_says_so(path: Path) -> None:
    """It is told apart from what is no storage at all."""
    path.write_bytes(path.read_bytes()[:-3])
    for mode in (0, 1):
        with pytest.raises(CorruptError, match="Metakit"):
            metakit.storage(str(path), mode)


def test_an_old_aside_is_applied(path: Path) -> None:
    """Both files of Metakit's; or none of them."""
    views: Any = {"people": (PEOPLE["people"][0], [*PEOPLE["people"][1], ["Cleo", 40, []]])}
    other = path.with_name("old.mka")
    other.write_bytes(writer.aside(views))
    db = metakit.storage(str(path), 0)
    dba = metakit.storage(str(other), 0)
    db.aside(dba)
    assert [r.name for r in db.view("people")] == ["Ann", "Bob", "Cleo"]
    assert len(metakit.storage(str(path), 0).view("people")) == 2
    new = metakit.storage(str(path.with_name("new.mka")), 1)
    with pytest.raises(FormatError, match="from_metakit"):
        metakit.storage(str(path), 0).aside(new)


def test_load_reads_what_metakit_saved() -> None:
    """A stream is a file, in Metakit."""
    db = metakit.storage()
    db.getas("old[i:I]")
    db.load(io.BytesIO(writer.file(PEOPLE, Options("big"))))
    assert db.description() == "people[name:S,size:I,kids[name:S]]"
    db.view("people").append(name="Cleo")
    with pytest.raises(CorruptError):
        db.load(io.BytesIO(writer.file(PEOPLE)[:-5]))
    assert len(db.view("people")) == 3


def test_files_of_the_real_library(tmp_path: Path) -> None:
    """Each opens, and has its views."""
    if not VECTORS.is_dir():
        pytest.skip(f"{VECTORS} is not there; OUTLIVE_METAKIT_VECTORS names it")
    found = {}
    for source in sorted(VECTORS.glob("*.mk")):
        if source.stat().st_size:
            shutil.copy(source, tmp_path / source.name)
            db = metakit.storage(str(tmp_path / source.name), 0)
            found[source.stem] = db.description()
    assert {"alltypes", "bytes", "intwidths", "multi", "nested", "strings"} <= set(found)
    assert "[" in found["nested"]
