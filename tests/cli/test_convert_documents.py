"""`outlive convert` of documents: each format and the State to each other, and what is lost."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

import pytest

import outlive

from .running import done, failed, program, run

PLAIN = {"n": 1, "text": "äöü\n€", "list": [1.5, True, {"a": []}], "big": 2**62}
FORMATS = ["json", "yaml", "toml", "msgpack", "bson", "pickle", "state"]


def held(path: Path) -> Any:
    """What a converted file holds, by the face that it is for."""
    if path.suffix == ".state":
        with outlive.State(path) as state:
            return dict(state)
    return outlive.open(path).value


@pytest.mark.parametrize("given", FORMATS)
@pytest.mark.parametrize("wanted", FORMATS)
def test_each_format_to_each(given: str, wanted: str, tmp_path: Path) -> None:
    """What all formats hold comes through unchanged, to the type, and the source is not touched."""
    source, target = tmp_path / f"a.{given}", tmp_path / "new" / f"b.{wanted}"
    target.parent.mkdir()
    if given == "state":
        with outlive.State(source) as state:
            state.update(PLAIN)
    else:
        outlive.open(source, default=PLAIN).commit()
    before = source.read_bytes()
    done("convert", source, target)
    assert repr(held(target)) == repr(PLAIN)
    assert source.read_bytes() == before
    assert os.listdir(target.parent) == [target.name]


def test_comments_stay_where_they_can(tmp_path: Path) -> None:
    """Between a State and YAML the text of a person stays as it is, with a program's changes."""
    text = "# the proxy\nport: 80   # as it expects\nhosts: [a, b]\n"
    source = tmp_path / "a.state"
    source.write_text(text)
    done("convert", source, tmp_path / "b.yaml")
    assert (tmp_path / "b.yaml").read_text() == text
    done("convert", tmp_path / "b.yaml", tmp_path / "c.state")
    assert (tmp_path / "c.state").read_text() == text
    with program("state", source) as writer:
        writer.do("store.port = 81")
        done("convert", source, tmp_path / "d.yaml")
    assert (tmp_path / "d.yaml").read_text() == text.replace("80 ", "81 ") + "last: 41\n"


@pytest.mark.parametrize("wanted", ["json", "toml", "msgpack"])
def test_comments_that_would_be_gone(wanted: str, tmp_path: Path) -> None:
    """They are named, and with --lossy they are said to be lost."""
    source, target = tmp_path / "a.yaml", tmp_path / f"b.{wanted}"
    text = "port: 80   # as it expects\nname: 'a # b'\ntext: |  # kept\n  # no comment\n"
    source.write_text(text)
    said = failed(4, "convert", source, target)
    assert "# as it expects would be gone" in said
    assert "# kept would be gone" in said
    assert "no comment" not in said
    assert not target.exists()
    ended = run("convert", "--lossy", source, target)
    assert (ended.code, ended.err.count("lost:")) == (0, 2)
    assert held(target) == {"port": 80, "name": "a # b", "text": "# no comment\n"}


def test_comments_of_toml(tmp_path: Path) -> None:
    """A # within a text is none."""
    source = tmp_path / "a.toml"
    source.write_text('a = "x # y"\nb = \'#\'\nc = """\n# z"""\n')
    done("convert", source, tmp_path / "a.json")
    source.write_text('a = "x # y" # really\n')
    assert "# really would be gone" in failed(4, "convert", source, tmp_path / "b.json")


