"""The bytes of a Metakit file, with those that an aside file puts in their place."""

from __future__ import annotations

from threading import Lock
from typing import NoReturn

from ...errors import CorruptError
from .aside import Aside

ROOT = 0  # what stands for the root walk among the positions of walks: no column can stand there


class Source:
    """Gives the bytes of columns, and sees to it that no two columns share theirs.

    In a good file they never do. In a damaged one a subview can hold itself, or ten subviews the
    same ten, and those ten others; one would never come to an end of it.
    """

    def __init__(
        self,
        data: memoryview,
        name: str,
        *,
        is_little: bool,
        encoding: str,
        aside: Aside | None = None,
        most: int,
    ) -> None:
        self._data = data  # from the base of the data set on
        self.name = name
        self.is_little = is_little
        self.encoding = encoding
        self._aside = aside
        self.most = most  # bytes that all columns can have
        self._lock = Lock()
        self._owners: dict[int, tuple[int, int]] = {}
        self._total = 0

    def fetch(self, size: int, position: int) -> memoryview:
        """The bytes of a column. ValueError if they cannot be."""
        if not 0 <= size <= self.most:
            raise ValueError(f"{size} bytes are more than the file has")
        if size == 0:
            return memoryview(b"")
        if position < 0 and self._aside is not None:
            return memoryview(self._aside.content(~position, size, self.most, self._original))
        if position <= 0 or position + size > len(self._data):
            raise ValueError(f"{size} bytes at {position} are not within the file")
        return self._data[position : position + size]

    def _original(self, position: int, size: int) -> memoryview:
        return self._data[position : position + size]

    def claim(self, position: int, owner: tuple[int, int], total: int) -> None:
        """Note that what names `total` bytes of other columns stands at `position`.

        `owner` is the location that led there. ValueError if another did before, or if the columns
        together have more bytes than the file.
        """
        with self._lock:
            if position in self._owners:
                if self._owners[position] != owner:
                    raise ValueError("another column has the same bytes")
                return
            if self._total + total > self.most:
                raise ValueError("its columns have more bytes than the file")
            self._total += total
            self._owners[position] = owner

    def fail(self, where: str, why: object) -> NoReturn:
        """Raise the CorruptError that says where the file is damaged."""
        raise CorruptError(
            f"{self.name} is damaged: {where}: {why}. Put a good copy in its place"
        ) from (why if isinstance(why, Exception) else None)
