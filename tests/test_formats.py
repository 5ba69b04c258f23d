"""`format=`: how a format is named, what each one holds, and what happens to what it does not."""

from __future__ import annotations

import json
import marshal
import math
import pickle
import plistlib
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import bson
import pytest
import tomlkit
import yaml
from bson.codec_options import CodecOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import msgpack

import outlive
from outlive import CorruptError, FormatError
from outlive.formats.resolve import _EXTENSIONS

from .files import names_beside

READERS: dict[str, Callable[[bytes], object]] = {
    "json": json.loads,
    "yaml": lambda data: None if data[:1] == b"{" else yaml.safe_load(data),  # JSON is YAML too
    "toml": lambda data: tomllib.loads(data.decode()),
    "msgpack": msgpack.decode,
    "bson": bson.decode,
    "pickle": pickle.loads,
}
SAMPLE = {"title": "café", "runs": [1, 2.5, True], "limits": {"cpu": 4, "note": ""}}
EXTENSIONS = {f".{name}": name for name in READERS} | {
    ".yml": "yaml",
    ".pkl": "pickle",
    ".YML": "yaml",
    ".txt": "json",
    "": "json",
    ".json~": "json",
}
FORMATS = pytest.mark.parametrize("name", list(READERS))
many = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, value: object, **options: Any) -> bytes:
    """What a new file at `path` holds after a commit of `value`."""
    path.unlink(missing_ok=True)
    store = outlive.open(path, **options)
    store.value = value
    store.commit()
    return path.read_bytes()


def put(path: Path, data: bytes) -> Path:
    """A file that only its owner may write, so that a pickle in it is trusted."""
    path.touch(0o600)
    path.write_bytes(data)
    return path


# -- which format


@pytest.mark.parametrize("extension", [*EXTENSIONS, *_EXTENSIONS])
def test_the_extension_says_the_format(tmp_path: Path, extension: str) -> None:
    """A file is in the format of its extension, and in JSON where that says nothing."""
    path = tmp_path / f"state{extension}"
    assert READERS[EXTENSIONS[extension]](written(path, SAMPLE)) == SAMPLE
    assert outlive.open(path).value == SAMPLE


@FORMATS
def test_a_name_goes_before_the_extension(tmp_path: Path, name: str) -> None:
    """format="…", in any case, is taken whatever the file is called; keys keep their order."""
    path = tmp_path / "state.toml"
    assert READERS[name](written(path, SAMPLE, format=name)) == SAMPLE
    assert list(outlive.open(path, format=name.upper()).value) == list(SAMPLE)


@pytest.mark.parametrize(
    ("module", "read"),
    [
        (json, json.loads),
        (pickle, pickle.loads),
        (yaml, yaml.safe_load),
        (bson, bson.decode),
        (tomlkit, READERS["toml"]),
        (tomllib, READERS["toml"]),
        (marshal, marshal.loads),
        (plistlib, plistlib.loads),
    ],
)
def test_a_module_is_a_format(tmp_path: Path, module: Any, read: Callable[[bytes], object]) -> None:
    """Any module with dump and load, or dumps and loads, is taken as it is."""
    path = tmp_path / "state.dat"
    assert read(written(path, SAMPLE, format=module)) == SAMPLE
    assert outlive.open(path, format=module).value == SAMPLE


# -- formats of one's own: names, with a separator between


class _Commas(outlive.AbstractFormatBstr):
    def dumps(self, obj: Any, **kwargs: Any) -> bytes:
        return bytes(kwargs.get("sep", b",").join(item.encode() for item in obj))

    def loads(self, binary_string: Any, **kwargs: Any) -> object:
        return [item.decode() for item in binary_string.split(kwargs.get("sep", b","))]


class _CommasFile(outlive.AbstractFormatFile):
    def dump(self, obj: Any, fp: Any, **kwargs: Any) -> None:
        fp.write(_Commas().dumps(obj, **kwargs))

    def load(self, fp: Any, **kwargs: Any) -> object:
        return _Commas().loads(fp.read(), **kwargs)


class _Ordinary:
    def dumps(self, obj: Any) -> bytes:
        return _Commas().dumps(obj)

    def loads(self, data: bytes) -> object:
        return _Commas().loads(data)


class _OrdinaryFile:
    def dump(self, obj: Any, fp: IO[bytes]) -> None:
        fp.write(_Commas().dumps(obj))

    def load(self, fp: IO[bytes]) -> object:
        return _Commas().loads(fp.read())


