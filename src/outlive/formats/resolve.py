"""What `format=` means: a name, an extension, a module, an object or a class."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from types import ModuleType

from ..errors import FormatError
from .custom import FormatLike
from .format import Format
from .named import NAMES, PACKAGES, PLAIN_JSON

_FUNCTIONS = ("dump", "load", "dumps", "loads")
_RUN_CODE = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib"}
_EXTENSIONS = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".msgpack": "msgpack",
    ".bson": "bson",
    ".pickle": "pickle",
    ".pkl": "pickle",
}
# Modules whose own functions need arguments, or cannot write, are taken by what they stand for.
_MODULES = {
    "json": "json",
    "pickle": "pickle",
    "yaml": "yaml",
    "bson": "bson",
    "tomlkit": "toml",
    "tomllib": "toml",
}


def resolve(
    format: FormatLike | None,
    path: str,
    *,
    is_binary: bool | None = None,
    load_kwargs: Mapping[str, object] | None = None,
    dump_kwargs: Mapping[str, object] | None = None,
) -> Format:
    """The format that `format` means, or the one of the path's extension where it is None.

    Raises FormatError for what is no format, or one that is not installed.
    """
    # What most stores use is not made anew for each: opening one costs no more than json.load.
    plain = is_binary is None and not load_kwargs and not dump_kwargs
    if plain and format is None and path.endswith(".json"):
        return PLAIN_JSON
    if format is None:
        format = _EXTENSIONS.get(os.path.splitext(path)[1].lower(), "json")
    if isinstance(format, ModuleType):
        format = _MODULES.get(format.__name__, format)
    found = _named(format, path) if isinstance(format, str) else _given(format, path)
    found.is_binary = found.is_binary if is_binary is None else is_binary
    try:
        found.load_kwargs = dict(load_kwargs or {})
        found.dump_kwargs = dict(dump_kwargs or {})
    except (TypeError, ValueError) as error:
        raise FormatError(f"{path}: load_kwargs and dump_kwargs are dicts: {error}") from error
    found.always_loads = found.always_loads and not (load_kwargs or dump_kwargs)
    return found


def _named(name: str, path: str) -> Format:
    try:
        make = NAMES[name.lower()]
    except KeyError:
        known = ", ".join(sorted(NAMES))
        raise FormatError(f"{path}: format {name!r} is unknown; choose one of {known}") from None
    try:
        return make()
    except ImportError as error:
        install = PACKAGES.get(name.lower(), name)
        raise FormatError(
            f"{path}: format {name!r} is not installed: python -m pip install '{install}'"
        ) from error


def _given(given: object, path: str) -> Format:
    """A format from an object or a class that has the functions of one."""
    if isinstance(given, type) and _has_methods(given):
        try:
            given = given()  # its functions are methods
        except TypeError as error:
            raise FormatError(
                f"{path}: the format {given!r} has to be made: pass an instance: {error}"
            ) from error
    name = getattr(given, "__name__", type(given).__name__)
    dump, load, dumps, loads = (getattr(given, function, None) for function in _FUNCTIONS)
    runs_code = name.partition(".")[0] in _RUN_CODE
    if callable(dump) and callable(load):
        found = Format(name, dumps=dump, loads=load, runs_code=runs_code)
        # The kind of file is decided when it is made: `is_binary` may still change.
        found.dumps = lambda value, **kwargs: _dump_to_file(dump, value, found.is_binary, kwargs)
        found.loads = lambda data, **kwargs: load(_file(data), **kwargs)
        return found
    if callable(dumps) and callable(loads):
        return Format(name, dumps=dumps, loads=loads, runs_code=runs_code)
    raise FormatError(
        f"{path}: {given!r} is no format; pass a name ({', '.join(sorted(NAMES))}) or an object "
        "with dump and load, or with dumps and loads"
    )


def _has_methods(given: type) -> bool:
    import inspect  # slow to load, and few formats are classes

    return any(inspect.isfunction(inspect.getattr_static(given, name, None)) for name in _FUNCTIONS)


def _file(data: str | bytes) -> io.StringIO | io.BytesIO:
    return io.StringIO(data) if isinstance(data, str) else io.BytesIO(data)


def _dump_to_file(
    dump: Callable[..., object], value: object, is_binary: bool, kwargs: Mapping[str, object]
) -> str | bytes:
    file = io.BytesIO() if is_binary else io.StringIO()
    dump(value, file, **kwargs)
    return file.getvalue()