DAY = datetime.date(2026, 11, 21)
ZONE = datetime.timezone(datetime.timedelta(hours=2))
LOST: list[tuple[object, str, str, object]] = [
    ({"a": [(1, 2)]}, "json", "a[0]: the tuple becomes a list", {"a": [[1, 2]]}),
    ({"a": b"hi"}, "json", "a: JSON cannot hold the bytes", {"a": "aGk="}),
    ({"a": DAY}, "json", "a: JSON cannot hold the date 2026-11-21", {"a": "2026-11-21"}),
    ({1: "x"}, "json", "[1]: JSON cannot hold the int 1; the key", {"1": "x"}),
    ({1: "x", "1": "y"}, "json", "there is a key '1' as well", {"1": "y"}),
    ([float("nan")], "json", "[0]: JSON has no nan", [None]),
    ({"a": {1}}, "json", "a: the set becomes a list", {"a": [1]}),
    ({"a": None}, "toml", "a: TOML cannot hold the null", {}),
    ({"a": [1, None, 2]}, "toml", "a[1]: TOML cannot hold the null", {"a": [1, 2]}),
    ({"a": 2**64}, "msgpack", "more than 64 bits", {"a": str(2**64)}),
    ({"a": 2**63}, "bson", "more than 64 bits", {"a": str(2**63)}),
    ({"a": DAY}, "msgpack", "a: MessagePack cannot hold the date", {"a": "2026-11-21"}),
    (
        {"a": datetime.datetime(2026, 1, 2, 10)},
        "msgpack",
        "which has no time zone",
        {"a": "2026-01-02T10:00:00"},
    ),
    (
        {"a": datetime.datetime(2026, 1, 2, 10, tzinfo=ZONE)},
        "msgpack",
        "+02:00 becomes the datetime",
        {"a": datetime.datetime(2026, 1, 2, 8, tzinfo=datetime.UTC)},
    ),
    (
        {"a": datetime.datetime(2026, 1, 2, 10, 0, 0, 123456)},
        "bson",
        "a: the datetime",
        {"a": datetime.datetime(2026, 1, 2, 10, 0, 0, 123000)},
    ),
    ({"a": "\ud800"}, "yaml", "which is not Unicode", {"a": "\\ud800"}),
    ({"a": "\ud800"}, "state", "which is not Unicode", {"a": "\\ud800"}),
    ({"a": (1,)}, "yaml", "a: the tuple becomes a list", {"a": [1]}),
    ({"a": {1}}, "state", "a: the set becomes a list", {"a": [1]}),
    ({("x",): 1}, "yaml", "the key becomes the text", {'{"$tuple": ["x"]}': 1}),
    ({"a": 1j}, "yaml", "YAML cannot hold the complex", {"a": '{"$complex": [0.0, 1.0]}'}),
]


@pytest.mark.parametrize(("value", "wanted", "why", "left"), LOST)
def test_what_a_format_cannot_hold(
    value: object, wanted: str, why: str, left: object, tmp_path: Path
) -> None:
    """It is refused, naming key and type, and nothing is made; --lossy converts it, and says so."""
    source, target = tmp_path / "a.pickle", tmp_path / f"b.{wanted}"
    outlive.open(source, default=value).commit()
    assert why in failed(4, "convert", source, target)
    assert os.listdir(tmp_path) == ["a.pickle"]
    ended = run("convert", "--lossy", source, target)
    assert ended.code == 0
    assert why in ended.err
    assert ended.err.startswith("outlive: lost: ")
    assert repr(held(target)) == repr(left)


def test_objects_of_a_program(tmp_path: Path) -> None:
    """An object that only Python has becomes what Python says of it, with --lossy alone."""
    source = tmp_path / "a.pickle"
    outlive.open(source, default={"p": Path("x"), "kind": datetime.UTC}).commit()
    assert "p: YAML cannot hold the PosixPath" in failed(4, "convert", source, tmp_path / "b.yaml")
    assert run("convert", "--lossy", source, tmp_path / "b.yaml").code == 0
    assert held(tmp_path / "b.yaml")["p"] == "PosixPath('x')"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.json", '{"a": 1, "b": {"a": 1, "a": 2}}', "the key 'a' stands twice"),
        ("a.json", '{"a": 3.14159265358979323846}', "becomes 3.141592653589793"),
        ("a.json", '{"a": 1e999}', "becomes inf"),
        ("a.yaml", "a: 1\nb: {c: 1, c: 2}\n", "the key 'c' stands twice"),
        ("a.state", 'n: 1\n\n--- #00000000\n["set",[],"n",2]\n', "no whole entry"),
    ],
)
def test_what_is_lost_when_it_is_read(name: str, text: str, why: str, tmp_path: Path) -> None:
    """What every reader passes over in silence is a loss as well."""
    source = tmp_path / name
    source.write_text(text)
    assert why in failed(4, "convert", source, tmp_path / "b.msgpack")
    assert why in run("convert", "--lossy", source, tmp_path / "b.msgpack").err
    assert source.read_text() == text


