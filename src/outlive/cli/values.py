"""Values as text and back.

JSON is what is shown and what is read. What JSON cannot hold is an object with one key that begins
with ``$``; so nothing loses its type, and a value that looks like one of these is told from it:

====================  ==========================================================
``{"$bytes": "aGk="}``     bytes, as base64
``{"$date": "2026-11-21"}``, ``$datetime``, ``$time``   as ISO 8601 has them
``{"$timedelta": [1, 0, 0]}``   days, seconds, microseconds
``{"$float": "nan"}``      also inf and -inf
``{"$decimal": "1.0"}``, ``{"$uuid": "…"}``, ``{"$complex": [1.0, 2.0]}``
``{"$tuple": […]}``, ``{"$set": […]}``, ``{"$frozenset": […]}``
``{"$dict": [[key, value], …]}``   a dict whose keys are not all text, or that looks like these
``{"$object": "…"}``       any other object: what Python says of it; it can be shown, not set
====================  ==========================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from ..errors import FormatError

Type = Literal["json", "yaml", "text"]
TYPES: tuple[Type, ...] = ("json", "yaml", "text")
_PLAIN = (str, int, bool, type(None))
# What is plain to read without its type; the others, and all within a list or dict, keep it.
_WORDS = ("$date", "$datetime", "$time", "$decimal", "$uuid", "$float", "$object")


def to_plain(value: object) -> Any:
    """`value` in what JSON can hold; `from_plain` is its other direction.

    >>> to_plain({"at": (1, b"hi")})
    {'at': {'$tuple': [1, {'$bytes': 'aGk='}]}}
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, float):
        is_finite = value - value == 0
        return float(value) if is_finite else {"$float": repr(float(value))}
    if isinstance(value, Mapping):
        return _plain_dict(value)
    if isinstance(value, list):
        return [to_plain(each) for each in value]
    if type(value) in (tuple, set, frozenset):
        return {f"${type(value).__name__}": _plain_list(value)}  # type: ignore[arg-type]  # as seen
    return _plain_scalar(value)


def _plain_list(value: Sequence[object] | Set[object]) -> list[Any]:
    plain = [to_plain(each) for each in value]
    if isinstance(value, Set):
        plain.sort(key=json.dumps)  # the same each time
    return plain


def _plain_dict(value: Mapping[Any, Any]) -> Any:
    looks_special = len(value) == 1 and str(next(iter(value))).startswith("$")
    if looks_special or any(type(key) is not str for key in value):
        return {"$dict": [[to_plain(key), to_plain(each)] for key, each in value.items()]}
    return {key: to_plain(each) for key, each in value.items()}


def _plain_scalar(value: Any) -> Any:
    kind = type(value)
    if kind in (bytes, bytearray, memoryview):
        from base64 import b64encode

        return {"$bytes": b64encode(value).decode()}
    if kind in (date, datetime, time):
        return {f"${kind.__name__}": value.isoformat()}
    if kind is timedelta:
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is complex:
        return {"$complex": [value.real, value.imag]}
    if f"{kind.__module__}.{kind.__name__}" in ("decimal.Decimal", "uuid.UUID"):
        return {f"${kind.__name__.lower()}": str(value)}
    return {"$object": repr(value)}


def _decimal(text: Any) -> object:
    from decimal import Decimal

    return Decimal(text)


def _uuid(text: Any) -> object:
    from uuid import UUID

    return UUID(text)


def _bytes(text: Any) -> bytes:
    from base64 import b64decode

    return b64decode(text, validate=True)


def _object(text: Any) -> object:
    raise ValueError(f"an object cannot be made from what Python says of it ({text!r:.80})")


