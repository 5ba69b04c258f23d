"""`import outlive.compat.metakit as metakit` passes for Mk4py: names, storages, streams."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import ClosedError, CorruptError, DiskError, FormatError, ReadOnlyError
from outlive.compat import metakit

from ..files import names_beside, run_python
from ..test_documents import blocks

# Every name of Mk4py's reference, and of the tables of methods in its sources.
MODULE = (
    *("storage", "view", "property", "wrap", "dump", "version"),
    *("ViewType", "ViewerType", "ROViewerType", "RowRefType", "RORowRefType"),
)
STORAGE = (
    *("getas", "view", "rollback", "commit", "aside", "description", "contents", "autocommit"),
    *("load", "save"),
)
DERIVED = (
    *("structure", "select", "addproperty", "sort", "sortrev", "project", "flatten", "join"),
    *("groupby", "counts", "product", "union", "intersect", "different", "minus", "remapwith"),
    *("pair", "rename", "unique", "hash", "blocked", "ordered", "indexed", "find", "search"),
    *("locate", "access", "modify", "itemsize", "map", "filter", "reduce", "indices", "copy"),
    *("properties", "__len__", "__getitem__", "__add__", "__mul__"),
)
VIEW = (*DERIVED, "setsize", "insert", "append", "delete", "remove", "__setitem__", "__delitem__")
ROW = ("__attrs__", "__view__", "__index__")
PROPERTY = ("name", "type", "id")
KINDS: list[tuple[Any, tuple[str, ...]]] = [
    (metakit, MODULE),
    (metakit.StorageType, STORAGE),
    (metakit.ViewType, VIEW),
    (metakit.ViewerType, DERIVED),
    (metakit.ROViewerType, DERIVED),
    (metakit.RowRefType, ROW),
    (metakit.RORowRefType, ROW),
    (metakit.PropertyType, PROPERTY),
]
TESTS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_metakit*.py"))


@pytest.mark.parametrize(("kind", "names"), KINDS, ids=lambda each: getattr(each, "__name__", ""))
def test_every_name_of_the_reference_is_there(kind: Any, names: tuple[str, ...]) -> None:
    """What a program calls, it finds."""
    assert [name for name in names if not hasattr(kind, name)] == []


@pytest.mark.parametrize("name", [*STORAGE, *VIEW, *ROW])
def test_every_method_has_a_test(name: str) -> None:
    """These tests use each of them, not only its name."""
    if name.strip("_") not in ("len", "getitem", "add", "mul", "setitem", "delitem"):
        assert re.search(rf"\.{name}\b", TESTS), name


def test_the_version_is_metakits() -> None:
    """Programs compare it."""
    assert metakit.version >= "2.4"


def test_getting_started(tmp_path: Path) -> None:
    """The first example of Mk4py's documentation."""
    db = metakit.storage(str(tmp_path / "datafile.mk"), 1)
    vw = db.getas("people[first:S,last:S,shoesize:I]")
    assert vw.append(first="John", last="Lennon", shoesize=44) == 0
    assert vw.append(first="Flash", last="Gordon", shoesize=42) == 1
    db.commit()
    assert [(r.first, r.last, r.shoesize) for r in vw.sort(vw.last)] == [
        ("Flash", "Gordon", 42),
        ("John", "Lennon", 44),
    ]
    assert [r.last for r in vw.select(first="John")] == ["Lennon"]


def test_del_closes_the_file(tmp_path: Path) -> None:
    """As in Metakit, what was not committed is lost then; views of it say that they are closed."""
    path = str(tmp_path / "a.mk")
    db = metakit.storage(path, 1)
    vw = db.getas("a[i:I]")
    vw.append(i=1)
    db.commit()
    vw.append(i=2)
    del db
    db = metakit.storage(path, 1)
    assert [r.i for r in db.view("a")] == [1]
    with pytest.raises(ClosedError):
        len(vw)


