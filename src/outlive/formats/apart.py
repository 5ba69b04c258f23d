"""Try whether bytes can be read, in a child process: what is in them may end it, or eat memory.

A damaged pickle can ask for all the memory there is; what a pickle names may crash. So the child
does what the program would do, and its end is an answer, too.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_TOGETHER = 5000  # items that one child tries
_HEAVY = 1 << 26  # bytes of them
_PATIENCE = 120.0  # seconds for one item
_MEMORY = 4 << 30  # bytes that a child may take beside what is there, and a hundred times the items
_PLACE = Struct("q")  # the item that the child is at


class Trouble(NamedTuple):
    """Why something could not be read."""

    is_damage: bool  # not, if it can be read elsewhere: a class is not importable here
    why: str


def tried(
    items: Iterable[tuple[T, bytes]], attempt: Callable[[T, bytes], Trouble | None]
) -> Iterator[tuple[T, Trouble]]:
    """The items that `attempt` has trouble with: it says so, or it ends the process.

    Where there is no fork, in this process.
    """
    for batch in _batches(items):
        if not hasattr(os, "fork"):
            for item, data in batch:
                trouble = attempt(item, data)
                if trouble is not None:
                    yield item, trouble
            continue
        at = 0
        while at < len(batch):
            for number, trouble in (found := _Child(batch, at, attempt)).troubles():
                yield batch[number][0], trouble
            at = found.reached


def _batches(items: Iterable[tuple[T, bytes]]) -> Iterator[list[tuple[T, bytes]]]:
    batch: list[tuple[T, bytes]] = []
    size = 0
    for each in items:
        batch.append(each)
        size += len(each[1])
        if len(batch) == _TOGETHER or size > _HEAVY:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Child:
    """A forked child that tries the items of a batch from one on."""

    def __init__(
        self,
        batch: Sequence[tuple[T, bytes]],
        start: int,
        attempt: Callable[[T, bytes], Trouble | None],
    ) -> None:
        self.reached = start  # the first item that was not tried
        if sys.platform == "win32":  # where there is no fork, it is not used
            raise NotImplementedError
        self._place = mmap.mmap(-1, _PLACE.size)
        _PLACE.pack_into(self._place, 0, start)
        self._pipe, theirs = os.pipe()
        with warnings.catch_warnings():
            # Other threads may hold locks; the child only decodes, and is killed if it hangs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if not self._pid:
            _work(batch, start, attempt, self._place, theirs)
        os.close(theirs)
        self._end = len(batch)

    def troubles(self) -> Iterator[tuple[int, Trouble]]:
        """The items that could not be read, by number."""
        if sys.platform == "win32":  # where there is no fork, it is not used
            raise NotImplementedError
        try:
            text, is_stuck = self._heard()
        except BaseException:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            raise
        finally:
            os.close(self._pipe)
        status = os.waitpid(self._pid, 0)[1]
        for line in text.splitlines():
            number, is_damage, why = json.loads(line)
            yield number, Trouble(is_damage, why)
        self.reached = self._end
        at = _PLACE.unpack_from(self._place)[0]
        if at < self._end:
            yield at, Trouble(True, _ended(status, is_stuck))
            self.reached = at + 1

    def _heard(self) -> tuple[bytes, bool]:
        """What the child wrote until its end, and whether it had to be ended."""
        if sys.platform == "win32":  # where there is no fork, it is not used
            raise NotImplementedError
        parts: list[bytes] = []
        before = -1
        while True:
            if not select.select([self._pipe], [], [], _PATIENCE)[0]:
                at = _PLACE.unpack_from(self._place)[0]
                if at == before:
                    os.kill(self._pid, signal.SIGKILL)
                    return b"".join(parts), True
                before = at
                continue
            part = os.read(self._pipe, 1 << 16)
            if not part:
                return b"".join(parts), False
            parts.append(part)


def _ended(status: int, is_stuck: bool) -> str:
    if sys.platform == "win32":
        raise NotImplementedError
    if is_stuck:
        return f"to read it takes more than {_PATIENCE:g} s"
    if os.WIFSIGNALED(status):
        return f"to read it ends the process: {signal.Signals(os.WTERMSIG(status)).name}"
    return f"to read it ends the process, with {os.waitstatus_to_exitcode(status)}"


def _work(
    batch: Sequence[tuple[T, bytes]],
    start: int,
    attempt: Callable[[T, bytes], Trouble | None],
    place: mmap.mmap,
    pipe: int,
) -> None:
    """Be the child; does not return."""
    code = 1
    try:
        _limit(sum(len(data) for _, data in batch))
        for number in range(start, len(batch)):
            _PLACE.pack_into(place, 0, number)
            try:
                trouble = attempt(*batch[number])
            except MemoryError:
                trouble = Trouble(True, "to read it takes more memory than there is")
            if trouble is not None:
                line = json.dumps([number, trouble.is_damage, trouble.why]).encode() + b"\n"
                while line:
                    line = line[os.write(pipe, line) :]
        _PLACE.pack_into(place, 0, len(batch))
        code = 0
    finally:
        os._exit(code)


def _limit(size: int) -> None:
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", "rb") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        most, hard = now + _MEMORY + 100 * size, resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
