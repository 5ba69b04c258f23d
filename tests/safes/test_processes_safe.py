"""Many processes and threads on one safe: nothing is lost, nothing is seen by halves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import outlive
from outlive import Safe

from ..state.threads import in_threads
from .children import Other, add_one, other, program


def others(stack: contextlib.ExitStack, count: int, steps: Any, *arguments: Any) -> list[Other]:
    """So many processes; each is given its number, too."""
    return [stack.enter_context(other(steps, *arguments, number)) for number in range(count)]


def all_next(processes: list[Other]) -> list[Any]:
    """Let all go on at once; what each yielded."""
    for process in processes:
        process.go()
    return [process.got() for process in processes]


def count_in_threads(path: Path, number: int) -> Iterator[None]:
    """Four threads of 30 increments each."""
    with Safe[int, int](path) as safe:

        def work(thread: int) -> None:
            for step in range(30):
                safe.modify((number + thread + step) % 10, add_one, default=0)

        in_threads(4, work)
        yield


def test_32_threads_in_8_processes_count_exactly(tmp_path: Path) -> None:
    """10 counters that all increment at once through `modify` come to the exact sum."""
    path = tmp_path / "a.safe"
    with contextlib.ExitStack() as stack:
        all_next(others(stack, 8, count_in_threads, path))
    with Safe[int, int](path) as safe:
        assert list(safe) == list(range(10))
        assert sum(safe.values()) == 8 * 4 * 30
        assert set(safe.values()) == {96}


def open_and_say(path: Path, number: int) -> Iterator[None]:
    """Open a safe that is not there yet, keep one thing in it at once."""
    with Safe[int, int](path) as safe:
        safe[number] = number * number
        assert safe[number] == number * number
        yield


def open_many(directory: Path, number: int) -> Iterator[None]:
    """Open one new file after the other, each as soon as it is told to."""
    for n in range(15):
        yield from open_and_say(directory / f"{n}.safe", number)


def test_many_openers_of_a_new_file(tmp_path: Path) -> None:
    """Whoever comes first makes the file, and all are in the same one."""
    with contextlib.ExitStack() as stack:
        processes = others(stack, 6, open_many, tmp_path)
        for _ in range(15):
            all_next(processes)
    for number in range(15):
        with Safe[int, int](tmp_path / f"{number}.safe") as safe:
            assert dict(safe) == {n: n * n for n in range(6)}


def update_all(path: Path) -> Iterator[None]:
    """Give 50 keys the same value, again and again, each time in one transaction."""
    with Safe[int, Any](path) as safe:
        yield
        for round_ in range(1, 150):
            pad = "x" * (round_ % 7 * 400)
            safe.update(dict.fromkeys(range(50), (round_, pad)))
        yield


def test_a_reader_beside_a_writing_process_sees_whole_transactions(tmp_path: Path) -> None:
    """Each snapshot, each iteration and each transaction sees one moment; time never goes back."""
    path = tmp_path / "a.safe"
    with other(update_all, path) as writer, Safe[int, Any](path) as safe:
        safe.update(dict.fromkeys(range(50), (0, "")))
        writer.next()
        writer.go()
        moments = [0]
        while writer.is_silent() or moments[-1] < 149:
            with safe.snapshot() as then:
                first = then[0]
                assert [then[key] for key in range(49, -1, -1)] == [first] * 50
                assert set(then.values()) == {first}
            moments.append(first[0])
            values = list(safe.values())
            assert values == [values[0]] * 50
            moments.append(values[0][0])
            read = safe.transact(lambda t: [t[key] for key in range(0, 50, 7)])
            assert read == [read[0]] * 8
            moments.append(read[0][0])
        writer.got()
        assert moments == sorted(moments)
        assert len(set(moments)) > 3


def take_all(path: Path, last: bool, number: int) -> Iterator[list[int]]:
    """Take what is first, or last, until nothing is left."""
    assert number >= 0
    taken = []
    with Safe[int, str](path) as safe, contextlib.suppress(KeyError):
        while True:
            key, value = safe.popitem(last=last)
            assert value == f"job {key}"
            taken.append(key)
    yield taken


def test_each_job_is_taken_by_one_process(tmp_path: Path) -> None:
    """`popitem` from both ends by several processes gives each item to exactly one."""
    path = tmp_path / "a.safe"
    with Safe[int, str](path) as safe:
        safe.update({n: f"job {n}" for n in range(400)})
    with contextlib.ExitStack() as stack:
        first = others(stack, 2, take_all, path, False)
        last = others(stack, 2, take_all, path, True)
        taken = all_next([*first, *last])
    assert sorted(key for keys in taken for key in keys) == list(range(400))
    for keys in taken[:2]:
        assert keys == sorted(keys)
    for keys in taken[2:]:
        assert keys == sorted(keys, reverse=True)
    with Safe[int, str](path) as safe:
        assert len(safe) == 0


def be_first(path: Path, number: int) -> Iterator[tuple[list[int], list[int]]]:
    """For each key: who was the first to set it; and the keys that this one deleted."""
    with Safe[int, int](path) as safe:
        first = [safe.setdefault(key, number) for key in range(60)]
        yield first, []
        deleted = []
        for key in range(60):
            with contextlib.suppress(KeyError):
                assert safe.pop(key) == first[key]
                deleted.append(key)
        yield first, deleted


def test_setdefault_and_pop_have_one_winner(tmp_path: Path) -> None:
    """All processes agree on who set each key first, and only one pops each."""
    with contextlib.ExitStack() as stack:
        processes = others(stack, 4, be_first, tmp_path / "a.safe")
        answers = [first for first, _ in all_next(processes)]
        assert answers == [answers[0]] * 4
        deleted = [key for _, keys in all_next(processes) for key in keys]
    assert sorted(deleted) == list(range(60))


def edit_and_transact(path: Path, number: int) -> Iterator[int]:
    """How many of 60 blocks were kept; the others raised ConflictError and count nothing."""
    kept = 0
    with Safe[str, list[Any]](path) as safe:
        for step in range(30):
            with contextlib.suppress(outlive.ConflictError):
                with safe.edit("list", default=[]) as found:
                    found.append((number, step))
                kept += 1
            with contextlib.suppress(outlive.ConflictError):
                with safe.transaction() as t:
                    t["list"] = [*t.get("list", []), (number, step + 30)]
                    t[f"last {number}"] = [step]
                kept += 1
        yield kept


def test_blocks_are_kept_or_refused(tmp_path: Path) -> None:
    """What `edit` and `transaction` kept without an error is there, in order, and nothing else."""
    path = tmp_path / "a.safe"
    with contextlib.ExitStack() as stack:
        kept = all_next(others(stack, 3, edit_and_transact, path))
    with Safe[str, Any](path) as safe:
        found = safe["list"]
    assert len(set(found)) == len(found) == sum(kept)
    for number in range(3):
        steps = [step % 30 for n, step in found if n == number]
        assert steps == sorted(steps)
        assert len(steps) == kept[number] > 0


def test_a_process_that_ends_without_close(tmp_path: Path) -> None:
    """A program that just ends, with a safe, a snapshot and an iteration open, loses nothing."""
    text = """
import sys, outlive
safe = outlive.Safe(sys.argv[1])
safe.update({n: n for n in range(100)})
then, keys = safe.snapshot(), iter(safe)
print(next(keys), then[5])
"""
    path = tmp_path / "a.safe"
    assert program(text, path) == "0 5\n"
    with Safe[int, int](path) as safe:
        assert len(safe) == 100
        safe[0] = 1