def test_autocommit_commits_when_the_storage_goes_away(tmp_path: Path) -> None:
    """By `del`, at `close`, and at the end of the program."""
    path = str(tmp_path / "a.mk")
    db = metakit.storage(path, 1)
    db.autocommit()
    db.getas("a[i:I]").append(i=1)
    del db
    assert len(metakit.storage(path, 0).view("a")) == 1
    with metakit.storage(path, 1) as db:
        db.autocommit()
        db.view("a").append(i=2)
    run_python(
        "import outlive.compat.metakit as metakit, sys\n"
        "db = metakit.storage(sys.argv[1], 1)\n"
        "db.autocommit()\n"
        "db.view('a').append(i=3)\n",
        path,
    )
    db = metakit.storage(path, 0)
    assert [r.i for r in db.view("a")] == [1, 2, 3]
    db.autocommit()  # of what is only read there is nothing to commit


def test_a_reader_keeps_its_view_and_moves_on_by_rollback(tmp_path: Path) -> None:
    """A storage in mode 0 shows one commit; after rollback() the last one."""
    path = str(tmp_path / "a.mk")
    writer = metakit.storage(path, 2)
    vw = writer.getas("a[i:I]")
    writer.commit()
    reader = metakit.storage(path, 0)
    vw.append(i=1)
    writer.commit()
    assert len(reader.view("a")) == 0
    reader.rollback()
    assert len(reader.view("a")) == 1
    with pytest.raises(ReadOnlyError):
        reader.view("a").append(i=2)
    with pytest.raises(OSError, match="open for reading"):
        reader.commit()


def test_a_chained_reader_lives_as_long_as_its_view(tmp_path: Path) -> None:
    """Nobody holds the storage, and the view works."""
    path = str(tmp_path / "a.mk")
    with metakit.storage(path, 1) as db:
        db.getas("a[i:I]").append(i=1)
        db.commit()
    vw = metakit.storage(path, 0).view("a")
    metakit.storage()
    assert [r.i for r in vw] == [1]


def test_rollback_drops_data_and_structure(tmp_path: Path) -> None:
    """Views from before are not valid any more."""
    db = metakit.storage(str(tmp_path / "a.mk"), 1)
    vw = db.getas("a[i:I]")
    vw.append(i=1)
    db.commit()
    vw = db.getas("a[i:I,s:S]")
    vw[0].i = 2
    db.rollback()
    with pytest.raises(ClosedError):
        vw[0]
    assert db.description() == "a[i:I]"
    assert db.view("a")[0].i == 1


def test_names_have_no_case() -> None:
    """Neither views nor columns; a description in other letters changes nothing."""
    db = metakit.storage()
    vw = db.getas("People[First:S,kids[Name:S]]")
    vw.append(FIRST="John", kids=[{"name": "Sean"}])
    again = db.getas("people[first:S,Kids[NAME:S],age:I]")
    assert db.description() == "People[First:S,kids[Name:S],age:I]"
    assert (again[0].first, again[0].KIDS[0].name, again[0].age) == ("John", "Sean", 0)
    assert db.view("PEOPLE").find(first="John") == 0
    assert again.First == vw.first
    with pytest.raises(FormatError):
        db.getas("other[a:I,A:I]")


def test_descriptions_are_metakits() -> None:
    """Of a view its columns, of the storage all views; an unknown name is a KeyError."""
    db = metakit.storage()
    assert db.description() == ""
    db.getas("a[i:I,sub[x:D]]")
    db.getas("b[name,data:M]")
    assert db.description("a") == "i:I,sub[x:D]"
    assert db.description() == "a[i:I,sub[x:D]],b[name:S,data:B]"
    with pytest.raises(KeyError, match="there is no view 'c'; there are a, b"):
        db.description("c")


def test_an_absent_view_is_empty_and_takes_nothing() -> None:
    """Metakit took rows that no commit kept."""
    db = metakit.storage()
    vw = db.view("nobody")
    assert (len(vw), vw.structure()) == (0, [])
    with pytest.raises(ReadOnlyError, match="getas"):
        vw.append()
    with pytest.raises(ReadOnlyError, match="getas"):
        vw.addproperty(metakit.property("I", "i"))
    assert db.description() == ""


def test_a_name_without_columns_drops_nothing() -> None:
    """In Metakit it dropped the view with all rows."""
    db = metakit.storage()
    db.getas("a[i:I]").append(i=1)
    assert db.getas("a")[0].i == 1


