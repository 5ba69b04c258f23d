"""A block of changes that are kept together or not at all."""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import LockedError

if TYPE_CHECKING:
    from .recorder import Level, Recorder


class Transaction:
    """The block.

    A class, because a block that is a generator can be left open by a Ctrl-C in the moment in which
    it is entered. What it holds is a generator, because that ends by itself if a Ctrl-C comes in
    the moment in which the block is left.
    """

    __slots__ = ("_hold", "_level", "_recorder")

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._hold: Generator[Level, None, None] | None = None

    def __enter__(self) -> None:
        if self._hold is not None:
            raise LockedError(
                f"{self._recorder.path}: this transaction is entered already; make another one "
                "with transaction()"
            )
        self._hold = _hold(self._recorder)
        try:
            self._level = next(self._hold)
        except BaseException:
            self._leave()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._recorder.end(self._level)
        finally:
            self._leave()

    def _leave(self) -> None:
        hold, self._hold = self._hold, None
        if hold is not None:
            hold.close()


def _hold(recorder: Recorder) -> Generator[Level, None, None]:
    """Hold the lock and a transaction; undo what is not ended."""
    with recorder.lock:
        level = recorder.begin()
        try:
            yield level
        finally:
            level.is_left = True
            recorder.abandon(level)
