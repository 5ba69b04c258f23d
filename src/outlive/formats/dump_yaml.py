"""A plain value as YAML that people like to read and edit, written fast.

The same style as PyYAML's, so that a file which PersistedState wrote does not change its face:
blocks, lists at the column of their key, two blanks further in per level. A string stands bare
where no reader of YAML could take it for something else, as a block where it has lines, and in
double quotes otherwise.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from json.encoder import encode_basestring
from math import isinf, isnan
from typing import Any


def _bare(first: str, word: str) -> re.Pattern[str]:
    """Text that needs no quotes.

    What begins with a letter can be no number, date or mark of YAML, and what has no colon before
    a blank, no blank at its end, no `#` and no brackets ends nowhere but at its end.
    """
    inner = rf"""[{word} ,;.!?'"()=+/@$%&~*^<>|-]*+"""
    return re.compile(rf"(?:{first}) {inner} (?: :(?=[\w/]) {inner} )*+ (?<!\ )", re.VERBOSE)


# Readers of YAML 1.1 or 1.2 take these for a boolean or for nothing.
_NO_WORD = r"(?! (?i: y|n|yes|no|on|off|true|false|null) \Z )"
_LONGEST_WORD = 5
_IS_BARE = _bare(
    rf"[A-EG-MP-SU-XZa-eg-mp-su-xz_] | {_NO_WORD} [FNOTYfnoty] | /(?=\w)", "A-Za-z0-9_"
).fullmatch
# The same with the letters of all scripts, which takes twice as long.
_IS_WORDS = _bare(rf"{_NO_WORD} [^\W\d]", r"\w").fullmatch
# What readers of YAML 1.1 do not take as it is: control characters, other line ends, byte-order
# marks. JSON escapes those below the blank.
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# What a literal block cannot hold, or only until an editor strips trailing blanks.
_NO_BLOCK = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[ \t]$|\\A[ \t\n]|\n\n\\Z", re.M
).search
_LONGEST_KEY = 120  # a longer one stands on a line of its own; libyaml takes up to 1024 bytes
# Python converts so many digits and back whatever limit is set for longer ones; beyond: base 16.
_LARGEST = 10**640
_MINUTE = timedelta(minutes=1)


def dump(value: Mapping[Any, Any], *, sort_keys: bool = False) -> bytes:
    """`value` as one YAML document, UTF-8, ending with a line break.

    Takes subclasses of dict and list for what they are. Raises TypeError for a value or a key of
    a type that YAML has no word for.

    >>> dump({"name": "web", "tags": ["a", "no"]})
    b'name: web\\ntags:\\n- a\\n- "no"\\n'
    """
    if not value:
        return b"{}\n"
    writer = _Writer(sort_keys)
    writer.mapping(value, "", "")
    return "".join(writer.parts).encode()


class _Writer:
    """Collects the lines of a document.

    `indent` is what begins each line of a container, `lead` what begins its first line: the dash
    of the list that it is in may stand there.
    """

    def __init__(self, sort_keys: bool) -> None:
        self.parts: list[str] = []
        self.sort_keys = sort_keys
        self.heads: dict[str, str] = {}

    def mapping(self, value: Mapping[Any, Any], indent: str, lead: str) -> None:
        write, heads = self.parts.append, self.heads
        for key, item in self.sorted(value) if self.sort_keys else value.items():
            head = heads.get(key) if type(key) is str else None
            if head is None:
                head = self.head(key, indent)
            kind = type(item)
            if kind is str and _IS_BARE(item):
                write(f"{lead}{head} {item}\n")
            elif (text := _SCALARS.get(kind)) is not None:
                write(f"{lead}{head} {text(item, indent)}\n")
            elif isinstance(item, dict) and item:
                write(f"{lead}{head}\n")
                further = indent + "  "
                self.mapping(item, further, further)
            elif isinstance(item, list) and item:
                write(f"{lead}{head}\n")
                self.sequence(item, indent, indent)
            else:
                write(f"{lead}{head} {_empty(item)}\n")
            lead = indent

    def sequence(self, value: list[Any], indent: str, lead: str) -> None:
        write, further = self.parts.append, indent + "  "
        for item in value:
            kind = type(item)
            if kind is str and _IS_BARE(item):
                write(f"{lead}- {item}\n")
            elif (text := _SCALARS.get(kind)) is not None:
                write(f"{lead}- {text(item, indent)}\n")
            elif isinstance(item, dict) and item:
                self.mapping(item, further, lead + "- ")
            elif isinstance(item, list) and item:
                self.sequence(item, further, lead + "- ")
            else:
                write(f"{lead}- {_empty(item)}\n")
            lead = indent

    def sorted(self, value: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
        """The items by key; as they are where the keys have no order, as PyYAML does it."""
        try:
            return [(key, value[key]) for key in sorted(value)]
        except TypeError:
            return list(value.items())

    def head(self, key: object, indent: str) -> str:
        """A key with its colon."""
        if isinstance(key, str):
            is_name = len(key) > _LONGEST_WORD and key.isidentifier()  # faster than the pattern
            text = key if is_name or _IS_BARE(key) or _IS_WORDS(key) else _quoted(key)
            if len(text) <= _LONGEST_KEY:
                self.heads[key] = text = text + ":"
                return text
        elif (write := _SCALARS.get(type(key))) is None or isinstance(key, bytes):
            raise TypeError(f"a key of type {type(key).__name__}")
        elif len(text := write(key, indent)) <= _LONGEST_KEY:
            return text + ":"
        return f"? {text}\n{indent}:"


def _quoted(text: str) -> str:
    quoted = encode_basestring(text)
    if text.isascii() and "\x7f" not in text:
        return quoted
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _str(text: str, indent: str) -> str:
    if _IS_BARE(text) or _IS_WORDS(text):
        return text
    if "\n" not in text[:-1] or _NO_BLOCK(text):
        return _quoted(text)
    lines = text.removesuffix("\n").split("\n")
    header = "|" if text.endswith("\n") else "|-"
    return "\n".join([header, *(f"{indent}  {line}" if line else "" for line in lines)])


def integer(number: int, _: str = "") -> str:
    """A number of any size, in base 16 where Python would refuse to read base 10."""
    return repr(number) if -_LARGEST < number < _LARGEST else hex(number)


def _float(number: float, _: str) -> str:
    if isnan(number):
        return ".nan"
    if isinf(number):
        return ".inf" if number > 0 else "-.inf"
    text = repr(number)
    if "e" in text and "." not in text:  # YAML 1.1 takes `1e+16` for a string
        return text.replace("e", ".0e")
    return text


def timestamp(moment: datetime, _: str = "") -> str:
    """A moment as YAML knows it, equal to `moment`."""
    offset = moment.utcoffset()
    if offset is not None and (rest := offset % _MINUTE):
        # YAML has no seconds in an offset: the same moment, as seen from a full minute.
        rest -= _MINUTE if offset < timedelta(0) else timedelta(0)
        zone = timezone(offset - rest)
        moment = (moment.replace(tzinfo=None) - rest).replace(tzinfo=zone)
    return moment.isoformat(" ")


_SCALARS: dict[type, Callable[..., str]] = {
    str: _str,
    int: integer,
    float: _float,
    bool: lambda value, _: "true" if value else "false",
    type(None): lambda _value, _: "null",
    datetime: timestamp,
    date: lambda day, _: day.isoformat(),
    bytes: lambda data, _: f'!!binary "{b64encode(data).decode()}"',
}


def _empty(value: object) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    raise TypeError(f"a value of type {type(value).__name__}")