def test_retyping_converts_or_refuses() -> None:
    """In Metakit it destroyed the file."""
    db = metakit.storage()
    db.getas("a[s:S]").extend([["1"], ["2"]])
    assert [r.s for r in db.getas("a[s:I]")] == [1, 2]
    assert [r.s for r in db.getas("a[s:S]")] == ["1", "2"]
    db.view("a")[1].s = "two"
    with pytest.raises(FormatError, match="two"):
        db.getas("a[s:I]")
    assert [r.s for r in db.view("a")] == ["1", "two"]


def test_contents_is_the_root() -> None:
    """One row, with the views as columns: programs list the views by it."""
    db = metakit.storage()
    db.getas("a[i:I]").append(i=5)
    db.getas("b[s:S]")
    root = db.contents()
    assert len(root) == 1
    assert [(p.name, p.type) for p in root.structure()] == [("a", "V"), ("b", "V")]
    assert sorted(root.properties()) == ["a", "b"]
    assert root[0].a[0].i == 5
    assert [len(row.i_) if hasattr(row, "i_") else row.i for row in root.flatten(root.a)] == [5]
    with pytest.raises(TypeError):
        root[0].a = []


def test_load_has_what_save_wrote(tmp_path: Path) -> None:
    """A whole storage through any stream, and only as a whole."""
    db = metakit.storage()
    db.getas("a[i:I,sub[s:S]]").append(i=1, sub=["x", "y"])
    stream = io.BytesIO()
    db.save(stream)
    other = metakit.storage(str(tmp_path / "b.mk"), 1)
    other.getas("old[i:I]")
    stream.seek(0)
    other.load(stream)
    assert other.description() == "a[i:I,sub[s:S]]"
    assert [r.s for r in other.view("a")[0].sub] == ["x", "y"]
    other.commit()
    with pytest.raises(FormatError):
        other.load(io.BytesIO(stream.getvalue()[:-100]))
    assert len(other.view("a")) == 1
    with pytest.raises(FormatError):
        other.load(io.BytesIO(b"something else"))


def test_a_storage_of_an_open_file(tmp_path: Path) -> None:
    """Written if the file is open for writing."""
    path = tmp_path / "a.mk"
    with path.open("w+b") as file:
        db = metakit.storage(file)
        db.getas("a[i:I]").append(i=1)
        db.commit()
        del db
    with path.open("rb") as file:
        db = metakit.storage(file)
        assert db.view("a")[0].i == 1
        with pytest.raises(ReadOnlyError):
            db.view("a").append(i=2)
    with pytest.raises(TypeError):
        metakit.storage(str(path))


def test_what_is_no_storage_is_an_error(tmp_path: Path) -> None:
    """Metakit showed an empty storage, and wrote over it."""
    path = tmp_path / "a.mk"
    with pytest.raises(DiskError):
        metakit.storage(str(path), 0)
    assert names_beside(path) == []
    for content in (b"", b"no storage at all\n" * 100):
        path.write_bytes(content)
        for mode in (0, 1, 2):
            with pytest.raises(CorruptError):
                metakit.storage(path, mode)
        assert path.read_bytes() == content
    with pytest.raises(FormatError, match="mode"):
        metakit.storage(path, 3)


def test_in_memory_storages_commit_too() -> None:
    """Where Metakit could not."""
    db = metakit.storage()
    vw = db.getas("a[i:I]")
    vw.append(i=1)
    db.commit()
    vw.append(i=2)
    db.rollback()
    assert [r.i for r in db.view("a")] == [1]


def test_outlive_opens_what_it_wrote(tmp_path: Path) -> None:
    """And the other way round, with the types that Metakit has not."""
    path = str(tmp_path / "a.mk")
    with outlive.Storage(path) as storage:
        storage.define("a", name=str, paid=bool).append(("Ann", True))
        storage.commit()
    with metakit.storage(path, 1) as db:
        vw = db.view("a")
        assert [p.type for p in vw.structure()] == ["str", "bool"]
        assert (vw[0].name, vw[0].paid) == ("Ann", True)
        vw.append(name="Bob\0", paid=False)
        db.commit()
    with outlive.Storage(path, mode="r") as storage:
        assert len(storage["a"]) == 2