class _Static:
    dumps = staticmethod(_Ordinary().dumps)
    loads = staticmethod(_Ordinary().loads)


class _StaticFile:
    dump = staticmethod(_OrdinaryFile().dump)
    load = staticmethod(_OrdinaryFile().load)


class _Text:
    """Works on str, so it needs is_binary=False."""

    def dumps(self, obj: list[str]) -> str:
        return ",".join(obj)

    def loads(self, text: str) -> list[str]:
        return text.split(",")


class _TextFile:
    def dump(self, obj: list[str], fp: IO[str]) -> None:
        fp.write(",".join(obj))

    def load(self, fp: IO[str]) -> list[str]:
        return fp.read().split(",")


CLASSES = [_Commas, _CommasFile, _Ordinary, _OrdinaryFile, _Static, _StaticFile]
WITH_ARGUMENTS = SimpleNamespace(dumps=_Commas().dumps, loads=_Commas().loads)


@pytest.mark.parametrize("given", [*CLASSES, *(each() for each in CLASSES), WITH_ARGUMENTS])
def test_a_class_or_an_object_is_a_format(tmp_path: Path, given: Any) -> None:
    """Functions of a format may be methods or static, in an object, or in its class."""
    path = tmp_path / "names.csv"
    assert written(path, ["ann", "bob"], format=given) == b"ann,bob"
    assert outlive.open(path, format=given).value == ["ann", "bob"]


@pytest.mark.parametrize("given", [_Text, _TextFile, _Text(), _TextFile()])
def test_a_format_of_text_says_so(tmp_path: Path, given: Any) -> None:
    """With is_binary=False a format gets and gives str; the file is UTF-8, line ends as given."""
    path = tmp_path / "names.csv"
    assert written(path, ["é", "\r\n"], format=given, is_binary=False) == b"\xc3\xa9,\r\n"
    assert outlive.open(path, format=given, is_binary=False).value == ["é", "\r\n"]


@pytest.mark.parametrize(
    ("given", "is_binary", "advice"),
    [
        (_Text, None, "is_binary=False"),
        (_Text, True, "is_binary=False"),
        (_Commas, False, "is_binary=True"),
        ("json", True, "is_binary=False"),
        ("msgpack", False, "is_binary=True"),
    ],
)
def test_bytes_and_str_are_not_mixed_up(
    tmp_path: Path, given: Any, is_binary: bool | None, advice: str
) -> None:
    """A wrong is_binary is refused before anything is written, and the message has the right."""
    path = tmp_path / "names.csv"
    with pytest.raises(FormatError, match=advice):
        written(path, ["ann"], format=given, is_binary=is_binary)
    assert names_beside(path) == []


# -- arguments for the format


@pytest.mark.parametrize(
    ("given", "value", "kwargs", "data"),
    [
        ("json", {"b": 1, "a": "é"}, {"sort_keys": True}, rb'{"a": "\u00e9", "b": 1}'),
        ("json", [1, {"a": 2}], {"separators": (",", ":")}, b'[1,{"a":2}]'),
        ("pickle", [1], {"protocol": 0}, b"(lp0\nI1\na."),
        ("yaml", {"b": [1], "a": 2}, {"sort_keys": True, "indent": 4}, b"a: 2\nb:\n- 1\n"),
        ("yaml", {"a": [1]}, {"default_flow_style": True}, b"{a: [1]}\n"),
        ("toml", {"b": 1, "a": 2}, {"sort_keys": True}, b"a = 2\nb = 1\n"),
        ("msgpack", {"b": 1, "a": 2}, {"order": "sorted"}, b"\x82\xa1a\x02\xa1b\x01"),
        ("bson", {"a": None}, {"check_keys": True}, b"\x08\x00\x00\x00\x0aa\x00\x00"),
        (_Commas, ["a", "b"], {"sep": b"; "}, b"a; b"),
        (_CommasFile, ["a", "b"], {"sep": b"; "}, b"a; b"),
    ],
)
def test_dump_kwargs(tmp_path: Path, given: Any, value: Any, kwargs: Any, data: bytes) -> None:
    """dump_kwargs go to the function that encodes, as they are."""
    assert written(tmp_path / "state", value, format=given, dump_kwargs=kwargs) == data


