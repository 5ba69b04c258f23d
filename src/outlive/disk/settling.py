"""Wait until nobody seems to be writing a file any more.

An editor that writes in place empties the file first, and writes then. What is seen in between is
no edit, and to take it for one would be to take all that is missing for deleted.
"""

from __future__ import annotations

import time

from . import atomic
from .fs import FileSystem
from .replacement import Replacement

_SETTLED = 30_000_000  # ns since the last write, after which whoever wrote is done
_PAUSE = 0.01  # seconds
_MOST_PAUSES = 200


def settled(path: str, fs: FileSystem) -> bytes | None:
    """What the file holds once it has settled, None if there is none."""
    for _ in range(_MOST_PAUSES):
        before = atomic.mark(path, fs)
        if before is None or time.time_ns() - before[2] > _SETTLED:
            break
        time.sleep(_PAUSE)
    content = atomic.read(path, fs)
    return None if content is None else content.data


def late(new: Replacement) -> bytes | None:
    """What somebody wrote into the old file in the moment in which it was replaced, or None."""
    if new.late_content() is None:
        return None
    time.sleep(_SETTLED / 1e9)
    return new.late_content()