_MAKE: dict[str, Callable[[Any], object]] = {
    "$bytes": _bytes,
    "$complex": lambda parts: complex(*parts),
    "$date": date.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$decimal": _decimal,
    "$dict": lambda items: {from_plain(key): from_plain(value) for key, value in items},
    "$float": float,
    "$frozenset": lambda items: frozenset(map(from_plain, items)),
    "$object": _object,
    "$set": lambda items: set(map(from_plain, items)),
    "$time": time.fromisoformat,
    "$timedelta": lambda parts: timedelta(*parts),
    "$tuple": lambda items: tuple(map(from_plain, items)),
    "$uuid": _uuid,
}


def from_plain(value: Any) -> Any:
    """The value that `to_plain` made plain. Raises FormatError for an unknown ``$`` form."""
    if isinstance(value, list):
        return [from_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    name = next(iter(value)) if len(value) == 1 else ""
    if not (isinstance(name, str) and name.startswith("$")):
        return {key: from_plain(each) for key, each in value.items()}
    make = _MAKE.get(name)
    if make is None:
        known = ", ".join(sorted(_MAKE))
        raise FormatError(
            f'{{"{name}": …}} is no value: there are {known}; a dict with that key is '
            f'{{"$dict": [["{name}", …]]}}'
        )
    try:
        return make(value[name])
    except FormatError:
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        raise FormatError(f'{{"{name}": …}} cannot be read: {error}') from error


def as_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON, in one line or indented."""
    try:
        text = json.dumps(to_plain(value), ensure_ascii=False, indent=indent)
    except RecursionError:
        raise FormatError(
            "the value is nested too deep, or holds itself; read it in Python"
        ) from None
    # Half a pair of surrogates, which Python's str can hold, has no UTF-8.
    return text if is_printable(text) else json.dumps(to_plain(value), indent=indent)


def is_printable(text: str) -> bool:
    """Whether UTF-8 has all of the text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_plain(value: object) -> bool:
    """Whether JSON holds the value as it is.

    >>> is_plain({"a": [1]}), is_plain({"a": (1,)})
    (True, False)
    """
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    return type(value) in _PLAIN or isinstance(value, float)


def check_kept(new: object, kept: object, where: str) -> None:
    """Raise FormatError if `kept`, as a file gives it back, is not of the types of `new`."""
    if as_json(new) != as_json(kept):
        raise FormatError(
            f"{where}: {as_json(new):.200} would be kept as {as_json(kept):.200}; give it as that, "
            "or keep it in a store that holds its type"
        )


def as_text(value: object) -> str:
    """`value` as it is printed into a pipe: a text as it is, all else as JSON.

    Dates and numbers that JSON has not are written plainly, too: `--json` tells their types.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, (Mapping, list, tuple, Set)):
        plain = to_plain(value)
        if isinstance(plain, dict):
            ((name, content),) = plain.items()
            if name in _WORDS:
                return str(content)
    return as_json(value)


def read(text: str, type: Type = "json") -> Any:
    """The value that `text` stands for. Raises FormatError, which says how to write it."""
    if type == "text":
        return text
    return _read_json(text) if type == "json" else _read_yaml(text)


def _read_json(text: str) -> Any:
    try:
        plain = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise FormatError("the value is nested too deep") from None
    except FormatError:
        raise
    except ValueError as error:
        short = text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  # fits in a line
        raise FormatError(
            f"{short!r} is no JSON ({error}); a text is --type text, or quoted: "
            f"'{json.dumps(short, ensure_ascii=False)}'"
        ) from None
    return from_plain(plain)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FormatError(f"the key {twice!r} stands twice in one object; take one away")
    return made


def _refuse_constant(text: str) -> Any:
    name = text.lower().replace("infinity", "inf")
    raise FormatError(f'{text} is no JSON; write {{"$float": "{name}"}}')


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise FormatError(
            f"{text:.40} is more than a float holds; give it as a text, or write "
            '{"$float": "inf"}'
        )
    return number


def _read_yaml(text: str) -> Any:
    from . import shown  # with yaml, which is slow to load

    try:
        return shown.read(text)
    except FormatError as error:
        raise FormatError(f"the value is no YAML: {error}") from None
