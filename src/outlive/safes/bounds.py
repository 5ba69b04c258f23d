"""Which keys `keys()`, `values()` and `items()` mean."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import FormatError
from ..formats.keys import prefix_range
from .header import DATA_END
from .missing import MISSING
from .values import Codec


class Bounds(NamedTuple):
    """Packed keys from `start` on and before `stop`, forwards or backwards."""

    start: bytes
    stop: bytes
    reverse: bool

    def hold(self, packed: bytes) -> bool:
        """Whether a key is within."""
        return self.start <= packed < self.stop


ALL = Bounds(b"", DATA_END, False)


def bounds(codec: Codec, prefix: object, start: object, stop: object, reverse: bool) -> Bounds:
    """What the arguments mean; where several are given, the keys that all of them allow."""
    first, end = ALL.start, ALL.stop
    if prefix is not MISSING:
        try:
            first, end = prefix_range(prefix)
        except FormatError as error:
            raise codec.no_key(error) from error
    if start is not MISSING:
        first = max(first, codec.pack(start))
    if stop is not MISSING:
        end = min(end, codec.pack(stop))
    return Bounds(first, max(first, end), bool(reverse))