def test_the_same_format_is_copied_to_the_last_byte(tmp_path: Path) -> None:
    """No loss and no other form, whatever the text is like."""
    text = '{"a": 1,   "a": 2, "n": NaN}\n'
    (tmp_path / "a.json").write_text(text)
    done("convert", tmp_path / "a.json", tmp_path / "b.json")
    assert (tmp_path / "b.json").read_text() == text
    (tmp_path / "broken.json").write_text('{"a": ')
    failed(4, "convert", tmp_path / "broken.json", tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()


def test_a_whole_that_is_no_mapping(tmp_path: Path) -> None:
    """A State, TOML and BSON hold a mapping; --lossy makes none of a list."""
    (tmp_path / "a.json").write_text("[1]")
    for name in ("b.state", "b.toml", "b.bson"):
        said = failed(4, "convert", "--lossy", tmp_path / "a.json", tmp_path / name)
        assert "holds a mapping" in said
        assert not (tmp_path / name).exists()


def test_deep_documents(tmp_path: Path) -> None:
    """As deep as a State allows, and no traceback beyond."""
    deep: Any = 1
    for _ in range(498):
        deep = {"a": deep}
    (tmp_path / "a.json").write_text(json.dumps({"top": deep}))
    done("convert", tmp_path / "a.json", tmp_path / "b.state")
    done("convert", tmp_path / "b.state", tmp_path / "c.msgpack")
    (tmp_path / "d.json").write_text(json.dumps({"top": {"a": {"b": deep}}}))
    assert "nested" in failed(4, "convert", tmp_path / "d.json", tmp_path / "e.state")


def test_a_state_beside_its_program(state: Path, tmp_path: Path) -> None:
    """Its changes so far are in the copy, and the program goes on."""
    with program("state", state) as writer:
        writer.do("store.queue.append('later')")
        done("convert", state, tmp_path / "b.yaml")
        writer.do("store.last = 99")
    copied = held(tmp_path / "b.yaml")
    assert (copied["last"], copied["queue"][-1], copied[2]) == (41, "later", "two")


def test_pickles_of_others(tmp_path: Path) -> None:
    """One that others could have written is not read without --trust."""
    source = tmp_path / "a.pickle"
    outlive.open(source, default=[1]).commit()
    source.chmod(0o666)
    failed(4, "convert", source, tmp_path / "b.json")
    failed(4, "convert", source, tmp_path / "b.pickle")
    done("convert", "--trust", source, tmp_path / "b.pickle")
    assert (tmp_path / "b.pickle").stat().st_mode & 0o777 == 0o600
    done("convert", "--trust", source, tmp_path / "b.json")


def test_formats_that_the_names_do_not_say(tmp_path: Path) -> None:
    """--from and --to say them; without, the content says the first."""
    (tmp_path / "a").write_text('{"a": 1}')
    assert "pass --to state|json" in failed(4, "convert", tmp_path / "a", tmp_path / "b")
    done("convert", "--to", "toml", tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "a = 1\n"
    done("convert", "--from", "yaml", tmp_path / "a", tmp_path / "c.msgpack")
    assert held(tmp_path / "c.msgpack") == {"a": 1}
    failed(4, "convert", "--from", "toml", tmp_path / "a", tmp_path / "d.json")
    assert "of json no csv can be made" in failed(4, "convert", tmp_path / "a", tmp_path / "d.csv")
