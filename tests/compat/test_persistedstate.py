"""`from outlive.compat.persistedstate import PersistedState` passes for PersistedState 26.1."""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

import outlive
from outlive import CorruptError, LockedError, RecoveryWarning
from outlive.compat.persistedstate import MappedYaml, PersistedState

from ..files import names_beside, run_python

FILES = Path(__file__).parent / "persistedstate"
EXPECTED: dict[str, Any] = json.loads((FILES / "expected.json").read_text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that does not exist yet, in a directory of its own."""
    return tmp_path / "example.state"


def killed(path: Path) -> Path:
    """What another program finds if this one is killed now: a copy of the file."""
    (path.parent / "killed").mkdir(exist_ok=True)
    return Path(shutil.copy(path, path.parent / "killed" / path.name))


def after_kill(path: Path) -> dict[str, Any]:
    """The state that is found after a kill."""
    with PersistedState(killed(path)) as state:
        return dict(state)


def plain(path: Path) -> Any:
    """What a closed file holds, for a program that only knows YAML."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# -- the README, from top to bottom


def test_a_loop_goes_on_where_it_was_interrupted(path: Path) -> None:
    """The first example: a program that is killed goes on with the first unprocessed item."""
    program = (
        "import os, sys\n"
        "from outlive.compat.persistedstate import PersistedState\n"
        "STATE = PersistedState(sys.argv[1], last_id=0)\n"
        "print(STATE.last_id + 1)\n"
        "for current_id in range(STATE.last_id + 1, 301):\n"
        "    STATE.last_id = current_id\n"
        "    if current_id % 125 == 0:\n"
        "        sys.stdout.flush()\n"
        "        os._exit(0)\n"
    )
    assert [run_python(program, path).strip() for _ in range(4)] == ["1", "126", "251", "301"]
    assert path.read_text() == "last_id: 300\n"


def test_the_file_is_mapped_to_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change at any depth is in the file at once; a path may be relative."""
    monkeypatch.chdir(tmp_path)
    state = PersistedState("state.yaml", processed_items=[])
    state.setdefault("key", {})
    state["key"].setdefault("nested", 2)
    state.processed_items.append("<some item>")
    state["key"]["nested"] += 1
    monkeypatch.chdir("/")
    expected = {"key": {"nested": 3}, "processed_items": ["<some item>"]}
    assert state == expected
    assert after_kill(tmp_path / "state.yaml") == expected
    state.close()
    assert plain(tmp_path / "state.yaml") == expected


def test_atomic_changes_with_the_thread_lock(path: Path) -> None:
    """No increment is lost between threads that use `_thread_lock`."""
    state = PersistedState(path, counter=0)

    def work() -> None:
        for _ in range(200):
            with state._thread_lock, state._thread_lock:
                state.counter += 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert after_kill(path) == {"counter": 800}
    state.close()


# -- the interface


def test_the_file_is_made_at_once(path: Path) -> None:
    """Opening makes the file, and takes a path in any form."""
    state = PersistedState(str(path))
    assert path.exists()
    assert state == {}
    state.close()
    PersistedState(_filepath=path).close()
    with pytest.raises(OSError, match="no-such"):
        PersistedState(path.parent / "no-such" / "directory")


def test_what_is_missing(path: Path) -> None:
    """A missing attribute is an AttributeError, a missing key a KeyError."""
    with PersistedState(path) as state:
        with pytest.raises(AttributeError, match="nope"):
            _ = state.nope
        with pytest.raises(KeyError, match="nope"):
            _ = state["nope"]
        assert getattr(state, "nope", 5) == 5
        assert not hasattr(state, "nope")


def test_names_with_an_underscore(path: Path) -> None:
    """What is assigned to them is the program's, not the file's; as defaults they are keys."""
    with PersistedState(path, _kept=1) as state:
        assert state._kept == 1
        state._own = object()
        state._kept = 2
        assert (state._kept, state["_kept"]) == (2, 1)
        del state._kept
        assert state._kept == 1
    assert plain(path) == {"_kept": 1}


NAMES = "cls path mode type sync strict timeout lock transaction refresh follow copy defaults fs"


def test_defaults_of_any_name(path: Path) -> None:
    """Names that mean something to outlive are items here, as attributes, too."""
    names = NAMES.split()
    with PersistedState(path, **dict.fromkeys(names, 1), items=[2]) as state:
        assert [getattr(state, name) for name in names] == [1] * len(names)
        for name in names:
            setattr(state, name, 3)
        setattr(state, "items", [4])  # noqa: B010  # a checker knows the method
        assert [getattr(state, name) for name in names] == [3] * len(names)
        assert state["items"] == [4]
        assert dict(state.items())["mode"] == 3
    assert plain(path) == {**dict.fromkeys(names, 3), "items": [4]}


def test_defaults_do_not_replace_what_is_there(path: Path) -> None:
    """A default counts once, and is then what the program made of it; it is copied."""
    default: dict[str, Any] = {"a": []}
    with PersistedState(path, first=default) as state:
        state.first["a"].append(1)
    assert default == {"a": []}
    with PersistedState(path, first=default, second=2) as state:
        assert state == {"first": {"a": [1]}, "second": 2}


def test_a_default_that_cannot_be_kept(path: Path) -> None:
    """It is a ValueError, as before, and the file can be opened again."""
    with pytest.raises(ValueError, match="second"):
        PersistedState(path, first=1, second={2})
    with PersistedState(path) as state:
        assert state == {"first": 1}


def test_mapped_yaml(path: Path) -> None:
    """The class below it has items alone, and what is set as an attribute is not kept."""
    with MappedYaml(path) as mapped:
        mapped["a"] = {"b": 1}
        mapped.a = 5
        assert mapped.a == 5
        del mapped.a
        with pytest.raises(AttributeError):
            _ = mapped.a
        with mapped._thread_lock:
            mapped["a"]["b"] = 2
    assert plain(path) == {"a": {"b": 2}}


def test_close(path: Path) -> None:
    """It may be called again; what is in memory can be read after it, but not changed."""
    state = PersistedState(path, a=1)
    state.close()
    state.close()
    assert state.a == 1
    with pytest.raises(outlive.ClosedError, match=r"example\.state"):
        state.a = 2
    with pytest.raises(ZeroDivisionError), PersistedState(path) as state:
        state.a = 3
        raise ZeroDivisionError
    assert names_beside(path) == ["example.state"]
    assert path.read_text() == "a: 3\n"


def test_keys_are_sorted(path: Path) -> None:
    """A vacuumed file has its keys in order at every depth; the live state as they came."""
    with PersistedState(path, z=1, a={"z": 1, "b": [{"d": 1, "c": 2}]}) as state:
        state.m = {"q": 1, "p": 2}
        assert list(state) == ["z", "a", "m"]
    text = "a:\n  b:\n  - c: 2\n    d: 1\n  z: 1\nm:\n  p: 2\n  q: 1\nz: 1\n"
    assert path.read_text() == text


# -- files from one to the other


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_that_the_original_left(name: str, path: Path) -> None:
    """However it was left: nothing acknowledged is lost, and then it is a plain sorted document."""
    shutil.copy(FILES / name, path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with PersistedState(path) as state:
            assert state == EXPECTED[name]["state"]
            state["more"] = 1
    told = [warning.category for warning in caught]
    assert told == ([RecoveryWarning] if name.endswith(("-torn.state", "-failed.state")) else [])
    expected = {**EXPECTED[name]["state"], "more": 1}
    assert plain(path) == expected
    assert list(plain(path)) == sorted(expected)


def test_a_file_of_windows(path: Path) -> None:
    """The original writes Windows line ends there, between document and entries as well."""
    for name in ("26.1-journal.state", "26.1-vacuum-overwritten.state", "23.5-clean.state"):
        path.write_bytes((FILES / name).read_bytes().replace(b"\n", b"\r\n"))
        with PersistedState(path) as state:
            assert state == EXPECTED[name]["state"]


def test_entries_are_json(path: Path) -> None:
    """Numbers and characters that the original itself reads back wrong from its journal."""
    path.write_text(
        'a: 1\n---\n["set", [], "big", 1e+16]\n---\n["set", [], "tiny", 1e-07]\n---\n'
        '["set", [], "odd", [NaN, -Infinity]]\n---\n["set", [], "text", "a\x85b\x7f \u2028 c"]\n'
        '---\n["set", [], 7, "int"]\n---\n["insert", ["odd"], -1, 0]\n---\n["delete", ["odd"], -1]',
        encoding="utf-8",
    )
    with PersistedState(path) as state:
        assert math.isnan(state.pop("odd")[0])
        assert state == {"a": 1, "big": 1e16, "tiny": 1e-7, "text": "a\x85b\x7f \u2028 c", 7: "int"}


THEIRS = (
    "import json, os, sys\n"
    "from persistedstate import PersistedState\n"
    "state = PersistedState(sys.argv[1])\n"
    "def plain(x):\n"
    "    if hasattr(x, 'items'):\n"
    "        return {key: plain(value) for key, value in x.items()}\n"
    "    return [plain(item) for item in x] if hasattr(x, 'insert') else x\n"
    "print(json.dumps(plain(state)), flush=True)\n"
)


def theirs(path: Path, *, is_closed: bool = False) -> Any:
    """The state that the original finds in a copy of a file."""
    program = THEIRS + ("state.close()\n" if is_closed else "os._exit(0)\n")
    return json.loads(run_python(program, killed(path)))


def test_the_original_opens_ours(path: Path) -> None:
    """In the middle of the journal, after a clean close, and then we open what it made of that."""
    pytest.importorskip("persistedstate", reason="pip install persistedstate==26.1")
    state = PersistedState(path, last_id=0, name="Máté €😀\n---\n", nested={"l": [1, [2]]})
    state.last_id = 42
    state.nested.l.insert(0, {"a": None})
    state.nested.l[0].b = "\u2028 \x7f\x85 #: ["
    state.nested.l.append(1.5)
    del state.nested.l[1]
    state.setdefault("new", {})["key with ] blank"] = [True, 10**30, -0.25, 1e16, 1e-7]
    state.nested.pop("none", None)
    del state["name"]
    expected = {key: state[key] for key in ("last_id", "nested", "new")}
    assert state == expected
    assert theirs(path) == expected
    state.close()
    assert theirs(path) == expected
    assert theirs(path, is_closed=True) == expected
    with PersistedState(path.parent / "killed" / path.name) as again:
        assert again == expected


def test_the_fixtures_are_read_by_the_original_or_not(path: Path) -> None:
    """Why the adapter cannot just do as the original: it refuses every file of a broken vacuum."""
    pytest.importorskip("persistedstate", reason="pip install persistedstate==26.1")
    for name in ("26.1-vacuum-copied.state", "26.1-torn.state"):
        shutil.copy(FILES / name, path)
        with pytest.raises(Exception, match="non-zero exit status"):
            theirs(path)


# -- what the original gets wrong


def test_a_negative_index_before_a_nested_change(path: Path) -> None:
    """`del lst[-1]` and then a change in an element: after a kill the right one has it."""
    state = PersistedState(path, jobs=[{"n": 0}, {"n": 1}, {"n": 2}])
    del state.jobs[-1]
    state.jobs[1]["n"] = 10
    state.jobs.insert(-1, {"n": 5})
    state.jobs[-1]["n"] += 1
    state.jobs[0]["n"] = -1
    assert state.jobs == [{"n": -1}, {"n": 5}, {"n": 11}]
    assert after_kill(path) == {"jobs": [{"n": -1}, {"n": 5}, {"n": 11}]}
    state.close()


def test_a_change_that_raises_leaves_no_trace(path: Path) -> None:
    """After a failed `del` and a kill the file opens, and is what it was."""
    state = PersistedState(path, jobs=[1])
    before = path.read_bytes()
    with pytest.raises(KeyError):
        del state["nobody"]
    with pytest.raises(IndexError):
        del state.jobs[5]
    with pytest.raises(IndexError):
        state.jobs[5] = 1
    with pytest.raises(ValueError, match=r"jobs\[1\]"):
        state.jobs.append(object())
    assert path.read_bytes() == before
    state.after = 1
    assert after_kill(path) == {"jobs": [1], "after": 1}
    state.close()


def test_a_torn_last_entry(path: Path) -> None:
    """Cut anywhere, the file opens as it was before the entry, and what is left of it is kept."""
    state = PersistedState(path, a=1, l=["x"])
    state.a = 2
    whole = path.read_bytes()
    state.a = 3
    full = path.read_bytes()
    state.close()
    for size in range(len(whole) + 1, len(full)):
        path.write_bytes(full[:size])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecoveryWarning)
            with PersistedState(path) as state:
                assert state.a in (2, 3), full[:size]
                assert state.l == ["x"], full[:size]


def test_a_typo_of_a_person(path: Path) -> None:
    """The original raises and wipes the file; here it stays as it is, and can be mended."""
    path.write_text("a: 1\nb: [1, 2\n")
    with pytest.raises(CorruptError, match=r"example\.state, line \d"):
        PersistedState(path)
    assert path.read_text() == "a: 1\nb: [1, 2\n"
    path.write_text("a: 1\nb: [1, 2]\n")
    with PersistedState(path) as state:
        assert state == {"a": 1, "b": [1, 2]}


def test_a_file_that_is_no_mapping(path: Path) -> None:
    """The same for a file that is YAML, but holds something else."""
    path.write_text("- 1\n- 2\n")
    with pytest.raises(CorruptError):
        PersistedState(path)
    assert path.read_text() == "- 1\n- 2\n"


def test_two_openers(path: Path) -> None:
    """The second gets an error, so neither loses a change."""
    state = PersistedState(path, a=1)
    with pytest.raises(LockedError, match=str(os.getpid())):
        PersistedState(path)
    state.a = 2
    state.close()
    with PersistedState(path) as state:
        assert state.a == 2


def test_comments_survive(path: Path) -> None:
    """A file in which a person wrote comments keeps them, and its order, through a vacuum."""
    path.write_text("# how far we are\nlast_id: 1  # counts\n\n# who\nadmin: 'me'\n")
    with PersistedState(path) as state:
        state.last_id += 1
        state.new = True
    assert path.read_text() == (
        "# how far we are\nlast_id: 2  # counts\n\n# who\nadmin: 'me'\nnew: true\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "z: 1  # why\na: 2\n",
        "z: 1\na: 2\n# the end\n",
        "z: [1,  # one\n  2]\na: 2\n",
        "z: |  # kept as it is\n  text\na: 2\n",
    ],
)
def test_a_comment_anywhere(path: Path, text: str) -> None:
    """Wherever a person put it, it keeps the file in their form."""
    path.write_text(text)
    with PersistedState(path) as state:
        state.a = 3
    assert path.read_text() == text.replace("a: 2", "a: 3")


def test_what_only_looks_like_a_comment(path: Path) -> None:
    """A # in a text is none, so the keys are sorted."""
    path.write_text("z: 'a # b'\ny1: |\n  # c\n\na: d#e\n")
    with PersistedState(path) as state:
        state.b = 1
    assert list(plain(path)) == ["a", "b", "y1", "z"]


def test_slices_and_the_other_methods(path: Path) -> None:
    """Lists are lists and dicts are dicts, for Python and for json; all of it is kept."""
    state = PersistedState(path, l=[3, 1, 2, 5, 4], d={"a": 1})
    state.l[3:] = [0]
    assert state.l[1:3] == [1, 2]
    del state.l[:1]
    state.l.sort()
    state.l += [9]
    state["d"] |= {"b": 2}
    state.d.c = 3
    del state.d["a"]
    assert state.l == [0, 1, 2, 9]
    assert json.loads(json.dumps(state)) == state
    assert after_kill(path) == {"l": [0, 1, 2, 9], "d": {"b": 2, "c": 3}}
    del state.d
    state.close()
    assert plain(path) == {"l": [0, 1, 2, 9]}


def test_a_vacuum_does_not_overwrite(path: Path) -> None:
    """Who has the old file open when it is vacuumed still reads all of it: it was replaced."""
    state = PersistedState(path, a=1)
    state.a = 2
    with path.open("rb") as old:
        before = old.read()
        state.close()
        old.seek(0)
        assert old.read() == before
    assert path.read_bytes() == b"a: 2\n"


def test_values_after_a_kill(path: Path) -> None:
    """What the original reads back as text, or cannot read at all."""
    values = [1e16, 1e-7, math.inf, "a\x85b", "\x7f", "x \u2028 y", {1: {True: None}}, 10**40]
    state = PersistedState(path)
    for number, value in enumerate(values):
        state[f"v{number}"] = value
    state.nan = math.nan
    found = after_kill(path)
    assert math.isnan(found.pop("nan"))
    assert list(found.values()) == values
    assert repr(list(found.values())) == repr(values)
    state.close()
