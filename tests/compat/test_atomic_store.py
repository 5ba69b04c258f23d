"""`from outlive.compat import atomic_store` does what the README of atomic_store 0.0.1 says."""

from __future__ import annotations

import io
import json
import pickle
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bson
import pytest

from outlive.compat import atomic_store

from ..files import names_beside

RUNS = ["2019-07-14 12:00:00+0000", "2019-07-15 08:30:00+0000"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that does not exist yet, in a directory of its own."""
    return tmp_path / "mystate.json"


@pytest.fixture
def before(path: Path) -> Path:
    """The file of the README's examples: it contains only `"before"`."""
    path.write_text('"before"')
    return path


# -- the original's own tests


def test_a_list_grows_from_one_program_to_the_next(path: Path) -> None:
    """A block writes at its end and not before; the next one finds what the first left."""
    with atomic_store.open(path, default=[]) as store:
        assert not path.exists()
        assert store.value == []
        store.value.append("1234")
        assert not path.exists()
    assert path.read_text() == '["1234"]'
    with atomic_store.open(path, default=[]) as store:
        assert store.value == ["1234"]
        store.value.append("5678")
        assert path.read_text() == '["1234"]'
    assert path.read_text() == '["1234", "5678"]'


def test_keys_stay_in_the_order_of_insertion(path: Path) -> None:
    """A JSON file has its keys in the order in which the program set them."""
    with atomic_store.open(path, default={}) as store:
        for key, number in (("b", 1337), ("a", 2), ("c", 42), ("zz", -1), ("fancy", 3)):
            store.value[key] = number
    assert path.read_text() == '{"b": 1337, "a": 2, "c": 42, "zz": -1, "fancy": 3}'


# -- the README, from top to bottom


def test_the_names_of_the_original() -> None:
    """All that `import *` gave is there under its name."""
    assert sorted(atomic_store.__all__) == [
        "AbstractFormatBstr",
        "AbstractFormatFile",
        "AtomicStore",
        "WrapBinaryFormat",
        "open",
    ]
    assert [name for name in atomic_store.__all__ if not hasattr(atomic_store, name)] == []


def test_the_default_default_is_none(path: Path) -> None:
    """Without a file and a default the value is None; opening writes nothing."""
    store = atomic_store.open(path)
    assert isinstance(store, atomic_store.AtomicStore)
    assert store.value is None
    assert names_beside(path) == []


def test_a_default_is_not_copied(path: Path) -> None:
    """The value is the very default that was given, as code that kept a name for it expects."""
    default: list[str] = []
    assert atomic_store.open(path, default).value is default


def test_the_context_manager_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that remembers all its start times, with a path relative to where it runs."""
    monkeypatch.chdir(tmp_path)
    for run in range(3):
        with atomic_store.open("runs.json", default=[]) as store:
            assert len(store.value) == run
            new_entry = time.strftime("%Y-%m-%d %H:%M:%S%z")
            store.value.append(new_entry)
    assert len(json.loads((tmp_path / "runs.json").read_text())) == 3
    assert names_beside(tmp_path / "runs.json") == ["runs.json"]


def test_the_manual_control_example(path: Path) -> None:
    """Only calls to commit() write, each of them the whole value."""
    my_store = atomic_store.open(str(path), default={})
    my_store.value["state"] = "running"
    my_store.value["thought"] = "I would not eat green eggs and ham."
    assert not path.exists()
    my_store.commit()
    running = '{"state": "running", "thought": "I would not eat green eggs and ham."}'
    assert path.read_text() == running
    my_store.value["state"] = "done"
    my_store.value["thought"] = "I do so like Green eggs and ham!"
    assert path.read_text() == running
    my_store.commit()
    assert path.read_text() == '{"state": "done", "thought": "I do so like Green eggs and ham!"}'


def test_commit_within_a_block(before: Path) -> None:
    """commit() may be called in a with block too; the block's end writes once more."""
    with atomic_store.open(before) as store:
        store.value = "middle"
        store.commit()
        assert before.read_text() == '"middle"'
        store.value = "after"
    assert before.read_text() == '"after"'


def test_a_small_json_file(path: Path) -> None:
    """dump_kwargs reach json.dump, and load_kwargs json.load."""
    store = atomic_store.open(path, {"a": [1, 2.5]}, dump_kwargs={"separators": (",", ":")})
    store.commit()
    assert path.read_text() == '{"a":[1,2.5]}'
    assert atomic_store.open(path, load_kwargs={"parse_float": str}).value == {"a": [1, "2.5"]}


# -- other formats


class _Bstr(atomic_store.AbstractFormatBstr):
    def dumps(self, obj: Any, **kwargs: Any) -> bytes:
        return str(kwargs.get("sep", "\n")).join(obj).encode()

    def loads(self, binary_string: Any, **kwargs: Any) -> object:
        return binary_string.decode().split(kwargs.get("sep", "\n"))


class _File(atomic_store.AbstractFormatFile):
    def dump(self, obj: Any, fp: Any, **kwargs: Any) -> None:
        fp.write(_Bstr().dumps(obj, **kwargs))

    def load(self, fp: Any, **kwargs: Any) -> object:
        return _Bstr().loads(fp.read(), **kwargs)


class _TextBstr:
    def dumps(self, obj: list[str]) -> str:
        return "\n".join(obj)

    def loads(self, text: str) -> list[str]:
        return text.split("\n")


class _TextFile:
    def dump(self, obj: list[str], fp: Any) -> None:
        fp.write("\n".join(obj))

    def load(self, fp: Any) -> list[str]:
        return [line.rstrip("\n") for line in fp]


DUCK = SimpleNamespace(dumps=_Bstr().dumps, loads=_Bstr().loads)
LINES = "\n".join(RUNS).encode()


@pytest.mark.parametrize("format", [None, "json", json])
def test_json_is_the_default_format(tmp_path: Path, format: Any) -> None:
    """None, the name and the module all mean JSON, whatever the extension says."""
    path = tmp_path / "runs.yaml"
    atomic_store.open(path, RUNS, format=format).commit()
    assert path.read_text() == json.dumps(RUNS)
    assert atomic_store.open(path, format=format).value == RUNS


@pytest.mark.parametrize(
    ("format", "read"),
    [("pickle", pickle.loads), (pickle, pickle.loads), ("bson", bson.decode), (bson, bson.decode)],
)
def test_pickle_and_bson(path: Path, format: Any, read: Callable[[bytes], object]) -> None:
    """By name or as the module itself; the file is what that module reads."""
    atomic_store.open(path, {"runs": RUNS}, format=format).commit()
    assert read(path.read_bytes()) == {"runs": RUNS}
    assert atomic_store.open(path, format=format).value == {"runs": RUNS}


def test_a_pickle_is_read_whoever_may_write_it(path: Path) -> None:
    """The original asks nobody, so neither does the adapter."""
    path.write_bytes(pickle.dumps(RUNS))
    path.chmod(0o666)
    assert atomic_store.open(path, format="pickle").value == RUNS


@pytest.mark.parametrize("format", [_Bstr(), _File(), DUCK, atomic_store.WrapBinaryFormat(DUCK)])
def test_a_format_of_ones_own(path: Path, format: Any) -> None:
    """Any object with dump and load, or dumps and loads, gets binary files and the kwargs."""
    atomic_store.open(path, RUNS, format).commit()
    assert path.read_bytes() == LINES
    assert atomic_store.open(path, None, format).value == RUNS
    atomic_store.open(path, RUNS, format, dump_kwargs={"sep": "; "}).commit()
    assert path.read_text() == "; ".join(RUNS)
    assert atomic_store.open(path, format=format, load_kwargs={"sep": "; "}).value == RUNS


@pytest.mark.parametrize(
    "format", [_TextBstr(), _TextFile(), atomic_store.WrapBinaryFormat(_TextBstr())]
)
def test_is_binary_overrides(path: Path, format: Any) -> None:
    """With is_binary=False a format of one's own works on text."""
    atomic_store.open(path, RUNS, format, is_binary=False).commit()
    assert path.read_bytes() == LINES
    assert atomic_store.open(path, None, format, False).value == RUNS


def test_abstract_formats_are_abstract() -> None:
    """A subclass that forgets a function is told so when it is called."""
    calls: list[Callable[[], object]] = [
        lambda: atomic_store.AbstractFormatBstr().dumps(1),
        lambda: atomic_store.AbstractFormatBstr().loads(b""),
        lambda: atomic_store.AbstractFormatFile().dump(1, io.BytesIO()),
        lambda: atomic_store.AbstractFormatFile().load(io.BytesIO()),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError):
            call()


@pytest.mark.parametrize("format", ["xml", 5, object()])
def test_what_is_no_format(path: Path, format: Any) -> None:
    """It is a ValueError of open(), as before."""
    with pytest.raises(ValueError, match=r"mystate\.json"):
        atomic_store.open(path, format=format)


# -- reentrancy


@pytest.mark.parametrize("setting", [{}, {"ignore_inner_exits": False}])
def test_inner_exits_write(before: Path, setting: Any) -> None:
    """By default each with that is left writes: first the inner one, then the outer one again."""
    mngr = atomic_store.open(before, default=[], **setting)
    with mngr as store:
        assert store is mngr
        store.value = "outer"
        assert before.read_text() == '"before"'
        with mngr as same:
            same.value = "inner"
            assert before.read_text() == '"before"'
        assert before.read_text() == '"inner"'
        before.write_text('"someone else"')
    assert before.read_text() == '"inner"'


def test_inner_exits_may_be_ignored(before: Path) -> None:
    """With ignore_inner_exits=True only the outermost with writes, and it may be entered again."""
    mngr = atomic_store.open(before, default=[], ignore_inner_exits=True)
    for entry in ("first", "second"):
        was = before.read_text()
        with mngr as store:
            store.value = "outer"
            assert before.read_text() == was
            with mngr as same:
                same.value = entry
                assert before.read_text() == was
            assert before.read_text() == was
        assert before.read_text() == f'"{entry}"'


def test_several_context_managers(before: Path) -> None:
    """With a store each, the inner one writes its value and the outer one its own over it."""
    with atomic_store.open(before) as outer:
        outer.value = "outer"
        with atomic_store.open(before) as inner:
            assert inner.value == "before"
            inner.value = "inner"
        assert before.read_text() == '"inner"'
        assert outer.value == "outer"
    assert before.read_text() == '"outer"'


def test_the_last_writer_wins(before: Path) -> None:
    """Stores on one file take no lock and do not look at each other's commits."""
    first, second = atomic_store.open(before), atomic_store.open(before)
    first.value, second.value = "first", "second"
    second.commit()
    first.commit()
    assert before.read_text() == '"first"'
    second.commit()
    assert before.read_text() == '"second"'
    assert names_beside(before) == ["mystate.json"]


# -- where the README promised more than the code did


@pytest.mark.parametrize("ignore", [False, True])
def test_a_block_that_raises_keeps_the_old_state(before: Path, ignore: bool) -> None:
    """In case of any error the file has the old state, and so has the store."""
    mngr = atomic_store.open(before, ignore_inner_exits=ignore)
    with pytest.raises(KeyError), mngr as store:
        store.value = "half done"
        with mngr:
            raise KeyError
    assert before.read_text() == '"before"'
    assert mngr.value == "before"
    with mngr as store:
        store.value = "after"
    assert before.read_text() == '"after"'


def test_a_block_that_raises_before_the_first_commit(path: Path) -> None:
    """No file appears, and a mutable default is again what it was when it was given."""
    store = atomic_store.open(path, default=[])
    with pytest.raises(KeyError), store:
        store.value.append("half done")
        raise KeyError
    assert names_beside(path) == []
    assert store.value == []


def test_a_value_that_cannot_be_written(before: Path) -> None:
    """The file is what it was, and no temporary file is left."""
    store = atomic_store.open(before)
    store.value = {"a": [object()]}
    with pytest.raises(TypeError, match="JSON"):
        store.commit()
    assert before.read_text() == '"before"'
    assert names_beside(before) == ["mystate.json"]


def test_the_mode_is_kept(before: Path) -> None:
    """A commit does not make a private file public, nor a shared one private."""
    for mode in (0o600, 0o664):
        before.chmod(mode)
        atomic_store.open(before).commit()
        assert stat.S_IMODE(before.stat().st_mode) == mode


def test_a_symbolic_link_is_kept(before: Path) -> None:
    """A commit replaces the file that a link leads to, not the link."""
    link = before.with_name("link.json")
    link.symlink_to(before.name)
    with atomic_store.open(link) as store:
        store.value = "after"
    assert link.is_symlink()
    assert before.read_text() == '"after"'
