"""`outlive set`, `delete` and `append` on each kind of store, and beside programs."""

from __future__ import annotations

import datetime
import os
from decimal import Decimal
from pathlib import Path

import pytest

import outlive

from .running import done, failed, in_terminal, program


def test_a_state(state: Path) -> None:
    """Values go where the path leads; what a person wrote around them stays."""
    state.write_text("port: 80   # as the proxy expects\nhosts: [a, b]\n")
    done("set", state, "port", 8080)
    done("append", "-t", "text", state, "hosts", "c")
    done("delete", state, "hosts[0]")
    assert state.read_text() == "port: 8080   # as the proxy expects\nhosts: [b, c]\n"


def test_values_that_begin_with_a_dash(store: Path) -> None:
    """What begins as a number below 0 is a VALUE, wherever it stands; a mistyped option is none."""
    done("set", store, "text", "-3 op", "-t", "text")
    done("append", "--type", "yaml", store, "runs", "-7")
    done("set", store, "more", "--", "-0.5")
    kept = outlive.open(store).value
    assert (kept["text"], kept["runs"][-1], kept["more"]) == ("-3 op", -7, -0.5)
    assert "No such option" in failed(2, "set", "-t", "text", store, "k", "--parent", stdin="x")
    assert outlive.open(store).value == kept


def test_a_store(store: Path) -> None:
    """The file is replaced whole, in the format that it has."""
    done("set", store, "server.port", -1)
    done("append", store, "runs", '{"at": [1.5, null]}')
    done("delete", store, "n")
    assert outlive.open(store).value == {"runs": ["a", {"at": [1.5, None]}], "server": {"port": -1}}
    done("set", store, ".", "[]")
    assert store.read_text() == "[]"


def test_a_safe(safe: Path) -> None:
    """Keys are taken whole, as text or as what JSON says; a value keeps its Python types."""
    done("set", safe, "a.b", '{"$tuple": [1, {"$bytes": "aGk="}]}')
    done("set", "--key-type", "json", safe, '["user", 2]', "null")
    done("set", safe, "list", "[]")
    done("append", safe, "list", 1)
    done("delete", "--key-type", "json", safe, '["user", 1]')
    with outlive.Safe(safe) as now:
        assert dict(now) == {
            "a.b": (1, b"hi"),
            ("user", 2): None,
            "list": [1],
            "first": {"url": "x", "tags": ["a"]},
        }


def test_a_storage(storage: Path) -> None:
    """Cells, rows, subviews and tables; what JSON has no type for may be text."""
    done("set", storage, "people[0].shoesize", 39)
    done("set", storage, "people[1]", '{"first": "Zoe", "shoesize": 40, "kids": [["Al"]]}')
    done("append", storage, "people[0].kids", '["Cy"]')
    done("append", storage, "days", '{"day": "2026-01-02"}')
    done("delete", storage, "days[0]")
    with outlive.Storage(storage, mode="r") as now:
        assert now.view("people").to_arrow().to_pylist() == [
            {"first": "Ann", "shoesize": 39, "kids": [{"name": "Bob"}, {"name": "Cy"}]},
            {"first": "Zoe", "shoesize": 40, "kids": [{"name": "Al"}]},
        ]
        assert [row.day for row in now.view("days")] == [datetime.date(2026, 1, 2)]
    done("delete", storage, "days")
    assert "there are people" in failed(1, "get", storage, "days")


def test_cells_of_every_type(tmp_path: Path) -> None:
    """A value that does not fit its column is refused, and the table is as it was."""
    path = tmp_path / "all.db"
    with outlive.Storage(path) as made:
        table = made.define("t", d=Decimal, b=bytes, at=datetime.datetime, ok=bool)
        table.append()
        made.commit()
    done("set", path, "t[0].d", '"1.10"')
    done("set", "--type", "text", path, "t[0].at", "2026-11-21T10:00:00")
    done("set", path, "t[0].b", '{"$bytes": "aGk="}')
    assert "cannot hold" in failed(4, "set", path, "t[0].ok", "1")
    assert "is no decimal number" in failed(4, "set", path, "t[0].d", '"x"')
    assert "lacks b, at, ok" in failed(4, "set", path, "t[0]", '{"d": 1}')
    assert "has always a value" in failed(4, "delete", path, "t[0].d")
    assert "no cell and no row" in failed(4, "set", path, "t", "[]")
    with outlive.Storage(path, mode="r") as now:
        row = now.view("t")[0]
        assert (row.d, row.b, row.at) == (
            Decimal("1.1"),
            b"hi",
            datetime.datetime(2026, 11, 21, 10),
        )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("2", "8"), 8),
        (("-t", "yaml", "y", "[2026-11-21, yes]"), [datetime.date(2026, 11, 21), True]),
        (("-t", "text", "y", "true"), "true"),
        (("-p", "new.deep", "1"), {"deep": 1}),
        (("[3]", "[]"), []),
    ],
)
def test_ways_to_write_a_value(state: Path, arguments: tuple[str, ...], expected: object) -> None:
    """JSON, YAML and text; a key that is there keeps its type, [3] is a number."""
    *options, key, value = arguments
    done("set", *options, state, key, value)
    found = dict(outlive.State(state, mode="r"))
    names: dict[str, object] = {"2": 2, "[3]": 3, "new.deep": "new"}
    assert found[names.get(key, key)] == expected


