"""Items of a State as attributes, and keys that are names of methods."""

from __future__ import annotations

from pathlib import Path

import pytest

import outlive
from outlive import State

from .on_disk import kept


def test_attributes_at_every_depth(state: State, path: Path) -> None:
    """Reading, setting and deleting, in dicts in lists too, and after opening again."""
    state.server.tls = {"on": {"since": 2026}}
    state.server.tls.on.until = None
    state.deep[1].x[1].z = "new"
    del state.n
    del state.server.port
    assert not hasattr(state, "n")
    assert hasattr(state, "server")
    assert getattr(state, "n", "gone") == "gone"
    assert kept(path) == state
    state.close()
    with State(path) as again:
        again.deep[1].x[1].z += "er"
        assert again.deep[1].x[1].z == "newer"
        assert again.server == {"tags": ["a", "b"], "tls": {"on": {"since": 2026, "until": None}}}
        assert not hasattr(again, "n")


def test_an_attribute_that_is_not_there(state: State) -> None:
    """Reading and deleting raise AttributeError that names it; hasattr and getattr work."""
    with pytest.raises(AttributeError, match="missing"):
        _ = state.missing
    with pytest.raises(AttributeError, match="missing"):
        del state.server.missing
    with pytest.raises(KeyError):
        del state["missing"]
    assert getattr(state.server, "missing", 0) == 0


@pytest.mark.parametrize("name", ["items", "keys", "update", "pop", "close", "lock", "transaction"])
def test_method_names_stay_methods(state: State, path: Path, name: str) -> None:
    """Setting such an attribute raises with a hint; as a key it works, and hides no method."""
    before = path.read_bytes()
    with pytest.raises(AttributeError, match=rf'state\["{name}"\]'):
        setattr(state, name, 1)
    with pytest.raises(outlive.FormatError):
        setattr(state, name, [])
    with pytest.raises(AttributeError):
        delattr(state, name)
    assert path.read_bytes() == before
    state[name] = {"a": 1}
    state[name]["b"] = 2
    state.after = 1
    with pytest.raises(AttributeError, match=rf'state\["{name}"\]'):
        delattr(state, name)
    assert state[name] == {"a": 1, "b": 2}
    method = getattr(state, name)
    assert method is not state[name]
    assert state.after == 1, "other attributes work as before"
    assert kept(path) == state
    state.close()
    with State(path) as again:
        assert again[name] == {"a": 1, "b": 2}
        assert again.after == again.server.__class__(again).get("after", 1) == 1
        assert getattr(again, name) is not again[name]


@pytest.mark.parametrize("name", ["items", "keys", "update", "get", "pop", "clear", "values"])
def test_method_names_in_nested_dicts(state: State, path: Path, name: str) -> None:
    """The same one level down, whichever way the key came in."""
    with pytest.raises(AttributeError, match=name):
        setattr(state.server, name, 1)
    state.server[name] = 1
    state.a = {name: 1, "b": 2}
    state.b = {}
    state.b.update({name: 1, "b": 2})
    state.c = [{name: 1}]
    for inner in (state.server, state.a, state.b, state.c[0]):
        assert callable(getattr(inner, name))
        assert inner[name] == 1
    assert (state.a.b, state.b.b, list(state.a.items())) == (2, 2, [(name, 1), ("b", 2)])
    assert kept(path) == state


def test_names_of_the_state_alone_are_free_further_down(state: State, path: Path) -> None:
    """`state.server.lock` is an item; a door has a lock, too."""
    state.server.lock = "open"
    state.server.close = 5
    assert (state.server.lock, state.server.close) == ("open", 5)
    assert kept(path) == state


def test_a_file_with_the_names_of_methods(path: Path) -> None:
    """Such keys in a file that a person wrote are there under [], and break nothing."""
    path.write_text(
        "items: 1\nclose: 2\nlock: 3\n__class__: 4\n__dict__: 5\n_live_root: 6\nself: 7\nx: 8\n"
    )
    with State(path) as state:
        assert [state[key] for key in state] == list(range(1, 9))
        assert (state.x, state.self) == (8, 7)
        state.x += 1
        state["__class__"] += 1
        with state.lock:
            state["lock"] += 1
        for name in ("__class__", "__dict__", "_live_root", "__init__"):
            with pytest.raises(outlive.FormatError):
                setattr(state, name, 1)
        assert next(iter(state.items())) == ("items", 1)
        assert isinstance(state, State)
        assert kept(path) == state
    with State(path) as state:
        assert (state.x, state["__class__"], state["lock"]) == (9, 5, 4)