def test_dump_prints_as_metakit(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers to the right, texts to the left, long ones cut, subviews counted."""
    db = metakit.storage()
    vw = db.getas("a[s:S,i:I,l:L,sub[x:I]]")
    vw.append(s="zero", i=0, l=10, sub=[(1,), (2,)])
    vw.append(s="a text of more than twenty", i=100)
    metakit.dump(vw, "a:")
    assert capsys.readouterr().out.splitlines() == [
        "a:",
        " s                     i    l   sub   ",
        " --------------------  ---  --  ------",
        " zero                    0  10  2 rows",
        " a text of more th...  100  0   0 rows",
        " --------------------  ---  --  ------",
        " Total: 2 rows",
    ]
    metakit.dump(vw.select(s="nobody"))
    assert capsys.readouterr().out.splitlines()[-1] == " Total: 0 rows"


def test_properties_are_told_apart_by_name() -> None:
    """They cannot be changed, and have one id for each name in a program."""
    prop = metakit.property("I", "shoesize")
    assert (prop.name, prop.type, repr(prop)) == ("shoesize", "I", "Property('I', 'shoesize')")
    vw = metakit.storage().getas("people[ShoeSize:I,data:M]")
    assert vw.shoesize.id == prop.id == metakit.property("S", "SHOESIZE").id
    assert vw.shoesize == prop != vw.data
    assert len({vw.shoesize, prop, vw.data}) == 2
    assert (prop < vw.data) is (prop.id < vw.data.id)
    assert metakit.property("M", "data").type == vw.data.type == "B"
    with pytest.raises(AttributeError):
        prop.name = "other"  # type: ignore[misc]  # that is what is refused
    with pytest.raises(FormatError):
        metakit.property("Q", "x")
    with pytest.raises(FormatError):
        metakit.property("I", "a,b")
    with pytest.raises(TypeError):
        metakit.property("I", 5)  # type: ignore[arg-type]  # that is what is refused


def test_wrap_shows_a_sequence() -> None:
    """Dicts, objects, sequences by position, and plain values; in joins like any view."""

    class Shoe:
        def __init__(self, name: str, size: int) -> None:
            self.name, self.size = name, size

    name, size = metakit.property("S", "name"), metakit.property("I", "size")
    shoes = [{"name": "a", "size": 1}, Shoe("b", 2)]
    vw = metakit.wrap(shoes, [name, size])
    assert type(vw) is metakit.ROViewerType
    assert [(r.name, r.size) for r in vw] == [("a", 1), ("b", 2)]
    shoes.append(Shoe("c", 3))
    assert vw.find(name="c") == 2
    by_position = metakit.wrap([("c", 30.0), ("a", None)], [name, size], 1)
    assert [r.size for r in by_position] == [30, 0]
    assert [r.name for r in metakit.wrap(["x", {"name": "y"}], [name])] == ["x", "y"]
    joined = vw.join(by_position.rename("size", "other"), name)
    assert [(r.name, r.size, r.other) for r in joined] == [("a", 1, 0), ("c", 3, 30)]
    with pytest.raises(TypeError):
        vw[0].size = 5
    with pytest.raises(FormatError, match="row 0"):
        len(metakit.wrap([{"size": 1}], [name, size]).sort()[0].name)
    with pytest.raises(TypeError):
        metakit.wrap([1.5], [name])[0].name  # noqa: B018  # it is read when it is asked for
    with pytest.raises(TypeError):
        metakit.wrap("abc", [name])
    with pytest.raises(TypeError):
        metakit.wrap([], ["name"])  # type: ignore[list-item]  # that is what is refused


def test_the_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block of docs/metakit.md, one after the other."""
    monkeypatch.chdir(tmp_path)
    document = Path(__file__).parents[2] / "docs" / "metakit.md"
    scope: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(document, "python"):
        exec(compile(block, document.name, "exec", dont_inherit=True), scope)  # noqa: S102  # that is the test
    assert "Storage" in scope