@pytest.mark.parametrize(
    ("given", "data", "kwargs", "value"),
    [
        ("json", b"[1.10]", {"parse_float": Decimal}, [Decimal("1.10")]),
        ("pickle", b"S'\\xe9'\n.", {"encoding": "latin-1"}, "é"),
        ("yaml", b"[1, yes]", {"Loader": yaml.BaseLoader}, ["1", "yes"]),
        ("toml", b"a = 1.10", {"parse_float": Decimal}, {"a": Decimal("1.10")}),
        ("msgpack", b"\x92\x01\x02", {"type": set[int]}, {1, 2}),
        (
            "bson",
            bson.encode({"t": datetime(2026, 11, 21)}),
            {"codec_options": CodecOptions(tz_aware=True)},
            {"t": datetime(2026, 11, 21, tzinfo=UTC)},
        ),
        (_Commas, b"a; b", {"sep": b"; "}, ["a", "b"]),
        (_CommasFile, b"a; b", {"sep": b"; "}, ["a", "b"]),
    ],
)
def test_load_kwargs(tmp_path: Path, given: Any, data: bytes, kwargs: Any, value: Any) -> None:
    """load_kwargs go to the function that decodes, as they are."""
    path = put(tmp_path / "state", data)
    assert outlive.open(path, format=given, load_kwargs=kwargs).value == value


@FORMATS
def test_an_argument_that_the_format_does_not_have(tmp_path: Path, name: str) -> None:
    """A typing error in the kwargs is called that: nobody is told to delete a good file."""
    path = tmp_path / "state"
    written(path, SAMPLE, format=name)
    with pytest.raises(FormatError, match="wrong"):
        outlive.open(path, format=name, dump_kwargs={"wrong": 1}).commit()
    with pytest.raises(FormatError, match="wrong"):
        outlive.open(path, format=name, load_kwargs={"wrong": 1})


# -- what comes back

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
INT64 = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.booleans() | INT64 | st.floats() | TEXT
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
NAIVE = st.datetimes().map(lambda t: t.replace(fold=0))
MOMENTS = NAIVE.map(lambda t: t.replace(tzinfo=UTC))
MILLISECONDS = NAIVE.map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
TIMES = st.times().map(lambda t: t.replace(fold=0))
DATES = st.dates() | NAIVE | MOMENTS


def tree(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and dicts of `leaves`, several levels deep."""
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


JSON = tree(st.none() | PLAIN | st.integers(), TEXT)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "json": JSON,
    "yaml": tree(
        st.none() | PLAIN | st.binary(max_size=4) | DATES,
        TEXT | st.integers() | st.booleans() | st.none(),
    ),
    "toml": st.dictionaries(TEXT, tree(PLAIN | DATES | TIMES, TEXT), max_size=4),
    "msgpack": tree(
        st.none() | PLAIN | st.integers(0, 2**64 - 1) | st.binary(max_size=4) | MOMENTS,
        TEXT | INT64,
    ),
    "bson": st.dictionaries(
        KEYS, tree(st.none() | PLAIN | st.binary(max_size=4) | MILLISECONDS, KEYS), max_size=4
    ),
    "pickle": tree(
        st.none() | PLAIN | st.complex_numbers() | MOMENTS | st.tuples(TEXT, INT64),
        TEXT | st.tuples(INT64),
    ),
}


def canonical(value: object) -> object:
    """`value` with its types spelled out, and without the order of keys, which TOML changes."""
    if isinstance(value, dict):
        return sorted((repr(key), repr(canonical(item))) for key, item in value.items())
    return [canonical(item) for item in value] if isinstance(value, list) else repr(value)


@FORMATS
@many
@given(data=st.data())
def test_round_trip(tmp_path: Path, name: str, data: st.DataObject) -> None:
    """Whatever a format holds comes back as it was, of the same types at every depth."""
    value = data.draw(VALUES[name])
    path = tmp_path / "state"
    written(path, value, format=name, sync="os")
    assert canonical(outlive.open(path, format=name).value) == canonical(value)


@many
@given(
    value=JSON,
    kwargs=st.sampled_from(
        [{}, {"indent": 2}, {"separators": (",", ":")}, {"sort_keys": True, "ensure_ascii": False}]
    ),
)
def test_json_is_what_json_dumps_gives(tmp_path: Path, value: object, kwargs: Any) -> None:
    """The bytes of a JSON file are those of json.dumps, so other programs see nothing new."""
    data = written(tmp_path / "state.json", value, dump_kwargs=kwargs, sync="os")
    assert data == json.dumps(value, **kwargs).encode()


# -- no format, no package


class _NeedsArgument(_Commas):
    def __init__(self, level: int) -> None:
        self.level = level


@pytest.mark.parametrize(
    "given",
    ["xml", "", 5, object(), int, math, SimpleNamespace(dumps=json.dumps), _NeedsArgument],
)
def test_what_is_no_format_is_refused_at_once(tmp_path: Path, given: Any) -> None:
    """A wrong format= is an error of open(), which names the file, before any work is done."""
    path = tmp_path / "state.json"
    with pytest.raises(FormatError) as caught:
        outlive.open(path, format=given)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)


WITHOUT_PACKAGE = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
import outlive
outlive.open("plain.json", default=[]).commit()
try:
    outlive.open(sys.argv[2])
except outlive.FormatError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("package", "name", "install"),
    [
        ("bson", "state.bson", "outlive[bson]"),
        ("yaml", "state.yaml", "PyYAML"),
        ("tomlkit", "state.toml", "tomlkit"),
        ("msgspec", "state.msgpack", "msgspec"),
    ],
)
def test_a_missing_package(tmp_path: Path, package: str, name: str, install: str) -> None:
    """The error says what to install, and the other formats work without it."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PACKAGE, package, name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / name) in done.stdout
    assert f"python -m pip install '{install}'" in done.stdout
    assert names_beside(tmp_path / name) == ["plain.json"]


# -- values and files that do not fit

CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("json", {"a": {1, 2}}),
        ("json", CIRCLE),
        ("json", {(1, 2): 3}),
        ("yaml", {"a": object()}),
        ("yaml", ["\ud800"]),
        ("toml", {"a": None}),
        ("toml", [1]),
        ("toml", {1: 2}),
        ("msgpack", {"a": object()}),
        ("msgpack", 2**64),
        ("bson", [1]),
        ("bson", {"a": 2**64}),
        ("bson", {"a": date(2026, 11, 21)}),
        ("bson", {"a": time(7, 42)}),
        ("pickle", {"a": lambda: 0}),
    ],
)
def test_a_value_that_the_format_cannot_hold(
    tmp_path: Path, name: str, value: object, there: bool
) -> None:
    """Neither commit() nor a with block writes it; the file and the program's value stay."""
    path = tmp_path / f"state.{name}"
    if there:
        written(path, SAMPLE)
    before = [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()]
    store = outlive.open(path)
    store.value = value
    with pytest.raises(FormatError) as caught:
        store.commit()
    assert str(path) in str(caught.value)
    with pytest.raises(FormatError), outlive.open(path) as other:
        other.value = value
    assert store.value is value
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == before


