"""The contract of an engine: an ordered map of bytes to bytes, with snapshots and transactions.

It is optimistic, so that one contract fits an embedded map and a distributed one: read a snapshot,
then commit writes on condition that what was read is still so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeAlias, runtime_checkable

from ..faults import Fault

Buffer: TypeAlias = bytes | memoryview
# From this byte on, keys are the engine's own, as in FoundationDB.
RESERVED = b"\xff"


class Entry(NamedTuple):
    """What is under a key."""

    value: Buffer  # valid until the snapshot that it is of closes
    rev: int  # the revision of the commit that wrote it; more than 0


class Range(NamedTuple):
    """The keys from `start` on and before `stop` (None: to the end), unchanged since `rev`."""

    start: bytes
    stop: bytes | None
    rev: int


class Limits(NamedTuple):
    """The most that an engine takes; None where there is no limit."""

    key: int  # bytes
    value: int  # bytes
    writes: int | None = None  # in one commit


class Snapshot(Protocol):
    """A view of one moment, that later commits do not touch.

    Whoever begins one closes it, when nobody reads it any more; a ``with`` block does. Several
    threads may read it at once. Used
    after it was closed, or after its engine was, it raises ClosedError; so does one that a forked
    child inherited.
    """

    @property
    def rev(self) -> int:
        """The revision of the moment: no entry has a higher one, every later commit does."""

    def get(self, key: bytes) -> Entry | None:
        """What is under `key`, or None."""

    def scan(
        self, start: bytes = b"", stop: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Entry]]:
        """The keys from `start` on and before `stop` (None: to the end), in order of their bytes.

        An iterator that is left early holds nothing that is not the snapshot's.
        """

    def count(self, start: bytes = b"", stop: bytes | None = None) -> int:
        """How many keys there are from `start` on and before `stop`."""

    def close(self) -> None:
        """End the view; again is nothing."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Engine(Protocol):
    """An ordered map of bytes to bytes, for many threads.

    A key is 1 to `limits.key` bytes and does not begin with FF, which engines keep for themselves.
    `name` says in messages which one it is: the path of its file. Raises ClosedError after `close`.
    """

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def limits(self) -> Limits:
        """The most that it takes."""

    def get(self, key: bytes) -> Entry | None:
        """What a snapshot of this moment has under `key`; the value does not need one to live."""

    def snapshot(self) -> Snapshot:
        """A view of this moment: of every commit that has returned, in whatever process."""

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],
        *,
        expect: Mapping[bytes, int] = {},
        expect_ranges: Sequence[Range] = (),
    ) -> int:
        """Keep all `writes` or none; None deletes. Durable on return, as the engine's sync says.

        `expect` says for keys which revision was read, 0 for absent; `expect_ranges`, that no key
        in the range was inserted, changed or deleted after a revision. If one of them is not so,
        or the engine cannot tell any more, raises ConflictError. Returns the revision of the
        commit, which is higher than all before; without writes, one at which it all was so.

        Commits that arrive together from several threads share one flush. Raises FormatError for
        what is beyond the limits, FullError, DiskError, ReadOnlyError, or LockedError in a signal
        handler in the middle of a commit of its thread; nothing is written then.
        """

    def check_trust(self) -> None:
        """Raise UntrustedError if users whom this one need not trust could have written in it."""

    def compact(self) -> None:
        """Give back the room of what is no more, without disturbing readers."""

    def close(self) -> None:
        """Let go of it; again is nothing. Snapshots that are open raise ClosedError from now on."""


@runtime_checkable
class Checkable(Protocol):
    """What an engine offers beside the contract, so that `check` and `stat` of a face can use it.

    Of a path they ask the modules `checking` and `inspecting` of what keeps the file: a damaged
    one cannot be opened.
    """

    def check(self) -> list[Fault]:
        """What is wrong below keys and values, beside whoever writes. Reads only."""

    def stat(self) -> dict[str, object]:
        """What can be said in numbers, ready for JSON: `entries`, `revision`, and what it has."""
