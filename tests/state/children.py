"""Forked children of a test: what they give, and those that are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable


def in_child(act: Callable[[], object]) -> list[str]:
    """What `act` in a forked child gives: its result, or the error; never waits for ever."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            try:
                text = repr(act())
            except BaseException as error:  # noqa: BLE001  # the parent is told
                text = f"{type(error).__name__}\n{error}"
            os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    assert os.waitpid(pid, 0)[1] == 0, "the child hung"
    return text.split("\n")


def kill() -> None:
    """End this process without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def was_killed(body: Callable[[], object]) -> bool:
    """Run `body` in a forked child; whether it was killed, or came to its end."""
    pid = os.fork()
    if not pid:
        try:
            warnings.simplefilter("error")
            body()
        except BaseException:  # noqa: BLE001  # the parent sees the exit code, a person the text
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the child failed"
    return os.WIFSIGNALED(status)


def in_a_killed_process(body: Callable[[], object]) -> None:
    """Run `body` in a process that is then killed."""

    def killed() -> None:
        body()
        kill()

    assert was_killed(killed)
