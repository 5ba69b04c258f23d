"""A block of changes that are kept together or not at all."""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .recorder import Recorder


class Transaction:
    """The block.

    A class, because a block that is a generator can be left open by a Ctrl-C in the moment in which
    it is entered. What it holds is a generator, because that ends by itself if a Ctrl-C comes in
    the moment in which the block is left.
    """

    __slots__ = ("_depth", "_hold", "_recorder")

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        self._hold = _hold(self._recorder)
        try:
            self._depth = next(self._hold)
        except BaseException:
            self._hold.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # In a process that was forked within the block there is nothing to keep.
            if error is None and self._depth < len(self._recorder.levels):
                self._recorder.end(self._depth)
        finally:
            self._hold.close()


def _hold(recorder: Recorder) -> Generator[int, None, None]:
    """Hold the lock and a transaction; undo what is not ended."""
    with recorder.lock:
        depth = recorder.begin()
        try:
            yield depth
        finally:
            recorder.abandon(depth)
