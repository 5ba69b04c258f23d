"""The formats that have a name. Each imports its package when it is asked for, not before."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from .format import Format

# Without the search for circles, which ends in a RecursionError as well: 10 % faster.
_dump_json = json.JSONEncoder(check_circular=False).encode
_load_json = json.JSONDecoder().decode


def _json_dumps(value: object, **kwargs: Any) -> str:
    return json.dumps(value, **kwargs) if kwargs else _dump_json(value)


def _json_loads(text: str, **kwargs: Any) -> object:
    return json.loads(text, **kwargs) if kwargs else _load_json(text)


def _json() -> Format:
    return Format("JSON", dumps=_json_dumps, loads=_json_loads, is_binary=False, always_loads=True)


def _pickle() -> Format:
    import pickle
    from decimal import Decimal
    from uuid import UUID

    return Format(
        "pickle",
        dumps=pickle.dumps,
        loads=pickle.loads,
        runs_code=True,
        types=(datetime, date, time, timedelta, bytes, Decimal, UUID),
        any_keys=True,
    )


def _msgpack() -> Format:
    from msgspec import msgpack

    return Format(
        "MessagePack",
        dumps=msgpack.encode,
        loads=msgpack.decode,
        types=(datetime, bytes),
        any_keys=True,
    )


def _yaml() -> Format:
    import yaml

    from .rewrite_yaml import rewrite
    from .yaml_text import Dumper, Loader, check_depth

    def dumps(value: object, **kwargs: object) -> str:
        options: Any = {"Dumper": Dumper, "sort_keys": False, "allow_unicode": True, **kwargs}
        return str(yaml.dump(value, **options))

    def loads(text: str, **kwargs: object) -> object:
        if not text:  # valid YAML, but nothing that a store writes: a file that was cut
            raise ValueError("the file is empty")
        check_depth(text)
        options: Any = {"Loader": Loader, **kwargs}
        return yaml.load(text, **options)

    return Format(
        "YAML",
        dumps=dumps,
        loads=loads,
        is_binary=False,
        types=(datetime, date, bytes),
        any_keys=True,
        rewrite=rewrite,
    )


def _toml() -> Format:
    import tomllib

    import tomlkit

    from .rewrite_toml import rewrite

    def dumps(value: Mapping[str, object], **kwargs: bool) -> str:
        return tomlkit.dumps(value, **kwargs) or "\n"  # an empty file would look like a cut one

    def loads(text: str, **kwargs: Callable[[str], object]) -> object:
        if not text:
            raise ValueError("the file is empty")
        return tomllib.loads(text, **kwargs)

    return Format(
        "TOML",
        dumps=dumps,
        loads=loads,
        is_binary=False,
        has_null=False,
        types=(datetime, date, time),
        rewrite=rewrite,
    )


def _bson() -> Format:
    bson = importlib.import_module("bson")
    if hasattr(bson, "decode"):  # pymongo's
        return Format("BSON", dumps=bson.encode, loads=bson.decode, types=(datetime, bytes))
    return Format("BSON", dumps=bson.dumps, loads=bson.loads, types=(datetime, bytes))


# What most stores use; it keeps nothing of a file, so that they can share it.
PLAIN_JSON = _json()
NAMES: dict[str, Callable[[], Format]] = {
    "json": _json,
    "yaml": _yaml,
    "toml": _toml,
    "msgpack": _msgpack,
    "bson": _bson,
    "pickle": _pickle,
}
# What to install for the ones whose package is missing.
PACKAGES = {"bson": "outlive[bson]", "yaml": "PyYAML", "toml": "tomlkit", "msgpack": "msgspec"}