CUTS: dict[str, bytes] = {  # none of the beginnings of these is valid
    "json": b'{"a": [1, "b"]}',
    "yaml": b'[1, {"a": "b"}]',
    "toml": b'a = [1, "b"]',
    "msgpack": msgpack.encode(SAMPLE),
    "bson": bson.encode(SAMPLE),
    "pickle": pickle.dumps(SAMPLE),
}


@FORMATS
def test_an_empty_or_cut_file(tmp_path: Path, name: str) -> None:
    """It is never taken for a value or for the default, and is left as it is, wherever cut."""
    path = put(tmp_path / f"state.{name}", b"")
    for size in range(len(CUTS[name])):
        data = CUTS[name][:size]
        path.write_bytes(data)
        with pytest.raises(CorruptError) as caught:
            outlive.open(path, default=dict)
        assert str(path) in str(caught.value)
        assert path.read_bytes() == data
        assert names_beside(path) == [path.name]
    path.write_bytes(CUTS[name])
    assert outlive.open(path).value == READERS[name](CUTS[name])


@pytest.mark.parametrize("data", [b"\xff\xfe[\x001\x00]\x00", b"[1] x", b"\0" * 64])
def test_a_file_in_another_format(tmp_path: Path, data: bytes) -> None:
    """UTF-16, rubbish behind the value and a file of zeros are corrupt, not a value."""
    path = put(tmp_path / "state.json", data)
    with pytest.raises(CorruptError, match="no valid JSON"):
        outlive.open(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("name", "text"), [("json", '{"a": 1}'), ("yaml", "a: 1\n"), ("toml", "a = 1\n")]
)
def test_a_byte_order_mark_is_accepted(tmp_path: Path, name: str, text: str) -> None:
    """A file that an editor on Windows saved opens as any other, and takes a commit."""
    path = put(tmp_path / f"state.{name}", f"\ufeff{text}".encode())
    store = outlive.open(path)
    assert store.value == {"a": 1}
    store.value["a"] = 2
    store.commit()
    assert outlive.open(path).value == {"a": 2}