def test_standard_input(state: Path) -> None:
    """Without a value, or with -, it is read from a pipe; in a terminal it has to be given."""
    done("set", state, "server", stdin='{"port":\n 81}\n')
    done("set", "-t", "text", state, "note", "-", stdin="two\nlines\n")
    found = outlive.State(state, mode="r")
    assert (found.server, found.note) == ({"port": 81}, "two\nlines")
    ended = in_terminal("set", state, "note")
    assert (ended.code, "there is no VALUE" in ended.text) == (2, True)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("example.org", "--type text"),
        ("NaN", '{"$float": "nan"}'),
        ("[1e999]", "more than a float holds"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"$what": 1}', "$bytes"),
        ('{"$object": "x"}', "cannot be made"),
        ('{"$date": "yesterday"}', "cannot be read"),
    ],
)
def test_values_that_are_refused(store: Path, value: str, why: str) -> None:
    """What is no value ends with 4, and the message says how to write it; nothing is changed."""
    before = store.read_bytes()
    assert why in failed(4, "set", store, "n", value)
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("1.0e+999", "more than a float holds"),
        ("a: 1\na: 2", "a second time"),
        ("[{1: a, true: b}]", "a second time"),
        ("a: [", "no YAML"),
    ],
)
def test_yaml_that_is_refused(store: Path, value: str, why: str) -> None:
    """What would lose a value or a number is refused in YAML, too."""
    before = store.read_bytes()
    assert why in failed(4, "set", "-t", "yaml", store, "n", value)
    assert store.read_bytes() == before


def test_a_key_that_leads_into_a_value(safe: Path) -> None:
    """What `get` takes for a part of a value is no new key, unless it is given as JSON."""
    for command in (
        ["set", safe, "first.url", '"y"'],
        ["append", safe, "first.tags", '"y"'],
        ["delete", safe, "first.url"],
    ):
        assert "--key-type json" in failed(4, *command)
    assert done("get", safe, "first.url").out == "x\n"
    assert f"{safe}, key 'first'" in failed(1, "get", safe, "first.nope")
    done("set", "--key-type", "json", safe, '"first.url"', '"y"')
    done("set", safe, "first.url", '"z"')  # it is there now
    done("set", safe, "second.url", 1)  # there is no second
    with outlive.Safe(safe, mode="r") as now:
        assert (now["first"]["url"], now["first.url"], now["second.url"]) == ("x", "z", 1)


def test_a_type_that_the_file_cannot_hold(store: Path, state: Path, tmp_path: Path) -> None:
    """No type is lost on the way into a file: what it cannot hold is refused."""
    before = store.read_bytes(), state.read_bytes()
    failed(4, "set", store, "n", '{"$bytes": "aGk="}')
    failed(4, "set", store, "n", '{"$tuple": [1]}')
    failed(4, "set", store, "n", '{"$dict": [[1, 2]]}')
    failed(4, "set", state, "last", '{"$tuple": [1]}')
    failed(4, "append", state, "queue", '{"$set": [1]}')
    failed(4, "set", state, ".", "[]")
    outlive.Safe(tmp_path / "json.safe", format="json").close()
    failed(4, "set", tmp_path / "json.safe", "a", '{"$tuple": [1]}')
    assert (store.read_bytes(), state.read_bytes()) == before


@pytest.mark.parametrize("kind", ["state", "store", "safe"])
def test_absent_keys(kind: str, request: pytest.FixtureRequest) -> None:
    """To delete or append to what is not there ends with 1, to append to no list with 4."""
    path: Path = request.getfixturevalue(kind)
    before = path.read_bytes()
    failed(1, "delete", path, "nope")
    failed(1, "append", path, "nope", 1)
    assert "no list" in failed(4, "append", path, "first" if kind == "safe" else "server", 1)
    if kind != "safe":
        assert str(path) in failed(1, "set", path, "new.deep", 1)
        assert path.read_bytes() == before


def test_beside_a_program_that_has_it_open(state: Path, safe: Path, storage: Path) -> None:
    """One writer has a State and a Storage, and the message has its pid; a Safe takes both."""
    with program("state", state) as writer:
        before = state.read_bytes()
        for command in (["set", state, "last", 7], ["delete", state, "last"], ["compact", state]):
            assert f"{writer.pid}" in failed(3, *command)
        assert state.read_bytes() == before
        writer.do("store.last = 50")
    done("set", state, "last", 7)
    with program("storage", storage) as writer:
        assert f"{writer.pid}" in failed(3, "set", storage, "people[0].shoesize", 1)
        writer.do("store.close()")
        done("set", "--timeout", 10, storage, "people[0].shoesize", 1)
    with program("safe", safe) as writer:
        done("set", safe, "a.b", 7)
        writer.do("assert store['a.b'] == 7; store['a.b'] = 8")
        assert done("get", safe, "a.b").out == "8\n"


def test_a_store_with_versions_keeps_one_more(tmp_path: Path) -> None:
    """Where a program keeps former contents, so does the command, and it drops none of them."""
    path = tmp_path / "notes.json"
    store = outlive.open(path, default=0, keep=5)
    for number in range(4):
        store.value = number
        store.commit()
    done("set", path, ".", 99)
    assert [version.number for version in store.history()] == [4, 3, 2, 1]
    done("restore", path, 2)
    assert path.read_text() == "1"


def test_no_litter(state: Path, store: Path) -> None:
    """Nothing is left beside the file."""
    done("set", state, "last", 2)
    done("set", store, "n", 2)
    assert sorted(os.listdir(state.parent)) == ["jobs.state", "runs.json"]


def test_a_change_after_a_kill(state: Path) -> None:
    """What a killed program had changed is taken in, and then the change of the command."""
    with program("state", state) as writer:
        writer.do("store.queue.append('later')")
        writer.kill()
    assert done("get", state, "queue[1]").out == "later\n"
    done("append", state, "queue", '"last"')
    assert done("get", state, "queue").json == [{"url": "x", "tries": 0}, "later", "last"]
