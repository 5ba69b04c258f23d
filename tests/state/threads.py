"""What tests do in other threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def in_threads(count: int, work: Callable[[int], object]) -> None:
    """Run `work(0)` … in so many threads at once; an error of one is raised."""
    errors: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@contextmanager
def meanwhile(work: Callable[[], Iterator[None]]) -> Iterator[None]:
    """In the block, another thread stays where `work` yields; after it, that goes on to its end."""
    inside, done = threading.Event(), threading.Event()

    def run() -> None:
        for _ in work():
            inside.set()
            done.wait(30)

    thread = threading.Thread(target=run)
    thread.start()
    assert inside.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()
