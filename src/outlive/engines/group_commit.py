"""Group commit: writers that arrive together share one flush.

As in LevelDB's writer queue: the first who comes leads, and commits for all who came until then;
those who come in the meantime wait, and one of them leads next. It waits a moment for
those who came together the last time. There is no helper thread that
could die, and one writer alone finds nobody to wait for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ..errors import LockedError

W = TypeVar("W")
_PATIENCE = 0.0003  # seconds: about what one flush takes
_TRIES = (None,) * 9  # that may come while one writer hands over to the next


class Request(Generic[W]):
    """What one writer wants committed: `work`; afterwards it has a `result` or an `error`."""

    __slots__ = ("error", "result", "turn", "work")

    def __init__(self, work: W) -> None:
        self.work = work
        self.result: int | None = None
        self.error: Exception | None = None
        self.turn: threading.Lock | None = None  # held until it is done, or leads

    @property
    def is_done(self) -> bool:
        """Whether the outcome is known."""
        return self.result is not None or self.error is not None


class GroupCommit(Generic[W]):
    """The queue of those who wait; `commit` gives all of them their outcome at once.

    `commit` is called by one thread at a time. It sets `result` or `error` of each request; one
    that it leaves without, because an exception such as KeyboardInterrupt cut it short, was not
    committed and is tried again by the next leader. So no writer pays for another's Ctrl-C.
    """

    def __init__(self, name: str, commit: Callable[[Sequence[Request[W]]], None]) -> None:
        self._name = name
        self._commit = commit
        self._mutex = threading.Lock()
        self._waiting: list[Request[W]] = []
        self._led: list[Request[W]] = []  # those for whom the leader commits
        self._leader: Request[W] | None = None
        self._threads: set[int] = set()  # those that are in `run`
        self._expected = 1  # how many came together the last time

    def run(self, work: W) -> int:  # noqa: C901, PLR0912  # see the two comments in it
        """Commit `work`, alone or with others; returns its result or raises its error.

        Raises LockedError where a signal handler or a destructor comes in between this thread's own
        commit, which it would wait for in vain.
        """
        request = Request(work)
        thread = threading.get_ident()
        if thread in self._threads:
            raise LockedError(
                f"{self._name}: this thread is in the middle of a commit. Let signal handlers and "
                "destructors leave writing to the program",
                os.getpid(),
            )
        try:
            self._threads.add(thread)
            try:
                # Few frames here and below: after a flush the processor's caches hold other things,
                # and each costs ten times what it does otherwise.
                with self._mutex:
                    if self._leader is None:
                        self._leader = request
                    else:
                        request.turn = threading.Lock()
                        request.turn.acquire()
                    self._waiting.append(request)
                if request.turn is not None:
                    request.turn.acquire()
                if request.result is None and request.error is None:
                    if self._expected > 1:
                        self._let_them_come()
                    with self._mutex:
                        self._led, self._waiting = self._waiting, []
                    self._expected = len(self._led)
                    self._commit(self._led)
            finally:
                # Whatever happened: a signal in here must not leave the others waiting. It can come
                # with any call, also as that begins; so up to the `try` there is none.
                if self._leader is request or (request.result is None and request.error is None):
                    interrupt: BaseException | None = None
                    for _ in _TRIES:
                        try:
                            self._hand_over(request)
                            break
                        except BaseException as error:  # noqa: BLE001  # what a signal handler raises
                            interrupt = error
                    if interrupt is not None:
                        raise interrupt
        finally:
            self._threads.discard(thread)
        if request.error is not None:
            raise request.error
        assert request.result is not None  # noqa: S101  # one or the other is set
        return request.result

    def _let_them_come(self) -> None:
        """Wait a moment for those who came together the last time, and have just been let go.

        Else the first of them would flush for itself alone, while all others wait for the next.
        """
        deadline = time.perf_counter() + _PATIENCE
        while len(self._waiting) < self._expected and time.perf_counter() < deadline:
            time.sleep(0)  # lets them have the interpreter

    def _hand_over(self, request: Request[W]) -> None:
        """Can be begun again at any point."""
        with self._mutex:
            if not request.is_done:  # nobody waits for its outcome any more
                request.error = InterruptedError("a signal came before the commit")
            if request in self._waiting:
                self._waiting.remove(request)
            if self._leader is request:
                if self._led != [request]:
                    self._wake_led()
                self._leader = self._waiting[0] if self._waiting else None
                self._led = []  # and with it what they wrote
            if self._leader is not None:
                _wake(self._leader)

    def _wake_led(self) -> None:
        again = [led for led in self._led if not led.is_done and led not in self._waiting]
        self._waiting[:0] = again
        for led in self._led:
            if led.is_done:
                _wake(led)


def _wake(request: Request[W]) -> None:
    if request.turn is not None and request.turn.locked():
        request.turn.release()
