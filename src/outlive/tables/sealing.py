"""A checksum behind what a key of the engine holds, so that damage is noticed before it is used.

It is XXH3 of 64 bits, of the key as well: a block that stands under another key is damage, too. An
Arrow array whose offsets are damaged would end the program.
"""

from __future__ import annotations

from typing import Any

from ..engines import Buffer
from .arrow import xxhash

SIZE = 8  # bytes


def seal(key: bytes, *content: Buffer) -> bytes:
    """The content, in parts, with its checksum behind it."""
    return b"".join((*content, _checksum(key, *content)))


def unseal(key: bytes, value: Any) -> Any:
    """The content of a value, a buffer: a memoryview of it. Raises ValueError if it is damaged."""
    view = memoryview(value).cast("B")  # an Arrow buffer's items are signed
    content, checksum = view[:-SIZE], view[-SIZE:]
    if len(view) < SIZE or checksum != _checksum(key, content):
        raise ValueError("its checksum is wrong")
    return content


def _checksum(key: bytes, *content: Buffer) -> bytes:
    seed = xxhash.xxh3_64_intdigest(key)
    sum = xxhash.xxh3_64(seed=seed)
    for part in content:
        sum.update(part)
    found: bytes = sum.digest()
    return found
