"""Bytes to value and value to bytes, in any format.

By name or extension: json, yaml, toml, msgpack, bson, pickle. Else any module, object or class
with `dump`/`load` (given a file) or `dumps`/`loads` (given str or bytes).
"""

from .custom import AbstractFormatBstr, AbstractFormatFile, FormatLike, HasDumps
from .format import Format
from .resolve import resolve

__all__ = [
    "AbstractFormatBstr",
    "AbstractFormatFile",
    "Format",
    "FormatLike",
    "HasDumps",
    "resolve",
]
